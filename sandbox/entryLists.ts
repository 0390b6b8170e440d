import type { Conversion, ConversionStatus } from './conversion';
import type { StoredConversion } from './store';

/** Selects conversions; an absent key matches all. */
export interface Selection {
	status?: ConversionStatus;
	program?: string;
	externalId?: string;
	customerId?: string;
	/** Milliseconds since 1970, UTC; the earliest creation time, inclusive. */
	fromMs?: number;
	/** The latest creation time, inclusive. */
	toMs?: number;
}

/** Oldest first: conversions of `entries` from `start` (inclusive) to `end` (exclusive). */
export interface Range {
	entries: readonly StoredConversion[];
	start: number;
	end: number;
}

const NONE: readonly StoredConversion[] = [];

function isBefore(a: StoredConversion, b: StoredConversion): boolean {
	return (
		a.createdAtMs < b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.sequence < b.sequence)
	);
}

/** The index of the first entry for which `isPast` is true; it must be false for all entries before. */
function firstIndex(
	entries: readonly StoredConversion[],
	isPast: (entry: StoredConversion) => boolean,
): number {
	let low = 0;
	let high = entries.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const entry = entries[middle];
		if (entry === undefined || isPast(entry)) high = middle;
		else low = middle + 1;
	}
	return low;
}

/**
 * The conversions by status, program, order and customer, each list in order of creation, so that
 * neither a page of 100,000 conversions nor a look-up has to search all of them.
 */
export class EntryLists {
	private readonly lists = new Map<string, StoredConversion[]>();

	constructor(entries: readonly StoredConversion[]) {
		for (const entry of [...entries].sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
			for (const key of keysOf(entry.conversion)) this.listAt(key).push(entry);
		}
	}

	add(entry: StoredConversion): void {
		for (const key of keysOf(entry.conversion)) this.insert(key, entry);
	}

	remove(entry: StoredConversion): void {
		for (const key of keysOf(entry.conversion)) this.take(key, entry);
	}

	/** Changes the status and moves the conversion to the matching lists. */
	setStatus(entry: StoredConversion, status: ConversionStatus): void {
		const { conversion } = entry;
		for (const key of statusKeysOf(conversion)) this.take(key, entry);
		conversion.status = status;
		for (const key of statusKeysOf(conversion)) this.insert(key, entry);
	}

	countOf(status: ConversionStatus): number {
		return this.lists.get(`s${status}`)?.length ?? 0;
	}

	/** The conversions that match. */
	range(selection: Selection): Range {
		const { status, program, externalId, customerId, fromMs, toMs } = selection;
		let entries: readonly StoredConversion[];
		if (externalId !== undefined || customerId !== undefined) {
			const key = externalId !== undefined ? `e${externalId}` : `c${customerId}`;
			entries = (this.lists.get(key) ?? NONE).filter(
				({ conversion }) =>
					(status === undefined || conversion.status === status) &&
					(program === undefined || conversion.program.id === program) &&
					(customerId === undefined || conversion.customerId === customerId),
			);
		} else {
			const key = `${status === undefined ? '' : `s${status}`}${program === undefined ? '' : `p${program}`}`;
			entries = this.lists.get(key) ?? NONE;
		}
		const start =
			fromMs === undefined ? 0 : firstIndex(entries, (entry) => entry.createdAtMs >= fromMs);
		const end =
			toMs === undefined
				? entries.length
				: firstIndex(entries, (entry) => entry.createdAtMs > toMs);
		return { entries, start, end: Math.max(start, end) };
	}

	private listAt(key: string): StoredConversion[] {
		const list = this.lists.get(key);
		if (list !== undefined) return list;
		const made: StoredConversion[] = [];
		this.lists.set(key, made);
		return made;
	}

	private insert(key: string, entry: StoredConversion): void {
		const list = this.listAt(key);
		list.splice(
			firstIndex(list, (other) => isBefore(entry, other)),
			0,
			entry,
		);
	}

	private take(key: string, entry: StoredConversion): void {
		const list = this.listAt(key);
		const index = firstIndex(list, (other) => !isBefore(other, entry));
		if (list[index] === entry) list.splice(index, 1);
	}
}

function statusKeysOf({ status, program }: Conversion): string[] {
	return [`s${status}`, `s${status}p${program.id}`];
}

function keysOf(conversion: Conversion): string[] {
	const { program, externalId, customerId } = conversion;
	return [
		'',
		`p${program.id}`,
		...(externalId === '' ? [] : [`e${externalId}`]),
		...(customerId === '' ? [] : [`c${customerId}`]),
		...statusKeysOf(conversion),
	];
}
