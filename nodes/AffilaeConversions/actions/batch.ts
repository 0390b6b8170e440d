import type { IExecuteFunctions } from 'n8n-workflow';
import { CallRefusal, Cancelled } from '../api/errors';
import type { Item } from './item';
import { openMemory, type WriteMemory } from './memory';

/** What a step made of an item. */
export interface Held<T> {
	item: Item;
	value: T;
}

/** How far the writes of a run had come when it stopped. */
export interface Progress {
	/** Items whose write is done, or needed none. */
	done: number;
	/** Items for which nothing was sent. */
	notSent: number;
}

/** The end of a run whose On Error is set to stop: one item could not go on. */
export class Stopped extends Error {
	override readonly name = 'Stopped';

	constructor(
		readonly item: Item,
		readonly reason: unknown,
		readonly progress: Progress,
	) {
		super('The run stopped at an item', { cause: reason });
	}
}

/**
 * The items of one execution on their way through the steps of an operation.
 *
 * A step ends for all items before the next begins, so that nothing is written while an item may
 * still turn out unusable. An item that cannot go on is taken out with its reason; where On Error is
 * set to stop, that ends the run: checks at the end of their step, writes at once.
 */
export class Batch {
	/** Why items were taken out. */
	readonly failures = new Map<Item, unknown>();
	readonly memory: WriteMemory;
	private readonly continues: boolean;
	private ended: CallRefusal | Cancelled | undefined;

	constructor(
		private readonly functions: IExecuteFunctions,
		readonly items: readonly Item[],
	) {
		this.continues = functions.continueOnFail();
		this.memory = openMemory(functions);
	}

	/** All items, before their first step. */
	start(): Array<Held<undefined>> {
		return this.items.map((item) => ({ item, value: undefined }));
	}

	/**
	 * Takes items through a step that writes nothing.
	 *
	 * @returns the items that got through, in input order
	 * @throws {Stopped} at the end of the step, where an item did not and On Error is set to stop
	 */
	async check<From, To>(
		held: ReadonlyArray<Held<From>>,
		act: (value: From, item: Item) => To | Promise<To>,
	): Promise<Array<Held<To>>> {
		const through: Array<Held<To>> = [];
		for (const { item, value } of held) {
			await this.take(item, async () => through.push({ item, value: await act(value, item) }));
		}
		const [first] = this.failures;
		if (first && !this.continues) {
			throw new Stopped(...first, { done: 0, notSent: this.items.length });
		}
		return through;
	}

	/**
	 * Takes items through the step that writes.
	 *
	 * @returns the items that got through, in input order
	 * @throws {Stopped} at once, where an item did not and On Error is set to stop
	 */
	async write<From, To>(
		held: ReadonlyArray<Held<From>>,
		act: (value: From, item: Item) => Promise<To>,
	): Promise<Array<Held<To>>> {
		const through: Array<Held<To>> = [];
		for (const [position, { item, value }] of held.entries()) {
			await this.take(item, async () => through.push({ item, value: await act(value, item) }));
			const reason = this.failures.get(item);
			if (this.failures.has(item) && !this.continues) {
				throw new Stopped(item, reason, {
					done: through.length,
					notSent: held.length - position - 1,
				});
			}
		}
		return through;
	}

	private async take(item: Item, act: () => Promise<unknown>): Promise<void> {
		try {
			if (this.ended) throw this.ended;
			if (this.functions.getExecutionCancelSignal()?.aborted) throw new Cancelled();
			await act();
		} catch (reason) {
			this.failures.set(item, reason);
			if (reason instanceof Cancelled || (reason instanceof CallRefusal && reason.endsRun)) {
				this.ended = reason;
			}
		}
	}
}
