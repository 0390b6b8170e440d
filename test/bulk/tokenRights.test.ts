import { describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import {
	atRequest,
	credentialFor,
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	writtenTwice,
} from './shopUnderTest';

const COUNT = 300;
const IN_FLIGHT = 8;
const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** Accepts 300 conversions; halfway, the rights of the token change. */
async function runToTheEnd(
	onError: (typeof ON_ERROR)[number],
	status: 401 | 403,
	happen: (sandbox: Sandbox) => void,
) {
	const sandbox = await openShop({ conversions: COUNT });
	const conversions = sandbox.store.all();
	const running = runInShop(sandbox, {
		operation: 'accept',
		items: conversions.map(itemAbout),
		parameters: NAMED.id,
		options: { maxConcurrency: IN_FLIGHT },
		settings: { onError },
	});
	await atRequest(sandbox, () => sandbox.store.writes.length >= 120);
	happen(sandbox);
	const outcome = await running;
	const posts = sandbox.requests.list().filter(({ method }) => method === 'POST');
	const rejected = posts.filter((request) => request.status === status).length;
	const done = sandbox.store.writes.length;
	expect(posts).toHaveLength(done + rejected);
	expect(writtenTwice(sandbox)).toEqual([]);
	return { ...outcome, conversions, sandbox, done, rejected, sent: posts.length };
}

/** Whether each item is paired with its input, and reports what happened to its conversion. */
function expectEachTold(
	{ success, failed, conversions, sandbox }: Awaited<ReturnType<typeof runToTheEnd>>,
	message: RegExp,
	hasBranch: boolean,
): void {
	const isDone = conversions.map(
		({ id }) => sandbox.store.get(id)?.conversion.status === 'accepted',
	);
	const itemsThat = (done: boolean) =>
		conversions.flatMap((_, item) => (isDone[item] === done ? [{ item }] : []));
	const all = conversions.map((_, item) => ({ item }));
	expect(success.map(({ pairedItem }) => pairedItem)).toEqual(hasBranch ? itemsThat(true) : all);
	expect(failed.map(({ pairedItem }) => pairedItem)).toEqual(hasBranch ? itemsThat(false) : []);
	for (const { json } of [...success, ...failed]) {
		if (json['error'] === undefined) expect(json).toMatchObject({ outcome: 'accepted' });
		else expect(json['error']).toMatch(message);
	}
}

describe('a token that is revoked halfway through 300 accepts', () => {
	const message = /Affilae does not accept the API token/;
	const revoke = (sandbox: Sandbox) => {
		sandbox.token = 'another';
	};

	test('stops the run after at most as many 401s as calls were in flight, and the error says what was done', async () => {
		const run = await runToTheEnd('stopWorkflow', 401, revoke);
		const { stopped, success, done, sent, rejected } = run;
		expect(rejected).toBeGreaterThanOrEqual(1);
		expect(rejected).toBeLessThanOrEqual(IN_FLIGHT);
		expect(done).toBeLessThan(COUNT - IN_FLIGHT);
		expect(success).toEqual([]);
		expect(stopped?.message).toMatch(message);
		expect(stopped?.description).toContain(
			` ${done} items were done before that, ${COUNT - sent} not sent.`,
		);
		expect(stopped?.description).toContain('It is safe to run the workflow again');
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'fails each remaining item with On Error at %s, and sends no more',
		async (onError) => {
			const run = await runToTheEnd(onError, 401, revoke);
			expect(run.rejected).toBeLessThanOrEqual(IN_FLIGHT);
			expect(run.stopped).toBeUndefined();
			expectEachTold(run, message, onError === 'continueErrorOutput');
		},
	);
});

describe('403s halfway through 300 accepts', () => {
	const message = /Affilae does not allow this with your API token/;
	const forbid = (sandbox: Sandbox) => sandbox.faults.set([{ kind: '403', rate: 1 }]);

	test('stop the run with On Error at Stop Workflow', async () => {
		const { stopped, rejected } = await runToTheEnd('stopWorkflow', 403, forbid);
		expect(rejected).toBeGreaterThanOrEqual(1);
		// Another call is sent in place of the first 403 before its item stops the run.
		expect(rejected).toBeLessThanOrEqual(IN_FLIGHT + 1);
		expect(stopped?.message).toMatch(message);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'fail only their own items with On Error at %s, because others were allowed',
		async (onError) => {
			const run = await runToTheEnd(onError, 403, forbid);
			expect(run.stopped).toBeUndefined();
			expect(run.done + run.rejected).toBe(COUNT);
			expectEachTold(run, message, onError === 'continueErrorOutput');
		},
	);
});

describe('a token that may not accept', () => {
	test('costs a few requests, not one per item', async () => {
		const sandbox = await openShop({ conversions: 60 });
		sandbox.faults.set([{ kind: '403', rate: 1, on: 'conversions.accept' }]);
		const { success } = await runInShop(sandbox, {
			operation: 'accept',
			items: sandbox.store.all().slice(0, 50).map(itemAbout),
			parameters: NAMED.id,
			options: { maxConcurrency: 4 },
			settings: { onError: 'continueRegularOutput' },
		});
		const posts = sandbox.requests.list().filter(({ method }) => method === 'POST');
		expect(posts.length).toBeLessThanOrEqual(7);
		expect(success).toHaveLength(50);
		for (const { json } of success) expect(json['error']).toMatch(/does not allow this/);
	});
});

describe.each(ON_ERROR)('a token that was never right, with On Error at %s', (onError) => {
	test.each([
		{ operation: 'accept', parameters: NAMED.id },
		{ operation: 'accept', parameters: NAMED.order },
		{ operation: 'list', parameters: { returnAll: true } },
		{ operation: 'info', parameters: NAMED.order },
	])('costs one request ($operation, $parameters.conversion.mode)', async (asked) => {
		const sandbox = await openShop({ conversions: 60 });
		const items = sandbox.store.all().slice(0, 50).map(itemAbout);
		const outcome = await runInShop(sandbox, {
			...asked,
			items,
			credential: { ...credentialFor(sandbox), token: 'wrong' },
			settings: { onError },
		});
		const { success, failed, stopped } = outcome;
		expect(sandbox.requests.list().map(({ status }) => status)).toEqual([401]);
		const told = /Affilae does not accept the API token/;
		if (onError === 'stopWorkflow') {
			expect(stopped?.message).toMatch(told);
			expect(stopped?.description).toContain('Nothing was changed in Affilae');
			return;
		}
		expect(stopped).toBeUndefined();
		const [filled, empty] =
			onError === 'continueErrorOutput' ? [failed, success] : [success, failed];
		expect(empty).toEqual([]);
		expect(filled.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_, item) => ({ item })));
		for (const { json } of filled) expect(json['error']).toMatch(told);
	});
});
