import { UserError } from '../../domain/userError';
import type { ListDialect, Page, ReadPage, Rows } from './page';

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
	received: ReceivedRows;
	/** The rows that a page is taken to have: as many as the first one. At least 1. */
	size: number;
	/** How many rows there were last said to be. */
	total: number | undefined;
	/** How many passes were begun. */
	passes: number;
}

/** A page and the position of its first row: how many rows of the list stand before it. */
export interface PlacedPage extends Page {
	start: number;
}

/** A total is believed for fewer rows than this, though Affilae might give no more at a time. */
const SMALLEST_CAP = 10;
/** So many rows may arrive while a list is read, beside twice as many as there were at first. */
const MOST_ARRIVING = 10_000;
/** So many rows may come if the answer does not say how many there are. */
const MOST_ROWS = 5_000_000;
/** A total is capped at a round number, as 10,000. */
const CAPS_ARE_MULTIPLES_OF = 1000;

/** The advice for a list that cannot be read to its end. */
export const READ_FEWER =
	"Read fewer at once: set 'From' and 'To' to a shorter period, or filter by program, status or order.";

/** What came of one list so far. Of rows that were handed on, only the IDs are kept. */
export class ReceivedRows {
	/** The pass that last reached a row, by its ID; 0 if no pass has reached it. */
	private readonly passes = new Map<string, number>();
	private readonly positionsWithoutId = new Set<number>();
	private announced: number | undefined;
	private isLimitIgnored = false;
	/** The most rows that came at once: Affilae gives at least so many if there are. */
	largestPage = 0;

	constructor(private readonly dialect: ListDialect) {}

	/** How many different rows came. */
	get count(): number {
		return this.passes.size + this.positionsWithoutId.size;
	}

	/**
	 * Notes the rows of a page. A row without an ID is told from others by its position.
	 *
	 * @param limit the rows that were asked for
	 * @returns those that had not come before
	 * @throws {UserError} for a list that does not end
	 */
	take({ rows, total, start }: PlacedPage, limit: number): Rows {
		this.largestPage = Math.max(this.largestPage, rows.length);
		if (rows.length > limit) this.isLimitIgnored = true;
		// Few rows are as many as were asked for because few were asked for.
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

	/** Notes that there are more rows than a page of this length had. */
	learnFullPage(length: number): void {
		this.dialect.fullPage = Math.max(this.dialect.fullPage ?? 0, length);
	}

	/** The pass that last reached a row; undefined if the row never came, or has no ID. */
	passOf(id: string | undefined): number | undefined {
		return id === undefined ? undefined : this.passes.get(id);
	}

	/** Notes that a pass has reached a row. */
	reach(id: string, pass: number): void {
		this.passes.set(id, pass);
	}

	/**
	 * Whether a page may have been cut off: Affilae may give no more rows at a time.
	 *
	 * @param limit the rows that were asked for
	 */
	mayBeFull({ rows: { length }, total }: Page, limit: number): boolean {
		const asked = this.asked(limit);
		if (length === 0 || length >= asked) return length > 0;
		const { fullPage = 0 } = this.dialect;
		if (length < Math.min(asked, Math.max(this.largestPage, fullPage))) return false;
		const isTiny = length < SMALLEST_CAP && (fullPage === 0 || length < fullPage);
		return !(isTiny && total === length);
	}

	/** Whether a page is too small to be cut off, as far as reason goes. */
	isTiny({ rows: { length } }: Page, limit: number): boolean {
		const isCapKnown = this.dialect.fullPage !== undefined;
		return length < Math.min(SMALLEST_CAP, this.asked(limit)) && !isCapKnown;
	}

	private asked(limit: number): number {
		return this.dialect.isTaken('limit') && !this.isLimitIgnored ? limit : Infinity;
	}

	/** New conversions arrive while a list is read, but not in such numbers. */
	private mustEnd(): void {
		const most = this.announced === undefined ? MOST_ROWS : 2 * this.announced + MOST_ARRIVING;
		if (this.count <= most) return;
		throw new UserError(
			`Affilae’s list does not end: ${this.count} conversions were read so far`,
			READ_FEWER,
		);
	}
}
