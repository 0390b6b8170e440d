import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	MOST_KNOWN,
	MOST_WATCHED,
	type Cursor,
	type Known,
} from '../../nodes/AffilaeConversions/trigger/cursor';
import type { ConversionEvent } from '../../nodes/AffilaeConversions/trigger/conversionEvent';
import type { Owner } from '../../nodes/AffilaeConversions/trigger/owner';
import { Round } from '../../nodes/AffilaeConversions/trigger/round';
import { keep, readStored } from '../../nodes/AffilaeConversions/trigger/storedCursor';

const NOW = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;
const WATCHING = {
	events: ['amountChanged' as const],
	includeExisting: false,
	isStatusFiltered: false,
};
const CREATED = { events: ['created' as const], includeExisting: false, isStatusFiltered: false };
const OWNER: Owner = { scope: 's', account: 'a' };

const instants = fc.integer({ min: -1e12, max: 4e12 });
const ids = fc.oneof(
	fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }).map((n) => n.toString(16).padStart(24, '0')),
	fc.string({ minLength: 1, unit: 'binary' }),
);
const known: fc.Arbitrary<Known> = fc
	.tuple(
		fc.oneof(fc.record({ createdAtMs: instants }), fc.record({ metAtMs: instants })),
		fc.record(
			{
				status: fc.oneof(fc.constantFrom('pending', 'accepted', 'refused'), fc.string()),
				amountCents: fc.maxSafeInteger(),
				absences: fc.nat(),
			},
			{ requiredKeys: [] },
		),
	)
	.map(([date, rest]) => ({ ...date, ...rest }));
const cursors: fc.Arbitrary<Cursor> = fc
	.tuple(
		fc.record({
			horizonMs: instants,
			floorMs: instants,
			knowsUndated: fc.boolean(),
			lookedBackAtMs: instants,
			lookedFarBackAtMs: instants,
			known: fc.array(fc.tuple(ids, known)).map((entries) => new Map(entries)),
			unreadable: fc.array(fc.string()),
		}),
		fc.record(
			{
				rest: fc.record(
					{ fromMs: instants, toMs: instants, startedAtMs: instants, spanMs: instants },
					{ requiredKeys: ['fromMs', 'startedAtMs'] },
				),
				pendingRest: fc.record({ toMs: instants, spanMs: instants }, { requiredKeys: [] }),
				pendingFloorMs: instants,
			},
			{ requiredKeys: [] },
		),
	)
	.map(([required, more]) => ({ ...required, ...more }));
const owners: fc.Arbitrary<Owner> = fc.record(
	{ scope: fc.string(), account: fc.string(), advertiserId: fc.string(), programs: fc.string() },
	{ requiredKeys: ['scope', 'account'] },
);

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

/** What a round is told of, each part read to its end. */
function take(
	round: Round,
	conversions: readonly Conversion[],
): { happened: ConversionEvent[]; cursor: Cursor } {
	const happened = round.plan.parts.flatMap((part) =>
		conversions
			.filter(({ status = 'pending' }) => part.status === undefined || part.status === status)
			.flatMap((one) => round.meet(one, part)),
	);
	for (const part of round.plan.parts) round.end(part);
	return { happened, cursor: round.close() };
}

/** The static data after a round that met these, and was read to the end. */
function dataAfter(conversions: readonly Conversion[], before?: Cursor): IDataObject {
	const { cursor } = take(new Round(before, WATCHING, NOW), conversions);
	const data: IDataObject = {};
	keep(data, { revision: 0 }, OWNER, cursor);
	return data;
}

describe('the static data', () => {
	test('is read as it was stored, through JSON', () => {
		fc.assert(
			fc.property(cursors, owners, fc.nat(), (cursor, owner, revision) => {
				const data: IDataObject = {
					revision,
					rest: 'of before',
					pendingRest: 1,
					pendingFloorMs: 1,
				};
				expect(keep(data, { revision }, owner, cursor)).toBe(true);
				const parsed: IDataObject = JSON.parse(JSON.stringify(data));
				expect(readStored(parsed)).toEqual({ revision: revision + 1, owner, cursor });
			}),
		);
	});

	test('with any other content has no cursor', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (noise) => {
				const data: IDataObject = JSON.parse(JSON.stringify({ ...noise, version: 2, known: 's' }));
				expect(readStored(data).cursor).toBeUndefined();
			}),
		);
	});

	test('is stored by the first of two simultaneous polls, not by the second', () => {
		const data: IDataObject = {};
		const before = readStored(data);
		const cursor = new Round(undefined, WATCHING, NOW).close();
		expect(keep(data, before, OWNER, cursor)).toBe(true);
		const kept = JSON.stringify(data);
		expect(keep(data, before, { ...OWNER, scope: 'other' }, cursor)).toBe(false);
		expect(JSON.stringify(data)).toBe(kept);
	});
});

describe('the limits', () => {
	test('50,000 pending conversions are watched, in less than 1.5 MB; if there are more, the newest', () => {
		const many = Array.from({ length: MOST_WATCHED + 2000 }, (_, number) => conversion(number));
		const data = dataAfter(many);
		expect(JSON.stringify(data).length).toBeLessThan(1_500_000);
		const { cursor } = readStored(data);
		expect(cursor?.known.size).toBe(50_000);
		expect(cursor?.known.has(conversion(49_999).id)).toBe(true);
		expect(cursor?.known.has(conversion(50_000).id)).toBe(false);
		const all = { ...WATCHING, events: ['created' as const, 'amountChanged' as const] };
		expect(take(new Round(cursor, all, NOW), many).happened).toEqual([]);
	});

	test('20,000 decided conversions of the last 30 days are remembered; if there are more, the older ones are not emitted as created', () => {
		const dense = (number: number) =>
			conversion(number, {
				status: 'accepted',
				createdAt: new Date(NOW - number * 1000).toISOString(),
			});
		const many = Array.from({ length: MOST_KNOWN + 500 }, (_, number) => dense(number));
		const { cursor } = readStored(dataAfter(many));
		expect(cursor?.known.size).toBe(20_000);
		expect(take(new Round(cursor, CREATED, NOW), many).happened).toEqual([]);
		expect(take(new Round(cursor, CREATED, NOW), [conversion(-1)]).happened).toHaveLength(1);
	});

	test('decided conversions more than 30 days older than the newest are not remembered, and not emitted as created', () => {
		const createdAt = new Date(NOW - 31 * DAY_MS).toISOString();
		const old = conversion(1, { status: 'accepted', createdAt });
		const { cursor } = readStored(dataAfter([old, conversion(0)]));
		expect([...(cursor?.known.keys() ?? [])]).toEqual([conversion(0).id]);
		const another = { ...old, id: conversion(2).id };
		expect(take(new Round(cursor, CREATED, NOW), [another]).happened).toEqual([]);
	});

	test('if there are too many conversions without a date, some are forgotten and none is emitted as created', () => {
		const undated = (number: number): Conversion => ({
			id: `x${number}`,
			status: 'accepted',
			row: {},
		});
		const many = Array.from({ length: MOST_KNOWN + 5 }, (_, number) => undated(number));
		const { cursor } = readStored(dataAfter(many));
		expect(cursor).toMatchObject({ knowsUndated: false });
		expect(cursor?.known.size).toBe(20_000);
		expect(take(new Round(cursor, CREATED, NOW), many).happened).toEqual([]);
	});

	test('500 unreadable conversions are remembered as logged; after that, no more are logged', () => {
		const unreadable = Array.from({ length: 600 }, (_, number) => ({
			id: `x${number}`,
			unreadable: `the amount of conversion x${number}`,
		}));
		const meet = (before: Cursor | undefined, rows: typeof unreadable) => {
			const round = new Round(before, CREATED, NOW);
			for (const row of rows) round.meetUnreadable(row, {});
			return { news: round.newlyUnreadable(), cursor: round.close() };
		};
		const first = meet(undefined, unreadable.slice(0, 2));
		expect(first.news).toEqual(['the amount of conversion x0', 'the amount of conversion x1']);
		const second = meet(first.cursor, unreadable.slice(0, 3));
		expect(second.news).toEqual(['the amount of conversion x2']);
		const third = meet(second.cursor, unreadable);
		expect(third.news).toHaveLength(597);
		expect(third.cursor.unreadable).toHaveLength(500);
		expect(meet(third.cursor, unreadable).news).toEqual([]);
	});
});

describe('if Affilae omits a field', () => {
	const bare: Conversion = { id: 'x', row: {} };

	test('a conversion without date, amount and status is emitted once as created', () => {
		const wanted = { ...WATCHING, events: ['created' as const, 'amountChanged' as const] };
		let { cursor } = readStored(dataAfter([]));
		for (const expected of [1, 0, 0]) {
			const round = take(new Round(cursor, wanted, NOW), [bare]);
			expect(round.happened).toHaveLength(expected);
			cursor = round.cursor;
		}
	});

	test('an amount that appears, disappears or stays missing is no change of amount', () => {
		const pending: Conversion = { ...bare, status: 'pending' };
		const { cursor } = readStored(dataAfter([pending]));
		const first = take(new Round(cursor, WATCHING, NOW), [{ ...pending, amountCents: 100 }]);
		const second = take(new Round(first.cursor, WATCHING, NOW), [pending]);
		expect([first.happened, second.happened]).toEqual([[], []]);
		const last = new Round(second.cursor, WATCHING, NOW);
		expect(take(last, [{ ...pending, amountCents: 90 }]).happened).toMatchObject([
			{ event: 'amountChanged', previousAmountCents: 100 },
		]);
	});

	test('a conversion without a status in the list of pending conversions is pending', () => {
		const wanted = { ...WATCHING, events: ['statusChanged' as const] };
		const { cursor } = take(new Round(undefined, wanted, NOW), [bare]);
		const round = new Round(cursor, wanted, NOW);
		expect(take(round, [{ ...bare, status: 'accepted' }]).happened).toMatchObject([
			{ event: 'statusChanged', previousStatus: 'pending' },
		]);
	});
});
