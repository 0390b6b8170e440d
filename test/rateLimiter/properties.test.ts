import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Permit } from '../../nodes/AffilaeConversions/api/participant';
import { RateLimiter } from '../../nodes/AffilaeConversions/api/rateLimiter';
import { VirtualClock } from './virtualClock';

const ENDS = ['succeeded', 'limited', 'failed', 'abandoned'] as const;

interface Deed {
	participant: number;
	isUrgent: boolean;
	end: (typeof ENDS)[number];
	tookMs: number;
	retryAfterMs: number | undefined;
}

const deed: fc.Arbitrary<Deed> = fc.record({
	participant: fc.nat({ max: 2 }),
	isUrgent: fc.boolean(),
	end: fc.constantFrom(...ENDS),
	tookMs: fc.integer({ min: 1, max: 5000 }),
	retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
});

function finish(permit: Permit, { end, retryAfterMs }: Deed): void {
	permit(end, retryAfterMs);
}

test('every call is sent or rejected, and never more are in flight than Max Concurrency', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(deed, { maxLength: 60 }),
			fc.integer({ min: 1, max: 8 }),
			fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
			async (deeds, maxConcurrency, stopMs) => {
				const clock = new VirtualClock();
				const limiter = new RateLimiter(clock);
				const controller = new AbortController();
				const { signal } = controller;
				const options = { maxConcurrency, maxWaitMs: 30_000 };
				const participants = [{ signal }, {}, {}].map((more) => {
					return { inFlight: 0, one: limiter.join({ ...options, ...more }) };
				});
				if (stopMs !== undefined) clock.at(stopMs, () => controller.abort());
				const settled = Promise.allSettled(
					deeds.map(async (each) => {
						const place = participants[each.participant];
						if (!place) return;
						const permit = await place.one.acquire(each.isUrgent);
						// A stopped execution gives up its calls before they get a response.
						if (place !== participants[0])
							expect(++place.inFlight).toBeLessThanOrEqual(maxConcurrency);
						await clock.sleep(each.tookMs);
						place.inFlight -= 1;
						finish(permit, each);
						finish(permit, each);
					}),
				);
				const end = { isReached: false };
				void settled.then(() => (end.isReached = true));
				await clock.run({ isDone: () => end.isReached });
				expect(end.isReached).toBe(true);
				const reasons = (await settled).flatMap((one) =>
					one.status === 'rejected' ? [one.reason as unknown] : [],
				);
				for (const reason of reasons) expect(reason).toMatchObject({ name: /ApiError|Canceled/ });
			},
		),
		{ numRuns: 60 },
	);
});

test('no call is sent before Retry-After is over, whichever call got it', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.integer({ min: 1, max: 60_000 }),
			fc.nat({ max: 30 }),
			async (ms, calls) => {
				const clock = new VirtualClock();
				const limiter = new RateLimiter(clock);
				const options = { maxConcurrency: 20, maxWaitMs: 120_000 };
				const [one, other] = [limiter.join(options), limiter.join(options)];
				(await one.acquire(false))('limited', ms);
				const until = clock.now() + ms;
				const sent = Array.from({ length: calls }, async (_, index) => {
					const permit = await (index % 2 ? one : other).acquire(false);
					expect(clock.now()).toBeGreaterThanOrEqual(until);
					permit('succeeded');
				});
				await clock.run();
				await Promise.all(sent);
			},
		),
		{ numRuns: 50 },
	);
});
