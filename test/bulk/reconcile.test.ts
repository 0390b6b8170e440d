import { expect, test } from '@jest/globals';
import { expectReconciled, RECONCILED, reconciliationsOf } from './reconciliations';
import { countCalls, NAMED, openShop, runInShop, withOwnOrder } from './shopUnderTest';

const COUNT = 80;

test.each([
	{ by: 'order', retryAfter: 'seconds' },
	{ by: 'id', retryAfter: 'absent' },
] as const)(
	'80 mixed reconciliations by $by under a rate limit (Retry-After $retryAfter) are all carried out once, and a second run finds nothing to do',
	async ({ by, retryAfter }) => {
		const sandbox = await openShop({
			conversions: 100,
			status: 'mixed',
			settings: { rateLimit: { perSecond: 60, burst: 'none', retryAfter } },
		});
		const due = reconciliationsOf(withOwnOrder(sandbox).slice(0, COUNT));
		expect(due).toHaveLength(COUNT);
		const run = async () =>
			await runInShop(sandbox, {
				operation: 'reconcile',
				items: due.map(({ item }) => item),
				parameters: { ...NAMED[by], ...RECONCILED },
				options: { amountsIn: 'cents' },
			});
		expectReconciled(sandbox, due, await run());
		const writes = due.flatMap((one) => one.writes);
		expect(sandbox.store.writes).toHaveLength(writes.length);
		// At most one look-up per order, the pages in which IDs are found, and a few calls that were answered 429.
		expect(countCalls(sandbox).reads - sandbox.limiter.limited).toBeLessThanOrEqual(COUNT + 15);
		expect(sandbox.limiter.limited).toBeGreaterThan(0);
		expect(sandbox.limiter.limited).toBeLessThan(sandbox.limiter.granted / 4);

		const { success } = await run();
		expect(success.map(({ json }) => [json['outcome'], json['changed']])).toEqual(
			due.map(({ outcome }) => [outcome === 'needsAttention' ? outcome : 'unchanged', false]),
		);
		expect(sandbox.store.writes).toHaveLength(writes.length);
	},
	60_000,
);

test('contradictory reconciliations of one conversion are not carried out, and all others are', async () => {
	const sandbox = await openShop({ conversions: 120 });
	const due = reconciliationsOf(withOwnOrder(sandbox).slice(0, 60));
	const [first, second] = due;
	if (!first || !second) throw new Error('The shop is too small');
	const items = [
		...due.map(({ item }) => item),
		{ ...first.item, kept: first.item.kept + 1 },
		{ ...second.item, settled: !second.item.settled },
	];
	const { success, failed } = await runInShop(sandbox, {
		operation: 'reconcile',
		items,
		parameters: { ...NAMED.order, ...RECONCILED },
		options: { amountsIn: 'cents' },
		settings: { onError: 'continueErrorOutput' },
	});
	expect(failed.map(({ pairedItem }) => pairedItem)).toEqual(
		[0, 1, 60, 61].map((item) => ({ item })),
	);
	const others = due.slice(2);
	expect(success.map(({ json }) => json['outcome'])).toEqual(others.map(({ outcome }) => outcome));
	expect(new Set(sandbox.store.writes.map(({ id }) => id))).toEqual(
		new Set(others.flatMap(({ writes }) => writes.map(({ id }) => id))),
	);
});
