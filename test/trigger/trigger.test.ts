import { describe, expect, test } from '@jest/globals';
import { credentialFor } from '../bulk/shopUnderTest';
import { PROGRAMS } from '../../sandbox/programs';
import type { SettingsChange } from '../../sandbox/settings';
import { runManually } from './pollEngine';
import {
	ALL_EVENTS,
	atAffilae,
	callsDuring,
	DAY_MS,
	HOUR_MS,
	openShopNow,
	startTrigger,
	told,
	triggerFor,
} from './shopWatched';

describe('events', () => {
	test('a new conversion is emitted once, simplified, with its event', async () => {
		const sandbox = await openShopNow({ conversions: 30 });
		const trigger = await startTrigger(sandbox);
		const made = sandbox.addConversion({ amount: 8490 });
		expect(await trigger.tick()).toEqual({
			items: [
				{
					event: 'created',
					id: made.id,
					externalId: made.externalId,
					customerId: made.customerId,
					status: 'pending',
					amount: 84.9,
					currency: made.currency,
					commission: made.commissionsTotal / 100,
					affiliate: made.events.map(({ affiliateProfile }) => affiliateProfile.name).join(', '),
					rule: made.rule.name,
					programId: made.program.id,
					createdAt: made.createdAt,
				},
			],
		});
		expect(await trigger.tick()).toEqual({});
	});

	test('a decision is emitted once with the previous status, whoever made it', async () => {
		const sandbox = await openShopNow({ conversions: 30 });
		const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
		const [old, older] = sandbox.store.all();
		if (!old || !older) throw new Error('The shop is empty');
		const fresh = sandbox.addConversion();
		expect(await trigger.tick()).toEqual({});
		atAffilae(sandbox, old).accept();
		atAffilae(sandbox, older).refuse();
		atAffilae(sandbox, fresh).accept();
		const { items = [] } = await trigger.tick();
		expect(
			items.map(({ event, id, status, previousStatus }) => [event, id, status, previousStatus]),
		).toEqual([
			['statusChanged', old.id, 'accepted', 'pending'],
			['statusChanged', older.id, 'refused', 'pending'],
			['statusChanged', fresh.id, 'accepted', 'pending'],
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('a lowered amount is emitted once with the previous amount', async () => {
		const sandbox = await openShopNow({ conversions: 3 });
		const made = sandbox.addConversion({ amount: 1999 });
		const trigger = await startTrigger(sandbox, { events: ['amountChanged'] });
		atAffilae(sandbox, made).lower(1250);
		const { items } = await trigger.tick();
		expect(items).toEqual([
			expect.objectContaining({
				event: 'amountChanged',
				id: made.id,
				amount: 12.5,
				previousAmount: 19.99,
			}),
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('a conversion that is lowered and accepted between two polls gives both events', async () => {
		const sandbox = await openShopNow({ conversions: 3 });
		const made = sandbox.addConversion({ amount: 1999 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		atAffilae(sandbox, made).lower(500);
		atAffilae(sandbox, made).accept();
		expect(told((await trigger.tick()).items)).toEqual([
			['amountChanged', made.id],
			['statusChanged', made.id],
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('a conversion that is decided before the trigger first reads it is emitted once', async () => {
		const sandbox = await openShopNow();
		const [all, decisions] = [
			await startTrigger(sandbox, { events: ALL_EVENTS }),
			await startTrigger(sandbox, { events: ['statusChanged'] }),
		];
		const made = sandbox.addConversion();
		atAffilae(sandbox, made).accept();
		expect(told((await all.tick()).items)).toEqual([['created', made.id]]);
		const { items = [] } = await decisions.tick();
		expect(told(items)).toEqual([['statusChanged', made.id]]);
		expect(items[0]).not.toHaveProperty('previousStatus');
		expect([await all.tick(), await decisions.tick()]).toEqual([{}, {}]);
	});

	test('many simultaneous decisions are emitted once each, in fewer than 10 calls', async () => {
		const sandbox = await openShopNow({ conversions: 400 });
		const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
		const decided = sandbox.store.all().filter((_, index) => index % 2 === 0);
		for (const conversion of decided) atAffilae(sandbox, conversion).accept();
		let items: Array<Record<string, unknown>> = [];
		const calls = await callsDuring(sandbox, async () => {
			({ items = [] } = await trigger.tick());
		});
		expect(new Set(told(items).map(String)).size).toBe(200);
		expect(items).toHaveLength(200);
		expect(calls).toBeLessThan(10);
		expect(await trigger.tick()).toEqual({});
	});

	test('a conversion that no longer exists in Affilae is looked up in three polls only, and no event is emitted', async () => {
		const sandbox = await openShopNow({ conversions: 5 });
		const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
		const { saved } = trigger;
		const { port } = sandbox;
		await sandbox.stop();
		// At the same address: otherwise it is another account to the trigger.
		const moved = await openShopNow({ conversions: 4, seed: 2, port });
		const again = triggerFor(moved, { events: ['statusChanged'] }, { saved });
		expect(await again.start()).toEqual({});
		expect([await again.tick(), await again.tick()]).toEqual([{}, {}]);
		expect(await callsDuring(moved, async () => await again.tick())).toBe(2);
	});
});

describe('the output', () => {
	test.each([
		{ filter: { status: 'accepted' }, wanted: 'accepted' },
		{ filter: { minimumAmount: 50 }, wanted: 'large' },
		{ filter: { minimumAmount: '={{ "49,99" }}' }, wanted: 'large' },
		{ filter: { customerId: 'C-1' }, wanted: 'customer' },
		{ filter: { program: { __rl: true, mode: 'id', value: PROGRAMS[0].id } }, wanted: 'program' },
	])('contains only conversions that match the filter $filter', async ({ filter, wanted }) => {
		const sandbox = await openShopNow({ conversions: 10 });
		const trigger = await startTrigger(sandbox, { filters: filter });
		const plain = { amount: 1000, program: PROGRAMS[1].id };
		const made = {
			accepted: sandbox.addConversion({ ...plain, status: 'accepted' }),
			large: sandbox.addConversion({ ...plain, amount: 5000 }),
			customer: sandbox.addConversion({ ...plain, customerId: 'C-1' }),
			program: sandbox.addConversion({ ...plain, program: PROGRAMS[0].id }),
			none: sandbox.addConversion(plain),
		};
		const expected = Object.entries(made).filter(([name]) => name === wanted);
		expect(told((await trigger.tick()).items)).toEqual(
			expected.map(([, { id }]) => ['created', id]),
		);
		expect(await trigger.tick()).toEqual({});
	});

	test('has amounts in cents if requested, and Minimum Amount is in cents too', async () => {
		const sandbox = await openShopNow();
		const trigger = await startTrigger(sandbox, {
			events: ALL_EVENTS,
			filters: { minimumAmount: 2000 },
			options: { amountsIn: 'cents' },
		});
		sandbox.addConversion({ amount: 1999 });
		const made = sandbox.addConversion({ amount: 9000 });
		const { items: [created] = [] } = await trigger.tick();
		expect(created).toMatchObject({ id: made.id, amount: 9000 });
		atAffilae(sandbox, made).lower(2000);
		const { items: [lowered] = [] } = await trigger.tick();
		expect(lowered).toMatchObject({ amount: 2000, previousAmount: 9000 });
	});

	test('is Affilae’s own object, with all amounts in cents, if Simplify is off', async () => {
		const sandbox = await openShopNow();
		const made = sandbox.addConversion({ amount: 9000 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS, simplify: false });
		atAffilae(sandbox, made).lower(8000);
		const { items } = await trigger.tick();
		expect(items).toEqual([
			{
				...made,
				event: 'amountChanged',
				amount: 8000,
				previousAmount: 9000,
			},
		]);
	});
});

describe('the first poll', () => {
	test('records existing conversions and emits none', async () => {
		const sandbox = await openShopNow({ conversions: 30, status: 'mixed' });
		sandbox.addConversion();
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS });
		expect(await trigger.start()).toEqual({});
		expect(await trigger.tick()).toEqual({});
	});

	test('of an empty account emits nothing, and the next poll emits a new conversion', async () => {
		const sandbox = await openShopNow();
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS });
		expect(await trigger.start()).toEqual({});
		const made = sandbox.addConversion();
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
	});

	test('emits all existing conversions once if requested', async () => {
		const sandbox = await openShopNow({ conversions: 230, status: 'mixed' });
		const parameters = { events: ALL_EVENTS, options: { includeExisting: true } };
		const trigger = triggerFor(sandbox, parameters);
		const { items } = await trigger.start();
		const all = sandbox.store.all().map(({ id }) => ['created', id]);
		expect(told(items)).toEqual(all);
		expect(await trigger.tick()).toEqual({});
		expect(await trigger.afterKill().start()).toEqual({});
		const [pending] = sandbox.store.select({ status: 'pending' });
		if (!pending) throw new Error('The shop has nothing pending');
		sandbox.store.accept(pending);
		expect(told((await trigger.tick()).items)).toEqual([['statusChanged', pending.conversion.id]]);
	});
});

describe('a manual test', () => {
	test('shows the five newest conversions that match the filters, reads no state and stores none', async () => {
		const sandbox = await openShopNow({ conversions: 300 });
		const newest = sandbox.store
			.all()
			.filter(({ amount }) => amount >= 10_000)
			.slice(-5)
			.reverse();
		const parameters = { filters: { minimumAmount: 100 } };
		const { saved } = await startTrigger(sandbox, parameters);
		const run = await runManually({ parameters, credential: credentialFor(sandbox), saved });
		expect(told(run.items)).toEqual(newest.map(({ id }) => ['created', id]));
		expect(run.staticData).toBe(saved);
	});

	test('shows a change with the fields of a change', async () => {
		const sandbox = await openShopNow({ conversions: 9, status: 'accepted' });
		const credential = credentialFor(sandbox);
		const decided = await runManually({ parameters: { events: ['statusChanged'] }, credential });
		expect(decided.items).toHaveLength(5);
		expect(decided.items[0]).toMatchObject({ event: 'statusChanged', previousStatus: 'pending' });
		const lowered = await runManually({ parameters: { events: ['amountChanged'] }, credential });
		expect(lowered.items[0]).toMatchObject({
			event: 'amountChanged',
			previousAmount: expect.any(Number),
		});
	});

	test('says what to do if nothing matches', async () => {
		const sandbox = await openShopNow({ conversions: 9 });
		const { items, stopped } = await runManually({
			parameters: { filters: { customerId: 'nobody' } },
			credential: credentialFor(sandbox),
		});
		expect(items).toEqual([]);
		expect(stopped).toMatch(
			/^None of the latest conversions.*filters\. Remove a filter for the test/,
		);
	});
});

const PAGINGS = (['offset', 'page', 'none'] as const).flatMap((paging) => [
	{ way: `paging ${paging}, with a total`, settings: { paging, total: true } },
	{ way: `paging ${paging}, without a total`, settings: { paging, total: false } },
]);
const WAYS: Array<{ way: string; settings: SettingsChange }> = [
	...PAGINGS,
	{ way: 'the ends of a period excluded', settings: { endsIncluded: false } },
	{ way: 'filters ignored', settings: { ignoredFilters: ['status', 'program'] } },
	{ way: 'the oldest first', settings: { order: 'oldestFirst' } },
	{ way: 'conversions of one moment in changing order', settings: { order: 'unstable' } },
	{
		way: 'an offset that goes no further than the last page',
		settings: { paging: 'offsetClamped' },
	},
	{ way: 'a total that counts the page', settings: { total: 'ofPage' } },
	{ way: 'dates in Unix seconds', settings: { dates: 'unixSeconds' } },
	{ way: 'dates without a zone', settings: { dates: 'isoWithoutZone' } },
	{ way: 'states in capitals', settings: { statusWords: 'upper' } },
	{ way: 'programs as bare IDs', settings: { bareProgram: true } },
	{ way: 'rows without a date', settings: { leftOut: ['createdAt'] } },
	{ way: 'nothing found as 404', settings: { listNotFound: '404' } },
];

describe('however Affilae responds', () => {
	test.each(WAYS)('each event is emitted once: $way', async ({ settings }) => {
		const sandbox = await openShopNow({ conversions: 250, status: 'mixed', settings });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const createdAtMs = Date.now() - 1000;
		const made = Array.from({ length: 130 }, (_, index) =>
			sandbox.addConversion({
				createdAtMs: createdAtMs - Math.floor(index / 10) * 500,
				amount: 5000,
			}),
		);
		const created = await trigger.tick();
		expect(told(created.items).sort()).toEqual(made.map(({ id }) => ['created', id]).sort());
		const pending = sandbox.store.select({ status: 'pending' }).map(({ conversion }) => conversion);
		const [accepted, lowered] = [pending.slice(0, 9), pending.slice(-4)];
		for (const conversion of accepted) atAffilae(sandbox, conversion).accept();
		for (const conversion of lowered) atAffilae(sandbox, conversion).lower(4000);
		const changed = await trigger.tick();
		expect(told(changed.items).sort()).toEqual(
			[
				...accepted.map(({ id }) => ['statusChanged', id]),
				...lowered.map(({ id }) => ['amountChanged', id]),
			].sort(),
		);
		expect(await trigger.tick()).toEqual({});
	});

	test('conversions that appear late, with a date of hours or days ago, are emitted', async () => {
		const sandbox = await openShopNow({ conversions: 20 });
		let trigger = await startTrigger(sandbox);
		sandbox.addConversion();
		await trigger.tick();
		const late = sandbox.addConversion({ createdAtMs: Date.now() - 1.5 * HOUR_MS });
		expect(told((await trigger.tick()).items)).toEqual([['created', late.id]]);
		for (const [hours, key] of [
			[40, 'lookedBackAtMs'],
			[29 * 24, 'lookedFarBackAtMs'],
		] as const) {
			const later = sandbox.addConversion({ createdAtMs: Date.now() - hours * HOUR_MS });
			expect(await trigger.tick()).toEqual({});
			// As if an hour and a day had passed since the last look so far back.
			const saved = trigger.saved.replace(new RegExp(`"${key}":\\d+`), `"${key}":0`);
			trigger = trigger.afterKill({ saved });
			expect(told((await trigger.start()).items)).toEqual([['created', later.id]]);
		}
		const tooLate = sandbox.addConversion({ createdAtMs: Date.now() - 31 * DAY_MS });
		expect([tooLate.status, await trigger.tick()]).toEqual(['pending', {}]);
	});

	test.each([-60_000, 60_000])(
		'each conversion is emitted if Affilae’s clock is %d ms off',
		async (skew) => {
			const sandbox = await openShopNow({ now: Date.now() + skew });
			const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
			for (let round = 0; round < 3; round += 1) {
				const made = sandbox.addConversion({ createdAtMs: Date.now() + skew });
				expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
			}
			expect(await trigger.tick()).toEqual({});
		},
	);
});

describe('the cost', () => {
	test('watching pending conversions takes at most two calls more than their pages', async () => {
		const sandbox = await openShopNow({ conversions: 5000 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const last = sandbox.addConversion();
		const calls = await callsDuring(sandbox, async () => {
			expect(told((await trigger.tick()).items)).toEqual([['created', last.id]]);
		});
		expect(calls).toBeLessThanOrEqual(51 + 2);
		expect(trigger.saved.length).toBeLessThan(5001 * 32);
	});

	test('new conversions alone are found in one call if they fit on a page', async () => {
		const sandbox = await openShopNow({ conversions: 1000 });
		const trigger = await startTrigger(sandbox);
		sandbox.addConversion();
		expect(await callsDuring(sandbox, async () => await trigger.tick())).toBe(1);
	});

	test('the stored state contains no personal data, order or customer', async () => {
		const sandbox = await openShopNow({ conversions: 5 });
		const made = sandbox.addConversion();
		const trigger = await startTrigger(sandbox, {
			events: ALL_EVENTS,
			filters: { customerId: made.customerId },
		});
		atAffilae(sandbox, made).lower(1);
		await trigger.tick();
		for (const text of [made.customerId, made.externalId, made.ipAddress, made.ua]) {
			expect(trigger.saved).not.toContain(text);
		}
	});
});

describe('two simultaneous polls', () => {
	test('emit each event once', async () => {
		const sandbox = await openShopNow({ conversions: 50, settings: { latencyJitterMs: 20 } });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const at = Date.now();
		const made = [0, 1].map((ms) => sandbox.addConversion({ createdAtMs: at + ms }));
		const polls = await Promise.all([trigger.tick(), trigger.tick()]);
		expect(polls.flatMap(({ items }) => told(items))).toEqual(
			made.map(({ id }) => ['created', id]),
		);
		expect(await trigger.tick()).toEqual({});
	});
});
