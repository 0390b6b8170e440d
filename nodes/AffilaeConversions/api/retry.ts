import type { ApiError } from './apiError';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** How often a call is tried at an address that never answered: it is more likely wrong than down. */
const TRIES_AT_UNPROVEN_ADDRESS = 3;

/** One undertaking, such as a read or a write with its look-ups: all its tries share this. */
export interface RetryState {
	/** Tries that failed so far. */
	failures: number;
	/** When the first of them failed, on the client's clock, in ms. */
	firstFailureAt: number;
}

/** What a retry depends on beside the call itself. Times are in ms, on the client's clock. */
export interface RetryConditions {
	now: number;
	/** How long an undertaking goes on after its first failure. */
	retryForMs: number;
	/** Whether any call has succeeded, so that the address must be right. */
	isProven: boolean;
	/** From 0 up to 1: spreads the calls that failed together. */
	random: number;
}

/** The state after one more failure. */
export function afterFailure(state: RetryState | undefined, now: number): RetryState {
	return { failures: (state?.failures ?? 0) + 1, firstFailureAt: state?.firstFailureAt ?? now };
}

/**
 * How long to wait before the next try: delays double, and a longer Retry-After is kept to.
 *
 * @returns milliseconds, or undefined if there is to be no other try
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
