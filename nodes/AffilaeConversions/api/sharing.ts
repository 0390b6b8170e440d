/** With so much evidence the limit is taken for shared, and there is never more than this. */
const LIKELY = 3;
const CERTAIN = 6;
/** Sped up so far beyond the limit before a 429: alone, what a second keeps would have gone before. */
const FAR_AHEAD = 3.1;
const FAR_AHEAD_SHOWS = 4;
/** More calls missing than this, and than this share of those allowed, were granted to others. */
const MISCOUNT = 2;
const MISMEASURED = 0.04;
/** A 429 without having sped up: alone, that comes once at most, when the first guess was too high. */
const UNPROVOKED_SHOWS = 2;
/** A 429 as it comes to one who is alone. */
const PROVOKED_TAKES = 0.5;
/** Where next to nothing is kept, a 429 comes soon after the limit: further is the limit of others. */
const AHEAD_WHERE_LOST = 2;
const LESS_WHERE_LOST = 0.9;

/** What went before a 429. */
export interface Refused {
	/** The rate over the limit as it was known; 1 where there was no speeding up. */
	readonly ledBy: number;
	/** Calls that the limit, as it was known, would have allowed since the 429 before. */
	readonly allowed: number;
	/** Calls granted since then. */
	readonly granted: number;
}

/**
 * Whether others use the same limit, as far as 429s show it: executions share nothing but these.
 *
 * Who is alone is refused only after speeding up, and has been granted what the limit allows.
 */
export class Sharing {
	private evidence = 0;

	get isLikely(): boolean {
		return this.evidence >= LIKELY;
	}

	/** The very first call was refused. */
	firstCallRefused(): void {
		this.evidence = CERTAIN;
	}

	/** A 429 of a service that keeps a second's worth. */
	refusedWhereKept({ ledBy, allowed, granted }: Refused): void {
		if (ledBy > FAR_AHEAD) this.evidence = FAR_AHEAD_SHOWS;
		else if (allowed - granted > MISCOUNT + MISMEASURED * allowed) this.evidence = CERTAIN;
		else if (ledBy === 1) this.evidence = Math.min(this.evidence + UNPROVOKED_SHOWS, CERTAIN);
		else this.forget();
	}

	/**
	 * A 429 of a service that keeps next to nothing.
	 *
	 * @param measured the limit as now measured, over the limit as it was known
	 * @param wasTrusted whether that had been measured, and not only searched for
	 */
	refusedWhereLost(ledBy: number, measured: number, wasTrusted: boolean): void {
		const unprovoked = ledBy === 1 && wasTrusted && measured < LESS_WHERE_LOST;
		if (ledBy > AHEAD_WHERE_LOST || unprovoked) this.evidence = CERTAIN;
		else if (ledBy >= 1) this.forget();
	}

	private forget(): void {
		this.evidence = Math.max(this.evidence - PROVOKED_TAKES, 0);
	}
}
