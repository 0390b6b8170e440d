import { describe, expect, test } from '@jest/globals';
import type { SandboxOptions } from '../../sandbox/server';
import { credentialFor } from '../bulk/shopUnderTest';
import { forwardTo } from '../engine/sandboxShop';
import { serverForTests } from '../engine/server';
import { runManually } from './pollEngine';
import {
	ALL_EVENTS,
	atAffilae,
	callsDuring,
	DAY_MS,
	HOUR_MS,
	openShopNow,
	shopsIn,
	startTrigger,
	told,
	triggerFor,
} from './shopWatched';
import { virtualTimeForTests } from '../engine/virtualTime';

const time = virtualTimeForTests();
const front = serverForTests();

/** A shop whose rows do not contain their status, although Affilae filters by it. */
async function openShop({ settings = {}, ...options }: SandboxOptions = {}) {
	return await shopsIn(time)({ ...options, settings: { ...settings, leftOut: ['status'] } });
}

describe.each([{ status: 'pending' }, { status: 'accepted' }, { status: 'refused' }] as const)(
	'if rows do not contain the status, the filter for $status',
	({ status }) => {
		test.each([{ events: ['created'] }, { events: ['created', 'amountChanged'] }])(
			'lets through a new conversion once, and no other ($events)',
			async ({ events }) => {
				const sandbox = await openShop({ conversions: 10 });
				const trigger = await startTrigger(sandbox, { events, filters: { status } });
				const made = (['pending', 'accepted', 'refused'] as const).map((one) =>
					sandbox.addConversion({ status: one }),
				);
				const expected = made.find((one) => one.status === status);
				expect(await trigger.tick()).toMatchObject({
					items: [{ event: 'created', id: expected?.id, status }],
				});
				await time.work(25 * HOUR_MS);
				expect([await trigger.tick(), await trigger.tick()]).toEqual([{}, {}]);
			},
		);

		test('shows examples in a manual test', async () => {
			const sandbox = await openShop({ conversions: [{ status }] });
			const parameters = { events: ['created'], filters: { status } };
			const { items } = await runManually({ parameters, credential: credentialFor(sandbox) });
			expect(items).toEqual([expect.objectContaining({ event: 'created', status })]);
		});
	},
);

describe('if rows do not contain the status', () => {
	test('a conversion that was already decided when it is first seen is emitted as Status Changed', async () => {
		const sandbox = await openShop({ conversions: 10 });
		const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
		const made = sandbox.addConversion({ status: 'accepted' });
		sandbox.addConversion();
		const { items = [] } = await trigger.tick();
		expect(told(items)).toEqual([['statusChanged', made.id]]);
		expect(items[0]).not.toHaveProperty('previousStatus');
		expect(await trigger.tick()).toEqual({});
	});

	test('a refused conversion that is accepted while its status is searched for is emitted', async () => {
		const sandbox = await openShop({ conversions: 10 });
		front.respond = forwardTo(sandbox);
		const { credential } = front;
		const trigger = await startTrigger(sandbox, { events: ['statusChanged'] }, { credential });
		const made = sandbox.addConversion({ status: 'refused' });
		front.respond = async (request) => {
			const reply = await forwardTo(sandbox)(request);
			if (request.query['status'] === 'accepted') atAffilae(sandbox, made).accept();
			return reply;
		};
		expect((await trigger.tick()).items).toMatchObject([
			{ event: 'statusChanged', id: made.id, status: 'accepted' },
		]);
		expect(await trigger.tick()).toEqual({});
	});

	test.each([{ hoursAgo: 1 }, { hoursAgo: 24 * 20 }])(
		'a decision is emitted, and so is another one later, with the previous status ($hoursAgo hours ago)',
		async ({ hoursAgo }) => {
			const createdAtMs = time.now() - hoursAgo * HOUR_MS;
			const sandbox = await openShop({
				conversions: [{ createdAtMs }, { createdAtMs, status: 'accepted' }],
			});
			const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
			const [pending, accepted] = sandbox.store.all();
			if (!pending || !accepted) throw new Error('The shop is empty');
			atAffilae(sandbox, pending).accept();
			expect((await trigger.tick()).items).toMatchObject([
				{ event: 'statusChanged', id: pending.id, status: 'accepted', previousStatus: 'pending' },
			]);
			atAffilae(sandbox, pending).refuse();
			atAffilae(sandbox, accepted).refuse();
			await time.work(25 * HOUR_MS);
			const { items = [] } = await trigger.tick();
			const change = { event: 'statusChanged', status: 'refused', previousStatus: 'accepted' };
			expect(items).toEqual([expect.objectContaining(change), expect.objectContaining(change)]);
			expect(items.map(({ id }) => id).sort()).toEqual([pending.id, accepted.id].sort());
			expect(await trigger.tick()).toEqual({});
		},
	);

	test('Include Existing emits each conversion once, however old, with its status', async () => {
		const conversions = (['pending', 'accepted', 'refused'] as const).flatMap((status) =>
			[1, 40].map((days) => ({ status, createdAtMs: time.now() - days * DAY_MS })),
		);
		const sandbox = await openShop({ conversions });
		const options = { includeExisting: true };
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS, options });
		const { items = [] } = await trigger.start();
		expect(items.map(({ id, status }) => [id, status]).sort()).toEqual(
			sandbox.store
				.all()
				.map(({ id, status }) => [id, status])
				.sort(),
		);
		expect(await trigger.tick()).toEqual({});
		await time.work(25 * HOUR_MS);
		expect(await trigger.tick()).toEqual({});
	});

	test('a poll that meets only pending conversions, or known ones for Created, makes no more calls', async () => {
		const calls = async (leftOut: string[], events: string[]) => {
			const sandbox = await openShopNow({ conversions: 10, settings: { leftOut } });
			sandbox.addConversion();
			const parameters = {
				events,
				...(events.length === 1 ? { filters: { status: 'pending' } } : {}),
			};
			const trigger = await startTrigger(sandbox, parameters);
			return await callsDuring(sandbox, async () => await trigger.tick());
		};
		for (const events of [ALL_EVENTS, ['created']]) {
			expect(await calls(['status'], events)).toBe(await calls([], events));
		}
	});
});
