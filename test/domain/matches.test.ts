import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, parseConversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	isSameId,
	Matcher,
	matching,
	type Filterable,
	type Filters,
} from '../../nodes/AffilaeConversions/domain/matches';

const FROM = '2026-10-01T00:00:00.000Z';
const TO = '2026-10-31T22:59:59.999Z';

describe('a row', () => {
	test.each<{ filters: Filters; row: Filterable; isMatch: boolean }>([
		{ filters: {}, row: {}, isMatch: true },
		{ filters: { status: 'pending' }, row: { status: 'pending' }, isMatch: true },
		{ filters: { status: 'pending' }, row: { status: 'accepted' }, isMatch: false },
		{ filters: { status: 'pending' }, row: { status: 'archived' }, isMatch: false },
		{ filters: { externalId: '1042' }, row: { externalId: '1042' }, isMatch: true },
		{ filters: { externalId: '1042' }, row: { externalId: ' 1042 ' }, isMatch: true },
		{ filters: { externalId: '1042 ' }, row: { externalId: '1042' }, isMatch: true },
		{ filters: { externalId: '1042' }, row: { externalId: '#1042' }, isMatch: false },
		{ filters: { externalId: '1042' }, row: { externalId: '01042' }, isMatch: false },
		{ filters: { externalId: '1042' }, row: { externalId: '104' }, isMatch: false },
		{ filters: { externalId: 'S-77' }, row: { externalId: 's-77' }, isMatch: false },
		{ filters: { externalId: '1042' }, row: { externalId: '10 42' }, isMatch: false },
		{ filters: { customerId: 'C-1' }, row: { customerId: 'C-1 ' }, isMatch: true },
		{ filters: { customerId: 'C-1' }, row: { customerId: 'C-10' }, isMatch: false },
		{ filters: { programId: 'abc' }, row: { programId: 'abc' }, isMatch: true },
		{ filters: { programId: 'ABC' }, row: { programId: 'abc' }, isMatch: true },
		{ filters: { programId: 'abc' }, row: { programId: 'abd' }, isMatch: false },
		{ filters: { from: FROM }, row: { createdAt: FROM }, isMatch: true },
		{
			filters: { from: FROM },
			row: { createdAt: '2026-09-30T23:59:59.999Z' },
			isMatch: false,
		},
		{ filters: { to: TO }, row: { createdAt: TO }, isMatch: true },
		{ filters: { to: TO }, row: { createdAt: '2026-10-31T23:00:00.000Z' }, isMatch: false },
		{ filters: { from: FROM, to: TO }, row: { createdAt: FROM }, isMatch: true },
		{
			filters: { from: '2030-01-01T00:00:00.000Z' },
			row: { createdAt: FROM },
			isMatch: false,
		},
		{
			filters: { externalId: '1042', programId: 'abc' },
			row: { externalId: '1042', programId: 'abd' },
			isMatch: false,
		},
	])('$row matches the filters $filters: $isMatch', ({ filters, row, isMatch }) => {
		expect(matching([row], filters)).toEqual(isMatch ? [row] : []);
	});

	test('without a date matches every period, also beside rows with dates', () => {
		const rows: Filterable[] = [
			{ createdAt: FROM },
			{ externalId: '1' },
			{ createdAt: '2020-01-01T00:00:00.000Z' },
		];
		expect(matching(rows, { from: FROM, to: TO })).toEqual(rows.slice(0, 2));
	});

	test('matches a status in capitals or in lower case', () => {
		const rows = ['PENDING', 'Pending', 'pending', 'ACCEPTED'].map((status, index) =>
			parseConversion({ id: `a${index}`, status }),
		);
		expect(matching(rows, { status: 'pending' })).toEqual(rows.slice(0, 3));
	});

	test('that cannot be read is filtered by the values that can be read', () => {
		const rows = ['1042', '1043'].map((externalId) =>
			parseConversion({ id: 'a', externalId, amount: '12.50' }),
		);
		expect(matching(rows, { externalId: '1042' })).toEqual(rows.slice(0, 1));
	});
});

describe('a filtered field', () => {
	const ALL: Filters = {
		status: 'pending',
		externalId: '1042',
		customerId: 'C-1',
		programId: 'abc',
		from: FROM,
		to: TO,
	};

	test('that no row contains excludes none, because Affilae may have filtered by it', () => {
		const rows: Filterable[] = [{}, {}, {}];
		expect(matching(rows, ALL)).toEqual(rows);
	});

	test('that one row contains excludes the rows without it', () => {
		const row: Filterable = { customerId: 'C-1' };
		expect(matching([{}, row, {}], { customerId: 'C-1' })).toEqual([row]);
	});

	test('that one row contains does not exclude a row that cannot be read', () => {
		const rows = [
			null,
			{ id: 'a', externalId: {} },
			{ id: 'a', externalId: 1001.5 },
			{ amount: 3000 },
		].map(parseConversion);
		const row = parseConversion({ id: 'b', externalId: '1042' });
		const without = parseConversion({ id: 'c', externalId: null });
		const filters = { externalId: '1042' };
		expect(matching([...rows, row, without], filters)).toEqual([...rows, row]);
	});

	test('that one row contains with another value excludes the rows that cannot be read too, on later pages as well', () => {
		const matcher = new Matcher<Filterable>({ externalId: '1042' });
		const unreadable: Filterable = { unreadable: 'a row has no ID' };
		const row: Filterable = { externalId: '1042' };
		expect(matcher.take([unreadable, row, { externalId: '1043' }])).toEqual([row]);
		expect(matcher.take([unreadable, row])).toEqual([row]);
		expect(matcher.rest()).toEqual([]);
	});

	test('that is the program does not exclude the rows without it: who reads them decides', () => {
		const rows: Filterable[] = [{}, { programId: 'abc' }, {}];
		expect(matching([...rows, { programId: 'abd' }], { programId: 'abc' })).toEqual(rows);
	});

	test('that one row contains with another value excludes the rows without it too', () => {
		expect(matching([{}, { status: 'refused' }], { status: 'pending' })).toEqual([]);
	});

	test('is compared even if no row contains the other filtered fields', () => {
		const rows: Filterable[] = [{ externalId: '1042' }, { externalId: '1043' }];
		expect(matching(rows, ALL)).toEqual(rows.slice(0, 1));
	});

	test('that one page contains excludes the rows without it on all pages, also on earlier ones', () => {
		const matcher = new Matcher<Filterable>({ customerId: 'C-1' });
		const row: Filterable = { customerId: 'C-1' };
		expect(matcher.take([{}])).toEqual([]);
		expect(matcher.take([row, { customerId: 'C-2' }])).toEqual([row]);
		expect(matcher.take([{}])).toEqual([]);
		expect(matcher.rest()).toEqual([]);
	});

	test('that no page contains excludes no row', () => {
		const matcher = new Matcher<Filterable>({ customerId: 'C-1' });
		expect([matcher.take([{}]), matcher.take([{}]), matcher.rest()]).toEqual([[], [], [{}, {}]]);
	});
});

test.each([
	['1042', '1042', true],
	[' 1042', '1042 ', true],
	['a', 'A', false],
	['', '1042', false],
	[undefined, '1042', false],
])('the IDs %j and %j are the same: %s', (one, other, same) => {
	expect(isSameId(one, other)).toBe(same);
	expect(isSameId(other, one)).toBe(same);
});

describe('with any rows and any filters', () => {
	const word = fc.constantFrom('1042', ' 1042', '1043', 'a');
	const moment = fc.constantFrom(
		'2026-09-30T23:59:59.999Z',
		FROM,
		'2026-10-15T12:00:00.000Z',
		TO,
		'2026-11-01T00:00:00.000Z',
	);
	const anyFilters: fc.Arbitrary<Filters> = fc.record(
		{
			status: fc.constantFrom('pending', 'accepted', 'refused'),
			from: moment,
			to: moment,
			customerId: word,
			externalId: word,
			programId: fc.constantFrom('abc', 'ABC', 'abd'),
		},
		{ requiredKeys: [] },
	);
	const anyRow: fc.Arbitrary<Filterable> = fc.record(
		{
			status: fc.constantFrom('pending', 'accepted', 'refused', 'archived'),
			createdAt: moment,
			customerId: word,
			externalId: word,
			programId: fc.constantFrom('abc', 'abd'),
			unreadable: fc.constant('a row has no ID'),
		},
		{ requiredKeys: [] },
	);
	const rowsOfAnyKind = fc.array(anyRow, { maxLength: 8 });

	/** Whether a value of the row differs from a filter, without the code under test. */
	function isExcluded(row: Filterable, filters: Filters): boolean {
		const at = instantOf(row);
		return (
			differs(row.status, filters.status) ||
			differs(row.customerId?.trim(), filters.customerId?.trim()) ||
			differs(row.externalId?.trim(), filters.externalId?.trim()) ||
			differs(row.programId, filters.programId?.toLowerCase()) ||
			at < Date.parse(filters.from ?? '') ||
			at > Date.parse(filters.to ?? '')
		);
	}

	function differs(one: string | undefined, other: string | undefined): boolean {
		return one !== undefined && other !== undefined && one !== other;
	}

	function holds(check: (rows: Filterable[], filters: Filters, kept: Filterable[]) => void): void {
		fc.assert(
			fc.property(rowsOfAnyKind, anyFilters, (rows, filters) =>
				check(rows, filters, matching(rows, filters)),
			),
			{ numRuns: 1000 },
		);
	}

	test('no row is kept if one of its values differs from a filter', () => {
		holds((_, filters, kept) => {
			expect(kept.filter((row) => isExcluded(row, filters))).toEqual([]);
		});
	});

	test('each row with all filtered values is kept, and no row is added, changed or moved', () => {
		holds((rows, filters, kept) => {
			const keys = Object.keys(filters).map((key) =>
				key === 'from' || key === 'to' ? 'createdAt' : key,
			);
			const carriesAll = rows.filter(
				(row) => keys.every((key) => key in row) && !isExcluded(row, filters),
			);
			expect(kept).toEqual(expect.arrayContaining(carriesAll));
			expect(kept).toEqual(rows.filter((row) => kept.includes(row)));
		});
	});

	test('all rows are kept if there is no filter, or if no row contains a filtered field', () => {
		holds((rows, filters) => {
			expect(matching(rows, {})).toEqual(rows);
			const bare = rows.map((): Filterable => ({}));
			expect(matching(bare, filters)).toEqual(bare);
		});
	});

	test('the order of the rows does not matter', () => {
		holds((rows, filters, kept) => {
			expect(matching([...rows].reverse(), filters)).toEqual([...kept].reverse());
		});
	});

	test('all kept rows are kept again', () => {
		holds((_, filters, kept) => {
			expect(matching(kept, filters)).toEqual(kept);
		});
	});

	test('the rows kept page by page include those kept all at once, and none that differs from a filter', () => {
		holds((rows, filters, kept) => {
			const matcher = new Matcher<Filterable>(filters);
			const pages = [matcher.take(rows.slice(0, 3)), matcher.take(rows.slice(3))];
			const byPage = [...pages, matcher.rest()].flat();
			expect(byPage).toEqual(expect.arrayContaining(kept));
			expect(byPage.filter((row) => isExcluded(row, filters))).toEqual([]);
		});
	});
});
