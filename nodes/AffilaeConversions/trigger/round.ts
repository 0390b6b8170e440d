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

/** What an operator wants to hear of. */
export interface Wanted {
	events: readonly EventName[];
	/** Whether a first poll gives what is already there, as created. */
	includeExisting: boolean;
}

/** An ID may say that a conversion was made a little later than n8n's clock shows. */
const CLOCK_SKEW_MS = 3_600_000;

/**
 * One poll's round through the list: told which conversions there are, it tells what happened to them
 * since the cursor, and leaves the next cursor. Reads no clock and asks nobody.
 *
 * A conversion that is met for the first time gives one event: created, or, if that is not wanted and it
 * is decided already, statusChanged.
 */
export class Round {
	/** Which parts of the list to read, in this order. */
	readonly parts: readonly Part[];

	/** The account's ID, as far as rows have told. */
	advertiserId: string | undefined;

	private readonly met = new Set<string>();
	private readonly known: Map<string, Known>;
	private readonly unreadable: UnreadableRows;
	/** Whether changes are watched, so that status and amounts are remembered. */
	private readonly watches: boolean;
	/** Whether the round before watched them, too. */
	private readonly wasWatching: boolean;
	private readonly isExistingWanted: boolean;
	private readonly fromMs: number;
	/** When the reading began that this round ends or goes on with, on n8n's clock. */
	private readonly startedAtMs: number;
	private floorMs: number;
	private newestMs = -Infinity;
	/** Whether all was read that this round is to read of the conversions in every state. */
	private isSinceRead = false;
	private rest: Rest | undefined;
	/** Of which time all pending conversions were met: after the one, up to the other. */
	private covered: { afterMs: number; toMs: number } | undefined;
	private pendingRestMs: number | undefined;

	/**
	 * @param cursor what the poll before left; without one, what is there is remembered without a word
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

	/** Whether all was read that this round is to read. */
	get isRead(): boolean {
		const isPendingRead = !this.watches || this.covered?.afterMs === -Infinity;
		return this.isSinceRead && isPendingRead;
	}

	/** Whether no row came at all. */
	get isEmpty(): boolean {
		return this.met.size === 0 && this.unreadable.isEmpty;
	}

	/**
	 * Takes note of a conversion of the list. Of two sightings in one round the first counts; what the
	 * other shows, the next round finds.
	 *
	 * @param part where it was met
	 * @returns what happened to it, as far as it is wanted
	 */
	meet(row: Conversion, part: Part): ConversionEvent[] {
		const { id } = row;
		if (this.met.has(id)) return [];
		this.met.add(id);
		this.advertiserId ??= row.advertiserId;
		// A row that does not say its status has the one that Affilae was asked for.
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

	/** Takes note of a row that cannot be read: it is passed over, and nothing is lost by that. */
	meetUnreadable(row: UnreadableRow): void {
		const { id } = row;
		this.unreadable.add(row);
		if (id === undefined) return;
		this.met.add(id);
		// Once it can be read, it is no more new than it is now.
		if (this.cursor === undefined && !this.known.has(id))
			this.known.set(id, this.datesOf(madeAt(row)));
	}

	/** Why rows could not be read of which no round before has told. */
	newlyUnreadable(): string[] {
		return this.unreadable.newReasons();
	}

	/** Takes note that a part was read to its end, and that the list did not move away meanwhile. */
	end(part: Part): void {
		if (part.fromMs === undefined) {
			this.covered = { afterMs: -Infinity, toMs: part.toMs ?? Infinity };
		}
		if (part.status === undefined) this.isSinceRead = true;
	}

	/**
	 * Takes note that a part was not read to its end, or that it is not sure to be whole.
	 *
	 * @param restMs what was made later is read; undefined if that cannot be said of any time
	 */
	breakOff(part: Part, restMs: number | undefined): void {
		if (part.status === 'pending') {
			this.pendingRestMs = restMs ?? part.toMs;
			if (restMs !== undefined) {
				this.covered = { afterMs: restMs, toMs: part.toMs ?? Infinity };
			}
		} else if (this.cursor === undefined) {
			// What a first poll did not read is there already: later it must not pass for new.
			const newestMs = this.newestMs === -Infinity ? this.nowMs : this.newestMs;
			this.floorMs = Math.max(this.floorMs, restMs ?? newestMs);
			this.isSinceRead = restMs !== undefined && !this.isExistingWanted;
		} else {
			const { fromMs, startedAtMs } = this;
			this.rest = restMs === undefined ? this.cursor.rest : { fromMs, toMs: restMs, startedAtMs };
		}
	}

	/** The conversions that were pending, and are no longer where the pending ones were read. */
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

	/** Whether a conversion was met in this round. */
	hasMet(id: string): boolean {
		return this.met.has(id);
	}

	/** Forgets a conversion that Affilae no longer lists at all. */
	forget(id: string): void {
		this.known.delete(id);
	}

	/** The cursor for the next round. */
	close(): Cursor {
		const { cursor, startedAtMs, rest, pendingRestMs } = this;
		const before = cursor?.horizonMs ?? this.floorMs;
		// If only a rest was read, what is newer than it may hold some that were not met.
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
		// The pending ones first: one that is decided meanwhile is then met among those in every state.
		const pendingRestMs = this.wasWatching ? cursor?.pendingRestMs : undefined;
		return [{ status: 'pending', ...upTo(pendingRestMs) }, since];
	}

	private lookBackTo(backMs: number): number {
		return Math.max(this.floorMs, (this.cursor?.horizonMs ?? this.floorMs) - backMs);
	}

	/** Whether all conversions were read that were made so shortly before the newest, or later. */
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

	/** Whether the conversions without a date were known that were there before this round. */
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

	/** Since when all pending conversions are known. */
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
