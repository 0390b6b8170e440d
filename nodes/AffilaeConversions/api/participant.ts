import type { UserError } from '../domain/userError';
import { Canceled } from './apiError';
import type { Clock } from './clock';

/** Permission to send one call. Report the outcome to it once; of a 429 also Retry-After, in ms. */
export type Permit = (outcome: CallOutcome, retryAfterMs?: number) => void;

/** `limited`: 429; `failed`: 5xx or no response; `abandoned`: not sent, or canceled; else `succeeded`. */
export type CallOutcome = 'limited' | 'failed' | 'abandoned' | 'succeeded';

/** What an execution allows its calls. */
export interface JoinOptions {
	/** The most calls in flight. */
	maxConcurrency: number;
	/** How long to wait if no call succeeds, in ms. */
	maxWaitMs: number;
	/** Aborted when a person stops the run. */
	signal?: AbortSignal;
}

interface Waiting {
	isUrgent: boolean;
	send: (permit: Permit) => void;
	reject: (reason: UserError) => void;
}

/** What a participant uses of its limiter. */
interface Limiter {
	readonly clock: Clock;
	readonly participants: Set<Participant>;
	serve(): void;
}

/** One execution's share of a limiter: its calls that wait, and whether it has ended. */
export class Participant {
	/** How long calls waited for the rate limit, in ms; simultaneous waits count once. */
	waitedMs = 0;
	readonly inFlight = new Set<Permit>();
	readonly waiting: Waiting[] = [];
	readonly joinedAt: number;
	private endedBy: UserError | undefined;
	private end: Waiting['reject'] = () => {};
	/** Rejects with the reason as soon as no more calls are sent. */
	readonly ended = new Promise<never>((_, reject) => (this.end = reject));

	constructor(
		private readonly limiter: Limiter,
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
	 * @throws {UserError} `Canceled` as soon as the execution is stopped; the reason given to {@link close}; an
	 * `ApiError` with 429 if no call succeeds, or none may be sent, for `maxWaitMs` or 5 s
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
