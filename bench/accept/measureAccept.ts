import { ceilings, readingCeiling } from '../ceiling/ceiling';
import { rotated } from '../report/median';
import type { Place } from '../surroundings/place';
import type { Limit } from '../surroundings/sandboxProcess';
import { axiosScript } from './axiosScript';
import { httpRequestBatched, httpRequestDefault, httpRequestRetry } from './httpRequest';
import { thisNode } from './thisNode';
import type { AcceptRival } from './rival';

const RIVALS: readonly AcceptRival[] = [
	thisNode,
	httpRequestDefault,
	httpRequestRetry,
	httpRequestBatched,
	axiosScript,
];
const WARM_UP_ITEMS = 100;

/** One run of one rival. */
export interface AcceptFigures {
	/** How long the accepting itself took, in seconds. */
	seconds: number;
	/** With everything around it, in seconds. */
	wallSeconds: number;
	/** Processor time for each call, of the process that made it, in milliseconds. */
	processorMs: number;
	calls: number;
	/** Calls answered 429. */
	limited: number;
	/** Conversions that are not accepted at the end. */
	lost: number;
	/** Part of the calls that the limit let through in this time, burst included, that brought an acceptance. */
	share: number | null;
}

/** The runs of one rival at one limit. */
export interface AcceptResult {
	key: string;
	name: string;
	runs: AcceptFigures[];
}

/**
 * Lets every rival accept all pending conversions, so many times over, each time in another order.
 *
 * @param tell gets a line for each run
 */
export async function measureAccept(
	place: Place,
	limit: Limit,
	runs: number,
	tell: (line: string) => void,
): Promise<AcceptResult[]> {
	const rivals = limit === null ? [...RIVALS, ...ceilings, readingCeiling] : RIVALS;
	const results = rivals.map((rival) => ({
		rival,
		result: { key: rival.key, name: rival.name, runs: [] as AcceptFigures[] },
	}));
	for (const rival of rivals) {
		await rival.prepare(place, limit);
		await place.sandbox.begin(null);
		await rival.run(place, limit, place.sandbox.pending.slice(0, WARM_UP_ITEMS));
	}
	for (let run = 0; run < runs; run += 1) {
		for (const { rival, result } of rotated(results, run)) {
			const figures = await measure(place, limit, rival);
			result.runs.push(figures);
			tell(
				`run ${run + 1}, ${rival.name}: ${figures.seconds.toFixed(2)} s, ${figures.limited} of ` +
					`${figures.calls} calls 429, ${figures.lost} lost`,
			);
		}
	}
	return results.map(({ result }) => result);
}

async function measure(place: Place, limit: Limit, rival: AcceptRival): Promise<AcceptFigures> {
	const { sandbox } = place;
	await sandbox.begin(limit);
	const { seconds, wallSeconds, processorSeconds } = await rival.run(place, limit, sandbox.pending);
	const { granted, limited, accepted } = await sandbox.met();
	const calls = granted + limited;
	if (calls === 0) throw new Error(`${rival.name} made no call: look at its workflow`);
	return {
		seconds,
		wallSeconds,
		processorMs: (processorSeconds * 1000) / calls,
		calls,
		limited,
		lost: sandbox.pending.length - accepted,
		share: limit === null ? null : accepted / (limit + limit * seconds),
	};
}
