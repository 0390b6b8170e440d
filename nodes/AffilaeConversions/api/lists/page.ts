import type { Conversion, UnreadableRow } from '../../domain/conversion';

/** Rows as they came, in Affilae's order: those that cannot be read are among them. */
export type Rows = ReadonlyArray<Conversion | UnreadableRow>;

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
	rows: Rows;
	/** Absent if the answer does not say. It may count this page alone, be capped, or lag behind. */
	total?: number;
}

/**
 * Asks for one page. It applies no rule of its own: rows come as Affilae gave them. If Affilae rejects
 * an undocumented key, the call is repeated without it and `isTaken` of the dialect says so from then on.
 */
export type ReadPage = (position: Position) => Promise<Page>;

/** What was learned of how Affilae gives lists: shared by all lists of an account. */
export interface ListDialect {
	/**
	 * How lists go on after their first page, as far as was found out: from any row (`offset`), from
	 * multiples of the page size only (`offsetByPage`), by number (`page`), or not at all (`period`).
	 */
	paging: 'offset' | 'offsetByPage' | 'page' | 'period';
	/** Whether `paging` was seen to work: a page went on exactly where the page before it ended. */
	isPagingProven?: boolean;
	/** The most rows that a page had which was seen to be full: a page with fewer is not full. */
	fullPage: number | undefined;
	/** Whether Affilae takes an undocumented key. */
	isTaken(key: 'limit' | 'offset' | 'page'): boolean;
}

/** A list to read. */
export interface ListRequest {
	readPage: ReadPage;
	dialect: ListDialect;
	/** Rows to ask for at a time; Affilae may give fewer. 100 if not given. */
	pageSize?: number;
	/** The most pages to ask for at the same time. 20 if not given. */
	atOnce?: number;
	/** The period that the list itself is asked for: UTC ISO 8601. */
	period?: { from?: string; to?: string };
	/** If no more rows than this are needed: no page beyond them is asked for ahead. */
	wanted?: number;
	/** The first page, if it is known already. */
	first?: Page;
}

/** How a reading ended. */
export interface ListEnd {
	/** Whether every row came that was in the list from the first call to the last. */
	isWhole: boolean;
	/** Why it is not whole: rows came and went too fast, or Affilae gives no way to reach the rest. */
	problem?: 'moved' | 'unreachable';
	/** How many different rows came. */
	seen: number;
	/** How many rows there were last said to be. */
	total?: number;
}
