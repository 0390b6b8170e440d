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
	/** Whether a 404 came since this was last asked. Something in front of Affilae may have sent it. */
	hasNewNotFound(): boolean;
	/** Whether to stop reading the first list, because there is another one to read after it. */
	isTimeToStop(): boolean;
	/** Whether to return what was found. */
	isTimeToEnd(): boolean;
}
