import { PagesAhead } from './ahead';
import type { ListDialect, Page, Position, ReadPage, Rows } from './page';
import type { PlacedPage, Received } from './received';

/** A way to ask for what comes after the first page. */
export type Way = Exclude<ListDialect['paging'], 'period'>;

/** A list that is being read. */
export interface Reading {
	readPage: ReadPage;
	dialect: ListDialect;
	/** Rows to ask for at a time. */
	pageSize: number;
	/** The most pages to ask for at the same time. */
	atOnce: number;
	/** No page beyond so many rows is asked for ahead. */
	wanted: number;
	/** UTC ISO 8601. */
	period: { from?: string; to?: string };
	received: Received;
	/** The rows that a page is taken to have: as many as the first one. At least 1. */
	size: number;
	/** How many rows there were last said to be. */
	total: number | undefined;
	/** How many passes were begun. */
	passes: number;
}

/** How a pass ended. */
export interface PassEnd {
	/**
	 * `end`: at the end of the list, with no gap before it. `lost`: rows came and went faster than they
	 * could be followed. `noEffect`: Affilae gives the first page, whichever is asked for.
	 */
	at: 'end' | 'lost' | 'noEffect';
	/** Whether rows may have been passed over though no gap was seen. */
	isDoubtful: boolean;
	/** How many rows came for the first time. */
	fresh: number;
	/** How many rows the pass reached. */
	reached: number;
	/** How many of them the pass before it had reached too. */
	repeated: number;
}

/** A look so many pages further shows whether Affilae gives the last page for all that lie behind it. */
const FAR = 10;

/**
 * One pass over a list, from its first page to its last, several pages at a time.
 *
 * Why nothing is passed over: a page shows a stretch of the list without gaps, and the order of rows
 * does not change. So if a page shares a row with what was reached so far, both together have no gap,
 * whatever came or left meanwhile, and whichever was read first. Pages overlap for that. If one shares
 * no row, pages before it are asked for until one does.
 *
 * It is doubtful if the order may have changed (rows of one date at the edge of a page), or if pages
 * cannot overlap.
 */
export class Pass {
	private readonly id: number;
	private readonly ahead = new PagesAhead(async (start) => await this.ask(start));
	private overlap: number;
	private nextStart = 0;
	/** How many pages may be asked for on the chance that there are any. */
	private chances = 1;
	/** The last row that was reached, and the position after it. */
	private last: Rows[number] | undefined;
	private end = 0;
	private total: number | undefined;
	/** Calls that led no further. */
	private extra = 0;
	private isDoubtful = false;
	private fresh = 0;
	private reached = 0;
	private repeated = 0;

	/**
	 * @param round counted from 1; later ones begin their pages elsewhere, so that what stood at the edge
	 * of a page now stands inside
	 */
	constructor(
		private readonly reading: Reading,
		private readonly way: Way,
		private readonly round: number,
	) {
		reading.passes += 1;
		this.id = reading.passes;
		const share = round === 1 ? 1 : Math.ceil((reading.size * (round - 1)) / 8);
		this.overlap = way === 'offset' ? this.atMostHalf(share) : 0;
	}

	/**
	 * Hands on rows that had not come before, page by page; often none.
	 *
	 * @param first the first page, if its rows were handed on already
	 * @throws what asking for a page throws, once no other page is under way
	 */
	async *read(first?: Page): AsyncGenerator<Rows, PassEnd, undefined> {
		if (first) {
			this.step({ ...first, start: 0 });
			this.nextStart = this.reading.size - this.overlap;
		}
		try {
			return this.result(yield* this.readOn());
		} catch (thrown) {
			await this.ahead.settle();
			return await Promise.reject(thrown);
		}
	}

	private async *readOn(): AsyncGenerator<Rows, PassEnd['at'], undefined> {
		for (;;) {
			const page = await this.nextPage();
			if (!this.isTaken()) return 'noEffect';
			yield this.take(page);
			let step = this.adjoins(page) ? this.step(page) : yield* this.bridge(page);
			if (step === 'stuck' && this.isProven() && (await this.isRepeated(page))) step = 'end';
			if (step === 'end') return 'end';
			if (step === 'stuck' && !this.isProven()) return 'noEffect';
			if (step === 'lost' || this.extra > this.mostExtra()) {
				return this.isProven() ? 'lost' : 'noEffect';
			}
		}
	}

	/** Asks for what lies between a page and what was reached: first back to it, then on to the page. */
	private async *bridge(page: PlacedPage): AsyncGenerator<Rows, Step | 'lost', undefined> {
		this.overlap = this.atMostHalf(this.overlap * 2);
		let back = this.atMostHalf(Infinity);
		let start = page.start - back;
		while (this.extra < this.mostExtra()) {
			start = Math.max(0, start);
			const between = { ...(await this.ask(start)), start };
			this.extra += 1;
			yield this.take(between);
			if (this.adjoins(between)) {
				const step = this.step(between);
				if (step === 'end' || start === page.start) return step;
				if (this.adjoins(page)) return this.step(page);
				start = Math.min(page.start, Math.max(start + 1, this.end - this.overlap));
				back = this.reading.size;
			} else {
				back *= 2;
				start -= back;
			}
		}
		return 'lost';
	}

	private async nextPage(): Promise<PlacedPage> {
		const { size, total = 0, received, atOnce, wanted } = this.reading;
		const known = this.round === 1 ? total : Math.max(total, received.count);
		for (;;) {
			const from = this.nextStart + this.overlap;
			const isSure = this.isProven() && from < wanted;
			const most = from < known ? atOnce : Math.min(this.chances, atOnce);
			if (this.ahead.count >= (isSure ? most : 1)) return await this.ahead.next();
			this.ahead.add(this.nextStart);
			this.nextStart += size - this.overlap;
		}
	}

	private async ask(start: number): Promise<Page> {
		const { readPage, size, pageSize } = this.reading;
		return await readPage(positionOf(this.way, start, size, pageSize));
	}

	private take(page: PlacedPage): Rows {
		const fresh = this.reading.received.take(page);
		this.fresh += fresh.length;
		if (page.rows.length > 0) this.reading.total = page.total;
		return fresh;
	}

	/** Whether there can be no gap between a page and what was reached; not asked if pages cannot overlap. */
	private adjoins({ rows, start }: PlacedPage): boolean {
		return start === 0 || this.overlap === 0 || rows.some((row) => this.isReached(row));
	}

	/** Counts a page to what was reached. */
	private step(page: PlacedPage): Step {
		const { rows, start, total = 0 } = page;
		const { received, size } = this.reading;
		const isFirst = start === 0;
		const isFurther = rows.some(
			(row, index) => row.id !== undefined && index > this.lastReachedIn(rows),
		);
		if (!isFirst) this.judge(page, isFurther);
		this.reach(rows);
		if (rows.length > 0) this.total = page.total;
		if (isFurther) {
			this.last = rows.at(-1);
			this.end = start + rows.length;
			if (!isFirst) received.learnFullPage(size);
			if (start + size >= (this.reading.total ?? 0)) this.chances += 0.5;
			if (total > this.end) return 'on';
		}
		if (!received.mayBeFull(page)) return 'end';
		if (isFurther) return 'on';
		this.extra += 1;
		return 'stuck';
	}

	/** Judges how a page continues what was reached: whether that proves the way, or gives rise to doubt. */
	private judge({ rows, start, total }: PlacedPage, isFurther: boolean): void {
		const [row, second] = rows;
		const shared = rows.filter((one) => this.isReached(one)).length;
		const isExact = this.overlap > 0 ? row?.id === this.last?.id : shared === 0;
		if (isFurther && isExact && row?.id !== undefined) {
			const { dialect } = this.reading;
			if (!this.isProven()) Object.assign(dialect, { paging: this.way, isPagingProven: true });
		}
		const next = row?.id === this.last?.id ? second : row;
		const isTie = next !== undefined && next.createdAt === this.last?.createdAt;
		if (this.overlap === 0 && shared === 0) this.isDoubtful ||= rows.length > 0 || start > 1;
		else if (shared !== this.end - start || total !== this.total) this.isDoubtful ||= isTie;
	}

	private reach(rows: Rows): void {
		const { received } = this.reading;
		for (const { id } of rows) {
			const pass = received.passOf(id);
			if (id === undefined || pass === this.id) continue;
			if (pass === this.id - 1) this.repeated += 1;
			this.reached += 1;
			received.reach(id, this.id);
		}
	}

	/** Whether Affilae gives the same last page wherever one asks behind it. */
	private async isRepeated({ rows, start }: PlacedPage): Promise<boolean> {
		const { size, total = 0 } = this.reading;
		const id = rows.at(-1)?.id;
		if (start + size < total || id === undefined || id !== this.last?.id) return false;
		const far = await this.ask(start + FAR * size);
		return far.rows.at(-1)?.id === id;
	}

	private isReached({ id }: Rows[number]): boolean {
		return this.reading.received.passOf(id) === this.id;
	}

	private lastReachedIn(rows: Rows): number {
		for (let index = rows.length - 1; index >= 0; index -= 1) {
			const row = rows[index];
			if (row && this.isReached(row)) return index;
		}
		return -1;
	}

	private isTaken(): boolean {
		return this.reading.dialect.isTaken(this.way === 'page' ? 'page' : 'offset');
	}

	private isProven(): boolean {
		const { paging, isPagingProven = false } = this.reading.dialect;
		return isPagingProven && paging === this.way;
	}

	/** Twice as many calls as one pass takes: what then is not whole moves too fast. */
	private mostExtra(): number {
		const { size, total = 0, received } = this.reading;
		return 10 + 2 * Math.ceil(Math.max(total, received.count) / size);
	}

	private atMostHalf(rows: number): number {
		return Math.min(rows, Math.floor(this.reading.size / 2));
	}

	private result(at: PassEnd['at']): PassEnd {
		const { isDoubtful, fresh, reached, repeated } = this;
		return { at, isDoubtful, fresh, reached, repeated };
	}
}

/** What a page says of the list: it goes on, it brought nothing further although it is full, it ended. */
type Step = 'on' | 'stuck' | 'end';

function positionOf(way: Way, start: number, size: number, pageSize: number): Position {
	if (start === 0) return { limit: pageSize };
	if (way === 'offset') return { limit: pageSize, offset: start };
	// Affilae may give fewer rows than it is asked for, and count pages in rows that it was asked for.
	const limit = Math.min(size, pageSize);
	return way === 'page' ? { limit, page: start / size + 1 } : { limit, offset: start };
}
