import { describe, expect, test } from '@jest/globals';
import {
	isLocked,
	lockedSince,
	lockedUntil,
} from '../../nodes/AffilaeConversions/domain/lifecycle';
import { aConversion, FUTURE, NOW_MS, PAST, type Parts } from './anOrder';

const SINCE = 'It has been locked since 2026-10-31 09:00 UTC';
const SINCE_UNKNOWN = 'It is locked: its grace period is over';
const UNTIL = 'It will be locked on 2026-11-20 09:00 UTC';
const UNTIL_UNKNOWN = 'It will be locked when the grace period of its commission rule ends';

describe('the lock', () => {
	test.each<{ parts: Parts; locked: boolean; told: string | RegExp }>([
		{ parts: { isLocked: true, lockedAt: PAST }, locked: true, told: SINCE },
		{
			parts: { isLocked: true, lockedAt: FUTURE },
			locked: true,
			told: /^It (is|has been) locked /,
		},
		{ parts: { isLocked: true }, locked: true, told: SINCE_UNKNOWN },
		{ parts: { isLocked: false, lockedAt: FUTURE }, locked: false, told: UNTIL },
		{ parts: { isLocked: false, lockedAt: PAST }, locked: false, told: /^It will be locked / },
		{ parts: { isLocked: false }, locked: false, told: UNTIL_UNKNOWN },
		{ parts: { lockedAt: PAST }, locked: true, told: SINCE },
		{ parts: { lockedAt: FUTURE }, locked: false, told: UNTIL },
		{ parts: {}, locked: false, told: UNTIL_UNKNOWN },
	])('of a conversion with $parts: locked is $locked, "$told"', ({ parts, locked, told }) => {
		for (const status of ['pending', 'accepted', 'refused', undefined]) {
			const conversion = aConversion({ ...parts, status });
			expect(isLocked(conversion, NOW_MS)).toBe(locked);
			const say = locked ? lockedSince : lockedUntil;
			expect(say(conversion)).toEqual(
				typeof told === 'string' ? told : expect.stringMatching(told),
			);
		}
	});

	test('begins at exactly its date', () => {
		const conversion = aConversion({ lockedAt: new Date(NOW_MS).toISOString() });
		expect(isLocked(conversion, NOW_MS - 1)).toBe(false);
		expect(isLocked(conversion, NOW_MS)).toBe(true);
		expect(lockedUntil(conversion)).toBe('It will be locked on 2026-11-01 09:00 UTC');
		expect(lockedSince(conversion)).toBe('It has been locked since 2026-11-01 09:00 UTC');
	});
});
