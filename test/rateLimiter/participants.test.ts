import { expect, test } from '@jest/globals';
import { Cancelled } from '../../nodes/AffilaeConversions/api/apiError';
import {
	limiterFor,
	RateLimiter,
	type Participant,
	type Permit,
} from '../../nodes/AffilaeConversions/api/rateLimiter';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { VirtualClock } from './virtualClock';

const OPTIONS = { maxConcurrency: 2, maxWaitMs: 60_000 };

/** Settles with what came of it, so that a test can await several. */
async function outcomeOf(acquiring: Promise<Permit>): Promise<unknown> {
	return await acquiring.then(
		() => 'sent',
		(reason: unknown) => reason,
	);
}

/** Takes all places of a participant, so that its next call waits. */
async function fill(participant: Participant): Promise<Permit[]> {
	const first = await participant.acquire(false);
	first.succeeded();
	return await Promise.all([participant.acquire(false), participant.acquire(false)]);
}

test('no more calls are in flight than Max Concurrency, and the next is sent when one has ended', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	const [one] = await fill(participant);
	const third = participant.acquire(false);
	let isSent = false;
	void third.then(() => (isSent = true));
	await Promise.resolve();
	expect(isSent).toBe(false);
	one?.succeeded();
	expect(await outcomeOf(third)).toBe('sent');
});

test('urgent calls go before the others', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	const [one, two] = await fill(participant);
	const order: string[] = [];
	const other = participant.acquire(false).then((permit) => {
		order.push('other');
		return permit;
	});
	const urgent = participant.acquire(true).then((permit) => {
		order.push('urgent');
		return permit;
	});
	one?.succeeded();
	(await urgent).succeeded();
	two?.succeeded();
	await other;
	expect(order).toEqual(['urgent', 'other']);
});

test('a stopped execution gives its places up at once, and the others go on', async () => {
	const limiter = new RateLimiter(new VirtualClock());
	const controller = new AbortController();
	const stopped = limiter.join({ ...OPTIONS, signal: controller.signal });
	const other = limiter.join(OPTIONS);
	await fill(stopped);
	const waiting = outcomeOf(stopped.acquire(false));
	controller.abort();
	expect(await waiting).toBeInstanceOf(Cancelled);
	expect(await outcomeOf(stopped.acquire(false))).toBeInstanceOf(Cancelled);
	expect(await outcomeOf(other.acquire(false))).toBe('sent');
});

test('an execution that ended leaves no listener on its signal', () => {
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

test('a participant that is closed rejects what waits, what comes, and its pauses, with the reason', async () => {
	const participant = new RateLimiter(new VirtualClock()).join(OPTIONS);
	await fill(participant);
	const waiting = outcomeOf(participant.acquire(false));
	const pausing = participant.pause(1000).catch((reason: unknown) => reason);
	const reason = new UserError('The run ended', 'Run it again.');
	participant.close(reason);
	expect(await waiting).toBe(reason);
	expect(await pausing).toBe(reason);
	expect(await outcomeOf(participant.acquire(true))).toBe(reason);
});

test('one account has one limiter in a process, another address or token another', () => {
	const clock = new VirtualClock();
	const limiter = limiterFor('https://one.example', 'token-a', clock);
	expect(limiterFor('https://one.example', 'token-a', clock)).toBe(limiter);
	expect(limiterFor('https://one.example', 'token-b', clock)).not.toBe(limiter);
	expect(limiterFor('https://two.example', 'token-a', clock)).not.toBe(limiter);
});

test('an account is forgotten some minutes after its last use', async () => {
	const clock = new VirtualClock();
	const limiter = limiterFor('https://forgotten.example', 'token', clock);
	limiter.join(OPTIONS).leave();
	await clock.run({ until: 5 * 60_000 });
	expect(limiterFor('https://forgotten.example', 'token', clock)).toBe(limiter);
	await clock.run({ until: 30 * 60_000 });
	expect(limiterFor('https://forgotten.example', 'token', clock)).not.toBe(limiter);
});
