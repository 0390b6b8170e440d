import { describe, expect, test } from '@jest/globals';
import { seededRandom, shuffled } from '../../sandbox/random';
import type { Sandbox } from '../../sandbox/server';
import type { SettingsChange } from '../../sandbox/settings';
import {
	endOf,
	itemsOf,
	knowingPrograms,
	openPairShop,
	stateOf,
	tellOf,
	withOneConversion,
	type PairItem,
	type Way,
} from './pairing';

/** The seed chooses how orders with several conversions are decided, and what counts as a failure. */
const RUNS = [
	{ operation: 'accept', seed: 1 },
	{ operation: 'refuse', seed: 2 },
	{ operation: 'update', seed: 3 },
	{ operation: 'reconcile', seed: 3 },
	{ operation: 'reconcile', seed: 4 },
	{ operation: 'reconcile', seed: 5 },
	{ operation: 'info', seed: 6 },
];
const WRITE_RUNS = RUNS.filter(({ operation }) => operation !== 'info');

/** A way to run items. It can depend on the shop, select items, and change their values. */
interface Variant {
	settings?: SettingsChange;
	way?: (sandbox: Sandbox) => Way;
	items?: (sandbox: Sandbox, items: PairItem[]) => PairItem[];
}

/** The result of an operation in a new shop: the output for each order, and the final state of the shop. */
async function comesTo(operation: string, seed: number, variant: Variant = {}) {
	const sandbox = await openPairShop(seed, variant.settings);
	const all = itemsOf(sandbox, seed);
	const items = variant.items?.(sandbox, all) ?? all;
	const told = await tellOf(sandbox, operation, items, seed, variant.way?.(sandbox));
	return { told, ...endOf(sandbox) };
}

type End = Awaited<ReturnType<typeof comesTo>>;

const usual = new Map<string, Promise<End>>();

/** The result of an operation by order ID, with all items in one execution. */
async function usually(operation: string, seed: number): Promise<End> {
	const key = `${operation} ${seed}`;
	const end = usual.get(key) ?? comesTo(operation, seed);
	usual.set(key, end);
	return await end;
}

/** The part of a result that is about some of the orders. */
function about({ told, ...end }: End, isMeant: (order: string) => boolean): End {
	const some = Object.entries(told).filter(([order]) => isMeant(order));
	return { ...end, told: Object.fromEntries(some) };
}

test('the runs together include each outcome, failures, and each write', async () => {
	const ends = [];
	for (const { operation, seed } of WRITE_RUNS) ends.push(await usually(operation, seed));
	const told = ends.flatMap((end) => Object.values(end.told).flat());
	const outcomes = ['accepted', 'refused', 'updated', 'unchanged', 'notFound', 'needsAttention'];
	for (const outcome of outcomes) {
		expect(told.filter((json) => json['outcome'] === outcome).length).toBeGreaterThan(2);
	}
	expect(told.filter((json) => 'error' in json).length).toBeGreaterThan(15);
	const writes = ends.flatMap(({ conversions }) => conversions.flatMap((one) => one.writes ?? []));
	for (const action of ['accept', 'refuse', 'update']) {
		expect(writes.filter((write) => write.action === action).length).toBeGreaterThan(15);
	}
	const twoWrites = ends.flatMap(({ conversions }) =>
		conversions.filter(({ writes: own = [] }) => own.length === 2),
	);
	expect(twoWrites.length).toBeGreaterThan(3);
});

describe.each(RUNS)('$operation (seed $seed)', ({ operation, seed }) => {
	test.each<[string, Variant]>([
		['one by one', { way: () => ({ atOnce: 1 }) }],
		['in a loop, seven at a time', { way: () => ({ atOnce: 7 }) }],
		['in any other order', { items: (_, items) => shuffled(seededRandom(seed), items) }],
		[
			'since before all orders',
			{ way: () => ({ options: { ordersSince: '2026-08-01T00:00:00Z' } }) },
		],
		['with known programs', { way: knowingPrograms }],
	])('decides the same %s as together', async (_, variant) => {
		expect(await comesTo(operation, seed, variant)).toEqual(await usually(operation, seed));
	});

	test.each<[string, SettingsChange]>([
		['list', { programRequired: ['list'] }],
		['info', { programRequired: ['info'] }],
		['list and info', { programRequired: ['list', 'info'] }],
	])(
		'decides the same if a program is required on %s, once the credential knows them',
		async (_, settings) => {
			const required = await comesTo(operation, seed, { settings, way: knowingPrograms });
			const asUsual = await usually(operation, seed);
			// The message of an order that was not found names the programs that were searched.
			const isSomebodys = (order: string) => !order.startsWith('nobody');
			expect(about(required, isSomebodys)).toEqual(about(asUsual, isSomebodys));
			expect(Object.keys(required.told).sort()).toEqual(Object.keys(asUsual.told).sort());
		},
	);

	const single: Variant = { items: withOneConversion };

	test.each(['id', 'list'])('decides the same by order and by conversion ID (%s)', async (mode) => {
		const byId = await comesTo(operation, seed, {
			items: (sandbox, items) =>
				withOneConversion(sandbox, items).map((item) => ({
					...item,
					id: sandbox.store.byExternalId(item.order)[0]?.id ?? '',
				})),
			way: () => ({
				parameters: { conversion: { __rl: true, mode, value: '={{ $json.id }}' } },
			}),
		});
		const byOrder = await comesTo(operation, seed, single);
		expect(Object.keys(byOrder.told).length).toBeGreaterThan(15);
		expect(byId).toEqual(byOrder);
	});

	test('decides the same with and without the program if only one program has the order', async () => {
		const ofOneProgram = (sandbox: Sandbox, items: PairItem[]) =>
			items.flatMap((item) => {
				const programs = sandbox.store.byExternalId(item.order).map(({ program }) => program.id);
				return new Set(programs).size === 1 ? [{ ...item, program: programs[0] ?? '' }] : [];
			});
		const given = await comesTo(operation, seed, {
			items: ofOneProgram,
			way: () => ({
				parameters: { program: { __rl: true, mode: 'id', value: '={{ $json.program }}' } },
			}),
		});
		expect(given).toEqual(await comesTo(operation, seed, { items: ofOneProgram }));
	});
});

describe.each(WRITE_RUNS)('a dry run of $operation (seed $seed)', ({ operation, seed }) => {
	const dry: Variant = { way: () => ({ parameters: { dryRun: true } }) };

	test('sends nothing, and predicts outcome, message and failure of each conversion', async () => {
		const foretold = await comesTo(operation, seed, dry);
		const real = await usually(operation, seed);
		expect(foretold.sent).toEqual([]);
		expect(foretold.conversions.flatMap(({ writes }) => writes ?? [])).toEqual([]);
		const essence = ({ told }: typeof real) =>
			Object.fromEntries(
				Object.entries(told).map(([order, outputs]) => [
					order,
					outputs.map(({ id, outcome, message, error }) => ({ id, outcome, message, error })),
				]),
			);
		expect(essence(foretold)).toEqual(essence(real));
	});

	test('shows each conversion as it is, and does not change the result of a real run afterwards', async () => {
		const sandbox = await openPairShop(seed);
		const items = itemsOf(sandbox, seed);
		const before = new Map(sandbox.store.all().map((one) => [one.id, stateOf(one)]));
		const told = await tellOf(sandbox, operation, items, seed, { parameters: { dryRun: true } });
		for (const { id, status, amount, dryRun, changed, error } of Object.values(told).flat()) {
			if (error !== undefined) continue;
			expect([dryRun, changed]).toEqual([true, false]);
			const state = before.get(String(id));
			if (id !== undefined) expect([status, amount]).toEqual([state?.status, state?.amount]);
		}
		const real = await tellOf(sandbox, operation, items, seed);
		expect({ told: real, ...endOf(sandbox) }).toEqual(await usually(operation, seed));
	});
});

test.each(WRITE_RUNS)(
	'a second $operation changes nothing (seed $seed)',
	async ({ operation, seed }) => {
		const sandbox = await openPairShop(seed);
		const items = itemsOf(sandbox, seed);
		const options = { ifAlreadyProcessed: 'succeed' };
		await tellOf(sandbox, operation, items, seed, { options });
		const { conversions } = endOf(sandbox);
		const again = await tellOf(sandbox, operation, items, seed, { options });
		expect(endOf(sandbox).conversions).toEqual(conversions);
		for (const { changed = false } of Object.values(again).flat()) expect(changed).toBe(false);
	},
);
