import { expect, test } from '@jest/globals';
import type { RateLimit } from '../../sandbox/settings';
import {
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	until,
	withOwnOrder,
	writtenTwice,
} from '../bulk/shopUnderTest';

const LIMITS: RateLimit[] = (['seconds', 'date', 'absent'] as const).flatMap((retryAfter) =>
	(['second', 'none'] as const).map((burst) => ({ perSecond: 20, burst, retryAfter })),
);

test.each(LIMITS)(
	'no item fails at a limit of 20 calls a second (burst: $burst, Retry-After: $retryAfter)',
	async (rateLimit) => {
		const sandbox = await openShop({ conversions: 100, settings: { rateLimit } });
		// Enough items, and one run at a time, so that even a slow machine reaches the limit.
		const conversions = withOwnOrder(sandbox).slice(0, 60);
		const { success, stopped } = await runInShop(sandbox, {
			operation: 'accept',
			items: conversions.map(itemAbout),
			parameters: NAMED.order,
		});
		expect(stopped).toBeUndefined();
		expect(
			success.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem]),
		).toEqual(conversions.map(({ id }, item) => [id, 'accepted', { item }]));
		expect(sandbox.limiter.limited).toBeGreaterThan(0);
		expect(sandbox.store.counts().accepted).toBe(60);
		expect(writtenTwice(sandbox)).toEqual([]);
	},
	30_000,
);

test('a limit that changes halfway fails no item', async () => {
	const sandbox = await openShop({
		conversions: 70,
		settings: { rateLimit: { perSecond: 80, burst: 'second', retryAfter: 'absent' } },
	});
	const conversions = withOwnOrder(sandbox).slice(0, 60);
	const running = runInShop(sandbox, {
		operation: 'accept',
		items: conversions.map(itemAbout),
		parameters: NAMED.id,
	});
	const lower = until(sandbox, () => sandbox.store.writes.length >= 20).then(() => {
		sandbox.change({ rateLimit: { perSecond: 25, burst: 'none', retryAfter: 'seconds' } });
	});
	const [{ success, stopped }] = await Promise.all([running, lower]);
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => json['outcome'])).toEqual(conversions.map(() => 'accepted'));
	expect(sandbox.limiter.limited).toBeGreaterThan(0);
	expect(writtenTwice(sandbox)).toEqual([]);
}, 30_000);
