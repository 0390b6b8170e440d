import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { DETAILS_ON_ERROR_BRANCH } from './errorBranch';
import { type Reply, serverForTests } from './server';
import { CALLS, conversion, idOf, refusal, shop } from './shop';

const affilae = serverForTests();

const BY_ORDER: INodeParameters = {
	conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
};

/** All operations, each so that an item about the order "none" cannot be done. */
const OPERATIONS = [
	{
		operation: 'list',
		parameters: {
			limit: '={{ $json.order === "none" ? 0 : 5 }}',
			filters: { externalId: '={{ $json.order }}' },
		},
		error: 'Limit is 0. Give a whole number of 1 or more. [item 1]',
		description: 'Give a whole number of 1 or more.',
	},
	...[
		{ operation: 'info', parameters: {} },
		{ operation: 'accept', parameters: {} },
		{ operation: 'refuse', parameters: { reason: 'Returned' } },
		{ operation: 'update', parameters: { reason: 'Returned', amount: 5 } },
		{ operation: 'reconcile', parameters: { keptAmount: 84.9, settled: true } },
	].map(({ operation, parameters }) => ({
		operation,
		parameters: { ...BY_ORDER, ...parameters },
		error:
			'Affilae has no conversion with the order ID "none". Check the order ID: it is the one that your tracking code sends to Affilae. An order that no affiliate brought has no conversion. [item 1]',
		description:
			'Check the order ID: it is the one that your tracking code sends to Affilae. An order that no affiliate brought has no conversion.',
	})),
];

const ITEMS = [
	{ order: '1001', note: 'first' },
	{ order: 'none', note: 'second', nested: { kept: true } },
	{ order: '1003', note: 'third' },
];

async function run(
	operation: string,
	parameters: INodeParameters,
	onError: NonNullable<EngineRun['settings']>['onError'],
	items: EngineRun['items'] = ITEMS,
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, ...parameters, options: TRIED_ONCE },
		items,
		credential: affilae.credential,
		settings: onError === undefined ? {} : { onError },
	});
}

describe.each(OPERATIONS)('an item that $operation cannot do', (tried) => {
	const { operation, parameters, error, description } = tried;

	test.each([undefined, 'stopWorkflow'] as const)(
		'ends the run where On Error is %s, naming the item, with nothing written',
		async (onError) => {
			affilae.respond = shop([conversion(1), conversion(3)]);
			const { stopped, success, failed, run: whole } = await run(operation, parameters, onError);
			expect(stopped?.message).toBe(`${error} Nothing was changed at Affilae.`);
			expect(whole.status).toBe('error');
			expect([success, failed]).toEqual([[], []]);
			expect(affilae.writes).toEqual([]);
		},
	);

	test('comes out in its place where On Error is Continue, the others as if it were not there', async () => {
		affilae.respond = shop([conversion(1), conversion(3)]);
		const outcome = await run(operation, parameters, 'continueRegularOutput');
		expect(outcome.stopped).toBeUndefined();
		expect(outcome.success).toEqual([
			{ json: expect.objectContaining({ id: idOf(1) }), pairedItem: { item: 0 } },
			{ json: { error, details: { description } }, pairedItem: { item: 1 } },
			{ json: expect.objectContaining({ id: idOf(3) }), pairedItem: { item: 2 } },
		]);
	});

	test('leaves by the error branch with all of its input, the others by the success branch', async () => {
		affilae.respond = shop([conversion(1), conversion(3)]);
		const outcome = await run(operation, parameters, 'continueErrorOutput');
		expect(outcome.stopped).toBeUndefined();
		expect(outcome.success).toEqual([
			{ json: expect.objectContaining({ id: idOf(1) }), pairedItem: { item: 0 } },
			{ json: expect.objectContaining({ id: idOf(3) }), pairedItem: { item: 2 } },
		]);
		expect(outcome.failed).toEqual([
			{
				json: {
					order: 'none',
					note: 'second',
					nested: { kept: true },
					error,
					[DETAILS_ON_ERROR_BRANCH]: { description },
				},
				pairedItem: { item: 1 },
			},
		]);
	});

	test('is the only one that fails where it is the first and where it is all', async () => {
		affilae.respond = shop([conversion(1), conversion(3)]);
		const first = await run(operation, parameters, 'continueErrorOutput', [
			{ order: 'none' },
			{ order: '1003' },
		]);
		expect(first.success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[idOf(3), { item: 1 }],
		]);
		expect(first.failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);

		const all = await run(operation, parameters, 'continueErrorOutput', [
			{ order: 'none' },
			{ order: 'none' },
		]);
		expect(all.success).toEqual([]);
		expect(all.failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});
});

describe('a call that Affilae refuses', () => {
	const REFUSALS: Array<{ what: string; reply: Reply; httpCode: string; told: RegExp }> = [
		{
			what: '400 in Affilae’s words',
			reply: refusal(400, 'The month is closed'),
			httpCode: '400',
			told: /The month is closed/,
		},
		{
			what: '404 with a web page',
			reply: { status: 404, body: '<html>Nothing here</html>' },
			httpCode: '404',
			told: /web page/,
		},
		{ what: '404 without a word', reply: { status: 404 }, httpCode: '404', told: /404/ },
	];

	/** Everything goes well but what is about order 1002, which is conversion 2. */
	function refusing(reply: Reply) {
		const answer = shop([conversion(1), conversion(2), conversion(3)]);
		return (request: Parameters<typeof answer>[0]) => {
			const text = JSON.stringify([request.query, request.body]);
			const isWrite = request.method === 'POST';
			const isMeant = text.includes('"1002"') || text.includes(idOf(2));
			return isMeant && (isWrite || request.path === CALLS.list) ? reply : answer(request);
		};
	}

	const FILTERED = { filters: { externalId: '={{ $json.order }}' } };
	const CALLING = [
		{ operation: 'list', parameters: FILTERED },
		{ operation: 'accept', parameters: BY_ORDER },
		{ operation: 'refuse', parameters: { ...BY_ORDER, reason: 'Returned' } },
		{ operation: 'update', parameters: { ...BY_ORDER, reason: 'Returned', amount: 5 } },
		{ operation: 'reconcile', parameters: { ...BY_ORDER, keptAmount: 84.9, settled: true } },
	];
	const ORDERS = [{ order: '1001' }, { order: '1002' }, { order: '1003' }];

	describe.each(CALLING)('in $operation', ({ operation, parameters }) => {
		test.each(REFUSALS)(
			'with $what fails its own item, and the others are done',
			async ({ reply, httpCode, told }) => {
				affilae.respond = refusing(reply);
				const { success, failed } = await run(operation, parameters, 'continueErrorOutput', ORDERS);
				expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
					[idOf(1), { item: 0 }],
					[idOf(3), { item: 2 }],
				]);
				expect(failed).toEqual([
					{
						json: {
							order: '1002',
							error: expect.stringMatching(told),
							[DETAILS_ON_ERROR_BRANCH]: { description: expect.any(String), httpCode },
						},
						pairedItem: { item: 1 },
					},
				]);
			},
		);

		test('ends the run where On Error is at stop, and says how far it had come', async () => {
			affilae.respond = refusing(refusal(400, 'The month is closed'));
			const { stopped, success } = await run(operation, parameters, 'stopWorkflow', ORDERS);
			expect(success).toEqual([]);
			expect(stopped?.message).toMatch(/The month is closed.*\[item 1\]/s);
			const done = affilae.writes.length - 1;
			expect(stopped?.message).toMatch(
				operation === 'list' ? /Nothing was changed/ : new RegExp(`${done} items? w.* done before`),
			);
		});
	});
});

test('a run without items does nothing and gives nothing', async () => {
	const { success, stopped } = await run('accept', BY_ORDER, 'stopWorkflow', []);
	expect(stopped).toBeUndefined();
	expect(success).toEqual([]);
	expect(affilae.requests).toEqual([]);
});
