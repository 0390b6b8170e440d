import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { inProgram, named } from './locators';
import { inAnyOrder, MARK, type Received, serverForTests } from './server';
import {
	answerWith,
	BAGS,
	CALLS,
	conversion,
	idOf,
	refusal,
	SHOES,
	shop,
	type WireConversion,
} from './shop';

const affilae = serverForTests();

async function run(
	operation: string,
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, ...parameters },
		items,
		credential: affilae.credential,
		settings,
	});
}

function post(path: string, body: unknown): Received {
	return { method: 'POST', path, query: {}, body };
}

function outcomes({ success }: EngineOutcome): unknown[] {
	return success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]);
}

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_CUSTOMER = named('customerId', '={{ $json.customer }}');
const BY_ID = named('id', '={{ $json.id }}');
const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

/** The three operations that change a conversion, and what each sends for conversion 1 in program SHOES. */
const WRITES = [
	{
		operation: 'accept',
		parameters: {},
		sent: (id: string) => post(CALLS.accept, { program: SHOES.id, id }),
		outcome: 'accepted',
		after: { status: 'accepted', amount: 84.9 },
	},
	{
		operation: 'refuse',
		parameters: { reason: 'Returned' },
		sent: (id: string) => post(CALLS.refuse, { program: SHOES.id, id, reason: 'Returned' }),
		outcome: 'refused',
		after: { status: 'refused', amount: 84.9 },
	},
	{
		operation: 'update',
		parameters: { reason: 'Part returned', amount: 19.99 },
		sent: (id: string) => post(CALLS.update, { id, amount: 1999, reason: 'Part returned' }),
		outcome: 'updated',
		after: { status: 'pending', amount: 19.99 },
	},
];

describe.each(WRITES)('$operation', ({ operation, parameters, sent, outcome, after }) => {
	test.each(['conversion', 'statusOnly'] as const)(
		'by order ID: what is sent is exactly what Affilae documents (it answers: %s)',
		async (answer) => {
			affilae.respond = shop([conversion(1), conversion(2)], answer);
			const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [
				{ order: '1001' },
				{ order: 1002 },
			]);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(idOf(1)), sent(idOf(2))]);
			expect(new Set(affilae.authorizations)).toEqual(new Set([`Bearer ${MARK}`]));
			expect(success).toEqual(
				[1, 2].map((number) => ({
					json: {
						id: idOf(number),
						externalId: String(1000 + number),
						customerId: `C-${number}`,
						status: after.status,
						amount: after.amount,
						amountInCents: Math.round(after.amount * 100),
						currency: 'EUR',
						// Of a lower amount it is another, which nobody said.
						...(operation === 'update' && answer === 'statusOnly' ? {} : { commission: 8.49 }),
						programId: SHOES.id,
						createdAt: '2026-10-01T10:00:00.000Z',
						outcome,
						changed: true,
					},
					pairedItem: { item: number - 1 },
				})),
			);
		},
	);

	test('nothing is written before everything is read', async () => {
		affilae.respond = shop([conversion(1), conversion(2), conversion(3)]);
		await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: '1002' },
			{ order: '1003' },
		]);
		const methods = affilae.requests.map(({ method }) => method);
		expect(methods.lastIndexOf('GET')).toBeLessThan(methods.indexOf('POST'));
		expect(affilae.writes).toHaveLength(3);
	});

	test('by customer ID: the one conversion of the customer is written to', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const result = await run(operation, { ...parameters, ...BY_CUSTOMER }, [
			{ customer: 'C-2' },
			{ customer: 'C-1' },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(idOf(1)), sent(idOf(2))]);
		expect(outcomes(result)).toEqual([
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
		]);
	});

	test('a customer with several conversions: they are named, and none is written to', async () => {
		affilae.respond = shop([
			conversion(1, { customerId: 'A' }),
			conversion(2, { customerId: 'A' }),
			conversion(3, { customerId: 'B' }),
		]);
		const { failed, success } = await run(
			operation,
			{ ...parameters, ...BY_CUSTOMER },
			[{ customer: 'A' }, { customer: 'B' }],
			TO_ERROR_BRANCH,
		);
		expect(failed[0]?.json['error']).toContain(idOf(1));
		expect(failed[0]?.json['error']).toContain(idOf(2));
		expect(success).toHaveLength(1);
		expect(affilae.writes).toEqual([sent(idOf(3))]);
	});

	test.each(['id', 'list'])(
		'by conversion ID (mode %s) and program: one write an item, nothing is read first',
		async (mode) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const result = await run(
				operation,
				{ ...parameters, ...named(mode, '={{ $json.id }}'), ...inProgram(SHOES.id) },
				[{ id: idOf(1) }, { id: idOf(2) }],
			);
			expect(inAnyOrder(affilae.requests)).toEqual([sent(idOf(1)), sent(idOf(2))]);
			expect(outcomes(result)).toEqual([
				[outcome, true, { item: 0 }],
				[outcome, true, { item: 1 }],
			]);
			expect(result.success[0]?.json['id']).toBe(idOf(1));
		},
	);

	test('by conversion ID, where Affilae answers no more than that it went well', async () => {
		affilae.respond = shop([conversion(1), conversion(2)], 'statusOnly');
		const { success } = await run(operation, { ...parameters, ...BY_ID, ...inProgram(SHOES.id) }, [
			{ id: idOf(1) },
			{ id: idOf(2) },
		]);
		expect(success.map(({ json }) => [json['id'], json['outcome'], json['changed']])).toEqual([
			[idOf(1), outcome, true],
			[idOf(2), outcome, true],
		]);
	});

	test('the program comes from the conversion, not from another row of the answer', async () => {
		affilae.respond = (request) =>
			request.method === 'GET'
				? answerWith([conversion(9, { program: BAGS }), conversion(1), conversion(2)])
				: { body: { statusCode: 200 } };
		await run(operation, { ...parameters, ...BY_ORDER }, [{ order: '1001' }, { order: '1002' }]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(idOf(1)), sent(idOf(2))]);
	});

	test('rows that do not match the order are never written to', async () => {
		affilae.respond = () => answerWith([conversion(7), conversion(8)]);
		const { failed } = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[{ order: '1001' }, { order: '1002' }],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(({ json }) => json['order'])).toEqual(['1001', '1002']);
		expect(affilae.writes).toEqual([]);
	});

	test('an order with conversions in two programs: both are named and nothing is sent', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: '42' }),
			conversion(2, { externalId: '42', program: BAGS }),
			conversion(3),
		]);
		const { stopped } = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1003' },
			{ order: '42' },
		]);
		for (const part of [idOf(1), SHOES.name, idOf(2), BAGS.name, '[item 1]']) {
			expect(stopped?.message).toContain(part);
		}
		expect(affilae.writes).toEqual([]);
	});

	test('two programs are noticed among many orders as well, also where one of the two is decided', async () => {
		const orders = [1, 2, 3, 4, 5, 6];
		affilae.respond = shop([
			...orders.map((number) => conversion(number)),
			conversion(20, { externalId: '1003', program: BAGS, status: 'accepted' }),
		]);
		const { failed, success } = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			orders.map((number) => ({ order: String(1000 + number) })),
			TO_ERROR_BRANCH,
		);
		expect(failed.map(({ json, pairedItem }) => [json['error'], pairedItem])).toEqual([
			[expect.stringContaining(idOf(20)), { item: 2 }],
		]);
		expect(success).toHaveLength(5);
		expect(inAnyOrder(affilae.writes)).toEqual([1, 2, 4, 5, 6].map(idOf).map(sent));
	});

	test('the program chosen decides between two conversions of an order', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: '42' }),
			conversion(2, { externalId: '42', program: BAGS }),
			conversion(3),
		]);
		await run(operation, { ...parameters, ...BY_ORDER, ...inProgram(SHOES.id) }, [
			{ order: '42' },
			{ order: '1003' },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(idOf(1)), sent(idOf(3))]);
	});

	test('the same conversion twice in an answer is one conversion', async () => {
		affilae.respond = (request) =>
			request.method === 'GET'
				? answerWith([conversion(1), conversion(1)])
				: { body: { statusCode: 200 } };
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: '1001' },
		]);
		expect(result.stopped).toBeUndefined();
		expect(affilae.writes).toEqual([sent(idOf(1))]);
	});

	test('two items about one order send one write, and the second says with which item', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: '1002' },
			{ order: 1001 },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(idOf(1)), sent(idOf(2))]);
		expect(outcomes(result)).toEqual([
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
			['unchanged', false, { item: 2 }],
		]);
		expect(result.success[2]?.json['message']).toContain('item 0');
	});

	test('two items about one conversion ID send one write', async () => {
		affilae.respond = shop([conversion(1)]);
		const result = await run(operation, { ...parameters, ...BY_ID, ...inProgram(SHOES.id) }, [
			{ id: idOf(1) },
			{ id: idOf(1) },
		]);
		expect(affilae.writes).toEqual([sent(idOf(1))]);
		expect(outcomes(result)).toEqual([
			[outcome, true, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
	});

	test('where the one write of two items fails, both items fail', async () => {
		affilae.respond = (request) =>
			request.method === 'GET' ? answerWith([conversion(1)]) : refusal(400, 'The month is closed');
		const { failed, success } = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[{ order: '1001' }, { order: '1001' }],
			TO_ERROR_BRANCH,
		);
		expect(success).toEqual([]);
		expect(failed.map(({ json, pairedItem }) => [json['error'], pairedItem])).toEqual([
			[expect.stringContaining('The month is closed'), { item: 0 }],
			[expect.stringContaining('The month is closed'), { item: 1 }],
		]);
		expect(affilae.writes).toEqual([sent(idOf(1))]);
	});

	test('one bad item with On Error at stop means that nothing was sent', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { stopped, success } = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: '1002' },
			{ order: 'none' },
		]);
		expect(stopped?.message).toMatch(/"none".*\[item 2\]/s);
		expect(stopped?.message).toContain('Nothing was changed');
		expect(success).toEqual([]);
		expect(affilae.writes).toEqual([]);
	});

	test('raw output is Affilae’s own object with what the write made of it', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await run(operation, { ...parameters, ...BY_ORDER, simplify: false }, [
			{ order: '1001' },
			{ order: '1002' },
		]);
		expect(success[1]?.json).toEqual({
			...conversion(2),
			status: after.status,
			amount: Math.round(after.amount * 100),
			outcome,
			changed: true,
		});
	});

	test.each([
		{ what: 'a web page', reply: { body: '<html>Back soon</html>' } },
		{ what: 'a refusal inside status 200', reply: { body: { statusCode: 400, message: 'No' } } },
	])('$what in answer to a write is not taken for success', async ({ reply }) => {
		affilae.respond = (request) =>
			request.method === 'GET' ? answerWith([conversion(1), conversion(2)]) : reply;
		const { success, failed } = await run(
			operation,
			{ ...parameters, ...BY_ORDER, options: TRIED_ONCE },
			[{ order: '1001' }, { order: '1002' }],
			TO_ERROR_BRANCH,
		);
		expect(success).toEqual([]);
		expect(failed.map(({ json }) => json['order'])).toEqual(['1001', '1002']);
	});

	test('a conversion that the answer calls by another ID is not taken for this one', async () => {
		affilae.respond = (request) =>
			request.method === 'GET'
				? answerWith([conversion(1), conversion(2)])
				: { body: { conversion: conversion(9, { amount: 1, customerId: 'other' }) } };
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: '1002' },
		]);
		expect(success.map(({ json }) => [json['id'], json['customerId'], json['amount']])).toEqual([
			[idOf(1), 'C-1', after.amount],
			[idOf(2), 'C-2', after.amount],
		]);
	});
});

describe('a conversion that is already so', () => {
	const accepted = () => conversion(1, { status: 'accepted' });
	const refused = () => conversion(2, { status: 'refused' });
	const lowered = () => conversion(3, { amount: 1999 });
	const pending = () => conversion(4, { amount: 5000 });
	const CASES = [
		{ operation: 'accept', parameters: {}, done: accepted },
		{ operation: 'refuse', parameters: { reason: 'Returned' }, done: refused },
		{ operation: 'update', parameters: { reason: 'Returned', amount: 19.99 }, done: lowered },
	];

	test.each(CASES)(
		'$operation leaves it unchanged, says so and sends nothing for it',
		async ({ operation, parameters, done }) => {
			affilae.respond = shop([done(), pending()]);
			const result = await run(operation, { ...parameters, ...BY_ORDER }, [
				{ order: done().externalId },
				{ order: '1004' },
			]);
			expect(outcomes(result)).toEqual([
				['unchanged', false, { item: 0 }],
				[expect.stringMatching(/^(accepted|refused|updated)$/), true, { item: 1 }],
			]);
			expect(result.success[0]?.json['message']).toContain('already');
			expect(affilae.writes.map(({ body }) => body)).toEqual([
				expect.objectContaining({ id: idOf(4) }),
			]);
		},
	);

	test.each(CASES)(
		'$operation fails it where If Already Processed says so, and stops before the first write',
		async ({ operation, parameters, done }) => {
			affilae.respond = shop([done(), pending()]);
			const { stopped } = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options: { ifAlreadyProcessed: 'fail' } },
				[{ order: '1004' }, { order: done().externalId }],
			);
			expect(stopped?.message).toMatch(/already.*\[item 1\]/s);
			expect(affilae.writes).toEqual([]);
		},
	);

	test.each([
		{ operation: 'refuse', parameters: { reason: 'Returned' }, done: accepted },
		{ operation: 'accept', parameters: {}, done: refused },
		{ operation: 'update', parameters: { reason: 'Returned', amount: 10 }, done: accepted },
		{ operation: 'update', parameters: { reason: 'Returned', amount: 10 }, done: refused },
	])(
		'$operation on a conversion that was decided otherwise fails and sends nothing',
		async ({ operation, parameters, done }) => {
			affilae.respond = shop([done(), pending()]);
			const { stopped } = await run(operation, { ...parameters, ...BY_ORDER }, [
				{ order: '1004' },
				{ order: done().externalId },
			]);
			expect(stopped?.message).toContain(`${done().id} is ${done().status}`);
			expect(stopped?.message).toContain('[item 1]');
			expect(affilae.writes).toEqual([]);
		},
	);

	test('by conversion ID, Affilae itself judges: its refusal reaches the item', async () => {
		affilae.respond = shop([conversion(1), accepted()]);
		const { failed } = await run(
			'refuse',
			{ ...BY_ID, ...inProgram(SHOES.id), reason: 'Returned' },
			[{ id: idOf(1) }, { id: 'f'.repeat(24) }],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(({ json }) => json['error'])).toEqual([
			expect.stringMatching(/Conversion not found.*\[item 1\]$/s),
		]);
	});
});

describe('without what a call needs', () => {
	test.each([
		{ operation: 'accept', parameters: {} },
		{ operation: 'refuse', parameters: { reason: 'Returned' } },
	])(
		'$operation by conversion ID without a program is refused, and nothing is sent',
		async ({ operation, parameters }) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const { stopped } = await run(
				operation,
				{ ...parameters, ...BY_ID, ...inProgram('={{ $json.program }}') },
				[{ id: idOf(1), program: SHOES.id }, { id: idOf(2) }],
			);
			expect(stopped?.message).toMatch(/program.*\[item 1\]/is);
			expect(affilae.requests).toEqual([]);
		},
	);

	test('update by conversion ID needs no program', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		await run('update', { ...BY_ID, reason: 'Returned', amount: 10 }, [
			{ id: idOf(1) },
			{ id: idOf(2) },
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			post(CALLS.update, { id: idOf(1), amount: 1000, reason: 'Returned' }),
			post(CALLS.update, { id: idOf(2), amount: 1000, reason: 'Returned' }),
		]);
	});

	test.each([
		{ operation: 'refuse', parameters: {} },
		{ operation: 'update', parameters: { amount: 10 } },
	])('$operation without a reason is refused, and nothing is sent', async (write) => {
		for (const reason of ['={{ "   " }}', '={{ $json.missing }}', '={{ null }}', '={{ {} }}']) {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const { stopped } = await run(write.operation, { ...write.parameters, ...BY_ORDER, reason }, [
				{ order: '1001' },
				{ order: '1002' },
			]);
			expect(stopped?.message).toMatch(/reason.*\[item 0\]/is);
		}
		expect(affilae.requests).toEqual([]);
	});

	test('a reason is sent without the spaces around it', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		await run('refuse', { ...BY_ORDER, reason: '={{ $json.why }}' }, [
			{ order: '1001', why: '  Returned: size "L"\n' },
			{ order: '1002', why: 'Annulée €' },
		]);
		expect(inAnyOrder(affilae.writes).map(({ body }) => body)).toEqual([
			{ program: SHOES.id, id: idOf(1), reason: 'Returned: size "L"' },
			{ program: SHOES.id, id: idOf(2), reason: 'Annulée €' },
		]);
	});

	test('where Affilae does not say the program, the item fails, and goes through once one is chosen', async () => {
		const rows = [1, 2].map((number) => {
			const row: WireConversion = conversion(number);
			delete row.program;
			return row;
		});
		affilae.respond = (request) =>
			request.method === 'GET' ? answerWith(rows) : { body: { statusCode: 200 } };
		const items = [{ order: '1001' }, { order: '1002' }];
		const { failed } = await run('accept', BY_ORDER, items, TO_ERROR_BRANCH);
		expect(failed.map(({ json }) => json['error'])).toEqual([
			expect.stringMatching(/Choose the program.*\[item 0\]$/s),
			expect.stringMatching(/Choose the program.*\[item 1\]$/s),
		]);
		expect(affilae.writes).toEqual([]);

		const chosen = await run('accept', { ...BY_ORDER, ...inProgram(SHOES.id) }, items);
		expect(chosen.stopped).toBeUndefined();
		expect(inAnyOrder(affilae.writes)).toEqual([
			post(CALLS.accept, { program: SHOES.id, id: idOf(1) }),
			post(CALLS.accept, { program: SHOES.id, id: idOf(2) }),
		]);
	});
});

describe('the amount of an update', () => {
	const UPDATE = { ...BY_ORDER, reason: 'Part returned', amount: '={{ $json.kept }}' };

	function amountsSent(): unknown[] {
		return inAnyOrder(affilae.writes).map(({ body }) =>
			typeof body === 'object' && body !== null && 'amount' in body ? body.amount : undefined,
		);
	}

	test.each([
		{ kept: '84,89', cents: 8489 },
		{ kept: '19.99', cents: 1999 },
		{ kept: '1 234,56 €', cents: 123456 },
		{ kept: '1,234.56', cents: 123456 },
		{ kept: '84.890000000', cents: 8489 },
		{ kept: 19.989999999999998, cents: 1999 },
		{ kept: 0, cents: 0 },
		{ kept: '0', cents: 0 },
	])('$kept reaches Affilae as $cents cents', async ({ kept, cents }) => {
		affilae.respond = shop([
			conversion(1, { amount: 999_999 }),
			conversion(2, { amount: 999_999 }),
		]);
		const { stopped } = await run('update', UPDATE, [
			{ order: '1001', kept },
			{ order: '1002', kept: 5 },
		]);
		expect(stopped).toBeUndefined();
		expect(amountsSent()).toEqual([cents, 500]);
	});

	test('with Amounts In at cents, cents go in and come out', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await run('update', { ...UPDATE, options: { amountsIn: 'cents' } }, [
			{ order: '1001', kept: 1999 },
			{ order: '1002', kept: '2050' },
		]);
		expect(amountsSent()).toEqual([1999, 2050]);
		expect(success.map(({ json }) => [json['amount'], json['commission']])).toEqual([
			[1999, 849],
			[2050, 849],
		]);
	});

	test.each([
		{ kept: '1,234', told: /1\.234 or as 1234/ },
		{ kept: 12.345, told: /12\.345.*cent/s },
		{ kept: -5, told: /negative/ },
		{ kept: '', told: /no amount/ },
		{ kept: null, told: /no amount/ },
		{ kept: undefined, told: /no amount/ },
		{ kept: 'abc', told: /"abc"/ },
		{ kept: true, told: /true/ },
		{ kept: ['1'], told: /list/ },
		{ kept: { amount: '1' }, told: /object/ },
	])('$kept is refused, and nothing is sent for any item', async ({ kept, told }) => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { stopped } = await run('update', UPDATE, [
			{ order: '1001', kept: 5 },
			kept === undefined ? { order: '1002' } : { order: '1002', kept },
		]);
		expect(stopped?.message).toMatch(told);
		expect(stopped?.message).toContain('[item 1]');
		expect(affilae.requests).toEqual([]);
	});

	test('an amount above that of the conversion is refused before anything is written', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { stopped } = await run('update', UPDATE, [
			{ order: '1001', kept: 5 },
			{ order: '1002', kept: 84.91 },
		]);
		expect(stopped?.message).toMatch(/84\.91 EUR.*84\.90 EUR.*\[item 1\]/s);
		expect(affilae.writes).toEqual([]);
	});

	test('an amount in another currency than the conversion’s is refused', async () => {
		affilae.respond = shop([conversion(1), conversion(2, { currency: 'GBP' })]);
		const { failed } = await run(
			'update',
			UPDATE,
			[
				{ order: '1001', kept: '5 EUR' },
				{ order: '1002', kept: '5,00 €' },
			],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(({ json }) => [json['order'], json['error']])).toEqual([
			['1002', expect.stringMatching(/EUR.*GBP/s)],
		]);
		expect(amountsSent()).toEqual([500]);
	});

	test.each(['order', 'id'])(
		'two amounts for one conversion, named by %s: both items fail and neither is sent',
		async (by) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const name = by === 'id' ? BY_ID : BY_ORDER;
			const { failed, success } = await run(
				'update',
				{ ...UPDATE, ...name },
				[
					{ order: '1001', id: idOf(1), kept: 5 },
					{ order: '1002', id: idOf(2), kept: 6 },
					{ order: '1001', id: idOf(1), kept: 7 },
				],
				TO_ERROR_BRANCH,
			);
			expect(failed.map(({ json, pairedItem }) => [json['error'], pairedItem])).toEqual([
				[expect.stringMatching(/5\.00.*item 0.*7\.00.*item 2/s), { item: 0 }],
				[expect.stringMatching(/5\.00.*item 0.*7\.00.*item 2/s), { item: 2 }],
			]);
			expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
			expect(amountsSent()).toEqual([600]);
		},
	);

	test('two amounts for one conversion with On Error at stop: nothing is sent at all', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { stopped } = await run('update', UPDATE, [
			{ order: '1002', kept: 6 },
			{ order: '1001', kept: 5 },
			{ order: '1001', kept: 7 },
		]);
		expect(stopped?.message).toContain(idOf(1));
		expect(affilae.writes).toEqual([]);
	});

	test('the same amount twice for one conversion, written differently, is one write', async () => {
		affilae.respond = shop([conversion(1)]);
		const result = await run('update', UPDATE, [
			{ order: '1001', kept: '5,00' },
			{ order: '1001', kept: 5 },
		]);
		expect(amountsSent()).toEqual([500]);
		expect(outcomes(result)).toEqual([
			['updated', true, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
	});
});

test.each(['accept', 'refuse'])(
	'%s: a conversion that was picked from the list needs no program, it tells its own',
	async (operation) => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await run(
			operation,
			{ reason: 'Returned', conversion: { __rl: true, mode: 'list', value: '={{ $json.id }}' } },
			[{ id: idOf(1) }, { id: idOf(2) }],
		);
		expect(success.map(({ json, pairedItem }) => [json['changed'], pairedItem])).toEqual([
			[true, { item: 0 }],
			[true, { item: 1 }],
		]);
		expect(affilae.writes.map(({ body }) => body)).toEqual([
			expect.objectContaining({ id: idOf(1), program: SHOES.id }),
			expect.objectContaining({ id: idOf(2), program: SHOES.id }),
		]);
	},
);
