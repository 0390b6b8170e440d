import type { Conversion, UnreadableRow } from '../domain/conversion';
import { addedAtMs } from '../domain/ids';
import { statusOf } from '../domain/lifecycle';
import {
	dueLookBackMs,
	FAR_LOOK_BACK_MS,
	LOOK_BACK_MS,
	madeAt,
	statusIn,
	withinBounds,
	type Cursor,
	type Known,
	SHORT_LOOK_BACK_MS,
	type Part,
} from './cursor';
import { changesOf, type ConversionEvent, type Wanted } from './conversionEvent';
import { Descent, type Stop } from './descent';
import { firstFloorMs, floorAfter, pendingFloorAfter } from './floors';
import { Memory, oldestPendingMs } from './memory';
import { UnreadableRows } from './unreadable';

/** The time in an ID may be a little later than n8n's clock. */
const CLOCK_SKEW_MS = 3_600_000;

/**
 * Compares the conversions that one poll reads with the cursor, and returns the events and the next cursor.
 * Pure: it uses no clock and makes no calls.
 *
 * A new conversion causes at most one event: `created`, or, if the operator did not choose that,
 * `statusChanged` if the conversion is already accepted or refused.
 */
export class Round {
	/** Which parts of the list to read, in this order. */
	readonly parts: readonly Part[];

	/** The account's ID, if a row contains it. */
	advertiserId: string | undefined;

	readonly memory: Memory;

	private readonly met = new Set<string>();
	private readonly unreadable: UnreadableRows;
	/** Whether changes are watched, so that the cursor stores status and amounts. */
	private readonly watches: boolean;
	/** Whether the previous round watched them too. */
	private readonly wasWatching: boolean;
	private readonly isExistingWanted: boolean;
	/** Reads the conversions in every status. */
	private readonly since: Descent;
	/** Reads the pending ones, if changes are watched. */
	private readonly pending: Descent | undefined;
	/** The statuses of the lists that have contained no row. */
	private readonly empty = new Set<string | undefined>(['pending', undefined]);
	private readonly fromMs: number;
	/** When reading began (in an earlier round, if this one continues it), on n8n's clock. */
	private readonly startedAtMs: number;
	private newestMs = -Infinity;
	/** Whether reading stopped at a known moment: then the next round goes on from there, page by page. */
	private isRestKnown = false;

	/**
	 * @param cursor the cursor of the previous poll; without one, existing conversions are recorded without
	 * events, unless `includeExisting` is set
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 */
	constructor(
		private readonly cursor: Cursor | undefined,
		private readonly wanted: Wanted,
		private readonly nowMs: number,
	) {
		this.isExistingWanted = cursor === undefined && wanted.includeExisting;
		this.watches = wanted.events.some((event) => event !== 'created');
		this.wasWatching = cursor?.pendingFloorMs !== undefined;
		this.memory = new Memory(cursor?.known ?? new Map(), this.watches, nowMs);
		this.unreadable = new UnreadableRows(cursor?.unreadable);
		const isNewlyWatched = this.watches && !this.wasWatching;
		const backMs = isNewlyWatched ? FAR_LOOK_BACK_MS : dueLookBackMs(cursor, nowMs);
		this.fromMs = Math.min(this.lookBackTo(backMs), cursor?.rest?.fromMs ?? Infinity);
		this.startedAtMs = cursor?.rest?.startedAtMs ?? nowMs;
		this.since = this.isExistingWanted
			? new Descent({}, {}, nowMs)
			: new Descent(
					{ fromMs: this.fromMs },
					cursor?.rest,
					nowMs,
					(cursor?.horizonMs ?? nowMs) - SHORT_LOOK_BACK_MS,
				);
		if (this.watches && !this.isExistingWanted) {
			const rest = this.wasWatching ? cursor?.pendingRest : undefined;
			const oldestMs = oldestPendingMs(cursor?.known);
			this.pending = new Descent({ status: 'pending' }, rest, nowMs, undefined, oldestMs);
		}
		const [since, pending] = [this.since.parts, this.pending?.parts ?? []];
		// Pending ones first: if one is decided in the meantime, the list of every status still contains it. But
		// the other list goes first if it had too little time before, and at the first poll, which must know what exists.
		const isSinceFirst = cursor === undefined || cursor.rest !== undefined;
		this.parts = isSinceFirst ? [...since, ...pending] : [...pending, ...since];
	}

	/** Whether this round has read everything that it must. */
	get isRead(): boolean {
		const isPendingRead = !this.watches || this.covered?.afterMs === -Infinity;
		return this.since.isDone && isPendingRead;
	}

	/** Whether a list changed too fast to be read. */
	get hasMoved(): boolean {
		return this.since.hasMoved || this.pending?.hasMoved === true;
	}

	/** Whether a rate limit or slow responses keep polls from getting on, for good. */
	get isStuck(): boolean {
		return this.since.isStuck || this.pending?.isStuck === true;
	}

	/** Whether a first round leaves existing conversions that no later one records, so that they are not watched. */
	get leavesUnwatched(): boolean {
		return this.cursor === undefined && !this.since.isDone && !this.isRestKnown;
	}

	/** Whether no row was read at all. */
	get isEmpty(): boolean {
		return this.met.size === 0 && this.unreadable.isEmpty;
	}

	/**
	 * Notes a conversion of the list. If a round reads it twice, only the first time counts. If it changed in
	 * between, the next round finds the change.
	 *
	 * @param part the part of the list that contains it
	 * @returns its wanted events
	 */
	meet(row: Conversion, part: Part): ConversionEvent[] {
		const { id } = row;
		const createdAtMs = madeAt(row);
		this.empty.delete(part.status);
		// Pending conversions do not show how far the others were read.
		if (part.status === undefined) {
			this.newestMs = Math.max(this.newestMs, Math.min(createdAtMs ?? this.nowMs, this.nowMs));
		}
		if (this.met.has(id)) {
			if (row.status === undefined)
				this.memory.remember({ ...row, ...statusIn(part) }, createdAtMs);
			return [];
		}
		this.met.add(id);
		this.advertiserId ??= row.advertiserId;
		// A row without a status has the status that was requested.
		const conversion = { ...statusIn(part), ...row };
		const isNew = this.isNew(id, createdAtMs, conversion.status);
		const before = this.cursor?.known.get(id);
		this.memory.remember(conversion, createdAtMs);
		const happened = before ? changesOf(before, conversion) : [];
		if (isNew) happened.push(...this.firstMeeting(conversion));
		return happened.filter(({ event }) => this.wanted.events.includes(event));
	}

	/** Notes a row that cannot be read. The round skips it; a later round that can read it finds its events. */
	meetUnreadable(row: UnreadableRow): void {
		const { id } = row;
		this.unreadable.add(row);
		this.empty.clear();
		if (id === undefined) return;
		this.met.add(id);
		// If it can be read later, it must not count as new then.
		if (this.cursor === undefined) this.memory.rememberId(id, madeAt(row));
	}

	/** Why rows could not be read, for the rows that no earlier round has reported. */
	newlyUnreadable(): string[] {
		return this.unreadable.newReasons();
	}

	/** Notes that a part was read to its end, and that the list did not change too fast. */
	end(part: Part): void {
		this.listOf(part).end(part);
	}

	/** Notes that a part was read until the poll had to stop. */
	breakOff(part: Part, stop: Stop): void {
		this.listOf(part).stop(part, stop);
		if (part.status === undefined) this.isRestKnown = stop.restMs !== undefined;
	}

	/** Notes that a list changed too fast: rows may be missing from this part. */
	doubt(part: Part): void {
		this.listOf(part).hasMoved = true;
	}

	/** Notes that an empty list may be due to a 404. That is no proof that there are no existing conversions. */
	doubtEmptyLists(): void {
		const isFirst = this.cursor === undefined;
		if ((isFirst || this.cursor.rest) && this.empty.has(undefined)) this.since.distrust();
		if (isFirst && this.empty.has('pending')) this.pending?.distrust();
	}

	/** The conversions that are no longer in the list of pending ones, and that were not searched for yet. */
	missing(): Map<string, Known> {
		const missing = this.covered ? this.memory.missing(this.covered) : new Map<string, Known>();
		for (const id of this.met) missing.delete(id);
		return missing;
	}

	/** Whether a conversion was seen in this round. */
	hasMet(id: string): boolean {
		return this.met.has(id);
	}

	/** The cursor for the next round. */
	close(): Cursor {
		const { cursor, startedAtMs, fromMs, floorMs } = this;
		const rest = cursor || this.isRestKnown ? this.since.left : undefined;
		const pendingRest = this.pending?.left;
		const before = cursor?.horizonMs ?? floorMs;
		// If this round read only the rest of an earlier one, there may be newer conversions that it did not see.
		const newestMs = Math.min(this.newestMs, cursor?.rest?.toMs ?? Infinity);
		const horizonMs = this.isSinceRead ? Math.max(before, newestMs) : before;
		const { hasForgottenUndated, ...remembered } = withinBounds(
			this.memory.all,
			Math.max(floorMs, horizonMs - FAR_LOOK_BACK_MS),
			this.watches ? pendingFloorAfter(cursor?.pendingFloorMs ?? floorMs, this.covered) : undefined,
		);
		const knowsUndated = this.isRead || (this.knewUndated('pending') && this.knewUndated());
		return {
			...remembered,
			horizonMs,
			knowsUndated: knowsUndated && !hasForgottenUndated,
			lookedBackAtMs: this.hasRead(LOOK_BACK_MS) ? startedAtMs : (cursor?.lookedBackAtMs ?? 0),
			lookedFarBackAtMs: this.hasRead(FAR_LOOK_BACK_MS)
				? startedAtMs
				: (cursor?.lookedFarBackAtMs ?? 0),
			...(rest === undefined ? {} : { rest: { ...rest, fromMs, startedAtMs } }),
			...(pendingRest === undefined ? {} : { pendingRest }),
			unreadable: this.unreadable.reportedKeys(),
		};
	}

	/** All conversions created later, in any status, are known if they exist. */
	private get floorMs(): number {
		const { cursor, since, nowMs, newestMs } = this;
		if (!cursor) return firstFloorMs(since, nowMs, newestMs);
		return floorAfter(cursor.floorMs, since.covered, this.fromMs);
	}

	/** Whether the conversions in every status were read as far back as this round must. */
	private get isSinceRead(): boolean {
		if (this.since.isDone) return true;
		const isFirst = this.cursor === undefined && !this.isExistingWanted;
		return isFirst && this.since.covered !== undefined;
	}

	/** All pending conversions created after `afterMs`, up to and including `toMs`, were seen. */
	private get covered(): Descent['covered'] {
		return this.isExistingWanted ? this.since.covered : this.pending?.covered;
	}

	private listOf({ status }: Part): Descent {
		return (status === undefined ? undefined : this.pending) ?? this.since;
	}

	private lookBackTo(backMs: number): number {
		if (this.cursor === undefined) return this.nowMs - FAR_LOOK_BACK_MS;
		return Math.max(this.cursor.floorMs, this.cursor.horizonMs - backMs);
	}

	/** Whether this round has read this far behind the newest conversion. */
	private hasRead(backMs: number): boolean {
		return this.isSinceRead && this.fromMs <= this.lookBackTo(backMs);
	}

	private isNew(id: string, createdAtMs: number | undefined, status?: string): boolean {
		const { cursor } = this;
		if (cursor === undefined) return this.isExistingWanted;
		if (this.memory.has(id)) return false;
		if (createdAtMs === undefined) return this.knewUndated(status) || this.isIdNew(id, cursor);
		const { floorMs, pendingFloorMs = Infinity } = cursor;
		return createdAtMs > floorMs || (status === 'pending' && createdAtMs > pendingFloorMs);
	}

	/** Whether the previous cursor knows all conversions without a date that existed then. */
	private knewUndated(status?: string): boolean {
		const isNewlyWatched = status === 'pending' && this.watches && !this.wasWatching;
		return this.cursor?.knowsUndated === true && !isNewlyWatched;
	}

	private isIdNew(id: string, { horizonMs }: Cursor): boolean {
		const atMs = addedAtMs(id) ?? -Infinity;
		return atMs > horizonMs && atMs <= this.nowMs + CLOCK_SKEW_MS;
	}

	private firstMeeting(conversion: Conversion): ConversionEvent[] {
		if (this.wanted.events.includes('created')) return [{ event: 'created', conversion }];
		return statusOf(conversion) === 'pending' ? [] : [{ event: 'statusChanged', conversion }];
	}
}
