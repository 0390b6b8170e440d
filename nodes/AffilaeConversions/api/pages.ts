import type { Conversion } from '../domain/conversion';
import type { Client } from './client';
import { PAGE_SIZE } from './constants';
import type { ListFilters, Rows } from './conversions';
import { readPeriods } from './periods';
import { Reading } from './reading';

/**
 * Reads a list to its end, or as long as the caller goes on asking.
 *
 * How Affilae pages is not documented, so it is found out: by `offset`; where that is refused or
 * without effect by `page`; where that is too, by ever shorter periods, which are documented. Every row
 * is yielded once. New conversions that arrive meanwhile do no harm.
 *
 * @param pageSize rows to ask for at a time; Affilae may give fewer
 * @throws {Refusal} rather than leave out rows that Affilae says there are
 */
export async function* readPages(
	client: Client,
	filters: ListFilters,
	pageSize: number = PAGE_SIZE,
): AsyncGenerator<Conversion[], void, undefined> {
	const reading = new Reading(client, filters, pageSize);
	const first = await reading.ask({});
	yield reading.asked(first.fresh);
	if (reading.isWhole(first)) return;

	let { paging } = client;
	while (paging !== 'period' && first.conversions.length > 0) {
		const outcome = yield* readOn(paging, first, reading);
		if (outcome === 'whole') return;
		if (outcome === 'noEffect' && client.paging === paging) client.paging = NEXT[paging];
		paging = outcome === 'noEffect' ? client.paging : 'period';
	}
	yield* readPeriods(reading);
}

const NEXT = { offset: 'page', page: 'period' } as const;

/** Reads on from the second page. */
async function* readOn(
	paging: keyof typeof NEXT,
	first: Rows,
	reading: Reading,
): AsyncGenerator<Conversion[], 'whole' | 'noEffect' | 'incomplete', undefined> {
	const size = first.conversions.length;
	let offset = size;
	let page = 2;
	let fewest = first.total;
	for (let hasEffect = false; ; hasEffect = true) {
		const rows = await reading.ask(paging === 'offset' ? { offset } : { page });
		const { conversions, fresh, total } = rows;
		yield reading.asked(fresh);
		const isEnd =
			conversions.length === 0 ||
			(total === undefined
				? hasEffect && fresh.length === 0
				: offset + conversions.length >= total);
		if (fresh.length === 0 && !hasEffect && !isEnd) return 'noEffect';

		// Rows that left the list have moved those behind them forward, past the place read next.
		const gone = total === undefined ? 0 : Math.max(0, (fewest ?? total) - total);
		fewest = Math.min(fewest ?? Infinity, total ?? Infinity);
		if (gone > 0) {
			const pagesBack = Math.ceil(gone / size);
			page = Math.max(1, page - pagesBack);
			offset = Math.max(0, paging === 'offset' ? offset - gone : offset - pagesBack * size);
			continue;
		}
		if (isEnd) return reading.seen.size >= fewest || fewest === Infinity ? 'whole' : 'incomplete';
		offset += conversions.length;
		page += 1;
	}
}
