import type { Conversion } from '../domain/conversion';
import { UserError } from '../domain/userError';
import type { Client } from './client';
import { listPage, type ListFilters, type PagePosition, type Rows } from './conversions';

/** No service is taken to give fewer rows than this at once while there are more. */
const SMALLEST_CAP = 10;
/** So many rows may come while a list is read, beside twice as many as there were at first. */
const MOST_ARRIVING = 10_000;
/** So many rows may come where the answer does not say how many there are. */
const MOST_ROWS = 5_000_000;

/** What one reading of a list has come to. */
export class Reading {
	/** The ids of all rows that came. */
	readonly seen = new Set<string>();
	/** How many rows there were said to be at first. */
	private announced: number | undefined;
	/** The most rows that came at once: no page is larger, whatever was asked for. */
	largestPage = 0;

	constructor(
		private readonly client: Client,
		readonly filters: ListFilters,
		private readonly pageSize: number,
	) {}

	/** Asks for some rows; `fresh` are those that had not come before. */
	async ask(
		position: PagePosition,
		period: Pick<ListFilters, 'from' | 'to'> = {},
	): Promise<Rows & { fresh: Conversion[] }> {
		const filters = { ...this.filters, ...period };
		return this.take(await listPage(this.client, filters, { limit: this.pageSize, ...position }));
	}

	/** Notes rows that came; `fresh` are those that had not come before. */
	take(rows: Rows): Rows & { fresh: Conversion[] } {
		const fresh: Conversion[] = [];
		for (const conversion of rows.conversions) {
			if (this.seen.has(conversion.id)) continue;
			this.seen.add(conversion.id);
			fresh.push(conversion);
		}
		this.largestPage = Math.max(this.largestPage, rows.conversions.length);
		this.announced ??= rows.total;
		this.mustEnd();
		return { ...rows, fresh };
	}

	/** @throws {UserError} for a list that goes on and on: new conversions arrive, but not in such numbers */
	private mustEnd(): void {
		const most = this.announced === undefined ? MOST_ROWS : 2 * this.announced + MOST_ARRIVING;
		if (this.seen.size <= most) return;
		throw new UserError(
			`Affilae’s list does not end: ${this.seen.size} conversions came so far`,
			'Ask for less at once: set From and To to a shorter period, or filter by program, status or order.',
		);
	}

	/** Whether an answer holds all there is of what was asked. Where it gives no total, only few rows tell. */
	isWhole({ conversions, total }: Rows): boolean {
		if (total !== undefined) return conversions.length >= total;
		const isUncapped = conversions.length < Math.min(this.pageSize, SMALLEST_CAP);
		return isUncapped || conversions.length < this.largestPage;
	}

	/** Whether the second page is another than the first, not counting the few rows that came or left meanwhile. */
	hasMovedOn(
		key: 'offset' | 'page',
		{ conversions, fresh }: Rows & { fresh: Conversion[] },
	): boolean {
		const isTaken = this.client.allowed(key, 1).length > 0;
		return isTaken && fresh.length * 2 >= conversions.length;
	}

	/** The rows that were asked for: a filter that Affilae passed over is made good here. */
	asked(conversions: readonly Conversion[]): Conversion[] {
		const { status, customerId, externalId, programId } = this.filters;
		return conversions.filter(
			(conversion) =>
				(status === undefined || conversion.status === status) &&
				(customerId === undefined || conversion.customerId === customerId) &&
				(externalId === undefined || conversion.externalId === externalId) &&
				(programId === undefined || conversion.programId === programId),
		);
	}
}
