import { describe, expect, test } from '@jest/globals';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import { MOST_KNOWN, type Cursor } from '../../nodes/AffilaeConversions/trigger/cursor';
import type { EventName } from '../../nodes/AffilaeConversions/trigger/conversionEvent';
import type { Lists } from '../../nodes/AffilaeConversions/trigger/lists';
import { readRound } from '../../nodes/AffilaeConversions/trigger/readRound';
import { Round } from '../../nodes/AffilaeConversions/trigger/round';
import type { NewConversion } from '../../sandbox/arrivals';
import { PROGRAMS } from '../../sandbox/programs';
import type { SettingsChange } from '../../sandbox/settings';
import { credentialFor } from '../bulk/shopUnderTest';
import { forwardTo } from '../engine/sandboxShop';
import { serverForTests } from '../engine/server';
import {
	ALL_EVENTS,
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	atAffilae,
	shopsIn,
	startTrigger,
	told,
} from './shopWatched';
import { virtualTimeForTests } from '../engine/virtualTime';

const front = serverForTests();
const time = virtualTimeForTests();

const openShop = shopsIn(time);

/** Pending conversions, spread over so many days until an hour ago. */
function spread(count: number, days: number): NewConversion[] {
	return Array.from({ length: count }, (_, index) => ({
		createdAtMs: time.now() - HOUR_MS - (index * days * DAY_MS) / count,
	}));
}

test.each<{ events: EventName[]; status: string }>([
	{ events: ['created'], status: 'pending' },
	{ events: ['created', 'statusChanged'], status: 'accepted' },
])(
	'more new conversions than the trigger remembers are each emitted once, although that takes several polls ($events)',
	async ({ events, status }) => {
		const atOnce = MOST_KNOWN / 4;
		const count = MOST_KNOWN + 2 * atOnce;
		const startMs = Date.UTC(2026, 9, 1);
		const rows: Array<Conversion & { atMs: number }> = [];
		let cursor: Cursor | undefined;
		/** Reads the list, newest first; stops after so many conversions. */
		const poll = async (nowMs: number): Promise<string[]> => {
			let isOver = false;
			const lists: Lists = {
				async *read({ status: wanted, fromMs = -Infinity, toMs = Infinity }) {
					const list = rows.filter(
						(row) =>
							row.atMs >= fromMs && row.atMs <= toMs && row.status === (wanted ?? row.status),
					);
					for (let at = 0; at < list.length; at += atOnce / 2) {
						await Promise.resolve();
						isOver = at > 0;
						yield list.slice(at, at + atOnce / 2);
					}
					return { isWhole: true, seen: list.length };
				},
				isRateLimited: () => false,
				isOneList: () => true,
				hasNewNotFound: () => false,
				isTimeToStop: () => isOver,
				isTimeToEnd: () => isOver,
			};
			const round = new Round(
				cursor,
				{ events, includeExisting: false, isStatusFiltered: false },
				nowMs,
			);
			const happened = await readRound(round, lists, () => true);
			cursor = round.close();
			return happened.map(({ conversion }) => conversion.id);
		};
		await poll(startMs);
		const nowMs = startMs + 28 * DAY_MS;
		for (let index = 0; index < count; index += 1) {
			const atMs = Math.round(nowMs - (index * 27 * DAY_MS) / count);
			rows.push({
				id: `x${index}`,
				status,
				createdAt: new Date(atMs).toISOString(),
				row: {},
				atMs,
			});
		}
		const heard: string[] = [];
		for (let polls = 0; polls < 16; polls += 1) heard.push(...(await poll(nowMs + polls)));
		for (let polls = 0; polls < 16; polls += 1) heard.push(...(await poll(nowMs + DAY_MS + polls)));
		expect([heard.length, new Set(heard).size]).toEqual([count, count]);
		expect(cursor?.known.size).toBeLessThanOrEqual(MOST_KNOWN);
	},
);

describe.each<{ what: string; settings: SettingsChange }>([
	{ what: 'a list with the newest first', settings: {} },
	{ what: 'a list with the oldest first', settings: { order: 'oldestFirst' } },
	{ what: 'one list for each program', settings: { programRequired: ['list'] } },
])('more conversions with one date than a poll can read, in $what', ({ settings }) => {
	test.each([{ others: 10 }, { others: 0 }])(
		'do not keep new ones from being emitted, and are logged ($others others)',
		async ({ others }) => {
			const [{ id: program }, { id: empty }] = PROGRAMS;
			const sandbox = await openShop({ conversions: spread(others, 5), settings });
			const credential = { ...credentialFor(sandbox), programs: `${program},${empty}` };
			const trigger = await startTrigger(sandbox, {}, { credential, budgetMs: 100_000 });
			const createdAtMs = time.now() - 3 * DAY_MS;
			for (let index = 0; index < 900; index += 1) sandbox.addConversion({ program, createdAtMs });
			await time.work(DAY_MS);
			sandbox.settings.latencyMs = 4000;
			const [made, heard]: [string[], string[]] = [[], []];
			for (let poll = 0; poll < 40; poll += 1) {
				if (poll % 10 === 0 && poll < 25) made.push(sandbox.addConversion({ program }).id);
				const { items, failed } = await trigger.tick();
				expect(failed).toBeUndefined();
				heard.push(...(items ?? []).map(({ id }) => String(id)));
				await time.work(MINUTE_MS);
			}
			expect(heard).toEqual(expect.arrayContaining(made));
			expect(new Set(heard).size).toBe(heard.length);
			expect(trigger.logged.join(' ')).toMatch(/not have enough time/);
		},
	);
});

test.each([{ requests: 1 }, { requests: 2 }, { requests: 4 }])(
	'a list with the oldest first, which begins with many of one date, makes no existing conversion new ($requests requests at the start)',
	async ({ requests }) => {
		const createdAtMs = time.now() - 25 * DAY_MS;
		const sandbox = await openShop({
			conversions: [...Array<NewConversion>(130).fill({ createdAtMs }), ...spread(800, 24)],
			settings: {
				order: 'oldestFirst',
				rateLimit: {
					requests,
					window: 'minute',
					how: 'fixed',
					rejected: 'free',
					retryAfter: 'seconds',
				},
			},
		});
		const trigger = await startTrigger(sandbox);
		sandbox.settings.rateLimit = null;
		const made = sandbox.addConversion();
		const heard: unknown[] = [];
		for (let poll = 0; poll < 26; poll += 1) {
			await time.work(HOUR_MS);
			heard.push(...told((await trigger.tick()).items));
		}
		expect(heard).toEqual([['created', made.id]]);
	},
);

test.each([{ events: ['created'] }, { events: ALL_EVENTS }])(
	'conversions that cannot be read while later polls record what the first one left do not count as created when they can be ($events)',
	async ({ events }) => {
		const shownFields: Record<string, unknown> = { amount: '12.50' };
		const existing = spread(600, 28).map(
			(one, index): NewConversion => ({
				...one,
				status: index % 2 === 0 ? 'accepted' : 'pending',
				...(index % 50 < 2 ? { shownFields } : {}),
			}),
		);
		const sandbox = await openShop({ conversions: existing });
		sandbox.settings.latencyMs = 30_000;
		const trigger = await startTrigger(sandbox, { events });
		const heard: unknown[] = [];
		for (let poll = 0; poll < 15; poll += 1) {
			await time.work(MINUTE_MS);
			heard.push(...told((await trigger.tick()).items));
		}
		sandbox.settings.latencyMs = 0;
		delete shownFields['amount'];
		for (let poll = 0; poll < 3; poll += 1) {
			await time.work(25 * HOUR_MS);
			heard.push(...told((await trigger.tick()).items));
		}
		expect(heard).toEqual([]);
		expect(trigger.logged.join(' ')).toMatch(/cannot be read/);
	},
);

test('more new conversions than one poll can read are each emitted once, also if rows do not contain the status', async () => {
	const halfAccepted = (count: number, days: number) =>
		spread(count, days).map(
			(one, index): NewConversion => ({
				...one,
				status: index % 2 === 0 ? 'accepted' : 'pending',
			}),
		);
	const sandbox = await openShop({
		conversions: halfAccepted(1500, 28),
		settings: { leftOut: ['status'], latencyMs: 12_000 },
	});
	const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
	for (let poll = 0; poll < 6; poll += 1) {
		await time.work(MINUTE_MS);
		expect(await trigger.tick()).toEqual({});
	}
	const made = halfAccepted(700, 1.5).map((one) => sandbox.addConversion(one).id);
	const heard: unknown[] = [];
	for (let poll = 0; poll < 10; poll += 1) {
		await time.work(10 * MINUTE_MS);
		heard.push(...told((await trigger.tick()).items));
	}
	expect(heard.sort()).toEqual(made.map((id) => ['created', id]).sort());
});

describe('if Affilae cannot list what is older than three days', () => {
	async function shopWithoutPast() {
		const sandbox = await openShop({ conversions: spread(50, 20) });
		front.respond = forwardTo(sandbox);
		const { credential } = front;
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS }, { credential });
		await time.work(25 * HOUR_MS);
		const isPast = (from = '') => Date.parse(from) < time.now() - 3 * DAY_MS;
		front.respond = async (request) =>
			isPast(request.query['from']) ? { status: 504 } : await forwardTo(sandbox)(request);
		return { sandbox, trigger };
	}

	test('new conversions are emitted, and each poll logs what it did not read', async () => {
		const { sandbox, trigger } = await shopWithoutPast();
		for (let poll = 0; poll < 5; poll += 1) {
			const made = sandbox.addConversion();
			expect(await trigger.tick()).toMatchObject({ items: [{ event: 'created', id: made.id }] });
			await time.work(HOUR_MS);
		}
		expect(trigger.logged).toHaveLength(5);
		expect(trigger.logged[0]).toMatch(/could not respond.*next one tries again.*older/);
	});

	test('a decision is emitted as soon as it can be found, and so is a late conversion', async () => {
		const { sandbox, trigger } = await shopWithoutPast();
		const [old] = sandbox.store.all();
		if (!old) throw new Error('The shop is empty');
		atAffilae(sandbox, old).accept();
		const late = sandbox.addConversion({
			status: 'accepted',
			createdAtMs: time.now() - 10 * DAY_MS,
		});
		for (let poll = 0; poll < 3; poll += 1) {
			expect(await trigger.tick()).toEqual({});
			await time.work(HOUR_MS);
		}
		front.respond = forwardTo(sandbox);
		expect(told((await trigger.tick()).items)).toEqual([
			['statusChanged', old.id],
			['created', late.id],
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test('a poll that cannot read the newest ones fails', async () => {
		const { sandbox, trigger } = await shopWithoutPast();
		const made = sandbox.addConversion();
		front.respond = async (request) =>
			request.query['from'] ? { status: 504 } : await forwardTo(sandbox)(request);
		expect((await trigger.tick()).failed?.message).toMatch(/could not respond/);
		front.respond = forwardTo(sandbox);
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
	});
});
