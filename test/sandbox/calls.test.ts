import { describe, expect, it } from '@jest/globals';
import { PROGRAMS } from '../../sandbox/programs';
import { openSandbox, rowsOf, somePending, totalOf } from './opened';

const UNKNOWN_ID = '0123456789abcdef01234567';

describe('the token', () => {
	it('must be present and correct', async () => {
		const { sandbox, client } = await openSandbox();
		const list = (authorization: string | undefined) =>
			client.get('/advertiser/conversions.list', { headers: { authorization } });
		const missing = await list(undefined);
		expect([missing.status, missing.data]).toEqual([
			401,
			{ statusCode: 401, error: 'Unauthorized', message: 'Missing authentication' },
		]);
		expect((await list('Bearer wrong')).data).toMatchObject({ message: 'Invalid token' });
		expect((await list(`Basic ${sandbox.token}`)).status).toBe(401);
		expect((await list(`Bearer ${sandbox.token}`)).status).toBe(200);
	});

	it('can be revoked while the sandbox runs', async () => {
		const { sandbox, client } = await openSandbox();
		sandbox.token = 'another';
		expect((await client.get('/advertiser/conversions.list')).status).toBe(401);
	});

	it('is in no recorded request', async () => {
		const { sandbox, client } = await openSandbox({ token: 'very-secret-word' });
		await client.get('/advertiser/conversions.list');
		expect(sandbox.requests.total).toBe(1);
		expect(JSON.stringify(sandbox.requests.list())).not.toContain('very-secret-word');
	});
});

describe('conversions.list', () => {
	it('returns the newest conversions, 20 by default', async () => {
		const { sandbox, client } = await openSandbox();
		const { data } = await client.get<unknown>('/advertiser/conversions.list');
		const times = rowsOf(data).map(({ createdAt }) => createdAt);
		expect(times).toHaveLength(20);
		expect(times).toEqual([...times].sort().reverse());
		expect(times[0]).toBe(sandbox.store.all().at(-1)?.createdAt);
		expect(totalOf(data)).toBe(400);
		expect(data).toMatchObject({ statusCode: 200 });
	});

	it('has every field of a conversion', async () => {
		const { client } = await openSandbox();
		const { data } = await client.get<unknown>('/advertiser/conversions.list?limit=1');
		expect(data).toMatchObject({
			conversions: {
				data: [
					{
						id: expect.any(String),
						advertiser: expect.any(String),
						program: { id: expect.any(String), name: expect.any(String) },
						rule: { id: expect.any(String), name: expect.any(String) },
						externalId: expect.any(String),
						amount: expect.any(Number),
						payoutKind: expect.any(String),
						commissionsTotal: expect.any(Number),
						commissionsTotalConverted: expect.any(Number),
						exchangeRate: expect.any(Number),
						paymentMethod: expect.any(String),
						ipAddress: expect.any(String),
						ua: expect.any(String),
						attribution: expect.any(String),
						currency: expect.any(String),
						trackingMethod: expect.any(String),
						subId: null,
						status: expect.any(String),
						refuseReason: null,
						lockedAt: null,
						isLocked: false,
						isCapped: false,
						customerId: expect.any(String),
						revenueShare: expect.any(Boolean),
						createdAt: expect.any(String),
						firstEventAt: expect.any(String),
						lastEventAt: expect.any(String),
						isVoucherBlacklisted: false,
						events: [
							{
								id: expect.any(String),
								source: expect.any(String),
								kind: expect.any(String),
								partnership: {
									id: expect.any(String),
									trackingId: expect.any(String),
									weight: expect.any(Number),
								},
								affiliateProfile: { id: expect.any(String), name: expect.any(String) },
								percent: expect.any(Number),
								commission: expect.any(Number),
								commissionConverted: expect.any(Number),
								commissionRate: expect.any(Number),
								percentOfRevenue: expect.any(Number),
								partOfRevenue: expect.any(Number),
								createdAt: expect.any(String),
								click: {
									id: expect.any(String),
									cpc: expect.any(Number),
									currency: expect.any(String),
									referrer: expect.any(String),
									landingPage: expect.any(String),
								},
							},
						],
					},
				],
			},
		});
	});

	it('filters by status, program, order, customer and period, one by one and together', async () => {
		const { sandbox, client } = await openSandbox();
		const all = sandbox.store.all();
		const [europe] = PROGRAMS;
		const from = '2026-10-01T00:00:00.000Z';
		const to = '2026-11-01T00:00:00.000Z';
		const customer = all.find(
			({ customerId }) => sandbox.store.byCustomerId(customerId).length > 1,
		)?.customerId;
		const list = async (params: Record<string, unknown>) => {
			const { data } = await client.get<unknown>('/advertiser/conversions.list', {
				params: { limit: 100, ...params },
			});
			return { total: totalOf(data), ids: rowsOf(data).map(({ id }) => id) };
		};
		const expected = (matches: (conversion: (typeof all)[number]) => boolean) => {
			const ids = all.filter(matches).map(({ id }) => id);
			return { total: ids.length, ids: ids.reverse().slice(0, 100) };
		};
		expect(await list({ status: 'refused' })).toEqual(expected((one) => one.status === 'refused'));
		expect(await list({ program: europe.id })).toEqual(
			expected((one) => one.program.id === europe.id),
		);
		expect(await list({ externalId: '1010' })).toEqual(
			expected((one) => one.externalId === '1010'),
		);
		expect(await list({ customerId: customer })).toEqual(
			expected((one) => one.customerId === customer),
		);
		expect(await list({ from, to })).toEqual(
			expected((one) => one.createdAt >= from && one.createdAt <= to),
		);
		expect(await list({ from, to, status: 'pending', program: europe.id })).toEqual(
			expected(
				(one) =>
					one.createdAt >= from &&
					one.createdAt <= to &&
					one.status === 'pending' &&
					one.program.id === europe.id,
			),
		);
		expect(await list({ customerId: customer, status: 'pending', from })).toEqual(
			expected(
				(one) => one.customerId === customer && one.status === 'pending' && one.createdAt >= from,
			),
		);
		expect(await list({ from: to, to: from })).toEqual({ total: 0, ids: [] });
	});

	it('follows a conversion from one status to the next', async () => {
		const { sandbox, client } = await openSandbox();
		const before = sandbox.store.counts();
		const { id, program } = somePending(sandbox);
		await client.post('/advertiser/conversions.accept', { id, program });
		const read = async (status: string) => {
			const params = { status, limit: 100, program };
			const { data } = await client.get<unknown>('/advertiser/conversions.list', { params });
			return rowsOf(data).map((row) => row.id);
		};
		expect(await read('pending')).not.toContain(id);
		expect(await read('accepted')).toContain(id);
		expect(sandbox.store.counts()).toEqual({
			pending: before.pending - 1,
			accepted: before.accepted + 1,
			refused: before.refused,
		});
	});

	it('sorts by creation or amount, either way', async () => {
		const { client } = await openSandbox();
		const read = async (query: string) =>
			rowsOf((await client.get<unknown>(`/advertiser/conversions.list?limit=100&${query}`)).data);
		const amounts = (await read('orderBy=amount&sort=asc')).map(({ amount }) => amount);
		expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
		const highest = (await read('orderBy=amount')).map(({ amount }) => amount);
		expect(highest).toEqual([...highest].sort((a, b) => b - a));
		const times = (await read('sort=asc')).map(({ createdAt }) => createdAt);
		expect(times).toEqual([...times].sort());
	});

	it.each([
		['status', 'done'],
		['from', 'yesterday'],
		['to', '31/12/2026'],
		['limit', '0'],
		['limit', '101'],
		['offset', '-1'],
		['program', 'mine'],
		['sort', 'up'],
		['something', 'else'],
	])("rejects %s=%s in hapi's format", async (key, value) => {
		const { client } = await openSandbox();
		const { status, data } = await client.get<unknown>('/advertiser/conversions.list', {
			params: { [key]: value },
		});
		expect(status).toBe(400);
		expect(data).toEqual({
			statusCode: 400,
			error: 'Bad Request',
			message: expect.stringContaining(`"${key}"`),
			validation: { source: 'query', keys: [key] },
		});
	});

	it.each([
		['conversions', { conversions: { data: [{}, {}] } }],
		['dataAndCount', { data: [{}, {}], count: 400 }],
		['array', [{}, {}]],
	] as const)('can respond in the shape %s', async (shape, expected) => {
		const { client } = await openSandbox({ settings: { shape } });
		const { data } = await client.get<unknown>('/advertiser/conversions.list?limit=2');
		expect(data).toMatchObject(expected);
		expect(data).not.toHaveProperty('statusCode');
		const info = await client.get<unknown>('/advertiser/conversions.info?externalId=nothing');
		expect(JSON.stringify(info.data)).toBe(
			{
				conversions: '{"conversions":{"data":[]}}',
				dataAndCount: '{"data":[],"count":0}',
				array: '[]',
			}[shape],
		);
	});
});

describe('conversions.info', () => {
	it('returns all conversions of an order, in all programs', async () => {
		const { sandbox, client } = await openSandbox();
		const twice = sandbox.shop.orderCases.find(({ conversions }) => conversions.length === 2);
		const externalId = String(twice?.order.order_number);
		const info = async (params: Record<string, string>) =>
			rowsOf((await client.get<unknown>('/advertiser/conversions.info', { params })).data);
		const found = await info({ externalId });
		expect(found.map((row) => row.externalId)).toEqual([externalId, externalId]);
		const [first, second] = found;
		expect(first?.program.id).not.toBe(second?.program.id);
		expect(await info({ externalId, program: first?.program.id ?? '' })).toEqual([first]);
	});

	it('returns all conversions of a customer', async () => {
		const { sandbox, client } = await openSandbox();
		const [conversion] = sandbox.store.all();
		const customerId = conversion?.customerId ?? '';
		const { data } = await client.get<unknown>(
			`/advertiser/conversions.info?customerId=${customerId}`,
		);
		const expected = sandbox.store.byCustomerId(customerId).map(({ id }) => id);
		expect(rowsOf(data).map(({ id }) => id)).toEqual(expected.reverse());
	});

	it('requires an order or a customer: the internal ID is not accepted', async () => {
		const { client } = await openSandbox();
		expect((await client.get('/advertiser/conversions.info')).status).toBe(400);
		const { status, data } = await client.get<unknown>(
			`/advertiser/conversions.info?id=${UNKNOWN_ID}`,
		);
		expect([status, data]).toEqual([400, expect.objectContaining({ statusCode: 400 })]);
	});

	it('returns an empty list if nothing matches, or 404 if set so', async () => {
		const { sandbox, client } = await openSandbox();
		const ask = () => client.get<unknown>('/advertiser/conversions.info?externalId=none');
		expect((await ask()).data).toEqual({ statusCode: 200, conversions: { total: 0, data: [] } });
		sandbox.settings.infoNotFound = '404';
		expect((await ask()).status).toBe(404);
	});

	it('can ignore a filter, and then returns rows that were not requested', async () => {
		const { client } = await openSandbox({ settings: { ignoredFilters: ['externalId'] } });
		const { data } = await client.get<unknown>('/advertiser/conversions.info?externalId=1010');
		expect(rowsOf(data).some(({ externalId }) => externalId !== '1010')).toBe(true);
	});
});

describe('a route that the sandbox does not have', () => {
	it("gets 404 in hapi's format", async () => {
		const { client } = await openSandbox();
		const { data } = await client.get<unknown>('/advertiser/programs.list');
		expect(data).toEqual({ statusCode: 404, error: 'Not Found', message: 'Not Found' });
	});
});
