import { describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import {
	credentialFor,
	itemAbout,
	NAMED,
	openShop,
	runInShop,
	until,
	writtenTwice,
} from './shopUnderTest';

const COUNT = 500;
const IN_FLIGHT = 8;
const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** How the rights end half way. */
const ENDINGS: Array<{ status: 401 | 403; message: RegExp; end: (sandbox: Sandbox) => void }> = [
	{
		status: 401,
		message: /Affilae does not accept the token \(401\)/,
		end: (sandbox) => {
			sandbox.token = 'another';
		},
	},
	{
		status: 403,
		message: /Affilae does not allow this with your token \(403\)/,
		end: (sandbox) => sandbox.faults.set([{ kind: '403', rate: 1 }]),
	},
];

describe.each(ENDINGS)('a $status half way through 500 accepts', ({ status, message, end }) => {
	async function runToTheEnd(onError: (typeof ON_ERROR)[number]) {
		const sandbox = await openShop({ conversions: COUNT });
		const conversions = sandbox.store.all();
		const running = runInShop(sandbox, {
			operation: 'accept',
			items: conversions.map(itemAbout),
			parameters: NAMED.id,
			options: { maxConcurrency: IN_FLIGHT },
			settings: { onError },
		});
		await until(sandbox, () => sandbox.store.writes.length >= 200);
		end(sandbox);
		const outcome = await running;
		const requests = sandbox.requests.list();
		const refused = requests.filter((request) => request.status === status).length;
		expect(refused).toBeGreaterThanOrEqual(1);
		expect(refused).toBeLessThanOrEqual(IN_FLIGHT);
		const done = sandbox.store.writes.length;
		expect(done).toBeLessThan(COUNT - IN_FLIGHT);
		expect(requests).toHaveLength(done + refused);
		expect(writtenTwice(sandbox)).toEqual([]);
		return { ...outcome, conversions, sandbox, done, sent: requests.length };
	}

	test('ends the run after as many refusals as calls were under way, saying what was done', async () => {
		const { stopped, success, done, sent } = await runToTheEnd('stopWorkflow');
		expect(success).toEqual([]);
		expect(stopped?.message).toMatch(message);
		expect(stopped?.message).toContain(
			` ${done} items were done before that, ${COUNT - sent} not sent.`,
		);
		expect(stopped?.message).toContain('Running the workflow again is safe');
	});

	test('gives each item its own output where On Error is Continue', async () => {
		const outcome = await runToTheEnd('continueRegularOutput');
		const { success, stopped, conversions, sandbox } = outcome;
		expect(stopped).toBeUndefined();
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual(
			conversions.map((_, item) => ({ item })),
		);
		success.forEach(({ json }, index) => {
			const { id = '' } = conversions[index] ?? {};
			const isDone = sandbox.store.get(id)?.conversion.status === 'accepted';
			if (isDone) expect(json).toMatchObject({ id, outcome: 'accepted' });
			else expect(json['error']).toMatch(message);
		});
	});

	test('sends the items that were not done to the error branch', async () => {
		const outcome = await runToTheEnd('continueErrorOutput');
		const { success, failed, stopped, conversions, sandbox } = outcome;
		expect(stopped).toBeUndefined();
		const accepted = conversions.map(({ id }) => sandbox.store.get(id)?.conversion.status);
		const itemsThat = (isDone: boolean) =>
			conversions.flatMap((_, item) =>
				(accepted[item] === 'accepted') === isDone ? [{ item }] : [],
			);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual(itemsThat(true));
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual(itemsThat(false));
		for (const { json } of failed) expect(json['error']).toMatch(message);
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
		const told = /Affilae does not accept the token \(401\)/;
		if (onError === 'stopWorkflow') {
			expect(stopped?.message).toMatch(told);
			expect(stopped?.message).toContain('Nothing was changed at Affilae');
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
