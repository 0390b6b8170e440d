/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { describe, expect, it } from '@jest/globals';
import type {
	ListDialect,
	Page,
	Position,
	Rows,
} from '../../nodes/AffilaeConversions/api/lists/page';
import { readList } from '../../nodes/AffilaeConversions/api/lists/pages';
import { HONEST, ListServer, idsOf, readAll } from './listServer';

function newDialect(): ListDialect {
	return { paging: 'offset', isPagingProven: false, fullPage: undefined, listAllows: () => true };
}

describe('Reading a list', () => {
	it('returns rows in the order of the list, in whatever order responses arrive', async () => {
		const server = new ListServer(HONEST, 3000, { seed: 5 });
		const { ids } = await readAll(server);
		expect(ids).toEqual(server.rows.map(({ id }) => id));
	});

	it('requests no more than 20 pages at a time, or the number that is set', async () => {
		for (const atOnce of [undefined, 1, 5]) {
			const server = new ListServer(HONEST, 5000);
			await readAll(server, atOnce === undefined ? {} : { atOnce });
			expect(server.mostUnderWay).toBe(atOnce ?? 20);
		}
	});

	it('tries a second page alone before it requests many at a time', async () => {
		const server = new ListServer({ ...HONEST, paging: 'ignored' }, 5000);
		const underWay: number[] = [];
		server.beforeAnswer = () => void underWay.push(server.underWay);
		await readAll(server);
		expect(Math.max(...underWay)).toBe(0);
	});

	it('starts the next list with the paging that worked in the last one', async () => {
		const server = new ListServer({ ...HONEST, paging: 'page' }, 250);
		await readAll(server);
		server.calls.length = 0;
		await readAll(server);
		expect(server.calls[0]).toEqual({ limit: 100 });
		expect(server.calls.slice(1).every(({ offset }) => offset === undefined)).toBe(true);
	});

	it('requests no page beyond the rows that are wanted', async () => {
		for (const total of ['true', 'none'] as const) {
			const server = new ListServer({ ...HONEST, total }, 5000);
			await readAll(server);
			server.calls.length = 0;
			const { readPage, dialect } = server;
			const ids: string[] = [];
			for await (const rows of readList({ readPage, dialect, wanted: 250 })) {
				ids.push(...idsOf(rows));
				if (ids.length >= 250) break;
			}
			expect(server.calls).toEqual([
				{ limit: 100 },
				{ limit: 100, offset: 99 },
				{ limit: 100, offset: 198 },
			]);
		}
	});

	it('continues beyond the rows that were wanted if the caller reads on', async () => {
		const server = new ListServer(HONEST, 1000);
		const { ids, end } = await readAll(server, { wanted: 250 });
		expect(ids).toHaveLength(1000);
		expect(end.isWhole).toBe(true);
	});

	it('requests nothing more once the caller stops', async () => {
		const server = new ListServer(HONEST, 5000);
		const { readPage, dialect } = server;
		let calls = 0;
		for await (const rows of readList({ readPage, dialect })) {
			calls = server.calls.length;
			if (rows.some(({ id }) => id === 'r4500')) break;
		}
		await drained();
		expect(server.calls.length).toBe(calls);
	});

	it('ignores failures of calls in flight once the caller stops', async () => {
		const unhandled: unknown[] = [];
		const note = (reason: unknown) => void unhandled.push(reason);
		process.on('unhandledRejection', note);
		const server = new ListServer(HONEST, 5000);
		const readPage = async (position: Position): Promise<Page> => {
			const page = await server.readPage(position);
			if ((position.offset ?? 0) > 300) throw new Error('Down');
			return page;
		};
		for await (const rows of readList({ readPage, dialect: server.dialect })) {
			if (rows.some(({ id }) => id === 'r4800')) break;
		}
		await drained();
		process.off('unhandledRejection', note);
		expect(unhandled).toEqual([]);
	});

	it('fails with the error of a page, once no other page is in flight', async () => {
		const server = new ListServer(HONEST, 5000, { seed: 3 });
		const readPage = async (position: Position): Promise<Page> => {
			const page = await server.readPage(position);
			if (position.offset === 495) throw new Error('Down');
			return page;
		};
		const ids: string[] = [];
		const reading = async () => {
			for await (const rows of readList({ readPage, dialect: server.dialect })) {
				ids.push(...idsOf(rows));
			}
		};
		await expect(reading()).rejects.toThrow('Down');
		expect(server.underWay).toBe(0);
		expect(ids).toHaveLength(496);
	});

	it('ignores the failure of a page beyond the end', async () => {
		const server = new ListServer({ ...HONEST, total: 'none' }, 1000);
		await readAll(server);
		const readPage = async (position: Position): Promise<Page> => {
			const page = await server.readPage(position);
			if ((position.offset ?? 0) >= 1000) throw new Error('No such page');
			return page;
		};
		const { ids, end } = await readAll(server, { readPage });
		expect(ids).toHaveLength(1000);
		expect(end.isWhole).toBe(true);
	});

	it('fails with a message if the list never ends', async () => {
		let made = 0;
		const readPage = async ({ limit }: Position): Promise<Page> => {
			const rows: Rows = Array.from({ length: limit }, () => {
				made += 1;
				return { id: `r${made}`, row: {} };
			});
			return { rows, total: 250 };
		};
		const reading = async () => {
			for await (const rows of readList({ readPage, dialect: newDialect() })) void rows;
		};
		await expect(reading()).rejects.toThrow(/does not end/);
		expect(made).toBeLessThan(30_000);
	});

	it('returns each row without an ID once, and all other rows', async () => {
		const all: Rows = Array.from({ length: 250 }, (_, index) =>
			index % 9 === 0
				? { unreadable: 'a row has no ID', externalId: `order ${index}` }
				: { id: `r${index}`, row: {} },
		);
		const readPage = async ({ limit, offset = 0 }: Position): Promise<Page> => ({
			rows: all.slice(offset, offset + limit),
			total: all.length,
		});
		const came: Array<Rows[number]> = [];
		for await (const rows of readList({ readPage, dialect: newDialect() })) came.push(...rows);
		expect(came).toEqual(all);
	});

	it('learns the paging from several lists that are read at the same time', async () => {
		const server = new ListServer(HONEST, 1000);
		const outcomes = await Promise.all(
			Array.from({ length: 10 }, async () => await readAll(server)),
		);
		for (const { ids, end } of outcomes) {
			expect(new Set(ids).size).toBe(1000);
			expect(end.isWhole).toBe(true);
		}
		expect(server.dialect).toMatchObject({ paging: 'offset', isPagingProven: true, fullPage: 100 });
	});

	it('requests a list once more if it is empty but has a total above 0', async () => {
		const server = new ListServer({ ...HONEST, total: 'high' }, 0);
		const { end } = await readAll(server);
		expect(end).toEqual({ isWhole: true, seen: 0 });
		expect(server.calls).toHaveLength(2);
	});
});

/** Waits until everything that was started has ended. */
async function drained(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
