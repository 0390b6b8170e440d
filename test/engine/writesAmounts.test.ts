import { describe, expect, test } from '@jest/globals';
import { REASON } from './reconciling';
import { type NewConversion, sale, saleId, UNLOCKED } from './sandboxShop';
import { inAnyOrder } from './server';
import {
	about,
	adviceOf,
	BY_ID,
	BY_ORDER,
	failuresOf,
	lowering,
	MODES,
	NAMES,
	outcomesOf,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

/** Update and Reconcile, which take the amount from the field `kept` of the item. */
const TAKING = [
	{
		operation: 'update',
		parameters: { reason: REASON, amount: '={{ $json.kept }}' },
		field: 'Amount',
	},
	{
		operation: 'reconcile',
		parameters: { reason: REASON, keptAmount: '={{ $json.kept }}', settled: false },
		field: 'Order Amount After Returns',
	},
];
const [UPDATE = { parameters: {} }] = TAKING;

/** A conversion with a higher amount than any that a test sends. */
const LARGE: NewConversion = { amount: 99_999_999 };

function inCurrency(currency: string): NewConversion {
	return { rule: currency };
}

describe.each(TAKING)('the amount of $operation', ({ operation, parameters, field }) => {
	const byOrder = { ...parameters, ...BY_ORDER };

	test.each([
		{ kept: '84,89', cents: 8489 },
		{ kept: '19.99', cents: 1999 },
		{ kept: '60,5', cents: 6050 },
		{ kept: '1 234,56 €', cents: 123_456 },
		{ kept: '1,234.56', cents: 123_456 },
		{ kept: '60.00 EUR', cents: 6000 },
		{ kept: 'eur 60', cents: 6000 },
		{ kept: '84.890000000', cents: 8489 },
		{ kept: 19.989999999999998, cents: 1999 },
		{ kept: '59.99999999999999 EUR', cents: 6000 },
		{ kept: '\u200b19.99\ufeff', cents: 1999 },
		{ kept: '19.99\u00a0', cents: 1999 },
	])('entered as $kept is sent as $cents cents', async ({ kept, cents }) => {
		await openShop([sale(1, LARGE), sale(2, LARGE)]);
		const { stopped, success } = await run(operation, byOrder, [
			{ ...about(1), kept },
			{ ...about(2), kept: 5 },
		]);
		expect(stopped).toBeUndefined();
		expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, cents), lowering(2, 500)]);
		expect(success.map(({ json }) => json['amount'])).toEqual([cents / 100, 5]);
	});

	test('is read and returned in cents if Amounts In is Cents', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const options = { amountsIn: 'cents' };
		const { success } = await run(operation, { ...byOrder, options }, [
			{ ...about(1), kept: 1999 },
			{ ...about(2), kept: '2050' },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 1999), lowering(2, 2050)]);
		expect(success.map(({ json }) => [json['amount'], json['commission']])).toEqual(
			[1, 2].map((number) => [shop.held(number).amount, shop.held(number).commissionsTotal]),
		);
	});

	const REJECTED = [
		{ kept: '1,234', told: 'is "1,234", which can be read as 1.234 or as 1234' },
		{ kept: 12.345, told: 'is 12.345, which has a fraction of a cent' },
		{ kept: -5, told: 'is -5, which is negative' },
		{ kept: '-5,00 €', told: 'is "-5,00 €", which is negative' },
		{ kept: '(19.99)', told: 'is "(19.99)", which is negative' },
		{ kept: '', told: 'is empty' },
		{ kept: '   ', told: 'is empty' },
		{ kept: 'abc', told: 'is "abc", which is not an amount' },
		{ kept: true, told: 'is true, which is not an amount' },
		{ kept: ['1'], told: 'is a list, which is not an amount' },
		{ kept: { amount: '1' }, told: 'is an object, which is not an amount' },
		{ kept: NaN, told: 'is NaN: its expression calculates with a value that is not a number' },
		{ kept: 1e12, told: 'is 1000000000000, which is too large' },
		{ kept: null, told: 'is set to an expression that returns nothing for this item' },
		{ kept: undefined, told: 'is set to an expression that returns nothing for this item' },
		{
			kept: `abc${' '.repeat(60_000)}!`,
			told: `is "abc${' '.repeat(54)}…", which is not an amount`,
		},
	];

	test.each(REJECTED)(
		'fails its item before any request for it, in each On Error mode, if it $told',
		async ({ kept, told }) => {
			const title = `Order 1002: '${field}' ${told} [item 1]`;
			for (const onError of MODES) {
				await openShop([sale(1), sale(2)]);
				affilae.forget();
				const items = [
					{ ...about(1), kept: 5 },
					kept === undefined ? about(2) : { ...about(2), kept },
				];
				const result = await run(operation, byOrder, items, { onError });
				if (onError === 'stopWorkflow') {
					expect(result.stopped?.message).toBe(title);
					expect(result.stopped?.description).toMatch(/Nothing was changed in Affilae\.$/);
					expect(affilae.requests).toEqual([]);
				} else {
					expect(failuresOf(result)).toEqual([[title, { item: 1 }]]);
					expect(affilae.reads.map(({ query }) => query['externalId'])).toEqual(['1001']);
					expect(affilae.writes).toEqual([lowering(1, 500)]);
				}
			}
		},
	);

	const WRONG_CURRENCY = [
		{ kept: '50.00 USD', currency: 'EUR', mark: 'USD' },
		{ kept: '$50.00', currency: 'EUR', mark: '$' },
		{ kept: '50,00 €', currency: 'GBP', mark: '€' },
		{ kept: '£5', currency: 'USD', mark: '£' },
	];

	test.each(WRONG_CURRENCY.flatMap((wrong) => NAMES.map((name) => ({ ...wrong, ...name }))))(
		'in another currency than the conversion’s fails its item ($kept for $currency, by $by)',
		async ({ kept, currency, mark, name }) => {
			const rule = currency === 'EUR' ? {} : inCurrency(currency);
			await openShop([sale(1, rule), sale(2)]);
			const items = [
				{ ...about(1), kept },
				{ ...about(2), kept: 5 },
			];
			const result = await run(operation, { ...parameters, ...name }, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[`'${field}' is in ${mark}, but order 1001 is in ${currency} [item 0]`, { item: 0 }],
			]);
			expect(adviceOf(result)).toEqual([`Enter the amount in ${currency}.`]);
			expect(affilae.writes).toEqual([lowering(2, 500)]);
		},
	);

	test.each([
		{ kept: '$50.00', currency: 'USD' },
		{ kept: '$50.00', shownAs: 'CAD' },
		{ kept: '50 $', shownAs: 'mxn' },
		{ kept: '50 EUR', shownAs: 'eur' },
		{ kept: '€50', shownAs: ' Eur ' },
		{ kept: 'usd 50', currency: 'USD' },
	])(
		'in the conversion’s currency, named by its code or symbol, is sent (%j)',
		async ({ kept, currency, shownAs }) => {
			const differing = {
				...(currency === undefined ? {} : inCurrency(currency)),
				...(shownAs === undefined ? {} : { shownFields: { currency: shownAs } }),
			};
			await openShop([sale(1, differing), sale(2)]);
			const result = await run(operation, byOrder, [
				{ ...about(1), kept },
				{ ...about(2), kept: 5 },
			]);
			expect(result.stopped).toBeUndefined();
			expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 5000), lowering(2, 500)]);
		},
	);

	test('for a conversion whose currency is not text fails its item', async () => {
		await openShop([sale(1, { shownFields: { currency: { code: 'EUR' } } }), sale(2)]);
		const items = [
			{ ...about(1), kept: 5 },
			{ ...about(2), kept: 5 },
		];
		const result = await run(operation, byOrder, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				`A conversion of order 1001 cannot be read: the currency (an object) of conversion ${saleId(1)} [item 0]`,
				{ item: 0 },
			],
		]);
		expect(affilae.writes).toEqual([lowering(2, 500)]);
	});

	test.each(['JPY', 'KWD'])(
		'for a conversion in %s, which has no cents, requires Amounts In to be Cents',
		async (currency) => {
			await openShop([sale(1, inCurrency(currency)), sale(2, inCurrency(currency))]);
			const items = [
				{ ...about(1), kept: 50 },
				{ ...about(2), kept: `50 ${currency}` },
			];
			const result = await run(operation, byOrder, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[
					`Order 1001 is in ${currency}, which has no cents: the unit of its amounts in Affilae is unknown [item 0]`,
					{ item: 0 },
				],
				[
					`Order 1002: '${field}' is "50 ${currency}", but ${currency} has no cents: the unit of its amounts in Affilae is unknown [item 1]`,
					{ item: 1 },
				],
			]);
			expect(adviceOf(result)).toEqual(
				Array(2).fill(
					"Set 'Amounts In' to Cents, and enter the whole number that Affilae shows for it.",
				),
			);
			expect(affilae.writes).toEqual([]);

			const options = { amountsIn: 'cents' };
			const { success } = await run(operation, { ...byOrder, options }, items);
			expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 50), lowering(2, 50)]);
			expect(success.map(({ json }) => json['amount'])).toEqual([50, 50]);
		},
	);
});

describe('update to', () => {
	test.each(['0', 0, '0,00 €', '5.551115123125783e-17 EUR', 5.551115123125783e-17, '-0.00', -0])(
		'%s sends 0.00',
		async (kept) => {
			await openShop([sale(1), sale(2)]);
			const result = await run('update', { ...UPDATE.parameters, ...BY_ORDER }, [
				{ ...about(1), kept },
				{ ...about(2), kept: 5 },
			]);
			expect(result.stopped).toBeUndefined();
			expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 0), lowering(2, 500)]);
		},
	);

	test.each(NAMES)(
		'more than the current amount but less than the initial one is sent, and succeeds (by $by)',
		async ({ name }) => {
			const shop = await openShop([sale(1, { amount: 4000, initialAmount: 8490 }), sale(2)]);
			const result = await run('update', { ...UPDATE.parameters, ...name }, [
				{ ...about(1), kept: 60 },
				{ ...about(2), kept: 5 },
			]);
			expect(outcomesOf(result)).toEqual([
				['updated', true, { item: 0 }],
				['updated', true, { item: 1 }],
			]);
			expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 6000), lowering(2, 500)]);
			expect(shop.held(1).amount).toBe(6000);
		},
	);

	test('more than the initial amount is sent, and the item fails with Affilae’s message', async () => {
		await openShop([sale(1), sale(2)]);
		const items = [
			{ ...about(1), kept: 84.91 },
			{ ...about(2), kept: 5 },
		];
		const parameters = { ...UPDATE.parameters, ...BY_ORDER };
		const result = await run('update', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				'Order 1001: Affilae rejected the request: "The new amount must be lower than the initial amount" [item 0]',
				{ item: 0 },
			],
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 8491), lowering(2, 500)]);
	});

	test('the current amount sends nothing, whether the conversion is pending or accepted', async () => {
		await openShop([sale(1), sale(2, { status: 'accepted', ...UNLOCKED })]);
		const result = await run('update', { ...UPDATE.parameters, ...BY_ORDER }, [
			{ ...about(1), kept: '84.90 EUR' },
			{ ...about(2), kept: '84,90' },
		]);
		expect(outcomesOf(result)).toEqual([
			['unchanged', false, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
		expect(affilae.writes).toEqual([]);
	});

	test.each(NAMES)(
		'two amounts for one conversion fails both items and sends neither (by $by)',
		async ({ name }) => {
			await openShop([sale(1), sale(2)]);
			const items = [
				{ ...about(1), kept: 5 },
				{ ...about(2), kept: 6 },
				{ ...about(1), kept: 7 },
			];
			const parameters = { ...UPDATE.parameters, ...name };
			const result = await run('update', parameters, items, TO_ERROR_BRANCH);
			const told =
				'Several items ask for different things for order 1001: 5.00 EUR (item 0) and 7.00 EUR (item 2)';
			expect(failuresOf(result)).toEqual([
				[`${told} [item 0]`, { item: 0 }],
				[`${told} [item 2]`, { item: 2 }],
			]);
			expect(adviceOf(result)).toEqual(Array(2).fill('Keep one item for each order.'));
			expect(affilae.writes).toEqual([lowering(2, 600)]);

			affilae.forget();
			await openShop([sale(1), sale(2)]);
			const { stopped } = await run('update', parameters, items);
			expect(stopped?.message).toBe(`${told} [item 0]`);
			expect(affilae.writes).toEqual([]);
		},
	);

	test('the same amount in different notations, by order ID and by conversion ID, sends one write', async () => {
		await openShop([sale(1), sale(2)]);
		const parameters = { ...UPDATE.parameters, conversion: '={{ $json.which }}' };
		const result = await run('update', parameters, [
			{ which: { __rl: true, mode: 'externalId', value: '1001' }, kept: '50,00 EUR' },
			{ which: { __rl: true, mode: 'id', value: saleId(1) }, kept: 50 },
			{ which: { __rl: true, mode: 'list', value: saleId(1) }, kept: '50.00' },
		]);
		expect(outcomesOf(result)).toEqual([
			['updated', true, { item: 0 }],
			['unchanged', false, { item: 1 }],
			['unchanged', false, { item: 2 }],
		]);
		expect(affilae.writes).toEqual([lowering(1, 5000)]);
	});

	test('only an amount without a currency is sent if Affilae does not say the currency of the conversion', async () => {
		const unsaid = { shownFields: { currency: undefined } };
		await openShop([sale(1, unsaid), sale(2, unsaid)]);
		const parameters = { ...UPDATE.parameters, ...BY_ID };
		const items = [
			{ ...about(1), kept: '50 EUR' },
			{ ...about(2), kept: 5 },
		];
		const result = await run('update', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				"'Amount' is in EUR, but Affilae does not say the currency of order 1001 [item 0]",
				{ item: 0 },
			],
		]);
		expect(affilae.writes).toEqual([lowering(2, 500)]);
	});
});
