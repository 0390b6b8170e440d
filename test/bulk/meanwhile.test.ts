import { describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import type { SettingsChange } from '../../sandbox/settings';
import type { EngineOutcome } from '../engine/engine';
import { endOf, itemsOf, openPairShop, tellOf } from './pairing';
import { itemAbout, NAMED, openShop, runInShop, withOwnOrder } from './shopUnderTest';

const PAGED = [
	{ order: 'newestFirst', pageCap: { max: 20, how: 'silent' } },
	{ order: 'oldestFirst', pageCap: { max: 20, how: 'silent' } },
	{ order: 'newestFirst', pageCap: { max: 7, how: 'silent' }, total: false },
] satisfies SettingsChange[];
const MOVED = /kept changing while it was read/;

/** The pending conversions of a shop. */
function pendingIn(sandbox: Sandbox): Set<string> {
	return new Set(
		sandbox.store.select({ status: 'pending' }).map(({ conversion }) => conversion.id),
	);
}

async function readPending(sandbox: Sandbox): Promise<EngineOutcome> {
	return await runInShop(sandbox, {
		operation: 'list',
		items: [{}],
		parameters: { returnAll: true, filters: { status: 'pending' } },
		settings: { onError: 'continueRegularOutput' },
	});
}

/** Checks that a list has each row once that was there all the time, or reports that it may be incomplete. */
function mustBeWhole({ success }: EngineOutcome, stayed: ReadonlySet<string>): 'whole' | 'moved' {
	const [first] = success;
	if (first?.json['error'] !== undefined) {
		expect(success).toHaveLength(1);
		expect(first.json['error']).toMatch(MOVED);
		return 'moved';
	}
	const ids = success.map(({ json }) => String(json['id']));
	expect(new Set(ids).size).toBe(ids.length);
	expect([...stayed].filter((id) => !ids.includes(id))).toEqual([]);
	return 'whole';
}

function inBoth(one: ReadonlySet<string>, other: ReadonlySet<string>): Set<string> {
	return new Set([...one].filter((id) => other.has(id)));
}

describe.each(PAGED)(
	'Get Many of pending conversions ($order, $pageCap.max a page, total $total)',
	(settings) => {
		test.each(['swapWhileRead', 'growWhileRead'])(
			'returns each conversion that is there all the time, or reports that the list changed (%s)',
			async (moving) => {
				const sandbox = await openShop({
					conversions: 150,
					settings: { ...settings, [moving]: true },
				});
				const before = pendingIn(sandbox);
				const outcome = await readPending(sandbox);
				const stayed = inBoth(before, pendingIn(sandbox));
				expect(stayed.size).toBeGreaterThan(50);
				mustBeWhole(outcome, stayed);
			},
		);

		test('returns each conversion that stays pending while another run accepts half of them, or reports that the list changed', async () => {
			const sandbox = await openShop({ conversions: 150, settings });
			const before = pendingIn(sandbox);
			const items = withOwnOrder(sandbox)
				.filter((_, at) => at % 2 === 0)
				.map(itemAbout);
			const [outcome, accepted] = await Promise.all([
				readPending(sandbox),
				runInShop(sandbox, { operation: 'accept', items, parameters: NAMED.order }),
			]);
			expect(accepted.success.map(({ json }) => json['outcome'])).toEqual(
				items.map(() => 'accepted'),
			);
			const stayed = inBoth(before, pendingIn(sandbox));
			expect(stayed.size).toBe(before.size - items.length);
			mustBeWhole(outcome, stayed);
		});
	},
);

test('a list that does not change is never reported as changing', async () => {
	for (const settings of PAGED) {
		const sandbox = await openShop({ conversions: 150, settings });
		expect(mustBeWhole(await readPending(sandbox), pendingIn(sandbox))).toBe('whole');
	}
});

test.each([
	{ operation: 'accept', seed: 1 },
	{ operation: 'refuse', seed: 2 },
	{ operation: 'update', seed: 3 },
	{ operation: 'reconcile', seed: 3 },
])(
	'$operation decides the same while new conversions arrive, by order and with Orders Since',
	async ({ operation, seed }) => {
		const ends = [];
		for (const growWhileRead of [false, true]) {
			for (const ordersSince of ['', '2026-08-01T00:00:00Z']) {
				const pageCap = { max: 20, how: 'silent' } as const;
				const sandbox = await openPairShop(seed, { growWhileRead, pageCap });
				const known = new Set(sandbox.store.all().map(({ id }) => id));
				const items = itemsOf(sandbox, seed);
				const told = await tellOf(sandbox, operation, items, seed, { options: { ordersSince } });
				const { conversions, sent } = endOf(sandbox);
				ends.push({ told, sent, conversions: conversions.filter(({ id }) => known.has(id)) });
			}
		}
		const [first, ...others] = ends;
		for (const end of others) expect(end).toEqual(first);
	},
);
