import { createHash } from 'crypto';
import type { UserError } from '../domain/userError';
import { Cancelled, waitTooLong } from './apiError';
import { LONGEST_SLEEP_MS, systemClock, type Clock } from './clock';
import { Rate } from './rate';

/** Permission to send one call. It is told once what came of it; a 429, how long to wait, in ms. */
export type Permit = (outcome: CallOutcome, retryAfterMs?: number) => void;
/** A 429; a 5xx, a timeout or a broken connection; never sent, or canceled; any other answer. */
export type CallOutcome = 'limited' | 'faltered' | 'abandoned' | 'succeeded';
/** In flight at once; how long none may get through, in ms; aborted when a person stops it. */
type JoinOptions = { maxConcurrency: number; maxWaitMs: number; signal?: AbortSignal };
type Waiting = { send: (permit: Permit) => void; reject: (reason: UserError) => void };

const FIRST_CONCURRENCY = 9; // In flight until a burst of 100 would be over: so many are rejected then.
const FIRST_ANSWERS = 140;
const SECOND_CONCURRENCY = 3; // After one call alone: it tells a wrong token, and that a service answers.
const CONCURRENCY_STEP = 1 / 2; // By answer, while all places are taken: from 3 to 9 in three round trips.
const AVERAGED = 32; // Answers, for the average time of one.
const SLOWER = 1.25; // Over the fastest: then more in flight only wait.
const FALTERED = 7 / 8; // Lowers the concurrency less than most answers raise it.
const ORDINARY_WAIT_MS = 5000; // Is queueing, not retrying: nothing fails for it, whatever Retry For says.
const REMEMBERED_MS = 10 * 60_000; // Loops and webhooks come again within minutes.

/** One execution's share of a limiter. */
export class Participant {
	/** How long calls were held back, in ms; waits at the same time count once. */
	waitedMs = 0;
	readonly inFlight = new Set<Permit>();
	readonly joinedAt: number;
	private readonly urgent: Waiting[] = [];
	private readonly others: Waiting[] = [];
	private endedBy: UserError | undefined;
	private end: (reason: UserError) => void = () => {};
	/** Rejected with the reason as soon as no call is sent any more. */
	readonly ended = new Promise<never>((_, reject) => (this.end = reject));

	constructor(
		private readonly limiter: RateLimiter,
		readonly options: JoinOptions,
	) {
		this.ended.catch(() => undefined); // Most have nothing to interrupt.
		this.joinedAt = limiter.clock.now();
		limiter.participants.add(this);
		options.signal?.addEventListener('abort', this.leave);
		if (options.signal?.aborted) this.leave();
	}

	/**
	 * Waits for permission to send one call; an urgent one goes before this participant's others.
	 *
	 * @throws {UserError} `Cancelled` as soon as the execution is stopped; the reason given to {@link
	 * close}; an `ApiError` with 429 if nothing gets through for `maxWaitMs`, or 5 s if that is longer,
	 * or is not to for so long
	 */
	async acquire(isUrgent: boolean): Promise<Permit> {
		return await new Promise((send, reject) => {
			if (this.endedBy) return reject(this.endedBy);
			(isUrgent ? this.urgent : this.others).push({ send, reject });
			this.limiter.serve();
		});
	}

	get isWaiting(): boolean {
		return this.urgent.length + this.others.length > 0;
	}

	send(permit: Permit): void {
		this.inFlight.add(permit);
		(this.urgent.shift() ?? this.others.shift())?.send(permit);
	}

	/** Rejects all calls that wait. */
	reject(reason: UserError): void {
		for (const { reject } of [...this.urgent.splice(0), ...this.others.splice(0)]) reject(reason);
	}

	/** Rejects all calls that wait, and all later ones. Those in flight come to their end. */
	close(reason: UserError): void {
		this.endedBy ??= reason;
		this.end(this.endedBy);
		this.reject(this.endedBy);
	}

	/** Gives up all places; the end of an execution always calls it. */
	readonly leave = (): void => {
		this.options.signal?.removeEventListener('abort', this.leave);
		this.close(new Cancelled());
		this.limiter.participants.delete(this);
		for (const permit of this.inFlight) permit('abandoned');
	};
}

/** Decides when calls are sent to one account; its participants are served in turn. */
export class RateLimiter {
	readonly participants = new Set<Participant>();
	servedAt = 0;
	private readonly rate = new Rate();
	private inFlight = 0;
	private concurrency = 1;
	private answers = 0;
	private averageMs = 0;
	private fastestMs = Infinity;
	private wakesAt = Infinity;
	private held: Participant[] = [];

	constructor(readonly clock: Clock) {}

	/** An execution joins; it must leave at its end. */
	join(options: JoinOptions): Participant {
		return new Participant(this, options);
	}

	/** Sends what may be sent, and comes back when more may. */
	serve(): void {
		const now = this.clock.now();
		for (const participant of this.held.splice(0)) participant.waitedMs += now - this.servedAt;
		this.servedAt = now;
		while (!this.isFull) {
			const ready = [...this.participants].filter(({ isWaiting }) => isWaiting);
			const next = ready.find(({ inFlight, options }) => inFlight.size < options.maxConcurrency);
			const waitMs = next ? this.rate.waitMs(now) : 0;
			if (waitMs > 0) this.holdBack(ready, now, waitMs);
			if (!next || waitMs > 0) return;
			this.participants.delete(next);
			this.participants.add(next); // As the last in turn.
			next.send(this.permit(next, now));
		}
	}

	private holdBack(participants: Participant[], now: number, waitMs: number): void {
		for (const one of participants) {
			const mostMs = Math.max(one.options.maxWaitMs, ORDINARY_WAIT_MS);
			const latest = Math.max(this.rate.blockedSince ?? now, one.joinedAt) + mostMs;
			if (now + waitMs <= latest) this.held.push(one);
			else one.reject(waitTooLong(waitMs));
		}
		const wakesAt = now + Math.min(waitMs, LONGEST_SLEEP_MS);
		if (this.held.length === 0 || wakesAt >= this.wakesAt) return;
		this.wakesAt = wakesAt;
		void this.clock.sleep(wakesAt - now).then(() => {
			if (this.wakesAt === wakesAt) this.wakesAt = Infinity;
			this.serve();
		});
	}

	private get isFull(): boolean {
		return this.inFlight >= Math.floor(this.concurrency);
	}

	private permit({ inFlight, options }: Participant, sentAt: number): Permit {
		const permit: Permit = (outcome, retryAfterMs) => {
			if (!inFlight.delete(permit)) return;
			const now = this.clock.now();
			if (outcome === 'limited') this.rate.rejected(sentAt, now, retryAfterMs);
			else if (outcome !== 'abandoned') this.rate.gotThrough(sentAt, now);
			if (outcome === 'faltered') this.concurrency = Math.max(1, this.concurrency * FALTERED);
			if (outcome === 'succeeded' && this.isFull) this.grow(now - sentAt, options.maxConcurrency);
			this.inFlight -= 1;
			this.serve();
		};
		this.rate.sent(sentAt);
		this.inFlight += 1;
		return permit;
	}

	/** More at once, as long as answers come no slower for it. */
	private grow(tookMs: number, most: number): void {
		this.answers += 1;
		this.averageMs += (tookMs - this.averageMs) / Math.min(this.answers, AVERAGED);
		if (this.answers >= AVERAGED) this.fastestMs = Math.min(this.fastestMs, this.averageMs);
		const isEnough = this.answers < FIRST_ANSWERS || this.averageMs > SLOWER * this.fastestMs;
		if (this.concurrency >= FIRST_CONCURRENCY && isEnough) return;
		if (this.concurrency >= most) return;
		this.concurrency = Math.max(this.concurrency + CONCURRENCY_STEP, SECOND_CONCURRENCY);
	}
}

const limiters = new Map<string, RateLimiter>();

/** The one limiter of an account in this process, kept by a hash: nothing of the token stays. */
export function limiterFor(baseUrl: string, token: string, clock = systemClock): RateLimiter {
	for (const [key, { participants, servedAt }] of limiters) {
		if (participants.size === 0 && clock.now() - servedAt > REMEMBERED_MS) limiters.delete(key);
	}
	const key = createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
	const limiter = limiters.get(key) ?? new RateLimiter(clock);
	limiters.set(key, limiter);
	return limiter;
}
