import type { Conversion, UnreadableRow } from '../../domain/conversion';
import type { Period } from '../../domain/period';

/** Rows in Affilae's order, including those that cannot be read. */
export type Rows = ReadonlyArray<Conversion | UnreadableRow>;

/** Which part of a list to read. `limit`, `offset` and `page` are not documented. */
export interface Position {
	/** The maximum number of rows. */
	limit: number;
	/** Rows to skip. */
	offset?: number;
	/** Counted from 1. */
	page?: number;
	/** UTC ISO 8601, in place of the list's own. */
	from?: string;
	/** UTC ISO 8601, in place of the list's own. */
	to?: string;
}

/** One response of a list: its rows, in Affilae's order, and the total that Affilae reports. */
export interface Page {
	rows: Rows;
	/** Absent if the response has none. It may count only this page, be capped, or be outdated. */
	total?: number;
}

/** A page and the position of its first row: how many rows of the list precede it. */
export interface PlacedPage extends Page {
	start: number;
}

/**
 * Reads one page and returns its rows unfiltered. If Affilae rejects an undocumented key, repeats the call
 * without the key; from then on, the dialect's `listAllows` returns false for it.
 */
export type ReadPage = (position: Position) => Promise<Page>;

/** What the execution has learned about Affilae's lists, shared by all of them. */
export interface ListDialect {
	/**
	 * How to request the pages after the first one, as far as is known: from any row (`offset`), only from
	 * multiples of the page size (`offsetByPage`), by page number (`page`), or not at all (`period`).
	 */
	paging: 'offset' | 'offsetByPage' | 'page' | 'period';
	/** Whether `paging` is known to work: a page continued exactly where the previous one ended. */
	isPagingProven: boolean;
	/** The size of the largest page known to be full: a page with fewer rows is not full. */
	fullPage: number | undefined;
	/** Whether Affilae allows an undocumented key. */
	listAllows(key: 'limit' | 'offset' | 'page'): boolean;
}

/** A list to read. */
export interface ListRequest {
	readPage: ReadPage;
	dialect: ListDialect;
	/** Rows per page; Affilae may return fewer. 100 if not given. */
	pageSize?: number;
	/** The maximum number of pages read at the same time. 20 if not given. */
	atOnce?: number;
	/** The period of the list: UTC ISO 8601. */
	period?: Period;
	/** The most rows that the caller needs. Pages beyond them are not read ahead. */
	wanted?: number;
}

/** How reading a list ended. */
export interface ListEnd {
	/** Whether every row was received that stayed in the list from the first request to the last. */
	isWhole: boolean;
	/**
	 * Why the list is not whole. `moved`: rows appeared and disappeared too fast. `unreachable`: Affilae offers
	 * no way to read the remaining rows.
	 */
	problem?: 'moved' | 'unreachable';
	/** How many different rows were received. */
	seen: number;
}
