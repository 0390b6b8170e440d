import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	capitalize,
	describeCandidate,
	describeConversion,
	describeOneOf,
	describeReference,
	NotFound,
	notFound,
	referenceKey,
	ruleOf,
	type Reference,
} from '../../nodes/AffilaeConversions/domain/reference';
import { aConversion, anOrder, conversionId, NEVER_SAID } from './anOrder';

describe('a reference in words', () => {
	test.each<{ reference: Reference; words: string }>([
		{ reference: { by: 'externalId', value: '1042' }, words: 'order 1042' },
		{ reference: { by: 'externalId', value: ' S-77 ' }, words: 'order S-77' },
		{ reference: { by: 'externalId', value: '#1042', programId: 'p' }, words: 'order #1042' },
		{ reference: { by: 'customerId', value: 'C-1' }, words: 'customer C-1' },
		{ reference: { by: 'id', value: 'a1' }, words: 'conversion a1' },
	])('$reference is "$words"', ({ reference, words }) => {
		expect(describeReference(reference)).toBe(words);
	});
});

describe('a conversion in words', () => {
	test('is its order ID, or its conversion ID if it has no order ID', () => {
		expect(describeConversion(aConversion())).toBe('order 1042');
		expect(describeConversion(aConversion({ externalId: 'S-77 ' }))).toBe('order S-77');
		expect(describeConversion(aConversion({ externalId: undefined }))).toBe(
			`conversion ${conversionId(1)}`,
		);
	});

	test('is distinguished from others of its order by its rule', () => {
		const order = anOrder({}, { ruleName: undefined }, { ruleId: undefined, ruleName: undefined });
		expect(order.map((one) => describeOneOf(one, order))).toEqual([
			'order 1042, rule Rule 1',
			'order 1042, rule r2',
			'order 1042, rule unknown',
		]);
		expect(order.map((one) => describeOneOf(one, [one]))).toEqual(Array(3).fill('order 1042'));
	});

	test('is distinguished by the ID of its rule if rules have the same name', () => {
		const order = anOrder({ ruleName: 'Sale' }, { ruleName: 'Sale' }, { ruleName: 'New' });
		expect(order.map((one) => describeOneOf(one, order))).toEqual([
			'order 1042, rule Sale (r1)',
			'order 1042, rule Sale (r2)',
			'order 1042, rule New',
		]);
	});

	test.each([
		[{ ruleId: 'r1', ruleName: 'Sale' }, 'Sale'],
		[{ ruleId: 'r1', ruleName: undefined }, 'r1'],
		[{ ruleId: undefined, ruleName: 'Sale' }, 'Sale'],
		[{ ruleId: undefined, ruleName: undefined }, undefined],
	])('with %j has the rule %j', (parts, rule) => {
		expect(ruleOf(aConversion(parts))).toBe(rule);
	});

	test('names as a candidate its order, program, rule, status, amount, and its conversion ID last', () => {
		const id = conversionId(1);
		const bare: Conversion = { id, row: {} };
		expect(describeCandidate(aConversion({ programId: 'p1' }))).toBe(
			`order 1042, program Shoes (p1), rule Sale, pending, 84.90 EUR, conversion ${id}`,
		);
		expect(describeCandidate({ ...bare, programId: 'p1', ruleId: 'r1', amountCents: 0 })).toBe(
			`program p1, rule r1, 0.00, conversion ${id}`,
		);
		expect(describeCandidate(aConversion({ programId: undefined, currency: 'JPY' }))).toBe(
			`order 1042, rule Sale, pending, 8490 cents (JPY), conversion ${id}`,
		);
		expect(describeCandidate(bare)).toBe(`conversion ${id}`);
	});
});

describe('a reference without a conversion', () => {
	test.each<{ reference: Reference; programs?: string[]; what: string; advice: string }>([
		{
			reference: { by: 'externalId', value: '1042' },
			what: 'Affilae has no conversion for order 1042',
			advice:
				'Check that this is the order ID that your shop’s tracking sends to Affilae. An order that no affiliate brought has no conversion.',
		},
		{
			reference: { by: 'externalId', value: '1042', programId: 'p1' },
			programs: ['p2', 'p3'],
			what: 'Affilae has no conversion for order 1042 in program p1',
			advice:
				'Check that this is the order ID that your shop’s tracking sends to Affilae, and the program ID. An order that no affiliate brought has no conversion.',
		},
		{
			reference: { by: 'customerId', value: 'C-1' },
			programs: ['p2', 'p3'],
			what: 'Affilae has no conversion for customer C-1 in programs p2, p3',
			advice:
				'Check that this is the customer ID that your shop’s tracking sends to Affilae, and the program ID. An order that no affiliate brought has no conversion.',
		},
		{
			reference: { by: 'id', value: 'a1', programId: 'p1' },
			what: 'Affilae has no conversion a1 in program p1',
			advice: "Check the conversion ID, and 'Program' if it is filled in.",
		},
	])(
		'$reference is reported with the programs and with what to check',
		({ reference, programs, what, advice }) => {
			const error = notFound(reference, programs);
			expect(error).toBeInstanceOf(NotFound);
			expect(error).toMatchObject({ what, advice });
			expect(error.message).not.toMatch(NEVER_SAID);
		},
	);
});

describe('the key of a look-up', () => {
	test('is the same for equal references: the rule and the date do not matter', () => {
		const reference: Reference = { by: 'externalId', value: '1042', programId: 'p1' };
		const narrower = { ...reference, rule: 'Sale', since: '2026-10-01T00:00:00.000Z' };
		expect(referenceKey(narrower)).toBe(referenceKey(reference));
	});

	test('differs for every other look-up', () => {
		const word = fc.string({ maxLength: 3 });
		const references: fc.Arbitrary<Reference> = fc.record(
			{
				by: fc.constantFrom<Reference['by']>('externalId', 'customerId', 'id'),
				value: word,
				programId: fc.string({ minLength: 1, maxLength: 3 }),
			},
			{ requiredKeys: ['by', 'value'] },
		);
		fc.assert(
			fc.property(references, references, (one, other) => {
				const areEqual = (['by', 'value', 'programId'] as const).every(
					(key) => one[key] === other[key],
				);
				expect(referenceKey(one) === referenceKey(other)).toBe(areEqual);
				expect(referenceKey({ ...one })).toBe(referenceKey(one));
			}),
		);
	});
});

test.each([
	['order 1042', 'Order 1042'],
	['Order', 'Order'],
	['', ''],
	['été', 'Été'],
])('%j at the start of a sentence is %j', (text, sentence) => {
	expect(capitalize(text)).toBe(sentence);
});
