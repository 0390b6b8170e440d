import { SHORT_LOOK_BACK_MS, type Cursor, type Part } from './cursor';
import { Descent } from './descent';
import { oldestPendingMs } from './memory';

/** What one round reads: the conversions in every status since a moment, and all pending ones if changes are watched. */
export class ReadingPlan {
	/** Which parts of the list to read, in this order. */
	readonly parts: readonly Part[];
	/** Reads the conversions in every status. */
	readonly since: Descent;
	/** Reads the pending ones, if changes are watched. */
	readonly pending: Descent | undefined;

	/**
	 * @param isExistingWanted whether to read all existing conversions, in every status
	 * @param watching whether changes are watched, and whether the previous round watched them too
	 * @param fromMs how far back to read the conversions in every status, in milliseconds since 1970, UTC
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 */
	constructor(
		cursor: Cursor | undefined,
		private readonly isExistingWanted: boolean,
		{ watches, wasWatching }: { watches: boolean; wasWatching: boolean },
		fromMs: number,
		nowMs: number,
	) {
		this.since = isExistingWanted
			? new Descent({}, {}, nowMs)
			: new Descent(
					{ fromMs },
					cursor?.rest,
					nowMs,
					(cursor?.horizonMs ?? nowMs) - SHORT_LOOK_BACK_MS,
				);
		if (watches && !isExistingWanted) {
			const rest = wasWatching ? cursor?.pendingRest : undefined;
			const oldestMs = oldestPendingMs(cursor?.known);
			this.pending = new Descent({ status: 'pending' }, rest, nowMs, undefined, oldestMs);
		}
		const [since, pending] = [this.since.parts, this.pending?.parts ?? []];
		// Pending ones first: if one is decided in the meantime, the list of every status still contains it. But
		// the other list goes first if it had too little time before, and at the first poll, which must know what exists.
		const isSinceFirst = cursor === undefined || cursor.rest !== undefined;
		this.parts = isSinceFirst ? [...since, ...pending] : [...pending, ...since];
	}

	/** Whether a list changed too fast to be read. */
	get hasMoved(): boolean {
		return this.since.hasMoved || this.pending?.hasMoved === true;
	}

	/** Whether a rate limit or slow responses keep polls from getting on, for good. */
	get isStuck(): boolean {
		return this.since.isStuck || this.pending?.isStuck === true;
	}

	/** All pending conversions created after `afterMs`, up to and including `toMs`, were seen. */
	get covered(): Descent['covered'] {
		return this.isExistingWanted ? this.since.covered : this.pending?.covered;
	}

	/** The list that a part belongs to. */
	listOf({ status }: Part): Descent {
		return (status === undefined ? undefined : this.pending) ?? this.since;
	}
}
