import { instantOf, type Status } from '../domain/conversion';

/** What is remembered of a conversion. */
export interface Known {
	/** Milliseconds since 1970, UTC, on Affilae's clock; absent if Affilae gave no date. */
	createdAtMs?: number;
	/** When one without a date was last met, on n8n's clock. */
	metAtMs?: number;
	/** Absent if no change is watched, or Affilae gave none. */
	status?: string;
	/** Integer cents; absent if no change is watched, or Affilae gave none. */
	amountCents?: number;
}

/** What is left of a reading that a poll had no time to end. Instants in milliseconds since 1970, UTC. */
export interface Rest {
	/** On Affilae's clock, as is `toMs`. */
	fromMs: number;
	toMs: number;
	/** When the reading began, on n8n's clock. */
	startedAtMs: number;
}

/**
 * What a poll leaves to the next one. All instants are milliseconds since 1970, UTC.
 *
 * A conversion is new if it is not known, and either was made after `floorMs`, or is pending and was made
 * after `pendingFloorMs`. The floors move on with the conversions' own dates, not with a clock: a shop in
 * which nothing happens for days is no different.
 */
export interface Cursor {
	/** The newest conversion met, on Affilae's clock, but never later than the poll's own. */
	horizonMs: number;
	/** All conversions made later are known, in whatever state, as far as they were there. */
	floorMs: number;
	/** All pending conversions made later are known; absent if no change is watched. */
	pendingFloorMs?: number;
	/** Whether the conversions without a date that were there are known, too. */
	knowsUndated: boolean;
	/** When {@link LOOK_BACK_MS} was last read, on n8n's clock. */
	lookedBackAtMs: number;
	/** When {@link FAR_LOOK_BACK_MS} was last read, on n8n's clock. */
	lookedFarBackAtMs: number;
	/** Of the conversions in every state. */
	rest?: Rest;
	/** Likewise of the pending ones: those made up to then. */
	pendingRestMs?: number;
	/** By ID: the conversions made since `floorMs`, those without a date that were met since, and the pending
	 * ones if changes are watched. */
	known: ReadonlyMap<string, Known>;
	/** Conversions that cannot be read and of which the log says so already. */
	unreadable: readonly string[];
}

/** Part of the list of conversions; instants in milliseconds since 1970, UTC, on Affilae's clock. */
export interface Part {
	status?: Status;
	fromMs?: number;
	toMs?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** So far behind the newest conversion every poll reads. */
const SHORT_LOOK_BACK_MS = 2 * HOUR_MS;
/** So far behind it a poll reads once in {@link LOOK_BACK_EVERY_MS}: some conversions appear late. */
export const LOOK_BACK_MS = 2 * DAY_MS;
const LOOK_BACK_EVERY_MS = HOUR_MS;
/**
 * So far behind it a poll reads once in {@link FAR_LOOK_BACK_EVERY_MS}: conversions added by hand bear
 * earlier dates, and accepted ones can be refused until they are locked, after 20 or 30 days as a rule
 * (API page: doc).
 */
export const FAR_LOOK_BACK_MS = 30 * DAY_MS;
const FAR_LOOK_BACK_EVERY_MS = DAY_MS;
/** How many conversions are remembered besides the pending ones: of more, the newest. */
export const MOST_KNOWN = 20_000;
/** How many pending conversions are watched for changes: of more, the newest. */
export const MOST_WATCHED = 50_000;
/** Of how many unreadable conversions it is remembered that the log names them. */
export const MOST_UNREADABLE = 500;
/** A floor with nothing below it. */
export const NO_FLOOR_MS = 0;

/** When a conversion was made, in milliseconds since 1970, UTC; undefined if Affilae does not say. */
export function madeAt(row: { createdAt?: string }): number | undefined {
	const ms = instantOf(row);
	return Number.isNaN(ms) ? undefined : ms;
}

/** How far behind the newest conversion a poll is to read, in milliseconds. */
export function dueLookBackMs(cursor: Cursor | undefined, nowMs: number): number {
	const { lookedBackAtMs = -Infinity, lookedFarBackAtMs = -Infinity } = cursor ?? {};
	// A clock that was put back must not put the next look off.
	const isDue = (atMs: number, everyMs: number) => nowMs - atMs >= everyMs || nowMs < atMs;
	if (isDue(lookedFarBackAtMs, FAR_LOOK_BACK_EVERY_MS)) return FAR_LOOK_BACK_MS;
	return isDue(lookedBackAtMs, LOOK_BACK_EVERY_MS) ? LOOK_BACK_MS : SHORT_LOOK_BACK_MS;
}

/**
 * When an ID says that it was made, in milliseconds since 1970, UTC, to the second. Affilae's IDs are
 * MongoDB's (API page: run); nothing but a doubt may be decided by it.
 */
export function idMadeAt(id: string): number | undefined {
	return /^[0-9a-f]{24}$/.test(id) ? Number.parseInt(id.slice(0, 8), 16) * 1000 : undefined;
}

/** What is remembered, within its bounds. */
export interface Remembered {
	known: ReadonlyMap<string, Known>;
	floorMs: number;
	pendingFloorMs?: number;
	/** Whether a conversion without a date had to be forgotten. */
	hasForgottenUndated: boolean;
}

/**
 * Forgets what need not be known, and of too much the oldest: the floors rise so that nothing forgotten
 * passes for new.
 *
 * @param pendingFloorMs undefined if no change is watched
 */
export function withinBounds(
	known: ReadonlyMap<string, Known>,
	floorMs: number,
	pendingFloorMs: number | undefined,
): Remembered {
	const isWatched = ({ status }: Known) => pendingFloorMs !== undefined && status === 'pending';
	const entries = [...known];
	const isRecent = ({ createdAtMs, metAtMs = Infinity }: Known) =>
		(createdAtMs ?? metAtMs) > floorMs;
	const recent = newestOf(
		entries.filter(([, one]) => isRecent(one) && !isWatched(one)),
		MOST_KNOWN,
	);
	const pending = newestOf(
		entries.filter(([, one]) => isWatched(one)),
		MOST_WATCHED,
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

/** The newest of some entries, and those that are too many, each newest first; undated ones stand first. */
function newestOf(entries: Entry[], most: number): { kept: Entry[]; dropped: Entry[] } {
	if (entries.length <= most) return { kept: entries, dropped: [] };
	const atMs = ([, { createdAtMs = Infinity }]: Entry) => createdAtMs;
	const sorted = entries.sort((a, b) => atMs(b) - atMs(a) || 0);
	return { kept: sorted.slice(0, most), dropped: sorted.slice(most) };
}
