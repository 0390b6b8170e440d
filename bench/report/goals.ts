import { percent, points, times, whole } from './figures';
import { medianOf } from './median';
import type { Results } from './results';
import { ceilingOf, limitName, secondsOf } from './tables';

/** One goal and what was reached of it. */
export interface Goal {
	/** What the goal is about, for the words that go with a miss. */
	about: 'share' | 'limited' | 'lost' | 'faster' | 'ceiling' | 'calls';
	text: string;
	measured: string;
	isMet: boolean;
	/** By how much it is missed. */
	missedBy: string;
}

const LEAST_SHARE = 0.95;
const MOST_LIMITED = 0.02;
const TIMES_AS_FAST = 3;
const MOST_ABOVE_CEILING = 1.15;
const MOST_CALLS = 0.5;

/** All goals for which something was measured. */
export function goalsOf(results: Results): Goal[] {
	return [
		...results.accept.flatMap(({ limit, rivals }) => {
			const runs = rivals.find(({ key }) => key === 'this-node')?.runs ?? [];
			const at = limitName(limit);
			const lost = Math.max(...runs.map((run) => run.lost));
			const none = goal('lost', `${at}: no item lost`, `${lost} lost`, lost, 0, `${lost} lost`);
			if (limit === null) return [none];
			const share = medianOf(runs, (run) => run.share ?? NaN);
			const limited = medianOf(runs, (run) => run.limited / run.calls);
			return [
				goal(
					'share',
					`${at}: at least ${percent(LEAST_SHARE)} of what the limit allows over the run`,
					percent(share),
					-share,
					-LEAST_SHARE,
					points(LEAST_SHARE - share),
				),
				goal(
					'limited',
					`${at}: at most ${percent(MOST_LIMITED)} of the calls answered 429`,
					percent(limited),
					limited,
					MOST_LIMITED,
					points(limited - MOST_LIMITED),
				),
				none,
			];
		}),
		...speedGoals(results),
		...callGoals(results),
	];
}

function speedGoals({ accept }: Results): Goal[] {
	const rivals = accept.find(({ limit }) => limit === null)?.rivals;
	if (rivals === undefined) return [];
	const own = secondsOf(rivals.find(({ key }) => key === 'this-node'));
	const faster = secondsOf(rivals.find(({ key }) => key === 'http')) / own;
	const above = own / secondsOf(ceilingOf(rivals));
	return [
		goal(
			'faster',
			`no limit: at least ${TIMES_AS_FAST} times as fast as the HTTP Request node`,
			times(faster),
			-faster,
			-TIMES_AS_FAST,
			times(TIMES_AS_FAST - faster),
		),
		goal(
			'ceiling',
			`no limit: at most ${MOST_ABOVE_CEILING} times the ceiling's time`,
			times(above),
			above,
			MOST_ABOVE_CEILING,
			times(above - MOST_ABOVE_CEILING),
		),
	];
}

function callGoals({ orders }: Results): Goal[] {
	const calls = (wanted: string) =>
		medianOf(orders?.rivals.find(({ key }) => key === wanted)?.runs ?? [], (run) => run.calls);
	if (orders === undefined) return [];
	const share = calls('this-node') / calls('http');
	return [
		goal(
			'calls',
			'orders by id: half the calls of the HTTP Request way',
			`${whole(calls('this-node'))} of ${whole(calls('http'))}, ${percent(share)}`,
			share,
			MOST_CALLS,
			`${whole(calls('this-node') - calls('http') * MOST_CALLS)} calls`,
		),
	];
}

function goal(
	about: Goal['about'],
	text: string,
	measured: string,
	value: number,
	most: number,
	missedBy: string,
): Goal {
	return { about, text, measured, isMet: value <= most, missedBy };
}
