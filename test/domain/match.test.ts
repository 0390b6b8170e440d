import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	describeReference,
	fits,
	nothingFits,
	referenceKey,
	theOnly,
	type Reference,
} from '../../nodes/AffilaeConversions/domain/match';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';

const CONVERSION: Conversion = {
	id: 'a1',
	externalId: '1042',
	customerId: 'C-1',
	status: 'pending',
	amountCents: 8490,
	currency: 'EUR',
	programId: 'p1',
	programName: 'Shoes',
	row: {},
};

describe('whether a conversion is the one that was asked for', () => {
	test.each<{ reference: Reference; fit: boolean }>([
		{ reference: { by: 'externalId', value: '1042' }, fit: true },
		{ reference: { by: 'externalId', value: '#1042' }, fit: false },
		{ reference: { by: 'externalId', value: '104' }, fit: false },
		{ reference: { by: 'externalId', value: '1042 ' }, fit: false },
		{ reference: { by: 'externalId', value: '01042' }, fit: false },
		{ reference: { by: 'externalId', value: 'C-1' }, fit: false },
		{ reference: { by: 'customerId', value: 'C-1' }, fit: true },
		{ reference: { by: 'customerId', value: 'c-1' }, fit: false },
		{ reference: { by: 'id', value: 'a1' }, fit: true },
		{ reference: { by: 'id', value: 'A1' }, fit: false },
		{ reference: { by: 'externalId', value: '1042', programId: 'p1' }, fit: true },
		{ reference: { by: 'externalId', value: '1042', programId: 'p2' }, fit: false },
		{ reference: { by: 'id', value: 'a1', programId: 'p2' }, fit: false },
	])('$reference: $fit', ({ reference, fit }) => {
		expect(fits(CONVERSION, reference)).toBe(fit);
	});

	test('a conversion without the part that was asked for does not fit', () => {
		const bare: Conversion = { id: 'a1', row: {} };
		expect(fits(bare, { by: 'externalId', value: '' })).toBe(false);
		expect(fits(bare, { by: 'customerId', value: 'undefined' })).toBe(false);
	});
});

describe('the one conversion that a reference means', () => {
	test('is the only candidate', () => {
		expect(theOnly({ by: 'externalId', value: '1042' }, [CONVERSION])).toBe(CONVERSION);
	});

	test('is refused where there is none, with the reference named', () => {
		const pick = () => theOnly({ by: 'externalId', value: '1042', programId: 'p9' }, []);
		expect(pick).toThrow(UserError);
		expect(pick).toThrow(/no conversion.*order ID "1042" in program p9/);
	});

	test('is refused where there are several, with each of them named', () => {
		const other: Conversion = {
			id: 'b2',
			externalId: '1042',
			status: 'accepted',
			amountCents: 1999,
			programId: 'p2',
			row: {},
		};
		const bare: Conversion = { id: 'c3', externalId: '1042', row: {} };
		const pick = () => theOnly({ by: 'externalId', value: '1042' }, [CONVERSION, other, bare]);
		expect(pick).toThrow(UserError);
		expect(pick).toThrow(
			'3 conversions have the order ID "1042": a1, program Shoes (p1), pending, 84.90 EUR; b2, program p2, accepted, 19.99; c3.',
		);
	});

	test.each<{ reference: Reference; advice: RegExp }>([
		{ reference: { by: 'externalId', value: '1' }, advice: /Choose the program/ },
		{ reference: { by: 'externalId', value: '1', programId: 'p' }, advice: /conversion ID/ },
		{ reference: { by: 'customerId', value: '1' }, advice: /conversion ID/ },
	])('among several, $reference is told what helps', ({ reference, advice }) => {
		expect(() => theOnly(reference, [CONVERSION, CONVERSION])).toThrow(advice);
	});
});

describe('references in words', () => {
	test.each<{ reference: Reference; words: string }>([
		{ reference: { by: 'externalId', value: '1042' }, words: 'order ID "1042"' },
		{ reference: { by: 'customerId', value: 'C-1' }, words: 'customer ID "C-1"' },
		{
			reference: { by: 'id', value: 'a1', programId: 'p1' },
			words: 'conversion ID "a1" in program p1',
		},
	])('$reference is $words', ({ reference, words }) => {
		expect(describeReference(reference)).toBe(words);
		expect(nothingFits(reference).message).toContain(words);
	});

	test('an order that no affiliate brought is said to be possible; a missing ID is not explained so', () => {
		expect(nothingFits({ by: 'externalId', value: '1' }).advice).toContain('no affiliate');
		expect(nothingFits({ by: 'id', value: '1' }).advice).not.toContain('no affiliate');
	});

	test('two references have one key only where they are equal', () => {
		const references = fc.record(
			{
				by: fc.constantFrom<Reference['by']>('externalId', 'customerId', 'id'),
				value: fc.string({ maxLength: 3 }),
				programId: fc.string({ minLength: 1, maxLength: 3 }),
			},
			{ requiredKeys: ['by', 'value'] },
		);
		fc.assert(
			fc.property(references, references, (one, other) => {
				const areEqual =
					one.by === other.by && one.value === other.value && one.programId === other.programId;
				expect(referenceKey(one) === referenceKey(other)).toBe(areEqual);
				expect(referenceKey({ ...one })).toBe(referenceKey(one));
			}),
		);
	});
});
