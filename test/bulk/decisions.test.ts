import { expect, test } from '@jest/globals';
import { mixedFaults, type Fault } from '../../sandbox/faults';
import type { Sandbox } from '../../sandbox/server';
import type { EngineOutcome } from '../engine/engine';
import { expectReconciled, RECONCILED, reconciliationsOf } from './reconciliations';
import {
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	withOwnOrder,
	type ShopConversion,
} from './shopUnderTest';

const REASON = 'Order returned';

/** One call in twenty fails, before or after it is carried out. */
const ONE_IN_TWENTY: Fault[] = [
	...mixedFaults(0.03, [
		'500',
		'502',
		'503',
		'504',
		'html',
		'resetBefore',
		'resetAfter',
		'truncated',
		'halfJson',
	]),
	{ kind: '500', kept: true, rate: 0.005 },
	{ kind: '502', kept: true, rate: 0.005 },
	{ kind: '504', kept: true, rate: 0.005 },
	{ kind: 'html', kept: true, rate: 0.005 },
];

interface Decided {
	operation: 'accept' | 'refuse' | 'update';
	by: 'order' | 'id';
	conversions: ShopConversion[];
	/** Cents before the run; the sandbox changes its conversions in place. */
	amounts: number[];
}

const RUNS = (['accept', 'refuse', 'update'] as const).flatMap((operation) =>
	(['order', 'id'] as const).map((by) => ({ operation, by })),
);

/** Chooses conversions for each kind of run, the same number for each. */
function decide(sandbox: Sandbox, count: number): Decided[] {
	const share = Math.floor(count / RUNS.length);
	const conversions = withOwnOrder(sandbox);
	return RUNS.map((run, index) => {
		// Every sixth, so that each run's conversions are spread over the list.
		const own = conversions.filter((_, place) => place % RUNS.length === index).slice(0, share);
		return { ...run, conversions: own, amounts: own.map(({ amount }) => amount) };
	});
}

async function carryOut(sandbox: Sandbox, decided: Decided): Promise<EngineOutcome> {
	const { operation, by, conversions } = decided;
	return await runInShop(sandbox, {
		operation,
		items: conversions.map(itemAbout),
		parameters: {
			...NAMED[by],
			reason: REASON,
			amount: '={{ $json.amount - 101 }}',
		},
		options: { amountsIn: 'cents', retryForSeconds: 30 },
	});
}

const OUTCOMES = { accept: 'accepted', refuse: 'refused', update: 'updated' } as const;

/** What must be in the store afterwards: one line for each conversion of the runs. */
function wantedOf({ operation, conversions, amounts }: Decided): unknown[] {
	return conversions.map(({ id }, index) => {
		const amount = amounts[index] ?? NaN;
		if (operation === 'accept') return { id, status: 'accepted', amount, refuseReason: null };
		if (operation === 'refuse') return { id, status: 'refused', amount, refuseReason: REASON };
		return { id, status: 'pending', amount: amount - 101, refuseReason: null };
	});
}

function stateOf(sandbox: Sandbox, { conversions }: Decided): unknown[] {
	return conversions.map(({ id }) => {
		const { status, amount, refuseReason } = sandbox.store.get(id)?.conversion ?? {};
		return { id, status, amount, refuseReason };
	});
}

test.each([
	{ count: 300, seed: 1 },
	{ count: 120, seed: 2 },
])(
	'$count decisions are all carried out once if one call in twenty fails, with outputs in input order (seed $seed)',
	async ({ count, seed }) => {
		const sandbox = await openShop({ conversions: Math.ceil(count * 1.1), seed });
		const decisions = decide(sandbox, count);
		sandbox.faults.set(ONE_IN_TWENTY);
		const outcomes = await Promise.all(
			decisions.map(async (decided) => await carryOut(sandbox, decided)),
		);

		const played = Object.values(sandbox.faults.played).reduce((sum, times) => sum + times, 0);
		expect(played).toBeGreaterThan(count / 50);
		expect(decisions.flatMap(({ conversions }) => conversions)).toHaveLength(count);
		decisions.forEach((decided, index) => {
			const { success, failed, stopped } = outcomes[index] ?? {};
			const { operation, conversions } = decided;
			expect(stopped).toBeUndefined();
			expect(failed).toEqual([]);
			expect(
				success?.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem]),
			).toEqual(conversions.map(({ id }, item) => [id, OUTCOMES[operation], { item }]));
			expect(stateOf(sandbox, decided)).toEqual(wantedOf(decided));
			const writes = conversions.map(({ id }) => sandbox.store.get(id)?.writes ?? []);
			expect(writes.map(({ length }) => length)).toEqual(conversions.map(() => 1));
		});
		expect(new Set(sandbox.store.writes.map(({ id }) => id)).size).toBe(
			decisions.flatMap(({ conversions }) => conversions).length,
		);
	},
	60_000,
);

test.each([
	{ count: 200, status: 'pending', seed: 4 },
	{ count: 200, status: 'mixed', seed: 5 },
] as const)(
	'$count reconciliations of $status conversions are all carried out once if one call in twenty fails (seed $seed)',
	async ({ count, status, seed }) => {
		const sandbox = await openShop({ conversions: Math.ceil(count * 1.1), seed, status });
		const conversions = withOwnOrder(sandbox).slice(0, count);
		const runs = (['order', 'id'] as const).map((by, half) => ({
			by,
			due: reconciliationsOf(conversions.filter((_, place) => place % 2 === half)),
		}));
		sandbox.faults.set(ONE_IN_TWENTY);
		const outcomes = await Promise.all(
			runs.map(
				async ({ by, due }) =>
					await runInShop(sandbox, {
						operation: 'reconcile',
						items: due.map(({ item }) => item),
						parameters: { ...NAMED[by], ...RECONCILED },
						options: { amountsIn: 'cents', retryForSeconds: 30 },
						settings: { onError: 'continueErrorOutput' },
					}),
			),
		);

		const played = Object.values(sandbox.faults.played).reduce((sum, times) => sum + times, 0);
		expect(played).toBeGreaterThan(sandbox.requests.total / 40);
		const due = runs.flatMap((run) => run.due);
		expect(due).toHaveLength(count);
		expect(new Set(due.map(({ outcome }) => outcome)).size).toBe(status === 'mixed' ? 5 : 4);
		outcomes.forEach((outcome, index) => {
			expectReconciled(sandbox, runs[index]?.due ?? [], outcome);
		});
		const meant = new Set(due.flatMap(({ writes }) => writes.map(({ id }) => id)));
		expect(new Set(sandbox.store.writes.map(({ id }) => id))).toEqual(meant);
	},
	60_000,
);
