import type { RequestEntry } from '../../../sandbox/requestLog';

/** The requests to a sandbox with a limit. */
export interface Share {
	/** From the first call to the last allowed one. */
	seconds: number;
	reads: number;
	writes: number;
	/** Calls that got 429. */
	limited: number;
	/** The allowed calls, as a share of what the limit allows in this time; 1 is all. */
	share: number;
}

/**
 * Counts how much of a limit was used.
 *
 * @param requests all of them, oldest first
 * @param perSecond the limit
 * @param burst the allowed burst; default one second's worth
 */
export function shareOfLimit(
	requests: ReadonlyArray<Pick<RequestEntry, 'method' | 'status' | 'atMs'>>,
	perSecond: number,
	burst = perSecond,
): Share {
	const granted = requests.filter(({ status }) => status !== 429);
	const seconds = ((granted.at(-1)?.atMs ?? NaN) - (granted[0]?.atMs ?? NaN)) / 1000;
	const reads = granted.filter(({ method }) => method === 'GET').length;
	return {
		seconds,
		reads,
		writes: granted.length - reads,
		limited: requests.length - granted.length,
		share: granted.length / (burst + perSecond * seconds),
	};
}

/** A summary in one line. */
export function wordsOn({ seconds, reads, writes, limited, share }: Share): string {
	return `${seconds.toFixed(1)} s, ${reads} reads, ${writes} writes, ${limited} answered 429, ${Math.round(share * 100)}% of the limit`;
}
