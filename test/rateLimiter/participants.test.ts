/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Canceled } from '../../nodes/AffilaeConversions/api/apiError';
import { pause } from '../../nodes/AffilaeConversions/api/clock';
import type { Participant, Permit } from '../../nodes/AffilaeConversions/api/participant';
import { limiterFor, RateLimiter } from '../../nodes/AffilaeConversions/api/rateLimiter';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { simulate } from './simulation';
import { VirtualClock } from './virtualClock';

const OPTIONS = { maxConcurrency: 2, maxWaitMs: 60_000 };

/** Resolves with the outcome, so that a test can await several. */
async function outcomeOf(acquiring: Promise<Permit>): Promise<unknown> {
	return await acquiring.then(
		() => 'sent',
		(reason: unknown) => reason,
	);
}

/** Fills a participant's concurrency, so that its next call waits. */
async function fill(participant: Participant): Promise<Permit[]> {
	const first = await participant.acquire(false);
	first('succeeded');
	return await Promise.all([participant.acquire(false), participant.acquire(false)]);
}

test('no more calls are in flight than Max Concurrency, and the next is sent when one ends', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	const [one] = await fill(participant);
	const third = participant.acquire(false);
	let isSent = false;
	void third.then(() => (isSent = true));
	await Promise.resolve();
	expect(isSent).toBe(false);
	one?.('succeeded');
	expect(await outcomeOf(third)).toBe('sent');
});

test('urgent calls are sent before the others, each kind in order of arrival', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	const [one, two] = await fill(participant);
	const order: string[] = [];
	const sent = ['first', 'urgent', 'second', 'also urgent'].map(async (name) => {
		const permit = await participant.acquire(name.includes('urgent'));
		order.push(name);
		permit('succeeded');
	});
	one?.('succeeded');
	two?.('succeeded');
	await Promise.all(sent);
	expect(order).toEqual(['urgent', 'also urgent', 'first', 'second']);
});

test('a stopped execution gives up its calls at once, and the others continue', async () => {
	const limiter = new RateLimiter(new VirtualClock());
	const controller = new AbortController();
	const stopped = limiter.join({ ...OPTIONS, signal: controller.signal });
	const other = limiter.join(OPTIONS);
	await fill(stopped);
	const waiting = outcomeOf(stopped.acquire(false));
	controller.abort();
	expect(await waiting).toBeInstanceOf(Canceled);
	expect(await outcomeOf(stopped.acquire(false))).toBeInstanceOf(Canceled);
	expect(await outcomeOf(other.acquire(false))).toBe('sent');
});

test('an execution leaves no listener on its signal at its end', () => {
	const { signal } = new AbortController();
	const added: unknown[] = [];
	const removed: unknown[] = [];
	signal.addEventListener = (...args: unknown[]) => void added.push(args[1]);
	signal.removeEventListener = (...args: unknown[]) => void removed.push(args[1]);
	const participant = new RateLimiter(new VirtualClock()).join({ ...OPTIONS, signal });
	participant.leave();
	expect(added).toHaveLength(1);
	expect(removed).toEqual(added);
});

test('a closed participant rejects waiting calls, new calls and pauses, with the reason', async () => {
	const clock = new VirtualClock();
	const participant = new RateLimiter(clock).join(OPTIONS);
	await fill(participant);
	const waiting = outcomeOf(participant.acquire(false));
	const pausing = pause(clock, 1000, participant.ended).catch((thrown: unknown) => thrown);
	const reason = new UserError('The run ended', 'Run it again.');
	participant.close(reason);
	expect(await waiting).toBe(reason);
	expect(await pausing).toBe(reason);
	expect(await outcomeOf(participant.acquire(true))).toBe(reason);
});

test('each account has one limiter per process; another address or token has another', () => {
	const clock = new VirtualClock();
	const limiter = limiterFor('https://one.example', 'token-a', clock);
	expect(limiterFor('https://one.example', 'token-a', clock)).toBe(limiter);
	expect(limiterFor('https://one.example', 'token-b', clock)).not.toBe(limiter);
	expect(limiterFor('https://two.example', 'token-a', clock)).not.toBe(limiter);
});

test('an account is forgotten ten minutes after its last use', async () => {
	const clock = new VirtualClock();
	const limiter = limiterFor('https://forgotten.example', 'token', clock);
	limiter.join(OPTIONS).leave();
	await clock.run({ until: 5 * 60_000 });
	expect(limiterFor('https://forgotten.example', 'token', clock)).toBe(limiter);
	await clock.run({ until: 30 * 60_000 });
	expect(limiterFor('https://forgotten.example', 'token', clock)).not.toBe(limiter);
});

test('executions take turns, however many calls one has waiting', async () => {
	const clock = new VirtualClock();
	const limiter = new RateLimiter(clock);
	const [long, short] = [limiter.join(OPTIONS), limiter.join(OPTIONS)];
	const order: string[] = [];
	const calls = [
		...Array.from({ length: 20 }, () => ({ name: 'long', participant: long })),
		...Array.from({ length: 4 }, () => ({ name: 'short', participant: short })),
	];
	const all = calls.map(async ({ name, participant }) => {
		const permit = await participant.acquire(false);
		order.push(name);
		await clock.sleep(20);
		permit('succeeded');
	});
	await clock.run();
	await Promise.all(all);
	expect(order.lastIndexOf('short')).toBeLessThan(12);
});

test('if an execution ends halfway, no call keeps waiting and no rejection is unhandled', async () => {
	const unhandled: unknown[] = [];
	const note = (reason: unknown) => void unhandled.push(reason);
	process.on('unhandledRejection', note);
	const clock = new VirtualClock();
	const participant = new RateLimiter(clock).join(OPTIONS);
	const permits = await fill(participant);
	const waiting = outcomeOf(participant.acquire(false));
	const pausing = pause(clock, 60_000, participant.ended).catch((thrown: unknown) => thrown);
	participant.leave();
	for (const permit of permits) permit('limited', 5000);
	participant.leave();
	await clock.run();
	expect(await waiting).toBeInstanceOf(Canceled);
	expect(await pausing).toBeInstanceOf(Canceled);
	process.off('unhandledRejection', note);
	expect(unhandled).toEqual([]);
});

test('an execution that is stopped before it joins sends nothing', async () => {
	const options = { ...OPTIONS, signal: AbortSignal.abort() };
	const participant = new RateLimiter(new VirtualClock()).join(options);
	expect(await outcomeOf(participant.acquire(true))).toBeInstanceOf(Canceled);
});

test('a wait longer than Retry For fails at once, with status 429', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	(await participant.acquire(false))('limited', 61_000);
	expect(await outcomeOf(participant.acquire(false))).toMatchObject({
		name: 'ApiError',
		status: 429,
	});
});

test('calls wait as long as Affilae asks, and the wait is counted', async () => {
	const clock = new VirtualClock();
	const participant = new RateLimiter(clock).join(OPTIONS);
	(await participant.acquire(false))('limited', 7000);
	const sent = participant.acquire(false).then(() => clock.now());
	await clock.run();
	expect(await sent).toBeGreaterThanOrEqual(7000);
	expect(participant.waitedMs).toBeGreaterThanOrEqual(7000);
	expect(participant.waitedMs).toBeLessThan(7100);
});

test('a Retry-After is honored even if it arrives after a call sent later has got through', async () => {
	const clock = new VirtualClock();
	const participant = new RateLimiter(clock).join(OPTIONS);
	const [slow, fast] = await fill(participant);
	await clock.run({ until: 20 });
	fast?.('limited', 1000);
	const probing = participant.acquire(false);
	await clock.run();
	(await probing)('succeeded');
	slow?.('limited', 30_000);
	const sent = participant.acquire(false).then(() => clock.now());
	await clock.run();
	expect(await sent).toBeGreaterThanOrEqual(31_000);
});

test('a limiter stores nothing of the token', () => {
	const token = 'a-secret-that-nobody-may-see';
	const limiter = limiterFor('https://secret.example', token, new VirtualClock());
	limiter.join(OPTIONS);
	expect(inspect(limiter, { depth: 10, showHidden: true })).not.toContain(token);
});

describe('with Retry For 0', () => {
	const AT_ONCE = { maxConcurrency: 10, maxWaitMs: 0 };

	test('a short wait that an earlier execution caused fails no call', async () => {
		const clock = new VirtualClock();
		const limiter = new RateLimiter(clock);
		const earlier = limiter.join(OPTIONS);
		(await earlier.acquire(false))('limited', 2000);
		earlier.leave();
		const waiting = outcomeOf(limiter.join(AT_ONCE).acquire(false));
		await clock.run();
		expect(await waiting).toBe('sent');
	});

	test('waiting for a turn at the known rate fails no call, however long it takes', async () => {
		const { executions } = await simulate({
			limit: { calls: 5, perMs: 1000, kind: 'bucket' },
			retryAfter: 'seconds',
			maxWaitMs: 0,
			processes: [[{ calls: 100 }]],
		});
		expect(executions.map(({ failed }) => failed)).toEqual([0]);
		expect(executions[0]?.finishedAt).toBeGreaterThan(15_000);
	});

	test('if Affilae asks for a longer wait, waiting calls fail at once', async () => {
		const clock = new VirtualClock();
		const participant = new RateLimiter(clock).join(AT_ONCE);
		(await participant.acquire(false))('limited', 60_000);
		expect(await outcomeOf(participant.acquire(false))).toMatchObject({ status: 429 });
		expect(clock.now()).toBe(0);
	});
});
