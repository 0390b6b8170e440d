import { describe, expect, test } from '@jest/globals';
import { all, keeping, less, nothing } from './kept';
import { parts, RECONCILE } from './reconciling';
import { LIGHTING, type NewConversion, sale, saleId, UNLOCKED } from './sandboxShop';
import { answerWith, conversion } from './shop';
import {
	about,
	accepting,
	adviceOf,
	ALL_WRITES,
	BY_ID,
	BY_ORDER,
	failuresOf,
	outcomesOf,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const BY_ORDERS = { ...RECONCILE, ...BY_ORDER };

describe('a row that cannot be read and does not say its order,', () => {
	const SHOWN = [{ externalId: {} }, { externalId: 1001.5 }, { id: null, externalId: null }];

	test.each(SHOWN)(
		'is not left out of the order that it was returned for, in any operation (%j)',
		async (shownFields) => {
			for (const { operation, parameters, sent } of ALL_WRITES) {
				affilae.forget();
				await openShop([...parts({}, { shownFields }).slice(0, 2), sale(2)]);
				const items = [about(1), about(2)];
				const result = await run(operation, { ...parameters, ...BY_ORDER }, items, TO_ERROR_BRANCH);
				expect(failuresOf(result)).toEqual([
					[
						expect.stringMatching(/^A conversion of order 1001 cannot be read: .* \[item 0\]$/),
						{ item: 0 },
					],
				]);
				expect(affilae.writes).toEqual([sent(2)]);
			}
		},
	);

	test('even if it is empty, is not left out of the order', async () => {
		affilae.respond = ({ query }) =>
			answerWith(query['externalId'] === '1001' ? [conversion(1), null] : [conversion(2)]);
		const items = [all(1), all(2)];
		const result = await run('reconcile', { ...BY_ORDERS, dryRun: true }, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['A conversion of order 1001 cannot be read: a row is not an object [item 0]', { item: 0 }],
		]);
	});

	test('does not fail the orders of others if Affilae ignores the filter', async () => {
		affilae.respond = () =>
			answerWith([conversion(1), conversion(2), { ...conversion(3), externalId: {} }]);
		const items = [all(1), all(2)];
		const result = await run('reconcile', { ...BY_ORDERS, dryRun: true }, items, TO_ERROR_BRANCH);
		expect(outcomesOf(result)).toEqual([
			['accepted', false, { item: 0 }],
			['accepted', false, { item: 1 }],
		]);
	});
});

describe('if Affilae does not say the status of a conversion,', () => {
	const SALES = [sale(1, { status: 'refused', ...UNLOCKED }), sale(2)];

	test('Reconcile leaves it for a person: it may be refused, and that is never overturned', async () => {
		for (const item of [all(1), less(1), nothing(1)]) {
			await openShop(SALES, { leftOut: ['status'] });
			const result = await run('reconcile', BY_ORDERS, [item, all(2)]);
			expect(result.success.map(({ json }) => [json['outcome'], json['message']])).toEqual(
				[1, 2].map((number) => [
					'needsAttention',
					`Affilae does not say the status of order 100${number}. Look at it in Affilae.`,
				]),
			);
		}
		expect(affilae.writes).toEqual([]);
	});

	test('Accept sends it all the same, and Affilae decides', async () => {
		await openShop(SALES, { leftOut: ['status'] });
		const result = await run('accept', BY_ORDER, [about(2)]);
		expect(outcomesOf(result)).toEqual([['accepted', true, { item: 0 }]]);
	});
});

describe('if Affilae does not say the currency of a conversion,', () => {
	test.each(['50.00 USD', '50 €'])('an amount with one fails its item (%j)', async (kept) => {
		await openShop([sale(1), sale(2)], { leftOut: ['currency'] });
		const items = [{ ...less(1), kept }, all(2)];
		const result = await run('reconcile', BY_ORDERS, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				expect.stringMatching(
					/^'Order Amount After Returns' is in (USD|€), but Affilae does not say the currency of order 1001 \[item 0\]$/,
				),
				{ item: 0 },
			],
		]);
		expect(adviceOf(result)).toEqual(['Enter the amount without a currency.']);
		expect(affilae.writes).toEqual([accepting(2)]);
	});

	test('amounts with two currencies contradict each other', async () => {
		await openShop([sale(1), sale(2)], { leftOut: ['currency'] });
		const items = ['50 USD', '50 EUR'].map((kept) => ({ ...less(1), kept }));
		const result = await run('reconcile', BY_ORDERS, [...items, all(2)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual(
			[0, 1].map((item) => [
				expect.stringContaining('50.00 USD kept, return period ended (item 0) and 50.00 EUR kept'),
				{ item },
			]),
		);
	});
});

test('one number is not compared with conversions in two currencies, not even with each', async () => {
	for (const severalConversions of ['ask', 'proportionally', 'eachWhole']) {
		await openShop(parts({}, { shownFields: { currency: 'USD' } }));
		const parameters = { ...BY_ORDERS, options: { severalConversions } };
		const result = await run('reconcile', parameters, [keeping(1, 50), all(2)]);
		expect(result.success.map(({ json }) => json['outcome'])).toEqual([
			...Array(3).fill('needsAttention'),
			'accepted',
		]);
	}
});

describe('if Affilae does not say the commission rules of an order,', () => {
	const unsaid = (number: number, differing: NewConversion = {}) =>
		sale(number, { externalId: '1001', ...differing, shownFields: { rule: undefined } });
	const ORDER = [
		unsaid(1, { amount: 6000 }),
		unsaid(11, { amount: 3000, rule: LIGHTING.name }),
		sale(2),
	];

	test('Reconcile by conversion ID fails, one by one as together: each would be compared alone', async () => {
		const parameters = { ...RECONCILE, ...BY_ID };
		const fails = (number: number, item: number) => [
			expect.stringMatching(
				`^Affilae has several conversions without a commission rule for order 1001: .*${saleId(number)}`,
			),
			{ item },
		];
		await openShop(ORDER);
		for (const number of [1, 11]) {
			const alone = await run('reconcile', parameters, [keeping(number, 60)], TO_ERROR_BRANCH);
			expect(failuresOf(alone)).toEqual([fails(number, 0)]);
			expect(adviceOf(alone)).toEqual([
				'One of them may be a duplicate. Look at them in Affilae, and accept or refuse each there, or by its conversion ID.',
			]);
		}
		const items = [keeping(1, 60), keeping(11, 60), all(2)];
		const together = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(together)).toEqual([fails(1, 0), fails(11, 1)]);
		expect(affilae.writes).toEqual([accepting(2)]);
	});

	test('Accept by conversion ID accepts the one that it names', async () => {
		await openShop(ORDER);
		await run('accept', BY_ID, [about(11)]);
		expect(writesTo(11, affilae.writes)).toEqual([accepting(11)]);
		expect(affilae.writes).toHaveLength(1);
	});
});
