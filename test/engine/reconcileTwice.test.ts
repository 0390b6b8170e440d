import { describe, expect, test } from '@jest/globals';
import { all, keeping } from './kept';
import { parts, RECONCILE } from './reconciling';
import { LIGHTING, NEW_CUSTOMERS, sale, saleId, UNLOCKED } from './sandboxShop';
import { refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	failuresOf,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const BY_IDS = { ...RECONCILE, ...BY_ID };

describe('of two conversions of an order with the same commission rule,', () => {
	const other = sale(12, { externalId: '1001', rule: LIGHTING.name, amount: 1000 });

	test.each([
		{ options: {}, more: [] },
		{ options: { rule: 'Sale' }, more: [other] },
	])(
		'the second is not accepted in a later run by conversion ID: the order is paid already ($options)',
		async ({ options, more }) => {
			const shop = await openShop([sale(1), sale(11, { externalId: '1001' }), ...more, sale(2)]);
			const parameters = { ...BY_IDS, options };
			await run('reconcile', parameters, [keeping(1, 60)]);
			expect(shop.held(1)).toMatchObject({ status: 'accepted', amount: 6000 });
			affilae.forget();
			const second = await run('reconcile', parameters, [keeping(11, 60), all(2)]);
			expect(second.success[0]?.json).toMatchObject({
				outcome: 'needsAttention',
				message: `Order 1001 has several conversions of one commission rule, and conversion ${saleId(1)} of the same rule is already accepted. One of them may be a duplicate. Look at them in Affilae, and refuse the wrong one.`,
			});
			expect(affilae.writes).toEqual([accepting(2)]);
			const first = await run('reconcile', parameters, [keeping(1, 60), all(2)]);
			expect(first.success.map(({ json }) => json['outcome'])).toEqual(['unchanged', 'unchanged']);
		},
	);

	test('the second is refused although the first is accepted, if nothing was kept', async () => {
		const accepted = sale(1, { status: 'accepted', ...UNLOCKED });
		await openShop([accepted, sale(11, { externalId: '1001' })]);
		await run('reconcile', BY_IDS, [keeping(11, 0)]);
		expect(affilae.writes).toEqual([refusing(11)]);
	});
});

test('a Commission Rule does not choose between two orders of a customer', async () => {
	await openShop([sale(1), sale(11, { customerId: 'C-1', rule: LIGHTING.name }), sale(2)]);
	const parameters = { ...RECONCILE, ...BY_CUSTOMER, options: { rule: 'Sale' } };
	const result = await run('reconcile', parameters, [keeping(1, 60), all(2)], TO_ERROR_BRANCH);
	expect(failuresOf(result)).toEqual([
		[expect.stringMatching('^Affilae has several orders for customer C-1: '), { item: 0 }],
	]);
	expect(affilae.writes).toEqual([accepting(2)]);
});

describe('If Already Processed: Fail by conversion ID', () => {
	const parameters = { ...BY_IDS, options: { ifAlreadyProcessed: 'fail' } };

	test('does not fail an item because another conversion of its order is accepted already', async () => {
		await openShop(parts({ status: 'accepted', ...UNLOCKED }));
		const items = [keeping(11, 100), keeping(12, 100), all(2)];
		const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([]);
		expect(outcomesOf(result)).toEqual([0, 1, 2].map((item) => ['accepted', true, { item }]));
	});

	test('still fails an item whose own conversion is accepted already', async () => {
		await openShop(parts({ status: 'accepted', ...UNLOCKED }));
		const items = [keeping(1, 100), keeping(11, 100)];
		const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['Order 1001, rule Sale was already accepted [item 0]', { item: 0 }],
		]);
		expect(affilae.writes).toEqual([accepting(11)]);
	});
});

test('Retry On Fail divides an order anew if somebody has lowered a conversion below its share', async () => {
	const shop = await openShop([
		sale(1, { amount: 6000 }),
		sale(11, { externalId: '1001', rule: LIGHTING.name, amount: 3000 }),
		sale(12, { externalId: '1001', rule: NEW_CUSTOMERS.name, amount: 1000 }),
	]);
	const { store } = shop.sandbox;
	affilae.respond = troubled(shop.respond, {
		path: '/advertiser/conversions.update',
		about: saleId(11),
		reply: refusal(400, 'The month is closed'),
		times: 1,
		before: () => {
			const entry = store.get(saleId(1));
			if (entry) store.update(entry, 2000, 'By hand');
		},
	});
	const parameters = {
		...RECONCILE,
		...BY_ORDER,
		options: { severalConversions: 'proportionally' },
	};
	const retrying = {
		onError: 'stopWorkflow',
		retryOnFail: true,
		maxTries: 2,
		waitBetweenTries: 1,
	} as const;
	const result = await run('reconcile', parameters, [keeping(1, 50)], retrying);
	expect(result.stopped).toBeUndefined();
	const amounts = [1, 11, 12].map((number) => shop.held(number).amount);
	expect(amounts).toEqual([1667, 2500, 833]);
});

test.each(['84,00 €', '40\n100'])('%j is no amount in cents, and fails its item', async (kept) => {
	await openShop([sale(1), sale(2)]);
	const parameters = { ...RECONCILE, ...BY_ORDER, options: { amountsIn: 'cents' } };
	const items = [
		{ ...about(1), settled: true, reason: '', kept },
		{ ...all(2), kept: '8490.00' },
	];
	const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
	expect(failuresOf(result)).toHaveLength(1);
	expect(affilae.writes).toEqual([accepting(2)]);
});
