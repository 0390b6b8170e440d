import { ApiError, Cancelled } from '../api/apiError';
import { UserError } from '../domain/userError';
import type { Item } from './item';

/** How far the writes of a run had come when it stopped. */
export interface Progress {
	/** Items whose writes are done, or that needed none. */
	done: number;
	/** Items of whose writes some are done, and not all. */
	partlyDone: number;
	/** Items whose write may or may not be done. */
	unsure: number;
	/** Items for which nothing was sent. */
	notSent: number;
}

/** The end of a run whose On Error is set to stop: one item could not go on. */
export class RunStopped extends Error {
	override readonly name = 'RunStopped';

	constructor(
		readonly item: Item,
		readonly reason: unknown,
		readonly progress: Progress,
	) {
		super('The run stopped at an item', { cause: reason });
	}
}

/** A call that was not sent because the run ends at another item. */
export class NotSent extends UserError {
	override readonly name = 'NotSent';

	constructor() {
		super('Nothing was sent for this item', 'Fix the other item, then run the workflow again.');
	}
}

/** Some writes for an item were carried out, and the next was not, or nobody knows. */
export class PartlyDone extends UserError {
	override readonly name = 'PartlyDone';

	/**
	 * @param what how far it came, without a final full stop
	 * @param reason why it came no further
	 */
	constructor(
		what: string,
		readonly reason: unknown,
	) {
		super(
			what,
			`${reason instanceof UserError ? reason.message : 'The next call failed.'} The next run continues from there.`,
		);
	}
}

/** Why an item could not go on, whatever had been done for it before. */
export function lastReason(reason: unknown): unknown {
	return reason instanceof PartlyDone ? reason.reason : reason;
}

/** Whether the call that ended an item's way may have been carried out all the same. */
export function mayBeDone(reason: unknown): boolean {
	const last = lastReason(reason);
	const tellsEffect = last instanceof ApiError || last instanceof Cancelled;
	return tellsEffect && last.effect === 'unknown';
}
