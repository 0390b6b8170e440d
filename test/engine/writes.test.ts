import { describe, expect, test } from '@jest/globals';
import { inProgram, named } from './locators';
import { LIGHTING, sale, saleId, shopWith, shown } from './sandboxShop';
import { inAnyOrder, MARK } from './server';
import { answerWith, BAGS, conversion, idOf, refusal, SHOES } from './shop';
import { troubled } from './trouble';
import {
	about,
	ALL_WRITES,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listing,
	listingId,
	listingOrder,
	outcomesOf,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const ORDERS = [listingOrder(1, { program: SHOES.id }), listingOrder(2, { program: SHOES.id })];

describe.each(ALL_WRITES)('$operation', ({ operation, parameters, sent, outcome }) => {
	const DONE = [
		[outcome, true, { item: 0 }],
		[outcome, true, { item: 1 }],
	];
	/** Order Amount After Returns is about the whole order, so its other conversions are read too. */
	const othersOfOrders = operation === 'reconcile' ? ORDERS : [];

	test('by order ID requests the list once for each order, and sends the write that Affilae documents', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: '1001' },
			{ order: 1002 },
		]);
		expect(inAnyOrder(affilae.reads)).toEqual([listingOrder(1), listingOrder(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(new Set(affilae.authorizations)).toEqual(new Set([`Bearer ${MARK}`]));
		expect(success).toEqual(
			[1, 2].map((number) => ({
				json: { ...shown(shop.held(number)), outcome, changed: true },
				pairedItem: { item: number - 1 },
			})),
		);
		expect(shop.held(1)).toMatchObject(
			outcome === 'updated'
				? { status: 'pending', amount: 1999 }
				: { status: outcome, amount: 8490 },
		);
	});

	test('writes nothing before everything is read', async () => {
		await openShop([sale(1), sale(2), sale(3)]);
		await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2), about(3)]);
		const methods = affilae.requests.map(({ method }) => method);
		expect(methods.lastIndexOf('GET')).toBeLessThan(methods.indexOf('POST'));
		expect(affilae.writes).toHaveLength(3);
	});

	test('by customer ID writes to the conversion of the customer’s only order', async () => {
		await openShop([sale(1), sale(2)]);
		const result = await run(operation, { ...parameters, ...BY_CUSTOMER }, [about(2), about(1)]);
		expect(inAnyOrder(affilae.reads)).toEqual([
			listing({ customerId: 'C-1' }),
			listing({ customerId: 'C-2' }),
			// Other conversions of the order may lack the customer ID.
			...ORDERS,
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test.each(['id', 'list'])(
		'by conversion ID (mode %s) searches the list around the time that the ID contains',
		async (mode) => {
			const shop = await openShop([sale(1), sale(2), sale(3, { createdAtMs: 0 })]);
			const parametersById = { ...parameters, ...named(mode, '={{ $json.id }}') };
			const { success } = await run(operation, parametersById, [about(1), about(2)]);
			expect(affilae.reads.slice(0, 2)).toEqual([listingId(), listingId()]);
			expect(inAnyOrder(affilae.reads.slice(2))).toEqual(othersOfOrders);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			expect(success.map(({ json }) => json)).toEqual(
				[1, 2].map((number) => ({ ...shown(shop.held(number)), outcome, changed: true })),
			);
		},
	);

	test('by the ID of a backdated conversion reads the whole list once', async () => {
		await openShop([sale(1), sale(2, { createdAtMs: Date.UTC(2026, 7, 1) })]);
		const result = await run(operation, { ...parameters, ...BY_ID }, [about(1), about(2)]);
		expect(affilae.reads.slice(0, 3)).toEqual([listingId(), listingId(), listing({})]);
		expect(inAnyOrder(affilae.reads.slice(3))).toEqual(othersOfOrders);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test('with Program filled in requests only conversions of that program', async () => {
		await openShop([sale(1), sale(2)]);
		const program = inProgram(SHOES.id);
		await run(operation, { ...parameters, ...BY_ORDER, ...program }, [about(1), about(2)]);
		await run(operation, { ...parameters, ...BY_ID, ...program }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.reads)).toEqual(
			inAnyOrder([
				listingOrder(1, { program: SHOES.id }),
				listingOrder(2, { program: SHOES.id }),
				listingId({ program: SHOES.id }),
				listingId({ program: SHOES.id }),
				...othersOfOrders,
			]),
		);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test('by conversion ID fails if the conversion is in another program than the one filled in', async () => {
		await openShop([sale(1, { program: BAGS.id }), sale(2)]);
		const result = await run(
			operation,
			{ ...parameters, ...BY_ID, ...inProgram(SHOES.id) },
			[about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual([
			[`Affilae has no conversion ${saleId(1)} in program ${SHOES.id} [item 0]`, { item: 0 }],
		]);
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test('writes only to the matching conversions if Affilae ignores the filter for the order', async () => {
		const shop = await shopWith([sale(1), sale(2), sale(9, { program: BAGS.id })]);
		shop.sandbox.change({ ignoredFilters: ['externalId'] });
		affilae.respond = shop.respond;
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test('never writes to rows that do not match the order', async () => {
		affilae.respond = () => answerWith([conversion(7), conversion(8)]);
		const result = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual([
			['Affilae has no conversion for order 1001 [item 0]', { item: 0 }],
			['Affilae has no conversion for order 1002 [item 1]', { item: 1 }],
		]);
		expect(affilae.writes).toEqual([]);
	});

	test('sends one write if an answer contains the same conversion twice', async () => {
		affilae.respond = (request) =>
			request.method === 'GET'
				? answerWith([conversion(1), conversion(1)])
				: { body: { statusCode: 200 } };
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(1)]);
		expect(result.stopped).toBeUndefined();
		expect(affilae.writes.map(({ body }) => body)).toEqual([
			expect.objectContaining({ id: idOf(1) }),
		]);
	});

	test.each([
		{ by: 'order ID', name: BY_ORDER, third: { order: 1001 } },
		{ by: 'conversion ID', name: BY_ID, third: { id: saleId(1).toUpperCase() } },
	])(
		'sends one write for two items with the same $by, and the second names the first',
		async ({ name, third }) => {
			await openShop([sale(1), sale(2)]);
			const result = await run(operation, { ...parameters, ...name }, [about(1), about(2), third]);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
			expect(outcomesOf(result)).toEqual([...DONE, ['unchanged', false, { item: 2 }]]);
			expect(result.success[2]?.json['message']).toBe(
				'Item 0 is about the same conversion and changed it',
			);
		},
	);

	test('fails both items if the write that they share fails', async () => {
		const { respond } = await shopWith([sale(1), sale(2)]);
		affilae.respond = troubled(respond, {
			path: sent(1).path,
			about: saleId(1),
			reply: refusal(400, 'The month is closed'),
		});
		const result = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[about(1), about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		const told = 'Order 1001: Affilae rejected the request: "The month is closed"';
		expect(failuresOf(result)).toEqual([
			[`${told} [item 0]`, { item: 0 }],
			[`${told} [item 1]`, { item: 1 }],
		]);
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 2 }]]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test('writes nothing if one order is not found and On Error is Stop Workflow', async () => {
		await openShop([sale(1), sale(2)]);
		const { stopped, success } = await run(operation, { ...parameters, ...BY_ORDER }, [
			about(1),
			about(2),
			{ order: 'none' },
		]);
		expect(stopped?.message).toBe('Affilae has no conversion for order none [item 2]');
		expect(stopped?.description).toMatch(/Nothing was changed in Affilae\.$/);
		expect(success).toEqual([]);
		expect(affilae.writes).toEqual([]);
	});

	test('without Simplify outputs Affilae’s own object as it is after the write', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const raw = { ...parameters, ...BY_ORDER, simplify: false };
		const { success } = await run(operation, raw, [about(1), about(2)]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) => ({ ...shop.held(number), outcome, changed: true })),
		);
	});

	test.each([true, false])(
		'outputs independent copies for two items about one order (Simplify: %s)',
		async (simplify) => {
			await openShop([sale(1), sale(2)]);
			const { success } = await run(operation, { ...parameters, ...BY_ORDER, simplify }, [
				about(1),
				about(1),
				about(2),
			]);
			const [first, second] = success.map(({ json }) => json);
			expect(second?.['id']).toBe(first?.['id']);
			const shared = objectsIn(first).filter((part) => objectsIn(second).includes(part));
			expect(shared).toEqual([]);
			expect(objectsIn(first).length).toBeGreaterThan(simplify ? 0 : 3);
		},
	);
});

/** The value itself and all objects in it, at any depth. */
function objectsIn(value: unknown): unknown[] {
	if (typeof value !== 'object' || value === null) return [];
	return [value, ...Object.values(value).flatMap(objectsIn)];
}

test('accept writes to each conversion of an order once, although two items name it in each of two runs', async () => {
	const shop = await openShop([sale(1), sale(2, { externalId: '1001', rule: LIGHTING.name })]);
	for (const expected of ['accepted', 'unchanged']) {
		const { success } = await run('accept', BY_ORDER, [about(1), about(1)]);
		expect(success.map(({ json }) => json['outcome'])).toEqual([
			expected,
			expected,
			'unchanged',
			'unchanged',
		]);
	}
	expect(shop.sandbox.store.writes).toHaveLength(2);
});
