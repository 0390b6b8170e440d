import { instantOf, type Conversion, type Status } from '../domain/conversion';
import type { Client } from './client';
import { PAGE_SIZE } from './constants';
import { listPage, type ListFilters, type Rows } from './conversions';
import { readPages } from './pages';

/** Conversions of one order in several programs are made when the order is: within this of each other. */
const SAME_ORDER_MS = 24 * 60 * 60 * 1000;

/**
 * Finds the conversions of many orders in the pages of the list, where that takes fewer calls than
 * asking for each order: first among the pending ones. Then among those already decided about that
 * time, because an order that is paid for in one program must not pass for undecided in another.
 *
 * @param orderIds what is worth finding; a call for each is what the pages must beat
 * @returns conversions by order id; orders that have none here may have one elsewhere. Empty where
 * the pages are too many
 */
export async function findInPages(
	client: Client,
	orderIds: ReadonlySet<string>,
): Promise<Map<string, Conversion[]>> {
	const nothing = new Map<string, Conversion[]>();
	let budget = orderIds.size;
	const found = new Map<string, Conversion[]>();

	const readAll = async (filters: ListFilters & { status: Status }): Promise<boolean> => {
		const first = await listPage(client, filters, { limit: PAGE_SIZE });
		budget -= pagesIn(first);
		if (budget <= 0) return false;
		for await (const page of readPages(client, filters, PAGE_SIZE, first)) {
			for (const conversion of page) {
				const { externalId = '' } = conversion;
				if (!orderIds.has(externalId)) continue;
				found.set(externalId, [...(found.get(externalId) ?? []), conversion]);
			}
		}
		return true;
	};

	if (!(await readAll({ status: 'pending' }))) return nothing;
	const period = periodOf([...found.values()].flat());
	if (period === undefined) return nothing;
	for (const status of ['accepted', 'refused'] as const) {
		if (!(await readAll({ status, ...period }))) return nothing;
	}
	return found;
}

/** How many pages a list has by its first; infinitely many where Affilae does not say. */
function pagesIn({ conversions, total }: Rows): number {
	if (total === undefined) return Infinity;
	return Math.ceil(total / Math.max(conversions.length, 1));
}

/** UTC ISO 8601; undefined where nothing was found, or a conversion does not say when it was made. */
function periodOf(conversions: readonly Conversion[]): { from: string; to: string } | undefined {
	if (conversions.length === 0) return undefined;
	const times = conversions.map(instantOf);
	const from = times.reduce((earliest, time) => Math.min(earliest, time));
	const to = times.reduce((latest, time) => Math.max(latest, time));
	if (Number.isNaN(from) || Number.isNaN(to)) return undefined;
	return {
		from: new Date(from - SAME_ORDER_MS).toISOString(),
		to: new Date(to + SAME_ORDER_MS).toISOString(),
	};
}
