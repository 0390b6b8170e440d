import type { Conversion } from './conversion';

/**
 * Whether Affilae takes no change any more: the grace period is over (API page: life of a conversion).
 * `isLocked` is the test; only if Affilae leaves it out does a lock date in the past stand for it.
 *
 * @param nowMs milliseconds since 1970, UTC
 */
export function isLocked({ isLocked: told, lockedAt = '' }: Conversion, nowMs: number): boolean {
	return told ?? Date.parse(lockedAt) <= nowMs;
}

/** Since when a locked conversion cannot be changed: `It is locked since 2026-10-31 09:00 UTC`. */
export function lockedSince({ lockedAt }: Conversion): string {
	return lockedAt === undefined
		? 'It is locked: its grace period is over'
		: `It is locked since ${readable(lockedAt)}`;
}

/** Until when a decided conversion can be changed: `It will be locked on 2026-10-31 09:00 UTC`. */
export function lockedUntil({ lockedAt }: Conversion): string {
	return lockedAt === undefined
		? 'It will be locked when the grace period of its commission rule ends'
		: `It will be locked on ${readable(lockedAt)}`;
}

/** UTC ISO 8601 to the minute, as a person reads it. */
function readable(iso: string): string {
	return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
