import type { Conversion, UnreadableRow } from '../domain/conversion';
import {
	dueLookBackMs,
	FAR_LOOK_BACK_MS,
	idMadeAt,
	LOOK_BACK_MS,
	madeAt,
	NO_FLOOR_MS,
	withinBounds,
	type Cursor,
	type Known,
	type Part,
	type Rest,
} from './cursor';
import { changesOf, type EventName, type ConversionEvent } from './conversionEvent';
import { UnreadableRows } from './unreadable';

/** Which events the operator chose. */
export interface Wanted {
	events: readonly EventName[];
	/** Whether the first poll returns the existing conversions as 'created' events. */
	includeExisting: boolean;
}

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

	private readonly met = new Set<string>();
	private readonly known: Map<string, Known>;
	private readonly unreadable: UnreadableRows;
	/** Whether changes are watched, so that the cursor stores status and amounts. */
	private readonly watches: boolean;
	/** Whether the previous round watched them too. */
	private readonly wasWatching: boolean;
	private readonly isExistingWanted: boolean;
	private readonly fromMs: number;
	/** When reading began (in an earlier round, if this one continues it), on n8n's clock. */
	private readonly startedAtMs: number;
	private floorMs: number;
	private newestMs = -Infinity;
	/** Whether the conversions in every status were read as far back as this round must. */
	private isSinceRead = false;
	private rest: Rest | undefined;
	/** All pending conversions created after `afterMs`, up to and including `toMs`, were seen. */
	private covered: { afterMs: number; toMs: number } | undefined;
	private pendingRestMs: number | undefined;

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
		this.known = new Map(cursor?.known);
		this.unreadable = new UnreadableRows(cursor?.unreadable);
		this.floorMs = cursor?.floorMs ?? nowMs - FAR_LOOK_BACK_MS;
		const isNewlyWatched = this.watches && !this.wasWatching;
		const backMs = isNewlyWatched ? FAR_LOOK_BACK_MS : dueLookBackMs(cursor, nowMs);
		this.fromMs = cursor?.rest?.fromMs ?? this.lookBackTo(backMs);
		this.startedAtMs = cursor?.rest?.startedAtMs ?? nowMs;
		this.parts = this.partsToRead();
	}

	/** Whether this round has read everything that it must. */
	get isRead(): boolean {
		const isPendingRead = !this.watches || this.covered?.afterMs === -Infinity;
		return this.isSinceRead && isPendingRead;
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
		if (this.met.has(id)) return [];
		this.met.add(id);
		this.advertiserId ??= row.advertiserId;
		// A row without a status has the status that was requested.
		const status = row.status ?? part.status;
		const conversion = status === undefined ? row : { ...row, status };
		const createdAtMs = madeAt(row);
		const isNew = this.isNew(id, createdAtMs, status);
		const before = this.cursor?.known.get(id);
		this.newestMs = Math.max(this.newestMs, Math.min(createdAtMs ?? this.nowMs, this.nowMs));
		this.remember(conversion, createdAtMs);
		const happened = before ? changesOf(before, conversion) : [];
		if (isNew) happened.push(...this.firstMeeting(conversion));
		return happened.filter(({ event }) => this.wanted.events.includes(event));
	}

	/** Notes a row that cannot be read. The round skips it; a later round that can read it finds its events. */
	meetUnreadable(row: UnreadableRow): void {
		const { id } = row;
		this.unreadable.add(row);
		if (id === undefined) return;
		this.met.add(id);
		// If it can be read later, it must not count as new then.
		if (this.cursor === undefined && !this.known.has(id))
			this.known.set(id, this.datesOf(madeAt(row)));
	}

	/** Why rows could not be read, for the rows that no earlier round has reported. */
	newlyUnreadable(): string[] {
		return this.unreadable.newReasons();
	}

	/** Notes that a part was read to its end, and that the list did not change too fast. */
	end(part: Part): void {
		if (part.fromMs === undefined) {
			this.covered = { afterMs: -Infinity, toMs: part.toMs ?? Infinity };
		}
		if (part.status === undefined) this.isSinceRead = true;
	}

	/**
	 * Notes that a part was not read to its end, or that rows may be missing from it.
	 *
	 * @param restMs all conversions of the part created later were read; undefined if unknown
	 */
	breakOff(part: Part, restMs: number | undefined): void {
		if (part.status === 'pending') {
			this.pendingRestMs = restMs ?? part.toMs;
			if (restMs !== undefined) {
				this.covered = { afterMs: restMs, toMs: part.toMs ?? Infinity };
			}
		} else if (this.cursor === undefined) {
			// Conversions that a first poll did not read exist already, and must not count as new later.
			const newestMs = this.newestMs === -Infinity ? this.nowMs : this.newestMs;
			this.floorMs = Math.max(this.floorMs, restMs ?? newestMs);
			this.isSinceRead = restMs !== undefined && !this.isExistingWanted;
		} else {
			const { fromMs, startedAtMs } = this;
			this.rest = restMs === undefined ? this.cursor.rest : { fromMs, toMs: restMs, startedAtMs };
		}
	}

	/** The conversions that were pending in the previous poll, and are no longer in the list of pending ones. */
	missing(): Map<string, Known> {
		const missing = new Map<string, Known>();
		if (!this.covered) return missing;
		const { afterMs, toMs } = this.covered;
		const isWhole = afterMs === -Infinity && toMs === Infinity;
		for (const [id, known] of this.cursor?.known ?? []) {
			const { status, createdAtMs } = known;
			if (status !== 'pending' || this.met.has(id)) continue;
			const wasRead =
				createdAtMs === undefined ? isWhole : createdAtMs > afterMs && createdAtMs <= toMs;
			if (wasRead) missing.set(id, known);
		}
		return missing;
	}

	/** Whether a conversion was seen in this round. */
	hasMet(id: string): boolean {
		return this.met.has(id);
	}

	/** Forgets a conversion that Affilae no longer lists. */
	forget(id: string): void {
		this.known.delete(id);
	}

	/** The cursor for the next round. */
	close(): Cursor {
		const { cursor, startedAtMs, rest, pendingRestMs } = this;
		const before = cursor?.horizonMs ?? this.floorMs;
		// If this round read only the rest of an earlier one, there may be newer conversions that it did not see.
		const newestMs = Math.min(this.newestMs, cursor?.rest?.toMs ?? Infinity);
		const horizonMs = this.isSinceRead ? Math.max(before, newestMs) : before;
		const { hasForgottenUndated, ...remembered } = withinBounds(
			this.known,
			Math.max(this.floorMs, horizonMs - FAR_LOOK_BACK_MS),
			this.watches ? this.pendingFloor() : undefined,
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
			...(rest === undefined ? {} : { rest }),
			...(pendingRestMs === undefined ? {} : { pendingRestMs }),
			unreadable: this.unreadable.reportedKeys(),
		};
	}

	private partsToRead(): Part[] {
		if (this.isExistingWanted) return [{}];
		const { cursor, fromMs } = this;
		const since = { fromMs, ...upTo(cursor?.rest?.toMs) };
		if (!this.watches) return [since];
		// Pending ones first: if one is decided in the meantime, the list of every status still contains it.
		const pendingRestMs = this.wasWatching ? cursor?.pendingRestMs : undefined;
		return [{ status: 'pending', ...upTo(pendingRestMs) }, since];
	}

	private lookBackTo(backMs: number): number {
		return Math.max(this.floorMs, (this.cursor?.horizonMs ?? this.floorMs) - backMs);
	}

	/** Whether this round has read this far behind the newest conversion. */
	private hasRead(backMs: number): boolean {
		return this.isSinceRead && this.fromMs <= this.lookBackTo(backMs);
	}

	private isNew(id: string, createdAtMs: number | undefined, status?: string): boolean {
		const { cursor } = this;
		if (cursor === undefined) return this.isExistingWanted;
		if (this.known.has(id)) return false;
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
		const atMs = idMadeAt(id) ?? -Infinity;
		return atMs > horizonMs && atMs <= this.nowMs + CLOCK_SKEW_MS;
	}

	private firstMeeting(conversion: Conversion): ConversionEvent[] {
		if (this.wanted.events.includes('created')) return [{ event: 'created', conversion }];
		const { status = 'pending' } = conversion;
		return status === 'pending' ? [] : [{ event: 'statusChanged', conversion }];
	}

	private remember({ id, status, amountCents }: Conversion, createdAtMs: number | undefined): void {
		const before = this.known.get(id);
		const cents = amountCents ?? before?.amountCents;
		const word = status ?? before?.status;
		this.known.set(id, {
			...this.datesOf(createdAtMs ?? before?.createdAtMs),
			...(this.watches && word !== undefined ? { status: word } : {}),
			...(this.watches && cents !== undefined ? { amountCents: cents } : {}),
		});
	}

	private datesOf(createdAtMs: number | undefined): Known {
		return createdAtMs === undefined ? { metAtMs: this.nowMs } : { createdAtMs };
	}

	/** The next `pendingFloorMs`: all pending conversions created later are known. */
	private pendingFloor(): number {
		const { covered, newestMs, nowMs } = this;
		const before = this.cursor?.pendingFloorMs ?? (newestMs === -Infinity ? nowMs : newestMs);
		if (covered === undefined || covered.toMs < before) return before;
		return Math.max(NO_FLOOR_MS, Math.min(before, covered.afterMs));
	}
}

function upTo(toMs: number | undefined): Pick<Part, 'toMs'> {
	return toMs === undefined ? {} : { toMs };
}
