import { createHash } from 'crypto';
import { sleep } from 'n8n-workflow';
import type { UserError } from '../domain/userError';
import { Cancelled, waitTooLong } from './apiError';
import { Rate } from './rate';

/** The clock that everything in `api/` goes by, in ms; handed in, so that tests are virtual. */
export interface Clock {
	now(): number;
	sleep(ms: number): Promise<void>;
}
export const systemClock: Clock = { now: () => performance.now(), sleep };

/** Permission to send one call. One of these ends it: the first that is called. */
export interface Permit {
	/** Any answer that is no 429 and no server trouble. */
	succeeded(): void;
	/** A 429; both times are in ms from now. */
	limited(retryAfterMs?: number, rateLimit?: { remaining: number; resetMs: number }): void;
	/** A 5xx, a timeout or a broken connection: fewer at once, at the same rate. */
	faltered(): void;
	/** Never sent, or canceled: nothing is learnt. */
	abandoned(): void;
}

/** In flight at once; how long none may get through, in ms; aborted when a person stops it. */
type JoinOptions = { maxConcurrency: number; maxWaitMs: number; signal?: AbortSignal };

const FIRST_CONCURRENCY = 10; // In flight until a burst of 100 would be over: so many are rejected then.
const FIRST_ANSWERS = 140;
const SECOND_CONCURRENCY = 3; // After one call alone: it tells a wrong token, and that a service answers.
const CONCURRENCY_STEP = 1 / 3; // By answer, while all places are taken: from 1 to 10 in six round trips.
const AVERAGED = 32; // Answers, for the average time of one.
const SLOWER = 1.25; // Over the fastest: then more in flight only wait.
const FALTERED = 7 / 8; // Lowers the concurrency less than most answers raise it.
const LONGEST_SLEEP_MS = 1000; // Sleeps cannot be canceled, so long ones are made of these.
const ORDINARY_WAIT_MS = 5000; // Is queueing, not retrying: nothing fails for it, whatever Retry For says.
const REMEMBERED_MS = 10 * 60_000; // Loops and webhooks come again within minutes.

type Waiting = { send: (permit: Permit) => void; reject: (reason: UserError) => void };

/** One execution's share of a limiter. */
export class Participant {
	/** How long calls were held back, in ms; waits at the same time count once. */
	waitedMs = 0;
	readonly inFlight = new Set<Permit>();
	readonly joinedAt: number;
	private readonly urgent: Waiting[] = [];
	private readonly others: Waiting[] = [];
	private closedBy: UserError | undefined;
	private wake = () => {};
	private readonly closed = new Promise<void>((resolve) => (this.wake = resolve));

	constructor(
		private readonly limiter: RateLimiter,
		readonly options: JoinOptions,
	) {
		this.joinedAt = limiter.clock.now();
		options.signal?.addEventListener('abort', this.end);
		if (options.signal?.aborted) this.end();
	}

	/**
	 * Waits for permission to send one call; an urgent one goes before this participant's others.
	 *
	 * @throws {Cancelled} as soon as the execution is stopped
	 * @throws {UserError} the reason given to {@link close}
	 * @throws {ApiError} 429, if nothing gets through for `maxWaitMs`, or 5 s if that is longer, or is
	 * not to for so long
	 */
	async acquire(isUrgent: boolean): Promise<Permit> {
		return await new Promise((send, reject) => {
			if (this.closedBy) return reject(this.closedBy);
			(isUrgent ? this.urgent : this.others).push({ send, reject });
			this.limiter.serve();
		});
	}

	/** Rejects all calls that wait, and all later ones. Those in flight come to their end. */
	close(reason: UserError): void {
		this.closedBy ??= reason;
		this.wake();
		this.reject(this.closedBy);
	}

	/** Gives up all places; the end of an execution always calls it. */
	leave(): void {
		this.options.signal?.removeEventListener('abort', this.end);
		this.end();
		this.limiter.remove(this);
	}

	/** Waits some ms; at the end of the execution it throws at once, as {@link acquire} does. */
	async pause(ms: number): Promise<void> {
		const { clock } = this.limiter;
		const until = clock.now() + ms;
		for (let rest = ms; rest > 0 && !this.closedBy; rest = until - clock.now()) {
			await Promise.race([clock.sleep(Math.min(rest, LONGEST_SLEEP_MS)), this.closed]);
		}
		if (this.closedBy) throw this.closedBy;
	}

	get isWaiting(): boolean {
		return this.urgent.length + this.others.length > 0;
	}

	send(permit: Permit): void {
		this.inFlight.add(permit);
		(this.urgent.shift() ?? this.others.shift())?.send(permit);
	}

	reject(reason: UserError): void {
		for (const { reject } of [...this.urgent.splice(0), ...this.others.splice(0)]) reject(reason);
	}

	private readonly end = () => {
		this.close(new Cancelled());
		for (const permit of this.inFlight) permit.abandoned();
	};
}

/** Decides when calls are sent to one account; its participants are served in turn. */
export class RateLimiter {
	private readonly rate = new Rate();
	private readonly participants = new Set<Participant>();
	private concurrency = 1;
	private answers = 0;
	private averageMs = 0;
	private fastestMs = Infinity;
	private wakesAt = Infinity;
	private held: Participant[] = [];
	private servedAt = 0;

	constructor(readonly clock: Clock) {}

	/** An execution joins; it must leave at its end. */
	join(options: JoinOptions): Participant {
		const participant = new Participant(this, options);
		this.participants.add(participant);
		return participant;
	}

	remove(participant: Participant): void {
		this.participants.delete(participant);
		this.serve();
	}

	/** Whether it was last used so long ago that the limit may be another. */
	get isForgotten(): boolean {
		return this.participants.size === 0 && this.clock.now() - this.servedAt > REMEMBERED_MS;
	}

	/** Sends what may be sent, and comes back when more may. */
	serve(): void {
		const now = this.clock.now();
		for (const participant of this.held.splice(0)) participant.waitedMs += now - this.servedAt;
		this.servedAt = now;
		for (let next = this.next(); next; next = this.next()) {
			const waitMs = this.rate.waitMs(now);
			if (waitMs > 0) return this.holdBack(now, waitMs);
			this.participants.delete(next);
			this.participants.add(next); // As the last in turn.
			next.send(this.permit(next, now));
		}
	}

	private holdBack(now: number, waitMs: number): void {
		const since = this.rate.blockedSince ?? now;
		for (const one of [...this.participants].filter(({ isWaiting }) => isWaiting)) {
			const mostMs = Math.max(one.options.maxWaitMs, ORDINARY_WAIT_MS);
			const latest = Math.max(since, one.joinedAt) + mostMs;
			if (now + waitMs > latest) one.reject(waitTooLong(waitMs));
			else this.held.push(one);
		}
		const wakesAt = now + Math.min(waitMs, LONGEST_SLEEP_MS);
		if (this.held.length === 0 || wakesAt >= this.wakesAt) return;
		this.wakesAt = wakesAt;
		void this.clock.sleep(wakesAt - now).then(() => {
			if (this.wakesAt === wakesAt) this.wakesAt = Infinity;
			this.serve();
		});
	}

	private next(): Participant | undefined {
		if (this.isFull) return undefined;
		return [...this.participants].find(
			({ isWaiting, inFlight, options }) => isWaiting && inFlight.size < options.maxConcurrency,
		);
	}

	private get isFull(): boolean {
		const inFlight = [...this.participants].reduce((sum, one) => sum + one.inFlight.size, 0);
		return inFlight >= Math.floor(this.concurrency);
	}

	private permit(participant: Participant, sentAt: number): Permit {
		this.rate.sent(sentAt);
		const end = (learn: (now: number) => void) => {
			if (!participant.inFlight.has(permit)) return;
			const now = this.clock.now();
			learn(now);
			participant.inFlight.delete(permit);
			this.serve();
		};
		const permit: Permit = {
			succeeded: () =>
				end((now) => {
					this.rate.gotThrough(sentAt, now);
					if (this.isFull) this.grow(now - sentAt);
				}),
			limited: (retryAfterMs, limit) => {
				const resetMs = limit?.remaining === 0 ? limit.resetMs : undefined;
				end((now) => this.rate.rejected(sentAt, now, retryAfterMs ?? resetMs));
			},
			faltered: () =>
				end((now) => {
					this.rate.gotThrough(sentAt, now);
					this.concurrency = Math.max(1, this.concurrency * FALTERED);
				}),
			abandoned: () => end(() => undefined),
		};
		return permit;
	}

	/** More at once, as long as answers come no slower for it. */
	private grow(tookMs: number): void {
		this.answers += 1;
		this.averageMs += (tookMs - this.averageMs) / Math.min(this.answers, AVERAGED);
		if (this.answers >= AVERAGED) this.fastestMs = Math.min(this.fastestMs, this.averageMs);
		const isEnough = this.answers < FIRST_ANSWERS || this.averageMs > SLOWER * this.fastestMs;
		if (this.concurrency >= FIRST_CONCURRENCY && isEnough) return;
		const most = [...this.participants].map(({ options }) => options.maxConcurrency);
		const more = this.answers === 1 ? SECOND_CONCURRENCY : this.concurrency + CONCURRENCY_STEP;
		this.concurrency = Math.min(more, Math.max(...most));
	}
}

const limiters = new Map<string, RateLimiter>();

/** The one limiter of an account in this process, kept by a hash: nothing of the token stays. */
export function limiterFor(baseUrl: string, token: string, clock = systemClock): RateLimiter {
	for (const [key, limiter] of limiters) if (limiter.isForgotten) limiters.delete(key);
	const key = createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
	const limiter = limiters.get(key) ?? new RateLimiter(clock);
	limiters.set(key, limiter);
	return limiter;
}
