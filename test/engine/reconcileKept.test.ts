import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { REASON, RECONCILE } from './reconciling';
import { sale, saleId } from './sandboxShop';
import { inAnyOrder } from './server';
import { SHOES } from './shop';
import {
	about,
	accepting,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listing,
	listingOrder,
	lowering,
	MODES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const BASE = { settled: false, reason: REASON };

function reconcileWith(options: INodeParameters): INodeParameters {
	return { ...RECONCILE, ...BY_ORDER, options };
}

test.each([
	0,
	'0',
	'0,00 €',
	'5.551115123125783e-17 EUR',
	5.551115123125783e-17,
	'-0.00',
	'-0,00 EUR',
	-0,
])('a kept amount of %s refuses the conversion', async (kept) => {
	await openShop([sale(1), sale(2)]);
	const items = [
		{ ...about(1), ...BASE, kept },
		{ ...about(2), ...BASE, kept: 84.9 },
	];
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, items);
	expect(outcomesOf(result)).toEqual([
		['refused', true, { item: 0 }],
		['unchanged', false, { item: 1 }],
	]);
	expect(affilae.writes).toEqual([refusing(1)]);
});

test('a kept amount equal to that of the conversion, in any notation, does not lower it', async () => {
	await openShop([sale(1), sale(2)]);
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, [
		{ ...about(1), ...BASE, kept: '84.90 EUR', settled: true },
		{ ...about(2), ...BASE, kept: '84,90' },
	]);
	expect(outcomesOf(result)).toEqual([
		['accepted', true, { item: 0 }],
		['unchanged', false, { item: 1 }],
	]);
	expect(affilae.writes).toEqual([accepting(1)]);
});

describe('Tax in Order Amount', () => {
	test.each([
		{ rate: 20, kept: 101.88, sent: [] },
		{ rate: '20', kept: '101,88 €', sent: [] },
		{ rate: '20 %', kept: 72, sent: [lowering(1, 6000)] },
		{ rate: 5.5, kept: 63.3, sent: [lowering(1, 6000)] },
		{ rate: '5,5', kept: 89.57, sent: [] },
		{ rate: 19, kept: 71.4, sent: [lowering(1, 6000)] },
		{ rate: 20, kept: 0, sent: [refusing(1)] },
		{ rate: 0, kept: 60, sent: [lowering(1, 6000)] },
		{ rate: '', kept: 60, sent: [lowering(1, 6000)] },
		// 60.01 / 1.2 is 50.00833…
		{ rate: 20, kept: 60.01, sent: [lowering(1, 5001)] },
	])('of $rate is deducted from $kept before the comparison', async ({ rate, kept, sent }) => {
		await openShop([sale(1), sale(2)]);
		await run('reconcile', reconcileWith({ keptTaxRate: '={{ $json.rate }}' }), [
			{ ...about(1), ...BASE, kept, rate },
			{ ...about(2), ...BASE, kept: 101.88, rate: 20 },
		]);
		expect(affilae.writes).toEqual(sent);
	});

	test.each([
		{ rate: 120, problem: 'is 120, which is not a tax rate' },
		{ rate: -5, problem: 'is -5, which is not a tax rate' },
		{ rate: 0.2, problem: 'is 0.2, which can be read as 0.2% or as 20%' },
		{ rate: 'twenty', problem: 'is "twenty", which is not a tax rate' },
		{ rate: null, problem: 'is set to an expression that returns nothing for this item' },
		{ rate: undefined, problem: 'is set to an expression that returns nothing for this item' },
		{ rate: false, problem: 'is false, which is not a tax rate' },
		{ rate: NaN, problem: 'is NaN, which is not a tax rate' },
	])('that $problem fails its item with each On Error setting', async ({ rate, problem }) => {
		for (const onError of MODES) {
			await openShop([sale(1), sale(2)]);
			affilae.forget();
			const items = [
				{ ...about(1), ...BASE, kept: 60, ...(rate === undefined ? {} : { rate }) },
				{ ...about(2), ...BASE, kept: 72, rate: 20 },
			];
			const parameters = reconcileWith({ keptTaxRate: '={{ $json.rate }}' });
			const result = await run('reconcile', parameters, items, { onError });
			const title = expect.stringContaining(`'Tax in Order Amount (%)' ${problem} [item 0]`);
			if (onError === 'stopWorkflow') {
				expect(result.stopped?.message).toContain(`'Tax in Order Amount (%)' ${problem}`);
				expect(affilae.requests).toEqual([]);
			} else {
				expect(failuresOf(result)).toEqual([[title, { item: 0 }]]);
				expect(affilae.writes).toEqual([lowering(2, 6000)]);
			}
		}
	});
});

describe('Tolerance', () => {
	test.each([
		{ tolerance: undefined, kept: 84.85, sent: [] },
		{ tolerance: '', kept: 84.85, sent: [] },
		{ tolerance: undefined, kept: 84.84, sent: [lowering(1, 8484)] },
		{ tolerance: 0, kept: 84.89, sent: [lowering(1, 8489)] },
		{ tolerance: 0, kept: 84.9, sent: [] },
		{ tolerance: '1,50', kept: 83.4, sent: [] },
		{ tolerance: 1.5, kept: 83.39, sent: [lowering(1, 8339)] },
		{ tolerance: 1000, kept: 0.01, sent: [] },
		// Nothing kept never counts as all kept.
		{ tolerance: 1000, kept: 0, sent: [refusing(1)] },
	])(
		'of $tolerance decides whether $kept kept of 84.90 EUR lowers the conversion',
		async ({ tolerance, kept, sent }) => {
			await openShop([sale(1), sale(2)]);
			const options = tolerance === undefined ? {} : { tolerance };
			await run('reconcile', reconcileWith(options), [
				{ ...about(1), ...BASE, kept },
				{ ...about(2), ...BASE, kept: 84.9 },
			]);
			expect(affilae.writes).toEqual(sent);
		},
	);

	test('is in the unit of Amounts In, and 5 cents if it is not set', async () => {
		for (const { options, expected } of [
			{ options: { tolerance: 150 }, expected: [lowering(2, 8339)] },
			{ options: {}, expected: [lowering(1, 8340), lowering(2, 8339)] },
		]) {
			await openShop([sale(1), sale(2)]);
			affilae.forget();
			await run('reconcile', reconcileWith({ amountsIn: 'cents', ...options }), [
				{ ...about(1), ...BASE, kept: 8340 },
				{ ...about(2), ...BASE, kept: 8339 },
			]);
			expect(inAnyOrder(affilae.writes)).toEqual(expected);
		}
	});

	test.each([
		{ tolerance: -1, problem: 'is -1, which is negative' },
		{ tolerance: 'some', problem: 'is "some", which is not an amount' },
		{ tolerance: null, problem: 'is set to an expression that returns nothing for this item' },
	])('that $problem fails its item', async ({ tolerance, problem }) => {
		await openShop([sale(1), sale(2)]);
		const items = [
			{ ...about(1), ...BASE, kept: 60, tolerance },
			{ ...about(2), ...BASE, kept: 60, tolerance: 0.05 },
		];
		const parameters = reconcileWith({ tolerance: '={{ $json.tolerance }}' });
		const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[expect.stringContaining(`'Tolerance' ${problem} [item 0]`), { item: 0 }],
		]);
		expect(affilae.writes).toEqual([lowering(2, 6000)]);
	});
});

describe('conversions named by their IDs', () => {
	const LESS = { kept: 60, settled: true, reason: REASON };

	test('are read together if that takes fewer requests than one for each', async () => {
		const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
		await openShop(numbers.map((number) => sale(number)));
		const items = numbers.map((number) => ({ ...about(number), ...LESS }));
		const result = await run('reconcile', { ...RECONCILE, ...BY_ID }, items);
		expect(result.success.map(({ json }) => [json['id'], json['outcome']])).toEqual(
			numbers.map((number) => [saleId(number), 'accepted']),
		);
		const period = { from: '2026-10-01T09:58:59.999Z', to: '2026-10-01T10:01:00.001Z' };
		expect(affilae.reads.map(({ query }) => query)).toEqual([
			listing(period).query,
			// The kept amount belongs to an order, so the node reads all conversions of each order.
			...numbers.map((number) => listingOrder(number, { program: SHOES.id }).query),
		]);
		expect(affilae.writes).toHaveLength(24);
	});

	test('that were backdated are found in the whole list, page by page, and processed', async () => {
		const numbers = Array.from({ length: 230 }, (_, index) => index + 1);
		const createdAtMs = Date.UTC(2026, 8, 1);
		await openShop(numbers.map((number) => sale(number, { createdAtMs: createdAtMs + number })));
		const result = await run('reconcile', { ...RECONCILE, ...BY_ID }, [
			{ ...about(3), ...LESS },
			{ ...about(200), ...LESS, kept: 84.9 },
		]);
		expect(outcomesOf(result)).toEqual([
			['accepted', true, { item: 0 }],
			['accepted', true, { item: 1 }],
		]);
		expect(affilae.reads.some(({ query }) => 'offset' in query)).toBe(true);
		expect(inAnyOrder(affilae.writes)).toEqual(
			inAnyOrder([lowering(3, 6000), accepting(3), accepting(200)]),
		);
	});
});

test('a customer ID reconciles the customer’s only order; if there are several, the item fails and names them', async () => {
	await openShop([sale(1, { customerId: 'A' }), sale(2, { customerId: 'A' }), sale(3)]);
	const conversion = { __rl: true, mode: 'customerId', value: '={{ $json.customer }}' };
	const items = [
		{ ...BASE, customer: 'A', kept: 60 },
		{ ...about(3), ...BASE, kept: 60 },
	];
	const result = await run('reconcile', { ...RECONCILE, conversion }, items, TO_ERROR_BRANCH);
	expect(outcomesOf(result)).toEqual([['updated', true, { item: 1 }]]);
	expect(failuresOf(result)).toEqual([
		[
			expect.stringMatching(/^Affilae has several orders for customer A: .*1001.*1002/),
			{ item: 0 },
		],
	]);
	expect(affilae.writes).toEqual([lowering(3, 6000)]);
});

test.each(['$5', '5 USD', '5 EUR', '5 €'])(
	'a tolerance with a currency (%s) fails its item: it is in the currency of each conversion',
	async (tolerance) => {
		await openShop([sale(1), sale(2)]);
		const items = [
			{ ...about(1), ...BASE, kept: 82, tolerance },
			{ ...about(2), ...BASE, kept: 82, tolerance: 5 },
		];
		const parameters = reconcileWith({ tolerance: '={{ $json.tolerance }}' });
		const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				`Order 1001: 'Tolerance' is "${tolerance}", which includes a currency [item 0]`,
				{ item: 0 },
			],
		]);
		expect(affilae.writes).toEqual([]);
	},
);
