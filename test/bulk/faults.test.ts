import { expect, test } from '@jest/globals';
import type { Fault } from '../../sandbox/faults';
import type { EngineOutcome } from '../engine/engine';
import {
	countCalls,
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	withOwnOrder,
	writtenTwice,
} from './shopUnderTest';

type OneFault = Omit<Fault, 'next' | 'rate' | 'on'>;

const STATUSES = ['500', '502', '503', '504'] as const;

/** The failures of a call that a retry or look-up can resolve. */
const FAULTS: Array<{ what: string; faults: OneFault[] }> = [
	{
		what: 'a 500, 502, 503, 504 or 429',
		faults: [...STATUSES, '429' as const].map((kind) => ({ kind })),
	},
	{
		what: 'a 500, 502, 503 or 504 after the call was carried out',
		faults: STATUSES.map((kind) => ({ kind, kept: true })),
	},
	{
		what: 'a 500, 502, 503 or 504 with Retry-After',
		faults: STATUSES.map((kind, index) => ({ kind, retryAfter: 1, kept: index % 2 === 0 })),
	},
	{
		what: 'a web page instead of a response',
		faults: [
			{ kind: 'html' },
			{ kind: 'html', kept: true },
			{ kind: 'html', status: 200 },
			{ kind: 'html', status: 200, kept: true },
		],
	},
	{
		what: 'a connection that is reset, before or after the call was carried out',
		faults: [{ kind: 'resetBefore' }, { kind: 'resetAfter' }],
	},
	{
		what: 'an incomplete response',
		faults: [{ kind: 'truncated' }, { kind: 'halfJson' }],
	},
	{
		what: 'a call without a response, carried out or not',
		faults: [{ kind: 'hangBefore' }, { kind: 'hangAfter' }],
	},
];

/** Accepts by order, refuses by ID and lists at the same time; a call of each meets the fault. */
async function meet(fault: OneFault) {
	const sandbox = await openShop({ conversions: 40 });
	const conversions = withOwnOrder(sandbox);
	const accepted = conversions.slice(0, 6);
	const refused = conversions.slice(6, 12);
	const options = fault.kind.startsWith('hang') ? { timeoutSeconds: 1 } : {};
	sandbox.faults.set(
		['conversions.accept', 'conversions.refuse', 'conversions.list'].map((on) => ({
			...fault,
			on,
			next: 1,
		})),
	);
	const [accept, refuse, list] = await Promise.all([
		runInShop(sandbox, {
			operation: 'accept',
			items: accepted.map(itemAbout),
			parameters: NAMED.order,
			options,
		}),
		runInShop(sandbox, {
			operation: 'refuse',
			items: refused.map(itemAbout),
			parameters: { ...NAMED.id, reason: 'Order returned' },
			options,
		}),
		runInShop(sandbox, {
			operation: 'list',
			items: [{}],
			parameters: { returnAll: true },
			options,
		}),
	]);
	const outcomesOf = ({ success, stopped }: EngineOutcome) =>
		stopped?.message ?? success.map(({ json }) => [json['id'], json['outcome']]);
	const came = {
		fault,
		played: sandbox.faults.played,
		accept: outcomesOf(accept),
		refuse: outcomesOf(refuse),
		list: list.stopped?.message ?? list.success.map(({ json }) => String(json['id'])).sort(),
		counts: sandbox.store.counts(),
		writtenTwice: writtenTwice(sandbox),
	};
	const due: typeof came = {
		fault,
		played: { [fault.kind]: 3 },
		accept: accepted.map(({ id }) => [id, 'accepted']),
		refuse: refused.map(({ id }) => [id, 'refused']),
		list: sandbox.store
			.all()
			.map(({ id }) => id)
			.sort(),
		counts: { pending: 28, accepted: 6, refused: 6 },
		writtenTwice: [],
	};
	return { came, due };
}

test.each(FAULTS)(
	'$what fails no accept by order, no refusal by ID and no list, and repeats no write',
	async ({ faults }) => {
		const met = await Promise.all(faults.map(meet));
		expect(met.map(({ came }) => came)).toEqual(met.map(({ due }) => due));
	},
	30_000,
);

test.each(['order', 'id'] as const)(
	'a write whose response is lost is looked up, and not sent again (by %s)',
	async (by) => {
		const sandbox = await openShop({ conversions: 10 });
		const items = withOwnOrder(sandbox).slice(0, 2).map(itemAbout);
		sandbox.faults.set([{ kind: 'resetAfter', on: 'POST', next: 2 }]);
		const { success } = await runInShop(sandbox, {
			operation: 'accept',
			items,
			parameters: NAMED[by],
		});
		expect(sandbox.faults.played).toEqual({ resetAfter: 2 });
		expect(success.map(({ json }) => [json['id'], json['outcome'], json['changed']])).toEqual(
			items.map(({ id }) => [id, 'accepted', true]),
		);
		expect(countCalls(sandbox)).toEqual({ reads: 4, writes: 2 });
		expect(writtenTwice(sandbox)).toEqual([]);
	},
);

test('the node waits for late responses, and sends nothing again meanwhile', async () => {
	const sandbox = await openShop({ conversions: 20 });
	sandbox.faults.set([{ kind: 'slow', ms: 1500, rate: 1, on: 'POST' }]);
	const { success, stopped } = await runInShop(sandbox, {
		operation: 'accept',
		items: withOwnOrder(sandbox).slice(0, 2).map(itemAbout),
		parameters: NAMED.id,
	});
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => json['outcome'])).toEqual(['accepted', 'accepted']);
	const posts = sandbox.requests.list().filter(({ method }) => method === 'POST');
	expect(posts.map(({ attempt }) => attempt)).toEqual([1, 1]);
});

test('a call without a response ends after Timeout, and its item fails with a message after Retry For', async () => {
	const sandbox = await openShop({ conversions: 5 });
	sandbox.faults.set([{ kind: 'hangBefore', rate: 1 }]);
	const { success } = await runInShop(sandbox, {
		operation: 'accept',
		items: sandbox.store.all().slice(0, 1).map(itemAbout),
		parameters: NAMED.id,
		options: { timeoutSeconds: 1, retryForSeconds: 1 },
		settings: { onError: 'continueRegularOutput' },
	});
	expect(success.map(({ json }) => json['error'])).toEqual([
		expect.stringContaining('Affilae did not respond within 1 s'),
	]);
	const { total } = sandbox.requests;
	expect(total).toBeGreaterThanOrEqual(2);
	expect(total).toBeLessThanOrEqual(4);
	expect(sandbox.store.writes).toEqual([]);
});

test.each(['order', 'id'] as const)(
	'a redirect is neither followed nor retried: its item fails, and the others succeed (by %s)',
	async (by) => {
		const elsewhere = await openShop({ conversions: 0 });
		const sandbox = await openShop({ conversions: 20 });
		const conversions = withOwnOrder(sandbox).slice(0, 6);
		sandbox.faults.set([{ kind: 'redirect', to: elsewhere.url, on: 'POST', next: 1 }]);
		const { success, failed } = await runInShop(sandbox, {
			operation: 'accept',
			items: conversions.map(itemAbout),
			parameters: NAMED[by],
			settings: { onError: 'continueErrorOutput' },
		});
		expect(failed.map(({ json }) => json['error'])).toEqual([
			expect.stringMatching(/redirect to 127\.0\.0\.1\. The node does not follow redirects/),
		]);
		expect(success).toHaveLength(5);
		expect(sandbox.store.counts()).toMatchObject({ accepted: 5 });
		expect(countCalls(sandbox).writes).toBe(6);
		expect(elsewhere.requests.total).toBe(0);
	},
);

test('a Retry-After longer than Retry For fails the item at once, with the time to wait in its message', async () => {
	const sandbox = await openShop({ conversions: 5 });
	sandbox.faults.set([{ kind: '429', retryAfter: 90, rate: 1 }]);
	const { success } = await runInShop(sandbox, {
		operation: 'accept',
		items: sandbox.store.all().slice(0, 2).map(itemAbout),
		parameters: NAMED.id,
		options: { retryForSeconds: 2 },
		settings: { onError: 'continueRegularOutput' },
	});
	expect(success.map(({ json }) => json['error'])).toEqual([
		expect.stringMatching(/requires a wait of (?:90|89) s/),
		expect.stringMatching(/requires a wait of (?:90|89) s/),
	]);
	expect(sandbox.requests.total).toBeLessThanOrEqual(2);
});
