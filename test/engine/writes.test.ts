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
	/** What was kept is said of an order: the others of it are asked for. */
	const othersOfOrders = operation === 'reconcile' ? ORDERS : [];

	test('by order ID: the list is asked once for each order, and what is sent is what Affilae documents', async () => {
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

	test('nothing is written before everything is read', async () => {
		await openShop([sale(1), sale(2), sale(3)]);
		await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2), about(3)]);
		const methods = affilae.requests.map(({ method }) => method);
		expect(methods.lastIndexOf('GET')).toBeLessThan(methods.indexOf('POST'));
		expect(affilae.writes).toHaveLength(3);
	});

	test('by customer ID: the conversion of the customer’s one order is written to', async () => {
		await openShop([sale(1), sale(2)]);
		const result = await run(operation, { ...parameters, ...BY_CUSTOMER }, [about(2), about(1)]);
		expect(inAnyOrder(affilae.reads)).toEqual([
			listing({ customerId: 'C-1' }),
			listing({ customerId: 'C-2' }),
			// The others of the order may be without the customer's ID.
			...ORDERS,
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test.each(['id', 'list'])(
		'by conversion ID (mode %s): it is read at the ID’s own time, and tells its program',
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

	test('by the ID of a conversion that was dated back: the list is read once more, whole', async () => {
		await openShop([sale(1), sale(2, { createdAtMs: Date.UTC(2026, 7, 1) })]);
		const result = await run(operation, { ...parameters, ...BY_ID }, [about(1), about(2)]);
		expect(affilae.reads.slice(0, 3)).toEqual([listingId(), listingId(), listing({})]);
		expect(inAnyOrder(affilae.reads.slice(3))).toEqual(othersOfOrders);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test('a program that is filled in is asked for, and goes along with the write', async () => {
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

	test('a conversion ID that is in another program than the one filled in is not written to', async () => {
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

	test('what is written goes by the conversion itself, not by another row of the answer', async () => {
		const shop = await shopWith([sale(1), sale(2), sale(9, { program: BAGS.id })]);
		shop.sandbox.change({ ignoredFilters: ['externalId'] });
		affilae.respond = shop.respond;
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)).toEqual(DONE);
	});

	test('rows that do not match the order are never written to', async () => {
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

	test('the same conversion twice in an answer is one conversion', async () => {
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
		'two items about one $by send one write, and the second says with which item',
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

	test('if the one write of two items fails, both items fail', async () => {
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

	test('one bad item with On Error at stop means that nothing was sent', async () => {
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

	test('raw output is Affilae’s own object as it is after the write', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const raw = { ...parameters, ...BY_ORDER, simplify: false };
		const { success } = await run(operation, raw, [about(1), about(2)]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) => ({ ...shop.held(number), outcome, changed: true })),
		);
	});

	test.each([true, false])(
		'outputs of two items about one order are copies (Simplify: %s): what changes one leaves the other',
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

/** All objects that a value is made of. */
function objectsIn(value: unknown): unknown[] {
	if (typeof value !== 'object' || value === null) return [];
	return [value, ...Object.values(value).flatMap(objectsIn)];
}

test('a conversion that was accepted in two rounds is accepted once', async () => {
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
