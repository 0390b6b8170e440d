import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import type {
	ListDialect,
	ListEnd,
	ListRequest,
	Page,
	Position,
	Rows,
} from '../../nodes/AffilaeConversions/api/lists/page';
import { readList } from '../../nodes/AffilaeConversions/api/lists/pages';

/** How a server returns its list. It knows rows and pages, and nothing about conversions. */
export interface Habits {
	/**
	 * `offset` is exact; `floored` goes down to a multiple of the page; `clamped` never goes beyond the
	 * last full page; `page` ignores `offset`; `pageOnly` rejects it; `ignored` ignores both keys;
	 * `rejected` rejects both; `pageFromZero` counts pages from 0; in `offsetInPages`, an offset counts pages;
	 * `nothing` returns no rows for an offset or a page.
	 */
	paging:
		| 'offset'
		| 'floored'
		| 'clamped'
		| 'page'
		| 'pageClamped'
		| 'pageOnly'
		| 'ignored'
		| 'rejected'
		| 'pageFromZero'
		| 'offsetInPages'
		| 'nothing';
	/** The most rows that it returns at a time. */
	cap: number;
	/** How it treats `limit`; without it, a page has `cap` rows. */
	limit: 'taken' | 'ignored' | 'rejected';
	total: 'true' | 'page' | 'none' | 'capped' | 'low' | 'high' | 'late';
	/** `shuffled`: newest first, rows of one date in another order at each call. */
	order: 'newest' | 'oldest' | 'shuffled';
	/** Whether it accepts `from` and `to`. */
	periods: boolean;
}

export const HONEST: Habits = {
	paging: 'offset',
	cap: Infinity,
	limit: 'taken',
	total: 'true',
	order: 'newest',
	periods: true,
};

/** A number from 0 to below 1, the same for each seed. */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

interface Row {
	id: string;
	atMs: number;
}

const START_MS = Date.UTC(2026, 0);
const CAPPED_AT = 50;

/** A list in memory. It responds to calls in flight one at a time, in an order that the seed decides. */
export class ListServer {
	/** Newest first. */
	rows: Row[] = [];
	calls: Position[] = [];
	underWay = 0;
	mostUnderWay = 0;
	/** What happens before a call is answered; calls are counted from 1, as they are answered. */
	beforeAnswer: (call: number) => void = () => undefined;
	/** Rows that were in the list from the start and never left. */
	readonly lasting = new Set<string>();
	readonly dialect: ListDialect;

	private readonly rejected = new Set<string>();
	private readonly random: () => number;
	private readonly waiting: Array<() => void> = [];
	private answered = 0;
	private made = 0;
	private readonly earlierTotals: number[] = [];

	constructor(
		readonly habits: Habits,
		size: number,
		private readonly options: { seed?: number; isInOrder?: boolean; rowsADate?: number } = {},
	) {
		this.random = seeded(options.seed ?? 1);
		for (let made = 0; made < size; made += 1) this.arrive();
		for (const { id } of this.rows) this.lasting.add(id);
		this.dialect = {
			paging: 'offset',
			isPagingProven: false,
			fullPage: undefined,
			listAllows: (key) => !this.rejected.has(key),
		};
	}

	/** A row is added, dated after all others, or as old as the row at an index. */
	arrive(index = 0): void {
		const { rowsADate = 1 } = this.options;
		const atMs =
			index === 0
				? START_MS + Math.floor(this.made / rowsADate) * 60_000
				: (this.rows[index]?.atMs ?? START_MS) + 1;
		this.made += 1;
		this.rows.splice(index, 0, { id: `r${this.made}`, atMs });
	}

	/** A row leaves; it counts from the newest. */
	leave(index: number): void {
		for (const { id } of this.rows.splice(index, 1)) this.lasting.delete(id);
	}

	readonly readPage = async (position: Position): Promise<Page> => {
		this.calls.push(position);
		this.underWay += 1;
		this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
		await new Promise<void>((resolve) => {
			this.waiting.push(resolve);
			queueMicrotask(() => {
				const index = this.options.isInOrder ? 0 : Math.floor(this.random() * this.waiting.length);
				for (const answer of this.waiting.splice(index, 1)) answer();
			});
		});
		this.underWay -= 1;
		this.answered += 1;
		this.beforeAnswer(this.answered);
		return this.answer(position);
	};

	private answer({ limit, offset = 0, page: asked, from, to }: Position): Page {
		const page = asked ?? 1;
		const { paging, cap, total } = this.habits;
		if (this.habits.limit === 'rejected') this.rejected.add('limit');
		if (offset && ['pageOnly', 'rejected'].includes(paging)) this.rejected.add('offset');
		if (page > 1 && paging === 'rejected') this.rejected.add('page');
		const most = this.habits.limit === 'taken' ? Math.min(limit, cap) : cap;
		const rows = this.within(from, to);
		const start = {
			offset,
			floored: Math.floor(offset / most) * most,
			clamped: Math.min(offset, Math.max(0, rows.length - most)),
			page: (page - 1) * most,
			pageClamped: Math.min(page - 1, Math.max(0, Math.ceil(rows.length / most) - 1)) * most,
			pageOnly: (page - 1) * most,
			ignored: 0,
			rejected: 0,
			pageFromZero: (asked ?? 0) * most,
			offsetInPages: offset * most,
			nothing: offset || asked !== undefined ? rows.length : 0,
		}[paging];
		const isOldestFirst = this.habits.order === 'oldest';
		const shown = isOldestFirst
			? rows
					.slice(Math.max(0, rows.length - start - most), Math.max(0, rows.length - start))
					.reverse()
			: rows.slice(start, start + most);
		this.earlierTotals.push(rows.length);
		const said = {
			true: rows.length,
			page: shown.length,
			none: undefined,
			capped: Math.min(rows.length, CAPPED_AT),
			low: Math.max(0, rows.length - 3),
			high: rows.length + 3,
			late: this.earlierTotals.at(-6) ?? this.earlierTotals[0],
		}[total];
		return {
			rows: shown.map(conversionOf),
			...(said === undefined ? {} : { total: said }),
		};
	}

	/** The rows of a period, newest first. */
	private within(from: string | undefined, to: string | undefined): Row[] {
		const { order, periods } = this.habits;
		const [fromMs, toMs] = [Date.parse(from ?? ''), Date.parse(to ?? '')];
		const isAll = !periods || (from === undefined && to === undefined);
		const rows = isAll
			? this.rows
			: this.rows.filter(({ atMs }) => !(atMs < fromMs) && !(atMs > toMs));
		if (order !== 'shuffled') return rows;
		const places = new Map(rows.map((row) => [row, this.random()]));
		return [...rows].sort((a, b) => b.atMs - a.atMs || (places.get(a) ?? 0) - (places.get(b) ?? 0));
	}
}

function conversionOf({ id, atMs }: Row): Conversion {
	return { id, createdAt: new Date(atMs).toISOString(), row: {} };
}

/** Reads a server's list as the product does. */
export async function readAll(
	server: ListServer,
	options: Partial<ListRequest> = {},
): Promise<{ ids: string[]; end: ListEnd }> {
	const { readPage, dialect } = server;
	const ids: string[] = [];
	const pages = readList({ readPage, dialect, ...options });
	for (;;) {
		const next = await pages.next();
		if (next.done === true) return { ids, end: next.value };
		ids.push(...idsOf(next.value));
	}
}

/** The IDs of rows; those without one are left out. */
export function idsOf(rows: Rows): string[] {
	return rows.flatMap(({ id = [] }) => id);
}
