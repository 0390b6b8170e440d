import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, type Retry } from '../../nodes/AffilaeConversions/api/apiError';
import { afterFailure, retryDelay } from '../../nodes/AffilaeConversions/api/retry';

function failing(retry: Retry, retryAfterMs?: number): ApiError {
	const details = { effect: 'unknown', retry, retryAfterMs } as const;
	return new ApiError('It did not go well', 'Try later.', details);
}

/** The delays of a call that fails again as soon as it is tried again, until no more is tried. */
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

test('each delay lies between half of it and all of it, so that calls which failed together spread', () => {
	expect(delaysOf(failing('patiently'), 3000)).toEqual([250, 500, 1000]);
	expect(delaysOf(failing('patiently'), 3000, { random: 0.5 })).toEqual([375, 750, 1500]);
});

test('a longer Retry-After is kept to', () => {
	expect(delaysOf(failing('patiently', 700), 3000)).toEqual([700, 700, 1000]);
});

test('no delay goes beyond Retry For, counted from the first failure', () => {
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

test('three tries are enough at an address that never answered; a proven one is given more', () => {
	expect(delaysOf(failing('briefly'), 100_000)).toHaveLength(2);
	expect(delaysOf(failing('briefly'), 100_000, { isProven: true }).length).toBeGreaterThan(5);
});

test('what cannot succeed is not tried again', () => {
	expect(delaysOf(failing('never', 100), 100_000, { isProven: true })).toEqual([]);
});
