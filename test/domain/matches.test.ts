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

describe('a row of which a value says something', () => {
	test.each<{ filters: Filters; row: Filterable; isAskedFor: boolean }>([
		{ filters: {}, row: {}, isAskedFor: true },
		{ filters: { status: 'pending' }, row: { status: 'pending' }, isAskedFor: true },
		{ filters: { status: 'pending' }, row: { status: 'accepted' }, isAskedFor: false },
		{ filters: { status: 'pending' }, row: { status: 'archived' }, isAskedFor: false },
		{ filters: { externalId: '1042' }, row: { externalId: '1042' }, isAskedFor: true },
		{ filters: { externalId: '1042' }, row: { externalId: ' 1042 ' }, isAskedFor: true },
		{ filters: { externalId: '1042 ' }, row: { externalId: '1042' }, isAskedFor: true },
		{ filters: { externalId: '1042' }, row: { externalId: '#1042' }, isAskedFor: false },
		{ filters: { externalId: '1042' }, row: { externalId: '01042' }, isAskedFor: false },
		{ filters: { externalId: '1042' }, row: { externalId: '104' }, isAskedFor: false },
		{ filters: { externalId: 'S-77' }, row: { externalId: 's-77' }, isAskedFor: false },
		{ filters: { externalId: '1042' }, row: { externalId: '10 42' }, isAskedFor: false },
		{ filters: { customerId: 'C-1' }, row: { customerId: 'C-1 ' }, isAskedFor: true },
		{ filters: { customerId: 'C-1' }, row: { customerId: 'C-10' }, isAskedFor: false },
		{ filters: { programId: 'abc' }, row: { programId: 'abc' }, isAskedFor: true },
		{ filters: { programId: 'ABC' }, row: { programId: 'abc' }, isAskedFor: true },
		{ filters: { programId: 'abc' }, row: { programId: 'abd' }, isAskedFor: false },
		{ filters: { from: FROM }, row: { createdAt: FROM }, isAskedFor: true },
		{
			filters: { from: FROM },
			row: { createdAt: '2026-09-30T23:59:59.999Z' },
			isAskedFor: false,
		},
		{ filters: { to: TO }, row: { createdAt: TO }, isAskedFor: true },
		{ filters: { to: TO }, row: { createdAt: '2026-10-31T23:00:00.000Z' }, isAskedFor: false },
		{ filters: { from: FROM, to: TO }, row: { createdAt: FROM }, isAskedFor: true },
		{
			filters: { from: '2030-01-01T00:00:00.000Z' },
			row: { createdAt: FROM },
			isAskedFor: false,
		},
		{
			filters: { externalId: '1042', programId: 'abc' },
			row: { externalId: '1042', programId: 'abd' },
			isAskedFor: false,
		},
	])('$row, for $filters: asked for is $isAskedFor', ({ filters, row, isAskedFor }) => {
		expect(matching([row], filters)).toEqual(isAskedFor ? [row] : []);
	});

	test('a row without a date belongs to every period, whatever dates stand beside it', () => {
		const rows: Filterable[] = [
			{ createdAt: FROM },
			{ externalId: '1' },
			{ createdAt: '2020-01-01T00:00:00.000Z' },
		];
		expect(matching(rows, { from: FROM, to: TO })).toEqual(rows.slice(0, 2));
	});

	test('in capitals or in lower case, it is the same state', () => {
		const rows = ['PENDING', 'Pending', 'pending', 'ACCEPTED'].map((status, index) =>
			parseConversion({ id: `a${index}`, status }),
		);
		expect(matching(rows, { status: 'pending' })).toEqual(rows.slice(0, 3));
	});

	test('that cannot be read is judged by what can be told of it', () => {
		const rows = ['1042', '1043'].map((externalId) =>
			parseConversion({ id: 'a', externalId, amount: '12.50' }),
		);
		expect(matching(rows, { externalId: '1042' })).toEqual(rows.slice(0, 1));
	});
});

describe('a field that a filter asks for', () => {
	const ALL: Filters = {
		status: 'pending',
		externalId: '1042',
		customerId: 'C-1',
		programId: 'abc',
		from: FROM,
		to: TO,
	};

	test('and that no row carries was judged by Affilae', () => {
		const rows: Filterable[] = [{}, {}, {}];
		expect(matching(rows, ALL)).toEqual(rows);
	});

	test('and that one row carries was not judged: the rows without it were not asked for', () => {
		const row: Filterable = { programId: 'abc' };
		expect(matching([{}, row, {}], { programId: 'abc' })).toEqual([row]);
	});

	test('and that a row carries with another value makes no row without it a match', () => {
		expect(matching([{}, { status: 'refused' }], { status: 'pending' })).toEqual([]);
	});

	test('is judged for itself: others that no row carries do not count', () => {
		const rows: Filterable[] = [{ externalId: '1042' }, { externalId: '1043' }];
		expect(matching(rows, ALL)).toEqual(rows.slice(0, 1));
	});

	test('and that a page carried is known to be carried on the next one', () => {
		const matcher = new Matcher({ programId: 'abc' });
		const row: Filterable = { programId: 'abc' };
		expect(matcher.take([{}])).toEqual([{}]);
		expect(matcher.take([row, { programId: 'abd' }])).toEqual([row]);
		expect(matcher.take([{}])).toEqual([]);
	});
});

test.each([
	['1042', '1042', true],
	[' 1042', '1042 ', true],
	['a', 'A', false],
	['', '1042', false],
	[undefined, '1042', false],
])('the IDs %j and %j: the same is %s', (one, other, same) => {
	expect(isSameId(one, other)).toBe(same);
	expect(isSameId(other, one)).toBe(same);
});

describe('whatever rows come and whatever was asked for', () => {
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
		},
		{ requiredKeys: [] },
	);
	const rowsOfAnyKind = fc.array(anyRow, { maxLength: 8 });

	/** Whether a value of the row says that it was not asked for, said without the code under test. */
	function saysOtherwise(row: Filterable, filters: Filters): boolean {
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

	test('no row is kept of which a value says otherwise', () => {
		holds((_, filters, kept) => {
			expect(kept.filter((row) => saysOtherwise(row, filters))).toEqual([]);
		});
	});

	test('a row that carries what was asked for is kept, and no row is made, changed or moved', () => {
		holds((rows, filters, kept) => {
			const keys = Object.keys(filters).map((key) =>
				key === 'from' || key === 'to' ? 'createdAt' : key,
			);
			const carriesAll = rows.filter(
				(row) => keys.every((key) => key in row) && !saysOtherwise(row, filters),
			);
			expect(kept).toEqual(expect.arrayContaining(carriesAll));
			expect(kept).toEqual(rows.filter((row) => kept.includes(row)));
		});
	});

	test('without a filter, and for fields that no row carries, all rows are kept', () => {
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

	test('asked again of what was kept, the same is kept', () => {
		holds((_, filters, kept) => {
			expect(matching(kept, filters)).toEqual(kept);
		});
	});

	test('page by page no row is lost that is kept of all at once, and none kept that says otherwise', () => {
		holds((rows, filters, kept) => {
			const matcher = new Matcher(filters);
			const byPage = [matcher.take(rows.slice(0, 3)), matcher.take(rows.slice(3))].flat();
			expect(byPage).toEqual(expect.arrayContaining(kept));
			expect(byPage.filter((row) => saysOtherwise(row, filters))).toEqual([]);
		});
	});
});
