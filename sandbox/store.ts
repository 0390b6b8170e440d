import { type Conversion, type ConversionStatus, setAmount, STATUSES } from './conversion';
import type { TrackedConversion } from './shop';

/** What can be done to a conversion. */
export type WriteAction = 'accept' | 'refuse' | 'update';

/** A write that was kept: what a test looks at to see that nothing was written twice. */
export interface KeptWrite {
	id: string;
	action: WriteAction;
	/** Cents; an update's new amount. */
	amountCents?: number;
	reason?: string;
}

/** A conversion with what the API does not show of it. */
export interface StoredConversion {
	/** As the API shows it. Change it through the store alone, else the store's lists go wrong. */
	readonly conversion: Conversion;
	/** Cents; an update must stay below it. */
	readonly initialAmountCents: number;
	/** Milliseconds since 1970, UTC. */
	readonly createdAtMs: number;
	/** Sets apart the conversions of one and the same millisecond. */
	readonly sequence: number;
	/** The kept writes since the start, oldest first. */
	readonly writes: KeptWrite[];
	/** Milliseconds since 1970, UTC; null while nothing was changed since the start. */
	changedAtMs: number | null;
}

/** Which conversions are meant; a key that is absent matches all. */
export interface Selection {
	status?: ConversionStatus;
	program?: string;
	externalId?: string;
	customerId?: string;
	/** Milliseconds since 1970, UTC; the earliest moment of creation, included. */
	fromMs?: number;
	/** The latest moment of creation, included. */
	toMs?: number;
}

/** Oldest first: conversions of `entries` from `start` (included) to `end` (excluded). */
interface Range {
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

/** The index of the first entry for which `isPast` holds; the entries before it must all fail it. */
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
 * Holds the conversions in memory. Lists by status, program, order and customer are kept in order of
 * creation, so that neither a page of 100,000 conversions nor a look-up costs a search through all.
 */
export class ConversionStore {
	private readonly ids = new Map<string, StoredConversion>();
	private readonly lists = new Map<string, StoredConversion[]>();
	private readonly changed = new Set<StoredConversion>();
	private readonly now: () => number;
	private sequence = 0;
	private changes = 0;

	/** All writes that were kept, oldest first. */
	readonly writes: KeptWrite[] = [];

	/** @param now milliseconds since 1970, UTC */
	constructor(conversions: readonly TrackedConversion[], now: () => number) {
		this.now = now;
		const entries = conversions.map((tracked) => this.entryOf(tracked));
		entries.sort((a, b) => (isBefore(a, b) ? -1 : 1));
		for (const entry of entries) {
			this.ids.set(entry.conversion.id, entry);
			for (const key of this.keysOf(entry.conversion)) this.listAt(key).push(entry);
		}
	}

	/** How many conversions there are. */
	get size(): number {
		return this.ids.size;
	}

	/** Grows with every change, so that a reader can tell whether anything happened. */
	get revision(): number {
		return this.changes;
	}

	get(id: string): StoredConversion | undefined {
		return this.ids.get(id);
	}

	/** All conversions of that order id, oldest first; more than one where several programs have it. */
	byExternalId(externalId: string): Conversion[] {
		return this.select({ externalId }).map(({ conversion }) => conversion);
	}

	/** All conversions of that customer, oldest first. */
	byCustomerId(customerId: string): Conversion[] {
		return this.select({ customerId }).map(({ conversion }) => conversion);
	}

	/** All conversions, oldest first. */
	all(): Conversion[] {
		return this.listAt('').map(({ conversion }) => conversion);
	}

	/** How many conversions have each status. */
	counts(): Record<ConversionStatus, number> {
		const [pending, accepted, refused] = STATUSES.map((status) => this.listAt(`s${status}`).length);
		return { pending: pending ?? 0, accepted: accepted ?? 0, refused: refused ?? 0 };
	}

	/** How many conversions match. */
	count(selection: Selection): number {
		const { start, end } = this.range(selection);
		return end - start;
	}

	/** All that match, oldest first. */
	select(selection: Selection): StoredConversion[] {
		const { entries, start, end } = this.range(selection);
		return entries.slice(start, end);
	}

	/** Of those that match, sorted by creation, `limit` after the first `offset`. */
	page(
		selection: Selection,
		order: 'oldestFirst' | 'newestFirst',
		offset: number,
		limit: number,
	): StoredConversion[] {
		const { entries, start, end } = this.range(selection);
		if (order === 'oldestFirst') {
			return entries.slice(Math.min(start + offset, end), Math.min(start + offset + limit, end));
		}
		const last = Math.max(end - offset, start);
		return entries.slice(Math.max(last - limit, start), last).reverse();
	}

	/** What was changed or added since the start, the latest change first. */
	latestChanges(limit: number): StoredConversion[] {
		return [...this.changed].slice(-limit).reverse();
	}

	/**
	 * Adds a conversion.
	 *
	 * @throws RangeError when its id is there already
	 */
	add(tracked: TrackedConversion): StoredConversion {
		const { id } = tracked.conversion;
		if (this.ids.has(id)) throw new RangeError(`There is a conversion ${id} already`);
		const entry = this.entryOf(tracked);
		this.ids.set(id, entry);
		for (const key of this.keysOf(entry.conversion)) this.insert(key, entry);
		this.touch(entry);
		return entry;
	}

	/** Sets the status to accepted, whatever it was: the rules are checked elsewhere. */
	accept(entry: StoredConversion): void {
		this.setStatus(entry, 'accepted');
		this.keep(entry, { id: entry.conversion.id, action: 'accept' });
	}

	/** Sets the status to refused, whatever it was. */
	refuse(entry: StoredConversion, reason: string): void {
		this.setStatus(entry, 'refused');
		entry.conversion.refuseReason = reason;
		this.keep(entry, { id: entry.conversion.id, action: 'refuse', reason });
	}

	/** Sets the amount and the commissions that hang on it. */
	update(entry: StoredConversion, amountCents: number, reason: string): void {
		setAmount(entry.conversion, amountCents);
		this.keep(entry, { id: entry.conversion.id, action: 'update', amountCents, reason });
	}

	private entryOf({ conversion, initialAmountCents }: TrackedConversion): StoredConversion {
		this.sequence += 1;
		return {
			conversion,
			initialAmountCents,
			createdAtMs: Date.parse(conversion.createdAt),
			sequence: this.sequence,
			writes: [],
			changedAtMs: null,
		};
	}

	private keysOf({ status, program, externalId, customerId }: Conversion): string[] {
		return [
			'',
			`p${program.id}`,
			`e${externalId}`,
			`c${customerId}`,
			...this.statusKeysOf(status, program.id),
		];
	}

	private statusKeysOf(status: ConversionStatus, programId: string): string[] {
		return [`s${status}`, `s${status}p${programId}`];
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

	private remove(key: string, entry: StoredConversion): void {
		const list = this.listAt(key);
		const index = firstIndex(list, (other) => !isBefore(other, entry));
		if (list[index] === entry) list.splice(index, 1);
	}

	private setStatus(entry: StoredConversion, status: ConversionStatus): void {
		const { conversion } = entry;
		const programId = conversion.program.id;
		for (const key of this.statusKeysOf(conversion.status, programId)) this.remove(key, entry);
		conversion.status = status;
		for (const key of this.statusKeysOf(status, programId)) this.insert(key, entry);
	}

	private keep(entry: StoredConversion, write: KeptWrite): void {
		entry.writes.push(write);
		this.writes.push(write);
		this.touch(entry);
	}

	private touch(entry: StoredConversion): void {
		this.changes += 1;
		entry.changedAtMs = this.now();
		this.changed.delete(entry);
		this.changed.add(entry);
	}

	private range(selection: Selection): Range {
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
}
