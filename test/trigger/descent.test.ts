import { describe, expect, test } from '@jest/globals';
import { Descent } from '../../nodes/AffilaeConversions/trigger/descent';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.UTC(2026, 9, 1);
const OLDEST = NOW - 90 * DAY_MS;
const PENDING = { status: 'pending' as const };

function stopped(isFirst: boolean, hasRows: boolean): Descent {
	const descent = new Descent(PENDING, {}, NOW, undefined, OLDEST);
	const [part] = descent.parts;
	if (part) descent.stop(part, { restMs: undefined, isFirst, hasRows });
	return descent;
}

describe('a list that a poll had to stop reading', () => {
	test.each([
		{ isFirst: false, hasRows: true },
		{ isFirst: false, hasRows: false },
		{ isFirst: true, hasRows: false },
	])(
		'is not divided unless it had the whole poll to itself and returned rows ($isFirst, $hasRows)',
		({ isFirst, hasRows }) => {
			expect(stopped(isFirst, hasRows).left).toEqual({});
		},
	);

	test('is divided, but not before its oldest known conversion', () => {
		const { left } = stopped(true, true);
		const { parts } = new Descent(PENDING, left, NOW + DAY_MS, undefined, OLDEST);
		expect(parts).toHaveLength(3);
		expect(parts.at(-1)).not.toHaveProperty('fromMs');
	});

	test('can be divided further and further, also where no older conversion is known', () => {
		let rest = stopped(true, true).left;
		const lengths: number[] = [];
		for (let poll = 0; poll < 3; poll += 1) {
			const descent = new Descent(PENDING, { ...rest, toMs: OLDEST }, NOW, undefined, OLDEST);
			const [part] = descent.parts;
			if (!part) throw new Error('There is nothing to read');
			lengths.push(OLDEST - (part.fromMs ?? 0));
			descent.stop(part, { restMs: undefined, isFirst: true, hasRows: true });
			rest = descent.left;
		}
		expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
		expect(new Set(lengths).size).toBe(3);
	});

	test('is stuck if not even one page of each program could be read', () => {
		expect([stopped(true, false).isStuck, stopped(false, false).isStuck]).toEqual([true, false]);
	});
});
