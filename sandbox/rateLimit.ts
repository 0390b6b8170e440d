import type { RateLimit, RetryAfterForm } from './limitSettings';
import { RateWindow } from './rateWindow';

/** The result of the limiter for one request. */
export type Verdict = { granted: true } | { granted: false; waitMs: number };

/** Applies the current limit, which can change at run time. */
export class RateLimiter {
	private readonly limitNow: () => RateLimit | null;
	private readonly clock: () => number;
	private tokens = Number.POSITIVE_INFINITY;
	private filledAtMs: number;
	private readonly window = new RateWindow();

	/** How many requests were allowed since the start. */
	granted = 0;
	/** How many were answered 429 since the start. */
	limited = 0;

	/**
	 * @param limitNow returns the current limit
	 * @param clock milliseconds from any fixed time, never going back
	 */
	constructor(limitNow: () => RateLimit | null, clock: () => number) {
		this.limitNow = limitNow;
		this.clock = clock;
		this.filledAtMs = clock();
	}

	/** Allows one request, if the current limit does. */
	take(): Verdict {
		const waitMs = this.waitMs(this.limitNow(), this.clock());
		if (waitMs > 0) {
			this.limited += 1;
			return { granted: false, waitMs };
		}
		this.granted += 1;
		return { granted: true };
	}

	/** Resets the bucket, the window and both counts. */
	reset(): void {
		this.window.reset();
		this.tokens = Number.POSITIVE_INFINITY;
		this.granted = 0;
		this.limited = 0;
	}

	/** How long the request must wait; 0: it is allowed and counts. */
	private waitMs(limit: RateLimit | null, nowMs: number): number {
		const elapsedSeconds = (nowMs - this.filledAtMs) / 1000;
		this.filledAtMs = nowMs;
		if (limit === null) {
			this.tokens = Number.POSITIVE_INFINITY;
			return 0;
		}
		if ('requests' in limit) return this.window.take(limit, nowMs);
		const { perSecond, burst } = limit;
		const capacity = burst === 'second' ? Math.max(1, perSecond) : 1 + perSecond / 100;
		this.tokens = Math.min(capacity, this.tokens + elapsedSeconds * perSecond);
		if (this.tokens < 1) return ((1 - this.tokens) / perSecond) * 1000;
		this.tokens -= 1;
		return 0;
	}
}

/**
 * The `Retry-After` of a 429: whole seconds, an HTTP date or a Unix timestamp in seconds, rounded up so
 * that a client that waits is allowed; null if none is sent.
 *
 * @param nowMs milliseconds since 1970, UTC
 */
export function retryAfterHeader(
	form: RetryAfterForm,
	waitMs: number,
	nowMs: number,
): string | null {
	switch (form) {
		case 'seconds':
			return String(Math.max(1, Math.ceil(waitMs / 1000)));
		case 'date':
			return new Date(Math.ceil((nowMs + waitMs) / 1000) * 1000).toUTCString();
		case 'unix':
			return String(Math.ceil((nowMs + waitMs) / 1000));
		case 'absent':
			return null;
	}
}
