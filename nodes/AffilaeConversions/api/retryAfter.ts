import { DateTime } from 'luxon';

const HOUR_MS = 60 * 60 * 1000;

/**
 * Reads a Retry-After header. Affilae's format is unknown, so all common ones are supported: seconds (also
 * fractions), an HTTP date, and a Unix time in seconds or milliseconds.
 *
 * @param value the header
 * @param serverDate the response's Date header: a wait relative to it is right even if the clocks differ
 * @param now ms since 1970, used if there is no Date header
 * @returns ms to wait; undefined if the header is absent, unreadable, or says more than an hour: a rate limit
 * with a window of up to an hour never needs that
 */
export function parseRetryAfter(
	value: unknown,
	serverDate: unknown,
	now: number,
): number | undefined {
	if (typeof value !== 'string' && typeof value !== 'number') return undefined;
	const text = String(value).trim();
	const serverNow = httpDate(serverDate) ?? now;
	const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
	if (number === undefined) {
		const until = httpDate(text);
		return until === undefined ? undefined : within(Math.max(0, until - serverNow));
	}
	return within(number * 1000) ?? within(number * 1000 - serverNow) ?? within(number - serverNow);
}

/** The wait; undefined if it is negative or longer than an hour. */
function within(ms: number): number | undefined {
	return ms >= 0 && ms <= HOUR_MS ? ms : undefined;
}

function httpDate(value: unknown): number | undefined {
	if (typeof value !== 'string') return undefined;
	const date = DateTime.fromHTTP(value);
	return date.isValid ? date.toMillis() : undefined;
}
