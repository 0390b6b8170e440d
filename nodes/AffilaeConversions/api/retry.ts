import type { ApiError } from './apiError';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** How often to try an address that never responded: it is more likely wrong than down. */
const TRIES_AT_UNPROVEN_ADDRESS = 3;

/** Shared by all tries of a read, or of a write with its looks. */
export interface RetryState {
	/** Tries that failed so far. */
	failures: number;
	/** When the time for retries began, on the client's clock, in ms: with the first failure, if not before. */
	beganAt: number;
}

/** What a retry depends on besides the call itself. Times are in ms, on the client's clock. */
export interface RetryConditions {
	now: number;
	/** How long to retry after it began. */
	retryForMs: number;
	/** Whether any call has succeeded, which proves the address. */
	isProven: boolean;
	/** From 0 to 1: spreads the retries of calls that failed together. */
	random: number;
}

/** The state before the first failure. */
export function retriesFrom(beganAt: number): RetryState {
	return { failures: 0, beganAt };
}

/** The state after one more failure. */
export function afterFailure(state: RetryState | undefined, now: number): RetryState {
	const { failures, beganAt } = state ?? retriesFrom(now);
	return { failures: failures + 1, beganAt };
}

/**
 * How long to wait before the next try: delays double, and a longer Retry-After is respected.
 *
 * @returns milliseconds, or undefined if there should be no other try
 */
export function retryDelay(
	error: ApiError,
	{ failures, beganAt }: RetryState,
	{ now, retryForMs, isProven, random }: RetryConditions,
): number | undefined {
	if (error.retry === 'never') return undefined;
	if (error.retry === 'briefly' && !isProven && failures >= TRIES_AT_UNPROVEN_ADDRESS)
		return undefined;
	const growing = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
	const delay = Math.max(growing * (0.5 + random / 2), error.retryAfterMs ?? 0);
	return now + delay - beganAt > retryForMs ? undefined : delay;
}
