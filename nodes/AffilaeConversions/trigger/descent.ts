import { DAY_MS, type Part, type Rest } from './cursor';

/** How much shorter a slice is after one that a whole poll could not read. */
const SHRINKING = 4;
/** How much longer a slice is than the one before, which was read. */
const GROWTH = 2;
/** The longest slice, in milliseconds. */
const LONGEST_MS = 365 * DAY_MS;
/** If not even such a slice can be read, in milliseconds, shorter ones will not help. */
const SHORTEST_MS = 60_000;

/** Whether polls do not get on with a list, because one page of it takes too long. */
export function isStuck({ spanMs = Infinity }: Rest = {}): boolean {
	return spanMs < SHORTEST_MS;
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
	private reachedMs: number | undefined;
	private spanMs: number | undefined;

	/**
	 * @param whole what to read in the end
	 * @param rest what an earlier poll left
	 * @param nowMs milliseconds since 1970, UTC
	 * @param firstMs read what was created later first, so that new conversions need not wait for the others
	 */
	constructor(
		whole: Part,
		private readonly rest: Rest = {},
		private readonly nowMs: number,
		firstMs?: number,
	) {
		this.reachedMs = rest.toMs;
		this.spanMs = rest.spanMs;
		const isFresh = rest.toMs === undefined && rest.spanMs === undefined;
		const spanMs = isFresh && firstMs !== undefined ? nowMs - firstMs : rest.spanMs;
		this.parts = slicesOf(whole, rest.toMs, spanMs, nowMs, isFresh ? Infinity : GROWTH);
	}

	/** What is known of the list now: all its conversions created after `afterMs`, up to and including `toMs`. */
	get covered(): { afterMs: number; toMs: number } | undefined {
		const afterMs = this.isDone ? -Infinity : this.reachedMs;
		return afterMs === undefined ? undefined : { afterMs, toMs: this.rest.toMs ?? Infinity };
	}

	/** What is left for the next poll; undefined if everything was read. */
	get left(): Rest | undefined {
		const { reachedMs: toMs, spanMs } = this;
		if (this.isDone) return undefined;
		return { ...(toMs === undefined ? {} : { toMs }), ...(spanMs === undefined ? {} : { spanMs }) };
	}

	/** Notes that a part was read to its end. */
	end(part: Part): void {
		this.isDone = part === this.parts.at(-1);
		this.reachedMs = part.fromMs;
		this.spanMs = this.lengthOf(part) * GROWTH;
	}

	/**
	 * Notes that a part was read until the poll had to stop.
	 *
	 * @param restMs all conversions of the part created later were read; undefined if unknown
	 */
	stop(part: Part, restMs: number | undefined): void {
		this.reachedMs = restMs ?? this.reachedMs;
		const isTooLong = part === this.parts[0];
		const spanMs = this.lengthOf(part) / (isTooLong ? SHRINKING : 1);
		this.spanMs = restMs === undefined ? spanMs : undefined;
	}

	/** Takes back what this poll has read: it proves nothing. */
	distrust(): void {
		this.isDone = false;
		this.reachedMs = this.rest.toMs;
		this.spanMs = this.rest.spanMs;
	}

	private lengthOf({ fromMs = -Infinity, toMs = this.nowMs }: Part): number {
		return Math.min(toMs - fromMs, LONGEST_MS);
	}
}

/** Divides a period into slices, the newest first; each is `growth` times as long as the one before. */
function slicesOf(
	whole: Part,
	toMs: number | undefined,
	spanMs = Infinity,
	nowMs: number,
	growth: number,
): Part[] {
	const upTo = toMs === undefined ? {} : { toMs };
	// At least a millisecond: n8n's clock may have been set back.
	const fromMs = (toMs ?? nowMs) - Math.max(spanMs, 1);
	if (fromMs <= (whole.fromMs ?? 0)) return [{ ...whole, ...upTo }];
	return [
		{ ...whole, fromMs, ...upTo },
		...slicesOf(whole, fromMs, Math.max(spanMs, 1) * growth, nowMs, growth),
	];
}
