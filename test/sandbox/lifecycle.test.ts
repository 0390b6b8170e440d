import { describe, expect, it } from '@jest/globals';
import type { NewConversion } from '../../sandbox/arrivals';
import { PROGRAMS } from '../../sandbox/programs';
import type { SandboxSettings } from '../../sandbox/settings';
import { NOW, openSandbox, rowsOf } from './opened';

const [EUROPE] = PROGRAMS;
const ID = '0123456789abcdef01234567';
const DAY_MS = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();

/** A sandbox with one conversion of 84.90 EUR and a stopped clock. */
async function openWith(wanted: NewConversion, settings: Partial<SandboxSettings> = {}) {
	const { sandbox, client } = await openSandbox({
		clock: () => NOW,
		conversions: [{ id: ID, externalId: '1042', program: EUROPE.id, amount: 8490, ...wanted }],
		settings,
	});
	const post = async (call: string, payload: object) => {
		const { data } = await client.post<unknown>(`/advertiser/conversions.${call}`, {
			id: ID,
			...payload,
		});
		return data;
	};
	return {
		sandbox,
		accept: () => post('accept', { program: EUROPE.id }),
		refuse: (reason = 'Returned') => post('refuse', { program: EUROPE.id, reason }),
		update: (amount: number) => post('update', { amount, reason: 'Partly returned' }),
		read: async () => {
			const { data } = await client.get<unknown>('/advertiser/conversions.list');
			return rowsOf(data)[0];
		},
	};
}

const done = { statusCode: 200 };
const rejected = (message: string) => ({ statusCode: 400, error: 'Bad Request', message });

describe('a pending conversion', () => {
	it('is not locked, and allows each of the three writes', async () => {
		const shop = await openWith({});
		expect(await shop.read()).toMatchObject({ lockedAt: null, isLocked: false });
		expect(await shop.update(5000)).toMatchObject(done);
		expect(await shop.accept()).toMatchObject(done);
		const other = await openWith({});
		expect(await other.refuse()).toMatchObject(done);
	});

	it.each(['accept', 'refuse'] as const)('starts its grace period with %s', async (call) => {
		const shop = await openWith({});
		const locksAt = { lockedAt: at(NOW + 30 * DAY_MS), isLocked: false };
		expect(await shop[call]()).toMatchObject({ conversion: locksAt });
		expect(await shop.read()).toMatchObject(locksAt);
	});

	it.each([
		['Paid by transfer', 20],
		['Lighting', 30],
	])("has the grace period of its rule '%s': %d days", async (rule, days) => {
		const shop = await openWith({ rule, status: 'pending' });
		await shop.accept();
		expect(await shop.read()).toMatchObject({ lockedAt: at(NOW + days * DAY_MS) });
	});

	it('is locked as soon as it is decided if the grace period is 0 days', async () => {
		const shop = await openWith({ rule: 'Voucher sites' });
		expect(await shop.accept()).toMatchObject({
			conversion: { status: 'accepted', lockedAt: at(NOW), isLocked: true },
		});
		expect(await shop.refuse()).toEqual(rejected('Conversion is locked'));
	});
});

describe('an accepted conversion', () => {
	it('can be refused until its grace period ends, and then starts another', async () => {
		const shop = await openWith({ status: 'accepted' });
		shop.sandbox.advance(30 * DAY_MS - 1);
		expect(await shop.read()).toMatchObject({ status: 'accepted', isLocked: false });
		expect(await shop.refuse('Returned late')).toMatchObject(done);
		expect(await shop.read()).toMatchObject({
			status: 'refused',
			refuseReason: 'Returned late',
			lockedAt: at(NOW + 60 * DAY_MS - 1),
		});
	});

	it('can be neither lowered nor accepted again', async () => {
		const shop = await openWith({ status: 'accepted' });
		expect(await shop.update(5000)).toEqual(rejected('Conversion already accepted'));
		expect(await shop.accept()).toEqual(rejected('Conversion already accepted'));
		expect(shop.sandbox.store.writes).toEqual([]);
	});
});

describe('a refused conversion', () => {
	it('can be accepted until it is locked, and then has no reason anymore', async () => {
		const shop = await openWith({ status: 'refused', refuseReason: 'By mistake' });
		expect(await shop.read()).toMatchObject({ refuseReason: 'By mistake' });
		expect(await shop.accept()).toMatchObject(done);
		expect(await shop.read()).toMatchObject({ status: 'accepted', refuseReason: null });
	});

	it('cannot be accepted if the settings say so', async () => {
		const shop = await openWith({ status: 'refused' }, { acceptRefused: false });
		expect(await shop.accept()).toEqual(rejected('Conversion already refused'));
	});

	it('can be neither lowered nor refused again', async () => {
		const shop = await openWith({ status: 'refused' });
		expect(await shop.update(5000)).toEqual(rejected('Conversion already refused'));
		expect(await shop.refuse()).toEqual(rejected('Conversion already refused'));
	});
});

describe('a locked conversion', () => {
	it.each(['accepted', 'refused'] as const)('that is %s allows no write', async (status) => {
		const shop = await openWith({ status });
		shop.sandbox.advance(30 * DAY_MS);
		expect(await shop.read()).toMatchObject({ lockedAt: at(NOW + 30 * DAY_MS), isLocked: true });
		expect(shop.sandbox.store.get(ID)?.conversion.isLocked).toBe(true);
		expect(await shop.accept()).toEqual(rejected('Conversion is locked'));
		expect(await shop.refuse()).toEqual(rejected('Conversion is locked'));
		expect(await shop.update(1)).toEqual(rejected('Conversion is locked'));
		expect(shop.sandbox.store.writes).toEqual([]);
	});

	it('is unlocked again after a reset of the clock', async () => {
		const shop = await openWith({ status: 'accepted' });
		shop.sandbox.advance(30 * DAY_MS);
		shop.sandbox.reset();
		expect(await shop.read()).toMatchObject({ isLocked: false });
	});
});

describe('a new conversion', () => {
	it('is pending, or accepted with a lock date if its rule accepts automatically', async () => {
		const shop = await openWith({ rule: 'Paid by transfer', createdAtMs: NOW - 5 * DAY_MS });
		expect(await shop.read()).toMatchObject({
			status: 'accepted',
			lockedAt: at(NOW + 15 * DAY_MS),
			isLocked: false,
		});
		expect(await shop.update(1)).toEqual(rejected('Conversion already accepted'));
		const made = shop.sandbox.addConversion({ rule: 'Paid by transfer' });
		expect(made).toMatchObject({ status: 'accepted', lockedAt: at(NOW + 20 * DAY_MS) });
	});

	it('that is backdated has an ID that shows when it was added', async () => {
		const shop = await openWith({});
		const made = shop.sandbox.addConversion({ createdAtMs: NOW - 60 * DAY_MS });
		expect(made.createdAt).toBe(at(NOW - 60 * DAY_MS));
		expect(Number.parseInt(made.id.slice(0, 8), 16) * 1000).toBe(NOW);
	});
});

describe('the fixed commission of a rule', () => {
	it('stays the same if the amount is lowered', async () => {
		const shop = await openWith({ rule: 'New customer' });
		const commission = { payoutKind: 'fixed', commissionsTotal: 500 };
		expect(await shop.read()).toMatchObject({ amount: 8490, ...commission });
		await shop.update(1000);
		expect(await shop.read()).toMatchObject({ amount: 1000, ...commission });
	});
});

describe('a reason', () => {
	it('has up to 1,024 characters', async () => {
		const shop = await openWith({});
		expect(await shop.refuse('x'.repeat(1025))).toMatchObject({
			statusCode: 400,
			validation: { source: 'payload', keys: ['reason'] },
		});
		expect(await shop.refuse('x'.repeat(1024))).toMatchObject(done);
	});
});

describe('an ID', () => {
	it('may be written in upper case', async () => {
		const { sandbox, client } = await openSandbox({ conversions: [{ id: ID }] });
		const program = sandbox.shop.programs.find(
			({ id }) => id === sandbox.store.get(ID)?.conversion.program.id,
		);
		const { status } = await client.post('/advertiser/conversions.accept', {
			id: ID.toUpperCase(),
			program: program?.id.toUpperCase(),
		});
		expect(status).toBe(200);
	});
});
