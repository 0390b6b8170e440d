import { describe, expect, test } from '@jest/globals';
import type { IDataObject } from 'n8n-workflow';
import { keepsWrite, mixedFaults, type Fault } from '../../sandbox/faults';
import type { Sandbox } from '../../sandbox/server';
import type { SandboxSettings } from '../../sandbox/settings';
import { itemsOf, openPairShop, stateOf, tellOf, type PairItem, type Told } from './pairing';
import { openShop, withOwnOrder } from './shopUnderTest';

/** The words of a failure after which a write may have been carried out. */
const MAY_BE_DONE = /it is unknown whether|nothing is done twice/i;

/** Outputs that do not match the conversion in the shop. */
function untrue(sandbox: Sandbox, told: Told): IDataObject[] {
	return Object.values(told)
		.flat()
		.filter(({ id, status, amount, outcome, error }) => {
			if (error !== undefined || outcome === 'notFound') return false;
			const { conversion } = sandbox.store.get(String(id)) ?? {};
			return conversion?.status !== status || conversion?.amount !== amount;
		});
}

/** The orders with a change that no output reports and no failure names. */
function untold(sandbox: Sandbox, before: ReadonlyMap<string, unknown>, told: Told): unknown[] {
	return sandbox.store.all().flatMap((conversion) => {
		const { id, externalId } = conversion;
		if (JSON.stringify(before.get(id)) === JSON.stringify(stateOf(conversion))) return [];
		const outputs = told[externalId] ?? [];
		if (outputs.some((json) => json['id'] === id && json['changed'] === true)) return [];
		const failures = outputs.map(({ error, message }) => `${String(error)} ${String(message)}`);
		const names = failures.some(
			(text) => MAY_BE_DONE.test(text) || / was (?:accepted|refused|lowered to)/.test(text),
		);
		return names ? [] : [[stateOf(conversion), failures]];
	});
}

function statesOf(sandbox: Sandbox): Map<string, unknown> {
	return new Map(
		sandbox.store.all().map((one) => [one.id, JSON.parse(JSON.stringify(stateOf(one)))]),
	);
}

const RUNS = [
	{ operation: 'accept', seed: 1 },
	{ operation: 'refuse', seed: 2 },
	{ operation: 'update', seed: 3 },
	{ operation: 'reconcile', seed: 3 },
];
const ANSWERS = ['before', 'text', '204', 'empty', 'notDone'] as const;

describe.each(ANSWERS)('writes answered with %s', (writeAnswer: SandboxSettings['writeAnswer']) => {
	test.each(RUNS)(
		'have outputs that match the shop ($operation, seed $seed)',
		async ({ operation, seed }) => {
			const sandbox = await openPairShop(seed, { writeAnswer });
			const before = statesOf(sandbox);
			const items = itemsOf(sandbox, seed);
			const told = await tellOf(sandbox, operation, items, seed);
			expect(untrue(sandbox, told)).toEqual([]);
			expect(untold(sandbox, before, told)).toEqual([]);
			const { writes } = sandbox.store;
			expect(new Set(writes.map(({ id, action }) => `${id} ${action}`)).size).toBe(writes.length);
			const claims = Object.values(told)
				.flat()
				.filter(({ changed }) => changed === true);
			expect(writes.length > 0).toBe(writeAnswer !== 'notDone');
			expect(claims.length > 0).toBe(writeAnswer !== 'notDone');
			if (writeAnswer !== 'notDone') return;
			const failures = Object.values(told).flat();
			expect(failures).toContainEqual(
				expect.objectContaining({ error: expect.stringContaining('did not make the change') }),
			);
			expect(statesOf(sandbox)).toEqual(before);
		},
	);
});

/** Pending orders of which a part was kept, and the return period has ended: each takes two writes. */
async function openTwoWrites(seed: number, count: number): Promise<[Sandbox, PairItem[]]> {
	const sandbox = await openShop({ conversions: count + 10, seed, clock: () => 0 });
	const items = withOwnOrder(sandbox)
		.slice(0, count)
		.map(({ externalId, amount }) => ({
			order: externalId,
			amount,
			kept: Math.floor(amount / 2),
			settled: true,
			reason: 'Returned in part',
		}));
	return [sandbox, items];
}

const KINDS: Fault[] = [
	{ kind: '500' },
	{ kind: '503', kept: true },
	{ kind: '403' },
	{ kind: 'html', status: 403 },
	{ kind: 'html', status: 200, kept: true },
	{ kind: 'resetBefore' },
	{ kind: 'resetAfter' },
	{ kind: 'truncated' },
	{ kind: 'halfJson' },
];
/** How many consecutive calls get the fault: one, some, or all that follow. */
const SPANS = [1, 3, 1000];

/** Checks that what each item reports is true, and that each reports everything that was done for it. */
async function mustTellAll(sandbox: Sandbox, items: PairItem[]): Promise<string[]> {
	const before = statesOf(sandbox);
	const amounts = new Map(
		sandbox.store.all().map(({ externalId, amount }) => [externalId, amount]),
	);
	const told = await tellOf(sandbox, 'reconcile', items, 0, { options: { retryForSeconds: 0 } });
	expect(untrue(sandbox, told)).toEqual([]);
	expect(untold(sandbox, before, told)).toEqual([]);
	return items.map(({ order, kept }) => {
		const [conversion] = sandbox.store.byExternalId(order);
		const [json, ...others] = told[order] ?? [];
		expect(others).toEqual([]);
		const { error, outcome, changed } = json ?? {};
		const isLowered = conversion?.amount === kept && kept < (amounts.get(order) ?? 0);
		const state = `${isLowered ? 'lowered' : 'as before'}, ${conversion?.status}`;
		if (error === undefined) {
			expect([outcome, changed, state]).toEqual(['accepted', true, 'lowered, accepted']);
			return 'done';
		}
		const text = `${String(error)} ${String(json?.['message'])}`;
		if (/was lowered to .*, but .* was not accepted/.test(text)) {
			expect(state).toBe('lowered, pending');
			return 'half done';
		}
		if (/was lowered to .*, and it is unknown whether .* was accepted/.test(text)) {
			expect(state).toMatch(/^lowered, (?:pending|accepted)$/);
			return 'half done, perhaps more';
		}
		expect(text).not.toMatch(/was (?:lowered|accepted)\b/);
		if (!MAY_BE_DONE.test(text)) expect(state).toBe('as before, pending');
		else expect(state).toMatch(/^(?:as before|lowered), pending$/);
		return 'not done';
	});
}

describe('an item with two writes', () => {
	test.each(
		KINDS.flatMap((fault) =>
			SPANS.map((span) => ({ fault, kind: fault.kind, isKept: keepsWrite(fault), times: span })),
		),
	)(
		'reports what was done for it, wherever $kind occurs (carried out: $isKept, times: $times)',
		async ({ fault, times }) => {
			const ends = new Set<string>();
			// The look-up, the two writes, and the looks between them.
			for (const skip of [0, 1, 2, 3]) {
				const [sandbox, items] = await openTwoWrites(1, 1);
				sandbox.faults.set([{ ...fault, next: times, skip }]);
				for (const end of await mustTellAll(sandbox, items)) ends.add(end);
			}
			expect(ends).toContain('done');
			expect(ends.size).toBeGreaterThan(1);
		},
	);

	test.each([1, 2, 3])(
		'among others reports what was done for it if one call in four fails (seed %i)',
		async (seed) => {
			const [sandbox, items] = await openTwoWrites(seed, 40);
			sandbox.faults.set([
				...mixedFaults(0.2),
				{ kind: '500', kept: true, rate: 0.03 },
				{ kind: '403', rate: 0.02 },
			]);
			const ends = await mustTellAll(sandbox, items);
			expect(new Set(ends).size).toBeGreaterThan(2);
			const { writes } = sandbox.store;
			expect(new Set(writes.map(({ id, action }) => `${id} ${action}`)).size).toBe(writes.length);

			// Another run continues from there: the rest is done, and nothing is done twice.
			sandbox.faults.clear();
			const told = await tellOf(sandbox, 'reconcile', items, 0);
			expect(
				Object.values(told)
					.flat()
					.filter(({ error }) => error !== undefined),
			).toEqual([]);
			for (const { order, kept } of items) {
				const [conversion] = sandbox.store.byExternalId(order);
				expect([conversion?.status, conversion?.amount]).toEqual(['accepted', kept]);
			}
			expect(writes).toHaveLength(2 * items.length);
		},
	);
});

test.each(RUNS)(
	'items for orders of one or several conversions report what was done if one call in four fails ($operation)',
	async ({ operation, seed }) => {
		const sandbox = await openPairShop(seed);
		const before = statesOf(sandbox);
		const items = itemsOf(sandbox, seed);
		sandbox.faults.set([...mixedFaults(0.2), { kind: '500', kept: true, rate: 0.05 }]);
		const options = { retryForSeconds: 0 };
		const told = await tellOf(sandbox, operation, items, seed, { options });
		expect(untrue(sandbox, told)).toEqual([]);
		expect(untold(sandbox, before, told)).toEqual([]);
	},
);

test.each(RUNS)(
	'writes that Affilae ignores, and answers with the unchanged conversion, are not reported as done ($operation)',
	async ({ operation, seed }) => {
		const sandbox = await openPairShop(seed, { writeAnswer: 'before' });
		const { store } = sandbox;
		Object.assign(store, { accept: noop, refuse: noop, update: noop });
		const before = statesOf(sandbox);
		const told = await tellOf(sandbox, operation, itemsOf(sandbox, seed), seed);
		expect(untrue(sandbox, told)).toEqual([]);
		expect(statesOf(sandbox)).toEqual(before);
		const outputs = Object.values(told).flat();
		expect(outputs.filter(({ changed }) => changed === true)).toEqual([]);
		expect(outputs).toContainEqual(
			expect.objectContaining({ error: expect.stringContaining('did not make the change') }),
		);
	},
);

function noop(): void {}
