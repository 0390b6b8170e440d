import { PagePrefetch } from './prefetch';
import type { ListDialect, Page, Rows } from './page';
import type { PlacedPage, Reading } from './received';

/** A way to ask for what comes after the first page. */
export type Way = Exclude<ListDialect['paging'], 'period'>;

/** How a pass ended. */
export interface PassEnd {
	/**
	 * `end`: at the end of the list, with no gap before it. `lost`: rows came and went faster than they
	 * could be followed. `noEffect`: Affilae gives the first page, whichever is asked for.
	 */
	at: 'end' | 'lost' | 'noEffect';
	/** Whether pages did not overlap: a row may have been passed over between two of them. */
	hasOpenEdges: boolean;
	/** Whether rows of one date may have changed places across the edge of a page. */
	isDoubtful: boolean;
	/** Whether every pass has the edges of its pages at the same places. */
	hasFixedEdges: boolean;
	/** How many rows came for the first time. */
	fresh: number;
	/** How many rows the pass reached. */
	reached: number;
	/** How many of them the pass before it had reached too. */
	repeated: number;
	/** The fewest rows that there were said to be meanwhile: so many should have come. */
	fewest: number;
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
 * Two things take the proof away, and {@link PassEnd} tells them: pages that cannot overlap, and rows of
 * one date that change places at the edge of a page.
 */
export class Pass {
	private readonly id: number;
	private readonly prefetch = new PagePrefetch(async (start) => await this.ask(start));
	/** The rows that a page is taken to have. */
	private size: number;
	/** The rows to ask for at a time. */
	private readonly limit: number;
	/** The rows that two pages are to share; none if pages begin at multiples of their size only. */
	private overlap: number;
	private nextStart = 0;
	/** How many pages may be asked for on the chance that there are any: half as many as there were. */
	private chances = 1;
	/** The last row with an ID that was reached, and the position after the page that it came with. */
	private last: Rows[number] | undefined;
	private end = 0;
	private fewest = Infinity;
	/** Calls that led no further. */
	private extra = 0;
	private hasOpenEdges = false;
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
		const { size, pageSize } = reading;
		const shift = Math.ceil((size * (round - 1)) / 8);
		const canOverlap = way === 'offset';
		this.size = canOverlap ? size : Math.max(1, size - shift);
		// Pages are counted in rows that were asked for: no more than Affilae gives.
		this.limit = canOverlap ? pageSize : Math.min(this.size, pageSize);
		this.overlap = canOverlap ? this.atMostHalf(Math.max(1, shift)) : 0;
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
			this.nextStart = this.size - this.overlap;
		}
		try {
			return this.result(yield* this.readOn());
		} catch (thrown) {
			await this.prefetch.settle();
			return await Promise.reject(thrown);
		}
	}

	private async *readOn(): AsyncGenerator<Rows, PassEnd['at'], undefined> {
		for (;;) {
			const page = await this.nextPage();
			if (!this.isTaken()) return 'noEffect';
			yield this.take(page);
			let step: Step | 'lost' | 'noEffect' = this.adjoins(page)
				? this.step(page)
				: yield* this.bridge(page);
			if (step === 'stuck') step = this.isProven() ? await this.lookFar(page) : 'noEffect';
			if (step === 'end' || step === 'noEffect') return step;
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
				back = this.size;
			} else {
				back *= 2;
				start -= back;
			}
		}
		return 'lost';
	}

	private async nextPage(): Promise<PlacedPage> {
		const { total = 0, received, atOnce, wanted } = this.reading;
		const known = this.round === 1 ? total : Math.max(total, received.count);
		for (;;) {
			const from = this.nextStart + this.overlap;
			const isSure = this.end > 0 && this.isProven() && from < wanted;
			const most = from < known ? atOnce : Math.min(Math.floor(this.chances), atOnce);
			if (this.prefetch.count >= (isSure ? most : 1)) return await this.prefetch.next();
			this.prefetch.add(this.nextStart);
			this.nextStart += this.size - this.overlap;
		}
	}

	private async ask(start: number): Promise<Page> {
		const { way, limit, size } = this;
		const place = way === 'page' ? { page: start / size + 1 } : { offset: start };
		return await this.reading.readPage(start === 0 ? { limit } : { limit, ...place });
	}

	private take(page: PlacedPage): Rows {
		const fresh = this.reading.received.take(page, this.limit);
		this.fresh += fresh.length;
		if (page.rows.length > 0) this.reading.total = page.total;
		// The limit has no effect: pages have their edges where they had them in the pass before.
		if (this.end === 0 && page.rows.length > this.limit) {
			this.size = this.reading.size;
			this.nextStart = this.size - this.overlap;
		}
		return fresh;
	}

	/** Whether there can be no gap between a page and what was reached; not asked if pages cannot overlap. */
	private adjoins({ rows, start }: PlacedPage): boolean {
		return start === 0 || this.overlap === 0 || rows.some((row) => this.isReached(row));
	}

	/** Counts a page to what was reached. */
	private step(page: PlacedPage): Step {
		const { rows, start, total = 0 } = page;
		const { received } = this.reading;
		const isFirst = start === 0;
		const last = lastOf(rows);
		const isFurther = last !== undefined && !this.isReached(last);
		if (!isFirst) this.judge(page, isFurther);
		this.reach(rows);
		if (rows.length > 0) this.fewest = Math.min(this.fewest, total);
		if (isFurther) {
			this.last = last;
			this.end = start + rows.length;
			if (!isFirst) received.learnFullPage(this.reading.size);
			if (start + this.size >= (this.reading.total ?? 0)) this.chances += 0.5;
			if (total > this.end) return 'on';
		}
		if (!received.mayBeFull(page, this.limit)) return 'end';
		if (isFurther) return 'on';
		this.extra += 1;
		return 'stuck';
	}

	/** Judges how a page continues what was reached: whether that proves the way, or gives rise to doubt. */
	private judge({ rows, start }: PlacedPage, isFurther: boolean): void {
		const { dialect } = this.reading;
		const shared = rows.filter((row) => this.isReached(row)).length;
		const expected = this.end - start;
		const isExact = this.overlap > 0 ? isSame(rows[expected - 1], this.last) : shared === 0;
		if (isFurther && isExact && !this.isProven()) {
			dialect.paging = this.way;
			dialect.isPagingProven = true;
		}
		// A second page that is empty is no edge: Affilae gives more than one row at a time.
		if (this.overlap === 0 && shared === 0) this.hasOpenEdges ||= rows.length > 0 || start > 1;
		// Either rows arrived, or rows of one date changed places across the edge of the page.
		else if (shared > expected) this.isDoubtful ||= rows[0]?.createdAt === this.last?.createdAt;
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

	/** After a page that brought nothing further: finds out whether Affilae gives it for all that lie behind. */
	private async lookFar({ rows, start }: PlacedPage): Promise<Step | 'noEffect'> {
		const { total = 0, dialect } = this.reading;
		const isLast = (page: Page) => isSame(lastOf(page.rows), this.last);
		if (start + this.size < total || !isLast({ rows })) return 'stuck';
		if (!isLast(await this.ask(start + FAR * this.size))) return 'stuck';
		if (!isLast(await this.ask(0))) return 'end';
		// It gives that page for all: what was taken for a proof was chance.
		dialect.paging = 'offset';
		dialect.isPagingProven = false;
		return 'noEffect';
	}

	private isReached({ id }: Rows[number]): boolean {
		return this.reading.received.passOf(id) === this.id;
	}

	private isTaken(): boolean {
		return this.reading.dialect.isTaken(this.way === 'page' ? 'page' : 'offset');
	}

	private isProven(): boolean {
		const { paging, isPagingProven = false } = this.reading.dialect;
		return isPagingProven && paging === this.way;
	}

	/** As many calls as a pass takes besides: a list that is not followed then moves too fast. */
	private mostExtra(): number {
		return 10 + Math.ceil(this.reading.received.count / this.size);
	}

	private atMostHalf(rows: number): number {
		return Math.min(rows, Math.floor(this.size / 2));
	}

	private result(at: PassEnd['at']): PassEnd {
		const { hasOpenEdges, isDoubtful, fresh, reached, repeated, fewest } = this;
		const hasFixedEdges = this.overlap === 0 && this.size === this.reading.size;
		return { at, hasOpenEdges, isDoubtful, hasFixedEdges, fresh, reached, repeated, fewest };
	}
}

/** What a page says of the list: it goes on, it brought nothing further although it is full, it ended. */
type Step = 'on' | 'stuck' | 'end';

function lastOf(rows: Rows): Rows[number] | undefined {
	return rows.filter(({ id }) => id !== undefined).at(-1);
}

function isSame(row: Rows[number] | undefined, other: Rows[number] | undefined): boolean {
	return row?.id !== undefined && row.id === other?.id;
}
