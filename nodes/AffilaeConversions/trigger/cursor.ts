import { instantOf, type Conversion, type Status } from '../domain/conversion';

/** What can happen to a conversion, as workflows store it. */
export const EVENTS = ['created', 'statusChanged', 'amountChanged'] as const;
export type EventName = (typeof EVENTS)[number];

/** Something that happened to a conversion since the poll before. */
export interface Happening {
	event: EventName;
	/** As it is now. */
	conversion: Conversion;
	/** Absent where the trigger never met the conversion in another status. */
	previousStatus?: string;
	/** Integer cents. */
	previousAmountCents?: number;
}

/** What is remembered of a pending conversion whose changes are watched. */
export interface Watched {
	/** Milliseconds since 1970, UTC, on Affilae's clock; absent where Affilae gave no date. */
	createdAtMs?: number;
	/** Integer cents; absent where Affilae gave none. */
	amountCents?: number;
}

/**
 * What a poll leaves to the next one. All instants are milliseconds since 1970, UTC.
 *
 * A conversion is known if it is among `seen`, or was made at `floorMs` or before. Both move on with
 * the conversions' own dates, so that it matters little what the clock of n8n says.
 */
export interface Cursor {
	/** Tells whose conversions these are; see {@link Round}. */
	scope: string;
	/** The newest conversion met, on Affilae's clock, but never later than the poll's own. */
	horizonMs: number;
	/** What was made then or before is never taken for new. */
	floorMs: number;
	/** When the whole of {@link LONG_LOOK_BACK_MS} was last read, on n8n's clock. */
	lookedBackAtMs: number;
	/** Where a reading that a poll had no time to end goes on: the conversions up to then are unread. */
	restMs?: number;
	/** The conversions made since `floorMs`: by id when each was made. */
	seen: ReadonlyMap<string, number>;
	/** The pending conversions by id; absent where no change is watched. */
	watched?: ReadonlyMap<string, Watched>;
}

/** Part of the list of conversions; instants in milliseconds since 1970, UTC, on Affilae's clock. */
export interface Part {
	status?: Status;
	fromMs?: number;
	toMs?: number;
}

/** What an operator wants to hear of. */
export interface Wanted {
	events: readonly EventName[];
	/** Whether a first poll gives what is already there, as created. */
	includeExisting: boolean;
	/** Equal for two polls only if they ask the same account for the same programs and customers. */
	scope: string;
}

const HOUR_MS = 3_600_000;

/** So far behind the newest conversion every poll looks for late ones. */
export const SHORT_LOOK_BACK_MS = 2 * HOUR_MS;
/** So far behind the newest conversion a poll looks once in {@link LOOK_BACK_EVERY_MS}. */
export const LONG_LOOK_BACK_MS = 48 * HOUR_MS;
export const LOOK_BACK_EVERY_MS = HOUR_MS;
/** How many conversions of the last 48 hours are remembered: of more, the newest. */
export const MOST_SEEN = 20_000;
/** How many pending conversions are watched for changes: of more, the newest. */
export const MOST_WATCHED = 50_000;

/**
 * One poll's round through the list: told which conversions there are, it tells what happened to them
 * since the cursor, and leaves the next cursor. Reads no clock and asks nobody.
 *
 * A conversion that is met for the first time gives one event: created, or, where that is not wanted
 * and it is decided already, statusChanged.
 */
export class Round {
	/** Which parts of the list to read, in this order. */
	readonly parts: readonly Part[];

	private readonly met = new Set<string>();
	private readonly seen: Map<string, number>;
	private readonly watched: Map<string, Watched> | undefined;
	private readonly cursor: Cursor | undefined;
	private readonly isExistingWanted: boolean;
	private readonly looksFarBack: boolean;
	private readonly goesOnAt: number | undefined;
	private readonly fromMs: number;
	private floorMs: number;
	private newestMs = -Infinity;
	private unread: number;
	private restMs: number | undefined;
	private covered: { afterMs: number; toMs: number } | undefined;

	/**
	 * @param before what the poll before left; of another scope it counts for nothing, and what is
	 * there is remembered without a word
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 */
	constructor(
		before: Cursor | undefined,
		private readonly wanted: Wanted,
		private readonly nowMs: number,
	) {
		this.cursor = before?.scope === wanted.scope ? before : undefined;
		const { cursor } = this;
		this.isExistingWanted = before === undefined && wanted.includeExisting;
		this.floorMs = cursor?.floorMs ?? nowMs - LONG_LOOK_BACK_MS;
		const sinceLookBack = nowMs - (cursor?.lookedBackAtMs ?? -Infinity);
		this.looksFarBack = sinceLookBack >= LOOK_BACK_EVERY_MS || sinceLookBack < 0;
		this.seen = new Map(cursor?.seen);
		const watches = wanted.events.some((event) => event !== 'created');
		this.watched = watches ? new Map(cursor?.watched) : undefined;
		this.goesOnAt = watches && !cursor?.watched ? undefined : cursor?.restMs;
		const backMs = this.looksFarBack ? LONG_LOOK_BACK_MS : SHORT_LOOK_BACK_MS;
		this.fromMs = Math.max(this.floorMs, (cursor?.horizonMs ?? this.floorMs) - backMs);
		this.parts = this.partsToRead(watches);
		this.unread = this.parts.length;
	}

	/** Whether all was read that this round is to read. */
	get isRead(): boolean {
		return this.unread === 0;
	}

	/**
	 * Takes note of a conversion of the list. Of two sightings in one round the first counts; what the
	 * other shows, the next round finds.
	 *
	 * @returns what happened to it, as far as it is wanted
	 */
	meet(conversion: Conversion): Happening[] {
		const { id } = conversion;
		if (this.met.has(id)) return [];
		this.met.add(id);
		const createdAtMs = madeAt(conversion);
		const isNew = this.isNew(id, createdAtMs);
		const before = this.cursor?.watched?.get(id);
		const atMs = Math.min(createdAtMs ?? this.nowMs, this.nowMs);
		this.newestMs = Math.max(this.newestMs, atMs);
		if (!this.seen.has(id)) this.seen.set(id, createdAtMs ?? this.nowMs);
		this.watch(conversion, before, createdAtMs);
		const happened = before ? changesOf(before, conversion) : [];
		if (isNew && !before) happened.push(...this.firstMeeting(conversion));
		return happened.filter(({ event }) => this.wanted.events.includes(event));
	}

	/** Takes note that a part was read to its end. */
	end(part: Part): void {
		this.unread -= 1;
		if (isPendingList(part)) this.covered = { afterMs: -Infinity, toMs: part.toMs ?? Infinity };
	}

	/**
	 * Takes note that there was no time to read a part to its end.
	 *
	 * @param restMs what was made later is read; undefined where the list had no such order
	 */
	breakOff(part: Part, restMs: number | undefined): void {
		if (isPendingList(part) || this.parts.length === 1) this.restMs = restMs ?? part.toMs;
		if (isPendingList(part) && restMs !== undefined) {
			this.covered = { afterMs: restMs, toMs: part.toMs ?? Infinity };
			if (restMs < this.fromMs) this.unread -= 1;
		}
		// What a first poll had no time to read is there already: later it must not pass for new.
		if (this.isFirst) this.floorMs = Math.max(this.floorMs, restMs ?? this.newestMs);
	}

	/** The conversions that were pending, and are no longer where the pending ones were read. */
	missing(): Map<string, Watched> {
		const missing = new Map<string, Watched>();
		if (!this.covered) return missing;
		const { afterMs, toMs } = this.covered;
		const isWhole = afterMs === -Infinity && toMs === Infinity;
		for (const [id, watched] of this.cursor?.watched ?? []) {
			if (this.met.has(id)) continue;
			const { createdAtMs } = watched;
			const wasRead =
				createdAtMs === undefined ? isWhole : createdAtMs > afterMs && createdAtMs <= toMs;
			if (wasRead) missing.set(id, watched);
		}
		return missing;
	}

	/** Whether a conversion was met in this round. */
	hasMet(id: string): boolean {
		return this.met.has(id);
	}

	/** Stops watching a conversion that Affilae no longer lists at all. */
	forget(id: string): void {
		this.watched?.delete(id);
	}

	/** The cursor for the next round. */
	close(): Cursor {
		const { cursor, nowMs, restMs, isRead } = this;
		const before = cursor?.horizonMs ?? this.floorMs;
		// Where only a rest was read, what is newer than it may hold some that were not met.
		const newestMs = Math.min(this.newestMs, this.goesOnAt ?? Infinity);
		const horizonMs = isRead ? Math.max(before, newestMs) : before;
		const hasLookedBack = isRead && this.looksFarBack && this.goesOnAt === undefined;
		const floorMs = Math.max(this.floorMs, horizonMs - LONG_LOOK_BACK_MS);
		const seen = newestOf(
			[...this.seen].filter(([, atMs]) => atMs > floorMs - HOUR_MS),
			MOST_SEEN,
			([, atMs]) => atMs,
		);
		const [, oldestSeenMs] = seen.dropped[0] ?? [];
		const watched = newestOf(
			[...(this.watched ?? [])],
			MOST_WATCHED,
			([, { createdAtMs }]) => createdAtMs ?? -Infinity,
		);
		return {
			scope: this.wanted.scope,
			horizonMs,
			floorMs: Math.max(floorMs, oldestSeenMs ?? -Infinity),
			lookedBackAtMs: hasLookedBack ? nowMs : (cursor?.lookedBackAtMs ?? 0),
			...(restMs === undefined ? {} : { restMs }),
			seen: new Map(seen.kept),
			...(this.watched ? { watched: new Map(watched.kept) } : {}),
		};
	}

	private partsToRead(watches: boolean): Part[] {
		if (this.isExistingWanted) return [{}];
		const { fromMs, goesOnAt } = this;
		const upTo = goesOnAt === undefined ? {} : { toMs: goesOnAt };
		if (!watches) return [{ fromMs, ...upTo }];
		// The pending ones first: one that is decided meanwhile is then met among the decided ones.
		return [
			{ status: 'pending', ...upTo },
			{ status: 'accepted', fromMs },
			{ status: 'refused', fromMs },
		];
	}

	/** Whether nothing was remembered before this round. */
	private get isFirst(): boolean {
		return this.cursor === undefined;
	}

	private isNew(id: string, createdAtMs: number | undefined): boolean {
		if (this.isFirst) return this.isExistingWanted;
		if (this.seen.has(id)) return false;
		return createdAtMs === undefined || createdAtMs > this.floorMs;
	}

	private firstMeeting(conversion: Conversion): Happening[] {
		if (this.wanted.events.includes('created')) return [{ event: 'created', conversion }];
		const { status = 'pending' } = conversion;
		return status === 'pending' || this.isFirst ? [] : [{ event: 'statusChanged', conversion }];
	}

	private watch(
		{ id, status, amountCents }: Conversion,
		before: Watched | undefined,
		createdAtMs: number | undefined,
	): void {
		const isPending = status === 'pending' || (status === undefined && before !== undefined);
		if (!isPending) {
			this.watched?.delete(id);
			return;
		}
		const cents = amountCents ?? before?.amountCents;
		this.watched?.set(id, {
			...(createdAtMs === undefined ? {} : { createdAtMs }),
			...(cents === undefined ? {} : { amountCents: cents }),
		});
	}
}

/** Of the pending conversions all are read, however old; of the others those of the last time. */
function isPendingList({ status }: Part): boolean {
	return status === 'pending';
}

/** When a conversion was made, in milliseconds since 1970, UTC; undefined where Affilae does not say. */
export function madeAt(conversion: Conversion): number | undefined {
	const ms = instantOf(conversion);
	return Number.isNaN(ms) ? undefined : ms;
}

function changesOf(before: Watched, conversion: Conversion): Happening[] {
	const { status = 'pending', amountCents } = conversion;
	const { amountCents: previousAmountCents } = before;
	const isAmountKnown = amountCents !== undefined && previousAmountCents !== undefined;
	const changes: Happening[] = [];
	if (isAmountKnown && amountCents !== previousAmountCents) {
		changes.push({ event: 'amountChanged', conversion, previousAmountCents });
	}
	if (status !== 'pending') {
		changes.push({ event: 'statusChanged', conversion, previousStatus: 'pending' });
	}
	return changes;
}

/** The newest of some entries, and those that are too many, each newest first. */
function newestOf<T>(
	entries: T[],
	most: number,
	atMs: (entry: T) => number,
): { kept: T[]; dropped: T[] } {
	if (entries.length <= most) return { kept: entries, dropped: [] };
	const sorted = entries.sort((a, b) => atMs(b) - atMs(a) || 0);
	return { kept: sorted.slice(0, most), dropped: sorted.slice(most) };
}
