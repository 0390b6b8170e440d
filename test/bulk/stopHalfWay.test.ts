import { expect, test } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import {
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	withOwnOrder,
	writtenTwice,
	type ShopConversion,
} from './shopUnderTest';

const COUNT = 400;

async function acceptAll(
	sandbox: Sandbox,
	by: 'order' | 'id',
	items: ReadonlyArray<ReturnType<typeof itemAbout>>,
) {
	return await runInShop(sandbox, {
		operation: 'accept',
		items: [...items],
		parameters: NAMED[by],
		options: { maxConcurrency: 10 },
		settings: { onError: 'stopWorkflow' },
	});
}

/** The IDs of the conversions for which a write was sent. */
function sentIds(sandbox: Sandbox): Set<string> {
	return new Set(
		sandbox.requests
			.list()
			.flatMap(({ method, payload }) => (method === 'POST' ? [JSON.stringify(payload)] : [])),
	);
}

function statusesOf(sandbox: Sandbox, conversions: readonly ShopConversion[]): unknown[] {
	return conversions.map(({ id }) => sandbox.store.get(id)?.conversion.status);
}

test.each(['order', 'id'] as const)(
	'a run by %s that stops halfway reports its progress, and another run does the rest',
	async (by) => {
		const sandbox = await openShop({ conversions: COUNT, settings: { acceptRefused: false } });
		const conversions = withOwnOrder(sandbox);
		const items = conversions.map(itemAbout);
		const [other] = conversions.slice(200);
		if (other === undefined) throw new Error('The shop is too small');
		// Somebody else refuses the 201st just before its turn.
		const openEntry = sandbox.requests.open.bind(sandbox.requests);
		sandbox.requests.open = (...request) => {
			const isPending = sandbox.store.get(other.id)?.conversion.status === 'pending';
			const entry = sandbox.store.get(other.id);
			if (isPending && entry && sandbox.store.writes.length >= 150) {
				sandbox.store.refuse(entry, 'Test order');
			}
			return openEntry(...request);
		};

		const { stopped, success } = await acceptAll(sandbox, by, items);
		const done = sandbox.store.counts().accepted;
		const sent = sentIds(sandbox).size;
		expect(success).toEqual([]);
		expect(sent).toBe(done + 1);
		// While the conversion of the rejected write is looked up, the calls in flight and a few more finish.
		expect(done).toBeLessThanOrEqual(COUNT * 0.75);
		expect(stopped?.message).toBe(
			`Order ${other.externalId} was changed by somebody else in the meantime: it is now refused at ${amountOf(other)} [item 200]`,
		);
		expect(stopped?.description).toContain(
			` ${done} items were done before that, ${items.length - sent} not sent. It is safe to run the workflow again: nothing is done twice.`,
		);

		const rest = items.filter(({ id }) => id !== other.id);
		const again = await acceptAll(sandbox, by, rest);
		expect(again.stopped).toBeUndefined();
		expect(again.success.filter(({ json }) => json['changed'] === false)).toHaveLength(done);
		expect(statusesOf(sandbox, conversions)).toEqual(
			conversions.map(({ id }) => (id === other.id ? 'refused' : 'accepted')),
		);
		expect(writtenTwice(sandbox)).toEqual([]);
	},
	60_000,
);

test('a run that fails its checks sends no write', async () => {
	const sandbox = await openShop({ conversions: 60 });
	const items = withOwnOrder(sandbox).map(itemAbout);
	const { stopped } = await acceptAll(sandbox, 'order', [
		...items,
		{ id: '', order: 'nobody', program: '', amount: 0 },
	]);
	expect(stopped?.message).toContain('Affilae has no conversion for order nobody');
	expect(stopped?.description).toContain('Nothing was changed in Affilae');
	expect(sandbox.store.writes).toEqual([]);
	expect(sentIds(sandbox).size).toBe(0);
});

function amountOf({ amount, currency }: ShopConversion): string {
	return `${(amount / 100).toFixed(2)} ${currency}`;
}
