import { instantOf, type Status } from './conversion';

/** Filters for conversions. All but `programId` are documented (API page: doc). */
export interface Filters {
	status?: Status;
	/** UTC ISO 8601; the moment itself belongs to the period. */
	from?: string;
	/** UTC ISO 8601; the moment itself belongs to the period. */
	to?: string;
	customerId?: string;
	externalId?: string;
	programId?: string;
}

/** The fields of a row, readable or not, that filters use. */
export interface Filterable {
	status?: string;
	createdAt?: string;
	customerId?: string;
	externalId?: string;
	programId?: string;
	/** Why the row cannot be read; absent if it can. */
	unreadable?: string;
}

/**
 * Selects the rows of a list that match the filters: one rule for every operation, filter and picker.
 *
 * A row with another value does not match: Affilae ignored the filter. If no row has a field, Affilae has
 * applied the filter; if some rows have it, those without it do not match. Dates and programs are the
 * exceptions: a row without one matches. So does a row that cannot be read, as long as no row has another value:
 * Affilae returned it for the filter, so it must not be missing in silence.
 */
export class Matcher<Row extends Filterable> {
	private readonly carried = new Set<Check>();
	/** The checks that a row did not fit: Affilae ignored their filters. */
	private readonly ignored = new Set<Check>();
	/** Rows without an ID that a filter asks for. */
	private readonly open: Row[] = [];
	private readonly checks: readonly Check[];

	constructor(private readonly filters: Filters) {
		this.checks = CHECKS.filter(({ isAsked }) => isAsked(filters));
	}

	/**
	 * @param rows the next rows of the list
	 * @returns those that match, except those without an ID that a filter asks for
	 */
	take(rows: readonly Row[]): Row[] {
		for (const check of this.checks) {
			const carrying = rows.filter(check.isCarried);
			if (carrying.length > 0) this.carried.add(check);
			if (!carrying.every((row) => check.fits(row, this.filters))) this.ignored.add(check);
		}
		const isOpen = (row: Row) => this.checks.some((check) => check.isId && !check.isCarried(row));
		this.open.push(...rows.filter(isOpen));
		return rows.filter((row) => !isOpen(row) && this.isMatch(row));
	}

	/** How many rows are left for {@link rest}. */
	get restCount(): number {
		return this.open.length;
	}

	/** Returns the others that match as far as is known: any later row may show that Affilae ignored the filter. */
	rest(): Row[] {
		return this.open.splice(0).filter((row) => this.isMatch(row));
	}

	private isMatch(row: Row): boolean {
		return this.checks.every((check) => {
			if (check.isCarried(row)) return check.fits(row, this.filters);
			const isFiltered = row.unreadable !== undefined && !this.ignored.has(check);
			return isFiltered || !this.carried.has(check);
		});
	}
}

/** The rows of a whole list that match the filters. */
export function matching<Row extends Filterable>(rows: readonly Row[], filters: Filters): Row[] {
	const matcher = new Matcher<Row>(filters);
	const matches = new Set([...matcher.take(rows), ...matcher.rest()]);
	return rows.filter((row) => matches.has(row));
}

/** Whether two order or customer IDs are the same: spaces around them do not count, case does. */
export function isSameId(one: string | undefined, other: string | undefined): boolean {
	return one?.trim() === other?.trim();
}

interface Check {
	isId?: boolean;
	isAsked(filters: Filters): boolean;
	isCarried(row: Filterable): boolean;
	fits(row: Filterable, filters: Filters): boolean;
}

const CHECKS: readonly Check[] = [
	{
		isAsked: ({ status }) => status !== undefined,
		isCarried: (row) => row.status !== undefined,
		fits: (row, { status }) => row.status === status,
	},
	...(['customerId', 'externalId'] as const).map((key) => ({
		isId: true,
		isAsked: (filters: Filters) => filters[key] !== undefined,
		isCarried: (row: Filterable) => row[key] !== undefined,
		fits: (row: Filterable, filters: Filters) => isSameId(row[key], filters[key]),
	})),
	{
		isAsked: ({ programId }) => programId !== undefined,
		// A row without a program matches: whoever reads the list decides what that means.
		isCarried: () => true,
		fits: (row, { programId }) =>
			row.programId === undefined || row.programId === programId?.toLowerCase(),
	},
	{
		isAsked: ({ from, to }) => from !== undefined || to !== undefined,
		// A row without a date matches: Affilae has applied the filter.
		isCarried: () => true,
		fits: (row, { from = '', to = '' }) =>
			!(instantOf(row) < Date.parse(from)) && !(instantOf(row) > Date.parse(to)),
	},
];
