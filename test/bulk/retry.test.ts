import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, type Retry } from '../../nodes/AffilaeConversions/api/apiError';
import { afterFailure, retryDelay } from '../../nodes/AffilaeConversions/api/retry';

function failing(retry: Retry, retryAfterMs?: number): ApiError {
	const details = { effect: 'unknown', retry, retryAfterMs } as const;
	return new ApiError('It did not go well', 'Try later.', details);
}

/** The delays of a call that fails immediately each time, until it is no longer retried. */
function delaysOf(
	error: ApiError,
	retryForMs: number,
	{ random = 0, isProven = false } = {},
): number[] {
	const delays: number[] = [];
	let now = 5000;
	let state = afterFailure(undefined, now);
	while (delays.length < 50) {
		const delay = retryDelay(error, state, { now, retryForMs, isProven, random });
		if (delay === undefined) break;
		delays.push(delay);
		now += delay;
		state = afterFailure(state, now);
	}
	return delays;
}

const ALMOST_ONE = 1 - Number.EPSILON;

test('delays double up to half a minute', () => {
	const delays = delaysOf(failing('patiently'), 200_000, { random: ALMOST_ONE });
	expect(delays.map(Math.round)).toEqual([
		500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000,
	]);
});

test('each delay is between half and all of its length, so that calls that failed together spread out', () => {
	expect(delaysOf(failing('patiently'), 3000)).toEqual([250, 500, 1000]);
	expect(delaysOf(failing('patiently'), 3000, { random: 0.5 })).toEqual([375, 750, 1500]);
});

test('a longer Retry-After is respected', () => {
	expect(delaysOf(failing('patiently', 700), 3000)).toEqual([700, 700, 1000]);
});

test('no delay exceeds Retry For, counted from the first failure', () => {
	expect(delaysOf(failing('patiently'), 750)).toEqual([250, 500]);
	expect(delaysOf(failing('patiently'), 749)).toEqual([250]);
	expect(delaysOf(failing('patiently', 10_001), 10_000)).toEqual([]);
	expect(delaysOf(failing('patiently'), 0)).toEqual([]);
	fc.assert(
		fc.property(
			fc.nat(300_000),
			fc.option(fc.nat(60_000), { nil: undefined }),
			fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
			(retryForMs, retryAfterMs, random) => {
				const delays = delaysOf(failing('patiently', retryAfterMs), retryForMs, { random });
				expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeLessThanOrEqual(
					retryForMs + 1e-6,
				);
			},
		),
	);
});

test('an address that never responded gets three attempts, and a proven one gets more', () => {
	expect(delaysOf(failing('briefly'), 100_000)).toHaveLength(2);
	expect(delaysOf(failing('briefly'), 100_000, { isProven: true }).length).toBeGreaterThan(5);
});

test('a call that cannot succeed is not retried', () => {
	expect(delaysOf(failing('never', 100), 100_000, { isProven: true })).toEqual([]);
});
