import { describe, expect, test } from '@jest/globals';
import { NodeApiError } from 'n8n-workflow';
import type { Fault } from '../../sandbox/faults';
import type { SettingsChange } from '../../sandbox/settings';
import { forwardTo } from '../engine/sandboxShop';
import { serverForTests } from '../engine/server';
import { textsIn } from '../engine/textsIn';
import type { PublishedTrigger } from './pollEngine';
import {
	ALL_EVENTS,
	MINUTE_MS,
	atAffilae,
	shopsIn,
	startTrigger,
	told,
	triggerFor,
} from './shopWatched';
import { virtualTimeForTests } from '../engine/virtualTime';

/** Calls without a response time out in real time: after 0.3 of this, in milliseconds. */
const SHORT_MS = 1000;

const time = virtualTimeForTests();

const openShop = shopsIn(time);

const DOWN: Array<{
	what: string;
	fault: Fault;
	says: RegExp;
	budgetMs?: number;
	/** How many responses of the failed poll arrive; 2 by default. */
	arrive?: number;
}> = [
	{ what: 'responds with 503', fault: { kind: '503', rate: 1 }, says: /could not respond/ },
	{
		what: 'responds with 429',
		fault: { kind: '429', rate: 1 },
		says: /rate limit requires a wait of/,
		// If any arrive, the poll does not fail.
		arrive: 0,
	},
	{ what: 'responds with a web page', fault: { kind: 'html', rate: 1 }, says: /web page/ },
	{
		what: 'is behind a firewall that responds with a web page and 403',
		fault: { kind: 'html', status: 403, rate: 1 },
		says: /web page/,
	},
	{ what: 'resets connections', fault: { kind: 'resetBefore', rate: 1 }, says: /was interrupted/ },
	{
		what: 'never responds',
		fault: { kind: 'hangBefore', rate: 1 },
		says: /within 0\.3 s/,
		budgetMs: SHORT_MS,
	},
	{
		what: 'sends incomplete responses',
		fault: { kind: 'truncated', rate: 1 },
		says: /was interrupted/,
	},
];

describe.each(DOWN)('if Affilae $what', ({ fault, says, budgetMs, arrive = 2 }) => {
	test('a poll fails, stores nothing, and the next one catches up', async () => {
		const sandbox = await openShop({ conversions: 120 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const [old] = sandbox.store.all();
		if (!old) throw new Error('The shop is empty');
		const made = sandbox.addConversion();
		atAffilae(sandbox, old).accept();
		const { saved } = trigger;
		// The first responses arrive: their events must not be emitted twice.
		sandbox.faults.set([{ ...fault, skip: arrive }]);
		trigger.budgetMs = budgetMs;
		const { failed, items } = await trigger.tick();
		expect(items).toBeUndefined();
		expect(failed?.message).toMatch(says);
		expect(failed?.message).toContain('Nothing is lost: the next poll continues');
		expect(failed?.message).not.toMatch(/error|problem|failure/i);
		expect(textsIn(failed).join(' ')).not.toContain(sandbox.token);
		expect(trigger.saved).toBe(saved);
		sandbox.faults.clear();
		trigger.budgetMs = undefined;
		await time.work(MINUTE_MS);
		expect(told((await trigger.tick()).items)).toEqual([
			['statusChanged', old.id],
			['created', made.id],
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('n8n still starts the trigger and logs why, and a later poll catches up', async () => {
		const sandbox = await openShop({ conversions: 20 });
		const before = await startTrigger(sandbox);
		const made = sandbox.addConversion();
		sandbox.faults.set([fault]);
		const trigger = before.afterKill(budgetMs === undefined ? {} : { budgetMs });
		expect(await trigger.start()).toEqual({});
		expect(trigger.logged.join(' ')).toMatch(says);
		expect((await trigger.tick()).failed?.message).toMatch(says);
		sandbox.faults.clear();
		trigger.budgetMs = undefined;
		await time.work(MINUTE_MS);
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
	});
});

describe('a 404 to each request of one poll', () => {
	const front = serverForTests();

	/** A shop with pending conversions whose trigger has run, behind a server that may respond in its place. */
	async function watched() {
		const sandbox = await openShop({ conversions: 120 });
		front.respond = forwardTo(sandbox);
		const trigger = await startTrigger(
			sandbox,
			{ events: ALL_EVENTS },
			{ credential: front.credential },
		);
		const [old] = sandbox.store.all();
		if (!old) throw new Error('The shop is empty');
		return { sandbox, trigger, old, saved: trigger.saved };
	}

	test('that says that there is no route fails the poll, and the next one catches up', async () => {
		const { sandbox, trigger, old, saved } = await watched();
		const message = 'no Route matched with those values';
		front.respond = () => ({ status: 404, body: { message } });
		const made = sandbox.addConversion();
		atAffilae(sandbox, old).accept();
		const { failed, items } = await trigger.tick();
		expect(items).toBeUndefined();
		expect(failed?.message).toContain(`not at this address: "${message}"`);
		expect(trigger.saved).toBe(saved);
		front.respond = forwardTo(sandbox);
		expect(told((await trigger.tick()).items)).toEqual([
			['statusChanged', old.id],
			['created', made.id],
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('whatever it says, makes the trigger forget nothing and emit nothing twice', async () => {
		const { sandbox, trigger, old } = await watched();
		front.respond = () => ({ status: 404, body: { message: 'Nothing here' } });
		expect(await trigger.tick()).toEqual({});
		front.respond = forwardTo(sandbox);
		expect(await trigger.tick()).toEqual({});
		atAffilae(sandbox, old).accept();
		expect(told((await trigger.tick()).items)).toEqual([['statusChanged', old.id]]);
		expect(await trigger.tick()).toEqual({});
	});
});

test('a trigger that n8n restarts in the same process also starts while Affilae is down', async () => {
	const sandbox = await openShop({ conversions: 5 });
	const before = await startTrigger(sandbox, {}, { workflowId: 'in one process' });
	sandbox.faults.set([{ kind: '503', rate: 1 }]);
	const trigger = before.afterKill();
	expect(await trigger.start()).toEqual({});
	expect((await trigger.tick()).failed?.message).toMatch(/could not respond/);
});

test('a trigger that was never started does not start while Affilae is down, and says why', async () => {
	const sandbox = await openShop({ faults: [{ kind: '503', rate: 1 }] });
	await expect(triggerFor(sandbox).start()).rejects.toThrow(
		/could not respond.*Publish the workflow again when Affilae responds/,
	);
});

describe.each(['401', '403'] as const)('a token that is not accepted (%s)', (kind) => {
	async function startAndReject(): Promise<PublishedTrigger> {
		const sandbox = await openShop({ conversions: 3 });
		const trigger = await startTrigger(sandbox);
		sandbox.faults.set([{ kind, rate: 1 }]);
		return trigger;
	}

	test('is reported at once, also at a start', async () => {
		const trigger = await startAndReject();
		const { failed } = await trigger.tick();
		expect(failed).toBeInstanceOf(NodeApiError);
		expect(failed).toMatchObject({ httpCode: kind });
		expect(failed?.message).toMatch(/token/);
		await expect(trigger.afterKill().start()).rejects.toThrow(/token/);
	});

	test('tells n8n that the credential is the cause', async () => {
		const { failed } = await (await startAndReject()).tick();
		expect(failed).toMatchObject({ failure: { cause: 'credential-invalid' } });
	});
});

test('a 429 tells n8n how long to wait', async () => {
	const sandbox = await openShop({ conversions: 3 });
	const trigger = await startTrigger(sandbox);
	sandbox.faults.set([{ kind: '429', rate: 1, retryAfter: 400 }]);
	const { failed } = await trigger.tick();
	expect(failed).toMatchObject({ failure: { cause: 'rate-limited' } });
	const parameters = { options: { includeExisting: true } };
	const first = await triggerFor(sandbox, parameters).tick();
	expect(first.failed).toMatchObject({ failure: { cause: 'rate-limited' } });
});

describe('a restart of n8n after a kill', () => {
	test('emits no event twice and loses none, however often and whenever it happens', async () => {
		const sandbox = await openShop({ conversions: 40 });
		let trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const expected: unknown[] = [];
		const heard: unknown[] = [];
		for (let round = 0; round < 6; round += 1) {
			const made = sandbox.addConversion({ amount: 5000 });
			expected.push(['created', made.id]);
			if (round % 2 === 0) heard.push(...told((await trigger.tick()).items));
			trigger = trigger.afterKill();
			heard.push(...told((await trigger.start()).items));
			atAffilae(sandbox, made).lower(4000);
			atAffilae(sandbox, made).refuse();
			expected.push(['amountChanged', made.id], ['statusChanged', made.id]);
			trigger = trigger.afterKill();
			heard.push(...told((await trigger.start()).items));
			heard.push(...told((await trigger.tick()).items));
		}
		expect(heard).toEqual(expected);
	});

	test('continues from the last saved state if later polls emitted nothing', async () => {
		const sandbox = await openShop({ conversions: 40 });
		const filters = { minimumAmount: 100 };
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS, filters });
		const small = sandbox.addConversion({ amount: 500 });
		expect(await trigger.tick()).toEqual({});
		atAffilae(sandbox, small).accept();
		const large = sandbox.addConversion({ amount: 50_000 });
		const again = trigger.afterKill();
		expect(told((await again.start()).items)).toEqual([['created', large.id]]);
		expect(await again.tick()).toEqual({});
	});

	test('with unreadable state starts fresh and records existing conversions without starting the workflow', async () => {
		const sandbox = await openShop({ conversions: 10 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const saved = trigger.saved.replace(/"known":"[^"]*"/, '"known":7');
		const again = trigger.afterKill({ saved });
		expect(await again.start()).toEqual({});
		const made = sandbox.addConversion();
		expect(told((await again.tick()).items)).toEqual([['created', made.id]]);
	});
});

test('existing conversions are included only once, even if the stored state cannot be read later', async () => {
	const sandbox = await openShop({ conversions: 5 });
	const trigger = triggerFor(sandbox, { options: { includeExisting: true } });
	expect((await trigger.start()).items).toHaveLength(5);
	const saved = trigger.saved.replace(/"version":\d+/, '"version":1');
	expect(saved).not.toBe(trigger.saved);
	const again = trigger.afterKill({ saved });
	expect(await again.start()).toEqual({});
	const made = sandbox.addConversion();
	expect(told((await again.tick()).items)).toEqual([['created', made.id]]);
});

describe('if a poll does not have enough time', () => {
	test('it ends in time, and the next polls continue until all events are emitted', async () => {
		const sandbox = await openShop({ conversions: 1500 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		// A call times out after 30 s, and a poll has 100 s: each response takes 2 s.
		trigger.budgetMs = 100_000;
		sandbox.settings.latencyMs = 2000;
		const lowered = sandbox.store.all().filter((_, index) => index % 300 === 150);
		for (const conversion of lowered) atAffilae(sandbox, conversion).lower(1);
		const made = sandbox.addConversion();
		const heard: unknown[] = [];
		let polls = 0;
		for (; polls < 40 && heard.length <= lowered.length; polls += 1) {
			const startedAt = time.now();
			const { items, failed } = await trigger.tick();
			expect(failed).toBeUndefined();
			expect(time.now() - startedAt).toBeLessThan(trigger.budgetMs);
			heard.push(...told(items));
		}
		expect(polls).toBeGreaterThan(1);
		expect(heard.map(String).sort()).toEqual(
			[['created', made.id], ...lowered.map(({ id }) => ['amountChanged', id])].map(String).sort(),
		);
	});

	test('existing conversions that a first poll has no time to read are not emitted as created later', async () => {
		const sandbox = await openShop({ conversions: 800, settings: { latencyMs: 4000 } });
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS }, { budgetMs: 100_000 });
		expect(await trigger.start()).toEqual({});
		const made = sandbox.addConversion();
		const heard: unknown[] = [];
		for (let poll = 0; poll < 10; poll += 1) heard.push(...told((await trigger.tick()).items));
		expect(heard).toEqual([['created', made.id]]);
	});

	test('a first poll that includes existing conversions, whose list keeps changing, fails and says so', async () => {
		const settings: SettingsChange = { swapWhileRead: true, paging: 'page' };
		const sandbox = await openShop({ conversions: 1500, settings });
		const trigger = triggerFor(sandbox, { options: { includeExisting: true } });
		await expect(trigger.start()).rejects.toThrow(/kept changing.*Publish the workflow again/s);
		expect(trigger.saved).toBe('{}');
	});

	test('a first poll that includes existing conversions fails and says what to do', async () => {
		const sandbox = await openShop({ conversions: 1500, settings: { latencyMs: 3000 } });
		const parameters = { options: { includeExisting: true } };
		const trigger = triggerFor(sandbox, parameters, { budgetMs: 100_000 });
		await expect(trigger.start()).rejects.toThrow(/more existing conversions.*Get Many/s);
		expect(trigger.saved).toBe('{}');
	});

	test('a first poll that includes existing conversions, and that a rate limit ends, says so, and how long to wait', async () => {
		const sandbox = await openShop({ conversions: 1500 });
		sandbox.faults.set([{ kind: '429', rate: 1, skip: 3, retryAfter: 400 }]);
		const trigger = triggerFor(sandbox, { options: { includeExisting: true } });
		await expect(trigger.start()).rejects.toThrow(/rate limit requires a wait of.*Publish/s);
		expect(trigger.saved).toBe('{}');
	});
});
