import {
	leastMs,
	type Limit,
	type Outcome,
	simulate,
	windowsUsed,
} from '../test/rateLimiter/simulation';
import { type Bound, percent, times, verdictOn } from './goals';
import { medianOf, NOT_MEASURED, type Row } from './report';

/** Figures of a scenario, each with its bound: one for each seed. */
type Figure = [bound: Bound, figure: (outcome: Outcome, seed: number) => number];

interface Simulated {
	title: string;
	limit: Limit;
	calls: number;
	figures: Figure[];
}

/** Among other things, they set the service's clock. */
const SEEDS = [1, 2, 3];
const MINUTE_MS = 60_000;
const RETRY_FOR_MS = 120_000;

const most = (text: string, bound: number, words: Bound['words'] = String): Bound => ({
	...{ text, at: 'most', bound, words },
});
const failed = ({ executions }: Outcome) => executions.reduce((sum, one) => sum + one.failed, 0);
const finishedAt = ({ executions }: Outcome) =>
	Math.max(...executions.map((one) => one.finishedAt));
const LOST: Figure = [most('none lost', 0, (lost) => `${lost} lost`), failed];

function inSlidingMinute(kind: 'counting' | 'prolonging', what: string): Simulated {
	const limit: Limit = { calls: 60, perMs: MINUTE_MS, kind };
	return {
		title: `Accept 300, 60 per sliding minute, ${what}`,
		limit,
		calls: 300,
		figures: [
			LOST,
			[
				most('≤ 2 × the minimum time', 2, times),
				(outcome) => finishedAt(outcome) / leastMs(limit, 300),
			],
		],
	};
}

const WINDOW: Limit = { calls: 60, perMs: MINUTE_MS, kind: 'fixed' };
const SCENARIOS: readonly Simulated[] = [
	{
		title: 'Accept 600, windows of 60 per minute',
		limit: WINDOW,
		calls: 600,
		figures: [
			LOST,
			[most('≤ 10 % answered 429', 0.1, percent), ({ rejectedShare }) => rejectedShare],
			[
				{ text: '≥ 90 % of the windows', at: 'least', bound: 0.9, words: percent },
				(outcome, seed) => windowsUsed(outcome, WINDOW, seed),
			],
		],
	},
	inSlidingMinute('counting', 'calls answered 429 count'),
	inSlidingMinute('prolonging', 'calls answered 429 prolong the block'),
	{
		title: 'Accept 1,050, 1,000 per hour: ends within Retry For',
		limit: { calls: 1000, perMs: 60 * MINUTE_MS, kind: 'fixed' },
		calls: 1050,
		figures: [
			[most('1,000 done', 50, (left) => `${1050 - left} done`), failed],
			[
				most(
					'≤ 120 s for the rest',
					RETRY_FOR_MS,
					(ms) => `${Math.round(ms / 1000)} s for the rest`,
				),
				(outcome) => finishedAt(outcome) - (outcome.grantedAt.at(-1) ?? 0),
			],
			[
				most('≤ 20 calls answered 429', 20, (calls) => `${calls} calls answered 429`),
				({ rejectedAt }) => rejectedAt.length,
			],
		],
	},
];

/**
 * Measures windows of a minute and of an hour. These take too long to wait for, so the node's rate limiter
 * makes the calls alone, in virtual time, against a service without Retry-After.
 */
export async function measureInVirtualTime(): Promise<Row[]> {
	const rows: Row[] = [];
	for (const { title, limit, calls, figures } of SCENARIOS) {
		const outcomes: Array<[Outcome, number]> = [];
		for (const seed of SEEDS) {
			outcomes.push([await simulate({ limit, seed, processes: [[{ calls }]] }), seed]);
		}
		const reached = figures.map(([bound, figure]) => {
			const value = medianOf(outcomes, ([outcome, seed]) => figure(outcome, seed));
			return [bound, value] as const;
		});
		rows.push({
			job: `${title} *`,
			goal: figures.map(([{ text }]) => text).join(', '),
			...NOT_MEASURED,
			ours: reached.map(([{ words }, value]) => words(value)).join(', '),
			met: verdictOn(reached),
		});
	}
	return rows;
}
