import { UserError } from '../../domain/userError';
import type { ListDialect, Page, PlacedPage, Rows } from './page';

/** Affilae is unlikely to limit pages to fewer rows than this, so the total of a smaller page is trusted. */
const SMALLEST_CAP = 10;
/** While a list is read, it may grow to twice its first total plus this many rows. */
const MOST_ARRIVING = 10_000;
/** The most rows of a list without a usable total. */
const MOST_ROWS = 5_000_000;
/** A total that is a multiple of this may be capped, such as 10,000. It is ignored. */
const CAPS_ARE_MULTIPLES_OF = 1000;

/** The rows of one list received so far. Only their IDs are kept, to save memory. */
export class ReceivedRows {
	/** The pass that last reached a row, by its ID; 0 if no pass has reached it. */
	private readonly passes = new Map<string, number>();
	private readonly positionsWithoutId = new Set<number>();
	private announced: number | undefined;
	private isLimitIgnored = false;
	/** The most rows on one page so far. Affilae can return at least this many per page. */
	largestPage = 0;

	constructor(private readonly dialect: ListDialect) {}

	/** How many different rows were received. */
	get count(): number {
		return this.passes.size + this.positionsWithoutId.size;
	}

	/**
	 * Notes the rows of a page. Rows without an ID are identified by their position.
	 *
	 * @param limit how many rows were requested
	 * @returns the rows that were not received before
	 * @throws {UserError} for a list that does not end
	 */
	take({ rows, total, start }: PlacedPage, limit: number): Rows {
		this.largestPage = Math.max(this.largestPage, rows.length);
		if (rows.length > limit) this.isLimitIgnored = true;
		// A page with as many rows as requested counts as full, unless only a few were requested.
		const isTelling = rows.length >= SMALLEST_CAP && rows.length === this.asked(limit);
		if (isTelling) this.learnFullPage(rows.length);
		if (total !== undefined && total > rows.length && total % CAPS_ARE_MULTIPLES_OF > 0) {
			this.announced ??= total;
		}
		const fresh = rows.filter((row, index) => {
			const before = this.count;
			if (row.id === undefined) this.positionsWithoutId.add(start + index);
			else if (!this.passes.has(row.id)) this.passes.set(row.id, 0);
			return this.count > before;
		});
		this.mustEnd();
		return fresh;
	}

	/** Notes that a page of this length is full: the list may go on after it. */
	learnFullPage(length: number): void {
		this.dialect.fullPage = Math.max(this.dialect.fullPage ?? 0, length);
	}

	/** The pass that last reached a row, 0 if none did; undefined if it was not received, or has no ID. */
	passOf(id: string | undefined): number | undefined {
		return id === undefined ? undefined : this.passes.get(id);
	}

	/** Notes that a pass has reached a row. */
	reach(id: string, pass: number): void {
		this.passes.set(id, pass);
	}

	/**
	 * Whether a page may be full, so that more rows may follow: Affilae may return fewer rows per page than
	 * requested.
	 *
	 * @param limit how many rows were requested
	 */
	mayBeFull({ rows: { length }, total }: Page, limit: number): boolean {
		const asked = this.asked(limit);
		if (length === 0 || length >= asked) return length > 0;
		const { fullPage = 0 } = this.dialect;
		if (length < Math.min(asked, Math.max(this.largestPage, fullPage))) return false;
		const isShort = length < SMALLEST_CAP && (fullPage === 0 || length < fullPage);
		return !(isShort && total === length);
	}

	/** Whether a page of this length is probably not full: Affilae is unlikely to limit pages to so few rows. */
	isTiny(length: number, limit: number): boolean {
		const isCapKnown = this.dialect.fullPage !== undefined;
		return length < Math.min(SMALLEST_CAP, this.asked(limit)) && !isCapKnown;
	}

	/** The most rows that a page can have: unlimited if Affilae rejects or ignores `limit`. */
	private asked(limit: number): number {
		return this.dialect.listAllows('limit') && !this.isLimitIgnored ? limit : Infinity;
	}

	/** Throws if there are more rows than the list can have, even with new conversions in the meantime. */
	private mustEnd(): void {
		const most = this.announced === undefined ? MOST_ROWS : 2 * this.announced + MOST_ARRIVING;
		if (this.count <= most) return;
		throw new UserError(
			`Affilae’s list does not end: ${this.count} conversions were read so far`,
			'Please report this to the maintainers of this node: Affilae’s API may have changed.',
		);
	}
}
