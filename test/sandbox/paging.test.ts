import { describe, expect, it } from '@jest/globals';
import type { AxiosInstance } from 'axios';
import { openSandbox, rowsOf, totalOf } from './opened';

const LIST = '/advertiser/conversions.list';

async function ids(client: AxiosInstance, params: Record<string, unknown>): Promise<string[]> {
	const { status, data } = await client.get<unknown>(LIST, { params });
	expect(status).toBe(200);
	return rowsOf(data).map(({ id }) => id);
}

/** The keys that were refused, or the status where none was. */
async function refusedKeys(client: AxiosInstance, params: Record<string, unknown>) {
	const { status, data } = await client.get<unknown>(LIST, { params });
	if (status === 200) return 200;
	expect(data).toMatchObject({ statusCode: 400, validation: { source: 'query' } });
	return data;
}

const refused = (key: string) =>
	expect.objectContaining({ validation: { source: 'query', keys: [key] } });

describe('a list of many pages', () => {
	it('goes on by offset, each conversion once', async () => {
		const { sandbox, client } = await openSandbox();
		const read: string[] = [];
		for (let offset = 0; offset < 400; offset += 70) {
			read.push(...(await ids(client, { limit: 70, offset })));
		}
		const all = sandbox.store.all().map(({ id }) => id);
		expect(read).toEqual(all.reverse());
		expect(await ids(client, { offset: 400 })).toEqual([]);
		expect(await refusedKeys(client, { page: 1 })).toEqual(refused('page'));
	});

	it('can go on by page number, counted from 1, with offset refused', async () => {
		const { sandbox, client } = await openSandbox({ settings: { paging: 'page' } });
		const read: string[] = [];
		for (let page = 1; page <= 6; page += 1) {
			read.push(...(await ids(client, { limit: 70, page })));
		}
		const all = sandbox.store.all().map(({ id }) => id);
		expect(read).toEqual(all.reverse());
		expect(await refusedKeys(client, { offset: 0 })).toEqual(refused('offset'));
	});

	it('repeats its first page where the key is ignored', async () => {
		const { client } = await openSandbox({
			settings: { paging: 'page', unknownKeys: 'ignore' },
		});
		const first = await ids(client, { limit: 10 });
		expect(await ids(client, { limit: 10, offset: 10 })).toEqual(first);
		expect(await ids(client, { limit: 10, page: 2 })).not.toEqual(first);
	});

	it('may not go on at all', async () => {
		const { sandbox, client } = await openSandbox({ settings: { paging: 'none' } });
		expect(await refusedKeys(client, { offset: 10 })).toEqual(refused('offset'));
		expect(await refusedKeys(client, { page: 2 })).toEqual(refused('page'));
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

	it('has pages no larger than the cap, by refusal or in silence', async () => {
		const { sandbox, client } = await openSandbox({
			settings: { pageCap: { max: 30, how: 'silent' } },
		});
		expect(await ids(client, { limit: 100 })).toHaveLength(30);
		expect(await ids(client, { limit: 10 })).toHaveLength(10);
		sandbox.settings.pageCap = { max: 30, how: 'refuse' };
		expect(await refusedKeys(client, { limit: 31 })).toEqual(refused('limit'));
		expect(await ids(client, { limit: 30 })).toHaveLength(30);
	});

	it('can leave out how many there are', async () => {
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

	it('can leave the moment of `to` outside the period', async () => {
		const { sandbox, client } = await openSandbox();
		const to = sandbox.store.all()[10]?.createdAt;
		expect(totalOf((await client.get<unknown>(LIST, { params: { to } })).data)).toBe(11);
		sandbox.settings.toIncluded = false;
		expect(totalOf((await client.get<unknown>(LIST, { params: { to } })).data)).toBe(10);
	});

	it('can have filters without effect', async () => {
		const { client } = await openSandbox({ settings: { ignoredFilters: ['program'] } });
		const params = { program: '0123456789abcdef01234567' };
		expect(totalOf((await client.get<unknown>(LIST, { params })).data)).toBe(400);
	});
});
