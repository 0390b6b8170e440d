import { describe, expect, it } from '@jest/globals';
import { HONEST, ListServer, readAll, seeded, type Habits } from './listServer';

const ORDERS = ['newest', 'oldest'] as const;
const TOTALS = ['true', 'page', 'none', 'late'] as const;
const EVERY = ORDERS.flatMap((order) =>
	TOTALS.flatMap((total) => [true, false].map((isInOrder) => ({ order, total, isInOrder }))),
);

interface Outcome {
	isWhole: boolean;
	problem: string | undefined;
	calls: number;
	/** Rows that were in the list from the first call to the last and were not read. */
	missing: string[];
	/** Rows that were read more than once. */
	repeated: number;
}

/** Reads a list in which rows arrive and leave before each response. */
async function readWhile(
	{ isInOrder = true, ...habits }: Partial<Habits> & { isInOrder?: boolean },
	size: number,
	beforeAnswer: (server: ListServer, call: number) => void,
	options: { rowsADate?: number } = {},
): Promise<Outcome> {
	const server = new ListServer({ ...HONEST, ...habits }, size, { isInOrder, ...options });
	server.beforeAnswer = (call) => beforeAnswer(server, call);
	const { ids, end } = await readAll(server);
	const came = new Set(ids);
	return {
		isWhole: end.isWhole,
		problem: end.problem,
		calls: server.calls.length,
		missing: [...server.lasting].filter((id) => !came.has(id)),
		repeated: ids.length - came.size,
	};
}

function leaveFirst(server: ListServer, count: number): void {
	const isNewestFirst = server.habits.order === 'newest';
	for (let left = 0; left < count; left += 1) {
		server.leave(isNewestFirst ? 0 : server.rows.length - 1);
	}
}

const ALL_OF_THEM = { isWhole: true, missing: [], repeated: 0 };

describe('No row is missed', () => {
	it.each(EVERY)('if 150 of 1,000 leave between two pages: %j', async (habits) => {
		const outcome = await readWhile(habits, 1000, (server, call) => {
			if (call === 2) leaveFirst(server, 150);
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(18);
	});

	it.each(EVERY)('if the oldest leaves and a new one arrives at each call: %j', async (habits) => {
		const outcome = await readWhile(habits, 1000, (server) => {
			server.leave(server.rows.length - 1);
			server.arrive();
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(30);
	});

	it.each(EVERY)('if a new one arrives at each call: %j', async (habits) => {
		const outcome = await readWhile(habits, 1000, (server) => server.arrive());
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(17);
	});

	it.each(EVERY)('if one arrives every 20 calls over 200 pages: %j', async (habits) => {
		const outcome = await readWhile(habits, 20_000, (server, call) => {
			if (call % 20 === 0) server.arrive();
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(240);
	});

	it.each(EVERY)('if one leaves every 20 calls over 200 pages: %j', async (habits) => {
		const random = seeded(7);
		const outcome = await readWhile(habits, 20_000, (server, call) => {
			if (call % 20 === 0) server.leave(Math.floor(random() * server.rows.length));
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(240);
	});

	it.each(EVERY)('if another run removes ten at each call: %j', async (habits) => {
		const random = seeded(8);
		const outcome = await readWhile(habits, 895, (server) => {
			for (let count = 0; count < 10; count += 1) {
				server.leave(Math.floor(random() * server.rows.length));
			}
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
		expect(outcome.calls).toBeLessThanOrEqual(40);
	});

	it.each(['true', 'page', 'none', 'capped'] as const)(
		'if rows of one date have another order at each call, total: %s',
		async (total) => {
			const outcome = await readWhile({ order: 'shuffled', total }, 1000, () => undefined, {
				rowsADate: 4,
			});
			expect(outcome).toMatchObject(ALL_OF_THEM);
			expect(outcome.calls).toBeLessThanOrEqual(45);
		},
	);

	it('if periods are read and rows arrive and leave', async () => {
		const random = seeded(9);
		const outcome = await readWhile({ paging: 'rejected' }, 1000, (server) => {
			server.leave(Math.floor(random() * server.rows.length));
			server.arrive();
		});
		expect(outcome).toMatchObject(ALL_OF_THEM);
	});
});

describe('A list that changes too fast is reported as moved, or is whole', () => {
	it.each(ORDERS)('if a hundred leave and arrive at each call, %s first', async (order) => {
		const outcome = await readWhile({ order }, 1000, (server) => {
			for (let count = 0; count < 100; count += 1) {
				server.leave(server.rows.length - 1);
				server.arrive();
			}
		});
		if (!outcome.isWhole) expect(outcome.problem).toBe('moved');
		else expect(outcome.missing).toEqual([]);
		expect(outcome.calls).toBeLessThanOrEqual(150);
	});

	it('if pages cannot overlap and one leaves and one arrives at each call', async () => {
		const random = seeded(10);
		const outcome = await readWhile({ paging: 'pageOnly' }, 1000, (server) => {
			server.leave(Math.floor(random() * server.rows.length));
			server.arrive();
		});
		expect(outcome).toMatchObject({ isWhole: false, problem: 'moved', repeated: 0 });
		expect(outcome.calls).toBeLessThanOrEqual(45);
	});

	it('if all rows leave one after another, oldest first', async () => {
		const outcome = await readWhile({ order: 'oldest' }, 895, (server) => leaveFirst(server, 90));
		expect(outcome.repeated).toBe(0);
		if (outcome.isWhole) expect(outcome.missing).toEqual([]);
	});
});
