import { describe, expect, test } from '@jest/globals';
import { named } from './locators';
import { REASON } from './reconciling';
import { sale, saleId } from './sandboxShop';
import { inAnyOrder } from './server';
import {
	about,
	accepting,
	adviceOf,
	ALL_WRITES,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listing,
	MODES,
	outcomesOf,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

describe.each(ALL_WRITES)('$operation', ({ operation, parameters, sent, outcome }) => {
	test.each(MODES.flatMap((onError) => [undefined, null].map((dry) => ({ onError, dry }))))(
		'fails an item and writes nothing for it if the expression in Dry Run returns $dry (On Error: $onError)',
		async ({ onError, dry }) => {
			await openShop([sale(1), sale(2)]);
			const more = { ...parameters, ...BY_ORDER, dryRun: '={{ $json.dryRun }}' };
			const items = [
				{ ...about(1), dryRun: false },
				dry === undefined ? about(2) : { ...about(2), dryRun: dry },
			];
			const result = await run(operation, more, items, { onError });
			const title =
				"Order 1002: 'Dry Run' is set to an expression that returns nothing for this item [item 1]";
			if (onError === 'stopWorkflow') {
				expect(result.stopped?.message).toBe(title);
				expect(affilae.requests).toEqual([]);
			} else {
				expect(failuresOf(result)).toEqual([[title, { item: 1 }]]);
				expect(affilae.writes).toEqual([sent(1)]);
			}
		},
	);

	test.each([
		{ order: '#undefined', told: 'is "#undefined": its expression returns nothing for this item' },
		{ order: 'undefined', told: 'is "undefined": its expression returns nothing for this item' },
		{ order: 'null', told: 'is "null": its expression returns nothing for this item' },
		{
			order: '[object Object]',
			told: 'is "[object Object]": its expression returns nothing for this item',
		},
		{
			order: '4.68769E+17',
			told: 'is "4.68769E+17": a spreadsheet shortened the number, and its last digits are lost',
		},
		{
			order: 1161888007138312200,
			told: 'is the number 1161888007138312200, which has lost its last digits: numbers are exact up to 15 digits',
		},
		{ order: 10.5, told: 'is 10.5, which is not an ID' },
		{ order: true, told: 'is true, which is not an ID' },
		{ order: ['1001'], told: 'is a list, which is not an ID' },
		{ order: '', told: 'is empty' },
		{ order: ' \u200b ', told: 'is empty' },
		{ order: '#', told: 'is "#", without a letter or a digit' },
	])('rejects an order ID that $told (If Not Found: Succeed)', async ({ order, told }) => {
		await openShop([sale(1)]);
		const more = { ...parameters, ...BY_ORDER, options: { ifNotFound: 'succeed' } };
		const result = await run(operation, more, [about(1), { order }], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([[`'Conversion: Order ID' ${told} [item 1]`, { item: 1 }]]);
		expect(affilae.reads.map(({ query }) => query['externalId'])).toEqual(['1001']);
		expect(affilae.writes).toEqual([sent(1)]);
	});

	test.each([
		{ held: 'S-77 ', given: 'S-77 ' },
		{ held: 'S-77', given: ' S-77\n' },
		{ held: 'S-77', given: 'S\u200b-77' },
		{ held: '#10/42 &x=é+1%', given: '#10/42 &x=é+1%' },
		{ held: '1161888007138312192', given: '1161888007138312192' },
	])('finds the order "$held" by "$given"', async ({ held, given }) => {
		await openShop([sale(1, { externalId: held }), sale(2)]);
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [
			{ order: given },
			about(2),
		]);
		expect(outcomesOf(result)).toEqual([
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test('finds a conversion by its ID in capitals and with spaces around it', async () => {
		await openShop([sale(1), sale(2)]);
		const more = { ...parameters, ...BY_ID };
		await run(operation, more, [{ id: ` ${saleId(1).toUpperCase()} ` }, { id: saleId(2) }]);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
	});

	test('fails if Conversion is By ID and contains an order ID, and suggests Order ID', async () => {
		await openShop([sale(1), sale(2)]);
		const more = { ...parameters, ...BY_ID };
		const result = await run(operation, more, [{ id: 1001 }, about(2)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				`'Conversion: By ID' is "1001", which is not a conversion ID: those have 24 characters, 0 to 9 and a to f [item 0]`,
				{ item: 0 },
			],
		]);
		expect(adviceOf(result)).toEqual(["If it is an order ID, choose Order ID in 'Conversion'."]);
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test('by conversion ID reads the whole list before it reports that Affilae has no such conversion', async () => {
		await openShop([sale(1), sale(2)]);
		const more = { ...parameters, ...BY_ID };
		const result = await run(operation, more, [{ id: 'f'.repeat(24) }, about(2)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[`Affilae has no conversion ${'f'.repeat(24)} [item 0]`, { item: 0 }],
		]);
		expect(affilae.reads).toContainEqual(listing({}));
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test('with an unknown mode in Conversion fails and sends no request', async () => {
		await openShop([sale(1)]);
		const more = { ...parameters, ...named('url', '={{ $json.order }}') };
		const { stopped } = await run(operation, more, [about(1), about(1)]);
		expect(stopped?.message).toBe(`'Conversion' has the unknown mode "url" [item 0]`);
		expect(affilae.requests).toEqual([]);
	});
});

describe('an order that has no conversion', () => {
	test.each(ALL_WRITES.flatMap((write) => MODES.map((onError) => ({ ...write, onError }))))(
		'is reported as notFound by $operation if If Not Found is Succeed (On Error: $onError)',
		async ({ operation, parameters, sent, outcome, onError }) => {
			await openShop([sale(1)]);
			const options = { ifNotFound: 'succeed' };
			const more = { ...parameters, ...BY_ORDER, options };
			const result = await run(operation, more, [{ order: ' none ' }, about(1)], { onError });
			expect([result.stopped, result.failed]).toEqual([undefined, []]);
			expect(result.success).toEqual([
				{
					json: {
						externalId: 'none',
						outcome: 'notFound',
						changed: false,
						message:
							'Affilae has no conversion for order none. Check that this is the order ID that your shop’s tracking sends to Affilae. An order that no affiliate brought has no conversion.',
					},
					pairedItem: { item: 0 },
				},
				{ json: expect.objectContaining({ outcome, changed: true }), pairedItem: { item: 1 } },
			]);
			expect(affilae.writes).toEqual([sent(1)]);
		},
	);

	test.each(['fail', '', undefined])('fails if If Not Found is %j', async (ifNotFound) => {
		await openShop([sale(1)]);
		const options = ifNotFound === undefined ? {} : { ifNotFound };
		const items = [{ order: 'none' }, about(1)];
		const failing = await run('accept', { ...BY_ORDER, options }, items, TO_ERROR_BRANCH);
		expect(failuresOf(failing)).toEqual([
			['Affilae has no conversion for order none [item 0]', { item: 0 }],
		]);
		expect(affilae.writes).toEqual([accepting(1)]);
	});

	test('is named in the output by the customer ID or the conversion ID of its item', async () => {
		await openShop([sale(1)]);
		const options = { ifNotFound: 'succeed' };
		const byCustomer = await run('accept', { ...BY_CUSTOMER, options }, [
			{ customer: 'no' },
			about(1),
		]);
		const byId = await run('accept', { ...BY_ID, options }, [{ id: 'F'.repeat(24) }, about(1)]);
		expect(byCustomer.success[0]?.json).toMatchObject({ customerId: 'no', outcome: 'notFound' });
		expect(byId.success[0]?.json).toMatchObject({ id: 'f'.repeat(24), outcome: 'notFound' });
	});
});

describe('the reason', () => {
	const NEEDING = [
		{ operation: 'refuse', parameters: {}, purpose: 'refuse a conversion' },
		{ operation: 'update', parameters: { amount: 5 }, purpose: 'change an amount' },
	];

	test.each(NEEDING)('is required by $operation', async ({ operation, parameters, purpose }) => {
		await openShop([sale(1), sale(2)]);
		const more = { ...parameters, ...BY_ORDER, reason: '={{ $json.why }}' };
		const items = [
			{ ...about(1), why: ' \n ' },
			{ ...about(2), why: '' },
		];
		const result = await run(operation, more, items, TO_ERROR_BRANCH);
		const told = `'Reason' is empty. Affilae requires one to ${purpose}`;
		expect(failuresOf(result)).toEqual([
			[`Order 1001: ${told} [item 0]`, { item: 0 }],
			[`Order 1002: ${told} [item 1]`, { item: 1 }],
		]);
		expect(adviceOf(result)).toEqual(Array(2).fill("Fill in 'Reason': the affiliate sees it."));
		expect(affilae.requests).toEqual([]);
	});

	const TAKING = [
		{ operation: 'refuse', parameters: {} },
		{ operation: 'update', parameters: { amount: 5 } },
		{ operation: 'reconcile', parameters: { keptAmount: 0, settled: false } },
	];

	function reasonsSent(): unknown[] {
		return inAnyOrder(affilae.writes).map(({ body }) =>
			typeof body === 'object' && body !== null && 'reason' in body ? body.reason : undefined,
		);
	}

	test.each(TAKING)(
		'is sent by $operation on one line, without spaces around it',
		async ({ operation, parameters }) => {
			const shop = await openShop([sale(1), sale(2)]);
			const more = { ...parameters, ...BY_ORDER, reason: '={{ $json.why }}' };
			await run(operation, more, [
				{ ...about(1), why: '  Returned:\r\n size\t "L"\u200b\n' },
				{ ...about(2), why: `Annulée € ${'x'.repeat(1014)}` },
			]);
			expect(reasonsSent()).toEqual(['Returned: size "L"', `Annulée € ${'x'.repeat(1014)}`]);
			expect(shop.sandbox.store.writes).toHaveLength(2);
		},
	);

	test.each(TAKING)(
		'of $operation is rejected before any request if it is too long, is not text, or its expression returns nothing',
		async ({ operation, parameters }) => {
			await openShop([sale(1), sale(2)]);
			const more = { ...parameters, ...BY_ORDER, reason: '={{ $json.why }}' };
			const bad = [
				'x'.repeat(1025),
				'Returned: undefined',
				'[object Object]',
				{ text: 'No' },
				true,
			];
			const items = [
				...bad.map((why) => ({ ...about(1), why })),
				about(1),
				{ ...about(1), why: null },
				{ ...about(2), why: REASON },
			];
			const result = await run(operation, more, items, TO_ERROR_BRANCH);
			expect(failuresOf(result).map((failure) => String([failure].flat()[0]))).toEqual([
				"Order 1001: 'Reason' has 1,025 characters [item 0]",
				`Order 1001: 'Reason' is "Returned: undefined": an expression in it returns nothing for this item [item 1]`,
				`Order 1001: 'Reason' is "[object Object]": an expression in it returns nothing for this item [item 2]`,
				"Order 1001: 'Reason' is an object, which is not text [item 3]",
				"Order 1001: 'Reason' is true, which is not text [item 4]",
				"Order 1001: 'Reason' is set to an expression that returns nothing for this item [item 5]",
				"Order 1001: 'Reason' is set to an expression that returns nothing for this item [item 6]",
			]);
			expect(affilae.reads.map(({ query }) => query['externalId'])).toEqual(['1002']);
			expect(reasonsSent()).toEqual([REASON]);
		},
	);

	test('of reconcile defaults to a sentence for the affiliate', async () => {
		await openShop([sale(1), sale(2)]);
		const more = { ...BY_ORDER, keptAmount: 0, settled: true, reason: '={{ $json.why }}' };
		await run('reconcile', more, [
			{ ...about(1), why: '' },
			{ ...about(2), why: ' ' },
		]);
		expect(reasonsSent()).toEqual(
			Array(2).fill('The order was returned or canceled, in whole or in part'),
		);
	});
});

test.each([
	{ settled: 'TRUE', sends: true },
	{ settled: 1, sends: true },
	{ settled: 'VRAI', sends: true },
	{ settled: ' oui ', sends: true },
	{ settled: '1', sends: true },
	{ settled: 'FAUX', sends: false },
	{ settled: 0, sends: false },
	{ settled: 'false', sends: false },
])(
	'Return Period Has Ended reads $settled from a spreadsheet as $sends',
	async ({ settled, sends }) => {
		await openShop([sale(1), sale(2)]);
		const more = { ...BY_ORDER, keptAmount: 84.9, settled: '={{ $json.settled }}' };
		await run('reconcile', more, [
			{ ...about(1), settled },
			{ ...about(2), settled: true },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual(
			sends ? [accepting(1), accepting(2)] : [accepting(2)],
		);
	},
);

test.each([
	{ settled: '', told: 'is empty' },
	{ settled: 'perhaps', told: 'is "perhaps", neither true nor false' },
	{ settled: 2, told: 'is 2, neither true nor false' },
	{ settled: null, told: 'is set to an expression that returns nothing for this item' },
	{ settled: undefined, told: 'is set to an expression that returns nothing for this item' },
	{ settled: [true], told: 'is a list, neither true nor false' },
])(
	'Return Period Has Ended fails its item before any request for it if it $told',
	async ({ settled, told }) => {
		await openShop([sale(1), sale(2)]);
		const more = { ...BY_ORDER, keptAmount: 84.9, settled: '={{ $json.settled }}' };
		const items = [
			settled === undefined ? about(1) : { ...about(1), settled },
			{ ...about(2), settled: true },
		];
		const result = await run('reconcile', more, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[`Order 1001: 'Return Period Has Ended' ${told} [item 0]`, { item: 0 }],
		]);
		expect(affilae.reads.map(({ query }) => query['externalId'])).toEqual(['1002']);
		expect(affilae.writes).toEqual([accepting(2)]);
	},
);
