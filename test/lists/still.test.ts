import { describe, expect, it } from '@jest/globals';
import { HONEST, ListServer, readAll, type Habits } from './listServer';

const SIZES = [0, 1, 9, 10, 20, 99, 100, 101, 250, 1000];

/** Reads a server's list whole, and counts the calls. */
async function countCalls(server: ListServer): Promise<number> {
	const before = server.calls.length;
	const { ids, end } = await readAll(server);
	expect(end).toMatchObject({ isWhole: true, seen: server.rows.length });
	expect([...ids].sort()).toEqual(server.rows.map(({ id }) => id).sort());
	return server.calls.length - before;
}

describe('A list that does not change is read whole', () => {
	// Calls for lists of 0, 1, 9, 10, 20, 99, 100, 101, 250 and 1,000 rows; then the same once more.
	it.each<[string, Partial<Habits>, number[], number[]?]>([
		['by offset', {}, [1, 1, 1, 2, 2, 2, 2, 2, 3, 11]],
		['oldest first', { order: 'oldest' }, [1, 1, 1, 2, 2, 2, 2, 2, 3, 11]],
		['with a total that counts the page', { total: 'page' }, [1, 1, 1, 2, 2, 2, 2, 2, 4, 16]],
		['with a total capped at 50', { total: 'capped' }, [1, 1, 1, 2, 2, 2, 2, 2, 4, 16]],
		['with a total that is too low', { total: 'low' }, [1, 2, 2, 2, 2, 2, 2, 2, 3, 11]],
		['with a total that is too high', { total: 'high' }, [2, 4, 4, 4, 4, 4, 4, 10, 10, 28]],
		['without a total', { total: 'none' }, [1, 2, 2, 2, 2, 2, 2, 2, 4, 16]],
		['20 rows at a time', { cap: 20 }, [1, 1, 1, 2, 2, 6, 6, 6, 14, 53]],
		[
			'20 rows at a time, limit rejected',
			{ cap: 20, limit: 'rejected' },
			[1, 1, 1, 2, 2, 6, 6, 6, 14, 53],
		],
		['5 rows at a time', { cap: 5 }, [1, 1, 3, 3, 5, 25, 25, 26, 63, 250]],
		[
			'5 rows at a time without a total',
			{ cap: 5, total: 'none' },
			[1, 2, 4, 4, 7, 37, 37, 38, 82, 269],
		],
		[
			'by an offset in whole pages',
			{ paging: 'floored' },
			[1, 1, 1, 6, 6, 6, 6, 6, 8, 25],
			[1, 1, 1, 4, 4, 4, 4, 4, 6, 23],
		],
		[
			'by an offset that never passes the last full page',
			{ paging: 'clamped' },
			[1, 1, 1, 8, 8, 8, 8, 10, 6, 14],
		],
		[
			'by page',
			{ paging: 'page' },
			[1, 1, 1, 8, 8, 8, 8, 8, 10, 27],
			[1, 1, 1, 4, 4, 4, 4, 4, 6, 23],
		],
		[
			'by page, offset rejected',
			{ paging: 'pageOnly' },
			[1, 1, 1, 6, 6, 6, 6, 6, 8, 25],
			[1, 1, 1, 4, 4, 4, 4, 4, 6, 23],
		],
		[
			'by a page that never passes the last one',
			{ paging: 'pageClamped' },
			[1, 1, 1, 8, 8, 8, 8, 8, 10, 29],
			[1, 1, 1, 8, 8, 8, 8, 4, 6, 25],
		],
		[
			'by periods',
			{ paging: 'ignored' },
			[1, 1, 1, 8, 8, 8, 8, 8, 16, 44],
			[1, 1, 1, 8, 8, 8, 8, 3, 11, 39],
		],
		[
			'by periods without a total',
			{ paging: 'ignored', total: 'none' },
			[1, 4, 6, 8, 8, 8, 8, 8, 16, 44],
			[1, 4, 6, 8, 8, 8, 8, 3, 11, 39],
		],
		[
			'by periods, offset and page rejected',
			{ paging: 'rejected' },
			[1, 1, 1, 6, 6, 6, 6, 6, 14, 42],
			[1, 1, 1, 3, 3, 3, 3, 3, 11, 39],
		],
		[
			'20 rows at a time, limit ignored, pages counted from 0',
			{ paging: 'pageFromZero', cap: 20, limit: 'ignored' },
			[1, 1, 1, 8, 8, 24, 24, 24, 56, 216],
			[1, 1, 1, 8, 8, 19, 19, 19, 51, 211],
		],
		[
			'20 rows at a time, limit ignored, pages counted from 0, without a total',
			{ paging: 'pageFromZero', cap: 20, limit: 'ignored', total: 'none' },
			[1, 4, 6, 8, 8, 24, 24, 24, 56, 216],
			[1, 4, 6, 8, 8, 19, 19, 19, 51, 211],
		],
		[
			'20 rows at a time, limit ignored, offset in pages',
			{ paging: 'offsetInPages', cap: 20, limit: 'ignored' },
			[1, 1, 1, 16, 16, 32, 32, 32, 64, 226],
			[1, 1, 1, 16, 16, 19, 19, 19, 51, 211],
		],
		[
			'20 rows at a time, limit ignored, offset in pages, without a total',
			{ paging: 'offsetInPages', cap: 20, limit: 'ignored', total: 'none' },
			[1, 2, 14, 16, 16, 32, 32, 32, 64, 226],
			[1, 2, 14, 16, 16, 19, 19, 19, 51, 211],
		],
		[
			'20 rows at a time, limit ignored, nothing for an offset or a page',
			{ paging: 'nothing', cap: 20, limit: 'ignored' },
			[1, 1, 1, 16, 16, 32, 32, 32, 64, 224],
			[1, 1, 1, 16, 16, 19, 19, 19, 51, 211],
		],
		[
			'20 rows at a time, limit ignored, nothing for an offset or a page, without a total',
			{ paging: 'nothing', cap: 20, limit: 'ignored', total: 'none' },
			[1, 2, 14, 16, 16, 32, 32, 32, 64, 224],
			[1, 2, 14, 16, 16, 19, 19, 19, 51, 211],
		],
	])('%s', async (_, habits, calls, callsAgain = calls) => {
		const servers = SIZES.map(
			(size) => new ListServer({ ...HONEST, ...habits }, size, { isInOrder: true }),
		);
		const counts = [];
		for (const server of servers) counts.push(await countCalls(server));
		expect(counts).toEqual(calls);
		const countsAgain = [];
		for (const server of servers) countsAgain.push(await countCalls(server));
		expect(countsAgain).toEqual(callsAgain);
	});

	it('20,000 rows in 203 calls, 20 at a time', async () => {
		const server = new ListServer(HONEST, 20_000);
		expect(await countCalls(server)).toBe(203);
		expect(server.mostUnderWay).toBe(20);
	});

	it('one call for an order once larger lists have shown how many rows a page has', async () => {
		const server = new ListServer({ ...HONEST, total: 'none' }, 250);
		await countCalls(server);
		server.rows = server.rows.slice(0, 2);
		expect(await countCalls(server)).toBe(1);
		server.rows = server.rows.slice(0, 1);
		expect(await countCalls(server)).toBe(1);
	});

	it('by page alone, also if it is shorter than a page and periods do not lead further', async () => {
		for (const paging of ['page', 'pageOnly', 'floored'] as const) {
			for (const total of ['true', 'none', 'page'] as const) {
				for (const periods of [true, false]) {
					const habits = { ...HONEST, paging, total, periods };
					const server = new ListServer(habits, 12, { rowsADate: 12 });
					const { ids, end } = await readAll(server);
					expect(end).toMatchObject({ isWhole: true, seen: 12 });
					expect(ids).toHaveLength(12);
				}
			}
		}
	});

	it('or is reported as unreachable if neither pages nor periods lead further', async () => {
		for (const total of ['true', 'none', 'page'] as const) {
			const server = new ListServer({ ...HONEST, paging: 'ignored', total, periods: false }, 250);
			const { ids, end } = await readAll(server);
			expect(ids).toHaveLength(100);
			expect(end).toMatchObject({ isWhole: false, problem: 'unreachable', seen: 100 });
		}
	});

	it('or is reported as unreachable if more rows share an instant than fit on a page', async () => {
		const server = new ListServer({ ...HONEST, paging: 'rejected', cap: 20 }, 250, {
			rowsADate: 30,
		});
		const { end } = await readAll(server);
		expect(end).toMatchObject({ isWhole: false, problem: 'unreachable' });
	});

	it('within its own period, which is divided if pages do not lead further', async () => {
		const server = new ListServer({ ...HONEST, paging: 'rejected', cap: 20 }, 250);
		const dates = server.rows.map(({ atMs }) => new Date(atMs).toISOString());
		const period = { from: String(dates[199]), to: String(dates[50]) };
		const { readPage } = server;
		const { ids, end } = await readAll(server, {
			readPage: async (position) => await readPage({ ...period, ...position }),
			period,
		});
		expect(end).toMatchObject({ isWhole: true, seen: 150 });
		expect(ids).toHaveLength(150);
		for (const { from = period.from, to = period.to } of server.calls) {
			expect(from >= period.from && to <= period.to).toBe(true);
		}
	});
});
