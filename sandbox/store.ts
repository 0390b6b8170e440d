import { type Conversion, type ConversionStatus, setAmount } from './conversion';
import { EntryLists, type Selection } from './entryLists';
import { lockAfter, type TrackedConversion } from './tracking';

export type { Selection } from './entryLists';

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
	/** What Affilae knows of it. Change it through the store alone, else the store's lists go wrong. */
	readonly conversion: Conversion;
	/** Cents; an update must stay below it. */
	readonly initialAmountCents: number;
	/** Days from a decision to the lock. */
	readonly graceDays: number;
	/** What its row shows instead of its own fields. */
	readonly shownFields: Readonly<Record<string, unknown>>;
	/** Milliseconds since 1970, UTC. */
	readonly createdAtMs: number;
	/** Sets apart the conversions of one and the same millisecond. */
	readonly sequence: number;
	/** The kept writes since the start, oldest first. */
	readonly writes: KeptWrite[];
	/** Milliseconds since 1970, UTC; null while nothing was changed since the start. */
	changedAtMs: number | null;
}

/** Holds the conversions in memory. */
export class ConversionStore {
	private readonly ids = new Map<string, StoredConversion>();
	private readonly lists: EntryLists;
	private readonly changed = new Set<StoredConversion>();
	private readonly now: () => number;
	private sequence = 0;
	private changes = 0;

	/** All writes that were kept, oldest first. */
	readonly writes: KeptWrite[] = [];

	/** @param now milliseconds since 1970, UTC: what grace periods are measured by */
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

	/** Grows with every change, so that a reader can tell whether anything happened. */
	get revision(): number {
		return this.changes;
	}

	get(id: string): StoredConversion | undefined {
		const entry = this.ids.get(id.toLowerCase());
		return entry === undefined ? undefined : this.settled(entry);
	}

	/** All conversions of that order id, oldest first; several where rules or programs share it. */
	byExternalId(externalId: string): Conversion[] {
		return this.select({ externalId }).map(({ conversion }) => conversion);
	}

	/** All conversions of that customer, oldest first. */
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

	/** All that match, oldest first. */
	select(selection: Selection): StoredConversion[] {
		const { entries, start, end } = this.lists.range(selection);
		return entries.slice(start, end).map((entry) => this.settled(entry));
	}

	/** Of those that match, sorted by creation, `limit` after the first `offset`. */
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

	/** What was changed or added since the start, the latest change first. */
	latestChanges(limit: number): StoredConversion[] {
		return [...this.changed]
			.slice(-limit)
			.reverse()
			.map((entry) => this.settled(entry));
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
		this.lists.add(entry);
		this.touch(entry);
		return this.settled(entry);
	}

	/** Takes a conversion away, as if it had never been. */
	remove(entry: StoredConversion): void {
		this.ids.delete(entry.conversion.id);
		this.lists.remove(entry);
		this.changed.delete(entry);
		this.changes += 1;
	}

	/**
	 * Sets the status to accepted, whatever it was, and starts the grace period: what may be done is
	 * checked in lifecycle.ts.
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

	/** Sets the amount and the commissions that hang on it. */
	update(entry: StoredConversion, amountCents: number, reason: string): void {
		setAmount(entry.conversion, amountCents);
		this.keep(entry, { id: entry.conversion.id, action: 'update', amountCents, reason });
	}

	/** As `accept` and `refuse`, by somebody else: it is no write of the API's clients. */
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
