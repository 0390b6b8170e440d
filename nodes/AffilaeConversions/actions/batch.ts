import type { IExecuteFunctions } from 'n8n-workflow';
import type { ApiError, Canceled } from '../api/apiError';
import type { Item } from './item';
import {
	endsRun,
	lastReason,
	mayBeDone,
	NotSent,
	PartlyDone,
	RunStopped,
	type Progress,
} from './progress';
import { openRetryMemory, type RetryMemory } from './retryMemory';
import { continuesOnFail } from './toolMode';

/** How many items one step works on at the same time. The rate limiter decides how many calls that means. */
const AT_ONCE = 250;

/** An item with the result of its last step. */
export interface BatchEntry<T> {
	item: Item;
	value: T;
}

/**
 * Runs the steps of an operation for all items of one execution.
 *
 * A step ends for all items before the next one begins, so that nothing is written while another item may
 * still fail its checks. A failed item is removed, with the reason. If On Error is set to stop, a failed
 * item ends the run: in a check at the end of the step, in a write at once.
 */
export class Batch {
	/** Why items failed. */
	readonly failures = new Map<Item, unknown>();
	readonly memory: RetryMemory;
	/** Whether the other items go on if one fails. */
	readonly continues: boolean;
	private ended: { by: Item; reason: ApiError | Canceled } | undefined;

	constructor(
		functions: IExecuteFunctions,
		readonly items: readonly Item[],
	) {
		this.continues = continuesOnFail(functions);
		this.memory = openRetryMemory(functions);
	}

	/** All items, before their first step. */
	start(): Array<BatchEntry<undefined>> {
		return this.items.map((item) => ({ item, value: undefined }));
	}

	/**
	 * Runs a step that writes nothing.
	 *
	 * @returns the items that did not fail, in input order
	 * @throws {RunStopped} at the end of the step, if an item failed and On Error is set to stop
	 */
	async check<From, To>(
		entries: ReadonlyArray<BatchEntry<From>>,
		act: (value: From, item: Item) => To | Promise<To>,
	): Promise<Array<BatchEntry<To>>> {
		const { through } = await this.takeAll(entries, act);
		this.mustGoOn({ done: 0, partlyDone: 0, unsure: 0, notSent: this.items.length });
		return through;
	}

	/**
	 * Runs the step that writes.
	 *
	 * @param stop called if the run ends at an item: it must send no more writes
	 * @returns the items that did not fail, in input order
	 * @throws {RunStopped} if an item failed and On Error is set to stop
	 */
	async write<From, To>(
		entries: ReadonlyArray<BatchEntry<From>>,
		act: (value: From, item: Item) => Promise<To>,
		stop: () => void,
	): Promise<Array<BatchEntry<To>>> {
		const { through, begun } = await this.takeAll(entries, act, stop);
		const reasons = [...this.failures.values()];
		// Only the item whose call ended the run had sent something; the others with this reason had not.
		const unsent = [...this.failures].filter(
			([item, reason]) =>
				reason instanceof NotSent || (reason === this.ended?.reason && item !== this.ended?.by),
		);
		this.mustGoOn({
			done: through.length,
			partlyDone: reasons.filter((reason) => reason instanceof PartlyDone && !mayBeDone(reason))
				.length,
			unsure: reasons.filter(mayBeDone).length,
			notSent: entries.length - begun + unsent.length,
		});
		return through;
	}

	private async takeAll<From, To>(
		entries: ReadonlyArray<BatchEntry<From>>,
		act: (value: From, item: Item) => To | Promise<To>,
		stop?: () => void,
	): Promise<{ through: Array<BatchEntry<To>>; begun: number }> {
		const results = new Array<BatchEntry<To> | undefined>(entries.length);
		let begun = 0;
		const work = async () => {
			for (let next = entries[begun]; next !== undefined; next = entries[begun]) {
				if (this.failures.size > 0 && !this.continues) return;
				const position = begun;
				begun += 1;
				const { item, value } = next;
				try {
					if (this.ended) throw this.ended.reason;
					results[position] = { item, value: await act(value, item) };
				} catch (reason) {
					this.takeOut(item, reason);
					if (!this.continues) stop?.();
				}
			}
		};
		// More than can be in flight at once, so that the rate limiter always has a call to send.
		await Promise.all(Array.from({ length: Math.min(entries.length, AT_ONCE) }, work));
		return { through: results.filter((result) => result !== undefined), begun };
	}

	private takeOut(item: Item, reason: unknown): void {
		this.failures.set(item, reason);
		const last = lastReason(reason);
		if (endsRun(last)) this.ended ??= { by: item, reason: last };
	}

	private mustGoOn(progress: Progress): void {
		const [first] = [...this.failures]
			.filter(([, reason]) => !(lastReason(reason) instanceof NotSent))
			.sort(([a], [b]) => a.index - b.index);
		if (first && !this.continues) throw new RunStopped(...first, progress);
	}
}
