import { STATUSES, type Conversion } from './conversion';
import { capitalize } from './reference';

/**
 * The status, in any words. A missing one counts as pending: Affilae itself judges the write. Only Reconcile
 * must know it, because it never overturns a refusal.
 */
export function statusOf({ status = 'pending' }: Pick<Conversion, 'status'>): string {
	return status;
}

/** The problem of a status that is none of the three, for a message; undefined if it is one of them. */
export function unknownStatus(conversion: Conversion, name: string): string | undefined {
	const status = statusOf(conversion);
	if (STATUSES.some((known) => known === status)) return undefined;
	return `${capitalize(name)} is "${status}", which is not pending, accepted or refused`;
}

/**
 * Whether a conversion can no longer be changed: the grace period is over (API page: life of a conversion).
 * `isLocked` decides; only if Affilae leaves it out, a lock date in the past does.
 *
 * @param nowMs milliseconds since 1970, UTC
 */
export function isLocked({ isLocked: told, lockedAt = '' }: Conversion, nowMs: number): boolean {
	return told ?? Date.parse(lockedAt) <= nowMs;
}

/** Since when a locked conversion cannot be changed: `It has been locked since 2026-10-31 09:00 UTC`. */
export function lockedSince(conversion: Conversion): string {
	return conversion.lockedAt === undefined
		? 'It is locked: its grace period is over'
		: `It has been ${since(conversion)}`;
}

/** Until when a decided conversion can be changed: `It will be locked on 2026-10-31 09:00 UTC`. */
export function lockedUntil(conversion: Conversion): string {
	return `It ${until(conversion)}`;
}

/**
 * Status and lock in a few words, as in a list: `accepted, will be locked on 2026-10-31 09:00 UTC`.
 *
 * @param nowMs milliseconds since 1970, UTC
 */
export function describeState(conversion: Conversion, nowMs: number): string {
	const { status = 'unknown status' } = conversion;
	if (isLocked(conversion, nowMs)) return `${status}, ${since(conversion)}`;
	const isDecided = status === 'accepted' || status === 'refused';
	return isDecided ? `${status}, ${until(conversion)}` : status;
}

function since({ lockedAt }: Conversion): string {
	return lockedAt === undefined ? 'locked' : `locked since ${readable(lockedAt)}`;
}

function until({ lockedAt }: Conversion): string {
	return lockedAt === undefined
		? 'will be locked when the grace period of its commission rule ends'
		: `will be locked on ${readable(lockedAt)}`;
}

/** UTC ISO 8601 to the minute, for messages. */
function readable(iso: string): string {
	return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
