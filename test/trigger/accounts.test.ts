import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { PROGRAMS } from '../../sandbox/programs';
import type { Sandbox } from '../../sandbox/server';
import { credentialFor } from '../bulk/shopUnderTest';
import { forwardTo } from '../engine/sandboxShop';
import { serverForTests } from '../engine/server';
import { ALL_EVENTS, atAffilae, callsDuring, openShopNow, startTrigger, told } from './shopWatched';

const [{ id: FIRST }, { id: SECOND }] = PROGRAMS;

function inProgram(value: string): INodeParameters {
	return { filters: { program: { __rl: true, mode: 'id', value } } };
}

describe('a change of parameters', () => {
	test('to other conversions starts fresh and records existing conversions without starting the workflow', async () => {
		const sandbox = await openShopNow({ conversions: 30 });
		for (const program of [FIRST, SECOND]) sandbox.addConversion({ program });
		const trigger = await startTrigger(sandbox, inProgram(FIRST));
		const other = trigger.afterKill({ parameters: inProgram(SECOND) });
		expect(await other.start()).toEqual({});
		const made = sandbox.addConversion({ program: SECOND });
		expect(told((await other.tick()).items)).toEqual([['created', made.id]]);
	});

	test('to more events misses no new conversion, and watches existing ones from then on', async () => {
		const sandbox = await openShopNow({ conversions: 30 });
		const trigger = await startTrigger(sandbox);
		const made = sandbox.addConversion();
		const [old] = sandbox.store.all();
		if (!old) throw new Error('The shop is empty');
		const other = trigger.afterKill({ parameters: { events: ALL_EVENTS } });
		expect(told((await other.start()).items)).toEqual([['created', made.id]]);
		atAffilae(sandbox, old).accept();
		expect(told((await other.tick()).items)).toEqual([['statusChanged', old.id]]);
	});

	test('to the amount filter continues where it left off', async () => {
		const sandbox = await openShopNow({ conversions: 30 });
		const trigger = await startTrigger(sandbox);
		const made = sandbox.addConversion({ amount: 9000 });
		const other = trigger.afterKill({ parameters: { filters: { minimumAmount: 50 } } });
		expect(told((await other.start()).items)).toEqual([['created', made.id]]);
	});
});

describe('another credential', () => {
	const front = serverForTests();

	/** A shop whose conversions name their advertiser. */
	async function shopOf(advertiser: string | undefined, token: string, port = 0): Promise<Sandbox> {
		const shownFields = advertiser === undefined ? {} : { advertiser };
		const createdAtMs = Date.now() - 3_600_000;
		return await openShopNow({
			port,
			token,
			conversions: Array.from({ length: 8 }, () => ({ createdAtMs, shownFields })),
			...(advertiser === undefined ? { settings: { leftOut: ['advertiser'] } } : {}),
		});
	}

	test('with a new token of the same account continues, for one more call', async () => {
		const sandbox = await shopOf('advertiser-1', 'token-1');
		const trigger = await startTrigger(sandbox);
		const made = sandbox.addConversion({ shownFields: { advertiser: 'advertiser-1' } });
		sandbox.token = 'token-2';
		const other = trigger.afterKill({ credential: credentialFor(sandbox) });
		const calls = await callsDuring(sandbox, async () => {
			expect(told((await other.start()).items)).toEqual([['created', made.id]]);
		});
		expect(calls).toBe(2);
		expect(await callsDuring(sandbox, async () => await other.tick())).toBe(1);
	});

	test.each([
		{ whose: 'another account', before: 'advertiser-1', after: 'advertiser-2' },
		{ whose: 'an unknown account after an unknown one', before: undefined, after: undefined },
		{ whose: 'an unknown account after a known one', before: 'advertiser-1', after: undefined },
	])(
		'of $whose, at the same address, starts fresh and records existing conversions without starting the workflow',
		async ({ before, after }) => {
			const sandbox = await shopOf(before, 'token-1');
			const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
			const { port } = sandbox;
			await sandbox.stop();
			const other = await shopOf(after, 'token-2', port);
			const again = trigger.afterKill({ credential: credentialFor(other) });
			expect(await again.start()).toEqual({});
			const made = other.addConversion();
			expect(told((await again.tick()).items)).toEqual([['created', made.id]]);
		},
	);

	test('with a new token of the same account continues, although Affilae first answers with an empty list', async () => {
		const sandbox = await shopOf('advertiser-1', 'sandbox-token');
		front.respond = forwardTo(sandbox);
		const { credential } = front;
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS }, { credential });
		front.respond = () => ({ body: { conversions: { total: 0, data: [] } } });
		const other = trigger.afterKill({ credential: { ...credential, token: 'token-2' } });
		expect([await other.start(), await other.tick()]).toEqual([{}, {}]);
		front.respond = forwardTo(sandbox);
		const made = sandbox.addConversion({ shownFields: { advertiser: 'advertiser-1' } });
		expect(told((await other.tick()).items)).toEqual([['created', made.id]]);
		expect(await other.tick()).toEqual({});
	});

	test('with a new token of an account without conversions emits the first one', async () => {
		const sandbox = await shopOf('advertiser-1', 'token-1');
		const trigger = await startTrigger(sandbox, { events: ALL_EVENTS });
		const { port } = sandbox;
		await sandbox.stop();
		const empty = await openShopNow({ port, token: 'token-2' });
		const other = trigger.afterKill({ credential: credentialFor(empty) });
		expect([await other.start(), await other.tick()]).toEqual([{}, {}]);
		const made = empty.addConversion({ shownFields: { advertiser: 'advertiser-2' } });
		expect(told((await other.tick()).items)).toEqual([['created', made.id]]);
		expect(await other.tick()).toEqual({});
	});

	test('the stored state contains neither token nor address', async () => {
		const sandbox = await shopOf('advertiser-1', 'token-1');
		const trigger = await startTrigger(sandbox);
		for (const secret of ['token-1', sandbox.url]) expect(trigger.saved).not.toContain(secret);
	});
});

describe('if Affilae requires a program', () => {
	const WANTED = { programRequired: ['list' as const] };

	test('and none is known, the first poll fails and says what to fill in', async () => {
		const sandbox = await openShopNow({ conversions: 5, settings: WANTED });
		await expect(startTrigger(sandbox)).rejects.toThrow(/'Program IDs' in the credential/);
	});

	test.each<{ how: string; parameters: INodeParameters; programs: string }>([
		{ how: 'in the trigger', parameters: inProgram(FIRST), programs: '' },
		{ how: 'in the credential', parameters: {}, programs: FIRST },
		{ how: 'with others in the credential', parameters: {}, programs: `${SECOND}, ${FIRST}` },
	])('the trigger polls a program that is set $how', async ({ parameters, programs }) => {
		const sandbox = await openShopNow({ conversions: 130, settings: WANTED });
		const credential = { ...credentialFor(sandbox), programs };
		const trigger = await startTrigger(
			sandbox,
			{ events: ALL_EVENTS, ...parameters },
			{ credential },
		);
		const made = sandbox.addConversion({ program: FIRST });
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		atAffilae(sandbox, made).refuse();
		expect(told((await trigger.tick()).items)).toEqual([['statusChanged', made.id]]);
		expect(await trigger.tick()).toEqual({});
	});

	test('another program in the credential does not emit its existing conversions as created', async () => {
		const sandbox = await openShopNow({ conversions: 60, settings: WANTED });
		const credential = { ...credentialFor(sandbox), programs: FIRST };
		const trigger = await startTrigger(sandbox, {}, { credential });
		const programs = `${FIRST},${SECOND}`;
		const other = trigger.afterKill({ credential: { ...credential, programs } });
		expect(await other.start()).toEqual({});
		const made = [FIRST, SECOND].map((program) => sandbox.addConversion({ program }));
		expect(told((await other.tick()).items)).toEqual(made.map(({ id }) => ['created', id]));
	});

	test('while Affilae requires none, another program in the credential changes nothing', async () => {
		const sandbox = await openShopNow({ conversions: 60 });
		const credential = { ...credentialFor(sandbox), programs: FIRST };
		const trigger = await startTrigger(sandbox, {}, { credential });
		const made = sandbox.addConversion({ program: SECOND });
		const other = trigger.afterKill({ credential: { ...credential, programs: SECOND } });
		expect(told((await other.start()).items)).toEqual([['created', made.id]]);
	});
});

describe('a program without conversions', () => {
	const NEW = '5f2d1c0b9a8e7f6d5c4b3a29';

	test('is logged once, and its first conversion is emitted', async () => {
		const programs = [{ id: NEW }, { id: FIRST }];
		const sandbox = await openShopNow({ conversions: [], programs });
		sandbox.addConversion({ program: FIRST });
		const trigger = await startTrigger(sandbox, inProgram(NEW));
		expect(trigger.logged).toEqual([expect.stringContaining(`no conversions in program ${NEW}`)]);
		const made = sandbox.addConversion({ program: NEW });
		expect(told((await trigger.tick()).items)).toEqual([['created', made.id]]);
		const again = trigger.afterKill();
		await again.start();
		expect([trigger.logged.length, again.logged]).toEqual([1, []]);
	});

	test('a program with only old conversions is not logged', async () => {
		const createdAtMs = Date.now() - 90 * 86_400_000;
		const sandbox = await openShopNow({
			programs: [{ id: NEW }],
			conversions: [{ program: NEW, status: 'accepted', createdAtMs }],
		});
		const trigger = await startTrigger(sandbox, inProgram(NEW));
		expect(trigger.logged).toEqual([]);
	});

	test('conversions in a response for one program belong to it, even if they do not name it', async () => {
		const sandbox = await openShopNow({ conversions: 40, settings: { leftOut: ['program'] } });
		const trigger = await startTrigger(sandbox, inProgram(FIRST));
		const [made] = [FIRST, SECOND].map((program) => sandbox.addConversion({ program }));
		const { items } = await trigger.tick();
		expect(told(items)).toEqual([['created', made?.id]]);
	});
});
