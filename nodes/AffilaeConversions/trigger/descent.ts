import { DAY_MS, type Part, type Rest } from './cursor';

/** How much shorter a slice is after one that a whole poll could not read. */
const SHRINKING = 4;
/** How much longer a slice is than the one before, which was read. */
const GROWTH = 2;
/** The longest slice, in milliseconds. */
const LONGEST_MS = 365 * DAY_MS;
/** If not even such a slice can be read, in milliseconds, shorter ones will not help: it has one date. */
const SHORTEST_MS = 1000;

/** How a part was read that a poll had to stop reading. */
export interface Stop {
	/** All conversions of the part created later were read, in milliseconds since 1970, UTC; undefined if unknown. */
	restMs: number | undefined;
	/** Whether the poll has read nothing before this part. */
	isFirst: boolean;
	/** Whether the part returned any row. */
	hasRows: boolean;
}

/**
 * Reads a list from its newest conversions to its oldest, in as many polls as that takes.
 *
 * If a poll is stopped in a list that is not newest first, or that consists of several lists, it does not know
 * which conversions it has read. So the next one reads a shorter slice of time, until one poll can read it.
 */
export class Descent {
	/** The parts to read, the newest first. */
	readonly parts: readonly Part[];
	/** Whether everything was read. */
	isDone = false;
	/** Whether the list changed too fast to be read. */
	hasMoved = false;
	/** Whether a poll that began with this list got no row of it, or too many with the same date. */
	isStuck = false;
	private reachedMs: number | undefined;
	private spanMs: number | undefined;
	/** Whether the next poll begins with the newest conversions again, because this one did not get on. */
	private isGivenUp = false;
	/** Up to where to divide the list, in milliseconds since 1970, UTC. */
	private readonly oldestMs: number;

	/**
	 * @param whole what to read in the end
	 * @param rest what an earlier poll left
	 * @param nowMs milliseconds since 1970, UTC
	 * @param firstMs read what was created later first, so that new conversions need not wait for the others
	 * @param oldestMs when the oldest known conversion was created: the time before is not divided
	 */
	constructor(
		whole: Part,
		private readonly rest: Rest = {},
		private readonly nowMs: number,
		firstMs?: number,
		oldestMs = -Infinity,
	) {
		const isBelow = rest.toMs !== undefined && rest.toMs < oldestMs + DAY_MS;
		this.oldestMs = whole.fromMs ?? (isBelow ? -Infinity : oldestMs);
		this.reachedMs = rest.toMs;
		this.spanMs = rest.spanMs;
		const isFresh = rest.toMs === undefined && rest.spanMs === undefined;
		const spanMs = isFresh && firstMs !== undefined ? nowMs - firstMs : rest.spanMs;
		this.parts = this.slicesFrom(whole, rest.toMs, spanMs, isFresh ? Infinity : GROWTH);
	}

	/** What is known of the list now: all its conversions created after `afterMs`, up to and including `toMs`. */
	get covered(): { afterMs: number; toMs: number } | undefined {
		const afterMs = this.isDone ? -Infinity : this.reachedMs;
		return afterMs === undefined ? undefined : { afterMs, toMs: this.rest.toMs ?? Infinity };
	}

	/** What the next poll begins with; undefined if everything was read, or if it begins with the newest ones again. */
	get left(): Rest | undefined {
		const { reachedMs: toMs, spanMs } = this;
		if (this.isDone || this.isGivenUp) return undefined;
		return { ...(toMs === undefined ? {} : { toMs }), ...(spanMs === undefined ? {} : { spanMs }) };
	}

	/** Notes that a part was read to its end. */
	end(part: Part): void {
		this.isDone = part === this.parts.at(-1);
		this.reachedMs = part.fromMs;
		this.spanMs = this.lengthOf(part) * GROWTH;
	}

	/**
	 * Notes that a part was read until the poll had to stop. It is too long only if it had the whole poll to itself:
	 * if not even one row arrived, a shorter one would not help. If all rows have the same date, the next poll would
	 * only read them again, instead of new ones.
	 */
	stop(part: Part, { restMs, isFirst, hasRows }: Stop): void {
		this.reachedMs = restMs ?? this.reachedMs;
		const isLast = part === this.parts.at(-1);
		if (restMs !== undefined) this.spanMs = undefined;
		else if (isFirst && hasRows) this.spanMs = this.lengthOf(part) / SHRINKING;
		else this.spanMs = isLast ? undefined : this.lengthOf(part);
		const isOneDate =
			restMs === undefined ? (this.spanMs ?? Infinity) < SHORTEST_MS : restMs === part.toMs;
		this.isGivenUp = isFirst && isOneDate;
		this.isStuck = isFirst && (isOneDate || !hasRows);
	}

	/** Notes that older parts cannot be read now: new conversions must not wait for them. */
	giveUp(): void {
		this.isGivenUp = true;
	}

	/** Takes back what this poll has read: it proves nothing. */
	distrust(): void {
		this.isDone = false;
		this.reachedMs = this.rest.toMs;
		this.spanMs = this.rest.spanMs;
	}

	/** In milliseconds. */
	private lengthOf({ fromMs = this.oldestMs, toMs = this.nowMs }: Part): number {
		return Math.max(Math.min(toMs - fromMs, LONGEST_MS), 1);
	}

	/** Divides a period into slices, the newest first; each is `growth` times as long as the one before. */
	private slicesFrom(
		whole: Part,
		toMs: number | undefined,
		spanMs = Infinity,
		growth: number,
	): Part[] {
		const upTo = toMs === undefined ? {} : { toMs };
		// At least a millisecond: n8n's clock may have been set back.
		const fromMs = (toMs ?? this.nowMs) - Math.max(spanMs, 1);
		if (fromMs <= Math.max(this.oldestMs, 0)) return [{ ...whole, ...upTo }];
		return [
			{ ...whole, fromMs, ...upTo },
			...this.slicesFrom(whole, fromMs, Math.max(spanMs, 1) * growth, growth),
		];
	}
}
