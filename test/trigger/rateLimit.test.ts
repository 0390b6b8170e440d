import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Sandbox, SandboxOptions } from '../../sandbox/server';
import type { RateLimit } from '../../sandbox/settings';
import type { PublishedTrigger } from './pollEngine';
import { atAffilae, DAY_MS, openShopNow, startTrigger, told, triggerFor } from './shopWatched';
import { virtualTime, type VirtualTime } from './virtualTime';

const ALL = ['created', 'statusChanged', 'amountChanged'];
const MINUTE_MS = 60_000;

let time: VirtualTime;

beforeEach(() => {
	time = virtualTime();
});
afterEach(() => {
	jest.restoreAllMocks();
});

function perMinute(requests: number, retryAfter: RateLimit['retryAfter'] = 'seconds'): RateLimit {
	return { requests, window: 'minute', how: 'fixed', rejected: 'free', retryAfter };
}

async function openShop(options: SandboxOptions): Promise<Sandbox> {
	const settings = { latencyMs: 300, ...options.settings };
	return await openShopNow({ clock: time.now, wait: time.work, ...options, settings });
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

const EVENTS: Array<{ events: string[] }> = [{ events: ['created'] }, { events: ALL }];

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
					...(events === ALL ? decided.map(({ id }) => ['statusChanged', id]) : []),
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
	const trigger = await startTrigger(sandbox, { events: ALL });
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
