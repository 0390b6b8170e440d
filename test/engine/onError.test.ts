import { describe, expect, test } from '@jest/globals';
import { TOOL_TYPE, TRIED_ONCE } from './engine';
import { sale, saleId } from './sandboxShop';
import type { Reply } from './server';
import { CALLS, refusal } from './shop';
import { about, BY_ORDER, writeTests } from './writing';

const { affilae, openShop, run } = writeTests();

const CHECK_ID =
	'Check that this is the order ID that your shop’s tracking sends to Affilae. An order that no affiliate brought has no conversion.';

/** All operations, each with parameters that make an item about the order "none" fail. */
const OPERATIONS = [
	{
		operation: 'list',
		parameters: {
			limit: '={{ $json.order === "none" ? 0 : 5 }}',
			filters: { externalId: '={{ $json.order }}' },
		},
		error: /^'Limit' is 0 \[item 1\]$/,
		message: /^Enter a whole number/,
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
		error: /^Affilae has no conversion for order none \[item 1\]$/,
		message: new RegExp(`^${CHECK_ID}$`),
	})),
];

const ITEMS = [
	{ order: '1001', note: 'first' },
	{ order: 'none', note: 'second', nested: { kept: true } },
	{ order: '1003', note: 'third' },
];
const OPTIONS = { options: TRIED_ONCE };

describe.each(OPERATIONS)('an item that fails in $operation', (tried) => {
	const { operation, error, message } = tried;
	const parameters = { ...tried.parameters, ...OPTIONS };
	const others = [
		{ json: expect.objectContaining({ id: saleId(1) }), pairedItem: { item: 0 } },
		{ json: expect.objectContaining({ id: saleId(3) }), pairedItem: { item: 2 } },
	];

	test.each([undefined, 'stopWorkflow'] as const)(
		'stops the run if On Error is %s: the error names the item, and nothing is written',
		async (onError) => {
			await openShop([sale(1), sale(3)]);
			const settings = onError === undefined ? {} : { onError };
			const result = await run(operation, parameters, ITEMS, settings);
			expect(result.stopped?.message).toMatch(error);
			expect(result.stopped?.description).toMatch(
				new RegExp(`${message.source.replace(/\$$/, '')}.*Nothing was changed in Affilae\\.$`, 's'),
			);
			expect(result.run.status).toBe('error');
			expect([result.success, result.failed]).toEqual([[], []]);
			expect(affilae.writes).toEqual([]);
		},
	);

	test('is output in its place if On Error is Continue, and the other items succeed', async () => {
		await openShop([sale(1), sale(3)]);
		const settings = { onError: 'continueRegularOutput' } as const;
		const result = await run(operation, parameters, ITEMS, settings);
		expect(result.stopped).toBeUndefined();
		const failed = { error: expect.stringMatching(error), message: expect.stringMatching(message) };
		expect(result.success).toEqual([
			others[0],
			{ json: failed, pairedItem: { item: 1 } },
			others[1],
		]);
	});

	test.each([undefined, 'stopWorkflow', 'continueRegularOutput'] as const)(
		'does not stop a tool of an AI agent, and the other items succeed, if On Error is %s',
		async (onError) => {
			await openShop([sale(1), sale(3)]);
			const settings = { type: TOOL_TYPE, ...(onError === undefined ? {} : { onError }) };
			const result = await run(operation, parameters, ITEMS, settings);
			expect(result.stopped).toBeUndefined();
			const failed = {
				error: expect.stringMatching(error),
				message: expect.stringMatching(message),
			};
			expect(result.success).toEqual([
				others[0],
				{ json: failed, pairedItem: { item: 1 } },
				others[1],
			]);
		},
	);

	test('goes to the error branch with all of its input, and the other items to the success branch', async () => {
		await openShop([sale(1), sale(3)]);
		const settings = { onError: 'continueErrorOutput' } as const;
		const result = await run(operation, parameters, ITEMS, settings);
		expect(result.stopped).toBeUndefined();
		expect(result.success).toEqual(others);
		expect(result.failed).toEqual([
			{
				json: {
					order: 'none',
					note: 'second',
					nested: { kept: true },
					error: expect.stringMatching(error),
					message: expect.stringMatching(message),
				},
				pairedItem: { item: 1 },
			},
		]);
	});

	test('is the only one that fails even if it is the first, and all items fail if no item is valid', async () => {
		await openShop([sale(1), sale(3)]);
		const settings = { onError: 'continueErrorOutput' } as const;
		const first = await run(operation, parameters, [{ order: 'none' }, about(3)], settings);
		expect(first.success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[saleId(3), { item: 1 }],
		]);
		expect(first.failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);

		const all = await run(operation, parameters, [{ order: 'none' }, { order: 'none' }], settings);
		expect(all.success).toEqual([]);
		expect(all.failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});
});

describe('a request that Affilae rejects', () => {
	const REJECTIONS: Array<{ what: string; reply: Reply; status: number; expected: RegExp }> = [
		{
			what: '400 and a message',
			reply: refusal(400, 'The month is closed'),
			status: 400,
			expected: /The month is closed/,
		},
		{
			what: '404 and a web page',
			reply: { status: 404, body: '<html>Nothing here</html>' },
			status: 404,
			expected: /web page/,
		},
		{
			what: '404 and no body',
			reply: { status: 404 },
			status: 404,
			expected: /not at this address/,
		},
	];

	/** Rejects the writes to conversion 2, or for Get Many the list of order 1002. Everything else succeeds. */
	async function rejecting(reply: Reply, operation: string): Promise<void> {
		const { respond } = await openShop([sale(1), sale(2), sale(3)]);
		affilae.respond = (request) => {
			const isList = request.path === CALLS.list && operation === 'list';
			const text = JSON.stringify([request.query, request.body]);
			const isMeant = text.includes('"1002"') || text.includes(saleId(2));
			return isMeant && (request.method === 'POST' || isList) ? reply : respond(request);
		};
	}

	const CALLING = [
		{ operation: 'list', parameters: { filters: { externalId: '={{ $json.order }}' } } },
		{ operation: 'accept', parameters: BY_ORDER },
		{ operation: 'refuse', parameters: { ...BY_ORDER, reason: 'Returned' } },
		{ operation: 'update', parameters: { ...BY_ORDER, reason: 'Returned', amount: 5 } },
		{ operation: 'reconcile', parameters: { ...BY_ORDER, keptAmount: 84.9, settled: true } },
	];
	const ORDERS = [{ order: '1001' }, { order: '1002' }, { order: '1003' }];

	describe.each(CALLING)('in $operation', (calling) => {
		const { operation } = calling;
		const parameters = { ...calling.parameters, ...OPTIONS };

		test.each(REJECTIONS)(
			'with $what fails only its own item',
			async ({ reply, status, expected }) => {
				await rejecting(reply, operation);
				const settings = { onError: 'continueErrorOutput' } as const;
				const { success, failed } = await run(operation, parameters, ORDERS, settings);
				expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
					[saleId(1), { item: 0 }],
					[saleId(3), { item: 2 }],
				]);
				expect(failed).toEqual([
					{
						json: {
							order: '1002',
							error: expect.stringMatching(expected),
							message: expect.stringMatching(`\\(HTTP ${status}\\)$`),
						},
						pairedItem: { item: 1 },
					},
				]);
			},
		);

		test('stops the run if On Error is Stop Workflow, and the error says how many items were done', async () => {
			await rejecting(refusal(400, 'The month is closed'), operation);
			const { stopped, success } = await run(operation, parameters, ORDERS, {
				onError: 'stopWorkflow',
			});
			expect(success).toEqual([]);
			expect(stopped?.message).toMatch(/The month is closed.*\[item 1\]$/);
			const done = affilae.writes.length - 1;
			expect(stopped?.description).toMatch(
				operation === 'list' || done === 0
					? /Nothing was changed/
					: new RegExp(`${done} items? w.* done before`),
			);
		});
	});
});

test('the error names the order also if its number stands for something else in Affilae’s words', async () => {
	const { respond } = await openShop([sale(1), sale(2)]);
	affilae.respond = (request) =>
		request.method === 'POST' ? refusal(400, 'Error 1002') : respond(request);
	const { stopped } = await run('accept', { ...BY_ORDER, ...OPTIONS }, [{ order: '1002' }]);
	expect(stopped?.message).toBe('Order 1002: Affilae rejected the request: "Error 1002" [item 0]');
});

test('a run without items sends no request and outputs no items', async () => {
	const { success, stopped } = await run('accept', { ...BY_ORDER, ...OPTIONS }, []);
	expect(stopped).toBeUndefined();
	expect(success).toEqual([]);
	expect(affilae.requests).toEqual([]);
});
