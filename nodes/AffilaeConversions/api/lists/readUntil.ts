import type { ListEnd, Rows } from './page';

/**
 * Reads until there are no more rows, or until `take` stops it.
 *
 * @param take gets the rows, and returns true to stop
 * @returns how reading ended; undefined if it was stopped
 */
export async function readUntil(
	batches: AsyncGenerator<Rows, ListEnd, undefined>,
	take: (rows: Rows) => boolean,
): Promise<ListEnd | undefined> {
	let end: ListEnd | undefined;
	try {
		for (;;) {
			const next = await batches.next();
			if (next.done === true) {
				end = next.value;
				return end;
			}
			if (take(next.value)) return undefined;
		}
	} finally {
		// Reading stops, too: pages may be in flight.
		if (end === undefined) await batches.return({ isWhole: false, seen: 0 });
	}
}
