import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	instantOf,
	isoOf,
	isReadable,
	parseConversion,
	type Conversion,
	type UnreadableRow,
} from '../../nodes/AffilaeConversions/domain/conversion';
import { ROW } from './rowOfTheApiPage';

function read(row: unknown): Conversion {
	const conversion = parseConversion(row);
	if (!isReadable(conversion)) throw new Error(`Not readable: ${conversion.unreadable}`);
	return conversion;
}

function unreadable(row: unknown): UnreadableRow {
	const conversion = parseConversion(row);
	if (isReadable(conversion)) throw new Error('Readable');
	return conversion;
}

describe('a row of Affilae’s answer', () => {
	test('that has every field of the API page is read', () => {
		expect(parseConversion(ROW)).toStrictEqual({
			id: ROW.id,
			externalId: '1042',
			customerId: 'C-2087',
			status: 'pending',
			amountCents: 8490,
			currency: 'EUR',
			commissionCents: 849,
			affiliates: ['A blog'],
			ruleId: '5f2d1c0b9a8e7f6d5c4b3b01',
			ruleName: 'Sale',
			programId: '5f2d1c0b9a8e7f6d5c4b3a01',
			programName: 'Shoes France',
			advertiserId: '5a1b2c3d4e5f60718293a4b5',
			createdAt: '2026-10-01T10:00:00.000Z',
			isLocked: false,
			row: ROW,
		});
	});

	test('is kept unchanged in the conversion that is read from it', () => {
		const untouched = structuredClone(ROW);
		expect(read(ROW).row).toBe(ROW);
		expect(ROW).toEqual(untouched);
	});

	test.each([
		{ row: { id: 'a' }, what: 'only an ID' },
		{ row: { id: 'a', amount: null, commissionsTotal: null }, what: 'null money' },
		{ row: { id: 'a', externalId: null, customerId: '', status: null }, what: 'empty references' },
		{ row: { id: 'a', externalId: '', currency: '', status: '' }, what: 'empty texts' },
		{ row: { id: 'a', program: null, rule: null, advertiser: null }, what: 'null objects' },
		{ row: { id: 'a', program: {}, rule: {}, advertiser: {} }, what: 'objects without an ID' },
		{ row: { id: 'a', program: { id: null }, rule: { id: '' } }, what: 'objects of empty IDs' },
		{ row: { id: 'a', events: [] }, what: 'no events' },
		{ row: { id: 'a', events: null, isLocked: null, lockedAt: null }, what: 'no lock' },
	])('with $what is read without these parts, never with 0 or an empty text', ({ row }) => {
		expect(parseConversion(row)).toStrictEqual({ id: 'a', row });
	});

	test.each<{ given: Record<string, unknown>; as: Partial<Conversion> }>([
		{ given: { id: '64D0F1C2B3A4958677889900' }, as: { id: '64d0f1c2b3a4958677889900' } },
		{ given: { id: 12 }, as: { id: '12' } },
		{ given: { amount: 0 }, as: { amountCents: 0 } },
		{ given: { commissionsTotal: 0 }, as: { commissionCents: 0 } },
		{ given: { externalId: 1042 }, as: { externalId: '1042' } },
		{ given: { externalId: 'S-77 ' }, as: { externalId: 'S-77 ' } },
		{ given: { customerId: 7 }, as: { customerId: '7' } },
		{ given: { program: '5f2d' }, as: { programId: '5f2d' } },
		{ given: { program: '5F2D' }, as: { programId: '5f2d' } },
		{ given: { program: { id: '5F2D', name: 'P' } }, as: { programId: '5f2d', programName: 'P' } },
		{ given: { rule: 'r1' }, as: { ruleId: 'r1' } },
		{ given: { rule: { id: 'r1', name: 'Sale' } }, as: { ruleId: 'r1', ruleName: 'Sale' } },
		{ given: { rule: { name: 'Sale' } }, as: { ruleName: 'Sale' } },
		{ given: { advertiser: { id: 'a1' } }, as: { advertiserId: 'a1' } },
		{ given: { currency: 'eur' }, as: { currency: 'EUR' } },
		{ given: { currency: ' EUR ' }, as: { currency: 'EUR' } },
		{ given: { createdAt: 1790848800 }, as: { createdAt: '2026-10-01T10:00:00.000Z' } },
		{ given: { lockedAt: '2026-10-31 09:00:00' }, as: { lockedAt: '2026-10-31T09:00:00.000Z' } },
	])('with $given is read as $as', ({ given, as }) => {
		expect(read({ id: 'a', ...given })).toMatchObject(as);
	});

	test.each([
		['pending', 'pending'],
		['PENDING', 'pending'],
		['Accepted', 'accepted'],
		[' REFUSED ', 'refused'],
		['archived', 'archived'],
		['Archived', 'Archived'],
		[2, '2'],
	])('with the status %j is read as %j', (status, as) => {
		expect(read({ id: 'a', status }).status).toBe(as);
	});

	test.each([[true], [{}], [['pending']]])(
		'with the status %j has another status than the three, not a missing one',
		(status) => {
			expect(read({ id: 'a', status }).status).not.toMatch(/^(?:pending|accepted|refused|)$/);
		},
	);

	test.each([
		[true, true],
		['true', true],
		[1, true],
		[false, false],
		['false', false],
		[0, false],
		[null, undefined],
		[undefined, undefined],
		['', undefined],
	])('with isLocked %j is read as isLocked %j', (isLocked, as) => {
		expect(read({ id: 'a', isLocked }).isLocked).toBe(as);
	});

	test.each([
		{
			what: 'those who are paid, each once',
			events: [
				{ commission: 100, affiliateProfile: { name: 'A' } },
				{ commission: 0, affiliateProfile: { name: 'B' } },
				{ commission: 5, affiliateProfile: { name: 'C' } },
				{ commission: 7, affiliateProfile: { name: 'A' } },
			],
			names: ['A', 'C'],
		},
		{
			what: 'all, if no event contains a commission',
			events: [{ affiliateProfile: { name: 'A' } }, { affiliateProfile: { name: 'B' } }],
			names: ['A', 'B'],
		},
		{
			what: 'nobody, if nobody is paid',
			events: [{ commission: 0, affiliateProfile: { name: 'A' } }],
			names: undefined,
		},
		{
			what: 'nobody, if no name can be read',
			events: [null, 1, [], {}, { affiliateProfile: 'A' }, { affiliateProfile: { name: {} } }],
			names: undefined,
		},
	])('has as its affiliates $what', ({ events, names }) => {
		expect(read({ id: 'a', events }).affiliates).toEqual(names);
	});

	describe('that cannot be read', () => {
		const IDENTITY = {
			id: '64d0f1c2b3a4958677889900',
			externalId: '1042',
			customerId: 'C-2087',
			status: 'pending',
			programId: '5f2d1c0b9a8e7f6d5c4b3a01',
			createdAt: '2026-10-01T10:00:00.000Z',
		};

		test.each([
			[19.99],
			['1999'],
			['19,99'],
			[NaN],
			[Infinity],
			[2 ** 53],
			[true],
			[{}],
			[[]],
			[''],
		])('because its amount %p is not whole cents keeps its identity', (amount) => {
			expect(unreadable({ ...ROW, amount })).toStrictEqual({
				...IDENTITY,
				unreadable: expect.stringMatching(
					/^the amount \(.*, not whole cents\) of conversion 64d0f1c2b3a4958677889900$/,
				),
			});
		});

		test.each([
			{ key: 'currency', values: [978, true, {}, ['EUR'], ' '], named: 'the currency' },
			{ key: 'program', values: [true, [], { id: {} }, { id: true }], named: 'the program' },
			{ key: 'rule', values: [true, [], { id: {} }, { id: ' ' }], named: 'the commission rule' },
		])('because its $key is invalid keeps the rest of its identity', ({ key, values, named }) => {
			for (const value of values) {
				const { unreadable: reason, ...identity } = unreadable({ ...ROW, [key]: value });
				expect(reason).toMatch(new RegExp(`^${named} \\(.*\\) of conversion ${ROW.id}$`));
				expect({ programId: IDENTITY.programId, ...identity }).toStrictEqual(IDENTITY);
			}
		});

		test.each([[{}], [true], [['1042']], [1161888007138312192], [' ']])(
			'because its order ID is %j is not mistaken for one without an order ID',
			(externalId) => {
				const { unreadable: reason, ...identity } = unreadable({ ...ROW, externalId });
				expect(reason).toMatch(/^the order ID \(.*\) of conversion 64d0/);
				expect({ externalId: '1042', ...identity }).toStrictEqual(IDENTITY);
			},
		);

		test.each([[undefined], [''], [' '], [null], [{}], [true], [1.5]])(
			'because its ID is %j keeps the rest of its identity',
			(id) => {
				const row = unreadable({ ...ROW, id });
				expect(row).not.toHaveProperty('id');
				expect({ ...row, id: IDENTITY.id }).toStrictEqual({
					...IDENTITY,
					unreadable: 'a row has no ID',
				});
			},
		);

		test.each([[undefined], [null], ['a'], [1], [true], [[]], [[{ id: 'a' }]]])(
			'because it is %j, not an object, has no identity',
			(row) => {
				expect(unreadable(row)).toStrictEqual({ unreadable: 'a row is not an object' });
			},
		);
	});

	test('with any content is read as a conversion, or as its identity and the reason why it cannot be read', () => {
		const maybe = <T>(sound: fc.Arbitrary<T>) => fc.oneof(sound, fc.jsonValue());
		const rows = fc.record(
			{
				id: maybe(fc.constantFrom('a1', 'B2', 7)),
				amount: maybe(fc.integer({ min: 0 })),
				commissionsTotal: maybe(fc.integer({ min: 0 })),
				currency: maybe(fc.constantFrom('EUR', 'usd')),
				program: maybe(fc.record({ id: maybe(fc.constant('p1')), name: fc.jsonValue() })),
				rule: maybe(fc.record({ id: maybe(fc.constant('r1')), name: fc.jsonValue() })),
				externalId: maybe(fc.constantFrom('1042', 7)),
				customerId: maybe(fc.constantFrom('C-1', 7)),
				status: maybe(fc.constantFrom('PENDING', 'refused', 'archived')),
				createdAt: maybe(fc.constantFrom('2026-10-01', 1790848800)),
				isLocked: maybe(fc.boolean()),
				lockedAt: maybe(fc.constant('2026-10-01')),
				events: maybe(fc.array(maybe(fc.record({ affiliateProfile: fc.jsonValue() })))),
			},
			{ requiredKeys: [] },
		);
		fc.assert(
			fc.property(fc.oneof(rows, rows, fc.jsonValue()), (row) => {
				const conversion = parseConversion(row);
				const parts = Object.entries(conversion).filter(([key]) => key !== 'row');
				for (const part of parts.flatMap(([, value]) => value)) {
					expect(typeof part).toMatch(/^(?:string|number|boolean)$/);
					expect(part).not.toBe('');
				}
				if (isReadable(conversion)) {
					for (const cents of [conversion.amountCents, conversion.commissionCents]) {
						expect(cents === undefined || Number.isSafeInteger(cents)).toBe(true);
					}
					return;
				}
				const { unreadable: reason, ...identity } = conversion;
				expect(reason).toMatch(/row|amount|currency|program|rule|order ID/);
				if (typeof row !== 'object' || row === null || Array.isArray(row)) return;
				// The same row has the same identity without the parts that may be invalid.
				const sound = { ...row, amount: null, currency: null, rule: null };
				expect(parseConversion(sound)).toMatchObject(identity);
			}),
			{ numRuns: 300 },
		);
	});

	test('may be any JavaScript value without an exception', () => {
		fc.assert(
			fc.property(
				fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
				(row) => {
					expect(() => parseConversion(row)).not.toThrow();
				},
			),
		);
	});
});

describe('a point in time', () => {
	const TEN = '2026-10-01T10:00:00.000Z';

	test.each([
		['2026-10-01T10:00:00.000Z', TEN],
		['2026-10-01T10:00:00Z', TEN],
		['2026-10-01T10:00:00z', TEN],
		['2026-10-01T10:00Z', TEN],
		['2026-10-01T12:00:00+02:00', TEN],
		['2026-10-01T12:00:00+0200', TEN],
		['2026-10-01T05:00:00-05:00', TEN],
		['2026-10-01T10:00:00', TEN],
		['2026-10-01T10:00:00.000', TEN],
		['2026-10-01 10:00:00', TEN],
		['2026-10-01 10:00', TEN],
		['2026-10-01 12:00:00+02:00', TEN],
		['2026-10-01T12:00:00+02', TEN],
		['2026-10-01 12:00:00 +0200', TEN],
		['2026-10-01 10:00:00 UTC', TEN],
		['2026-10-01t10:00:00z', TEN],
		[' 2026-10-01T10:00:00Z ', TEN],
		['2026-10-01T10:00:00.123456Z', '2026-10-01T10:00:00.123Z'],
		['2026-10-01', '2026-10-01T00:00:00.000Z'],
		[1790848800, TEN],
		[1790848800000, TEN],
		[1790848800.5, '2026-10-01T10:00:00.500Z'],
		['1790848800', TEN],
		['1790848800000', TEN],
		[' 1790848800 ', TEN],
		['1790848800.5', '2026-10-01T10:00:00.500Z'],
	])('written as %j is read as %s', (written, iso) => {
		expect(isoOf(written)).toBe(iso);
	});

	test.each([
		[''],
		[' '],
		['yesterday'],
		['10:00'],
		['2026'],
		['20261001'],
		['01/10/2026'],
		['2026-13-01'],
		['2026-10-01Tnoon'],
		['2026-10-01T10:00:00 CET'],
		['2026-10-01T25:00:00'],
		['0000-00-00 00:00:00'],
		['0001-01-01T00:00:00Z'],
		['0'],
		[0],
		[1],
		[-1],
		[-1790848800],
		[20261001],
		[1e20],
		[NaN],
		[Infinity],
		[true],
		[null],
		[undefined],
		[{}],
		[[]],
		[['2026-10-01']],
	])('cannot be %j', (written) => {
		expect(isoOf(written)).toBeUndefined();
	});

	test('is the same as ISO 8601, in seconds, in milliseconds, and with a space', () => {
		// From 1973 on: no conversion is older, and smaller numbers are not dates.
		const seconds = fc.integer({ min: 1e8, max: 4_102_444_800 });
		fc.assert(
			fc.property(seconds, (second) => {
				const iso = new Date(second * 1000).toISOString();
				const withoutZone = iso.slice(0, -1);
				const forms = [second, String(second), second * 1000, String(second * 1000)];
				for (const form of [...forms, iso, withoutZone, withoutZone.replace('T', ' ')]) {
					expect(isoOf(form)).toBe(iso);
				}
			}),
		);
	});

	test('is read from any value as ISO 8601 in UTC or as nothing, and is the same if it is read again', () => {
		const written = fc.oneof(fc.jsonValue(), fc.double(), fc.stringMatching(/^[\d:TZ .+-]{0,30}$/));
		fc.assert(
			fc.property(written, (value) => {
				const iso = isoOf(value);
				if (iso === undefined) return;
				expect(iso).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
				expect(isoOf(iso)).toBe(iso);
			}),
			{ numRuns: 2000 },
		);
	});

	test('that is missing is not a number', () => {
		expect(instantOf({ createdAt: TEN })).toBe(1790848800000);
		expect(instantOf({})).toBeNaN();
	});
});
