import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { SandboxSettings } from '../../sandbox/settings';
import { TRIED_ONCE } from './engine';
import { sale, saleId, shown, UNLOCKED } from './sandboxShop';
import { inAnyOrder, type Reply, type Respond } from './server';
import { CALLS, conversion, refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	adviceOf,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listingId,
	listingOrder,
	outcomesOf,
	TO_ERROR_BRANCH,
	WRITES,
	writeTests,
	writesTo,
} from './writing';

const { affilae, openShop, run } = writeTests();

const CASES = [
	...WRITES.map((write) => ({ ...write, by: 'order', name: BY_ORDER })),
	...WRITES.slice(0, 1).map((write) => ({ ...write, by: 'id', name: BY_ID })),
];

describe.each(CASES)('an answer to $operation by $by', (tried) => {
	const { operation, parameters, name, sent, outcome, by } = tried;
	const write = { ...parameters, ...name };
	const DONE = [
		[outcome, true, { item: 0 }],
		[outcome, true, { item: 1 }],
	];

	test.each(['conversion', 'list'] as const)(
		'that contains the conversion (%s) becomes the output',
		async (writeAnswer) => {
			const shop = await openShop([sale(1), sale(2)], { writeAnswer });
			const { success } = await run(operation, write, [about(1), about(2)]);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			expect(success.map(({ json }) => json)).toEqual(
				[1, 2].map((number) => ({ ...shown(shop.held(number)), outcome, changed: true })),
			);
		},
	);

	test.each(['status', 'empty', '204'] as const)(
		'without the conversion (%s) counts as success: nothing is read again, and unknown fields are left out',
		async (writeAnswer) => {
			const shop = await openShop([sale(1), sale(2)], { writeAnswer });
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(affilae.reads).toHaveLength(2);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			const { commission, lockedAt, ...known } = shown(shop.held(1));
			expect(result.success[0]?.json).toEqual({
				...known,
				// A lower amount changes the commission. When the conversion will be locked is unknown.
				...(operation === 'update' ? {} : { commission }),
				outcome,
				changed: true,
			});
			expect(lockedAt === undefined).toBe(operation === 'update');
		},
	);

	const UNCLEAR: Array<{ what: string; writeAnswer: SandboxSettings['writeAnswer'] }> = [
		{ what: 'is plain text', writeAnswer: 'text' },
		{ what: 'contains the conversion unchanged', writeAnswer: 'before' },
	];

	test.each(UNCLEAR)(
		'that $what leads to a look-up: the write is reported as done, and not sent again',
		async ({ writeAnswer }) => {
			const shop = await openShop([sale(1), sale(2)], { writeAnswer });
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			// One request before the write and one after it, for each conversion.
			expect(inAnyOrder(affilae.reads).map(({ query }) => query['externalId'])).toEqual(
				name === BY_ORDER
					? ['1001', '1001', '1002', '1002']
					: expect.arrayContaining(['1001', '1002']),
			);
			expect(result.success.map(({ json }) => json)).toEqual(
				[1, 2].map((number) => ({ ...shown(shop.held(number)), outcome, changed: true })),
			);
		},
	);

	const SAYS_NO: Array<{ what: string; body: unknown; told: string }> = [
		{ what: 'says success: false', body: { statusCode: 200, success: false }, told: '' },
		{ what: 'says ok: false', body: { ok: false, message: 'Not now' }, told: ': "Not now"' },
		{
			what: 'contains the status 400',
			body: { statusCode: 400, error: 'Bad Request', message: 'The month is closed' },
			told: ': "The month is closed"',
		},
		{ what: 'contains an error', body: { error: 'Too late' }, told: ': "Too late"' },
		{ what: 'says success: "false"', body: { success: 'false' }, told: '' },
		{ what: 'says success: 0', body: { success: 0 }, told: '' },
		{ what: 'contains errors', body: { errors: ['locked'] }, told: ': "locked"' },
		{
			what: 'contains an error with its message',
			body: { errors: [{ message: 'It is locked' }] },
			told: ': "It is locked"',
		},
		{ what: 'has the status "error"', body: { status: 'error' }, told: '' },
		{ what: 'is only a message', body: { message: 'It is locked' }, told: ': "It is locked"' },
		{ what: 'says result: false', body: { result: false }, told: '' },
		{ what: 'is false', body: false, told: '' },
		{ what: 'is an empty list', body: [], told: '' },
		{
			what: 'contains an empty list of conversions',
			body: { conversions: { total: 0, data: [] } },
			told: '',
		},
		{
			what: 'contains the conversion unchanged and without an ID',
			body: { conversion: { status: 'pending', amount: 8490 } },
			told: '',
		},
		{
			what: 'is only an unchanged status and amount',
			body: { status: 'pending', amount: 8490 },
			told: '',
		},
	];

	test.each([
		{},
		{ success: true },
		{ statusCode: 200, message: 'Done' },
		{ statusCode: 200, success: true, errors: [] },
		{ statusCode: '200', success: '1', errors: {} },
		{ ok: 'true', error: null },
	])('that only confirms the write (%j) counts as success, without a look-up', async (body) => {
		const shop = await openShop([sale(1), sale(2)]);
		affilae.respond = async (request) => {
			const reply = await shop.respond(request);
			return request.method === 'POST' && reply.status === 200 ? { body } : reply;
		};
		const result = await run(operation, write, [about(1), about(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
		expect(affilae.reads).toHaveLength(2);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test.each(SAYS_NO)(
		'that $what (HTTP 200) fails the item if the change was not made, and the write is not sent again',
		async ({ body, told }) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			affilae.respond = troubled(shop.respond, { path, about: saleId(1), reply: { body } });
			const once = { ...write, options: TRIED_ONCE };
			const result = await run(operation, once, [about(1), about(2)], TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[
					expect.stringMatching(
						new RegExp(`Affilae responded, but did not make the change${told} \\[item 0\\]$`),
					),
					{ item: 0 },
				],
			]);
			expect(adviceOf(result)).toEqual(['Look at the conversion in Affilae. (HTTP 200)']);
			expect(outcomesOf(result)).toEqual([[outcome, true, { item: 1 }]]);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			expect(shop.held(1)).toMatchObject({ status: 'pending', amount: 8490 });
		},
	);

	test.each(SAYS_NO)(
		'that $what (HTTP 200) is reported as done if a look-up shows the change',
		async ({ body }) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			const reply = { body };
			affilae.respond = troubled(shop.respond, { path, about: saleId(1), reply, isKept: true });
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		},
	);

	test('that contains another conversion does not become the output', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const { path } = sent(1);
		const reply = { body: { conversion: conversion(9, { amount: 1, customerId: 'other' }) } };
		affilae.respond = troubled(shop.respond, { path, reply, isKept: true });
		const { success } = await run(operation, write, [about(1), about(2)]);
		expect(success.map(({ json }) => [json['id'], json['customerId'], json['amount']])).toEqual(
			[1, 2].map((number) => [
				saleId(number),
				`C-${number}`,
				operation === 'update' ? 19.99 : 84.9,
			]),
		);
	});

	test.each([
		{ what: 'a web page', reply: { body: '<html>Back soon</html>' } },
		{ what: 'incomplete JSON', reply: { body: '{"statusCode":20' } },
	])('that is $what does not count as success', async ({ reply }) => {
		const shop = await openShop([sale(1), sale(2)]);
		affilae.respond = troubled(shop.respond, { path: sent(1).path, about: saleId(1), reply });
		const options = TRIED_ONCE;
		const result = await run(
			operation,
			{ ...write, options },
			[about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toHaveLength(1);
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 1 }]]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	const LOST: Array<{ what: string; reply: Reply }> = [
		{ what: 'never arrives because the connection is cut', reply: { isCut: true } },
		{ what: 'is a 503', reply: { status: 503 } },
	];

	test.each(LOST)(
		'that $what: a write that was carried out is recognized, and not sent again',
		async ({ reply }) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			affilae.respond = troubled(shop.respond, { path, reply, times: 2, isKept: true });
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		},
	);

	test.each(LOST)(
		'that $what: a write that was not carried out is sent once more',
		async ({ reply }) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			affilae.respond = troubled(shop.respond, { path, about: saleId(1), reply, times: 1 });
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([sent(1), sent(1)]);
			expect(writesTo(2, affilae.writes)).toEqual([sent(2)]);
			expect(shop.sandbox.store.writes).toHaveLength(2);
		},
	);

	test.each(LOST)(
		'that $what, with Retry For at 0: the conversion is still looked up, and the write is not sent again',
		async ({ reply }) => {
			const shop = await openShop([sale(1), sale(2)]);
			affilae.respond = troubled(
				shop.respond,
				{ path: sent(1).path, about: saleId(1), reply, isKept: true },
				{ path: sent(2).path, about: saleId(2), reply },
			);
			const items = [about(1), about(2)];
			const result = await run(
				operation,
				{ ...write, options: TRIED_ONCE },
				items,
				TO_ERROR_BRANCH,
			);
			expect(outcomesOf(result)).toEqual([[outcome, true, { item: 0 }]]);
			expect(failuresOf(result)).toHaveLength(1);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		},
	);

	test('that is a 503, and a look-up that fails too: the error says that the write may be done', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		let isDown = false;
		affilae.respond = (request) => {
			const isAbout2 = JSON.stringify(request).match(new RegExp(`${saleId(2)}|"1002"`));
			if (isAbout2 && request.method === 'POST') isDown = true;
			return isDown && isAbout2 ? { status: 503 } : shop.respond(request);
		};
		const byOrder = { ...parameters, ...BY_ORDER, options: { ...TRIED_ONCE, maxConcurrency: 1 } };
		const { stopped } = await run(operation, byOrder, [about(1), about(2)]);
		expect(stopped?.message).toBe('Order 1002: Affilae could not respond [item 1]');
		expect(stopped?.description).toBe(
			'Run the workflow again later: nothing is done twice. (HTTP 503) 1 item was done before that, 1 may be done, 0 not sent. It is safe to run the workflow again: nothing is done twice.',
		);
	});

	test.each([
		{ reply: { status: 202 } },
		{ reply: { status: 202, body: { success: true } } },
		{ reply: { status: 202, body: sent(1).body } },
		{ reply: { status: 303, headers: { location: '/done' } } },
	])('that leaves the time of the change open (%j) is looked up', async ({ reply }) => {
		const shop = await openShop([sale(1), sale(2)]);
		const { path } = sent(1);
		affilae.respond = troubled(
			shop.respond,
			{ path, about: saleId(1), reply, isKept: true },
			{ path, about: saleId(2), reply },
		);
		const once = { ...write, options: TRIED_ONCE };
		const result = await run(operation, once, [about(1), about(2)], TO_ERROR_BRANCH);
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 0 }]]);
		expect(failuresOf(result)).toEqual([[expect.any(String), { item: 1 }]]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test.each([303, 403, 404, 410, 412, 423])(
		'that is a %s to a second attempt: a late list does not hide that the first one was carried out',
		async (status) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			const reads = { late: 0 };
			const before = await shop.respond(by === 'order' ? listingOrder(1) : listingId());
			const lateOnce: Respond = async (request) => {
				const isLate = request.method === 'GET' && affilae.writes.length > 1 && reads.late++ === 0;
				return isLate ? before : await shop.respond(request);
			};
			affilae.respond = troubled(
				lateOnce,
				{ path, about: saleId(1), reply: { status: 504 }, times: 1, isKept: true },
				{ path, about: saleId(1), reply: refusal(status, 'This conversion is not pending') },
			);
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([sent(1), sent(1)]);
		},
	);

	test('that is a 429: the write is sent again without a look-up', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const { path } = sent(1);
		const reply = { ...refusal(429, 'Slow down'), headers: { 'retry-after': '0' } };
		affilae.respond = troubled(shop.respond, { path, about: saleId(1), reply, times: 1 });
		const result = await run(operation, write, [about(1), about(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
		expect(affilae.reads).toHaveLength(2);
		expect(writesTo(1, affilae.writes)).toEqual([sent(1), sent(1)]);
	});

	test.each([400, 409, 422])(
		'that rejects the write (%s): if somebody else made the change, If Already Processed applies',
		async (status) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			affilae.respond = troubled(shop.respond, {
				path,
				about: saleId(1),
				reply: refusal(status, 'Too late'),
				isKept: true,
			});
			const result = await run(operation, write, [about(1), about(2)]);
			expect(outcomesOf(result)).toEqual([
				['unchanged', false, { item: 0 }],
				[outcome, true, { item: 1 }],
			]);
			expect(result.success[0]?.json['message']).toBe(
				`Order 1001 was already ${outcome} by somebody else`,
			);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);

			affilae.forget();
			const options = { ifAlreadyProcessed: 'fail' };
			await openShop([sale(1), sale(2)]).then(({ respond }) => {
				affilae.respond = troubled(respond, {
					path,
					about: saleId(1),
					reply: refusal(status, 'Too late'),
					isKept: true,
				});
			});
			const failing = await run(
				operation,
				{ ...write, options },
				[about(1), about(2)],
				TO_ERROR_BRANCH,
			);
			expect(failuresOf(failing)).toEqual([
				[`Order 1001 was already ${outcome} by somebody else [item 0]`, { item: 0 }],
			]);
		},
	);

	test.each([400, 409, 422])(
		'that rejects the write (%s) fails the item with Affilae’s message if the conversion is unchanged',
		async (status) => {
			const shop = await openShop([sale(1), sale(2)]);
			const { path } = sent(1);
			const reply = refusal(status, 'The month is closed', ['id']);
			affilae.respond = troubled(shop.respond, { path, about: saleId(1), reply });
			const result = await run(operation, write, [about(1), about(2)], TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[
					expect.stringMatching(
						/^(Order 1001|Conversion \w{24}): Affilae rejected the request: "The month is closed" \[id\] \[item 0\]$/,
					),
					{ item: 0 },
				],
			]);
			expect(adviceOf(result)).toEqual([`Check the values that you entered. (HTTP ${status})`]);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		},
	);
});

test('the look-up after a write searches by order ID, in the program of the conversion', async () => {
	await openShop([sale(1), sale(2)], { writeAnswer: 'before' });
	await run('accept', BY_ORDER, [about(1), about(2)]);
	const program = { program: sale(1).program ?? '' };
	expect(inAnyOrder(affilae.reads)).toEqual(
		inAnyOrder([
			listingOrder(1),
			listingOrder(2),
			listingOrder(1, program),
			listingOrder(2, program),
		]),
	);
	expect(inAnyOrder(affilae.writes)).toEqual([accepting(1), accepting(2)]);
});

test('the look-up after a write to a conversion without an order ID searches by conversion ID', async () => {
	await openShop([sale(1, { externalId: null }), sale(2, { externalId: null })], {
		writeAnswer: 'before',
	});
	const result = await run('accept', BY_ID, [about(1), about(2)]);
	expect(outcomesOf(result)).toEqual([
		['accepted', true, { item: 0 }],
		['accepted', true, { item: 1 }],
	]);
	expect(affilae.reads.every(({ path, query }) => path === CALLS.list && 'from' in query)).toBe(
		true,
	);
	expect(affilae.reads).toHaveLength(4);
	expect(affilae.writes).toHaveLength(2);
});

describe('a response that contains a part of the conversion', () => {
	const partly =
		(respond: Respond): Respond =>
		async (request) => {
			const reply = await respond(request);
			if (request.method === 'GET') return reply;
			const { id, amount } = z
				.object({ id: z.string(), amount: z.number().optional() })
				.parse(request.body);
			const status = request.path === CALLS.update ? {} : { status: 'accepted' };
			const conversion = { id, ...status, ...(amount === undefined ? {} : { amount }) };
			return { body: { statusCode: 200, conversion } };
		};

	test('to update leaves out the commission, which is no longer what it was', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		affilae.respond = partly(shop.respond);
		const update = { reason: 'Part returned', amount: 30 };
		const { success } = await run('update', { ...update, ...BY_ORDER }, [about(1), about(2)]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) => {
				const known = shown(shop.held(number));
				delete known['commission'];
				return { ...known, outcome: 'updated', changed: true };
			}),
		);
	});

	test('keeps the other fields of the raw output', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		affilae.respond = partly(shop.respond);
		const raw = { ...BY_ORDER, simplify: false };
		const { success } = await run('accept', raw, [about(1), about(2)]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) =>
				expect.objectContaining({
					id: saleId(number),
					externalId: String(1000 + number),
					amount: 8490,
					status: 'accepted',
				}),
			),
		);
	});
});

test.each([
	{ what: 'contains the conversion unchanged', body: undefined },
	{ what: 'contains the conversion without its ID', body: { conversion: { status: 'accepted' } } },
	{ what: 'has an unknown form', body: { statusCode: 200, modified: 1 } },
])('a response that $what is looked up until the list shows the change', async ({ body }) => {
	const shop = await openShop([sale(1), sale(2)], { writeAnswer: 'before' });
	const before = await shop.respond(listingOrder(1));
	let laterReads = 0;
	affilae.respond = async (request) => {
		const isLate =
			request.method === 'GET' &&
			affilae.writes.length > 0 &&
			JSON.stringify(request.query).includes('1001');
		if (isLate && (laterReads += 1) === 1) return before;
		const reply = await shop.respond(request);
		return request.method === 'POST' && body !== undefined ? { body } : reply;
	};
	const result = await run('accept', BY_ORDER, [about(1), about(2)], TO_ERROR_BRANCH);
	expect(outcomesOf(result)).toEqual([
		['accepted', true, { item: 0 }],
		['accepted', true, { item: 1 }],
	]);
	expect(laterReads).toBe(2);
	expect(inAnyOrder(affilae.writes)).toEqual([accepting(1), accepting(2)]);
});

test('two items about one conversion that somebody else has accepted meanwhile both say so', async () => {
	const shop = await openShop([sale(1), sale(2)]);
	const { store } = shop.sandbox;
	affilae.respond = troubled(shop.respond, {
		path: CALLS.accept,
		about: saleId(1),
		reply: refusal(400, 'It is accepted'),
		before: () => {
			const entry = store.get(saleId(1));
			if (entry) store.decide(entry, 'accepted', '');
		},
	});
	const result = await run('accept', BY_ORDER, [about(1), about(1), about(2)], TO_ERROR_BRANCH);
	expect(result.success.map(({ json }) => [json['changed'], json['message']])).toEqual([
		[false, 'Order 1001 was already accepted by somebody else'],
		[false, 'Order 1001 was already accepted by somebody else'],
		[true, undefined],
	]);
});

test('the lock date from before a decision is left out of the output if the response does not contain the new one', async () => {
	const decided = { status: 'refused', ...UNLOCKED } as const;
	await openShop([sale(1, decided), sale(2, decided)], {
		writeAnswer: 'status',
		acceptRefused: true,
	});
	const result = await run('accept', BY_ORDER, [about(1), about(2)]);
	expect(outcomesOf(result)).toEqual([
		['accepted', true, { item: 0 }],
		['accepted', true, { item: 1 }],
	]);
	for (const { json } of result.success) expect(json).not.toHaveProperty('lockedAt');
});
