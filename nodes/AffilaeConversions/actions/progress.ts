import { ApiError, Canceled } from '../api/apiError';
import { UserError } from '../domain/userError';
import type { Item } from './item';

/** How far the writes of a run got before it stopped. */
export interface Progress {
	/** Items whose writes are done, or that needed none. */
	done: number;
	/** Items with some of their writes done, but not all. */
	partlyDone: number;
	/** Items whose write may or may not be done. */
	unsure: number;
	/** Items for which nothing was sent. */
	notSent: number;
}

/** Ends a run whose On Error is set to stop, because one item failed. */
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

/** The error for a call that was not sent because the run stops at another item. */
export class NotSent extends UserError {
	override readonly name = 'NotSent';

	constructor() {
		super('Nothing was sent for this item', 'Fix the other item, then run the workflow again.');
	}
}

/** Some writes for an item were carried out. Another one was not, or its outcome is unknown. */
export class PartlyDone extends UserError {
	override readonly name = 'PartlyDone';

	/**
	 * @param what what was carried out and what was not, without a period at the end
	 * @param reason why the first failed of those that were not, or the one that ended the order
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

/** Why an item failed. If some of its writes were carried out: why another one failed. */
export function lastReason(reason: unknown): unknown {
	return reason instanceof PartlyDone ? reason.reason : reason;
}

/** Whether the write of the call that failed may have been carried out. */
export function mayBeDone(reason: unknown): boolean {
	const last = lastReason(reason);
	const tellsEffect = last instanceof ApiError || last instanceof Canceled;
	return tellsEffect && last.effect === 'unknown';
}

/** Whether no other call of the run can succeed either, for the {@link lastReason} of a failure. */
export function endsRun(last: unknown): last is ApiError | Canceled {
	return last instanceof Canceled || (last instanceof ApiError && last.endsRun);
}
