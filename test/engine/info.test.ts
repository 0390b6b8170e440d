import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { inProgram, named } from './locators';
import { inAnyOrder, MARK, type Received, serverForTests } from './server';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES, shop } from './shop';

const affilae = serverForTests();

async function info(
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation: 'info', ...parameters },
		items,
		credential: affilae.credential,
		settings,
	});
}

function asked(query: Record<string, string>): Received {
	return { method: 'GET', path: CALLS.info, query };
}

function found({ success }: EngineOutcome): unknown[] {
	return success.map(({ json, pairedItem }) => [json['id'], pairedItem]);
}

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_CUSTOMER = named('customerId', '={{ $json.customer }}');
const BY_ID = named('id', '={{ $json.id }}');

describe('by order ID', () => {
	test('each item asks for its own order and gets its conversion', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const outcome = await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]);
		expect(found(outcome)).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			asked({ externalId: '1001' }),
			asked({ externalId: '1002' }),
		]);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`, `Bearer ${MARK}`]);
	});

	test('an order ID given as a number, or with spaces around it, is the same order', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const outcome = await info(BY_ORDER, [{ order: 1001 }, { order: ' 1002 ' }]);
		expect(found(outcome)).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
	});

	test('an order ID with characters that mean something in an address arrives as it is', async () => {
		const externalId = '#10/42 &x=é+1%';
		affilae.respond = shop([conversion(1, { externalId }), conversion(2)]);
		const outcome = await info(BY_ORDER, [{ order: externalId }, { order: '1002' }]);
		expect(inAnyOrder(affilae.requests)).toEqual(
			inAnyOrder([asked({ externalId }), asked({ externalId: '1002' })]),
		);
		expect(found(outcome)).toHaveLength(2);
	});

	test('an order that no affiliate brought is reported with its order ID', async () => {
		affilae.respond = shop([conversion(1)]);
		const { failed, success } = await info(BY_ORDER, [{ order: 'none' }, { order: '1001' }], {
			onError: 'continueErrorOutput',
		});
		expect(success).toHaveLength(1);
		expect(failed[0]?.json['error']).toMatch(/no conversion.*"none".*\[item 0\]$/s);
	});

	test('a status 404 with Affilae’s own words means that there is none', async () => {
		affilae.respond = () => refusal(404, 'Conversion not found');
		const { stopped } = await info(BY_ORDER, [{ order: '77' }, { order: '78' }]);
		expect(stopped?.message).toMatch(/no conversion.*"77"/s);
	});

	test('an order with a conversion in two programs is reported with both, and the program decides', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: '42' }),
			conversion(2, { externalId: '42', program: BAGS, amount: 1999, currency: 'GBP' }),
		]);
		const { stopped } = await info(BY_ORDER, [{ order: '42' }, { order: '42' }]);
		for (const part of [idOf(1), SHOES.name, '84.90 EUR', idOf(2), BAGS.name, '19.99 GBP']) {
			expect(stopped?.message).toContain(part);
		}

		const narrowed = await info({ ...BY_ORDER, ...inProgram('={{ $json.program }}') }, [
			{ order: '42', program: BAGS.id },
			{ order: '42', program: SHOES.id },
		]);
		expect(found(narrowed)).toEqual([
			[idOf(2), { item: 0 }],
			[idOf(1), { item: 1 }],
		]);
	});

	test('rows that do not match the order are never returned', async () => {
		affilae.respond = () => answerWith([conversion(1), conversion(2), conversion(3)]);
		const { success, failed } = await info(
			BY_ORDER,
			[{ order: '1002' }, { order: '100' }, { order: '#1002' }],
			{ onError: 'continueErrorOutput' },
		);
		expect(success.map(({ json }) => json['id'])).toEqual([idOf(2)]);
		expect(failed.map(({ json }) => json['order'])).toEqual(['100', '#1002']);
	});

	test('rows of another program are never returned', async () => {
		affilae.respond = () => answerWith([conversion(1, { program: BAGS })]);
		const { failed } = await info(
			{ ...BY_ORDER, ...inProgram(SHOES.id) },
			[{ order: '1001' }, { order: '1001' }],
			{ onError: 'continueErrorOutput' },
		);
		expect(failed).toHaveLength(2);
	});

	test('a refused program is left out of the question, and the rows are checked here', async () => {
		const answer = shop([conversion(1), conversion(2, { externalId: '1001', program: BAGS })]);
		affilae.respond = (request) =>
			'program' in request.query
				? refusal(400, '"program" is not allowed', ['program'])
				: answer(request);
		const outcome = await info({ ...BY_ORDER, ...inProgram(BAGS.id) }, [
			{ order: '1001' },
			{ order: '1001' },
		]);
		expect(found(outcome)).toEqual([
			[idOf(2), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
	});

	test.each([
		{ shape: 'conversions with data and total', wrap: (row: unknown) => answerWith([row]).body },
		{ shape: 'conversions with data', wrap: (row: unknown) => ({ conversions: { data: [row] } }) },
		{ shape: 'data and count', wrap: (row: unknown) => ({ data: [row], count: 1 }) },
		{ shape: 'a bare array', wrap: (row: unknown) => [row] },
	])('an answer in the shape "$shape" is read', async ({ wrap }) => {
		affilae.respond = ({ query }) => ({
			body: wrap(conversion(Number(query['externalId']) - 1000)),
		});
		expect(found(await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]))).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
	});

	test.each([
		{ what: 'a web page', reply: { body: '<html><p>Back soon</p></html>' } },
		{ what: 'a web page with status 404', reply: { status: 404, body: '<html>Not here</html>' } },
		{ what: 'an empty answer', reply: {} },
		{ what: 'an object without a list', reply: { body: { statusCode: 200 } } },
	])('$what is not taken for "no such conversion"', async ({ reply }) => {
		affilae.respond = () => reply;
		const { stopped } = await info({ ...BY_ORDER, options: TRIED_ONCE }, [
			{ order: '1001' },
			{ order: '1002' },
		]);
		expect(stopped?.message).toMatch(/\[item 0\]/);
		expect(stopped?.message).not.toContain('no conversion');
	});
});

describe('by customer ID', () => {
	test('a customer with several conversions gets them all, each paired with its item', async () => {
		affilae.respond = shop([
			conversion(1, { customerId: 'A' }),
			conversion(2, { customerId: 'B' }),
			conversion(3, { customerId: 'A', program: BAGS }),
		]);
		const outcome = await info(BY_CUSTOMER, [{ customer: 'A' }, { customer: 'B' }]);
		expect(found(outcome)).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(3), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			asked({ customerId: 'A' }),
			asked({ customerId: 'B' }),
		]);
	});

	test('conversions of other customers are never returned', async () => {
		affilae.respond = () => answerWith([conversion(1), conversion(2)]);
		const outcome = await info(BY_CUSTOMER, [{ customer: 'C-2' }, { customer: 'C-1' }]);
		expect(found(outcome)).toEqual([
			[idOf(2), { item: 0 }],
			[idOf(1), { item: 1 }],
		]);
	});

	test('where the answer holds less than there is, the rest is read as well', async () => {
		const all = Array.from({ length: 30 }, (_, index) => conversion(index, { customerId: 'A' }));
		const answer = shop(all);
		affilae.respond = (request) =>
			request.path === CALLS.info ? answerWith(all.slice(0, 10), 30) : answer(request);
		const { success } = await info(BY_CUSTOMER, [{ customer: 'A' }, { customer: 'A' }]);
		expect(success.map(({ json }) => json['id'])).toEqual([...all, ...all].map(({ id }) => id));
	});

	test('a customer without conversions is reported with the customer ID', async () => {
		affilae.respond = shop([conversion(1)]);
		const { stopped } = await info(BY_CUSTOMER, [{ customer: 'C-1' }, { customer: 'nobody' }]);
		expect(stopped?.message).toMatch(/"nobody".*\[item 1\]/s);
	});
});

describe('by conversion ID', () => {
	const all = Array.from({ length: 230 }, (_, index) => conversion(index));

	test.each(['id', 'list'])(
		'named in mode "%s", a conversion is looked for page by page',
		async (mode) => {
			affilae.respond = shop(all);
			const outcome = await info(named(mode, '={{ $json.id }}'), [
				{ id: idOf(220) },
				{ id: idOf(3) },
			]);
			expect(found(outcome)).toEqual([
				[idOf(220), { item: 0 }],
				[idOf(3), { item: 1 }],
			]);
			expect(affilae.requests.every(({ path }) => path === CALLS.list)).toBe(true);
			expect(affilae.requests.slice(0, 3).map(({ query }) => query['offset'])).toEqual([
				undefined,
				'100',
				'200',
			]);
		},
	);

	test('an ID that is nowhere is reported as not found', async () => {
		affilae.respond = shop(all.slice(0, 120));
		const { success, failed } = await info(BY_ID, [{ id: idOf(110) }, { id: 'f'.repeat(24) }], {
			onError: 'continueErrorOutput',
		});
		expect(success.map(({ json }) => json['id'])).toEqual([idOf(110)]);
		expect(failed[0]?.json['error']).toMatch(/no conversion.*"f{24}".*\[item 1\]$/s);
	});

	test('the program narrows the search, and a conversion of another program is not returned', async () => {
		affilae.respond = shop([conversion(1), conversion(2, { program: BAGS })]);
		const { success, failed } = await info(
			{ ...BY_ID, ...inProgram(BAGS.id) },
			[{ id: idOf(1) }, { id: idOf(2) }],
			{ onError: 'continueErrorOutput' },
		);
		expect(success.map(({ json }) => json['id'])).toEqual([idOf(2)]);
		expect(failed.map(({ json }) => json['id'])).toEqual([idOf(1)]);
	});
});

describe('output', () => {
	test('simplified, no IP address and no user agent come out; raw, the object is untouched', async () => {
		const row = { ...conversion(1), events: [{ id: 'e', partnership: { trackingId: 't' } }] };
		affilae.respond = () => answerWith([row]);
		const { success } = await info({ ...BY_ORDER, simplify: '={{ $json.few }}' }, [
			{ order: '1001', few: true },
			{ order: '1001', few: false },
		]);
		expect(success.map(({ json }) => json)).toEqual([
			{
				id: idOf(1),
				externalId: '1001',
				customerId: 'C-1',
				status: 'pending',
				amount: 84.9,
				amountInCents: 8490,
				currency: 'EUR',
				commission: 8.49,
				programId: SHOES.id,
				createdAt: '2026-10-01T10:00:00.000Z',
			},
			row,
		]);
	});
});

describe('a conversion that is not named', () => {
	test.each([
		{ what: 'a field that the item does not have', conversionValue: '={{ $json.missing }}' },
		{ what: 'an empty text', conversionValue: '={{ "  " }}' },
		{ what: 'null', conversionValue: '={{ null }}' },
		{ what: 'a list', conversionValue: '={{ ["1001"] }}' },
		{ what: 'true', conversionValue: '={{ true }}' },
		{ what: 'a number with a fraction', conversionValue: '={{ 10.5 }}' },
	])('$what stops the item with what to do, and nothing is sent', async ({ conversionValue }) => {
		affilae.respond = shop([conversion(1)]);
		const { stopped } = await info(named('externalId', conversionValue), [{}, {}]);
		expect(stopped?.message).toMatch(/Conversion .*expression.*\[item 0\]/s);
		expect(affilae.requests).toEqual([]);
	});
});
