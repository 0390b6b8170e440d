import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Client } from './client';
import { PAGE_SIZE } from './constants';
import { readConversions } from './conversions';
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
	if (orders < 2) return undefined;
	let read = 0;
	const byOrder = new Map<string, Array<Rows[number]>>();
	const pages = readConversions(client, filters, { most: orders * PAGE_SIZE });
	for (;;) {
		const next = await pages.next();
		if (next.done === true) {
			// Neither a list that is not whole nor rows without order IDs prove that an order has no conversion.
			if (!next.value.isWhole || (read > 0 && byOrder.size === 0)) return undefined;
			return (orderId) => byOrder.get(orderId.trim()) ?? [];
		}
		read += next.value.length;
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
