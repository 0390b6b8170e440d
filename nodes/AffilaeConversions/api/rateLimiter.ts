import { createHash } from 'crypto';
import type { UserError } from '../domain/userError';
import { Canceled, waitTooLong } from './apiError';
import { LONGEST_SLEEP_MS, systemClock, type Clock } from './clock';
import { LEAVING_MS, Rate } from './rate';

/** Permission to send one call. Report the outcome to it once; of a 429 also Retry-After, in ms. */
export type Permit = (outcome: CallOutcome, retryAfterMs?: number) => void;
/** `limited`: 429; `failed`: 5xx or no response; `abandoned`: not sent, or canceled; else `succeeded`. */
export type CallOutcome = 'limited' | 'failed' | 'abandoned' | 'succeeded';
type JoinOptions = {
	/** The most calls in flight. */
	maxConcurrency: number;
	/** How long to wait if no call succeeds, in ms. */
	maxWaitMs: number;
	/** Aborted when a person stops the run. */
	signal?: AbortSignal;
};
type Waiting = { isUrgent: boolean; send: (permit: Permit) => void; reject: Reject };
type Reject = (reason: UserError) => void;

const FIRST_CONCURRENCY = 8; // About so many get a 429 when a burst ends.
const FIRST_BURST = 110; // One more call at once after so many successes. A burst of 100 has then surely ended.
const FIRST_MS = 3000; // After so long without a 429, responses are too slow to use up a burst.
const ORDINARY_WAIT_MS = 5000; // Queueing, not retrying: no call fails for it, whatever Retry For says.
const REMEMBERED_MS = 10 * 60_000; // Loops and webhooks call again within minutes.

/** One execution's share of a limiter. */
export class Participant {
	/** How long calls waited for the rate limit, in ms; simultaneous waits count once. */
	waitedMs = 0;
	readonly inFlight = new Set<Permit>();
	readonly joinedAt: number;
	readonly waiting: Waiting[] = [];
	private endedBy: UserError | undefined;
	private end: Reject = () => {};
	/** Rejects with the reason as soon as no more calls are sent. */
	readonly ended = new Promise<never>((_, reject) => (this.end = reject));

	constructor(
		private readonly limiter: RateLimiter,
		readonly options: JoinOptions,
	) {
		this.ended.catch(() => undefined); // Often nobody listens.
		this.joinedAt = limiter.clock.now();
		limiter.participants.add(this);
		options.signal?.addEventListener('abort', this.leave);
		if (options.signal?.aborted) this.leave();
	}

	/**
	 * Waits for permission to send one call. Urgent calls go before this participant's other calls.
	 *
	 * @throws {UserError} `Canceled` as soon as the execution is stopped; the reason given to {@link
	 * close}; an `ApiError` with 429 if no call succeeds, or none may be sent, for `maxWaitMs` or 5 s
	 */
	async acquire(isUrgent: boolean): Promise<Permit> {
		return await new Promise((send, reject) => {
			if (this.endedBy) return reject(this.endedBy);
			const others = isUrgent ? this.waiting.findIndex((one) => !one.isUrgent) : -1;
			this.waiting.splice(others < 0 ? this.waiting.length : others, 0, { isUrgent, send, reject });
			this.limiter.serve();
		});
	}

	/** Rejects all calls that wait. */
	reject(reason: UserError): void {
		for (const { reject } of this.waiting.splice(0)) reject(reason);
	}

	/** Rejects all calls that wait, and all later ones. Calls in flight continue. */
	close(reason: UserError): void {
		this.endedBy ??= reason;
		this.end(this.endedBy);
		this.reject(this.endedBy);
	}

	/** Frees all places. Every execution calls this at its end. */
	readonly leave = (): void => {
		this.options.signal?.removeEventListener('abort', this.leave);
		this.close(new Canceled());
		this.limiter.participants.delete(this);
		for (const permit of this.inFlight) permit('abandoned');
	};
}

/** Decides when calls to one account are sent. Participants take turns. */
export class RateLimiter {
	readonly participants = new Set<Participant>();
	servedAt = 0;
	private readonly rate = new Rate();
	private inFlight = 0;
	private maxConcurrency = 1;
	private successes = 0;
	private burstFrom = 0; // Since then, several calls were always in flight.
	private wakesAt = Infinity;
	private held: Participant[] = [];

	constructor(readonly clock: Clock) {}

	/** Adds an execution, which must leave at its end. */
	join(options: JoinOptions): Participant {
		this.maxConcurrency = Math.max(this.maxConcurrency, options.maxConcurrency);
		return new Participant(this, options);
	}

	/** Sends the calls that may be sent now, and schedules itself for the next ones. */
	serve(): void {
		const now = this.clock.now();
		for (const participant of this.held.splice(0)) participant.waitedMs += now - this.servedAt;
		this.servedAt = now;
		while (!this.isFull) {
			const ready = [...this.participants].filter(({ waiting }) => waiting.length > 0);
			const next = ready.find(({ inFlight, options }) => inFlight.size < options.maxConcurrency);
			const waitMs = next ? this.rate.waitMs(now) : 0;
			if (waitMs > 0) this.holdBack(ready, now, waitMs);
			if (!next || waitMs > 0) return;
			this.participants.delete(next);
			this.participants.add(next); // As the last in turn.
			next.waiting.shift()?.send(this.permit(next, now));
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
		// One call alone first, which shows whether address and token work.
		const few = 1 + this.successes / 2;
		const most = FIRST_CONCURRENCY + this.successes / FIRST_BURST;
		return this.inFlight >= Math.min(few, most, this.maxConcurrency);
	}

	/** Counts a success. If there are enough, they count as infinitely many, until the next 429. */
	private countSuccess(now: number): void {
		const passedMs = now - this.burstFrom;
		const isOver = this.successes > FIRST_BURST * (1 + passedMs / 1000) || passedMs > FIRST_MS;
		this.successes = isOver ? Infinity : this.successes + 1;
	}

	private permit({ inFlight }: Participant, sentAt: number): Permit {
		const permit: Permit = (outcome, retryAfterMs) => {
			if (!inFlight.delete(permit)) return;
			const now = this.clock.now();
			if (outcome === 'limited') {
				this.rate.rejected(sentAt, now, retryAfterMs);
				this.successes = Math.min(this.successes, FIRST_CONCURRENCY);
			} else if (outcome !== 'abandoned') this.rate.gotThrough(sentAt);
			if (outcome === 'succeeded') this.countSuccess(now);
			this.inFlight -= 1;
			this.serve();
		};
		this.rate.sent(sentAt);
		if (!this.rate.allowsBurst) {
			void this.clock.sleep(LEAVING_MS / 2).then(() => this.rate.left(this.clock.now()));
		}
		if (this.inFlight < FIRST_CONCURRENCY / 2 && this.successes !== Infinity) {
			this.burstFrom = sentAt;
			this.successes = Math.min(this.successes, FIRST_CONCURRENCY);
		}
		inFlight.add(permit);
		this.inFlight += 1;
		return permit;
	}
}

const limiters = new Map<string, RateLimiter>();

/** The one limiter of an account in this process. Its key is a hash: the token is not kept. */
export function limiterFor(baseUrl: string, token: string, clock = systemClock): RateLimiter {
	for (const [key, { participants, servedAt }] of limiters) {
		if (participants.size === 0 && clock.now() - servedAt > REMEMBERED_MS) limiters.delete(key);
	}
	const key = createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
	const limiter = limiters.get(key) ?? new RateLimiter(clock);
	limiters.set(key, limiter);
	return limiter;
}
