import { describe, expect, test } from '@jest/globals';
import type { ListEnd } from '../../nodes/AffilaeConversions/api/lists/page';
import type { Conversion, UnreadableRow } from '../../nodes/AffilaeConversions/domain/conversion';
import type { Cursor, Part } from '../../nodes/AffilaeConversions/trigger/cursor';
import { EVENTS, type EventName } from '../../nodes/AffilaeConversions/trigger/conversionEvent';
import type { Lists } from '../../nodes/AffilaeConversions/trigger/lists';
import { readRound } from '../../nodes/AffilaeConversions/trigger/readRound';
import { Round } from '../../nodes/AffilaeConversions/trigger/round';

const ALL: EventName[] = [...EVENTS];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 9, 1);

/** A row as Affilae has it: with the time of its creation, even if the row does not show it. */
type Row = (Conversion | UnreadableRow) & { madeAtMs: number };

interface Given {
	status?: string;
	/** Hours before {@link NOW}. */
	hoursAgo?: number;
	isDated?: boolean;
	amountCents?: number;
	unreadable?: string;
}

let made = 0;

function row({ hoursAgo = 0, isDated = true, ...given }: Given = {}): Row {
	made += 1;
	const madeAtMs = NOW - hoursAgo * HOUR_MS;
	return {
		id: `64${made.toString(16).padStart(22, '0')}`,
		status: 'pending',
		amountCents: 1000,
		...(isDated ? { createdAt: new Date(madeAtMs).toISOString() } : {}),
		row: {},
		madeAtMs,
		...given,
	};
}

/** The list of a shop, and the polls of it. */
class Shop {
	rows: Row[] = [];
	cursor: Cursor | undefined;
	/** The parts that were read by the last poll. */
	asked: Part[] = [];
	/** How the reads end. */
	end: Omit<ListEnd, 'seen'> = { isWhole: true };
	/** Whether the list around one moment may be incomplete. */
	isMovingAround = false;
	nowMs = NOW;

	constructor(private readonly events: EventName[] = ALL) {}

	add(given: Given = {}): Row {
		const added = row({ hoursAgo: (NOW - this.nowMs) / HOUR_MS, ...given });
		this.rows.push(added);
		return added;
	}

	/** @returns what a poll emits: event, ID, status and the previous status */
	async poll(afterMs = 60_000): Promise<unknown[]> {
		this.nowMs += afterMs;
		this.asked = [];
		const round = new Round(
			this.cursor,
			{ events: this.events, includeExisting: false, isStatusFiltered: false },
			this.nowMs,
		);
		const happened = await readRound(round, this.lists(), () => true);
		this.cursor = round.close();
		return happened.map(({ event, conversion, previousStatus }) => [
			event,
			conversion.id,
			conversion.status,
			...(previousStatus === undefined ? [] : [previousStatus]),
		]);
	}

	/** How far back the last poll read the conversions in every status. */
	get readBackToMs(): number {
		const since = this.asked.filter(({ status }) => status === undefined);
		return Math.min(...since.map(({ fromMs = -Infinity }) => fromMs));
	}

	private lists(): Lists {
		return {
			read: (part) => this.read(part),
			isOneList: () => true,
			hasNewNotFound: () => false,
			isRateLimited: () => false,
			isTimeToStop: () => false,
			isTimeToEnd: () => false,
		};
	}

	private async *read(part: Part): ReturnType<Lists['read']> {
		await Promise.resolve();
		this.asked.push(part);
		const { status, fromMs = -Infinity, toMs = Infinity } = part;
		yield this.rows.filter(
			(one) =>
				(status === undefined || one.status === status) &&
				one.madeAtMs >= fromMs &&
				one.madeAtMs <= toMs,
		);
		const isAround = toMs !== Infinity && fromMs !== -Infinity;
		const end = isAround && this.isMovingAround ? { isWhole: false } : this.end;
		return { ...end, seen: this.rows.length };
	}
}

async function opened(given: Given[] = [], events: EventName[] = ALL): Promise<Shop> {
	const shop = new Shop(events);
	for (const one of given) shop.add(one);
	expect(await shop.poll()).toEqual([]);
	return shop;
}

describe('what a poll reads', () => {
	test('all pending conversions, and new conversions of every status without a status filter', async () => {
		const shop = await opened();
		await shop.poll();
		expect(shop.asked.map(({ status, fromMs }) => [status, fromMs !== undefined])).toEqual([
			['pending', false],
			[undefined, true],
		]);
	});

	test('two hours back each time, two days back each hour, 30 days back each day', async () => {
		const shop = await opened([{}]);
		const lookedBack: number[] = [];
		for (const afterMs of [60_000, HOUR_MS, 60_000, DAY_MS, 60_000]) {
			await shop.poll(afterMs);
			lookedBack.push((NOW - shop.readBackToMs) / HOUR_MS);
		}
		expect(lookedBack.map((hours) => Math.round(hours))).toEqual([2, 48, 2, 720, 2]);
	});

	test.each(ALL.map((event) => ({ event })))(
		'late conversions, also after a clock that was ahead is corrected ($event)',
		async ({ event }) => {
			const shop = await opened([{}], [event]);
			await shop.poll(-5 * DAY_MS);
			expect(NOW - shop.readBackToMs).toBeGreaterThanOrEqual(29 * DAY_MS);
		},
	);
});

describe('a conversion with an unknown status', () => {
	test.each<{ events: EventName[] }>([{ events: ALL }, { events: ['created'] }])(
		'is emitted as created ($events)',
		async ({ events }) => {
			const shop = await opened([{}], events);
			const { id } = shop.add({ status: 'disputed' });
			expect(await shop.poll()).toEqual([['created', id, 'disputed']]);
			expect(await shop.poll()).toEqual([]);
		},
	);

	test('is emitted with its previous status if it was pending before', async () => {
		const shop = await opened([{ hoursAgo: 400 }, { hoursAgo: 3000 }]);
		for (const one of shop.rows) one.status = 'disputed';
		const expected = shop.rows.map(({ id }) => ['statusChanged', id, 'disputed', 'pending']);
		expect(await shop.poll()).toEqual(expected.reverse());
		expect(await shop.poll()).toEqual([]);
	});
});

describe('a changed decision', () => {
	test.each([
		{ hoursAgo: 1, afterMs: 60_000 },
		{ hoursAgo: 40, afterMs: HOUR_MS },
		{ hoursAgo: 24 * 28, afterMs: DAY_MS },
	])(
		'is emitted for an accepted conversion of $hoursAgo hours ago that is refused, at most $afterMs ms later',
		async ({ hoursAgo, afterMs }) => {
			const shop = await opened([{}, { hoursAgo, status: 'accepted' }]);
			const [, accepted] = shop.rows;
			if (accepted) accepted.status = 'refused';
			expect(await shop.poll(afterMs)).toEqual([
				['statusChanged', accepted?.id, 'refused', 'accepted'],
			]);
			expect(await shop.poll(DAY_MS)).toEqual([]);
		},
	);

	test('is emitted for a refused conversion that is accepted', async () => {
		const shop = await opened([{ status: 'refused' }], ['statusChanged']);
		const [refused] = shop.rows;
		if (refused) refused.status = 'accepted';
		expect(await shop.poll()).toEqual([['statusChanged', refused?.id, 'accepted', 'refused']]);
	});

	test('is emitted for a conversion that was decided before changes were watched', async () => {
		const shop = await opened([{}, { hoursAgo: 500, status: 'accepted' }], ['created']);
		const watching = new Shop();
		Object.assign(watching, { rows: shop.rows, cursor: shop.cursor, nowMs: shop.nowMs });
		expect(await watching.poll()).toEqual([]);
		const [, accepted] = watching.rows;
		if (accepted) accepted.status = 'refused';
		expect(await watching.poll(DAY_MS)).toEqual([
			['statusChanged', accepted?.id, 'refused', 'accepted'],
		]);
	});
});

describe('conversions without a readable date', () => {
	const undated = (status: string, hoursAgo: number) => ({ status, hoursAgo, isDated: false });

	test('are emitted as created if they are new, and not because another one is decided', async () => {
		const old = Array.from({ length: 67 }, (_, index) => undated('accepted', 200 + 24 * index));
		const shop = await opened([...old, ...Array<Given>(5).fill(undated('pending', 900))]);
		const pending = shop.rows.at(-1);
		if (pending) pending.status = 'accepted';
		expect(await shop.poll()).toEqual([['statusChanged', pending?.id, 'accepted', 'pending']]);
		const created = [shop.add(undated('pending', 0)), shop.add(undated('accepted', 0))];
		expect(await shop.poll()).toEqual(created.map(({ id, status }) => ['created', id, status]));
		for (const afterMs of [60_000, HOUR_MS, DAY_MS, 40 * DAY_MS, 40 * DAY_MS]) {
			expect(await shop.poll(afterMs)).toEqual([]);
		}
	});

	test('are emitted as created only if they are new, also beside conversions with a date', async () => {
		const shop = await opened([
			{},
			{ status: 'accepted' },
			undated('pending', 700),
			undated('pending', 1000),
		]);
		const pending = shop.rows.at(-1);
		if (pending) pending.status = 'refused';
		const { id } = shop.add(undated('pending', 0));
		expect(await shop.poll()).toEqual([
			['created', id, 'pending'],
			['statusChanged', pending?.id, 'refused', 'pending'],
		]);
	});

	test('are emitted beside conversions with a date, also if only Created is selected', async () => {
		const shop = await opened([{ hoursAgo: 1 }, { status: 'accepted', hoursAgo: 2 }], ['created']);
		const created = [shop.add({}), shop.add(undated('pending', 0))];
		const told = await shop.poll();
		expect(told).toHaveLength(2);
		expect(told).toEqual(
			expect.arrayContaining(created.map(({ id, status }) => ['created', id, status])),
		);
		expect(await shop.poll(DAY_MS)).toEqual([]);
	});

	test('are not emitted if they may have existed before, unless their IDs contain a current time', async () => {
		const shop = await opened([undated('pending', 300)], ['created']);
		const watching = new Shop();
		Object.assign(watching, { rows: shop.rows, cursor: shop.cursor, nowMs: shop.nowMs });
		watching.add(undated('pending', 900));
		const fresh = watching.add(undated('pending', 0));
		fresh.id = `${(Math.floor(watching.nowMs / 1000) + 5).toString(16)}0000000000000001`;
		expect(await watching.poll()).toEqual([['created', fresh.id, 'pending']]);
	});
});

describe('conversions with an earlier date', () => {
	test('are emitted in a quiet shop even if its newest conversion is older than two days', async () => {
		const shop = await opened([{ hoursAgo: 60 }], ['created']);
		const { id } = shop.add({ hoursAgo: 50 });
		expect(await shop.poll()).toEqual([['created', id, 'pending']]);
	});

	test.each<{ hoursAgo: number; there: Given[] }>([
		{ hoursAgo: 70, there: [{ hoursAgo: 60 }] },
		{ hoursAgo: 24 * 29, there: [{ hoursAgo: 1 }] },
		{ hoursAgo: 24 * 29, there: [] },
		{ hoursAgo: 24 * 5, there: [{ hoursAgo: 24 * 20 }] },
	])(
		'by $hoursAgo hours are emitted within a day, whatever existed before ($there)',
		async ({ hoursAgo, there }) => {
			const shop = await opened(there, ['created']);
			const { id } = shop.add({ hoursAgo, status: 'accepted' });
			const told = [...(await shop.poll(HOUR_MS)), ...(await shop.poll(DAY_MS))];
			expect(told).toEqual([['created', id, 'accepted']]);
		},
	);

	test('by a year are emitted at once if they are pending and changes are watched', async () => {
		const shop = await opened([{ hoursAgo: 1 }, { hoursAgo: 24 * 500 }]);
		const { id } = shop.add({ hoursAgo: 24 * 365 });
		expect(await shop.poll()).toEqual([['created', id, 'pending']]);
		expect(await shop.poll(DAY_MS)).toEqual([]);
	});

	test('by more than 30 days are not emitted if they are decided, because they may have existed before', async () => {
		const shop = await opened([{ hoursAgo: 1 }]);
		shop.add({ hoursAgo: 24 * 31, status: 'accepted' });
		expect(await shop.poll(DAY_MS)).toEqual([]);
	});
});

describe('a list that may be incomplete', () => {
	test('is read again by the next poll, which emits what was missed', async () => {
		const shop = await opened([{}, { hoursAgo: 900 }]);
		const [, old] = shop.rows;
		if (!old) throw new Error('The shop is empty');
		old.status = 'accepted';
		const missed = { ...shop.add({ hoursAgo: -2 }) };
		shop.rows.pop();
		shop.end = { isWhole: false, problem: 'moved' };
		const seen = shop.add({ hoursAgo: -10 });
		expect(await shop.poll(DAY_MS)).toEqual([['created', seen.id, 'pending']]);
		shop.rows.push(missed);
		shop.end = { isWhole: true };
		expect(await shop.poll()).toEqual([
			['statusChanged', old.id, 'accepted', 'pending'],
			['created', missed.id, 'pending'],
		]);
		expect(NOW - shop.readBackToMs).toBeGreaterThanOrEqual(29 * DAY_MS);
		expect(await shop.poll()).toEqual([]);
	});

	test('at the first poll, does not make existing conversions new', async () => {
		const shop = new Shop();
		const [missed] = [shop.add({ hoursAgo: 5 }), shop.add({ hoursAgo: 1 })];
		shop.rows.shift();
		shop.end = { isWhole: false, problem: 'moved' };
		expect(await shop.poll()).toEqual([]);
		if (missed) shop.rows.push(missed);
		shop.end = { isWhole: true };
		const { id } = shop.add();
		expect(await shop.poll()).toEqual([['created', id, 'pending']]);
	});

	test('at the first poll, does not make a missed conversion without a date new', async () => {
		const shop = new Shop();
		const missed = shop.add({ isDated: false });
		shop.rows = [row({ hoursAgo: 1 })];
		shop.end = { isWhole: false, problem: 'moved' };
		expect(await shop.poll()).toEqual([]);
		shop.rows.push(missed);
		expect(await shop.poll()).toEqual([]);
		shop.end = { isWhole: true };
		expect(await shop.poll()).toEqual([]);
		const { id } = shop.add({ isDated: false });
		expect(await shop.poll()).toEqual([['created', id, 'pending']]);
	});

	test('fails the poll if the rest cannot be read', async () => {
		const shop = await opened([{}]);
		shop.end = { isWhole: false, problem: 'unreachable' };
		await expect(shop.poll()).rejects.toThrow(/only 1 conversions.*'Program'/);
	});
});

describe('a conversion that cannot be read', () => {
	test('is skipped, and the others are emitted', async () => {
		const shop = await opened([{}]);
		shop.add({ unreadable: 'its amount' });
		const { id } = shop.add();
		expect(await shop.poll()).toEqual([['created', id, 'pending']]);
	});

	test('is emitted as created once it can be read, unless it existed at the first poll', async () => {
		const shop = await opened([{ unreadable: 'its amount' }]);
		shop.add({ unreadable: 'its amount' });
		expect(await shop.poll()).toEqual([]);
		const [there, later] = shop.rows.map(({ id = '', madeAtMs }) => ({
			...row({ hoursAgo: (NOW - madeAtMs) / HOUR_MS }),
			id,
		}));
		if (!there || !later) throw new Error('The shop is empty');
		shop.rows = [there, later];
		expect(await shop.poll()).toEqual([['created', later.id, 'pending']]);
	});

	test('costs no extra call, and its decision is emitted once it can be read', async () => {
		const shop = await opened([{ hoursAgo: 900 }]);
		const [old] = shop.rows;
		if (!old) throw new Error('The shop is empty');
		shop.rows = [{ ...old, unreadable: 'its amount' }];
		expect(await shop.poll()).toEqual([]);
		expect(shop.asked).toHaveLength(2);
		shop.rows = [{ ...old, status: 'accepted' }];
		expect(await shop.poll()).toEqual([['statusChanged', old.id, 'accepted', 'pending']]);
	});
});

describe('a conversion that Affilae no longer lists', () => {
	test.each([{ isDated: true }, { isDated: false }])(
		'is looked up in three polls only, and is not new if it is back later (dated: $isDated)',
		async ({ isDated }) => {
			const shop = await opened([{ hoursAgo: 1 }, { hoursAgo: 900, isDated }]);
			const [recent, old] = shop.rows;
			if (!recent || !old) throw new Error('The shop is empty');
			shop.rows = [recent];
			const looks: boolean[] = [];
			for (let poll = 0; poll < 5; poll += 1) {
				expect(await shop.poll()).toEqual([]);
				looks.push(shop.asked.length > 2);
			}
			expect(looks).toEqual([true, true, true, false, false]);
			shop.rows = [recent, old];
			expect(await shop.poll()).toEqual([]);
			old.status = 'accepted';
			expect(await shop.poll()).toEqual([['statusChanged', old.id, 'accepted', 'pending']]);
		},
	);

	test('is looked up again if Affilae lists nothing at all', async () => {
		const shop = await opened([{ hoursAgo: 900 }]);
		const [old] = shop.rows;
		if (!old) throw new Error('The shop is empty');
		shop.rows = [];
		for (let poll = 0; poll < 5; poll += 1) expect(await shop.poll()).toEqual([]);
		shop.rows = [{ ...old, status: 'accepted' }];
		expect(await shop.poll()).toEqual([['statusChanged', old.id, 'accepted', 'pending']]);
	});

	test('is looked up again if the list without it may be incomplete', async () => {
		const shop = await opened([{ hoursAgo: 900 }]);
		const [old] = shop.rows;
		if (!old) throw new Error('The shop is empty');
		shop.rows = [];
		shop.isMovingAround = true;
		expect(await shop.poll()).toEqual([]);
		shop.isMovingAround = false;
		shop.rows = [{ ...old, status: 'accepted' }];
		expect(await shop.poll()).toEqual([['statusChanged', old.id, 'accepted', 'pending']]);
	});
});
