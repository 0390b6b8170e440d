import type { WindowLimit } from './limitSettings';

const SPAN_MS = { second: 1000, minute: 60_000, hour: 3_600_000 } as const;

/** Counts requests in windows of time, as {@link WindowLimit} describes. */
export class RateWindow {
	/** For a fixed window: its start and how many requests it allowed. */
	private beganAtMs = 0;
	private count = 0;
	/** For a sliding window: the times of the requests that count. */
	private times: number[] = [];
	/** Nothing is allowed until then, because of a request that got 429. */
	private blockedUntilMs = Number.NEGATIVE_INFINITY;

	/** How long the request must wait, in ms; 0: it is allowed and counts. */
	take({ requests, window, how, rejected }: WindowLimit, nowMs: number): number {
		const spanMs = SPAN_MS[window];
		const waitMs = Math.max(
			this.blockedUntilMs - nowMs,
			how === 'fixed'
				? this.fixedWait(requests, spanMs, nowMs)
				: this.slidingWait(requests, spanMs, nowMs),
		);
		if (waitMs <= 0) {
			this.count += 1;
			this.times.push(nowMs);
			return 0;
		}
		if (rejected === 'count') this.times.push(nowMs);
		if (rejected !== 'prolong') return waitMs;
		this.blockedUntilMs = nowMs + spanMs;
		return spanMs;
	}

	/** Forgets all requests. */
	reset(): void {
		this.count = 0;
		this.times = [];
		this.blockedUntilMs = Number.NEGATIVE_INFINITY;
	}

	private fixedWait(requests: number, spanMs: number, nowMs: number): number {
		const beganAtMs = Math.floor(nowMs / spanMs) * spanMs;
		if (beganAtMs !== this.beganAtMs) {
			this.beganAtMs = beganAtMs;
			this.count = 0;
		}
		return this.count < requests ? 0 : beganAtMs + spanMs - nowMs;
	}

	private slidingWait(requests: number, spanMs: number, nowMs: number): number {
		this.times = this.times.filter((time) => time > nowMs - spanMs);
		const oldest = this.times.at(-requests);
		return oldest === undefined ? 0 : oldest + spanMs - nowMs;
	}
}
