import type { ApiError } from '../api/apiError';
import type { Conversion, UnreadableRow } from '../domain/conversion';
import {
	FAR_LOOK_BACK_MS,
	madeAt,
	withStatusOf,
	withinBounds,
	type Cursor,
	type Known,
	type Part,
} from './cursor';
import { eventsOf, type ConversionEvent, type Wanted } from './conversionEvent';
import type { Stop } from './descent';
import { firstFloorMs, floorAfter, pendingFloorAfter } from './floors';
import { HeldRows } from './heldRows';
import { LookBack } from './lookBack';
import { Memory } from './memory';
import { Novelty } from './novelty';
import { ReadingPlan } from './readingPlan';
import { UnreadableRows } from './unreadable';

/**
 * Compares the conversions that one poll reads with the cursor, and returns the events and the next cursor.
 * Pure: it uses no clock and makes no calls.
 *
 * A new conversion causes at most one event: `created`, or, if the operator did not choose that,
 * `statusChanged` if the conversion is already accepted or refused.
 */
export class Round {
	/** What to read. */
	readonly plan: ReadingPlan;

	/** The account's ID, if a row contains it. */
	advertiserId: string | undefined;

	readonly memory: Memory;

	/** The rows whose status is needed, but not known yet. */
	readonly held = new HeldRows();

	/** Why a part could not be read, or missing conversions not be searched for, that can wait for the next round. */
	failure: ApiError | undefined;

	private readonly met = new Set<string>();
	private readonly unreadable: UnreadableRows;
	/** Whether changes are watched, so that the cursor stores status and amounts. */
	private readonly watches: boolean;
	/** Whether the previous round watched them too. */
	private readonly wasWatching: boolean;
	private readonly isExistingWanted: boolean;
	/** Whether the list of every status has contained no row. */
	private isSinceEmpty = true;
	/** Whether a 404 came for a part of it. */
	private hasNotFound = false;
	private readonly lookBack: LookBack;
	/** Absent at the first round. */
	private readonly novelty: Novelty | undefined;
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
		this.lookBack = new LookBack(cursor, nowMs, isNewlyWatched);
		this.novelty = cursor && new Novelty(cursor, isNewlyWatched, nowMs);
		this.plan = new ReadingPlan(
			cursor,
			this.isExistingWanted,
			{ watches: this.watches, wasWatching: this.wasWatching },
			this.lookBack.fromMs,
			nowMs,
		);
	}

	/** Whether this round has read everything that it must. */
	get isRead(): boolean {
		const isPendingRead = !this.watches || this.plan.covered?.afterMs === -Infinity;
		return this.plan.since.isDone && isPendingRead;
	}

	/** Whether a first round leaves existing conversions that no later one records, so that they are not watched. */
	get leavesUnwatched(): boolean {
		return this.cursor === undefined && !this.plan.since.isDone && !this.isRestKnown;
	}

	/** Whether no row was read at all. */
	get isEmpty(): boolean {
		return this.met.size === 0 && this.held.isEmpty && this.unreadable.isEmpty;
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
		// Pending conversions do not show how far the others were read.
		if (part.status === undefined) {
			this.isSinceEmpty = false;
			this.newestMs = Math.max(this.newestMs, Math.min(createdAtMs ?? this.nowMs, this.nowMs));
		}
		this.advertiserId ??= row.advertiserId;
		if (this.met.has(id)) return [];
		const conversion = withStatusOf(part, row);
		const before = this.cursor?.known.get(id);
		if (conversion.status === undefined) {
			// It may have been decided: the lists of one status show that.
			if (before?.status === 'pending') return [];
			if (this.watches || (this.wanted.isStatusFiltered && before === undefined)) {
				this.held.add(row, this.isExisting(id, createdAtMs));
				return [];
			}
		}
		return this.take(conversion, createdAtMs);
	}

	/** Takes the rows held back as they are: no list shows their status. */
	release(): ConversionEvent[] {
		return this.held.eventful.flatMap((row) => this.take(row, madeAt(row)));
	}

	/** Notes a row that cannot be read. The round skips it; a later round that can read it finds its events. */
	meetUnreadable(row: UnreadableRow, part: Part): void {
		const { id } = row;
		this.unreadable.add(row);
		this.isSinceEmpty = false;
		if (id === undefined) return;
		this.met.add(id);
		const seen = withStatusOf(part, { ...row, id });
		const createdAtMs = madeAt(row);
		// An existing one must not count as new when it can be read.
		if (this.isExisting(id, createdAtMs, seen.status)) this.memory.remember(seen, createdAtMs);
	}

	/** Why rows could not be read, for the rows that no earlier round has reported. */
	newlyUnreadable(): string[] {
		return this.unreadable.newReasons();
	}

	/** Notes that a part was read to its end, and that the list did not change too fast. */
	end(part: Part): void {
		this.plan.listOf(part).end(part);
	}

	/** Notes that a part was read until the poll had to stop. */
	breakOff(part: Part, stop: Stop): void {
		this.plan.listOf(part).stop(part, stop);
		if (part.status === undefined) this.isRestKnown = stop.restMs !== undefined;
	}

	/** Notes that a list changed too fast: rows may be missing from this part. */
	doubt(part: Part): void {
		this.plan.listOf(part).hasMoved = true;
	}

	/**
	 * Notes that a 404 came for a part, which something in front of Affilae may have sent.
	 *
	 * @returns false if the part then counts as unread: conversions that exist already must not be new later
	 */
	noteNotFound({ status }: Part, hasRows: boolean): boolean {
		this.hasNotFound ||= status === undefined;
		if (hasRows) return true;
		const { rest, floorMs = Infinity } = this.cursor ?? {};
		if (status === 'pending') return this.wasWatching;
		return rest === undefined || floorMs <= rest.fromMs;
	}

	/** Doubts what a first round, or the rest of one, has read if it is empty, perhaps only because of a 404. */
	doubtEmptyList(): void {
		const isFirst = this.cursor === undefined;
		if ((isFirst || this.cursor.rest) && this.hasNotFound && this.isSinceEmpty)
			this.plan.since.distrust();
	}

	/** Whether a part is older than what this round has read of the same list, and a later round reads it anyway. */
	canWait(part: Part): boolean {
		const isFromNewest = this.cursor !== undefined && this.cursor.rest === undefined;
		return isFromNewest && part.status === undefined && part !== this.plan.since.parts[0];
	}

	/** Notes that a part cannot be read now. The next round begins with the newest conversions again. */
	leave(failure: ApiError): void {
		this.plan.since.giveUp();
		this.failure = failure;
	}

	/** The conversions that are no longer in the list of pending ones, and that were not searched for yet. */
	missing(): Map<string, Known> {
		const missing = this.plan.covered
			? this.memory.missing(this.plan.covered)
			: new Map<string, Known>();
		for (const id of this.met) missing.delete(id);
		return missing;
	}

	/** Whether a conversion was seen in this round. */
	hasMet(id: string): boolean {
		return this.met.has(id);
	}

	/** The cursor for the next round. */
	close(): Cursor {
		const { cursor, floorMs, novelty } = this;
		for (const row of this.held.existing) this.memory.remember(row, madeAt(row));
		const { fromMs, startedAtMs } = this.lookBack;
		const rest = cursor || this.isRestKnown ? this.plan.since.left : undefined;
		const pendingRest = this.plan.pending?.left;
		const before = cursor?.horizonMs ?? floorMs;
		// If this round read only the rest of an earlier one, there may be newer conversions that it did not see.
		const newestMs = Math.min(this.newestMs, cursor?.rest?.toMs ?? Infinity);
		const horizonMs = this.isSinceRead ? Math.max(before, newestMs) : before;
		const { hasForgottenUndated, ...remembered } = withinBounds(
			this.memory.all,
			Math.max(floorMs, horizonMs - FAR_LOOK_BACK_MS),
			this.watches
				? pendingFloorAfter(cursor?.pendingFloorMs ?? floorMs, this.plan.covered)
				: undefined,
			rest !== undefined,
		);
		const knewUndated = novelty?.knewUndated('pending') === true && novelty.knewUndated();
		return {
			...remembered,
			horizonMs,
			knowsUndated: (this.isRead || knewUndated) && !hasForgottenUndated,
			...this.lookBack.lookedAfter(this.isSinceRead),
			...(rest === undefined ? {} : { rest: { ...rest, fromMs, startedAtMs } }),
			...(pendingRest === undefined ? {} : { pendingRest }),
			unreadable: this.unreadable.reportedKeys(),
		};
	}

	/** All conversions created later, in any status, are known if they exist. */
	private get floorMs(): number {
		const { cursor, nowMs, newestMs } = this;
		const { since } = this.plan;
		if (!cursor) return firstFloorMs(since, nowMs, newestMs);
		return floorAfter(cursor.floorMs, since.covered, this.lookBack.fromMs);
	}

	/** Whether the conversions in every status were read as far back as this round must. */
	private get isSinceRead(): boolean {
		if (this.plan.since.isDone) return true;
		const isFirst = this.cursor === undefined && !this.isExistingWanted;
		return isFirst && this.plan.since.covered !== undefined;
	}

	private take(conversion: Conversion, createdAtMs: number | undefined): ConversionEvent[] {
		const { id, status } = conversion;
		this.met.add(id);
		this.held.delete(id);
		const isNew = this.isNew(id, createdAtMs, status);
		this.memory.remember(conversion, createdAtMs);
		return eventsOf(conversion, this.cursor?.known.get(id), isNew, this.wanted);
	}

	/** Whether a conversion that no round has read does not count as new. */
	private isExisting(id: string, createdAtMs: number | undefined, status?: string): boolean {
		return !this.cursor?.known.has(id) && !this.isNew(id, createdAtMs, status);
	}

	private isNew(id: string, createdAtMs: number | undefined, status?: string): boolean {
		if (this.novelty === undefined) return this.isExistingWanted;
		return !this.memory.has(id) && this.novelty.isNew(id, createdAtMs, status);
	}
}
