/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { describe, expect, it } from '@jest/globals';
import { Script } from 'node:vm';
import { z } from 'zod';
import { NOW, openSandbox, somePending } from './opened';

const DAY_MS = 86_400_000;

const state = z.object({
	revision: z.number(),
	now: z.string(),
	total: z.number(),
	counts: z.object({ pending: z.number(), accepted: z.number(), refused: z.number() }),
	writes: z.number(),
	rows: z.array(
		z.object({
			id: z.string(),
			externalId: z.string(),
			program: z.string(),
			rule: z.string(),
			lockedAt: z.string().nullable(),
			isLocked: z.boolean(),
			amountCents: z.number(),
			initialAmountCents: z.number(),
			status: z.string(),
			reason: z.string().nullable(),
			changedAt: z.string().nullable(),
		}),
	),
});

describe('the page of the sandbox', () => {
	it('is one file that loads nothing from other hosts, and needs no token', async () => {
		const { client } = await openSandbox();
		const { status, headers, data } = await client.get<unknown>('/', {
			headers: { authorization: undefined },
		});
		expect(status).toBe(200);
		expect(headers['content-type']).toContain('text/html');
		expect(headers['content-security-policy']).toContain("default-src 'none'");
		expect(String(data)).not.toMatch(/(src|href)="(https?:)?\/\//);
	});

	it('says what it is and what it is not', async () => {
		const { client } = await openSandbox();
		const text = String((await client.get<unknown>('/')).data).replace(/\s+/g, ' ');
		expect(text).toContain('This is not Affilae.');
		expect(text).toContain('are invented');
		expect(text).toContain('All changes are lost when the sandbox stops');
		expect(text).toContain('Guesses:');
		expect(text).toContain('need no token');
	});

	it('has a column for the commission rule and one for the lock', async () => {
		const { client } = await openSandbox();
		const text = String((await client.get<unknown>('/')).data);
		const columns = [...text.matchAll(/<th[^>]*>([^<]*)<\/th>/g)].map(([, name]) => name);
		expect(columns).toEqual([
			...['Order', 'Customer', 'Program', 'Rule', 'Amount', 'Currency'],
			...['Status', 'Lock', 'Reason', 'Changed'],
		]);
	});

	it('has a script that a browser can read', async () => {
		const { client } = await openSandbox();
		const text = String((await client.get<unknown>('/')).data);
		const script = /<script>([\s\S]*)<\/script>/.exec(text)?.[1] ?? '';
		expect(script).not.toBe('');
		expect(() => new Script(script)).not.toThrow();
	});

	it('shows what changed, latest first', async () => {
		const { sandbox, client } = await openSandbox({ clock: () => NOW });
		const read = async (query = '') =>
			state.parse((await client.get<unknown>(`/sandbox/state${query}`)).data);
		const before = await read();
		expect(before.rows).toHaveLength(200);
		expect(before.rows.every(({ changedAt }) => changedAt === null)).toBe(true);
		const first = somePending(sandbox);
		await client.post('/advertiser/conversions.update', {
			id: first.id,
			amount: 100,
			reason: 'Partly returned',
		});
		const second = somePending(sandbox);
		await client.post('/advertiser/conversions.accept', first);
		await client.post('/advertiser/conversions.accept', {
			id: first.id,
			program: first.program,
		});
		const other = somePending(sandbox);
		await client.post('/advertiser/conversions.refuse', {
			id: other.id,
			program: other.program,
			reason: 'Returned',
		});
		expect(second.id).toBe(first.id);
		const after = await read();
		expect(after.revision).toBeGreaterThan(before.revision);
		expect(after.writes).toBe(3);
		expect(after.counts).toEqual(sandbox.store.counts());
		expect(after.rows[0]).toMatchObject({ id: other.id, status: 'refused', reason: 'Returned' });
		expect(after.rows[1]).toMatchObject({
			id: first.id,
			status: 'accepted',
			rule: 'Sale, percentage by affiliate',
			lockedAt: new Date(NOW + 30 * DAY_MS).toISOString(),
			isLocked: false,
			reason: 'Partly returned',
			amountCents: 100,
			initialAmountCents: first.amount,
		});
		expect(new Set(after.rows.map(({ id }) => id)).size).toBe(200);
		expect(await read()).toEqual(after);
	});

	it('shows what is locked as the sandbox clock advances', async () => {
		const { client } = await openSandbox({
			clock: () => NOW,
			conversions: [{ externalId: '1042', status: 'accepted' }],
		});
		const read = async () => state.parse((await client.get<unknown>('/sandbox/state')).data);
		expect(await read()).toMatchObject({
			now: '2026-12-01T00:00:00.000Z',
			rows: [{ lockedAt: '2026-12-31T00:00:00.000Z', isLocked: false }],
		});
		await client.post('/sandbox/clock', { days: 30 });
		expect(await read()).toMatchObject({
			now: '2026-12-31T00:00:00.000Z',
			rows: [{ lockedAt: '2026-12-31T00:00:00.000Z', isLocked: true }],
		});
	});

	it('can be searched', async () => {
		const { client } = await openSandbox();
		const read = async (query: string) =>
			state.parse((await client.get<unknown>(`/sandbox/state?${query}`)).data).rows;
		const found = await read('search=1010');
		expect(found.length).toBeGreaterThan(0);
		expect(found.every(({ id, externalId }) => `${id} ${externalId}`.includes('1010'))).toBe(true);
		const refused = await read('search=united%20KINGDOM&status=refused&limit=5');
		for (const { program, status } of refused) {
			expect([program, status]).toEqual(['Halden & Fig United Kingdom', 'refused']);
		}
		expect(await read('search=nothing-like-it')).toEqual([]);
	});

	it('responds to this machine only, whatever host name a website uses', async () => {
		const { client } = await openSandbox();
		const host = await client.get('/sandbox/state', { headers: { host: 'evil.example' } });
		expect(host.status).toBe(403);
		const origin = await client.post('/sandbox/reset', undefined, {
			headers: { origin: 'https://evil.example' },
		});
		expect(origin.status).toBe(403);
	});
});

describe('the routes of the sandbox itself', () => {
	it('change settings, or change none and say why', async () => {
		const { sandbox, client } = await openSandbox();
		const changed = await client.put<unknown>('/sandbox/settings', {
			paging: 'page',
			rateLimit: { perSecond: 1000 },
		});
		expect(changed.data).toMatchObject({
			paging: 'page',
			rateLimit: { perSecond: 1000, burst: 'second', retryAfter: 'seconds' },
		});
		const refused = await client.put<unknown>('/sandbox/settings', { paging: 'offset', speed: 9 });
		expect(refused.data).toEqual({
			statusCode: 400,
			error: 'Bad Request',
			message: '"speed" is not allowed',
		});
		expect(sandbox.settings.paging).toBe('page');
		expect((await client.get<unknown>('/sandbox/settings')).data).toEqual(sandbox.settings);
	});

	it('set faults and count how often they occurred', async () => {
		const { client } = await openSandbox();
		await client.put('/sandbox/faults', [{ kind: '503', next: 2 }]);
		await client.get('/advertiser/conversions.list');
		expect((await client.get<unknown>('/sandbox/faults')).data).toEqual({
			faults: [{ kind: '503', next: 1 }],
			played: { 503: 1 },
		});
		expect((await client.put('/sandbox/faults', [{ kind: 'fire' }])).status).toBe(400);
	});

	it('add a conversion with the given values and random ones', async () => {
		const { sandbox, client } = await openSandbox();
		const { status, data } = await client.post<unknown>('/sandbox/conversions', {
			externalId: '5555',
			amount: 1234,
		});
		expect(status).toBe(201);
		expect(data).toMatchObject({
			conversion: { externalId: '5555', amount: 1234, status: 'pending' },
		});
		expect(sandbox.store.byExternalId('5555')).toHaveLength(1);
		expect((await client.post('/sandbox/conversions')).status).toBe(201);
		for (const wrong of [{ program: 'mine' }, { program: 'f'.repeat(24) }, { rule: 'none' }]) {
			expect((await client.post('/sandbox/conversions', wrong)).status).toBe(400);
		}
		expect(sandbox.store.size).toBe(402);
	});

	it('reset everything to the start', async () => {
		const { sandbox, client } = await openSandbox();
		const before = JSON.stringify(sandbox.store.all());
		await client.post('/advertiser/conversions.accept', somePending(sandbox));
		await client.post('/sandbox/conversions');
		await client.post('/sandbox/reset');
		expect(JSON.stringify(sandbox.store.all())).toBe(before);
		expect([sandbox.requests.total, sandbox.store.writes, sandbox.limiter.granted]).toEqual([
			0,
			[],
			0,
		]);
	});

	it('show the clock and move it forward, never back', async () => {
		const { client } = await openSandbox({ clock: () => NOW });
		const move = async (payload: object) =>
			(await client.post<unknown>('/sandbox/clock', payload)).data;
		expect((await client.get<unknown>('/sandbox/clock')).data).toEqual({
			now: '2026-12-01T00:00:00.000Z',
		});
		expect(await move({ days: 20 })).toEqual({ now: '2026-12-21T00:00:00.000Z' });
		expect(await move({ ms: 1500 })).toEqual({ now: '2026-12-21T00:00:01.500Z' });
		for (const payload of [{ days: -1 }, { ms: -1 }, {}, { days: 1, ms: 1 }]) {
			expect(await move(payload)).toMatchObject({ statusCode: 400 });
		}
		await client.post('/sandbox/reset');
		expect((await client.get<unknown>('/sandbox/clock')).data).toEqual({
			now: '2026-12-01T00:00:00.000Z',
		});
	});

	it('return the orders', async () => {
		const { sandbox, client } = await openSandbox();
		const { data } = await client.get<unknown>('/sandbox/orders');
		expect(data).toEqual({ orders: sandbox.shop.orders });
	});
});

describe('the recorded requests', () => {
	it('show what was requested, how often, when, and the response', async () => {
		const { sandbox, client } = await openSandbox();
		const { id, program } = somePending(sandbox);
		await client.get('/advertiser/conversions.list?limit=3');
		await client.post('/advertiser/conversions.accept', { id, program });
		await client.post('/advertiser/conversions.accept', { id, program });
		expect(sandbox.requests.list()).toMatchObject([
			{ order: 1, method: 'GET', query: { limit: '3' }, payload: null, attempt: 1, status: 200 },
			{ order: 2, method: 'POST', payload: { id, program }, attempt: 1, status: 200 },
			{ order: 3, path: '/advertiser/conversions.accept', attempt: 2, status: 400, fault: null },
		]);
		const times = sandbox.requests.list().map(({ atMs }) => atMs);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect((await client.get<unknown>('/sandbox/requests')).data).toMatchObject({
			total: 3,
			granted: 3,
			limited: 0,
		});
	});

	it('are a number of the latest, or none', async () => {
		const { sandbox, client } = await openSandbox({ log: 3 });
		for (let count = 0; count < 8; count += 1) await client.get('/advertiser/conversions.list');
		expect(sandbox.requests.list().map(({ order }) => order)).toEqual([6, 7, 8]);
		expect(sandbox.requests.total).toBe(8);
		sandbox.requests.enabled = false;
		await client.get('/advertiser/conversions.list');
		expect(sandbox.requests.total).toBe(8);
	});
});
