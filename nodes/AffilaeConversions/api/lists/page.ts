import type { Conversion, UnreadableRow } from '../../domain/conversion';

/** Which part of a list to read. None of `limit`, `offset` and `page` is documented. */
export interface Position {
	/** The most rows to give. */
	limit: number;
	/** Rows to pass over. */
	offset?: number;
	/** Counted from 1. */
	page?: number;
	/** UTC ISO 8601, in place of the list's own. */
	from?: string;
	/** UTC ISO 8601, in place of the list's own. */
	to?: string;
}

/** One answer of a list: its rows, in Affilae's order, and how many there are said to be in all. */
export interface Page {
	rows: ReadonlyArray<Conversion | UnreadableRow>;
	/** Absent if the answer does not say. It may count this page alone, be capped, or lag behind. */
	total?: number;
}

/**
 * Asks for one page. It applies no rule of its own: rows come as Affilae gave them. If Affilae rejects
 * an undocumented key, the call is repeated without it and `isTaken` of the dialect says so from then on.
 */
export type ReadPage = (position: Position) => Promise<Page>;

/** What was learnt of how Affilae gives lists: shared by all lists of an account. */
export interface ListDialect {
	/** How lists go on after their first page, as far as was found out. */
	paging: 'offset' | 'page' | 'period';
	/** The most rows that a page ever had: a page with fewer is not full, if pages were ever cut off there. */
	fullPage: number | undefined;
	/** Whether Affilae takes an undocumented key. */
	isTaken(key: 'limit' | 'offset' | 'page'): boolean;
}
