import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Reader } from './client';
import { PAGE_SIZE } from './constants';
import { readConversions } from './conversions';
import type { Rows } from './lists/page';
import { readUntil } from './lists/readUntil';

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
	client: Reader,
	filters: Filters,
	orders: number,
): Promise<OrdersRead | undefined> {
	if (orders < 2) return undefined;
	let read = 0;
	const byOrder = new Map<string, Array<Rows[number]>>();
	const pages = readConversions(client, filters, { most: orders * PAGE_SIZE });
	const end = await readUntil(pages, (rows) => {
		read += rows.length;
		for (const row of rows) {
			// Without a date: a look-up of its order alone, without a period, might find others.
			if (row.createdAt === undefined) return true;
			const orderId = row.externalId;
			// Without an order ID: it may belong to any of the orders. A bonus can be read, and belongs to none.
			if (orderId === undefined && !isReadable(row)) return true;
			if (orderId === undefined) continue;
			const ofOrder = byOrder.get(orderId);
			if (ofOrder) ofOrder.push(row);
			else byOrder.set(orderId, [row]);
		}
		return false;
	});
	// Neither a list that is not whole nor rows without order IDs prove that an order has no conversion.
	if (end?.isWhole !== true || (read > 0 && byOrder.size === 0)) return undefined;
	return (orderId) => byOrder.get(orderId) ?? byOrder.get(orderId.trim()) ?? [];
}
