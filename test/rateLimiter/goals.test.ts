import { describe, expect, test } from '@jest/globals';
import {
	leastMs,
	shareBetween,
	simulate,
	windowsUsed,
	type Limit,
	type Outcome,
	type Scenario,
} from './simulation';

const RETRY_AFTER = ['seconds', 'date', 'absent'] as const;
const LATENCIES = [2, 20, [2, 10]] as const;

const bucket = (calls: number): Limit => ({ calls, perMs: 1000, kind: 'bucket' });

type Circumstance = Pick<Scenario, 'retryAfter' | 'latency' | 'seed'>;

/** Every form of Retry-After with every latency, each pair with its own seed. */
const ALL: readonly Circumstance[] = RETRY_AFTER.flatMap((retryAfter, index) =>
	LATENCIES.map((latency, other) => ({ retryAfter, latency, seed: 3 * index + other })),
);
/** Every form of Retry-After and every latency once, for scenarios with many calls. */
const FEW = ALL.filter((_, index) => index % 4 === 0);

/** The used share of the limit, and the share of 429s among the responses. */
interface Judged {
	used: number;
	rejected: number;
}

/** Simulates several variants: the lowest and average share of the limit, and the highest share of 429s. */
async function inSeveral(
	scenario: Scenario,
	judge: (outcome: Outcome) => Judged,
	circumstances = ALL,
): Promise<ReturnType<typeof summed>> {
	const all: Judged[] = [];
	for (const circumstance of circumstances) {
		all.push(judge(await simulate({ ...circumstance, ...scenario })));
	}
	return summed(all);
}

function summed(all: readonly Judged[]): Judged & { average: number } {
	return {
		used: Math.min(...all.map(({ used }) => used)),
		average: all.reduce((sum, { used }) => sum + used, 0) / all.length,
		rejected: Math.max(...all.map(({ rejected }) => rejected)),
	};
}

/** The minimum time divided by the time taken, and the share of 429s, for the measured executions. */
function judgeFrom(limit: Limit, first = 0, end?: number) {
	return ({ executions, grantedAt, rejectedAt }: Outcome) => {
		const judged = executions.slice(first, end);
		const startedAt = Math.min(...judged.map((execution) => execution.startedAt));
		const finishedAt = Math.max(...judged.map((execution) => execution.finishedAt));
		const isMeant = (at: number) => at >= startedAt && at <= finishedAt;
		const granted = grantedAt.filter(isMeant).length;
		const rejected = rejectedAt.filter(isMeant).length;
		return {
			used: leastMs(limit, granted) / (finishedAt - startedAt),
			rejected: rejected / (rejected + granted),
		};
	};
}

test.each([
	{ calls: 10, first: 0.97, least: 0.97 },
	{ calls: 50, first: 0.97, least: 0.95 },
	// In about one of some hundred runs, a 429 near the end adds its pause to this short run.
	{ calls: 100, first: 0.95, least: 0.79 },
])(
	'500 calls use nearly all of a limit of $calls per second, and in a second execution 98 % with at most 0.5 % of 429s',
	async ({ calls, first, least }) => {
		const limit = bucket(calls);
		const processes = [[{ calls: 500 }, { startMs: 70_000, calls: 500 }]];
		const seconds: Judged[] = [];
		const ofFirst = await inSeveral({ limit, processes }, (outcome) => {
			seconds.push(judgeFrom(limit, 1)(outcome));
			return judgeFrom(limit, 0, 1)(outcome);
		});
		expect(ofFirst.average).toBeGreaterThanOrEqual(first);
		expect(ofFirst.used).toBeGreaterThanOrEqual(least);
		expect(ofFirst.rejected).toBeLessThanOrEqual(0.02);
		const ofSecond = summed(seconds);
		expect(ofSecond.average).toBeGreaterThanOrEqual(0.98);
		expect(ofSecond.used).toBeGreaterThanOrEqual(0.97);
		expect(ofSecond.rejected).toBeLessThanOrEqual(0.005);
	},
);

test('ten executions at once in one process use 97 % of 50 calls per second', async () => {
	const limit = bucket(50);
	const processes = [Array.from({ length: 10 }, () => ({ calls: 100 }))];
	const { used, rejected } = await inSeveral({ limit, processes }, judgeFrom(limit), FEW);
	expect(used).toBeGreaterThanOrEqual(0.97);
	expect(rejected).toBeLessThanOrEqual(0.02);
});

test('two processes together use 90 % of 50 calls per second on average', async () => {
	const limit = bucket(50);
	const processes = [[{ calls: 1500 }], [{ calls: 1500, startMs: 400 }]];
	const { used, average, rejected } = await inSeveral({ limit, processes }, judgeFrom(limit), FEW);
	expect(average).toBeGreaterThanOrEqual(0.9);
	expect(used).toBeGreaterThanOrEqual(0.85);
	expect(rejected).toBeLessThanOrEqual(0.06);
});

test('without a burst, 80 % of 50 calls per second are used in the first minute on average', async () => {
	const limit = { ...bucket(50), kind: 'noBurst' } as const;
	const { used, average, rejected } = await inSeveral(
		{ limit, processes: [[{ calls: 3000 }]] },
		(outcome) => ({
			used: shareBetween(outcome, 0, 60_000, limit),
			rejected: outcome.rejectedShare,
		}),
		FEW,
	);
	expect(average).toBeGreaterThanOrEqual(0.8);
	expect(used).toBeGreaterThanOrEqual(0.74);
	expect(rejected).toBeLessThanOrEqual(0.01);
});

test('with windows of 60 calls per minute and without Retry-After, 90 % are used on average', async () => {
	const limit = { calls: 60, perMs: 60_000, kind: 'fixed' } as const;
	const shares: number[] = [];
	for (const seed of [1, 2, 3, 4, 5, 6]) {
		const outcome = await simulate({ limit, seed, processes: [[{ calls: 600 }]] });
		expect(outcome.executions.map(({ failed }) => failed)).toEqual([0]);
		expect(outcome.rejectedShare).toBeLessThanOrEqual(0.1);
		shares.push(windowsUsed(outcome, limit, seed));
	}
	expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(0.9);
	expect(Math.min(...shares)).toBeGreaterThan(0.8);
});

describe.each(['sliding', 'counting', 'prolonging'] as const)(
	'300 calls with 60 per sliding minute (%s)',
	(kind) => {
		test.each(RETRY_AFTER)(
			'all finish within twice the minimum time (Retry-After: %s)',
			async (retryAfter) => {
				const limit = { calls: 60, perMs: 60_000, kind } as const;
				const { executions } = await simulate({ limit, retryAfter, processes: [[{ calls: 300 }]] });
				expect(executions.map(({ failed }) => failed)).toEqual([0]);
				expect(executions[0]?.finishedAt).toBeLessThanOrEqual(2 * leastMs(limit, 300));
			},
		);
	},
);

test.each([
	{ before: 20, after: 100 },
	{ before: 50, after: 100 },
	{ before: 50, after: 200 },
])(
	'a limit raised from $before to $after per second is used ten seconds later',
	async ({ before, after }) => {
		const limit = bucket(before);
		const change = { at: 20_000, limit: bucket(after) };
		const { used } = await inSeveral(
			{ limit, change, processes: [[{ calls: before * 21 + after * 20 }]] },
			(outcome) => ({
				used: shareBetween(outcome, 30_000, 40_000, bucket(after)),
				rejected: outcome.rejectedShare,
			}),
			FEW,
		);
		expect(used).toBeGreaterThan(0.75);
	},
);

test.each([
	{ before: 50, after: 10 },
	{ before: 100, after: 5 },
])('a limit lowered from $before to $after per second is respected', async ({ before, after }) => {
	const limit = bucket(before);
	const change = { at: 20_000, limit: bucket(after) };
	const { rejected, used } = await inSeveral(
		{ limit, change, processes: [[{ calls: before * 21 + after * 30 }]] },
		(outcome) => ({
			used: shareBetween(outcome, 30_000, 40_000, bucket(after)),
			rejected: outcome.rejectedShare,
		}),
		FEW,
	);
	expect(used).toBeGreaterThan(0.8);
	expect(rejected).toBeLessThanOrEqual(0.04);
});

describe('without a limit', () => {
	test('500 calls take little longer than with 20 at a time, and 2,000 calls are faster', async () => {
		for (const latency of [20, 200]) {
			for (const [calls, most] of [
				[500, 1.3],
				[2000, 1],
			] as const) {
				const { executions } = await simulate({ latency, cpuMs: 0.1, processes: [[{ calls }]] });
				const twentyAtATime = (calls / 20) * (latency + 0.1);
				expect(executions[0]?.finishedAt).toBeLessThanOrEqual(most * twentyAtATime);
			}
		}
	});

	test('the processor is the bottleneck', async () => {
		const { executions } = await simulate({
			latency: 5,
			cpuMs: 2.9,
			processes: [[{ calls: 1000 }]],
		});
		expect((1000 * 2.9) / (executions[0]?.finishedAt ?? Infinity)).toBeGreaterThan(0.97);
	});
});

test.each([
	{ what: 'response times that vary a lot', more: { latency: [5, 50] as const } },
	{ what: 'one response in 100 that takes 12 s', more: { slow: { every: 100, ms: 12_000 } } },
	{ what: 'one call in 20 that fails with a 5xx', more: { failing: 0.05 } },
	{ what: 'timers that fire late', more: { timersLate: 5 } },
])('90 % of 50 calls per second are used with $what', async ({ more }) => {
	const limit = bucket(50);
	for (const retryAfter of RETRY_AFTER) {
		const outcome = await simulate({ limit, retryAfter, ...more, processes: [[{ calls: 1000 }]] });
		expect(shareBetween(outcome, 0, 18_000, limit)).toBeGreaterThan(0.9);
		expect(outcome.rejectedShare).toBeLessThanOrEqual(0.02);
	}
});
