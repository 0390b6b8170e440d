import { PagePrefetch } from './prefetch';
import type { ListDialect, Page, PlacedPage, Rows } from './page';
import type { PassEnd, Reading } from './reading';

/** A way to request the pages after the first one. */
export type Way = Exclude<ListDialect['paging'], 'period'>;

/** How many pages to look ahead to find out whether Affilae returns the last page for all later positions. */
const FAR = 10;

/**
 * One pass: reads a list from its first page to its last, several pages at a time.
 *
 * Terms:
 * - A _page_ is one response of the list: consecutive rows, without a gap between them.
 * - Two pages _overlap_ if the second one begins with the last rows of the first one.
 * - A row is _reached_ if its page connects to the start of the list without a gap. A row that was received
 *   on a page beyond a gap is not reached yet.
 *
 * Why no row is skipped: the order of rows does not change. So if a page shares a row with the rows reached
 * so far, there is no gap between them, no matter which rows appeared or disappeared in the meantime, and
 * which page was read first. This is why pages overlap. If a page shares no row, the pass reads the pages
 * before it until one does.
 *
 * This proof does not hold in two cases, which {@link PassEnd} reports: pages cannot overlap, or rows with
 * the same date change places at the edge of a page.
 */
export class Pass {
	private readonly id: number;
	private readonly prefetch = new PagePrefetch(async (start) => await this.ask(start));
	/** How many rows a page is expected to have. */
	private size: number;
	/** How many rows to request per page. */
	private readonly limit: number;
	/** How many rows two pages should share; 0 if pages can begin only at multiples of their size. */
	private overlap: number;
	private nextStart = 0;
	/**
	 * How many pages may be requested at the same time beyond the known total: one, plus one half for each page
	 * there that had further rows. So only few requests are unnecessary.
	 */
	private chances = 1;
	/** The last reached row that has an ID, and the position after the page that contained it. */
	private last: Rows[number] | undefined;
	private end = 0;
	private fewest = Infinity;
	/** How many additional requests the pass made: to close gaps, or for pages without a further row. */
	private extra = 0;
	private hasOpenEdges = false;
	private isDoubtful = false;
	private fresh = 0;
	private reached = 0;
	private repeated = 0;

	/**
	 * @param round counted from 1. Later passes begin their pages at other positions, so that rows that were at
	 * the edge of a page are now inside one.
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
		// Affilae counts pages in multiples of `limit`, so do not request more rows than it returns per page.
		this.limit = canOverlap ? pageSize : Math.min(this.size, pageSize);
		this.overlap = canOverlap ? this.atMostHalf(Math.max(1, shift)) : 0;
	}

	/**
	 * Yields the rows that were not received before, in one batch per page; batches are often empty.
	 *
	 * @param first the first page, if its rows were already yielded
	 * @throws what requesting a page throws, once no other page is in flight
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
			if (!this.isAllowed()) return 'noEffect';
			yield this.take(page);
			let step: Step | 'lost' | 'noEffect' = this.adjoins(page)
				? this.step(page)
				: yield* this.bridge(page);
			if (step === 'stuck') step = this.isProven() ? await this.lookFar(page) : 'noEffect';
			if (step === 'end' && this.isNothing(page)) step = 'noEffect';
			if (step === 'end' || step === 'noEffect') return step;
			if (step === 'lost' || this.extra > this.mostExtra()) {
				return this.isProven() ? 'lost' : 'noEffect';
			}
		}
	}

	/**
	 * Closes the gap between the rows reached so far and a page: goes back from the page, in growing steps, to
	 * the reached rows, then reads forward to the page. Also makes later pages overlap more.
	 */
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

	/** Returns the next page. Once paging is proven, reads ahead as long as more pages are likely. */
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
		// Affilae ignored the limit, so pages begin at the same positions as in the first pass.
		if (this.end === 0 && page.rows.length > this.limit) {
			this.size = this.reading.size;
			this.nextStart = this.size - this.overlap;
		}
		return fresh;
	}

	/** Whether there is no gap between a page and the rows reached so far. True if pages cannot overlap. */
	private adjoins({ rows, start }: PlacedPage): boolean {
		return start === 0 || this.overlap === 0 || rows.some((row) => this.isReached(row));
	}

	/** Marks the rows of a page as reached, and returns how to continue. */
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

	/**
	 * Compares a page with the rows reached so far, and notes whether that proves that this way of paging works,
	 * leaves a possible gap, or leaves a doubt about the order of rows.
	 */
	private judge({ rows, start }: PlacedPage, isFurther: boolean): void {
		const { dialect } = this.reading;
		const shared = rows.filter((row) => this.isReached(row)).length;
		const expected = this.end - start;
		const isExact = this.overlap > 0 ? isSame(rows[expected - 1], this.last) : shared === 0;
		if (isFurther && isExact && !this.isProven()) {
			dialect.paging = this.way;
			dialect.isPagingProven = true;
		}
		// An empty page after a single row leaves no gap: a second row would have been on the first page.
		if (this.overlap === 0 && shared === 0) this.hasOpenEdges ||= rows.length > 0 || start > 1;
		// More shared rows than expected: rows were added, or rows with the same date changed places at the edge.
		else if (shared > expected) this.isDoubtful ||= rows[0]?.createdAt === this.last?.createdAt;
	}

	/** Marks rows as reached by this pass; each counts once. */
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

	/**
	 * Handles a full page that brought no further row: finds out whether Affilae returns the last page for every
	 * later position. If so, the list has ended.
	 */
	private async lookFar({ rows, start }: PlacedPage): Promise<Step | 'noEffect'> {
		const { total = 0, dialect } = this.reading;
		const isLast = (page: Page) => isSame(lastOf(page.rows), this.last);
		if (start + this.size < total || !isLast({ rows })) return 'stuck';
		if (!isLast(await this.ask(start + FAR * this.size))) return 'stuck';
		const first = await this.ask(0);
		if (!first.rows.some((row) => isSame(row, this.last))) {
			// If they share rows, this page may be the first page, which has changed since.
			const isShared = first.rows.some((row) => rows.some((other) => isSame(row, other)));
			return !isShared || isLast(await this.ask(FAR * this.size)) ? 'end' : 'stuck';
		}
		// Affilae returns this page for every position, so the proof that paging works was a coincidence.
		dialect.paging = 'offset';
		dialect.isPagingProven = false;
		return 'noEffect';
	}

	/** Whether an offset led to an empty page, and to no rows before: it may count something else than rows. */
	private isNothing({ rows }: PlacedPage): boolean {
		const { size, received } = this.reading;
		if (rows.length > 0 || this.way !== 'offset') return false;
		return !this.isProven() && this.end <= size && !received.isTiny(size, Infinity);
	}

	private isReached({ id }: Rows[number]): boolean {
		return this.reading.received.passOf(id) === this.id;
	}

	private isAllowed(): boolean {
		return this.reading.dialect.listAllows(this.way === 'page' ? 'page' : 'offset');
	}

	private isProven(): boolean {
		const { paging, isPagingProven } = this.reading.dialect;
		return isPagingProven && paging === this.way;
	}

	/**
	 * The most additional requests: about as many as a pass needs anyway. If more are needed, the list changes
	 * too fast to follow.
	 */
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

/** What a page says about the list: it goes on, it ended, or (`stuck`) a full page had no further row. */
type Step = 'on' | 'stuck' | 'end';

function lastOf(rows: Rows): Rows[number] | undefined {
	return rows.filter(({ id }) => id !== undefined).at(-1);
}

function isSame(row: Rows[number] | undefined, other: Rows[number] | undefined): boolean {
	return row?.id !== undefined && row.id === other?.id;
}
