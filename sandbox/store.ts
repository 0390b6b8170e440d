import { type Conversion, type ConversionStatus, setAmount } from './conversion';
import { EntryLists, type Selection } from './entryLists';
import { lockAfter, type TrackedConversion } from './tracking';

export type { Selection } from './entryLists';

/** The writes to a conversion. */
export type WriteAction = 'accept' | 'refuse' | 'update';

/** A write that was carried out. Tests use it to check that nothing was written twice. */
export interface KeptWrite {
	id: string;
	action: WriteAction;
	/** Cents; an update's new amount. */
	amountCents?: number;
	reason?: string;
}

/** A conversion with data that the API does not show. */
export interface StoredConversion {
	/** The conversion as Affilae stores it. Change it only through the store, which keeps its lists in sync. */
	readonly conversion: Conversion;
	/** Cents; an update must stay below it. */
	readonly initialAmountCents: number;
	/** Days from a decision to the lock. */
	readonly graceDays: number;
	/** Values that replace fields of its row. */
	readonly shownFields: Readonly<Record<string, unknown>>;
	/** Milliseconds since 1970, UTC. */
	readonly createdAtMs: number;
	/** Orders conversions of the same millisecond. */
	readonly sequence: number;
	/** The writes carried out since the start, oldest first. */
	readonly writes: KeptWrite[];
	/** Milliseconds since 1970, UTC; null if it was not changed since the start. */
	changedAtMs: number | null;
}

/** Stores the conversions in memory. */
export class ConversionStore {
	private readonly ids = new Map<string, StoredConversion>();
	private readonly lists: EntryLists;
	private readonly changed = new Set<StoredConversion>();
	private readonly now: () => number;
	private sequence = 0;
	private changes = 0;

	/** All writes that were carried out, oldest first. */
	readonly writes: KeptWrite[] = [];

	/** @param now milliseconds since 1970, UTC, for grace periods */
	constructor(conversions: readonly TrackedConversion[], now: () => number) {
		this.now = now;
		const entries = conversions.map((tracked) => this.entryOf(tracked));
		for (const entry of entries) this.ids.set(entry.conversion.id, entry);
		if (this.ids.size < entries.length) throw new RangeError('Two conversions have one id');
		this.lists = new EntryLists(entries);
	}

	/** How many conversions there are. */
	get size(): number {
		return this.ids.size;
	}

	/** Increases with every change, so that a reader can detect changes. */
	get revision(): number {
		return this.changes;
	}

	get(id: string): StoredConversion | undefined {
		const entry = this.ids.get(id.toLowerCase());
		return entry === undefined ? undefined : this.settled(entry);
	}

	/** All conversions of an order ID, oldest first; several if rules or programs share it. */
	byExternalId(externalId: string): Conversion[] {
		return this.select({ externalId }).map(({ conversion }) => conversion);
	}

	/** All conversions of a customer, oldest first. */
	byCustomerId(customerId: string): Conversion[] {
		return this.select({ customerId }).map(({ conversion }) => conversion);
	}

	/** All conversions, oldest first. */
	all(): Conversion[] {
		return this.select({}).map(({ conversion }) => conversion);
	}

	/** How many conversions have each status. */
	counts(): Record<ConversionStatus, number> {
		const { lists } = this;
		return {
			pending: lists.countOf('pending'),
			accepted: lists.countOf('accepted'),
			refused: lists.countOf('refused'),
		};
	}

	/** How many conversions match. */
	count(selection: Selection): number {
		const { start, end } = this.lists.range(selection);
		return end - start;
	}

	/** All matching conversions, oldest first. */
	select(selection: Selection): StoredConversion[] {
		const { entries, start, end } = this.lists.range(selection);
		return entries.slice(start, end).map((entry) => this.settled(entry));
	}

	/** `limit` matching conversions from `offset` on, sorted by creation. */
	page(
		selection: Selection,
		order: 'oldestFirst' | 'newestFirst',
		offset: number,
		limit: number,
	): StoredConversion[] {
		const { entries, start, end } = this.lists.range(selection);
		if (order === 'oldestFirst') {
			return entries
				.slice(Math.min(start + offset, end), Math.min(start + offset + limit, end))
				.map((entry) => this.settled(entry));
		}
		const last = Math.max(end - offset, start);
		return entries
			.slice(Math.max(last - limit, start), last)
			.reverse()
			.map((entry) => this.settled(entry));
	}

	/** Conversions that were changed or added since the start, latest change first. */
	latestChanges(limit: number): StoredConversion[] {
		return [...this.changed]
			.slice(-limit)
			.reverse()
			.map((entry) => this.settled(entry));
	}

	/**
	 * Adds a conversion.
	 *
	 * @throws RangeError if its ID exists already
	 */
	add(tracked: TrackedConversion): StoredConversion {
		const { id } = tracked.conversion;
		if (this.ids.has(id)) throw new RangeError(`There is a conversion ${id} already`);
		const entry = this.entryOf(tracked);
		this.ids.set(id, entry);
		this.lists.add(entry);
		this.touch(entry);
		return this.settled(entry);
	}

	/** Removes a conversion. */
	remove(entry: StoredConversion): void {
		this.ids.delete(entry.conversion.id);
		this.lists.remove(entry);
		this.changed.delete(entry);
		this.changes += 1;
	}

	/**
	 * Sets the status to accepted, whatever it was, and starts the grace period. lifecycle.ts checks
	 * what is allowed.
	 */
	accept(entry: StoredConversion): void {
		this.decide(entry, 'accepted', null);
		this.keep(entry, { id: entry.conversion.id, action: 'accept' });
	}

	/** Sets the status to refused, whatever it was, and starts the grace period. */
	refuse(entry: StoredConversion, reason: string): void {
		this.decide(entry, 'refused', reason);
		this.keep(entry, { id: entry.conversion.id, action: 'refuse', reason });
	}

	/** Sets the amount and the commissions that depend on it. */
	update(entry: StoredConversion, amountCents: number, reason: string): void {
		setAmount(entry.conversion, amountCents);
		this.keep(entry, { id: entry.conversion.id, action: 'update', amountCents, reason });
	}

	/** As `accept` and `refuse`, but by somebody else: not recorded as a write of the API's clients. */
	decide(entry: StoredConversion, status: 'accepted' | 'refused', reason: string | null): void {
		this.lists.setStatus(entry, status);
		const { conversion, graceDays } = entry;
		conversion.refuseReason = reason;
		conversion.lockedAt = new Date(lockAfter(this.now(), graceDays)).toISOString();
		this.settled(entry);
		this.touch(entry);
	}

	private entryOf(tracked: TrackedConversion): StoredConversion {
		this.sequence += 1;
		return {
			conversion: tracked.conversion,
			initialAmountCents: tracked.initialAmountCents,
			graceDays: tracked.graceDays,
			shownFields: tracked.shownFields ?? {},
			createdAtMs: Date.parse(tracked.conversion.createdAt),
			sequence: this.sequence,
			writes: [],
			changedAtMs: null,
		};
	}

	/** The same conversion, locked if its grace period has ended by now. */
	private settled(entry: StoredConversion): StoredConversion {
		const { conversion } = entry;
		const { lockedAt } = conversion;
		conversion.isLocked = lockedAt !== null && Date.parse(lockedAt) <= this.now();
		return entry;
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
}
