import { createHash } from 'crypto';
import { sleep } from 'n8n-workflow';
import type { UserError } from '../domain/userError';
import { Cancelled, waitTooLong } from './apiError';
import { Rate } from './rate';

/** The clock everything in `api/` goes by; handed in, so that tests are virtual. */
export interface Clock {
	/** Milliseconds on a steady clock. */
	now(): number;
	sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = { now: () => performance.now(), sleep };

/** Permission to send one call. Exactly one of these is called once, when the call has ended. */
export interface Permit {
	/** Any answer that is no 429 and no sign of trouble. */
	succeeded(): void;
	/**
	 * The answer was a 429.
	 *
	 * @param retryAfterMs what Retry-After asked for, in ms from now
	 * @param rateLimit what the rate limit headers said: calls left, and ms until there are more
	 */
	limited(
		retryAfterMs: number | undefined,
		rateLimit?: { remaining: number; resetMs: number },
	): void;
	/** A 5xx, a timeout or a broken connection: fewer at once, but no lower rate. */
	faltered(): void;
	/** Never sent, or canceled: nothing was learnt. */
	abandoned(): void;
}

/** Calls in flight until a burst of 100 would be used up: so many are rejected when a limit shows. */
const FIRST_CONCURRENCY = 10;
const FIRST_ANSWERS = 150;
/** What each answer adds to the concurrency while all places are taken: e-fold in two round trips. */
const CONCURRENCY_STEP = 0.5;
/** Answers slower than this, over the fastest, say that more calls in flight only wait. */
const SLOWER = 1.25;
/** How many answers the average time of an answer is made of. */
const SMOOTHING = 32;
/** The fastest time is forgotten bit by bit, because a service may become slower. */
const FORGETTING = 1.0005;
/** What is left of the concurrency after a call that faltered. */
const FALTERED = 7 / 8;

/** Sleeps cannot be canceled, so long ones are made of these. */
const LONGEST_SLEEP_MS = 1000;
/** An account's limiter is forgotten this long after its last use. */
const FORGET_MS = 10 * 60_000;

interface Waiting {
	send: (permit: Permit) => void;
	reject: (reason: UserError) => void;
}

/** One execution's share of a limiter. */
export class Participant {
	/** How long calls were held back, in ms; waits at the same time count once. */
	waitedMs = 0;
	readonly inFlight = new Set<Permit>();
	readonly joinedAt: number;
	private readonly urgent: Waiting[] = [];
	private readonly others: Waiting[] = [];
	private readonly pauses = new Set<(reason: UserError) => void>();
	private closedBy: UserError | undefined;
	private readonly stop = () => this.end(new Cancelled());

	constructor(
		private readonly limiter: RateLimiter,
		private readonly clock: Clock,
		readonly options: JoinOptions,
	) {
		this.joinedAt = clock.now();
		if (options.signal?.aborted) this.closedBy = new Cancelled();
		options.signal?.addEventListener('abort', this.stop);
	}

	/**
	 * Waits for permission to send one call.
	 *
	 * @param isUrgent whether it goes before this participant's others
	 * @throws {Cancelled} as soon as the execution is stopped
	 * @throws {UserError} the reason that {@link close} was given
	 * @throws {ApiError} if nothing gets through for longer than `maxWaitMs`, or is not to for so long
	 */
	async acquire(isUrgent: boolean): Promise<Permit> {
		return await new Promise((send, reject) => {
			if (this.closedBy) return reject(this.closedBy);
			(isUrgent ? this.urgent : this.others).push({ send, reject });
			this.limiter.serve();
		});
	}

	/** Rejects all calls that wait, and all later ones, with this reason. */
	close(reason: UserError): void {
		this.closedBy ??= reason;
		this.rejectWaiting(this.closedBy);
		for (const reject of this.pauses) reject(this.closedBy);
	}

	/** Gives up all places, at the end of an execution. */
	leave(): void {
		this.options.signal?.removeEventListener('abort', this.stop);
		this.end(new Cancelled());
		this.limiter.remove(this);
	}

	/**
	 * Waits some milliseconds, but not past the end of the execution.
	 *
	 * @throws {UserError} as {@link acquire}
	 */
	async pause(ms: number): Promise<void> {
		const until = this.clock.now() + ms;
		await new Promise<void>((resolve, reject) => {
			if (this.closedBy) return reject(this.closedBy);
			this.pauses.add(reject);
			const sleepOn = (): void => {
				const rest = until - this.clock.now();
				if (!this.closedBy && rest > 0) {
					void this.clock.sleep(Math.min(rest, LONGEST_SLEEP_MS)).then(sleepOn);
					return;
				}
				this.pauses.delete(reject);
				resolve();
			};
			sleepOn();
		});
	}

	get hasWaiting(): boolean {
		return this.urgent.length + this.others.length > 0;
	}

	rejectWaiting(reason: UserError): void {
		for (const { reject } of [...this.urgent.splice(0), ...this.others.splice(0)]) reject(reason);
	}

	/** Lets the first call that waits be sent. */
	send(permit: Permit): void {
		this.inFlight.add(permit);
		(this.urgent.shift() ?? this.others.shift())?.send(permit);
	}

	private end(reason: UserError): void {
		this.close(reason);
		for (const permit of [...this.inFlight]) permit.abandoned();
	}
}

export interface JoinOptions {
	/** Calls of this participant in flight at once. */
	maxConcurrency: number;
	/** How long nothing may get through before its calls are rejected. */
	maxWaitMs: number;
	/** Aborted when a person stops the execution. */
	signal?: AbortSignal;
}

/** Decides when calls are sent to one account; each participant's turn comes in rotation. */
export class RateLimiter {
	private readonly rate = new Rate();
	private readonly participants = new Set<Participant>();
	private concurrency = 1;
	private answers = 0;
	private averageMs = 0;
	private fastestMs = Infinity;
	private wakesAt = Infinity;
	private held: Participant[] = [];
	private heldSince = 0;
	private lastUsedAt: number;

	constructor(private readonly clock: Clock) {
		this.lastUsedAt = clock.now();
	}

	/** An execution joins; it must {@link Participant.leave} at its end. */
	join(options: JoinOptions): Participant {
		const participant = new Participant(this, this.clock, options);
		this.participants.add(participant);
		return participant;
	}

	remove(participant: Participant): void {
		this.participants.delete(participant);
		this.lastUsedAt = this.clock.now();
	}

	get isForgotten(): boolean {
		return this.participants.size === 0 && this.clock.now() - this.lastUsedAt > FORGET_MS;
	}

	/** Sends what may be sent now, and comes back when more may. */
	serve(): void {
		const now = this.clock.now();
		for (const participant of this.held.splice(0)) participant.waitedMs += now - this.heldSince;
		for (let next = this.next(); next; next = this.next()) {
			const waitMs = this.rate.waitMs(now);
			if (waitMs > 0) {
				this.holdBack(now, waitMs);
				if (this.held.length > 0) this.wakeAt(now + Math.min(waitMs, LONGEST_SLEEP_MS));
				return;
			}
			this.participants.delete(next);
			this.participants.add(next);
			next.send(this.permit(next, now));
		}
	}

	private holdBack(now: number, waitMs: number): void {
		const since = this.rate.blockedSince ?? now;
		const waiting = [...this.participants].filter(({ hasWaiting }) => hasWaiting);
		this.held = waiting.filter(({ joinedAt, options }) => {
			return waitMs <= Math.max(since, joinedAt) + options.maxWaitMs - now;
		});
		this.heldSince = now;
		for (const participant of waiting) {
			if (!this.held.includes(participant)) participant.rejectWaiting(waitTooLong(waitMs));
		}
	}

	private wakeAt(at: number): void {
		if (at >= this.wakesAt) return;
		this.wakesAt = at;
		void this.clock.sleep(at - this.clock.now()).then(() => {
			if (this.wakesAt === at) this.wakesAt = Infinity;
			this.serve();
		});
	}

	private next(): Participant | undefined {
		if (this.inFlight >= Math.floor(this.concurrency)) return undefined;
		return [...this.participants].find(
			({ hasWaiting, inFlight, options }) => hasWaiting && inFlight.size < options.maxConcurrency,
		);
	}

	private get inFlight(): number {
		return [...this.participants].reduce((sum, { inFlight }) => sum + inFlight.size, 0);
	}

	private permit(participant: Participant, sentAt: number): Permit {
		const end = (learn: (now: number) => void) => {
			const isFull = this.inFlight >= Math.floor(this.concurrency);
			if (!participant.inFlight.delete(permit)) return;
			const now = this.clock.now();
			learn(now);
			if (isFull) this.grow(now - sentAt);
			this.serve();
		};
		const permit: Permit = {
			succeeded: () => end((now) => this.rate.gotThrough(sentAt, now)),
			limited: (askedMs, limit) =>
				end((now) => {
					const resetMs = limit?.remaining === 0 ? limit.resetMs : undefined;
					this.rate.rejected(sentAt, now, askedMs ?? resetMs);
				}),
			faltered: () =>
				end((now) => {
					this.rate.gotThrough(sentAt, now);
					this.concurrency = Math.max(1, this.concurrency * FALTERED);
				}),
			abandoned: () => end(() => undefined),
		};
		this.rate.sent(sentAt);
		return permit;
	}

	/** More calls at once, as long as that makes answers come no slower. */
	private grow(tookMs: number): void {
		this.answers += 1;
		this.averageMs += (tookMs - this.averageMs) / Math.min(this.answers, SMOOTHING);
		if (this.answers >= SMOOTHING)
			this.fastestMs = Math.min(this.fastestMs * FORGETTING, this.averageMs);
		if (this.concurrency >= FIRST_CONCURRENCY) {
			if (this.answers < FIRST_ANSWERS || this.averageMs > SLOWER * this.fastestMs) return;
		}
		const most = Math.max(...[...this.participants].map(({ options }) => options.maxConcurrency));
		this.concurrency = Math.min(this.concurrency + CONCURRENCY_STEP, most);
	}
}

/** The limiters of this process, by a hash of address and token: nothing of the token is kept. */
const limiters = new Map<string, RateLimiter>();

/** The one limiter of an account in this process, remembered for ten minutes after its last use. */
export function limiterFor(baseUrl: string, token: string, clock = systemClock): RateLimiter {
	for (const [key, limiter] of limiters) if (limiter.isForgotten) limiters.delete(key);
	const key = createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
	const limiter = limiters.get(key) ?? new RateLimiter(clock);
	limiters.set(key, limiter);
	return limiter;
}
