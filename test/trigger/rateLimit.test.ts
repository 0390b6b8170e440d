import { describe, expect, test } from '@jest/globals';
import type { Sandbox, SandboxOptions } from '../../sandbox/server';
import type { RateLimit } from '../../sandbox/settings';
import { PROGRAMS } from '../../sandbox/programs';
import { credentialFor } from '../bulk/shopUnderTest';
import type { PublishedTrigger } from './pollEngine';
import {
	ALL_EVENTS,
	MINUTE_MS,
	atAffilae,
	callsDuring,
	DAY_MS,
	HOUR_MS,
	shopsIn,
	startTrigger,
	told,
	triggerFor,
} from './shopWatched';
import { virtualTimeForTests } from '../engine/virtualTime';

const time = virtualTimeForTests();

function perMinute(requests: number, retryAfter: RateLimit['retryAfter'] = 'seconds'): RateLimit {
	return { requests, window: 'minute', how: 'fixed', rejected: 'free', retryAfter };
}

async function openShop(options: SandboxOptions): Promise<Sandbox> {
	return await shopsIn(time)({ ...options, settings: { latencyMs: 300, ...options.settings } });
}

/** Polls each minute until so many events were emitted, and twice more. */
async function hear(
	trigger: PublishedTrigger,
	most: number,
): Promise<{ heard: unknown[]; failures: string[] }> {
	const [heard, failures]: [unknown[], string[]] = [[], []];
	const poll = async () => {
		const { items, failed } = await trigger.tick();
		if (failed) failures.push(failed.message);
		heard.push(...told(items));
		await time.work(MINUTE_MS);
	};
	for (let polls = 0; polls < 80 && heard.length < most; polls += 1) await poll();
	await poll();
	await poll();
	return { heard, failures };
}

const EVENTS: Array<{ events: string[] }> = [{ events: ['created'] }, { events: ALL_EVENTS }];

describe.each([{ requests: 6 }, { requests: 20 }])(
	'a rate limit of $requests requests per minute',
	({ requests }) => {
		test.each(EVENTS)(
			'fails no poll, and each event is emitted once although no poll can read all ($events)',
			async ({ events }) => {
				const sandbox = await openShop({ conversions: 6000 });
				const trigger = await startTrigger(sandbox, { events });
				await time.work(DAY_MS);
				sandbox.settings.rateLimit = perMinute(requests);
				const decided = sandbox.store.all().filter((_, index) => index % 2000 === 500);
				for (const one of decided) atAffilae(sandbox, one).accept();
				const late = { createdAtMs: time.now() - 20 * DAY_MS };
				const made = [sandbox.addConversion(), sandbox.addConversion(late)];
				made.push(sandbox.addConversion({ status: 'accepted' }));
				const expected = [
					...made.map(({ id }) => ['created', id]),
					...(events === ALL_EVENTS ? decided.map(({ id }) => ['statusChanged', id]) : []),
				];
				const { heard, failures } = await hear(trigger, expected.length);
				expect(heard.map(String).sort()).toEqual(expected.map(String).sort());
				expect(failures).toEqual([]);
			},
		);

		test.each(EVENTS)(
			'does not prevent the first start, and no existing conversion is emitted as created ($events)',
			async ({ events }) => {
				const rateLimit = perMinute(requests);
				const sandbox = await openShop({ conversions: 3000, settings: { rateLimit } });
				const trigger = triggerFor(sandbox, { events });
				expect(await trigger.start()).toEqual({});
				const made = sandbox.addConversion();
				const { heard, failures } = await hear(trigger, 1);
				expect(heard).toEqual([['created', made.id]]);
				expect(failures).toEqual([]);
			},
		);
	},
);

test('a rate limit that does not say how long to wait only fails polls that can read nothing', async () => {
	const sandbox = await openShop({ conversions: 3000 });
	const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
	await time.work(DAY_MS);
	sandbox.settings.rateLimit = perMinute(6, 'absent');
	const made = [sandbox.addConversion(), sandbox.addConversion({ status: 'accepted' })];
	const { heard, failures } = await hear(trigger, 2);
	expect(heard.map(String).sort()).toEqual(made.map(({ id }) => `created,${id}`).sort());
	for (const failure of failures) expect(failure).toMatch(/rate limit.*the next poll continues/);
});

test('mass decisions are each emitted once although a rate limit allows few searches per poll', async () => {
	const sandbox = await openShop({ conversions: 300 });
	const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
	sandbox.settings.rateLimit = perMinute(6);
	const decided = sandbox.store.all().filter((_, index) => index % 6 === 0);
	for (const one of decided) atAffilae(sandbox, one).refuse();
	const { heard } = await hear(trigger, decided.length);
	expect(heard.map(String).sort()).toEqual(decided.map(({ id }) => `statusChanged,${id}`).sort());
});

describe('conversions that Affilae no longer lists, and a rate limit that ends each poll', () => {
	/** A shop that has removed 10 of its 50 pending conversions, and its trigger, polled each hour. */
	async function shopWithout(requests: number) {
		const sandbox = await openShop({ conversions: 50 });
		const pending = sandbox.store.all();
		for (let index = 0; index < 1500; index += 1) {
			const createdAtMs = time.now() - HOUR_MS - (index * 90 * DAY_MS) / 1500;
			sandbox.addConversion({ status: index % 2 === 0 ? 'accepted' : 'refused', createdAtMs });
		}
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		sandbox.settings.rateLimit = { ...perMinute(requests), window: 'hour' };
		for (const { id } of pending.filter((_, index) => index % 5 === 0)) {
			const entry = sandbox.store.get(id);
			if (entry) sandbox.store.remove(entry);
		}
		const poll = async () => {
			await time.work(HOUR_MS);
			return told((await trigger.tick()).items);
		};
		for (let polls = 0; polls < 3; polls += 1) expect(await poll()).toEqual([]);
		return { sandbox, poll };
	}

	test.each([{ requests: 2 }, { requests: 3 }, { requests: 10 }])(
		'do not keep new ones from being read ($requests requests per hour)',
		async ({ requests }) => {
			const { sandbox, poll } = await shopWithout(requests);
			const made = sandbox.addConversion();
			const heard: unknown[] = [];
			for (let polls = 0; polls < 20 && heard.length === 0; polls += 1)
				heard.push(...(await poll()));
			expect(heard).toEqual([['created', made.id]]);
		},
	);

	test('are no longer searched for after three polls each', async () => {
		const { sandbox, poll } = await shopWithout(10);
		for (let polls = 0; polls < 15; polls += 1) await poll();
		// What the lists alone take.
		expect(await callsDuring(sandbox, poll)).toBeLessThan(6);
	});
});

test('a new token of the same account continues, although a rate limit ends the poll that asks for the account', async () => {
	const [{ id: empty }, { id: program }] = PROGRAMS;
	const one = { program, shownFields: { advertiser: 'advertiser-1' } };
	const sandbox = await openShop({
		conversions: [{ ...one, createdAtMs: time.now() - HOUR_MS }],
		settings: { programRequired: ['list'] },
	});
	const credential = () => ({ ...credentialFor(sandbox), programs: `${empty},${program}` });
	const trigger = await startTrigger(sandbox, {}, { credential: credential() });
	const made = sandbox.addConversion(one);
	sandbox.token = 'token-2';
	// Affilae says that it requires a program, and lists none in the first one.
	sandbox.faults.set([{ kind: '429', rate: 1, skip: 2, retryAfter: 400 }]);
	const other = trigger.afterKill({ credential: credential() });
	expect(await other.start()).toEqual({});
	expect(other.logged.join(' ')).toMatch(/rate limit/);
	sandbox.faults.clear();
	await time.work(HOUR_MS);
	expect(told((await other.tick()).items)).toEqual([['created', made.id]]);
});

describe('what a rate limit keeps a first poll from reading', () => {
	async function startedWithTwoCalls() {
		const createdAtMs = time.now() - 12 * DAY_MS;
		const conversions = Array.from({ length: 300 }, (_, index) => ({
			status: 'accepted' as const,
			createdAtMs: createdAtMs - (index - 150) * HOUR_MS,
		}));
		const sandbox = await openShop({ conversions });
		sandbox.faults.set([{ kind: '429', rate: 1, skip: 2, retryAfter: 400 }]);
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS });
		expect(await trigger.start()).toEqual({});
		sandbox.faults.clear();
		const old = sandbox.store.all().at(150);
		if (!old) throw new Error('The shop is empty');
		await time.work(HOUR_MS);
		return { sandbox, trigger, old, createdAtMs };
	}

	test('is recorded as existing by the next polls, and watched from then on', async () => {
		const { sandbox, trigger, old } = await startedWithTwoCalls();
		for (let poll = 0; poll < 3; poll += 1) expect(await trigger.tick()).toEqual({});
		atAffilae(sandbox, old).refuse();
		await time.work(DAY_MS);
		expect(told((await trigger.tick()).items)).toEqual([['statusChanged', old.id]]);
	});

	test('does not keep later ones with an earlier date from being emitted', async () => {
		const { sandbox, trigger, createdAtMs } = await startedWithTwoCalls();
		for (let poll = 0; poll < 3; poll += 1) expect(await trigger.tick()).toEqual({});
		const made = sandbox.addConversion({ status: 'accepted', createdAtMs: createdAtMs + 1 });
		await time.work(DAY_MS);
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		expect(await trigger.tick()).toEqual({});
	});
});
