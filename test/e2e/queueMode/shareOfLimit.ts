import type { RequestEntry } from '../../../sandbox/requestLog';

/** What the sandbox has met while a limit was set. */
export interface Share {
	/** From the first call to the last that was let through. */
	seconds: number;
	reads: number;
	writes: number;
	/** Calls that were answered 429. */
	limited: number;
	/** The calls that were let through, of those that the limit allows in this time; 1 for all. */
	share: number;
}

/**
 * Counts what came of a limit.
 *
 * @param requests all of them, oldest first
 * @param perSecond the limit
 * @param burst how many may come at once; default one second's worth
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

/** In one line, for people. */
export function wordsOn({ seconds, reads, writes, limited, share }: Share): string {
	return `${seconds.toFixed(1)} s, ${reads} reads, ${writes} writes, ${limited} answered 429, ${Math.round(share * 100)}% of the limit`;
}
