import type { InfoQuery, ListQuery } from './calls';
import { type Random, shuffled } from './random';
import type { Filter, SandboxSettings } from './settings';
import type { ConversionStore, Selection, StoredConversion } from './store';
import type { Totals } from './totals';

/** Part of the conversions that match. */
export interface Page {
	/** How many match in all. */
	matches: number;
	/** What is said of that; undefined: nothing. */
	total: number | undefined;
	entries: StoredConversion[];
}

/** What a page is read with. */
export interface PageReading {
	store: ConversionStore;
	settings: SandboxSettings;
	totals: Totals;
	/** Draws the order of what is unstable. */
	random: Random;
}

/** Which conversions a query means, as far as its filters have an effect. */
export function selectionOf(query: ListQuery & InfoQuery, settings: SandboxSettings): Selection {
	const applies = (filter: Filter) => !settings.ignoredFilters.includes(filter);
	const { status, program, externalId, customerId, from, to } = query;
	return {
		...(status !== undefined && applies('status') ? { status } : {}),
		...(program !== undefined && applies('program') ? { program } : {}),
		...(externalId !== undefined && applies('externalId') ? { externalId } : {}),
		...(customerId !== undefined && applies('customerId') ? { customerId } : {}),
		...(from !== undefined && applies('from') ? { fromMs: from.getTime() } : {}),
		...(to !== undefined && applies('to')
			? { toMs: to.getTime() - (settings.toIncluded ? 0 : 1) }
			: {}),
	};
}

/** The order in which a list comes, as far as it is one by creation. */
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

/** Newest first, those of one moment in any order. */
function unstable(entries: readonly StoredConversion[], random: Random): StoredConversion[] {
	return shuffled(random, entries).sort((a, b) => b.createdAtMs - a.createdAtMs);
}

/** What a list answers: one page. */
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

/** What info answers: all that match, newest first; where its filters are ignored, one page. */
export function readInfo({ store, settings, totals }: PageReading, query: InfoQuery): Page {
	const selection = selectionOf(query, settings);
	const matches = store.count(selection);
	const isNarrow = selection.externalId !== undefined || selection.customerId !== undefined;
	const limit = isNarrow ? matches : settings.defaultLimit;
	const entries = store.page(selection, 'newestFirst', 0, limit);
	return { matches, total: totals.said(store, selection, entries.length), entries };
}
