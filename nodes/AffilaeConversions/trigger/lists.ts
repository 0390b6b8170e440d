import type { ListEnd, Rows } from '../api/lists/page';
import type { Part } from './cursor';

/** Reads conversions, and says when the time is over. */
export interface Lists {
	/**
	 * The rows of a part of the list, in batches, each row once. At a rate limit, the list ends although it is
	 * not whole, and without a problem.
	 *
	 * @param wanted the most rows that the caller needs
	 */
	read(part: Part, wanted?: number): AsyncGenerator<Rows, ListEnd, undefined>;
	/** Whether Affilae's rate limit has ended reading: no more calls are made in this poll. */
	isRateLimited(): boolean;
	/** Whether all rows come from one list, not from one list per program. */
	isOneList(): boolean;
	/** Whether a part was empty because of a 404, which something in front of Affilae may have sent. */
	hasReceivedNotFound(): boolean;
	/** Whether to stop reading the longest list, because there is more to read after it. */
	isTimeToStop(): boolean;
	/** Whether to return what was found. */
	isTimeToEnd(): boolean;
}

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
		if (end === undefined) await batches.return({ isWhole: false, seen: 0 });
	}
}
