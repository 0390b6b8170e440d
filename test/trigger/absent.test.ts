import { describe, expect, test } from '@jest/globals';
import { isWireObject } from '../../nodes/AffilaeConversions/domain/conversion';
import type { NewConversion } from '../../sandbox/arrivals';
import { PROGRAMS } from '../../sandbox/programs';
import { forwardTo } from '../engine/sandboxShop';
import { serverForTests, type Received, type Reply } from '../engine/server';
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

const EVENTS = ['created', 'statusChanged'];
const EMPTY: Array<{ what: string; reply: Reply }> = [
	{ what: 'a list without rows', reply: { body: { conversions: { total: 0, data: [] } } } },
	{ what: 'a 204', reply: { status: 204 } },
	{ what: 'a 404', reply: { status: 404, body: { message: 'Nothing here' } } },
];

const front = serverForTests();

describe.each(EMPTY)('$what to each request', ({ reply }) => {
	test('of one poll makes the trigger emit nothing twice, and lose no decision', async () => {
		const sandbox = await openShopNow({ conversions: 120 });
		front.respond = forwardTo(sandbox);
		const { credential } = front;
		const trigger = await startTrigger(sandbox, { events: EVENTS }, { credential });
		const [old] = sandbox.store.all();
		if (!old) throw new Error('The shop is empty');
		atAffilae(sandbox, old).accept();
		front.respond = () => reply;
		const before = front.requests.length;
		expect(await trigger.tick()).toEqual({});
		const requests = front.requests.length - before;
		front.respond = forwardTo(sandbox);
		const calls = await callsDuring(sandbox, async () => {
			expect(told((await trigger.tick()).items)).toEqual([['statusChanged', old.id]]);
		});
		expect(await trigger.tick()).toEqual({});
		expect(requests).toBeLessThan(20);
		expect(calls).toBeLessThan(10);
	});
});

/** The JSON of a list without one row, and with a total that fits. */
function without(body: unknown, id: string): unknown {
	return JSON.parse(String(body), (key, value: unknown) => {
		if (key !== 'conversions' || !isWireObject(value) || !Array.isArray(value['data'])) {
			return value;
		}
		const data = value['data'].filter((row: unknown) => !isWireObject(row) || row['id'] !== id);
		return { data, total: Number(value['total']) - (value['data'].length - data.length) };
	});
}

describe('a conversion that is missing from one poll', () => {
	test.each([{ hoursAgo: 1 }, { hoursAgo: 24 * 50 }])(
		'and is accepted when it is back, is emitted with this change alone ($hoursAgo hours old)',
		async ({ hoursAgo }) => {
			const sandbox = await openShopNow({ conversions: 10 });
			front.respond = forwardTo(sandbox);
			const { credential } = front;
			const trigger = await startTrigger(sandbox, { events: EVENTS }, { credential });
			const made = sandbox.addConversion({ createdAtMs: Date.now() - hoursAgo * HOUR_MS });
			expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
			front.respond = async (request) => {
				const reply = await forwardTo(sandbox)(request);
				return { ...reply, body: without(reply.body, made.id) };
			};
			expect(await trigger.tick()).toEqual({});
			atAffilae(sandbox, made).accept();
			front.respond = forwardTo(sandbox);
			const { items } = await trigger.tick();
			expect(items).toEqual([
				expect.objectContaining({
					event: 'statusChanged',
					id: made.id,
					previousStatus: 'pending',
				}),
			]);
			expect(await trigger.tick()).toEqual({});
		},
	);
});

describe('a first poll that gets a 404', () => {
	test('takes it as no proof of an empty account: no existing conversion is emitted as created', async () => {
		const sandbox = await openShopNow({ conversions: 120, status: 'mixed' });
		const { credential } = front;
		front.respond = () => ({ status: 404, body: { message: 'Nothing here' } });
		const trigger = triggerFor(sandbox, { events: EVENTS }, { credential });
		expect(await trigger.start()).toEqual({});
		front.respond = forwardTo(sandbox);
		expect(await trigger.tick()).toEqual({});
	});

	test('is no list of all existing conversions: if they are to be included, it fails and says so', async () => {
		const sandbox = await openShopNow({ settings: { listNotFound: '404' } });
		const trigger = triggerFor(sandbox, { options: { includeExisting: true } });
		await expect(trigger.start()).rejects.toThrow(/404 Not Found.*turn off 'Include Existing'/s);
		expect(trigger.saved).toBe('{}');
	});

	test('because the account is empty emits the first conversion that comes', async () => {
		const sandbox = await openShopNow({ settings: { listNotFound: '404' } });
		const trigger = await startTrigger(sandbox);
		expect(await trigger.tick()).toEqual({});
		const made = sandbox.addConversion();
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		expect(await callsDuring(sandbox, async () => await trigger.tick())).toBe(1);
	});
});

describe('a 404 to a part of what a trigger reads when it starts', () => {
	const NOTHING: Reply = { status: 404, body: { message: 'Nothing here' } };
	const [{ id: FIRST }, { id: SECOND }] = PROGRAMS;

	/** A shop with pending conversions of the last 25 days, behind a server that answers some requests with a 404. */
	async function shopHiding(isHidden: (query: Received['query']) => boolean) {
		const conversions = Array.from(
			{ length: 60 },
			(_, index): NewConversion => ({
				program: index % 2 === 0 ? FIRST : SECOND,
				createdAtMs: Date.now() - HOUR_MS - (index * 25 * DAY_MS) / 60,
			}),
		);
		const sandbox = await openShopNow({ conversions });
		const hide = () => {
			front.respond = async (request) =>
				isHidden(request.query) ? NOTHING : await forwardTo(sandbox)(request);
		};
		const show = () => {
			front.respond = forwardTo(sandbox);
		};
		return { sandbox, hide, show };
	}

	test('makes no existing conversion new if it was the pending ones, watched from now on', async () => {
		const { sandbox, hide, show } = await shopHiding(({ status }) => status === 'pending');
		const old = sandbox.addConversion({ createdAtMs: Date.now() - 50 * DAY_MS });
		show();
		const { credential } = front;
		const trigger = await startTrigger(sandbox, { events: ['created'] }, { credential });
		hide();
		const watching = trigger.afterKill({ parameters: { events: ALL_EVENTS } });
		expect(await watching.start()).toEqual({});
		show();
		expect(await watching.tick()).toEqual({});
		atAffilae(sandbox, old).accept();
		expect(told((await watching.tick()).items)).toEqual([['statusChanged', old.id]]);
	});

	test('for the program without conversions does not keep those of the others from being emitted', async () => {
		const { sandbox, show } = await shopHiding(() => false);
		sandbox.change({ programRequired: ['list'], listNotFound: '404' });
		show();
		const programs = `${FIRST},5f2d1c0b9a8e7f6d5c4b3a29`;
		const credential = { ...front.credential, programs };
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS }, { credential });
		expect(trigger.logged).toEqual([]);
		const made = sandbox.addConversion({ program: FIRST });
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		const old = sandbox.store.all().find(({ program }) => program.id === FIRST);
		if (!old) throw new Error('The shop is empty');
		atAffilae(sandbox, old).accept();
		atAffilae(sandbox, made).accept();
		expect(told((await trigger.tick()).items).sort()).toEqual(
			[old, made].map(({ id }) => ['statusChanged', id]).sort(),
		);
	});
});
