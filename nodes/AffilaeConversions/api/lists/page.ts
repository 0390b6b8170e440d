import type { Conversion, UnreadableRow } from '../../domain/conversion';

/** Rows in Affilae's order, including those that cannot be read. */
export type Rows = ReadonlyArray<Conversion | UnreadableRow>;

/** Which part of a list to read. None of `limit`, `offset` and `page` is documented. */
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

/** One response of a list: its rows, in Affilae's order, and the total that it gives. */
export interface Page {
	rows: Rows;
	/** Absent if the response has none. It may count only this page, be capped, or be out of date. */
	total?: number;
}

/**
 * Reads one page and returns its rows unfiltered. If Affilae rejects an undocumented key, the call is repeated
 * without it, and `isTaken` of the dialect is false from then on.
 */
export type ReadPage = (position: Position) => Promise<Page>;

/** What the execution has learned about Affilae's lists, shared by all of them. */
export interface ListDialect {
	/**
	 * How to read lists after their first page, as far as is known: from any row (`offset`), only from
	 * multiples of the page size (`offsetByPage`), by number (`page`), or not at all (`period`).
	 */
	paging: 'offset' | 'offsetByPage' | 'page' | 'period';
	/** Whether `paging` was seen to work: a page continued exactly where the previous one ended. */
	isPagingProven?: boolean;
	/** The size of the largest page known to be full: a page with fewer rows is not full. */
	fullPage: number | undefined;
	/** Whether Affilae allows an undocumented key. */
	isTaken(key: 'limit' | 'offset' | 'page'): boolean;
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
	period?: { from?: string; to?: string };
	/** The most rows that the caller needs: no page beyond them is read ahead. */
	wanted?: number;
	/** The first page, if it was read already. */
	first?: Page;
}

/** How reading a list ended. */
export interface ListEnd {
	/** Whether every row was received that was in the list from the first call to the last. */
	isWhole: boolean;
	/** Why it is not whole: rows came and went too fast, or Affilae has no way to reach the rest. */
	problem?: 'moved' | 'unreachable';
	/** How many different rows were received. */
	seen: number;
	/** The last total that Affilae gave. */
	total?: number;
}
