import { expect, test } from '@jest/globals';
import { simulate, type Limit, type Scenario } from './simulation';

const perSecond = (calls: number, kind: Limit['kind'] = 'bucket'): Limit => ({
	calls,
	perMs: 1000,
	kind,
});

/**
 * Scenarios in virtual time: the maximum seconds for the calls, and the maximum share of 429s. Both are a
 * little above the measured values. `least` is the minimum time that the limit allows.
 */
const ROWS: Array<
	Scenario & { what: string; mostSeconds: number; most429: number; least: string }
> = [
	{
		what: '500 calls at 10 per second',
		limit: perSecond(10),
		processes: [[{ calls: 500 }]],
		mostSeconds: 51,
		most429: 0.025,
		least: '49 s',
	},
	{
		what: '500 calls at 10 per second, without Retry-After',
		limit: perSecond(10),
		retryAfter: 'absent',
		processes: [[{ calls: 500 }]],
		mostSeconds: 51,
		most429: 0.025,
		least: '49 s',
	},
	{
		what: '500 calls at 100 per second',
		limit: perSecond(100),
		processes: [[{ calls: 500 }]],
		mostSeconds: 4.4,
		most429: 0.02,
		least: '4 s',
	},
	{
		what: 'ten executions of one process at 50 per second',
		limit: perSecond(50),
		processes: [Array.from({ length: 10 }, () => ({ calls: 100 }))],
		mostSeconds: 20,
		most429: 0.02,
		least: '19 s',
	},
	{
		what: 'two processes at 50 per second',
		limit: perSecond(50),
		processes: [[{ calls: 600 }], [{ calls: 600 }]],
		mostSeconds: 26,
		most429: 0.05,
		least: '23 s',
	},
	{
		what: '3,000 calls at 50 per second without burst',
		limit: perSecond(50, 'noBurst'),
		processes: [[{ calls: 3000 }]],
		mostSeconds: 73,
		most429: 0.01,
		least: '60 s',
	},
	{
		what: '3,000 calls at 50 per second without burst, while n8n stands still for 60 ms every 1.5 s',
		limit: perSecond(50, 'noBurst'),
		stalls: { every: 1500, ms: 60 },
		cpuMs: 1.5,
		processes: [[{ calls: 3000 }]],
		mostSeconds: 75.5,
		most429: 0.01,
		least: '60 s',
	},
	{
		what: '3,000 calls at 50 per second without burst, while n8n stands still for 30 ms every 0.4 s',
		limit: perSecond(50, 'noBurst'),
		stalls: { every: 400, ms: 30 },
		cpuMs: 1.5,
		processes: [[{ calls: 3000 }]],
		mostSeconds: 77,
		most429: 0.01,
		least: '60 s',
	},
	{
		what: '3,000 calls at 50 per second without burst, of which one in 300 gets a 429 for no reason',
		limit: perSecond(50, 'noBurst'),
		stray: 300,
		processes: [[{ calls: 3000 }]],
		mostSeconds: 86,
		most429: 0.01,
		least: '70 s',
	},
	{
		what: '3,600 calls with 60 per sliding second, after a limit without burst',
		limit: perSecond(50, 'noBurst'),
		change: { at: 15_000, limit: perSecond(60, 'sliding') },
		retryAfter: 'absent',
		processes: [[{ calls: 3600 }]],
		mostSeconds: 92,
		most429: 0.012,
		least: '63 s',
	},
	{
		what: '500 calls at 100 per second, after two that came too early to use the limit',
		limit: perSecond(100),
		processes: [[{ calls: 2 }, { startMs: 700, calls: 500 }]],
		mostSeconds: 5.1,
		most429: 0.02,
		least: '4.7 s',
	},
	{
		what: '500 calls at 100 per second, five seconds after a single call',
		limit: perSecond(100),
		processes: [[{ calls: 1 }, { startMs: 5000, calls: 500 }]],
		mostSeconds: 9.4,
		most429: 0.02,
		least: '9 s',
	},
	{
		what: '500 calls at 50 per second without burst, after calls that came one by one',
		limit: perSecond(50, 'noBurst'),
		processes: [
			[
				{ calls: 1000 },
				...Array.from({ length: 100 }, (_, index) => ({
					startMs: 60_000 + 5000 * index,
					calls: 1,
				})),
				{ startMs: 600_000, calls: 500 },
			],
		],
		mostSeconds: 614,
		most429: 0.01,
		least: '610 s',
	},
	{
		what: '500 calls at 50 per second without burst, in an execution an hour after the first one',
		change: { at: 1_800_000, limit: perSecond(50, 'noBurst') },
		processes: [[{ calls: 50 }, { startMs: 3_600_000, calls: 500 }]],
		mostSeconds: 3617,
		most429: 0.02,
		least: '3,610 s',
	},
	{
		what: '120 calls at 20 per second without burst',
		limit: perSecond(20, 'noBurst'),
		processes: [[{ calls: 120 }]],
		mostSeconds: 14,
		most429: 0.06,
		least: '6 s',
	},
	{
		what: '300 calls in windows of 60 per minute, without Retry-After',
		limit: { calls: 60, perMs: 60_000, kind: 'fixed' },
		retryAfter: 'absent',
		processes: [[{ calls: 300 }]],
		mostSeconds: 350,
		most429: 0.1,
		least: '240 s',
	},
	{
		what: '180 calls, 60 per sliding minute, if rejected calls count',
		limit: { calls: 60, perMs: 60_000, kind: 'counting' },
		retryAfter: 'absent',
		maxWaitMs: 300_000,
		processes: [[{ calls: 180 }]],
		mostSeconds: 240,
		most429: 0.12,
		least: '120 s',
	},
	{
		what: '180 calls, 60 per sliding minute, if rejected calls prolong the block',
		limit: { calls: 60, perMs: 60_000, kind: 'prolonging' },
		retryAfter: 'absent',
		maxWaitMs: 300_000,
		processes: [[{ calls: 180 }]],
		mostSeconds: 330,
		most429: 0.12,
		least: '120 s',
	},
];

test.each(ROWS)(
	'$what finish within $mostSeconds s (minimum $least), with few 429s',
	async ({ mostSeconds, most429, ...scenario }) => {
		const outcome = await simulate({ latency: 20, retryAfter: 'seconds', ...scenario });
		const ends = outcome.executions.map(({ finishedAt }) => finishedAt / 1000);
		expect(outcome.executions.map(({ failed }) => failed)).toEqual(ends.map(() => 0));
		expect(Math.max(...ends)).toBeLessThanOrEqual(mostSeconds);
		expect(outcome.rejectedShare).toBeLessThanOrEqual(most429);
	},
);

test.each<Scenario & { what: string; mostSeconds: number }>([
	{
		what: '100 calls, one every two seconds, answered after two seconds, but a 429 at once',
		limit: { calls: 1, perMs: 2000, kind: 'bucket' },
		answerMs: { granted: 2000 },
		processes: [[{ calls: 100 }]],
		mostSeconds: 240, // Minimum 198 s.
	},
	{
		what: '60 calls, one in five seconds, with a round trip of more than a second',
		limit: { calls: 1, perMs: 5000, kind: 'sliding' },
		latency: 1200,
		processes: [[{ calls: 60 }]],
		mostSeconds: 420, // Minimum 295 s.
	},
	{
		what: '300 calls in windows of 60 per minute, if each 429 takes five seconds',
		limit: { calls: 60, perMs: 60_000, kind: 'fixed' },
		retryAfter: 'absent',
		answerMs: { rejected: 5000 },
		processes: [[{ calls: 300 }]],
		mostSeconds: 300, // Minimum 240 s.
	},
])('$what: all are made within $mostSeconds s', async ({ mostSeconds, ...scenario }) => {
	const outcome = await simulate({ retryAfter: 'seconds', ...scenario });
	const [execution] = outcome.executions;
	expect(execution?.failed).toBe(0);
	expect(execution?.finishedAt).toBeLessThanOrEqual(mostSeconds * 1000);
});

test('an execution tries again although an earlier one has ended in a long pause', async () => {
	const { executions } = await simulate({
		limit: { calls: 300, perMs: 1_800_000, kind: 'sliding' },
		change: { at: 150_000, limit: perSecond(100) },
		retryAfter: 'absent',
		processes: [[{ calls: 400 }, { startMs: 160_000, calls: 10 }]],
	});
	expect(executions.map(({ done, failed }) => [done, failed])).toEqual([
		[300, 100],
		[10, 0],
	]);
});

test('of 1,050 calls with 1,000 per hour, 1,000 are made and the others fail within two minutes', async () => {
	const { executions, grantedAt, rejectedAt } = await simulate({
		limit: { calls: 1000, perMs: 3_600_000, kind: 'fixed' },
		retryAfter: 'absent',
		latency: 20,
		maxWaitMs: 120_000,
		processes: [[{ calls: 1050 }]],
	});
	expect(grantedAt).toHaveLength(1000);
	expect(executions.map(({ failed }) => failed)).toEqual([50]);
	expect(executions[0]?.finishedAt).toBeLessThanOrEqual(180_000);
	expect(rejectedAt.length).toBeLessThanOrEqual(40);
});

test('without a limit, no call is rejected, and never more are in flight than allowed', async () => {
	const { rejectedAt, mostInFlight } = await simulate({
		latency: 20,
		maxConcurrency: 30,
		processes: [[{ calls: 500 }]],
	});
	expect(rejectedAt).toEqual([]);
	expect(mostInFlight).toBeLessThanOrEqual(30);
});

test('a raised limit is found during the run', async () => {
	const { grantedAt } = await simulate({
		limit: perSecond(10),
		change: { at: 20_000, limit: perSecond(50) },
		retryAfter: 'seconds',
		latency: 20,
		processes: [[{ calls: 1200 }]],
	});
	// At only 10 per second, they would take two minutes.
	expect(grantedAt.at(-1)).toBeLessThan(80_000);
});
