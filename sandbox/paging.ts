import type { InfoQuery, ListQuery } from './calls';
import type { Conversion } from './conversion';
import type { Filter, SandboxSettings } from './settings';
import type { ConversionStore, Selection } from './store';

/** Part of the conversions that match, and how many match in all. */
export interface Page {
	total: number;
	data: Conversion[];
}

function selectionOf(query: ListQuery & InfoQuery, settings: SandboxSettings): Selection {
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

/** What a list answers: one page, newest first unless asked otherwise. */
export function readList(
	store: ConversionStore,
	query: ListQuery,
	settings: SandboxSettings,
): Page {
	const selection = selectionOf(query, settings);
	const limit = Math.min(query.limit ?? settings.defaultLimit, settings.pageCap.max);
	let offset = 0;
	if (settings.paging === 'offset') offset = query.offset ?? 0;
	if (settings.paging === 'page') offset = ((query.page ?? 1) - 1) * limit;
	const total = store.count(selection);
	if (query.orderBy === 'amount') {
		const sign = query.sort === 'asc' ? 1 : -1;
		const data = store.select(selection).map(({ conversion }) => conversion);
		data.sort((a, b) => sign * (a.amount - b.amount));
		return { total, data: data.slice(offset, offset + limit) };
	}
	const order = query.sort === 'asc' ? 'oldestFirst' : 'newestFirst';
	const entries = store.page(selection, order, offset, limit);
	return { total, data: entries.map(({ conversion }) => conversion) };
}

/** What info answers: all that match, newest first; where its filters are ignored, one page. */
export function readInfo(
	store: ConversionStore,
	query: InfoQuery,
	settings: SandboxSettings,
): Page {
	const selection = selectionOf(query, settings);
	const total = store.count(selection);
	const isNarrow = selection.externalId !== undefined || selection.customerId !== undefined;
	const limit = isNarrow ? total : settings.defaultLimit;
	const entries = store.page(selection, 'newestFirst', 0, limit);
	return { total, data: entries.map(({ conversion }) => conversion) };
}

/** The page in the shape that is set (API page, seen). */
export function shaped({ total, data }: Page, settings: SandboxSettings): object {
	const counted = settings.total ? { total, data } : { data };
	switch (settings.shape) {
		case 'statusCode':
			return { statusCode: 200, conversions: counted };
		case 'conversions':
			return { conversions: { data } };
		case 'dataAndCount':
			return settings.total ? { data, count: total } : { data };
		case 'array':
			return data;
	}
}
