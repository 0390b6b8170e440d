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
 * @param known the answer for the first page, where it was asked for before
 * @throws {UserError} rather than leave out rows that Affilae says there are
 */
export async function* readPages(
	client: Client,
	filters: ListFilters,
	pageSize: number = PAGE_SIZE,
	known?: Rows,
): AsyncGenerator<Conversion[], void, undefined> {
	const reading = new Reading(client, filters, pageSize);
	const first = known ? reading.take(known) : await reading.ask({});
	yield reading.asked(first.fresh);
	if (reading.isWhole(first)) return;

	let paging = first.conversions.length === 0 ? 'period' : client.paging;
	while (paging !== 'period') {
		const outcome = yield* readOn(paging, first, reading);
		if (outcome === 'whole') return;
		if (outcome === 'noEffect' && client.paging === paging) client.paging = NEXT[paging];
		paging = outcome === 'noEffect' ? client.paging : 'period';
		// Without a total, pages do not show when rows leave the list and others move up unread.
		if (first.total === undefined && paging === 'page') paging = 'period';
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
	// Without a total, one row is read again: if it is another, rows have left the list.
	const overlap = first.total === undefined ? 1 : 0;
	let fewest = first.total ?? Infinity;
	let offset = size;
	for (let page = 2; ; page += 1) {
		const rows = await reading.ask(paging === 'offset' ? { offset: offset - overlap } : { page });
		const { conversions, fresh, total = Infinity } = rows;
		yield reading.asked(fresh);
		const isEmpty = conversions.length <= overlap;
		const goesOn = isEmpty || fresh.includes(last(conversions));
		if (page === 2 && !isEmpty && !reading.hasMovedOn(paging, rows)) return 'noEffect';

		// Rows that left the list have moved those behind them up, from this page to the one before.
		const haveLeft = total < fewest || (overlap > 0 && fresh[0] === conversions[0]);
		if (haveLeft && !isEmpty) {
			const before =
				paging === 'offset' ? { offset: Math.max(0, offset - size) } : { page: page - 1 };
			yield reading.asked((await reading.ask(before)).fresh);
		}
		fewest = Math.min(fewest, total);
		offset += conversions.length - overlap;
		if (isEmpty || !goesOn || offset >= total) {
			return fewest === Infinity || reading.seen.size >= fewest ? 'whole' : 'incomplete';
		}
	}
}

function last(conversions: readonly Conversion[]): Conversion {
	const [conversion] = conversions.slice(-1);
	if (conversion === undefined) throw new RangeError('An empty page has no last row');
	return conversion;
}
