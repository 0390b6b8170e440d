import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter, retryAfterHeader } from '../../sandbox/rateLimit';
import type { RateLimit, WindowLimit } from '../../sandbox/limitSettings';
import { NOW, openSandbox } from './opened';

const LIST = '/advertiser/conversions.list?limit=1';

const WINDOW: WindowLimit = {
	requests: 3,
	window: 'minute',
	how: 'fixed',
	rejected: 'free',
	retryAfter: 'absent',
};

/** How long each of `count` requests must wait, in ms; 0: it is allowed. */
function take(limiter: RateLimiter, count: number): number[] {
	return Array.from({ length: count }, () => {
		const verdict = limiter.take();
		return verdict.granted ? 0 : verdict.waitMs;
	});
}

/** A limiter with a manual clock. */
function limiterAt(limit: RateLimit | null) {
	const state = { nowMs: 0, limit };
	const limiter = new RateLimiter(
		() => state.limit,
		() => state.nowMs,
	);
	return { state, limiter };
}

describe('the rate limit', () => {
	it("allows one second's worth of requests at once, then an even rate", () => {
		const { state, limiter } = limiterAt({ perSecond: 5, burst: 'second', retryAfter: 'absent' });
		const verdicts = () => Array.from({ length: 7 }, () => limiter.take().granted);
		expect(verdicts()).toEqual([true, true, true, true, true, false, false]);
		state.nowMs += 400;
		expect(verdicts()).toEqual([true, true, false, false, false, false, false]);
		expect([limiter.granted, limiter.limited]).toEqual([7, 7]);
	});

	it('without a burst requires evenly spaced requests', () => {
		const { state, limiter } = limiterAt({ perSecond: 10, burst: 'none', retryAfter: 'absent' });
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
		state.nowMs += 100;
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
		state.nowMs += 10_000;
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
	});

	it('never allows more than limit and burst, and allows all evenly spaced requests', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 2, max: 200 }),
				fc.constantFrom('second' as const, 'none' as const),
				fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 50, maxLength: 300 }),
				(perSecond, burst, gapsMs) => {
					const limit: RateLimit = { perSecond, burst, retryAfter: 'absent' };
					const { state, limiter } = limiterAt(limit);
					for (const gap of gapsMs) {
						state.nowMs += gap;
						limiter.take();
					}
					const bucket = burst === 'second' ? perSecond : 1 + perSecond / 100;
					expect(limiter.granted).toBeLessThanOrEqual(bucket + (state.nowMs / 1000) * perSecond);

					const paced = limiterAt(limit);
					for (let count = 0; count < 100; count += 1) {
						expect(paced.limiter.take().granted).toBe(true);
						paced.state.nowMs += 1000 / perSecond + 0.001;
					}
				},
			),
		);
	});

	it('applies a changed limit', () => {
		const { state, limiter } = limiterAt({ perSecond: 100, burst: 'second', retryAfter: 'absent' });
		limiter.take();
		state.limit = { perSecond: 2, burst: 'second', retryAfter: 'absent' };
		const granted = Array.from({ length: 10 }, () => limiter.take().granted).filter(Boolean);
		expect(granted).toHaveLength(2);
		state.limit = null;
		expect(limiter.take().granted).toBe(true);
	});

	it.each(['second', 'minute', 'hour'] as const)(
		'can be a number of requests per %s, in fixed windows',
		(window) => {
			const spanMs = { second: 1000, minute: 60_000, hour: 3_600_000 }[window];
			const { state, limiter } = limiterAt({ ...WINDOW, window });
			state.nowMs = spanMs * 0.75;
			expect(take(limiter, 5)).toEqual([0, 0, 0, spanMs / 4, spanMs / 4]);
			state.nowMs = spanMs - 1;
			expect(take(limiter, 1)).toEqual([1]);
			state.nowMs = spanMs;
			expect(take(limiter, 4)).toEqual([0, 0, 0, spanMs]);
		},
	);

	it('can be a number of requests in a sliding minute', () => {
		const { state, limiter } = limiterAt({ ...WINDOW, how: 'sliding' });
		expect(take(limiter, 2)).toEqual([0, 0]);
		state.nowMs = 50_000;
		expect(take(limiter, 3)).toEqual([0, 10_000, 10_000]);
		state.nowMs = 60_000;
		expect(take(limiter, 3)).toEqual([0, 0, 50_000]);
	});

	it('can count requests that get 429, so that a client that does not wait is never allowed', () => {
		const { state, limiter } = limiterAt({ ...WINDOW, how: 'sliding', rejected: 'count' });
		expect(take(limiter, 3)).toEqual([0, 0, 0]);
		for (state.nowMs = 10_000; state.nowMs <= 600_000; state.nowMs += 10_000) limiter.take();
		expect(limiter.granted).toBe(3);
		state.nowMs += 60_000;
		expect(take(limiter, 1)).toEqual([0]);
	});

	it.each(['fixed', 'sliding'] as const)(
		'can start a new %s minute with each request that gets 429',
		(how) => {
			const { state, limiter } = limiterAt({ ...WINDOW, how, rejected: 'prolong' });
			expect(take(limiter, 4)).toEqual([0, 0, 0, 60_000]);
			state.nowMs = 59_000;
			expect(take(limiter, 1)).toEqual([60_000]);
			state.nowMs = 118_999;
			expect(take(limiter, 1)).toEqual([60_000]);
			state.nowMs = 178_999;
			expect(take(limiter, 1)).toEqual([0]);
		},
	);

	it('is reset with the sandbox, and follows its clock', async () => {
		const { sandbox, client } = await openSandbox({
			clock: () => NOW,
			settings: { rateLimit: { ...WINDOW, requests: 1 } },
		});
		const status = async () => (await client.get(LIST)).status;
		expect([await status(), await status()]).toEqual([200, 429]);
		sandbox.advance(60_000);
		expect([await status(), await status()]).toEqual([200, 429]);
		sandbox.reset();
		expect([await status(), await status()]).toEqual([200, 429]);
	});

	it('sends Retry-After in seconds, as a date, as a Unix timestamp, or not at all', () => {
		const nowMs = Date.UTC(2026, 11, 1, 10, 0, 0, 300);
		expect(retryAfterHeader('seconds', 1200, nowMs)).toBe('2');
		expect(retryAfterHeader('seconds', 3, nowMs)).toBe('1');
		expect(retryAfterHeader('date', 1200, nowMs)).toBe('Tue, 01 Dec 2026 10:00:02 GMT');
		expect(retryAfterHeader('unix', 1200, nowMs)).toBe('1796119202');
		expect(retryAfterHeader('absent', 1200, nowMs)).toBeNull();
	});

	it("returns 429 in hapi's format", async () => {
		const { sandbox, client } = await openSandbox({
			clock: () => NOW,
			settings: { rateLimit: { perSecond: 2, burst: 'second', retryAfter: 'seconds' } },
		});
		const answers = await Promise.all(Array.from({ length: 5 }, () => client.get<unknown>(LIST)));
		const limited = answers.filter(({ status }) => status === 429);
		expect(limited).toHaveLength(3);
		expect(limited[0]?.data).toEqual({
			statusCode: 429,
			error: 'Too Many Requests',
			message: 'Rate limit exceeded, retry later',
		});
		expect(limited[0]?.headers['retry-after']).toBe('1');
		expect([sandbox.limiter.granted, sandbox.limiter.limited]).toEqual([2, 3]);
		const dated = async () => (await client.get<unknown>(LIST)).headers['retry-after'];
		sandbox.change({ rateLimit: { perSecond: 0.01, burst: 'none', retryAfter: 'date' } });
		await client.get(LIST);
		expect(await dated()).toBe(new Date(NOW + 100_000).toUTCString());
		sandbox.change({ rateLimit: { perSecond: 0.01, burst: 'none', retryAfter: 'absent' } });
		expect(await dated()).toBeUndefined();
		sandbox.change({ rateLimit: null });
		expect((await client.get(LIST)).status).toBe(200);
	});

	it('does not apply to the page and the sandbox routes', async () => {
		const { client } = await openSandbox({
			settings: { rateLimit: { perSecond: 0.001, burst: 'none', retryAfter: 'absent' } },
		});
		for (let count = 0; count < 3; count += 1) {
			expect((await client.get('/sandbox/state')).status).toBe(200);
		}
	});
});

describe('latency', () => {
	it('delays each response', async () => {
		let nowMs = NOW;
		const { sandbox, client } = await openSandbox({
			clock: () => nowMs,
			wait: async (ms) => {
				nowMs += ms;
			},
			settings: { latencyMs: 80, latencyJitterMs: 10 },
		});
		await client.get(LIST);
		await client.get(LIST);
		for (const { tookMs } of sandbox.requests.list()) {
			expect(tookMs).toBeGreaterThanOrEqual(80);
			expect(tookMs).toBeLessThan(90);
		}
	});
});
