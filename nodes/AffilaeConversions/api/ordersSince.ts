import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Client } from './client';
import { PAGE_SIZE } from './constants';
import { listPage, readConversions } from './conversions';
import type { Rows } from './lists/page';

/** Returns the conversions of an order, from the rows that were read. */
export type OrdersRead = (orderId: string) => Rows;

/**
 * Reads all conversions of a period once, in every status, if that takes no more calls than one look-up per
 * order. Both ways find the same: an order without a row in the period has no conversion.
 *
 * @param filters the period, and the program if there is one
 * @param orders how many orders to look up
 * @returns undefined if it is better to look up the orders one by one
 */
export async function readOrdersSince(
	client: Client,
	filters: Filters,
	orders: number,
): Promise<OrdersRead | undefined> {
	if (orders < 2 || !(await isCheaper(client, filters, orders))) return undefined;
	let read = 0;
	const byOrder = new Map<string, Array<Rows[number]>>();
	const pages = readConversions(client, filters);
	for (;;) {
		const next = await pages.next();
		if (next.done === true) {
			// Neither a list that is not whole nor rows without order IDs prove that an order has no conversion.
			if (!next.value.isWhole || (read > 0 && byOrder.size === 0)) return undefined;
			return (orderId) => byOrder.get(orderId.trim()) ?? [];
		}
		read += next.value.length;
		if (isMoreExpensive(read, orders)) {
			await pages.return({ isWhole: false, seen: read });
			return undefined;
		}
		for (const row of next.value) {
			const orderId = row.externalId?.trim();
			if (orderId === undefined) {
				// It may belong to any of the orders. A bonus can be read, and belongs to none.
				if (isReadable(row)) continue;
				await pages.return({ isWhole: false, seen: read });
				return undefined;
			}
			const rows = byOrder.get(orderId);
			if (rows) rows.push(row);
			else byOrder.set(orderId, [row]);
		}
	}
}

/** Whether reading this many rows took more calls than look-ups would. The total may have been wrong. */
export function isMoreExpensive(rows: number, questions: number): boolean {
	return rows / PAGE_SIZE > questions;
}

/** Whether reading the whole list takes no more calls than look-ups, by its total; true if it has none. */
export async function isCheaper(
	client: Client,
	filters: Filters,
	questions: number,
): Promise<boolean> {
	const [programId] = client.dialect.programsToAsk('list', filters.programId);
	const asked = programId === undefined ? filters : { ...filters, programId };
	const { total } = await listPage(client, asked, { limit: 1 }).catch(() => ({ total: undefined }));
	return total === undefined || total / PAGE_SIZE <= questions;
}
