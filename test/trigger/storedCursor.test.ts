import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	MOST_SEEN,
	MOST_WATCHED,
	Round,
	type Cursor,
	type Watched,
} from '../../nodes/AffilaeConversions/trigger/cursor';
import { keep, readStored } from '../../nodes/AffilaeConversions/trigger/storedCursor';

const NOW = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;
const WANTED = { events: ['amountChanged' as const], includeExisting: false, scope: 's' };

const instants = fc.integer({ min: -1e12, max: 4e12 });
const ids = fc.oneof(
	fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }).map((n) => n.toString(16).padStart(24, '0')),
	fc.string({ minLength: 1 }),
);
const watched = fc.record<Watched>(
	{ createdAtMs: instants, amountCents: fc.maxSafeInteger() },
	{ requiredKeys: [] },
);
const cursors: fc.Arbitrary<Cursor> = fc
	.record({
		scope: fc.string(),
		horizonMs: instants,
		floorMs: instants,
		lookedBackAtMs: instants,
		seen: fc.array(fc.tuple(ids, instants)),
		watched: fc.array(fc.tuple(ids, watched)),
		more: fc.record({ restMs: instants }, { requiredKeys: [] }),
		watches: fc.boolean(),
	})
	.map(({ seen, watched: pending, more, watches, ...rest }) => ({
		...rest,
		...more,
		seen: new Map(seen),
		...(watches ? { watched: new Map(pending) } : {}),
	}));

function conversion(number: number, differing: Partial<Conversion> = {}): Conversion {
	return {
		id: `64${(number + 1).toString(16).padStart(22, '0')}`,
		status: 'pending',
		amountCents: 8490 + number,
		createdAt: new Date(NOW - number * 150_000).toISOString(),
		row: {},
		...differing,
	};
}

/** The static data after a round that met these, and was read to the end. */
function dataAfter(conversions: Conversion[], before?: Cursor): IDataObject {
	const round = new Round(before, WANTED, NOW);
	for (const one of conversions) round.meet(one);
	for (const part of round.parts) round.end(part);
	const data: IDataObject = {};
	keep(data, { revision: 0 }, round.close());
	return data;
}

describe('what is kept in the static data', () => {
	test('is read as it was kept, through JSON', () => {
		fc.assert(
			fc.property(cursors, fc.nat(), (cursor, revision) => {
				const data: IDataObject = { revision };
				expect(keep(data, { revision }, cursor)).toBe(true);
				const parsed: IDataObject = JSON.parse(JSON.stringify(data));
				expect(readStored(parsed)).toEqual({ revision: revision + 1, cursor });
			}),
		);
	});

	test('whatever else stands there is no cursor, and does no harm', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (noise) => {
				const data: IDataObject = JSON.parse(JSON.stringify({ ...noise, version: 1, scope: 's' }));
				expect(readStored(data).cursor).toBeUndefined();
			}),
		);
	});

	test('of two polls at once the second keeps nothing', () => {
		const data: IDataObject = {};
		const before = readStored(data);
		const cursor = new Round(undefined, WANTED, NOW).close();
		expect(keep(data, before, cursor)).toBe(true);
		const kept = JSON.stringify(data);
		expect(keep(data, before, { ...cursor, scope: 'other' })).toBe(false);
		expect(JSON.stringify(data)).toBe(kept);
	});
});

describe('the bounds', () => {
	test('50,000 pending conversions are watched, in less than 1.4 MB; of more the newest', () => {
		const many = Array.from({ length: MOST_WATCHED + 2000 }, (_, number) => conversion(number));
		const data = dataAfter(many);
		expect(JSON.stringify(data).length).toBeLessThan(1_400_000);
		const { cursor } = readStored(data);
		expect(cursor?.watched?.size).toBe(50_000);
		expect(cursor?.watched?.has(conversion(49_999).id)).toBe(true);
		expect(cursor?.watched?.has(conversion(50_000).id)).toBe(false);
	});

	test('20,000 conversions of the last 48 hours are remembered; older ones of more are never new', () => {
		const dense = (number: number) =>
			conversion(number, { createdAt: new Date(NOW - number * 1000).toISOString() });
		const many = Array.from({ length: MOST_SEEN + 500 }, (_, number) => dense(number));
		const { cursor } = readStored(dataAfter(many));
		expect(cursor?.seen.size).toBe(20_000);
		const wanted = { ...WANTED, events: ['created' as const] };
		const round = new Round(cursor, wanted, NOW);
		expect(many.flatMap((one) => round.meet(one))).toEqual([]);
		expect(round.meet(conversion(-1))).toHaveLength(1);
	});

	test('conversions of more than 48 hours before the newest are not remembered, and not new', () => {
		const old = conversion(1, { createdAt: new Date(NOW - 3 * DAY_MS).toISOString() });
		const { cursor } = readStored(dataAfter([old, conversion(0)]));
		expect([...(cursor?.seen.keys() ?? [])]).toEqual([conversion(0).id]);
		const round = new Round(cursor, { ...WANTED, events: ['created'] }, NOW);
		expect(round.meet({ ...old, id: conversion(2).id })).toEqual([]);
	});
});

describe('where Affilae leaves something out', () => {
	const bare: Conversion = { id: 'x', row: {} };

	test('a conversion without date, amount and status is told once as created', () => {
		const wanted = { ...WANTED, events: ['created' as const, 'amountChanged' as const] };
		let { cursor } = readStored(dataAfter([]));
		for (const expected of [1, 0, 0]) {
			const round = new Round(cursor, wanted, NOW);
			expect(round.meet(bare)).toHaveLength(expected);
			cursor = round.close();
		}
	});

	test('an amount that comes, goes or stays away is no change of amount', () => {
		const pending: Conversion = { ...bare, status: 'pending' };
		const { cursor } = readStored(dataAfter([pending]));
		const round = new Round(cursor, WANTED, NOW);
		expect(round.meet({ ...pending, amountCents: 100 })).toEqual([]);
		const next = new Round(round.close(), WANTED, NOW);
		expect(next.meet(pending)).toEqual([]);
		const last = new Round(next.close(), WANTED, NOW);
		expect(last.meet({ ...pending, amountCents: 90 })).toMatchObject([
			{ event: 'amountChanged', previousAmountCents: 100 },
		]);
	});

	test('a date that is none is as none', () => {
		const round = new Round(undefined, WANTED, NOW);
		expect(round.meet({ ...bare, createdAt: 'yesterday' })).toEqual([]);
		expect(round.close().seen.get('x')).toBe(NOW);
	});
});
