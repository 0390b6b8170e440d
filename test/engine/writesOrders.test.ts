import { describe, expect, test } from '@jest/globals';
import { inProgram } from './locators';
import { REASON } from './reconciling';
import { LIGHTING, NEW_CUSTOMERS, SALE, sale, saleId, UNLOCKED } from './sandboxShop';
import { inAnyOrder } from './server';
import { BAGS, refusal, SHOES } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	adviceOf,
	ALL_WRITES,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	CONTINUING,
	failuresOf,
	lowering,
	MODES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	WRITES,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const WITHOUT_UPDATE = WRITES.filter(({ operation }) => operation !== 'update');
const UPDATE = { reason: REASON, amount: 19.99 };

/** Order 1001 has a conversion by each of three rules: 1, 11 and 12; order 1002 has one. */
function threeRules() {
	return [
		sale(1, { amount: 6400 }),
		sale(11, { externalId: '1001', rule: LIGHTING.name, amount: 14_950 }),
		sale(12, { externalId: '1001', rule: NEW_CUSTOMERS.name, amount: 500 }),
		sale(2),
	];
}

describe.each(WITHOUT_UPDATE)('$operation of an order with several rules', (write) => {
	const { operation, parameters, sent, outcome } = write;

	test('writes to all of its conversions, and returns one item for each', async () => {
		const shop = await openShop(threeRules());
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([1, 2, 11, 12].map((one) => sent(one))));
		expect(
			success.map(({ json, pairedItem }) => [json['rule'], json['outcome'], pairedItem]),
		).toEqual([
			[SALE.name, outcome, { item: 0 }],
			[LIGHTING.name, outcome, { item: 0 }],
			[NEW_CUSTOMERS.name, outcome, { item: 0 }],
			[SALE.name, outcome, { item: 1 }],
		]);
		expect([1, 2, 11, 12].map((one) => shop.held(one).status)).toEqual(Array(4).fill(outcome));
	});

	test('writes only to the conversions that need a change', async () => {
		const [first, ...others] = threeRules();
		await openShop([
			{ ...first, status: outcome === 'refused' ? 'refused' : 'accepted' },
			...others,
		]);
		const result = await run(operation, { ...parameters, ...BY_ORDER }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([2, 11, 12].map((one) => sent(one))));
		expect(outcomesOf(result)).toEqual([
			['unchanged', false, { item: 0 }],
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
		]);
		expect(result.success[0]?.json['message']).toBe(`Order 1001, rule Sale was already ${outcome}`);
	});

	test.each(MODES)(
		'reports what was done and what was not if one write fails (On Error: %s)',
		async (onError) => {
			const { respond } = await openShop(threeRules());
			affilae.respond = troubled(respond, {
				path: sent(11).path,
				about: saleId(11),
				reply: refusal(400, 'The month is closed'),
			});
			const result = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options: { maxConcurrency: 1 } },
				[about(1), about(2)],
				{ onError },
			);
			const isStopped = onError === 'stopWorkflow';
			const third = isStopped ? '' : `, order 1001, rule New customers was ${outcome}`;
			const title = `Order 1001, rule Sale was ${outcome}${third}, but order 1001, rule Lighting was not ${outcome} [item 0]`;
			const advice =
				/^Affilae rejected the request: "The month is closed"\..* continues from there\. \(HTTP 400\)/;
			if (isStopped) {
				expect(result.stopped?.message).toBe(title);
				expect(result.stopped?.description).toMatch(advice);
				expect(result.stopped?.description).toMatch(/1 partly done/);
			} else {
				expect(failuresOf(result)).toEqual([[title, { item: 0 }]]);
				expect(adviceOf(result)).toEqual([expect.stringMatching(advice)]);
			}
			expect(writesTo(12, affilae.writes)).toEqual(isStopped ? [] : [sent(12)]);
		},
	);
});

describe('update of an order with several rules', () => {
	test.each(MODES)(
		'fails, names the rules, and writes nothing to the order (On Error: %s)',
		async (onError) => {
			await openShop(threeRules());
			const result = await run('update', { ...UPDATE, ...BY_ORDER }, [about(1), about(2)], {
				onError,
			});
			const title =
				'Order 1001 has 3 conversions, one per commission rule (order 1001, rule Sale: 64.00 EUR; order 1001, rule Lighting: 149.50 EUR; order 1001, rule New customers: 5.00 EUR) [item 0]';
			const advice = "Choose one with the option 'Commission Rule', or use Reconcile.";
			if (onError === 'stopWorkflow') {
				expect(result.stopped).toEqual({
					message: title,
					description: `${advice} Nothing was changed in Affilae.`,
				});
				expect(affilae.writes).toEqual([]);
			} else {
				expect(failuresOf(result)).toEqual([[title, { item: 0 }]]);
				expect(adviceOf(result)).toEqual([advice]);
				expect(affilae.writes).toEqual([lowering(2, 1999)]);
			}
		},
	);
});

describe('rules of one order:', () => {
	const GIVEN = [LIGHTING.name, ' lighting', LIGHTING.id, LIGHTING.id.toUpperCase()];

	test.each(ALL_WRITES.flatMap((write) => GIVEN.map((rule) => ({ ...write, rule }))))(
		'$operation writes only to the conversion of the Commission Rule "$rule"',
		async ({ operation, parameters, sent, outcome, rule }) => {
			await openShop(threeRules());
			const options = { rule: '={{ $json.rule }}' };
			const result = await run(operation, { ...parameters, ...BY_ORDER, options }, [
				{ ...about(1), rule },
				{ ...about(2), rule: '' },
			]);
			expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([sent(11), sent(2)]));
			expect(outcomesOf(result)).toEqual([
				[outcome, true, { item: 0 }],
				[outcome, true, { item: 1 }],
			]);
		},
	);

	test.each(ALL_WRITES)(
		'$operation fails for a Commission Rule that the order does not have, and names those that it has',
		async ({ operation, parameters, sent }) => {
			await openShop(threeRules());
			const options = { rule: '={{ $json.rule }}' };
			const result = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options },
				[
					{ ...about(1), rule: 'Shoes' },
					{ ...about(2), rule: SALE.name },
				],
				TO_ERROR_BRANCH,
			);
			expect(failuresOf(result)).toEqual([
				['No conversion of order 1001 has the commission rule "Shoes" [item 0]', { item: 0 }],
			]);
			expect(adviceOf(result)).toEqual([
				"Its commission rules: Sale, Lighting, New customers. Change 'Commission Rule', or leave it empty.",
			]);
			expect(affilae.writes).toEqual([sent(2)]);
		},
	);

	test.each(['={{ $json.rule }} ', ' \u00a0'])(
		'a Commission Rule of only spaces fails its item, and does not mean all conversions (%j)',
		async (rule) => {
			await openShop(threeRules());
			const items = [about(1), about(2)];
			const parameters = { ...BY_ORDER, options: { rule } };
			const result = await run('accept', parameters, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual(
				[0, 1].map((item) => [expect.stringContaining("'Commission Rule' is"), { item }]),
			);
			expect(affilae.writes).toEqual([]);
		},
	);

	test.each(WITHOUT_UPDATE)(
		'$operation of two rules and of the whole order writes to each conversion once',
		async ({ operation, parameters, sent, outcome }) => {
			await openShop(threeRules());
			const options = { rule: '={{ $json.rule }}' };
			const rules = [SALE.name, LIGHTING.name, ''];
			const result = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options },
				rules.map((rule) => ({ ...about(1), rule })),
			);
			expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([1, 11, 12].map((one) => sent(one))));
			expect(
				result.success.map(({ json, pairedItem }) => [json['rule'], json['outcome'], pairedItem]),
			).toEqual([
				[SALE.name, outcome, { item: 0 }],
				[LIGHTING.name, outcome, { item: 1 }],
				[SALE.name, 'unchanged', { item: 2 }],
				[LIGHTING.name, 'unchanged', { item: 2 }],
				[NEW_CUSTOMERS.name, outcome, { item: 2 }],
			]);
		},
	);

	test('two items about two rules send two writes', async () => {
		await openShop(threeRules());
		const options = { rule: '={{ $json.rule }}' };
		const amount = '={{ $json.amount }}';
		const result = await run('update', { ...UPDATE, amount, ...BY_ORDER, options }, [
			{ ...about(1), rule: SALE.name, amount: 10 },
			{ ...about(1), rule: LIGHTING.name, amount: 20 },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual([lowering(1, 1000), lowering(11, 2000)]);
		expect(result.success.map(({ json }) => [json['rule'], json['amount']])).toEqual([
			[SALE.name, 10],
			[LIGHTING.name, 20],
		]);
	});

	test('an item about the order and one about one of its conversions send one write to that conversion', async () => {
		await openShop(threeRules());
		const result = await run('refuse', { reason: REASON, conversion: '={{ $json.which }}' }, [
			{ which: { __rl: true, mode: 'externalId', value: '1001' } },
			{ which: { __rl: true, mode: 'id', value: saleId(11) } },
		]);
		expect(result.stopped).toBeUndefined();
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([1, 11, 12].map((one) => refusing(one))));
		const told = result.success.map(({ json }) => json['outcome']).sort();
		expect(told).toEqual(['refused', 'refused', 'refused', 'unchanged']);
		expect(result.success.map(({ json }) => json['message'])).toContainEqual(
			expect.stringMatching(/^Item [01] is about the same conversion and changed it$/),
		);
	});
});

describe.each(ALL_WRITES)('$operation never chooses between candidates:', (write) => {
	const { operation, parameters, sent, outcome } = write;
	const DAY_MS = 86_400_000;

	test.each(CONTINUING)(
		'it names two conversions of one rule, and a conversion ID decides (On Error: %s)',
		async (onError) => {
			await openShop([sale(1), sale(11, { externalId: '1001', amount: 8491 }), sale(2)]);
			const byOrder = { ...parameters, ...BY_ORDER };
			const result = await run(operation, byOrder, [about(1), about(2)], { onError });
			const each = (amount: string, number: number) =>
				`order 1001, program Shoes France (${SHOES.id}), rule Sale, pending, ${amount} EUR, conversion ${saleId(number)}`;
			expect(failuresOf(result)).toEqual([
				[
					`Affilae has several conversions of the same commission rule for order 1001: ${each('84.90', 1)}; ${each('84.91', 11)} [item 0]`,
					{ item: 0 },
				],
			]);
			expect(adviceOf(result)).toEqual([
				'One of them may be a duplicate. Look at them in Affilae, and use the conversion ID of the right one.',
			]);
			expect(affilae.writes).toEqual([sent(2)]);

			affilae.forget();
			const byId = await run(operation, { ...parameters, ...BY_ID }, [about(11), about(11)]);
			expect(outcomesOf(byId)).toEqual([
				[outcome, true, { item: 0 }],
				['unchanged', false, { item: 1 }],
			]);
			expect(affilae.writes).toEqual([sent(11)]);
		},
	);

	test('it writes to none of several conversions without a rule', async () => {
		const unsaid = { shownFields: { rule: null } };
		await openShop([sale(1, unsaid), sale(11, { externalId: '1001', ...unsaid }), sale(2, unsaid)]);
		const result = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual([
			[
				expect.stringMatching(
					`^Affilae has several conversions without a commission rule for order 1001: .*${saleId(1)}.*${saleId(11)}.*\\[item 0\\]$`,
				),
				{ item: 0 },
			],
		]);
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test.each([
		{ beside: 0, options: {} },
		{ beside: 1, options: {} },
		{ beside: 3, options: {} },
		{ beside: 12, options: {} },
		{ beside: 3, options: { ordersSince: '2026-01-01' } },
		{ beside: 12, options: { ordersSince: '2026-01-01' } },
	])(
		'it names both programs of an order (other orders: $beside, $options)',
		async ({ beside, options }) => {
			const others = Array.from({ length: beside }, (_, index) => 20 + index);
			await openShop([
				sale(1),
				sale(11, {
					externalId: '1001',
					program: BAGS.id,
					createdAtMs: Date.UTC(2026, 9, 1, 10) + 3 * DAY_MS,
					status: 'accepted',
					...UNLOCKED,
				}),
				...others.map((number) => sale(number)),
			]);
			const result = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options },
				[about(1), ...others.map(about)],
				TO_ERROR_BRANCH,
			);
			const [[title] = []] = failuresOf(result).map((failure) => [failure].flat());
			for (const part of [saleId(1), saleId(11), SHOES.name, BAGS.name, SALE.name, '84.90 EUR']) {
				expect(title).toContain(part);
			}
			expect(title).toMatch(/^Affilae has several programs for order 1001: .*\[item 0\]$/);
			expect(adviceOf(result)).toEqual([
				"Fill in 'Program', or use the conversion ID of the right one.",
			]);
			expect(outcomesOf(result)).toEqual(
				others.map((_, index) => [outcome, true, { item: index + 1 }]),
			);
			expect(inAnyOrder(affilae.writes)).toEqual(others.map((one) => sent(one)));
		},
	);

	test('the field Program decides between two programs of an order', async () => {
		await openShop([sale(1), sale(11, { externalId: '1001', program: BAGS.id }), sale(2)]);
		const parametersOfBoth = { ...parameters, ...BY_ORDER, ...inProgram('={{ $json.program }}') };
		const result = await run(operation, parametersOfBoth, [
			{ ...about(1), program: BAGS.id },
			{ ...about(2), program: SHOES.id },
		]);
		expect(outcomesOf(result)).toEqual([
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
		]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([sent(11, BAGS.id), sent(2)]));
	});

	test('it names the orders of a customer who has several, and writes to none', async () => {
		await openShop([sale(1, { customerId: 'A' }), sale(2, { customerId: 'A' }), sale(3)]);
		const result = await run(
			operation,
			{ ...parameters, ...BY_CUSTOMER },
			[{ customer: 'A' }, about(3)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual([
			[
				expect.stringMatching(
					/^Affilae has several orders for customer A: order 1001, .*; order 1002, .* \[item 0\]$/,
				),
				{ item: 0 },
			],
		]);
		expect(adviceOf(result)).toEqual(['Use the order ID of the right one.']);
		expect(affilae.writes).toEqual([sent(3)]);
	});

	test('it writes to none of a customer’s several conversions without an order ID', async () => {
		const bonus = { externalId: null, customerId: 'A' };
		await openShop([sale(1, bonus), sale(2, { ...bonus, rule: LIGHTING.name }), sale(3)]);
		const result = await run(
			operation,
			{ ...parameters, ...BY_CUSTOMER },
			[{ customer: 'A' }, about(3)],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual([
			[
				expect.stringMatching(
					/^Affilae has several conversions without an order for customer A: .*\[item 0\]$/,
				),
				{ item: 0 },
			],
		]);
		expect(adviceOf(result)).toEqual(['Use the conversion ID of the right one.']);
		expect(affilae.writes).toEqual([sent(3)]);
	});

	test.each(MODES)(
		'if one conversion of an order cannot be read, it does not write to the other (On Error: %s)',
		async (onError) => {
			await openShop([
				sale(1),
				sale(11, { externalId: '1001', rule: LIGHTING.name, shownFields: { amount: '12.50' } }),
				sale(2),
			]);
			const byOrder = { ...parameters, ...BY_ORDER };
			const result = await run(operation, byOrder, [about(1), about(2)], { onError });
			const title = `A conversion of order 1001 cannot be read: the amount ("12.50", not whole cents) of conversion ${saleId(11)} [item 0]`;
			if (onError === 'stopWorkflow') expect(result.stopped?.message).toBe(title);
			else expect(failuresOf(result)).toEqual([[title, { item: 0 }]]);
			expect(affilae.writes).toEqual(onError === 'stopWorkflow' ? [] : [sent(2)]);
		},
	);
});

test('the sequence in which Affilae lists the conversions of an order does not change the output', async () => {
	const outputs = [];
	for (const order of ['newestFirst', 'oldestFirst', 'unstable'] as const) {
		await openShop(threeRules(), { order });
		const { success } = await run('accept', BY_ORDER, [about(1), about(2)]);
		outputs.push(success.map(({ json }) => json));
		expect(affilae.writes[0]).toEqual(accepting(1));
		affilae.forget();
	}
	expect(outputs[1]).toEqual(outputs[0]);
	expect(outputs[2]).toEqual(outputs[0]);
});
