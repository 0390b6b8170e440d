import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter, retryAfterHeader } from '../../sandbox/rateLimit';
import type { RateLimit } from '../../sandbox/settings';
import { openSandbox } from './opened';

const LIST = '/advertiser/conversions.list?limit=1';

/** A limiter whose time is told to it. */
function limiterAt(limit: RateLimit | null) {
	const state = { nowMs: 0, limit };
	const limiter = new RateLimiter(
		() => state.limit,
		() => state.nowMs,
	);
	return { state, limiter };
}

describe('the rate limit', () => {
	it('lets a second of requests through at once, then one for each part of a second', () => {
		const { state, limiter } = limiterAt({ perSecond: 5, burst: 'second', retryAfter: 'absent' });
		const verdicts = () => Array.from({ length: 7 }, () => limiter.take().granted);
		expect(verdicts()).toEqual([true, true, true, true, true, false, false]);
		state.nowMs += 400;
		expect(verdicts()).toEqual([true, true, false, false, false, false, false]);
		expect([limiter.granted, limiter.limited]).toEqual([7, 7]);
	});

	it('without a burst wants requests spaced', () => {
		const { state, limiter } = limiterAt({ perSecond: 10, burst: 'none', retryAfter: 'absent' });
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
		state.nowMs += 100;
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
		state.nowMs += 10_000;
		expect([limiter.take().granted, limiter.take().granted]).toEqual([true, false]);
	});

	it('never lets through more than the limit and the burst allow, and all that is paced', () => {
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

	it('follows a limit that changes', () => {
		const { state, limiter } = limiterAt({ perSecond: 100, burst: 'second', retryAfter: 'absent' });
		limiter.take();
		state.limit = { perSecond: 2, burst: 'second', retryAfter: 'absent' };
		const granted = Array.from({ length: 10 }, () => limiter.take().granted).filter(Boolean);
		expect(granted).toHaveLength(2);
		state.limit = null;
		expect(limiter.take().granted).toBe(true);
	});

	it('says when to come back in whole seconds, as a date, or not at all', () => {
		const nowMs = Date.UTC(2026, 11, 1, 10, 0, 0, 300);
		expect(retryAfterHeader('seconds', 1200, nowMs)).toBe('2');
		expect(retryAfterHeader('seconds', 3, nowMs)).toBe('1');
		expect(retryAfterHeader('date', 1200, nowMs)).toBe('Tue, 01 Dec 2026 10:00:02 GMT');
		expect(retryAfterHeader('absent', 1200, nowMs)).toBeNull();
	});

	it('answers 429 in the shape of hapi', async () => {
		const { sandbox, client } = await openSandbox({
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
		expect(Date.parse(String(await dated()))).toBeGreaterThan(Date.now());
		sandbox.change({ rateLimit: { perSecond: 0.01, burst: 'none', retryAfter: 'absent' } });
		expect(await dated()).toBeUndefined();
		sandbox.change({ rateLimit: null });
		expect((await client.get(LIST)).status).toBe(200);
	});

	it('does not hold for the page and the sandbox routes', async () => {
		const { client } = await openSandbox({
			settings: { rateLimit: { perSecond: 0.001, burst: 'none', retryAfter: 'absent' } },
		});
		for (let count = 0; count < 3; count += 1) {
			expect((await client.get('/sandbox/state')).status).toBe(200);
		}
	});
});

describe('latency', () => {
	it('holds each answer back', async () => {
		const { sandbox, client } = await openSandbox({
			settings: { latencyMs: 80, latencyJitterMs: 10 },
		});
		await client.get(LIST);
		expect(sandbox.requests.list()[0]?.tookMs).toBeGreaterThanOrEqual(79);
	});
});
