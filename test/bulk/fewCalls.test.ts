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

test('1,000 orders among 5,000 pending conversions cost at most 1,000 writes and 60 reads', async () => {
	const sandbox = await openShop({ conversions: 5000 });
	const every4th = withOwnOrder(sandbox).filter((_, index) => index % 4 === 0);
	const items = every4th.slice(0, 1000).map(itemAbout);
	const { success, stopped } = await runInShop(sandbox, {
		operation: 'accept',
		parameters: NAMED.order,
		items,
	});
	expect(stopped).toBeUndefined();
	expect(success.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem])).toEqual(
		items.map(({ id }, item) => [id, 'accepted', { item }]),
	);
	const { reads, writes } = countCalls(sandbox);
	expect(writes).toBe(1000);
	expect(reads).toBeLessThanOrEqual(60);
	expect(writtenTwice(sandbox)).toEqual([]);
}, 60_000);

test.each([1, 2, 3])('%i orders among 5,000 pending conversions cost as many reads', async (n) => {
	const sandbox = await openShop({ conversions: 5000 });
	const items = withOwnOrder(sandbox)
		.slice(2000, 2000 + n)
		.map(itemAbout);
	const { success } = await runInShop(sandbox, {
		operation: 'accept',
		parameters: NAMED.order,
		items,
	});
	expect(success).toHaveLength(n);
	const { reads, writes } = countCalls(sandbox);
	expect(writes).toBe(n);
	expect(reads).toBeLessThanOrEqual(n);
});

test('orders by their internal id cost no read', async () => {
	const sandbox = await openShop({ conversions: 300 });
	const items = sandbox.store.all().slice(0, 100).map(itemAbout);
	await runInShop(sandbox, { operation: 'accept', parameters: NAMED.id, items });
	expect(countCalls(sandbox)).toEqual({ reads: 0, writes: 100 });
});

test.each(['order', 'id'] as const)(
	'items about one conversion send one write (by %s)',
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

test('orders that were decided before are found too, and nothing is written for them', async () => {
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
