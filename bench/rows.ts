import { type Bound, type Goal, percent, times, verdictOn } from './goals';
import type { Job } from './jobs';
import type { Figures, MemoryFigures, Way } from './measure';
import { medianOf, type Row } from './report';

/** The results of all runs of a job: for each way, the rounds of each run (two for this node if it was done again). */
export type Runs = Readonly<Record<Way, readonly Figures[][]>>;

const MEMORY: Bound = {
	text: '≤ 1.5 × the memory of the rows',
	at: 'most',
	bound: 1.5,
	words: (ratio) => `${times(ratio)} the memory of the rows`,
};
const ALL_DONE: Bound = {
	text: 'all done',
	at: 'most',
	bound: 0,
	words: (left) => `${left} not done`,
};

/** The rows of a job in the page's table: one, or one for each of two executions. */
export function rowsOf(job: Job, runs: Runs, memory: MemoryFigures | undefined): Row[] {
	const http = medianFigures(runs.http, 0);
	const plain = medianFigures(runs.plain, 0);
	const row = (title: string, goals: readonly Goal[], round: number): Row => {
		const ours = medianFigures(runs.ours, round);
		const all = { http, plain, ours };
		const judged: Array<readonly [Bound, number]> = [
			[ALL_DONE, ours.due - ours.done],
			...goals.map((goal) => [goal, goal.figure(ours, all)] as const),
			...(memory ? [[MEMORY, memory.peakBytes / memory.rowBytes] as const] : []),
		];
		const over = (other: Figures) =>
			other.done < other.due ? '–' : times(ours.seconds / other.seconds);
		return {
			job: title,
			goal: judged
				.slice(1)
				.map(([{ text }]) => text)
				.join(', '),
			http: cellOf(job, http),
			plain: cellOf(job, plain),
			ours: [cellOf(job, ours), ...(memory ? [memoryWords(memory)] : [])].join(', '),
			overHttp: over(http),
			overPlain: over(plain),
			met: verdictOn(judged),
		};
	};
	const first = job.again ? `${job.title}, first execution` : job.title;
	return [
		row(first, job.goals, 0),
		...(job.again ? [row(`${job.title}, second execution`, job.again, 1)] : []),
	];
}

/** A summary in one line. */
export function cellOf({ limit }: Pick<Job, 'limit'>, figures: Figures): string {
	const { seconds, calls, limited, share, done, due } = figures;
	const whole = (count: number) => count.toLocaleString('en');
	return [
		...(done < due ? [`**${whole(done)} of ${whole(due)} done**`] : []),
		`${seconds.toFixed(2)} s`,
		`${whole(calls)} calls`,
		...(limit
			? [`${percent(limited / calls)} answered 429`, `${percent(share)} of the limit`]
			: []),
	].join(', ');
}

function memoryWords({ peakBytes, rowBytes }: MemoryFigures): string {
	const mega = (bytes: number) => (bytes / 1e6).toFixed(0);
	return `${mega(peakBytes)} MB above start for rows of ${mega(rowBytes)} MB`;
}

/** The median of each figure, and the minimum of `done`. */
function medianFigures(runs: readonly Figures[][], round: number): Figures {
	const figures = runs.flatMap((rounds) => rounds[round] ?? []);
	return {
		seconds: medianOf(figures, (one) => one.seconds),
		calls: medianOf(figures, (one) => one.calls),
		limited: medianOf(figures, (one) => one.limited),
		share: medianOf(figures, (one) => one.share),
		done: Math.min(...figures.map((one) => one.done)),
		due: Math.max(...figures.map((one) => one.due)),
	};
}
