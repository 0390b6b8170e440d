import type { ListEnd, Rows } from '../api/lists/page';
import type { Part } from './cursor';

/** Where conversions are read, and how long there is time for it. */
export interface Lists {
	/**
	 * The rows of a part of the list, some at a time, each once.
	 *
	 * @param wanted no more rows than this are needed
	 */
	read(part: Part, wanted?: number): AsyncGenerator<Rows, ListEnd, undefined>;
	/** Whether all rows come from one list: not from that of one program after the other. */
	isOneList(): boolean;
	/** Whether it is time to break off the longest list: there is more to read after it. */
	isTimeToStop(): boolean;
	/** Whether it is time to hand over what was found. */
	isTimeToEnd(): boolean;
}

/**
 * Reads on until there are no more rows, or it is enough.
 *
 * @param take gets the rows, and says whether it is enough
 * @returns how the reading ended; undefined if it was broken off
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
		if (end === undefined) await batches.return({ isWhole: false, seen: 0 });
	}
}
