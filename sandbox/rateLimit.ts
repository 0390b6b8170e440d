import type { RateLimit } from './settings';

/** What a token bucket says to one request. */
export type Verdict = { granted: true } | { granted: false; waitMs: number };

/** A token bucket that follows the limit of the moment, whatever is set while it runs. */
export class RateLimiter {
	private readonly limitNow: () => RateLimit | null;
	private readonly clock: () => number;
	private tokens = Number.POSITIVE_INFINITY;
	private filledAtMs: number;

	/** How many requests were let through since the start. */
	granted = 0;
	/** How many were answered 429 since the start. */
	limited = 0;

	/**
	 * @param limitNow the limit that is set now
	 * @param clock milliseconds from any fixed moment, never going back
	 */
	constructor(limitNow: () => RateLimit | null, clock: () => number) {
		this.limitNow = limitNow;
		this.clock = clock;
		this.filledAtMs = clock();
	}

	/** Takes one token, if there is one. */
	take(): Verdict {
		const limit = this.limitNow();
		const nowMs = this.clock();
		const elapsedSeconds = (nowMs - this.filledAtMs) / 1000;
		this.filledAtMs = nowMs;
		if (limit === null) {
			this.tokens = Number.POSITIVE_INFINITY;
			this.granted += 1;
			return { granted: true };
		}
		const capacity =
			limit.burst === 'second' ? Math.max(1, limit.perSecond) : 1 + limit.perSecond / 100;
		this.tokens = Math.min(capacity, this.tokens + elapsedSeconds * limit.perSecond);
		if (this.tokens >= 1) {
			this.tokens -= 1;
			this.granted += 1;
			return { granted: true };
		}
		this.limited += 1;
		return { granted: false, waitMs: ((1 - this.tokens) / limit.perSecond) * 1000 };
	}

	/** Fills the bucket and sets both counts to 0. */
	reset(): void {
		this.tokens = Number.POSITIVE_INFINITY;
		this.granted = 0;
		this.limited = 0;
	}
}

/**
 * The `Retry-After` of a 429: whole seconds or an HTTP date, rounded up so that whoever obeys is let
 * through; null where none is sent.
 *
 * @param nowMs milliseconds since 1970, UTC
 */
export function retryAfterHeader(
	form: RateLimit['retryAfter'],
	waitMs: number,
	nowMs: number,
): string | null {
	switch (form) {
		case 'seconds':
			return String(Math.max(1, Math.ceil(waitMs / 1000)));
		case 'date':
			return new Date(Math.ceil((nowMs + waitMs) / 1000) * 1000).toUTCString();
		case 'absent':
			return null;
	}
}
