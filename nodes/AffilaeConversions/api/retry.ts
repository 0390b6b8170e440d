import { DateTime } from 'luxon';
import type { ApiError } from './apiError';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const BRIEF_TRIES = 3;
/** A year: whoever asks for more says nothing. */
const LONGEST_ASKED_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * How long one call is tried again. Waits double, with jitter so that calls which failed together do
 * not come back together, and a longer Retry-After is obeyed.
 */
export class Patience {
	private tries = 0;
	private since: number | undefined;

	/**
	 * @param retryForMs how long to go on after the first refusal, in milliseconds
	 * @param random gives numbers from 0 up to 1
	 */
	constructor(
		private readonly retryForMs: number,
		private readonly random: () => number = Math.random,
	) {}

	/**
	 * How long to wait before the next try, in milliseconds.
	 *
	 * @param now milliseconds on any steady clock
	 * @param isProven whether other calls have succeeded, so that the address must be right
	 * @returns undefined where trying again makes no sense, or no longer does
	 */
	waitMs(refusal: ApiError, now: number, isProven: boolean): number | undefined {
		if (refusal.retry === 'never') return undefined;
		this.tries += 1;
		this.since ??= now;
		if (refusal.retry === 'briefly' && !isProven && this.tries >= BRIEF_TRIES) return undefined;
		const growing = Math.min(FIRST_WAIT_MS * 2 ** (this.tries - 1), LONGEST_WAIT_MS);
		const wait = Math.max(growing * (0.5 + this.random() / 2), refusal.retryAfterMs ?? 0);
		return now + wait - this.since > this.retryForMs ? undefined : wait;
	}
}

/**
 * Reads Retry-After: seconds, or an HTTP date.
 *
 * @param serverDate the answer's Date header: against it a date is right even if the two clocks differ
 * @param now milliseconds since 1970, used where there is no such header
 * @returns milliseconds to wait, or undefined where the header is absent or says nothing
 */
export function parseRetryAfter(
	value: unknown,
	serverDate: unknown,
	now: number,
): number | undefined {
	if (typeof value !== 'string' && typeof value !== 'number') return undefined;
	const text = String(value).trim();
	if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_ASKED_MS);
	const until = httpDate(text);
	if (until === undefined) return undefined;
	return Math.min(Math.max(0, until - (httpDate(serverDate) ?? now)), LONGEST_ASKED_MS);
}

function httpDate(value: unknown): number | undefined {
	if (typeof value !== 'string') return undefined;
	const date = DateTime.fromHTTP(value);
	return date.isValid ? date.toMillis() : undefined;
}
