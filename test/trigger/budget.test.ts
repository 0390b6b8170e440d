import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import { budgetOf } from '../../nodes/AffilaeConversions/trigger/budget';
import type { Cursor } from '../../nodes/AffilaeConversions/trigger/cursor';
import type { Lists } from '../../nodes/AffilaeConversions/trigger/lists';
import { readRound } from '../../nodes/AffilaeConversions/trigger/readRound';
import { Round } from '../../nodes/AffilaeConversions/trigger/round';

const NOW = Date.UTC(2026, 9, 1);

describe('the time that n8n gives a poll', () => {
	test('is enough for a last call, its retries and another call, however long it is', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1000, max: 3_600_000 }), fc.boolean(), (budgetMs, isStart) => {
				const { stopReadingAt, endAt, calls } = budgetOf(budgetMs, NOW, isStart);
				expect(stopReadingAt).toBeGreaterThan(NOW);
				expect(endAt).toBeGreaterThan(stopReadingAt);
				const { timeoutMs, retryForMs, maxWaitMs = retryForMs } = calls;
				const longestMs = Math.max(retryForMs, maxWaitMs);
				expect(endAt + 2 * timeoutMs + longestMs).toBeLessThan(NOW + budgetMs);
			}),
		);
	});

	test('is five minutes if n8n does not set it', () => {
		expect(budgetOf(undefined, NOW, false)).toEqual(budgetOf(300_000, NOW, false));
	});

	test('allows 10 seconds of retries while n8n starts, because other workflows wait', () => {
		expect(budgetOf(undefined, NOW, true).calls.retryForMs).toBe(10_000);
	});
});

/** Minutes before {@link NOW} at which the conversions of each batch were created; null if unknown. */
type Batches = Array<Array<number | null>>;

let made = 0;

function conversion(minutesAgo: number | null): Conversion {
	made += 1;
	const createdAt =
		minutesAgo === null ? {} : { createdAt: new Date(NOW - minutesAgo * 60_000).toISOString() };
	return { id: `x${made}`, status: 'pending', row: {}, ...createdAt };
}

/** What is left to be read, in minutes before {@link NOW}, after a poll that had time for these batches alone. */
async function restAfter(batches: Batches, isOneList = true): Promise<number | undefined> {
	const wanted = { events: ['created' as const], includeExisting: false, isStatusFiltered: false };
	const first = new Round(undefined, wanted, NOW - 600_000);
	for (const part of first.plan.parts) first.end(part);
	const before: Cursor = first.close();
	const round = new Round(before, wanted, NOW);
	let left = batches.length;
	const lists: Lists = {
		async *read() {
			for (const batch of batches) {
				await Promise.resolve();
				left -= 1;
				yield batch.map(conversion);
			}
			return { isWhole: true, seen: 0 };
		},
		isOneList: () => isOneList,
		hasNewNotFound: () => false,
		isRateLimited: () => false,
		isTimeToStop: () => left === 0,
		isTimeToEnd: () => left === 0,
	};
	await readRound(round, lists, () => true);
	const { rest } = round.close();
	return rest?.toMs === undefined ? undefined : (NOW - rest.toMs) / 60_000;
}

describe('a read that stops early', () => {
	test.each<{ what: string; batches: Batches; rest: number | undefined }>([
		{ what: 'after one page, newest first', batches: [[1, 2, 3]], rest: 3 },
		{
			what: 'after three pages',
			batches: [
				[1, 2],
				[3, 4],
				[5, 6],
			],
			rest: 4,
		},
		{ what: 'after empty pages', batches: [[1, 2], [], []], rest: 2 },
		{
			what: 'after a page of much older conversions',
			batches: [
				[1, 2],
				[50, 51],
			],
			rest: 2,
		},
		{
			what: 'after the conversions in between',
			batches: [
				[1, 2],
				[50, 51],
				[3, 4],
			],
			rest: 2,
		},
		{
			what: 'of a list, oldest first',
			batches: [
				[9, 8],
				[7, 6],
			],
			rest: undefined,
		},
		{
			what: 'of a list, oldest first, that begins with one date',
			batches: [
				[9, 9],
				[8, 7],
			],
			rest: undefined,
		},
		{
			what: 'after a page with one date',
			batches: [[3, 3]],
			rest: undefined,
		},
		{ what: 'of a list without dates', batches: [[null], [null]], rest: undefined },
	])('$what leaves the conversions created until $rest minutes ago', async ({ batches, rest }) => {
		expect(await restAfter(batches)).toBe(rest);
	});

	test('leaves everything if the programs are read one after another', async () => {
		expect(await restAfter([[1, 2], [3, 4], [5]], false)).toBeUndefined();
	});
});

describe('pending conversions that were read in part', () => {
	const wanted = {
		events: ['created' as const, 'statusChanged' as const],
		includeExisting: false,
		isStatusFiltered: false,
	};
	const [newer, older, undated] = [conversion(10), conversion(30), conversion(null)];
	const at = (minutesAgo: number) => NOW - minutesAgo * 60_000;
	const watching = (differing: Partial<Cursor> = {}) => {
		const first = new Round(undefined, wanted, NOW - 60_000);
		const pending = first.plan.parts.at(-1) ?? {};
		for (const one of [newer, older, undated]) first.meet(one, pending);
		for (const part of first.plan.parts) first.end(part);
		return new Round({ ...first.close(), ...differing }, wanted, NOW);
	};

	test('are missing only within the part that was read', () => {
		const round = watching();
		const [pending = {}] = round.plan.parts;
		round.breakOff(pending, { restMs: at(20), isFirst: true, hasRows: true });
		expect([...round.missing().keys()]).toEqual([newer.id]);
		const rest = watching({ pendingRest: round.close().pendingRest ?? {} });
		const [older30 = {}] = rest.plan.parts;
		expect(older30).toEqual({ status: 'pending', toMs: at(20) });
		rest.end(older30);
		expect([...rest.missing().keys()]).toEqual([older.id]);
		const whole = watching();
		for (const part of whole.plan.parts) whole.end(part);
		expect(whole.missing().size).toBe(3);
	});

	test('keep the date limit below which others were forgotten', () => {
		const round = watching({
			pendingFloorMs: at(20),
			pendingRest: { toMs: at(40) },
			floorMs: at(15),
		});
		const [pending = {}] = round.plan.parts;
		round.end(pending);
		expect(round.close().pendingFloorMs).toBe(at(20));
	});

	test('leave newer conversions unproven, and count from when the read began', () => {
		const rest = { fromMs: at(60 * 24 * 30), toMs: at(20), startedAtMs: at(15) };
		const round = watching({ rest, horizonMs: at(10), floorMs: rest.fromMs });
		const [since = {}, pending = {}] = round.plan.parts;
		expect(since).toEqual({ fromMs: rest.fromMs, toMs: rest.toMs });
		round.meet(conversion(2), pending);
		for (const part of round.plan.parts) round.end(part);
		expect(round.close()).toMatchObject({ horizonMs: at(10), lookedFarBackAtMs: at(15) });
		expect(round.close()).not.toHaveProperty('rest');
		const again = watching({ rest });
		again.doubt(since);
		const { toMs, startedAtMs } = rest;
		expect(again.close()).toMatchObject({ rest: { toMs, startedAtMs } });
	});
});
