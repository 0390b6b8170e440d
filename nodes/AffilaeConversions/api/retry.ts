import type { ApiError } from './apiError';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** How often to try an address that never responded: it is more likely wrong than down. */
const TRIES_AT_UNPROVEN_ADDRESS = 3;

/** Shared by all tries of a read, or of a write with its looks. */
export interface RetryState {
	/** Tries that failed so far. */
	failures: number;
	/** When the first of them failed, on the client's clock, in ms. */
	firstFailureAt: number;
}

/** What a retry depends on besides the call itself. Times are in ms, on the client's clock. */
export interface RetryConditions {
	now: number;
	/** How long to retry after the first failure. */
	retryForMs: number;
	/** Whether any call has succeeded, which proves the address. */
	isProven: boolean;
	/** From 0 to 1: spreads the retries of calls that failed together. */
	random: number;
}

/** The state after one more failure. */
export function afterFailure(state: RetryState | undefined, now: number): RetryState {
	return { failures: (state?.failures ?? 0) + 1, firstFailureAt: state?.firstFailureAt ?? now };
}

/**
 * How long to wait before the next try: delays double, and a longer Retry-After is respected.
 *
 * @returns milliseconds, or undefined if there should be no other try
 */
export function retryDelay(
	error: ApiError,
	{ failures, firstFailureAt }: RetryState,
	{ now, retryForMs, isProven, random }: RetryConditions,
): number | undefined {
	if (error.retry === 'never') return undefined;
	if (error.retry === 'briefly' && !isProven && failures >= TRIES_AT_UNPROVEN_ADDRESS)
		return undefined;
	const growing = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
	const delay = Math.max(growing * (0.5 + random / 2), error.retryAfterMs ?? 0);
	return now + delay - firstFailureAt > retryForMs ? undefined : delay;
}
