import { describe, expect, test } from '@jest/globals';
import { Sharing } from '../../nodes/AffilaeConversions/api/sharing';

describe('A limit is taken for shared', () => {
	test('when the very first call is refused', () => {
		const sharing = new Sharing();
		sharing.firstCallRefused();
		expect(sharing.isLikely).toBe(true);
	});

	test('when calls that the limit allows were granted to somebody else', () => {
		const sharing = new Sharing();
		sharing.refusedWhereKept({ ledBy: 1.2, allowed: 48, granted: 38 });
		expect(sharing.isLikely).toBe(true);
	});

	test('when the rate rose to several times the limit before a 429', () => {
		const sharing = new Sharing();
		sharing.refusedWhereKept({ ledBy: 3.6, allowed: 76, granted: 89 });
		expect(sharing.isLikely).toBe(true);
	});

	test('when two 429s came without speeding up, and not when one did', () => {
		const sharing = new Sharing();
		sharing.refusedWhereKept({ ledBy: 1, allowed: 101, granted: 99 });
		expect(sharing.isLikely).toBe(false);
		sharing.refusedWhereKept({ ledBy: 1, allowed: 101, granted: 99 });
		expect(sharing.isLikely).toBe(true);
	});

	test('when a measured limit of a service that keeps nothing is refused as too high', () => {
		const sharing = new Sharing();
		sharing.refusedWhereLost(1, 0.8, true);
		expect(sharing.isLikely).toBe(true);
	});
});

describe('Who is alone is not taken for sharing', () => {
	test.each([
		['keeps a second', (sharing: Sharing) => sharing.refusedWhereKept(alone)],
		['keeps nothing', (sharing: Sharing) => sharing.refusedWhereLost(1.1, 1.02, true)],
	])('by a hundred 429s after speeding up, where the service %s', (_, refuse) => {
		const sharing = new Sharing();
		for (let count = 0; count < 100; count += 1) refuse(sharing);
		expect(sharing.isLikely).toBe(false);
	});

	test('by a search for the limit', () => {
		const sharing = new Sharing();
		sharing.refusedWhereLost(0.5, 0.4, false);
		expect(sharing.isLikely).toBe(false);
	});

	test('any more, a few such 429s after the others have gone', () => {
		const sharing = new Sharing();
		sharing.firstCallRefused();
		for (let count = 0; count < 7; count += 1) sharing.refusedWhereKept(alone);
		expect(sharing.isLikely).toBe(false);
	});
});

const alone = { ledBy: 1.3, allowed: 100, granted: 101 };
