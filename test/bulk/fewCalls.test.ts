import { expect, test } from '@jest/globals';
import {
	countCalls,
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	withOwnOrder,
	writtenTwice,
} from './shopUnderTest';

/** Everything is written once, and each item says so. */
function expectAccepted(
	{ success, stopped }: Awaited<ReturnType<typeof runInShop>>,
	items: ReadonlyArray<{ id: string }>,
): void {
	expect(stopped).toBeUndefined();
	expect(success.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem])).toEqual(
		items.map(({ id }, item) => [id, 'accepted', { item }]),
	);
}

test('500 orders among 5,000 pending conversions cost one read and one write each', async () => {
	const sandbox = await openShop({ conversions: 5000 });
	const every4th = withOwnOrder(sandbox).filter((_, index) => index % 4 === 0);
	const items = every4th.slice(0, 500).map(itemAbout);
	const parameters = NAMED.order;
	expectAccepted(await runInShop(sandbox, { operation: 'accept', parameters, items }), items);
	expect(countCalls(sandbox)).toEqual({ reads: 500, writes: 500 });
	expect(writtenTwice(sandbox)).toEqual([]);
}, 60_000);

test('2,000 orders, 200 of them with a conversion, cost at most 250 calls with Orders Since', async () => {
	const sandbox = await openShop({ conversions: 5000 });
	const recent = withOwnOrder(sandbox).slice(-200).map(itemAbout);
	const absent = Array.from({ length: 1800 }, (_, index) => ({
		...itemAbout(sandbox.addConversion()),
		order: `nobody-${index}`,
	}));
	sandbox.requests.clear();
	const since = sandbox.store.all().find(({ id }) => id === recent[0]?.id)?.createdAt ?? '';
	const { success, stopped } = await runInShop(sandbox, {
		operation: 'reconcile',
		parameters: { ...NAMED.order, keptAmount: '={{ $json.amount }}', settled: true },
		items: [...absent, ...recent],
		options: { ordersSince: since, ifNotFound: 'succeed', amountsIn: 'cents' },
	});
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => json['outcome'])).toEqual([
		...absent.map(() => 'notFound'),
		...recent.map(() => 'accepted'),
	]);
	const { reads, writes } = countCalls(sandbox);
	expect(writes).toBe(200);
	expect(reads + writes).toBeLessThanOrEqual(250);
}, 60_000);

test.each([1, 2, 3])('%i orders among 5,000 pending conversions cost as many reads', async (n) => {
	const sandbox = await openShop({ conversions: 5000 });
	const items = withOwnOrder(sandbox)
		.slice(2000, 2000 + n)
		.map(itemAbout);
	const parameters = NAMED.order;
	expectAccepted(await runInShop(sandbox, { operation: 'accept', parameters, items }), items);
	expect(countCalls(sandbox)).toEqual({ reads: n, writes: n });
});

test('100 conversions by ID are found in a few pages of the list', async () => {
	const sandbox = await openShop({ conversions: 300 });
	const items = sandbox.store.all().slice(0, 100).map(itemAbout);
	const parameters = NAMED.id;
	expectAccepted(await runInShop(sandbox, { operation: 'accept', parameters, items }), items);
	const { reads, writes } = countCalls(sandbox);
	expect(writes).toBe(100);
	// For each of the three programs: how many there are, and their pages.
	expect(reads).toBeLessThanOrEqual(12);
});

test.each(['order', 'id'] as const)(
	'a list that is longer than its total is not read to its end for 12 items (by %s)',
	async (by) => {
		const sandbox = await openShop({ conversions: 5000 });
		sandbox.change({ total: 'capped', totalCap: 10 });
		const spread = withOwnOrder(sandbox).filter((_, index) => index % 400 === 0);
		const items = spread.slice(0, 12).map(itemAbout);
		const result = await runInShop(sandbox, {
			operation: 'accept',
			parameters: NAMED[by],
			items,
			options: { ordersSince: '2026-01-01' },
		});
		expectAccepted(result, items);
		const { reads, writes } = countCalls(sandbox);
		expect(writes).toBe(12);
		expect(reads).toBeLessThanOrEqual(3 * 12);
	},
);

test.each(['order', 'id'] as const)(
	'several items about one conversion send one write (by %s)',
	async (by) => {
		const sandbox = await openShop({ conversions: 60 });
		const items = withOwnOrder(sandbox)
			.slice(0, 20)
			.flatMap((conversion) => [itemAbout(conversion), itemAbout(conversion)]);
		const { success } = await runInShop(sandbox, {
			operation: 'refuse',
			parameters: { ...NAMED[by], reason: 'Order returned' },
			items,
		});
		expect(success.map(({ json }) => json['outcome'])).toEqual(
			items.map((_, index) => (index % 2 === 0 ? 'refused' : 'unchanged')),
		);
		expect(countCalls(sandbox).writes).toBe(20);
	},
);

test('orders that were already decided are found too, and nothing is written for them', async () => {
	const sandbox = await openShop({ conversions: 400, status: 'mixed' });
	const all = withOwnOrder(sandbox).filter(({ status }) => status !== 'refused');
	const open = all.filter(({ status }) => status === 'pending').map(({ id }) => id);
	const { success, stopped } = await runInShop(sandbox, {
		operation: 'accept',
		parameters: NAMED.order,
		items: all.map(itemAbout),
	});
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => [json['id'], json['changed']])).toEqual(
		all.map(({ id }) => [id, open.includes(id)]),
	);
	expect(new Set(sandbox.store.writes.map(({ id }) => id))).toEqual(new Set(open));
	expect(countCalls(sandbox).writes).toBe(open.length);
});
