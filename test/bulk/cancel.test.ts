import { expect, test } from '@jest/globals';
import { sleep } from 'n8n-workflow';
import type { Sandbox, SandboxOptions } from '../../sandbox/server';
import {
	atRequest,
	itemAbout,
	NAMED,
	openShop,
	requestsUnderWay,
	runInShop,
	withOwnOrder,
} from './shopUnderTest';

const LATENCY_MS = 40;
/** Longer than any wait that is in progress when the executions are stopped. */
const LOOK_FOR_MS = 1500;

/** Where an execution is stopped. */
interface Moment {
	when: string;
	by: 'order' | 'id';
	shop?: SandboxOptions;
	hasCome: (sandbox: Sandbox) => boolean;
	/** Requests that may have left by then. */
	most: number;
}

const MOMENTS: Moment[] = [
	{
		when: 'halfway through its writes',
		by: 'id',
		hasCome: ({ store }) => store.writes.length >= 60,
		most: 150,
	},
	{
		when: 'while it reads the list for its orders',
		by: 'order',
		shop: { conversions: 1500 },
		hasCome: ({ requests }) => requests.total >= 3,
		most: 15,
	},
	{
		when: 'while calls wait for a retry',
		by: 'id',
		shop: { conversions: 20, faults: [{ kind: '503', rate: 1, on: 'POST', retryAfter: 1 }] },
		hasCome: ({ requests }) => requests.total >= 10,
		most: 20,
	},
	...(['seconds', 'absent'] as const).map(
		(retryAfter): Moment => ({
			when: `while it waits for the rate limit, Retry-After ${retryAfter}`,
			by: 'id',
			shop: { settings: { rateLimit: { perSecond: 5, burst: 'second', retryAfter } } },
			hasCome: ({ limiter }) => limiter.limited >= 1,
			most: 40,
		}),
	),
	{
		when: 'while writes that may have been carried out wait for the rate limit before a retry',
		by: 'id',
		shop: {
			conversions: 40,
			settings: { rateLimit: { perSecond: 2, burst: 'second', retryAfter: 'absent' } },
			faults: [{ kind: '503', rate: 1, on: 'POST' }],
		},
		hasCome: ({ requests }) => requests.total >= 12,
		most: 60,
	},
	{
		when: 'while Affilae does not respond',
		by: 'id',
		shop: { conversions: 20, faults: [{ kind: 'hangBefore', rate: 1, on: 'POST' }] },
		hasCome: ({ requests }) => requests.total >= 1,
		most: 10,
	},
];

async function openSlowShop(options: SandboxOptions = {}): Promise<Sandbox> {
	return await openShop({
		conversions: 300,
		...options,
		settings: { latencyMs: LATENCY_MS, ...options.settings },
	});
}

/** Stops an execution at a moment, and checks what is sent after its end. */
async function stopAt({ when, by, shop, hasCome, most }: Moment) {
	const sandbox = await openSlowShop(shop);
	const cancelWhen = atRequest(sandbox, () => hasCome(sandbox));
	const { run } = await runInShop(sandbox, {
		operation: 'accept',
		items: withOwnOrder(sandbox).map(itemAbout),
		parameters: NAMED[by],
		options: { maxConcurrency: 10 },
		cancelWhen,
	});
	await requestsUnderWay(sandbox);
	const { total } = sandbox.requests;
	await sleep(LOOK_FOR_MS);
	return {
		when,
		status: run.status,
		sentLater: sandbox.requests.total - total,
		isBounded: total <= most,
	};
}

test('a stopped execution ends as canceled and sends nothing more', async () => {
	expect(await Promise.all(MOMENTS.map(stopAt))).toEqual(
		MOMENTS.map(({ when }) => ({ when, status: 'canceled', sentLater: 0, isBounded: true })),
	);
}, 30_000);

test('the next execution does what a stopped one has not done, and nothing twice', async () => {
	const sandbox = await openSlowShop({ conversions: 120 });
	const items = withOwnOrder(sandbox).map(itemAbout);
	const half = { operation: 'accept', items, parameters: NAMED.order };
	await runInShop(sandbox, {
		...half,
		options: { maxConcurrency: 10 },
		cancelWhen: atRequest(sandbox, () => sandbox.store.writes.length >= 40),
	});
	await requestsUnderWay(sandbox);
	expect(sandbox.store.writes.length).toBeLessThan(items.length);
	const { success, stopped } = await runInShop(sandbox, half);
	expect(stopped).toBeUndefined();
	expect(success).toHaveLength(items.length);
	expect(sandbox.store.writes.map(({ id }) => id).sort()).toEqual(items.map(({ id }) => id).sort());
});
