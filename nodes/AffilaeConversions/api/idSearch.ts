import type { Conversion, UnreadableRow } from '../domain/conversion';
import { isConversionId } from '../domain/ids';
import type { Filters } from '../domain/matches';
import { UserError } from '../domain/userError';
import type { Client } from './client';
import { readConversions, awaitAll } from './conversions';
import type { Rows } from './lists/page';
import { isCheaper, isMoreExpensive } from './ordersSince';

/** An ID and `createdAt` are made at the same moment, give or take the seconds of two clocks. */
const AROUND_MS = 60_000;
/** Up to this many IDs are searched one by one, whatever reading the list would cost. */
const FEW = 5;

type Row = Conversion | UnreadableRow;

/**
 * Finds conversions by their IDs, in one search for all expected IDs. Affilae has no call for that. An ID
 * contains the second in which it was made (API page: run), so the list is first read around that second.
 * Only if the conversion is not there, the whole list is read: conversions added by hand are backdated.
 */
export class IdSearch {
	private readonly expected = new Map<string, Set<string>>();
	private readonly searches = new Map<string, Promise<Map<string, Row>>>();

	constructor(private readonly client: Client) {}

	/** Announces an ID that will be searched. */
	expect(id: string, programId: string | undefined): void {
		const ids = this.expected.get(programId ?? '') ?? new Set();
		this.expected.set(programId ?? '', ids.add(id));
	}

	/**
	 * The conversion with an ID that was expected; no row if there is none.
	 *
	 * @throws {UserError} if the list moved, so that its absence is not proven
	 */
	async find(id: string, programId: string | undefined): Promise<Rows> {
		const key = programId ?? '';
		const ids = this.expected.get(key) ?? new Set([id]);
		const searching = this.searches.get(key) ?? this.search(ids, programId);
		this.searches.set(key, searching);
		const row = (await searching).get(id);
		return row === undefined ? [] : [row];
	}

	/** As {@link find}, but asks Affilae again. */
	async searchAgain(id: string, programId: string | undefined): Promise<Rows> {
		return [...(await this.search(new Set([id]), programId)).values()];
	}

	private async search(
		ids: ReadonlySet<string>,
		programId: string | undefined,
	): Promise<Map<string, Row>> {
		const found = new Map<string, Row>();
		const base = programId === undefined ? {} : { programId };
		const left = () => [...ids].filter((id) => !found.has(id));
		const readFor = async (
			filters: Filters,
			wanted: readonly string[],
			questions = Infinity,
		): Promise<boolean> => {
			let read = 0;
			const pages = readConversions(this.client, { ...base, ...filters });
			for (;;) {
				const next = await pages.next();
				if (next.done === true) return next.value.isWhole;
				for (const row of next.value) {
					if (row.id !== undefined && ids.has(row.id)) found.set(row.id, row);
				}
				read += next.value.length;
				if (isMoreExpensive(read, questions)) {
					await pages.return({ isWhole: false, seen: read });
					return false;
				}
				if (wanted.every((id) => found.has(id))) {
					await pages.return({ isWhole: false, seen: 0 });
					return true;
				}
			}
		};
		const dated = [...ids].filter(isConversionId);
		const range = periodOf(dated);
		const isCheap =
			dated.length > FEW && (await isCheaper(this.client, { ...base, ...range }, dated.length));
		if (!isCheap || !(await readFor(range, dated, dated.length))) {
			const open = dated.filter((id) => !found.has(id));
			await awaitAll(open.map(async (id) => await readFor(periodOf([id]), [id])));
		}
		const missing = left();
		if (missing.length === 0 || (await readFor({}, missing)) || left().length === 0) return found;
		throw new UserError(
			`Affilae’s list of conversions kept changing during the search for conversion ${missing.join(', ')}`,
			'Run the workflow again, or use the order ID.',
		);
	}
}

/** The period in which conversions with these IDs were made, as UTC ISO 8601. */
function periodOf(ids: readonly string[]): { from?: string; to?: string } {
	if (ids.length === 0) return {};
	const times = ids.map((id) => Number.parseInt(id.slice(0, 8), 16) * 1000);
	const earliest = times.reduce((a, b) => Math.min(a, b));
	const latest = times.reduce((a, b) => Math.max(a, b));
	return {
		from: new Date(earliest - AROUND_MS).toISOString(),
		to: new Date(latest + AROUND_MS).toISOString(),
	};
}
