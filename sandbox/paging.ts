import type { InfoQuery, ListQuery } from './calls';
import { type Random, shuffled } from './random';
import type { Filter, SandboxSettings } from './settings';
import type { ConversionStore, Selection, StoredConversion } from './store';
import type { Totals } from './totals';

/** One page of the conversions that match. */
export interface Page {
	/** How many match in total. */
	matches: number;
	/** The `total` of the response; undefined: none. */
	total: number | undefined;
	entries: StoredConversion[];
}

/** What is needed to read a page. */
export interface PageReading {
	store: ConversionStore;
	settings: SandboxSettings;
	totals: Totals;
	/** Random order for `unstable` lists. */
	random: Random;
}

/** The conversions that a query selects, without ignored filters. */
export function selectionOf(query: ListQuery & InfoQuery, settings: SandboxSettings): Selection {
	const applies = (filter: Filter) => !settings.ignoredFilters.includes(filter);
	const { status, program, externalId, customerId, from, to } = query;
	const inset = settings.endsIncluded ? 0 : 1;
	return {
		...(status !== undefined && applies('status') ? { status } : {}),
		...(program !== undefined && applies('program') ? { program } : {}),
		...(externalId !== undefined && applies('externalId') ? { externalId } : {}),
		...(customerId !== undefined && applies('customerId') ? { customerId } : {}),
		...(from !== undefined && applies('from') ? { fromMs: from.getTime() + inset } : {}),
		...(to !== undefined && applies('to') ? { toMs: to.getTime() - inset } : {}),
	};
}

/** The order of a list sorted by creation. */
export function orderOf(
	{ sort }: ListQuery,
	{ order }: SandboxSettings,
): 'oldestFirst' | 'newestFirst' {
	if (sort !== undefined) return sort === 'asc' ? 'oldestFirst' : 'newestFirst';
	return order === 'oldestFirst' ? 'oldestFirst' : 'newestFirst';
}

function offsetOf(query: ListQuery, settings: SandboxSettings, limit: number, matches: number) {
	const offset = query.offset ?? 0;
	switch (settings.paging) {
		case 'offset':
			return offset;
		case 'page':
			return ((query.page ?? 1) - 1) * limit;
		case 'offsetClamped':
			return Math.min(offset, Math.max(0, matches - limit));
		case 'none':
		case 'offsetIgnored':
			return 0;
	}
}

/** Newest first; rows with equal timestamps in random order. */
function unstable(entries: readonly StoredConversion[], random: Random): StoredConversion[] {
	return shuffled(random, entries).sort((a, b) => b.createdAtMs - a.createdAtMs);
}

/** The page that a list returns. */
export function readList({ store, settings, totals, random }: PageReading, query: ListQuery): Page {
	const selection = selectionOf(query, settings);
	const limit = Math.min(query.limit ?? settings.defaultLimit, settings.pageCap.max);
	const matches = store.count(selection);
	const offset = offsetOf(query, settings, limit, matches);
	let entries: StoredConversion[];
	if (query.orderBy === 'amount') {
		const sign = query.sort === 'asc' ? 1 : -1;
		entries = store
			.select(selection)
			.sort((a, b) => sign * (a.conversion.amount - b.conversion.amount))
			.slice(offset, offset + limit);
	} else if (settings.order === 'unstable' && query.sort === undefined) {
		entries = unstable(store.select(selection), random).slice(offset, offset + limit);
	} else {
		entries = store.page(selection, orderOf(query, settings), offset, limit);
	}
	return { matches, total: totals.said(store, selection, entries.length), entries };
}

/** What info returns: all matches, newest first; one page if its filters are ignored. */
export function readInfo({ store, settings, totals }: PageReading, query: InfoQuery): Page {
	const selection = selectionOf(query, settings);
	const matches = store.count(selection);
	const isNarrow = selection.externalId !== undefined || selection.customerId !== undefined;
	const limit = isNarrow ? matches : settings.defaultLimit;
	const entries = store.page(selection, 'newestFirst', 0, limit);
	return { matches, total: totals.said(store, selection, entries.length), entries };
}
