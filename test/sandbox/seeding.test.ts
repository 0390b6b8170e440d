import { describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../sandbox/server';
import { UNUSUAL } from '../../sandbox/unusual';
import { NOW, openSandbox, rowsOf } from './opened';

const SHOES = '5f2d1c0b9a8e7f6d5c4b3a01';
const BAGS = '5f2d1c0b9a8e7f6d5c4b3a02';
const SALE = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const DAY_MS = 86_400_000;

describe('a sandbox of exact conversions', () => {
	it('contains exactly these, in the given programs', async () => {
		const sandbox = await startSandbox({
			clock: () => NOW,
			programs: [
				{ id: SHOES, name: 'Shoes', rules: [{ id: SALE, name: 'Sale' }, { name: 'Fixed' }] },
				{ id: BAGS, name: 'Bags', rules: [{ currency: 'JPY' }] },
			],
			conversions: [
				{ externalId: '1042', program: SHOES, amount: 6000, createdAtMs: NOW - 2 * DAY_MS },
				{ externalId: '1042', program: SHOES, rule: 'Fixed', amount: 2490 },
				{ externalId: '1042', program: BAGS, amount: 4980, customerId: null },
			],
		});
		await sandbox.stop();
		expect(sandbox.shop.programs.map(({ id, name }) => [id, name])).toEqual([
			[SHOES, 'Shoes'],
			[BAGS, 'Bags'],
		]);
		const all = sandbox.store.all();
		expect(all).toMatchObject([
			{ externalId: '1042', program: { id: SHOES, name: 'Shoes' }, rule: { id: SALE } },
			{ amount: 2490, currency: 'EUR', rule: { name: 'Fixed' }, status: 'pending' },
			{ amount: 4980, currency: 'JPY', program: { id: BAGS }, customerId: '' },
		]);
		const second = Number.parseInt(all[0]?.id.slice(0, 8) ?? '', 16);
		expect(second * 1000).toBe(NOW - 2 * DAY_MS);
		expect(all.map(({ createdAt }) => Date.parse(createdAt))).toEqual([NOW - 2 * DAY_MS, NOW, NOW]);
	});

	it('is the same each time, and after a reset', async () => {
		const open = async () =>
			await openSandbox({
				clock: () => NOW,
				programs: [{}, { rules: [{}, { graceDays: 0 }] }],
				conversions: [{}, { status: 'accepted' }, { amount: 100 }],
			});
		const [{ sandbox }, { sandbox: other }] = [await open(), await open()];
		const before = JSON.stringify(sandbox.store.all());
		expect(JSON.stringify(other.store.all())).toBe(before);
		expect(sandbox.shop.programs).toEqual(other.shop.programs);
		sandbox.addConversion();
		sandbox.advance(DAY_MS);
		sandbox.reset();
		expect(JSON.stringify(sandbox.store.all())).toBe(before);
	});

	it('can be random in the given programs', async () => {
		const { sandbox } = await openSandbox({
			conversions: 50,
			programs: [{ id: SHOES, rules: [{ id: SALE, currency: 'KWD' }] }],
		});
		const all = sandbox.store.all();
		expect(all).toHaveLength(50);
		for (const { program, rule, currency } of all) {
			expect([program.id, rule.id, currency]).toEqual([SHOES, SALE, 'KWD']);
		}
	});

	it('has the given status, amounts and lock', async () => {
		const { sandbox } = await openSandbox({
			clock: () => NOW,
			conversions: [
				{ externalId: 'lowered', amount: 5000, initialAmount: 8000 },
				{ externalId: 'old', status: 'accepted', decidedAtMs: NOW - 31 * DAY_MS },
				{ externalId: 'odd', status: 'refused', lockedAtMs: NOW + DAY_MS, refuseReason: 'Test' },
				{ externalId: 'test', affiliate: 'Test Tracking Affilae' },
			],
		});
		const only = (externalId: string) => sandbox.store.byExternalId(externalId)[0];
		expect(only('lowered')).toMatchObject({ amount: 5000, status: 'pending' });
		expect(sandbox.store.get(only('lowered')?.id ?? '')?.initialAmountCents).toBe(8000);
		expect(only('old')).toMatchObject({ status: 'accepted', isLocked: true });
		expect(only('odd')).toMatchObject({
			status: 'refused',
			refuseReason: 'Test',
			lockedAt: new Date(NOW + DAY_MS).toISOString(),
			isLocked: false,
		});
		expect(only('test')?.events.map(({ affiliateProfile }) => affiliateProfile.name)).toEqual([
			'Test Tracking Affilae',
		]);
	});

	it.each([
		[{ program: BAGS }, `There is no program ${BAGS}`],
		[{ rule: 'Gone' }, 'There is no rule Gone in Program 1'],
		[{ affiliate: 'Nobody' }, 'There is no affiliate Nobody'],
	])('is validated: %j is impossible', async (wanted, message) => {
		await expect(startSandbox({ programs: [{}], conversions: [wanted] })).rejects.toThrow(message);
	});

	it('requires unique IDs', async () => {
		const conversions = [{ id: SALE }, { id: SALE }];
		await expect(startSandbox({ conversions })).rejects.toThrow('Two conversions have one id');
	});
});

describe('the shop with rare cases', () => {
	const open = async () =>
		await openSandbox({ clock: () => NOW, unusual: true, conversions: 400, status: 'pending' });
	type Case = keyof typeof UNUSUAL;

	it('is the normal shop with some more cases, in the requested size', async () => {
		const { sandbox } = await open();
		const { sandbox: usual } = await openSandbox({ clock: () => NOW, conversions: 400 });
		expect(sandbox.store.size).toBe(400);
		const idsOfOrders = (shop: typeof sandbox) =>
			shop.shop.orderCases.flatMap(({ order }) =>
				shop.store.byExternalId(String(order.order_number)).map(({ id }) => id),
			);
		expect(idsOfOrders(sandbox)).toEqual(idsOfOrders(usual));
	});

	it('has no customer for about one conversion in three', async () => {
		const { client, sandbox } = await open();
		const without = sandbox.store.all().filter(({ customerId }) => customerId === '').length;
		expect(without).toBeGreaterThan(80);
		expect(without).toBeLessThan(200);
		const { data } = await client.get<unknown>('/advertiser/conversions.list?externalId=3001');
		expect(rowsOf(data).map(({ customerId }) => customerId)).toEqual([null, null]);
	});

	it('has orders of several rules, with parts that add up or whole amounts, and duplicates', async () => {
		const { sandbox } = await open();
		const of = (name: Case) => sandbox.store.byExternalId(UNUSUAL[name] ?? '');
		const rulesOf = (name: Case) => new Set(of(name).map(({ rule }) => rule.id)).size;
		const programsOf = (name: Case) => new Set(of(name).map(({ program }) => program.id)).size;
		for (const name of ['inParts', 'inWholes', 'halfDecided'] as const) {
			expect([of(name).length, rulesOf(name), programsOf(name)]).toEqual([2, 2, 1]);
		}
		expect(of('inParts').map(({ amount }) => amount)).toEqual([6400, 14_950]);
		expect(of('inWholes').map(({ amount }) => amount)).toEqual([8490, 8490]);
		expect(of('halfDecided').map(({ status }) => status)).toEqual(['accepted', 'pending']);
		expect([of('twice').length, rulesOf('twice'), programsOf('twice')]).toEqual([2, 1, 1]);
		expect([of('twoPrograms').length, programsOf('twoPrograms')]).toEqual([2, 2]);
	});

	it('has a bonus without an order, a test sale, a backdated sale and one without an amount', async () => {
		const { sandbox, client } = await open();
		const { data } = await client.get<unknown>('/advertiser/conversions.list?limit=100');
		const bonus = rowsOf(data).find(({ externalId }) => externalId === null);
		expect(bonus).toMatchObject({ amount: 0, commissionsTotal: 2500, rule: { name: 'Bonus' } });
		const [test] = sandbox.store.byExternalId(UNUSUAL.testSale);
		expect(test?.events[0]?.affiliateProfile.name).toBe('Test Tracking Affilae');
		const [backdated] = sandbox.store.byExternalId(UNUSUAL.backdated);
		expect(Date.parse(backdated?.createdAt ?? '')).toBe(NOW - 61 * DAY_MS);
		expect(Number.parseInt(backdated?.id.slice(0, 8) ?? '', 16) * 1000).toBe(NOW);
		expect(sandbox.store.byExternalId(UNUSUAL.nothing)[0]?.amount).toBe(0);
	});

	it('has each status locked and unlocked, and other currencies', async () => {
		const { sandbox } = await open();
		const of = (name: Case) => sandbox.store.byExternalId(UNUSUAL[name] ?? '')[0];
		const states = ['acceptedByItself', 'acceptedUnlocked', 'acceptedLocked'] as const;
		expect(states.map((name) => [of(name)?.status, of(name)?.isLocked])).toEqual([
			['accepted', false],
			['accepted', false],
			['accepted', true],
		]);
		expect([of('refusedUnlocked')?.isLocked, of('refusedLocked')?.isLocked]).toEqual([false, true]);
		expect([of('refusedUnlocked')?.status, of('refusedLocked')?.status]).toEqual([
			'refused',
			'refused',
		]);
		expect([of('yen')?.currency, of('dinar')?.currency]).toEqual(['JPY', 'KWD']);
	});
});
