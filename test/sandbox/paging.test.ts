import { describe, expect, it } from '@jest/globals';
import type { AxiosInstance } from 'axios';
import { NOW, openSandbox, rowsOf, totalOf } from './opened';

const LIST = '/advertiser/conversions.list';

async function ids(client: AxiosInstance, params: Record<string, unknown>): Promise<string[]> {
	const { status, data } = await client.get<unknown>(LIST, { params });
	expect(status).toBe(200);
	return rowsOf(data).map(({ id }) => id);
}

/** The rejected keys, or the status if there are none. */
async function rejectedKeys(client: AxiosInstance, params: Record<string, unknown>) {
	const { status, data } = await client.get<unknown>(LIST, { params });
	if (status === 200) return 200;
	expect(data).toMatchObject({ statusCode: 400, validation: { source: 'query' } });
	return data;
}

const rejected = (key: string) =>
	expect.objectContaining({ validation: { source: 'query', keys: [key] } });

describe('a list of many pages', () => {
	it('is paged by offset, each conversion once', async () => {
		const { sandbox, client } = await openSandbox();
		const read: string[] = [];
		for (let offset = 0; offset < 400; offset += 70) {
			read.push(...(await ids(client, { limit: 70, offset })));
		}
		const all = sandbox.store.all().map(({ id }) => id);
		expect(read).toEqual(all.reverse());
		expect(await ids(client, { offset: 400 })).toEqual([]);
		expect(await rejectedKeys(client, { page: 1 })).toEqual(rejected('page'));
	});

	it('can be paged by page number, counted from 1, and then rejects offset', async () => {
		const { sandbox, client } = await openSandbox({ settings: { paging: 'page' } });
		const read: string[] = [];
		for (let page = 1; page <= 6; page += 1) {
			read.push(...(await ids(client, { limit: 70, page })));
		}
		const all = sandbox.store.all().map(({ id }) => id);
		expect(read).toEqual(all.reverse());
		expect(await rejectedKeys(client, { offset: 0 })).toEqual(rejected('offset'));
	});

	it('repeats its first page if the key is ignored', async () => {
		const { client } = await openSandbox({
			settings: { paging: 'page', unknownKeys: 'ignore' },
		});
		const first = await ids(client, { limit: 10 });
		expect(await ids(client, { limit: 10, offset: 10 })).toEqual(first);
		expect(await ids(client, { limit: 10, page: 2 })).not.toEqual(first);
	});

	it('can have no paging', async () => {
		const { sandbox, client } = await openSandbox({ settings: { paging: 'none' } });
		expect(await rejectedKeys(client, { offset: 10 })).toEqual(rejected('offset'));
		expect(await rejectedKeys(client, { page: 2 })).toEqual(rejected('page'));
		sandbox.settings.unknownKeys = 'ignore';
		const first = await ids(client, { limit: 10 });
		expect(await ids(client, { limit: 10, offset: 10, page: 2 })).toEqual(first);
	});

	it('can still be read by halving the period, whatever the paging', async () => {
		const { sandbox, client } = await openSandbox({
			settings: { paging: 'none', pageCap: { max: 50, how: 'silent' } },
		});
		const read = new Set<string>();
		const readPeriod = async (fromMs: number, toMs: number): Promise<void> => {
			const from = new Date(fromMs).toISOString();
			const to = new Date(toMs).toISOString();
			const { data } = await client.get<unknown>(LIST, { params: { from, to, limit: 100 } });
			const rows = rowsOf(data);
			if ((totalOf(data) ?? 0) > rows.length) {
				const middle = Math.floor((fromMs + toMs) / 2);
				await readPeriod(fromMs, middle);
				await readPeriod(middle + 1, toMs);
				return;
			}
			for (const { id } of rows) read.add(id);
		};
		await readPeriod(Date.UTC(2026, 7, 1), Date.UTC(2026, 11, 31));
		expect(read.size).toBe(sandbox.store.size);
	});

	it('has pages no larger than the cap, with an error or silently', async () => {
		const { sandbox, client } = await openSandbox({
			settings: { pageCap: { max: 30, how: 'silent' } },
		});
		expect(await ids(client, { limit: 100 })).toHaveLength(30);
		expect(await ids(client, { limit: 10 })).toHaveLength(10);
		sandbox.settings.pageCap = { max: 30, how: 'reject' };
		expect(await rejectedKeys(client, { limit: 31 })).toEqual(rejected('limit'));
		expect(await ids(client, { limit: 30 })).toHaveLength(30);
	});

	it('can have no total', async () => {
		const { sandbox, client } = await openSandbox({ settings: { total: false } });
		const list = async () => (await client.get<unknown>(`${LIST}?limit=1`)).data;
		expect(totalOf(await list())).toBeUndefined();
		sandbox.settings.shape = 'dataAndCount';
		expect(await list()).toEqual({ data: [expect.anything()] });
	});

	it('can grow while it is read, so that rows move from page to page', async () => {
		const { sandbox, client } = await openSandbox({ settings: { growWhileRead: true } });
		const first = await ids(client, { limit: 10 });
		const second = await ids(client, { limit: 10, offset: 10 });
		expect(second[0]).toBe(first[9]);
		expect(sandbox.store.size).toBe(402);
	});

	it('can exclude the times `from` and `to` from the period', async () => {
		const { sandbox, client } = await openSandbox();
		const [from, to] = [4, 10].map((index) => sandbox.store.all()[index]?.createdAt);
		const params = { from, to };
		expect(totalOf((await client.get<unknown>(LIST, { params })).data)).toBe(7);
		sandbox.settings.endsIncluded = false;
		expect(totalOf((await client.get<unknown>(LIST, { params })).data)).toBe(5);
	});

	it('can ignore filters', async () => {
		const { client } = await openSandbox({ settings: { ignoredFilters: ['program'] } });
		const params = { program: '0123456789abcdef01234567' };
		expect(totalOf((await client.get<unknown>(LIST, { params })).data)).toBe(400);
	});

	it('returns its last page for an offset behind it, if offsets are clamped', async () => {
		const { sandbox, client } = await openSandbox({ settings: { paging: 'offsetClamped' } });
		const oldest = sandbox.store.all().map(({ id }) => id);
		const last = oldest.slice(0, 70).reverse();
		expect(await ids(client, { limit: 70, offset: 330 })).toEqual(last);
		expect(await ids(client, { limit: 70, offset: 350 })).toEqual(last);
		expect(await ids(client, { limit: 70, offset: 9000 })).toEqual(last);
		expect(await rejectedKeys(client, { page: 1 })).toEqual(rejected('page'));
	});

	it('returns its first page again if offsets are ignored', async () => {
		const { client } = await openSandbox({ settings: { paging: 'offsetIgnored' } });
		const first = await ids(client, { limit: 10 });
		expect(await ids(client, { limit: 10, offset: 10 })).toEqual(first);
	});

	it('can start with the oldest, unless the request says otherwise', async () => {
		const { sandbox, client } = await openSandbox({ settings: { order: 'oldestFirst' } });
		const oldest = sandbox.store.all().map(({ id }) => id);
		expect(await ids(client, { limit: 10, offset: 5 })).toEqual(oldest.slice(5, 15));
		expect(await ids(client, { limit: 1, sort: 'desc' })).toEqual(oldest.slice(-1));
	});

	it('can change the order of rows with equal timestamps with each call', async () => {
		const { sandbox, client } = await openSandbox({
			clock: () => NOW,
			conversions: Array.from({ length: 40 }, (_, index) => ({
				createdAtMs: NOW - (index < 20 ? 0 : 60_000),
			})),
			settings: { order: 'unstable' },
		});
		const newest = sandbox.store.select({ fromMs: NOW }).map(({ conversion }) => conversion.id);
		const read = async () => await ids(client, { limit: 20 });
		const [first, second] = [await read(), await read()];
		expect(first).not.toEqual(second);
		expect(new Set(first)).toEqual(new Set(newest));
		expect(new Set(second)).toEqual(new Set(newest));
	});
});

describe('the total of a list', () => {
	const said = async (client: AxiosInstance, params: object = {}) =>
		totalOf((await client.get<unknown>(LIST, { params: { limit: 100, ...params } })).data);

	it('can be the number of rows on the page', async () => {
		const { client } = await openSandbox({ settings: { total: 'ofPage' } });
		expect(await said(client)).toBe(100);
		expect(await said(client, { offset: 350 })).toBe(50);
		expect(await said(client, { offset: 400 })).toBe(0);
	});

	it('can be capped, at 10,000 by default', async () => {
		const { sandbox, client } = await openSandbox({
			conversions: 10_050,
			settings: { total: 'capped' },
		});
		expect(await said(client)).toBe(10_000);
		sandbox.change({ totalCap: 300 });
		expect(await said(client)).toBe(300);
		expect(await said(client, { externalId: '1010' })).toBe(1);
	});

	it('can be up to a minute old, separately for each query', async () => {
		const { sandbox, client } = await openSandbox({
			clock: () => NOW,
			settings: { total: 'lagging' },
		});
		expect(await said(client)).toBe(400);
		sandbox.addConversion({ status: 'pending' });
		expect(await said(client)).toBe(400);
		expect(await said(client, { status: 'pending' })).toBe(sandbox.store.counts().pending);
		sandbox.advance(59_999);
		expect(await said(client)).toBe(400);
		sandbox.advance(1);
		expect(await said(client)).toBe(401);
		sandbox.reset();
		expect(await said(client)).toBe(400);
	});
});

describe('a list that loses and gains a row before each read', () => {
	const CONVERSIONS = Array.from({ length: 10 }, (_, index) => ({
		externalId: String(index),
		createdAtMs: NOW - (index + 1) * 60_000,
	}));

	it.each([
		{ order: 'newestFirst', params: { status: 'pending' }, first: ['1', '2'], next: ['4', '5'] },
		{ order: 'newestFirst', params: {}, first: ['1', '2'], next: ['4', '5'] },
		{ order: 'oldestFirst', params: { status: 'pending' }, first: ['8', '7'], next: ['5', '4'] },
		{ order: 'oldestFirst', params: {}, first: ['8', '7'], next: ['5', '4'] },
	] as const)(
		'moves up by one, $order, requested with $params, so that a row is missed',
		async ({ order, params, first, next }) => {
			const { client } = await openSandbox({
				clock: () => NOW,
				conversions: CONVERSIONS,
				settings: { swapWhileRead: true, order },
			});
			const read = async (offset: number) => {
				const query = { limit: 2, offset, ...params };
				const { data } = await client.get<unknown>(LIST, { params: query });
				return [totalOf(data), ...rowsOf(data).map(({ externalId }) => externalId)];
			};
			expect(await read(0)).toEqual([10, ...first]);
			expect(await read(2)).toEqual([10, ...next]);
		},
	);

	it('counts the removed row as decided by somebody else, not as a write', async () => {
		const { sandbox, client } = await openSandbox({
			clock: () => NOW,
			conversions: CONVERSIONS,
			settings: { swapWhileRead: true },
		});
		await client.get(`${LIST}?status=pending`);
		expect(sandbox.store.counts()).toEqual({ pending: 10, accepted: 1, refused: 0 });
		expect(sandbox.store.writes).toEqual([]);
		await client.get(`${LIST}?status=accepted`);
		expect(sandbox.store.counts()).toEqual({ pending: 10, accepted: 1, refused: 1 });
		await client.get(LIST);
		expect(sandbox.store.size).toBe(12);
	});
});
