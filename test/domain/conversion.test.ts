import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	parseConversion,
	simplify,
	type Conversion,
} from '../../nodes/AffilaeConversions/domain/conversion';
import { ROW } from './rowOfTheApiPage';

function parsed(row: unknown): Conversion {
	const conversion = parseConversion(row);
	expect(conversion).not.toHaveProperty('unreadable');
	return 'unreadable' in conversion ? { id: '', row: {} } : conversion;
}

describe('a row of Affilae’s answer', () => {
	test('with every field of the API page is read', () => {
		expect(parseConversion(ROW)).toEqual({
			id: ROW.id,
			externalId: '1042',
			customerId: 'C-2087',
			status: 'pending',
			amountCents: 8490,
			currency: 'EUR',
			commissionCents: 849,
			programId: '5f2d1c0b9a8e7f6d5c4b3a01',
			programName: 'Shoes France',
			createdAt: '2026-10-01T10:00:00.000Z',
			row: ROW,
		});
	});

	test('is kept untouched beside what is read of it', () => {
		expect(parsed(ROW).row).toBe(ROW);
	});

	test.each([
		{ row: { id: 'a' }, what: 'only an id' },
		{ row: { id: 'a', amount: null, commissionsTotal: null }, what: 'null money' },
		{ row: { id: 'a', externalId: null, customerId: '', status: null }, what: 'empty references' },
		{ row: { id: 'a', program: null, currency: undefined }, what: 'no program' },
		{ row: { id: 'a', program: {} }, what: 'a program without an id' },
	])('with $what has these parts absent, never 0 and never empty', ({ row }) => {
		expect(parseConversion(row)).toStrictEqual({ id: 'a', row });
	});

	test.each([
		{ given: { amount: 0 }, read: { amountCents: 0 } },
		{ given: { commissionsTotal: 0 }, read: { commissionCents: 0 } },
		{ given: { externalId: 1042 }, read: { externalId: '1042' } },
		{ given: { customerId: 7 }, read: { customerId: '7' } },
		{ given: { program: '5f2d' }, read: { programId: '5f2d' } },
		{ given: { program: { id: '5f2d' } }, read: { programId: '5f2d' } },
		{ given: { status: 'archived' }, read: { status: 'archived' } },
	])('with $given is read as $read', ({ given, read }) => {
		expect(parseConversion({ id: 'a', ...given })).toMatchObject(read);
	});

	test('may have a number for its id', () => {
		expect(parsed({ id: 12 }).id).toBe('12');
	});

	test.each([[19.99], ['1999'], ['19,99'], [NaN], [Infinity], [2 ** 53], [true], [{}], [[]], ['']])(
		'with the amount %p cannot be read: these are no whole cents',
		(amount) => {
			expect(parseConversion({ id: 'a', amount })).toEqual({
				unreadable: expect.stringMatching(/amount.*not whole cents/),
			});
		},
	);

	test.each([
		[undefined],
		[null],
		['a'],
		[1],
		[true],
		[[]],
		[[ROW]],
		[{}],
		[{ id: '' }],
		[{ id: null }],
		[{ id: {} }],
		[{ externalId: '1042' }],
	])('cannot be %j', (row) => {
		expect(parseConversion(row)).toEqual({ unreadable: expect.stringContaining('a row') });
	});
});

describe('simplified output', () => {
	test('holds exactly the fields that the design names, and never an IP address or user agent', () => {
		expect(simplify(parsed(ROW), 'units')).toStrictEqual({
			id: ROW.id,
			externalId: '1042',
			customerId: 'C-2087',
			status: 'pending',
			amount: 84.9,
			amountInCents: 8490,
			currency: 'EUR',
			commission: 8.49,
			programId: '5f2d1c0b9a8e7f6d5c4b3a01',
			createdAt: '2026-10-01T10:00:00.000Z',
		});
	});

	test('in cents gives amount and commission in cents', () => {
		expect(simplify(parsed(ROW), 'cents')).toMatchObject({
			amount: 8490,
			amountInCents: 8490,
			commission: 849,
		});
	});

	test('leaves out what Affilae left out', () => {
		expect(simplify(parsed({ id: 'a' }), 'units')).toStrictEqual({ id: 'a' });
		expect(simplify(parsed({ id: 'a', amount: 0 }), 'units')).toStrictEqual({
			id: 'a',
			amount: 0,
			amountInCents: 0,
		});
	});
});

test('whatever comes over the wire, it is a conversion or a reason why not', () => {
	const rows = fc.record(
		{
			id: fc.oneof(fc.string(), fc.anything()),
			amount: fc.oneof(fc.integer(), fc.double(), fc.anything()),
			commissionsTotal: fc.anything(),
			program: fc.oneof(fc.record({ id: fc.anything(), name: fc.anything() }), fc.anything()),
			externalId: fc.anything(),
			customerId: fc.anything(),
			status: fc.anything(),
			currency: fc.anything(),
			createdAt: fc.anything(),
			ipAddress: fc.string(),
			ua: fc.string(),
		},
		{ requiredKeys: [] },
	);
	fc.assert(
		fc.property(fc.oneof(fc.anything(), rows, fc.jsonValue()), (row) => {
			const conversion = parseConversion(row);
			if ('unreadable' in conversion) {
				expect(conversion.unreadable).toMatch(/row|amount|program/);
				return;
			}
			const simple = simplify(conversion, 'units');
			expect(simple.id).not.toBe('');
			for (const value of Object.values(simple)) expect(typeof value).toMatch(/^(string|number)$/);
			expect(simple).not.toHaveProperty('ipAddress');
			expect(simple).not.toHaveProperty('ua');
			const { amountInCents = 0 } = simple;
			expect(Number.isSafeInteger(amountInCents)).toBe(true);
		}),
		{ numRuns: 1000 },
	);
});
