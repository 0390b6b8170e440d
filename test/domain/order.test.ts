import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ofRule, orderOf, sharesOf } from '../../nodes/AffilaeConversions/domain/order';
import { NotFound, type Reference } from '../../nodes/AffilaeConversions/domain/reference';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { aConversion, anOrder, BAGS, conversionId, NEVER_SAID, SHOES, type Parts } from './anOrder';
import { errorOf } from './thrown';

const BY_ORDER: Reference = { by: 'externalId', value: '1042' };
const BY_CUSTOMER: Reference = { by: 'customerId', value: 'C-1' };

describe('the conversions that a write acts on', () => {
	test.each<{ what: string; reference: Reference; parts: Parts[] }>([
		{ what: 'one conversion', reference: BY_ORDER, parts: [{}] },
		{
			what: 'one without a rule or a program',
			reference: BY_ORDER,
			parts: [{ ruleId: undefined, ruleName: undefined, programId: undefined }],
		},
		{
			what: 'a bonus, by its ID',
			reference: { by: 'id', value: conversionId(1) },
			parts: [{ externalId: undefined }],
		},
		{ what: 'one per commission rule', reference: BY_ORDER, parts: [{}, {}, {}] },
		{
			what: 'one per rule, in different states and amounts',
			reference: BY_ORDER,
			parts: [{ status: 'accepted' }, { status: 'refused', amountCents: 1 }, { isLocked: true }],
		},
		{
			what: 'one per rule, with rule names only',
			reference: BY_ORDER,
			parts: [{ ruleId: undefined }, { ruleId: undefined }],
		},
		{
			what: 'one per rule, with rule IDs only',
			reference: BY_ORDER,
			parts: [{ ruleName: undefined }, { ruleName: undefined }],
		},
		{
			what: 'one per rule, if the rules have the same name',
			reference: BY_ORDER,
			parts: [{ ruleName: 'Sale' }, { ruleName: 'Sale' }],
		},
		{
			what: 'those of a customer’s only order',
			reference: BY_CUSTOMER,
			parts: [{}, { externalId: ' 1042 ' }],
		},
	])('are those of one order in one program: $what', ({ reference, parts }) => {
		const order = anOrder(...parts);
		expect(orderOf(reference, order)).toEqual(order);
	});

	test('are reported as not found if Affilae has none', () => {
		const error = errorOf(() => orderOf(BY_ORDER, []));
		expect(error).toBeInstanceOf(NotFound);
		expect(error.what).toBe('Affilae has no conversion for order 1042');
	});

	test('are not guessed: duplicates of one rule are named with program, rule and amount', () => {
		const order = anOrder({}, { amountCents: 8491, ruleId: 'r1', ruleName: 'Rule 1' });
		expect(errorOf(() => orderOf(BY_ORDER, order))).toMatchObject({
			what: `Affilae has several conversions of the same commission rule for order 1042: order 1042, program Shoes (${SHOES}), rule Rule 1, pending, 84.90 EUR, conversion ${conversionId(1)}; order 1042, program Shoes (${SHOES}), rule Rule 1, pending, 84.91 EUR, conversion ${conversionId(2)}`,
			advice:
				'One of them may be a duplicate. Look at them in Affilae, and use the conversion ID of the right one.',
		});
	});

	test.each<{ what: string; reference?: Reference; parts: Parts[]; told: string; advice: string }>([
		{
			what: 'the same rule twice, once in capitals',
			parts: [{ ruleId: '5f2d' }, { ruleId: '5F2D' }],
			told: 'several conversions of the same commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'the same rule twice, beside another rule',
			parts: [{}, {}, { ruleId: 'r2' }],
			told: 'several conversions of the same commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'two rules with the same name and without IDs',
			parts: [
				{ ruleId: undefined, ruleName: 'Sale' },
				{ ruleId: undefined, ruleName: 'sale' },
			],
			told: 'several conversions of the same commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'a rule with ID and name, and one with the same name only',
			parts: [{ ruleName: 'Sale' }, { ruleId: undefined, ruleName: 'Sale' }],
			told: 'several conversions without a commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'one without a rule',
			parts: [{}, { ruleId: undefined, ruleName: undefined }],
			told: 'several conversions without a commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'a rule with an ID only, and one with a name only',
			parts: [{ ruleName: undefined }, { ruleId: undefined }],
			told: 'several conversions without a commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'none with a rule',
			parts: [
				{ ruleId: undefined, ruleName: undefined },
				{ ruleId: undefined, ruleName: undefined },
			],
			told: 'several conversions without a commission rule',
			advice: 'conversion ID',
		},
		{
			what: 'two programs have the order',
			parts: [{}, { programId: BAGS }],
			told: 'several programs',
			advice: "Fill in 'Program'",
		},
		{
			what: 'two programs have the order, each with a rule of the same name',
			reference: { ...BY_ORDER, rule: 'SALE' },
			parts: [{ ruleName: 'Sale' }, { ruleName: 'Sale', programId: BAGS }, { ruleName: 'New' }],
			told: 'several programs',
			advice: "Fill in 'Program'",
		},
		{
			what: 'two programs have the order, but only one has the rule that was named',
			reference: { ...BY_ORDER, rule: 'Sale' },
			parts: [{ ruleName: 'Sale' }, { ruleName: 'New', programId: BAGS }],
			told: 'several programs',
			advice: "Fill in 'Program'",
		},
		{
			what: 'one without a program',
			parts: [{}, { programId: undefined }],
			told: 'several programs',
			advice: "Fill in 'Program'",
		},
		{
			what: 'two orders of a customer',
			reference: BY_CUSTOMER,
			parts: [{}, { externalId: '1043' }],
			told: 'several orders',
			advice: 'order ID',
		},
		...['Sale', '5f2d1c0b9a8e7f6d5c4b3b01'].map((rule) => ({
			what: `two orders of a customer, of which only one has the rule that was named (${rule})`,
			reference: { ...BY_CUSTOMER, rule },
			parts: [
				{ ruleId: '5f2d1c0b9a8e7f6d5c4b3b01', ruleName: 'Sale' },
				{ ruleName: 'New', externalId: '1043' },
			],
			told: 'several orders',
			advice: 'order ID',
		})),
		{
			what: 'two bonuses of a customer, of which only one has the rule that was named',
			reference: { ...BY_CUSTOMER, rule: 'Sale' },
			parts: [{ externalId: undefined, ruleName: 'Sale' }, { externalId: undefined }],
			told: 'several conversions without an order',
			advice: 'conversion ID',
		},
		{
			what: 'an order and a bonus of a customer',
			reference: BY_CUSTOMER,
			parts: [{}, { externalId: undefined }],
			told: 'several orders',
			advice: 'order ID',
		},
		{
			what: 'two bonuses of a customer',
			reference: BY_CUSTOMER,
			parts: [{ externalId: undefined }, { externalId: undefined }],
			told: 'several conversions without an order',
			advice: 'conversion ID',
		},
	])('are not guessed: $what', ({ reference = BY_ORDER, parts, told, advice }) => {
		const order = anOrder(...parts);
		for (const found of [order, [...order].reverse()]) {
			const error = errorOf(() => orderOf(reference, found));
			expect(error.what).toContain(
				`Affilae has ${told} for ${reference.by === 'externalId' ? 'order 1042' : 'customer C-1'}: `,
			);
			expect(error.advice).toContain(advice);
			expect(error.message).not.toMatch(NEVER_SAID);
			for (const { id } of ofRule(reference, found)) expect(error.what).toContain(id);
		}
	});

	test('are the same in any sequence, or a person decides in any sequence', () => {
		const parts: fc.Arbitrary<Parts> = fc.record({
			externalId: fc.constantFrom('1042', ' 1042', undefined),
			programId: fc.constantFrom(SHOES, SHOES, BAGS, undefined),
			ruleId: fc.constantFrom('r1', 'R1', 'r2', undefined),
			ruleName: fc.constantFrom('Sale', 'New', undefined),
		});
		const rule = fc.constantFrom(undefined, 'sale', 'r1');
		fc.assert(
			fc.property(fc.array(parts, { minLength: 1, maxLength: 4 }), rule, (several, asked) => {
				const found = anOrder(...several);
				const reference = { ...BY_ORDER, ...(asked === undefined ? {} : { rule: asked }) };
				const idsOf = (conversions: typeof found) => {
					try {
						return orderOf(reference, conversions).map(({ id }) => id);
					} catch (error) {
						expect(error).toBeInstanceOf(UserError);
						return ['a person decides'];
					}
				};
				const ids = idsOf(found);
				expect(idsOf([...found].reverse()).sort()).toEqual([...ids].sort());
				const order = found.filter(({ id }) => ids.includes(id));
				expect(new Set(order.map(({ programId }) => programId)).size).toBeLessThanOrEqual(1);
				expect(new Set(order.map(({ externalId }) => externalId?.trim())).size).toBeLessThanOrEqual(
					1,
				);
				const rules = order.map(({ ruleId, ruleName }) => (ruleId ?? ruleName)?.toLowerCase());
				expect(order.length < 2 || new Set(rules).size === order.length).toBe(true);
			}),
			{ numRuns: 1000 },
		);
	});
});

describe('a commission rule', () => {
	const order = anOrder(
		{ ruleId: '5f2d1c0b9a8e7f6d5c4b3b01', ruleName: 'Sale' },
		{ ruleId: '5f2d1c0b9a8e7f6d5c4b3b02', ruleName: 'Nouveaux Clients' },
		{ ruleId: 'r3', ruleName: undefined },
		{ ruleId: undefined, ruleName: undefined },
	);

	test.each([
		['Sale', [1]],
		['SALE', [1]],
		[' sale ', [1]],
		['nouveaux clients', [2]],
		['5f2d1c0b9a8e7f6d5c4b3b02', [2]],
		['5F2D1C0B9A8E7F6D5C4B3B02', [2]],
		['R3', [3]],
	])('%j selects its conversion of an order', (rule, numbers) => {
		const found = ofRule({ ...BY_ORDER, rule }, order);
		expect(found.map(({ id }) => id)).toEqual(numbers.map(conversionId));
		expect(orderOf({ ...BY_ORDER, rule }, order)).toEqual(found);
	});

	test('that is given by its ID selects its program too: no other program has it', () => {
		const [sale = aConversion(), ...others] = order;
		const elsewhere = others.map((one) => ({ ...one, programId: BAGS }));
		const reference = { ...BY_ORDER, rule: ' 5F2D1C0B9A8E7F6D5C4B3B01 ' };
		expect(orderOf(reference, [sale, ...elsewhere])).toEqual([sale]);
	});

	test('that is left empty selects all conversions of the order', () => {
		expect(ofRule(BY_ORDER, order)).toEqual(order);
	});

	test('is selected first, so duplicates of another rule do not matter', () => {
		const [sale = aConversion(), ...others] = order;
		const withDuplicates = [sale, ...others, ...anOrder({ id: 'x', ruleId: 'r3' })];
		expect(orderOf({ ...BY_ORDER, rule: 'sale' }, withDuplicates)).toEqual([sale]);
		expect(() => orderOf({ ...BY_ORDER, rule: 'r3' }, withDuplicates)).toThrow(
			'several conversions of the same commission rule',
		);
	});

	test.each(['Shoes', 'Sal', ''])(
		'%j is rejected if the order does not have it, and the rules of the order are named',
		(rule) => {
			expect(errorOf(() => orderOf({ ...BY_ORDER, rule }, order))).toMatchObject({
				what: `No conversion of order 1042 has the commission rule "${rule}"`,
				advice:
					"Its commission rules: Sale, Nouveaux Clients, r3, unknown. Change 'Commission Rule', or leave it empty.",
			});
		},
	);
});

describe('dividing a kept amount among the conversions of an order', () => {
	test.each([
		{ amounts: [5000, 5000], kept: 5000, shares: [2500, 2500] },
		{ amounts: [6400, 14950, 500], kept: 10925, shares: [3200, 7475, 250] },
		{ amounts: [100, 100, 100], kept: 100, shares: [34, 33, 33] },
		{ amounts: [100, 100, 100], kept: 200, shares: [67, 67, 66] },
		{ amounts: [1, 10_000], kept: 5000, shares: [0, 5000] },
		{ amounts: [3, 3, 3], kept: 1, shares: [1, 0, 0] },
		{ amounts: [0, 5000], kept: 3000, shares: [0, 3000] },
		{ amounts: [8490], kept: 6000, shares: [6000] },
		{ amounts: [5000, 3000], kept: 8000, shares: [5000, 3000] },
		{ amounts: [5000, 3000], kept: 0, shares: [0, 0] },
		{
			amounts: [999_999_999_999, 1_000_000_000_000],
			kept: 1_000_000_000_001,
			shares: [500_000_000_000, 500_000_000_001],
		},
	])('of $kept cents among $amounts results in $shares', ({ amounts, kept, shares }) => {
		expect(sharesOf(amounts, kept)).toEqual(shares);
	});

	const divisions = fc
		.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1e12 })), {
			minLength: 1,
			maxLength: 6,
		})
		.map((amounts) => ({ amounts, sum: amounts.reduce((total, amount) => total + amount, 0) }))
		.filter(({ sum }) => sum > 0)
		.chain(({ amounts, sum }) =>
			fc.record({
				amounts: fc.constant(amounts),
				sum: fc.constant(sum),
				kept: fc.integer({ min: 0, max: sum }),
			}),
		);

	test('adds up exactly, and keeps each share between 0 and its amount', () => {
		fc.assert(
			fc.property(divisions, ({ amounts, kept }) => {
				const shares = sharesOf(amounts, kept);
				expect(shares).toHaveLength(amounts.length);
				expect(shares.reduce((total, share) => total + share, 0)).toBe(kept);
				shares.forEach((share, index) => {
					expect(Number.isSafeInteger(share)).toBe(true);
					expect(share).toBeGreaterThanOrEqual(0);
					expect(share).toBeLessThanOrEqual(amounts[index] ?? -1);
				});
			}),
			{ numRuns: 1000 },
		);
	});

	test('is proportional: each share is its exact part, rounded up or down to a cent', () => {
		fc.assert(
			fc.property(divisions, ({ amounts, sum, kept }) => {
				sharesOf(amounts, kept).forEach((share, index) => {
					const product = BigInt(amounts[index] ?? 0) * BigInt(kept);
					const exact = { low: product / BigInt(sum), high: product / BigInt(sum) + 1n };
					expect(BigInt(share) >= exact.low && BigInt(share) <= exact.high).toBe(true);
				});
			}),
			{ numRuns: 1000 },
		);
	});

	test('returns the same shares if it is repeated', () => {
		fc.assert(
			fc.property(divisions, ({ amounts, kept }) => {
				const shares = sharesOf(amounts, kept);
				if (kept > 0) expect(sharesOf(shares, kept)).toEqual(shares);
			}),
		);
	});
});
