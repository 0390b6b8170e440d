import { describe, expect, test } from '@jest/globals';
import {
	ALL_EVENTS,
	atAffilae,
	DAY_MS,
	HOUR_MS,
	openShopNow,
	startTrigger,
	told,
} from './shopWatched';

describe('a conversion that cannot be read', () => {
	test('is skipped and named in the log once, and the others are emitted', async () => {
		const sandbox = await openShopNow({ conversions: 10 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const bad = sandbox.addConversion({ shownFields: { amount: '12.50' } });
		const good = sandbox.addConversion();
		expect(told((await trigger.tick()).items)).toEqual([['created', good.id]]);
		expect(trigger.logged).toEqual([expect.stringMatching(new RegExp(`1 conversion .*${bad.id}`))]);
		expect([await trigger.tick(), await trigger.tick()]).toEqual([{}, {}]);
		expect(trigger.logged).toHaveLength(1);
		const another = sandbox.addConversion({ shownFields: { program: { id: {} } } });
		expect(await trigger.tick()).toEqual({});
		expect(trigger.logged[1]).toContain(another.id);
		const again = trigger.afterKill();
		await again.start();
		await again.tick();
		expect(again.logged.length).toBeLessThanOrEqual(1);
		expect(trigger.logged.join(' ')).not.toMatch(/error|problem|failure/i);
	});

	test('does not prevent the trigger from starting', async () => {
		const createdAtMs = Date.now() - HOUR_MS;
		const sandbox = await openShopNow({
			conversions: [
				{ createdAtMs, shownFields: { amount: '12.50' } },
				{ createdAtMs, shownFields: { id: null } },
				{ createdAtMs },
			],
		});
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const made = sandbox.addConversion();
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		expect(trigger.logged).toHaveLength(1);
	});
});

describe('an existing conversion that cannot be read at the start', () => {
	test.each([{ days: 10 }, { days: 40 }])(
		'is not emitted as created once it can be read, but its decision is ($days days old)',
		async ({ days }) => {
			const shownFields: Record<string, unknown> = { amount: '12.50' };
			const createdAtMs = Date.now() - days * DAY_MS;
			const sandbox = await openShopNow({ conversions: [{}, { createdAtMs, shownFields }] });
			const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
			expect(await trigger.tick()).toEqual({});
			delete shownFields['amount'];
			expect(await trigger.tick()).toEqual({});
			const [, bad] = sandbox.store.all();
			if (!bad) throw new Error('The shop is empty');
			atAffilae(sandbox, bad).accept();
			expect(told((await trigger.tick()).items)).toEqual([['statusChanged', bad.id]]);
		},
	);
});

describe('a conversion with little data', () => {
	test.each<{ events: string[] }>([{ events: ALL_EVENTS }, { events: ['created'] }])(
		'with an unknown status is emitted as created ($events)',
		async ({ events }) => {
			const sandbox = await openShopNow({ conversions: 10 });
			const trigger = await startTrigger(sandbox, { events });
			const made = sandbox.addConversion({ shownFields: { status: 'disputed' } });
			expect(await trigger.tick()).toMatchObject({
				items: [{ event: 'created', id: made.id, status: 'disputed' }],
			});
			expect(await trigger.tick()).toEqual({});
		},
	);

	test('without order, customer and amount is emitted as created, without these fields', async () => {
		const sandbox = await openShopNow({ conversions: 10 });
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const shownFields = { amount: null, currency: null };
		const made = sandbox.addConversion({ externalId: null, customerId: null, shownFields });
		const { items: [item] = [] } = await trigger.tick();
		expect(item).toMatchObject({ event: 'created', id: made.id });
		for (const absent of ['externalId', 'customerId', 'amount', 'currency']) {
			expect(item).not.toHaveProperty(absent);
		}
	});

	describe.each([{ leftOut: ['status'] }, { leftOut: ['status', 'createdAt'] }])(
		'without $leftOut',
		({ leftOut }) => {
			test.each([{ count: 1 }, { count: 3 }, { count: 6 }])(
				'is emitted once when it is accepted, together with others or not ($count)',
				async ({ count }) => {
					const createdAtMs = Date.now() - HOUR_MS;
					const conversions = Array.from({ length: 20 }, (_, index) => ({
						createdAtMs: createdAtMs - index * 2 * DAY_MS,
					}));
					const sandbox = await openShopNow({ conversions, settings: { leftOut } });
					const trigger = await startTrigger(sandbox, { events: ['statusChanged'] });
					const accepted = sandbox.store.all().slice(-count);
					for (const one of accepted) atAffilae(sandbox, one).accept();
					expect(told((await trigger.tick()).items).sort()).toEqual(
						accepted.map(({ id }) => ['statusChanged', id]).sort(),
					);
					expect([await trigger.tick(), await trigger.tick()]).toEqual([{}, {}]);
				},
			);
		},
	);

	test('in a currency without cents has amounts in cents only', async () => {
		const sandbox = await openShopNow({ conversions: 10 });
		const [units, cents] = [
			await startTrigger(sandbox, { events: ALL_EVENTS }),
			await startTrigger(sandbox, { events: ALL_EVENTS, options: { amountsIn: 'cents' } }),
		];
		const shownFields: Record<string, unknown> = { currency: 'JPY', amount: 5000 };
		const made = sandbox.addConversion({ shownFields });
		await units.tick();
		await cents.tick();
		shownFields['amount'] = 4000;
		const [inUnits, inCents] = [await units.tick(), await cents.tick()];
		expect(told(inUnits.items)).toEqual([['amountChanged', made.id]]);
		expect(inUnits.items?.[0]).not.toHaveProperty('previousAmount');
		expect(inCents.items?.[0]).toMatchObject({ amount: 4000, previousAmount: 5000 });
	});
});

describe('the minimum amount', () => {
	test.each([
		{ minimumAmount: 0, lets: ['EUR', 'JPY', 'unknown'] },
		{ minimumAmount: '={{ "20 EUR" }}', lets: ['EUR'] },
		{ minimumAmount: 20, lets: ['EUR'] },
		{ minimumAmount: '={{ "20 €" }}', lets: ['EUR'] },
		{ minimumAmount: '={{ "20 $" }}', lets: [] },
	])('$minimumAmount lets through $lets', async ({ minimumAmount, lets }) => {
		const sandbox = await openShopNow({ conversions: 3 });
		const trigger = await startTrigger(sandbox, { filters: { minimumAmount } });
		const made = [
			{ name: 'EUR', shownFields: { currency: 'EUR', amount: 5000 } },
			{ name: 'JPY', shownFields: { currency: 'JPY', amount: 5000 } },
			{ name: 'unknown', shownFields: { currency: 'EUR', amount: null } },
		].map(({ name, shownFields }) => ({ name, ...sandbox.addConversion({ shownFields }) }));
		const { items = [] } = await trigger.tick();
		const expected = made.filter(({ name }) => lets.includes(name));
		expect(items.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
	});
});
