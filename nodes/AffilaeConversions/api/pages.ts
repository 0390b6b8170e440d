import type { Conversion } from '../domain/conversion';
import { Refusal } from '../domain/refusal';
import type { Client } from './client';
import { PAGE_SIZE } from './constants';
import { listPage, type ListFilters } from './conversions';

/**
 * Reads a list page by page, as long as the caller goes on asking.
 *
 * Every row is yielded once. What the API only guesses at (`program`) is checked here, so that no row
 * comes through that was not asked for.
 *
 * @param pageSize rows to ask for at a time; Affilae may give fewer
 * @throws {Refusal} where the pages repeat themselves or stop short of what Affilae says there is
 */
export async function* readPages(
	client: Client,
	filters: ListFilters,
	pageSize: number = PAGE_SIZE,
): AsyncGenerator<Conversion[], void, undefined> {
	const seen = new Set<string>();
	for (let offset = 0; ; ) {
		const { conversions, total } = await listPage(client, filters, { limit: pageSize, offset });
		const fresh = conversions.filter(({ id }) => !seen.has(id));
		if (conversions.length > 0 && fresh.length === 0) throw repeated(seen.size, total);
		for (const { id } of fresh) seen.add(id);
		offset += conversions.length;
		yield fresh.filter((conversion) => isAskedFor(conversion, filters));

		if (conversions.length === 0) {
			if (total !== undefined && seen.size < total) throw repeated(seen.size, total);
			return;
		}
		if (total === undefined ? conversions.length < pageSize : offset >= total) return;
	}
}

function isAskedFor(conversion: Conversion, filters: ListFilters): boolean {
	const { status, customerId, externalId, programId } = filters;
	return (
		(status === undefined || conversion.status === status) &&
		(customerId === undefined || conversion.customerId === customerId) &&
		(externalId === undefined || conversion.externalId === externalId) &&
		(programId === undefined || conversion.programId === programId)
	);
}

function repeated(read: number, total: number | undefined): Refusal {
	return new Refusal(
		`Affilae gave the same page again after ${read}${total === undefined ? '' : ` of ${total}`} conversions`,
		'Ask for less at once: set From and To to a shorter period.',
	);
}
