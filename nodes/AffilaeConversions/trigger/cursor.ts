import { instantOf, type Status } from '../domain/conversion';

/** What the cursor stores about a conversion. */
export interface Known {
	/** Milliseconds since 1970, UTC, on Affilae's clock; absent if Affilae returned no date. */
	createdAtMs?: number;
	/** For a conversion without a date: when it was last seen, on n8n's clock. */
	metAtMs?: number;
	/** Absent if changes are not watched, or Affilae returned none. */
	status?: string;
	/** Integer cents; absent if changes are not watched, or Affilae returned none. */
	amountCents?: number;
	/**
	 * For a pending conversion that is no longer in the list of pending ones: how many searches in a row have not
	 * found it.
	 */
	absences?: number;
}

/** What polls so far have not read of a list. */
export interface Rest {
	/**
	 * Everything created later was read, in milliseconds since 1970, UTC, on Affilae's clock; absent if nothing
	 * is known to be read.
	 */
	toMs?: number;
	/** How much of it to try to read next, in milliseconds; absent for all. */
	spanMs?: number;
}

/** What polls so far have not read of the conversions in every status. Instants are milliseconds since 1970, UTC. */
export interface RestOfAll extends Rest {
	/** On Affilae's clock. */
	fromMs: number;
	/** When reading began, on n8n's clock. */
	startedAtMs: number;
}

/**
 * What the trigger keeps from one poll to the next. All instants are milliseconds since 1970, UTC.
 *
 * A conversion is new if it is not known, and either was created after `floorMs`, or is pending and was
 * created after `pendingFloorMs`. The floors advance with the dates of the conversions, not with a clock, so
 * a shop without orders for days needs no special case.
 */
export interface Cursor {
	/** The date of the newest conversion seen, on Affilae's clock, but never later than the poll itself. */
	horizonMs: number;
	/** All conversions created later, in any status, are known if they existed at the last poll. */
	floorMs: number;
	/** All pending conversions created later are known; absent if changes are not watched. */
	pendingFloorMs?: number;
	/** Whether the existing conversions without a date are known too. */
	knowsUndated: boolean;
	/** When a poll last looked back by {@link LOOK_BACK_MS}, on n8n's clock. */
	lookedBackAtMs: number;
	/** When a poll last looked back by {@link FAR_LOOK_BACK_MS}, on n8n's clock. */
	lookedFarBackAtMs: number;
	/** What the last poll did not read of the conversions in every status. The next poll begins with it. */
	rest?: RestOfAll;
	/** What the last poll did not read of the pending conversions. */
	pendingRest?: Rest;
	/** By ID: the conversions created since `floorMs`, those without a date seen since, and the pending
	 * ones if changes are watched. */
	known: ReadonlyMap<string, Known>;
	/** Unreadable conversions that the log has already reported. */
	unreadable: readonly string[];
}

/** A part of the list of conversions. Instants are milliseconds since 1970, UTC, on Affilae's clock. */
export interface Part {
	status?: Status;
	fromMs?: number;
	toMs?: number;
}

/** A row with its status. If it shows none, it has the status that was requested, if any. */
export function withStatusOf<T extends { status?: string }>(
	{ status }: Pick<Part, 'status'>,
	row: T,
): T {
	return { ...(status === undefined ? {} : { status }), ...row };
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How far every poll looks back from the newest conversion. */
export const SHORT_LOOK_BACK_MS = 2 * HOUR_MS;
/** How far a poll looks back once per hour: some conversions appear late. */
export const LOOK_BACK_MS = 2 * DAY_MS;
/**
 * How far a poll looks back once per day: conversions added by hand have earlier dates, and accepted ones can be
 * refused until they are locked, usually after 20 or 30 days (API page: doc).
 */
export const FAR_LOOK_BACK_MS = 30 * DAY_MS;
/** The most conversions to store besides the pending ones. The newest are kept. */
export const MOST_KNOWN = 20_000;
/** The most pending conversions to watch for changes. The newest are kept. */
export const MOST_WATCHED = 50_000;
/** The most unreadable conversions to store as reported. */
export const MOST_UNREADABLE = 500;
/** The lowest floor: no conversion was created before it. */
export const NO_FLOOR_MS = 0;

/** When a conversion was created, in milliseconds since 1970, UTC; undefined if Affilae returns no date. */
export function madeAt(row: { createdAt?: string }): number | undefined {
	const ms = instantOf(row);
	return Number.isNaN(ms) ? undefined : ms;
}

/** What the cursor stores, within its limits. */
export interface Remembered {
	known: ReadonlyMap<string, Known>;
	floorMs: number;
	pendingFloorMs?: number;
	/** Whether a conversion without a date had to be forgotten. */
	hasForgottenUndated: boolean;
}

/**
 * Forgets the conversions that the cursor does not need, and the oldest if there are too many. The floors
 * rise, so that no forgotten conversion counts as new.
 *
 * @param pendingFloorMs undefined if changes are not watched
 * @param isCatchingUp whether older conversions are still to be read: no floor may rise above them
 */
export function withinBounds(
	known: ReadonlyMap<string, Known>,
	floorMs: number,
	pendingFloorMs: number | undefined,
	isCatchingUp: boolean,
): Remembered {
	const isWatched = ({ status }: Known) => pendingFloorMs !== undefined && status === 'pending';
	const entries = [...known];
	const isRecent = ({ createdAtMs, metAtMs = Infinity }: Known) =>
		(createdAtMs ?? metAtMs) > floorMs;
	const recent = newestOf(
		entries.filter(([, one]) => isRecent(one) && !isWatched(one)),
		isCatchingUp ? Infinity : MOST_KNOWN,
	);
	const pending = newestOf(
		entries.filter(([, one]) => isWatched(one)),
		isCatchingUp ? Infinity : MOST_WATCHED,
	);
	const raised = (floor: number, dropped: Entry[]) => {
		const [, newest] = dropped.find(([, { createdAtMs }]) => createdAtMs !== undefined) ?? [];
		return Math.max(floor, newest?.createdAtMs ?? floor);
	};
	const dropped = [...recent.dropped, ...pending.dropped];
	return {
		known: new Map([...recent.kept, ...pending.kept]),
		floorMs: raised(raised(floorMs, recent.dropped), pending.dropped),
		...(pendingFloorMs === undefined
			? {}
			: { pendingFloorMs: raised(pendingFloorMs, pending.dropped) }),
		hasForgottenUndated: dropped.some(([, { createdAtMs }]) => createdAtMs === undefined),
	};
}

type Entry = [string, Known];

/** The newest entries, and the rest, both newest first; entries without a date come first. */
function newestOf(entries: Entry[], most: number): { kept: Entry[]; dropped: Entry[] } {
	if (entries.length <= most) return { kept: entries, dropped: [] };
	const atMs = ([, { createdAtMs = Infinity }]: Entry) => createdAtMs;
	const sorted = entries.sort((a, b) => atMs(b) - atMs(a) || 0);
	return { kept: sorted.slice(0, most), dropped: sorted.slice(most) };
}
