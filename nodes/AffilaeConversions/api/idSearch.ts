import type { Conversion, UnreadableRow } from '../domain/conversion';
import { addedAtMs, isConversionId } from '../domain/ids';
import type { Filters } from '../domain/matches';
import type { Period } from '../domain/period';
import { UserError } from '../domain/userError';
import type { Reader } from './client';
import { PAGE_SIZE } from './constants';
import { readConversions, awaitAll } from './conversions';
import type { Rows } from './lists/page';
import { readUntil } from './lists/readUntil';

/** How far around the time in an ID to search: `createdAt` may come from a clock that differs by seconds. */
const AROUND_MS = 60_000;
/** Up to this many IDs are searched for one by one, not in the list around all of them. */
const FEW = 5;

/** What a search found, by ID. An ID in neither map does not exist. */
interface Found {
	rows: Map<string, Conversion | UnreadableRow>;
	/** Why an ID that was not found may still exist. */
	problems: Map<string, unknown>;
}

/**
 * Finds conversions by their IDs, in one search for all expected IDs. Affilae has no call for that. An ID
 * contains the second in which it was created (API page: run), so the search first reads the list around that
 * second. Conversions added by hand are backdated, so if one is not there, the search reads the whole list.
 */
export class IdSearch {
	private readonly expected = new Map<string, Set<string>>();
	private readonly searches = new Map<string, Promise<Found>>();

	constructor(private readonly client: Reader) {}

	/** Announces an ID, so that one search can cover all announced IDs. */
	expect(id: string, programId: string | undefined): void {
		const ids = this.expected.get(programId ?? '') ?? new Set();
		this.expected.set(programId ?? '', ids.add(id));
	}

	/**
	 * Finds the conversion with an expected ID.
	 *
	 * @returns one row, or none if Affilae has no such conversion
	 * @throws {UserError} if it was not found, but may exist, because a list could not be read completely
	 */
	async find(id: string, programId: string | undefined): Promise<Rows> {
		const key = programId ?? '';
		const ids = this.expected.get(key) ?? new Set([id]);
		const searching = this.searches.get(key) ?? this.search(ids, programId);
		this.searches.set(key, searching);
		return await rowsOf(id, await searching);
	}

	private async search(ids: ReadonlySet<string>, programId: string | undefined): Promise<Found> {
		const found: Found['rows'] = new Map();
		const problems: Found['problems'] = new Map();
		const base = programId === undefined ? {} : { programId };
		const readFor = async (
			filters: Filters,
			wanted: readonly string[],
			most = Infinity,
		): Promise<boolean> => {
			const pages = readConversions(this.client, { ...base, ...filters }, { most });
			const end = await readUntil(pages, (rows) => {
				for (const row of rows) {
					if (row.id !== undefined && ids.has(row.id)) found.set(row.id, row);
				}
				return wanted.every((id) => found.has(id));
			});
			return end === undefined || end.isWhole;
		};
		/** As `readFor`, but a failed read is only a problem of the IDs that it was for. */
		const tryFor = async (filters: Filters, wanted: readonly string[]): Promise<boolean> =>
			await readFor(filters, wanted).catch((thrown: unknown) => {
				for (const id of wanted) problems.set(id, thrown);
				return true;
			});
		const dated = [...ids].filter(isConversionId);
		const range = periodOf(dated);
		const readTogether = async () => await readFor(range, dated, dated.length * PAGE_SIZE);
		// If the shared read fails, or takes more calls, each ID is searched for alone.
		if (dated.length <= FEW || !(await readTogether().catch(() => false))) {
			const open = dated.filter((id) => !found.has(id));
			await awaitAll(open.map(async (id) => await tryFor(periodOf([id]), [id])));
		}
		const missing = [...ids].filter((id) => !found.has(id) && !problems.has(id));
		if (missing.length > 0 && !(await tryFor({}, missing))) {
			for (const id of missing) problems.set(id, notReadCompletely(id));
		}
		return { rows: found, problems };
	}
}

async function rowsOf(id: string, { rows, problems }: Found): Promise<Rows> {
	const row = rows.get(id);
	if (row !== undefined) return [row];
	return problems.has(id) ? await Promise.reject(problems.get(id)) : [];
}

function notReadCompletely(id: string): UserError {
	return new UserError(
		`Affilae’s list of conversions could not be read completely in the search for conversion ${id}`,
		'Use the order ID, or run the workflow again.',
	);
}

/** The period in which conversions with these IDs were created, as UTC ISO 8601. */
function periodOf(ids: readonly string[]): Period {
	if (ids.length === 0) return {};
	const times = ids.flatMap((id) => addedAtMs(id) ?? []);
	const earliest = times.reduce((a, b) => Math.min(a, b));
	const latest = times.reduce((a, b) => Math.max(a, b));
	return {
		from: new Date(earliest - AROUND_MS).toISOString(),
		to: new Date(latest + AROUND_MS).toISOString(),
	};
}
