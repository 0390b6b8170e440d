import { DateTime } from 'luxon';

const HOUR_MS = 60 * 60 * 1000;

/**
 * Reads a Retry-After header. Nobody has seen Affilae's, so all common forms are supported: seconds (also
 * fractions), an HTTP date, and a Unix time in seconds or milliseconds.
 *
 * @param value the header
 * @param serverDate the response's Date header: relative to it, a time is right even if the clocks differ
 * @param now ms since 1970, used if there is no such header
 * @returns ms to wait; undefined if the header is absent, unreadable, or asks for more than an hour,
 * because no limit of an hour or less does that
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

/** A wait of an hour at most. */
function within(ms: number): number | undefined {
	return ms >= 0 && ms <= HOUR_MS ? ms : undefined;
}

function httpDate(value: unknown): number | undefined {
	if (typeof value !== 'string') return undefined;
	const date = DateTime.fromHTTP(value);
	return date.isValid ? date.toMillis() : undefined;
}
