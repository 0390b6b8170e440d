import { awaitAll } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { readUntil } from '../api/lists/readUntil';
import { addedAtMs } from '../domain/ids';
import type { Known, Part } from './cursor';
import type { Lists } from './lists';
import type { Round } from './round';

const DECIDED = ['accepted', 'refused'] as const;
/** Up to this many conversions are searched for one by one, without reading other lists first. */
const FEW = 3;
/**
 * How many conversions to search for before asking whether it is of use to search for more: there may be no time
 * left, one search may find others, and Affilae may list nothing at all.
 */
const AT_ONCE = 10;
/** How far from its date to search for a conversion, in ms: Affilae may store dates to the second. */
const DATE_MARGIN_MS = 1000;
/** How far from the time in its ID to search for a conversion without a date, in ms: Affilae creates the ID first. */
const ID_TIME_MARGIN_MS = 60_000;
/** How many rows of decided conversions to read per missing conversion: half a page. */
const ROWS_FOR_EACH = 50;

type Missing = ReadonlyMap<string, Known>;
type Entry = readonly [string, Known];

/**
 * Searches in one poll for the conversions that are no longer pending, to find their new status. What it has no
 * time for is carried over to the next poll.
 */
export class MissingSearch {
	/** Whether a search has returned any row. */
	private hasRows = false;
	/** What to search for now. */
	private missing: Missing = new Map();
	/** What whole lists did not contain. */
	private readonly absent = new Set<string>();

	/** @param meet notes rows; receives only the conversions searched for */
	constructor(
		private readonly round: Round,
		private readonly lists: Lists,
		private readonly meet: (rows: Rows, part: Part) => void,
	) {}

	/**
	 * Searches for a few carried-over conversions, before the lists are read, so that each poll finds some. One
	 * after the other, so that a rate limit does not stop all of them. Whatever it finds, they are not carried
	 * over again until the lists had their turn.
	 *
	 * @returns whether it searched for any
	 */
	async lookForFew(): Promise<boolean> {
		const carried = [...this.round.memory.carriedOver()];
		const few = carried.filter((entry) => aroundOf(entry) !== undefined).slice(0, FEW);
		this.missing = new Map(few);
		for (const entry of few) {
			await this.look(entry);
			this.round.memory.noteTurn(entry[0]);
			if (this.lists.isTimeToStop()) break;
		}
		return few.length > 0;
	}

	/**
	 * Searches for all that are missing, after the lists were read. If there are many, it first reads the decided
	 * conversions of the same period, but no more pages than there are conversions to find. Then it searches for
	 * the rest one by one.
	 */
	async lookForAll(): Promise<void> {
		const { memory } = this.round;
		this.missing = new Map(this.left([...memory.carriedOver(), ...this.round.missing()]));
		const [dated, undated] = [true, false].map((isDated) =>
			[...this.missing].filter(([, { createdAtMs }]) => (createdAtMs !== undefined) === isDated),
		);
		// What was searched for in vain once is hardly among the decided ones.
		const fresh = (dated ?? []).filter(([, { absences = 0 }]) => absences === 0);
		await this.inDecided(new Map(fresh));
		await this.each(dated ?? []);
		await this.eachInWhole(undated ?? []);
		// Only now it is known whether Affilae lists anything at all. If not, that proves nothing.
		if (!this.isAllEmpty())
			for (const id of this.absent) if (!this.round.hasMet(id)) memory.noteAbsent(id);
		if (!this.lists.isTimeToEnd()) return;
		for (const [id] of this.left([...this.missing])) if (!this.absent.has(id)) memory.carryOver(id);
	}

	/** Searches for many conversions at once, in the lists of accepted and refused ones. */
	private async inDecided(dated: Missing): Promise<void> {
		if (dated.size <= FEW) return;
		const most = dated.size * ROWS_FOR_EACH;
		for (const status of DECIDED) {
			const left = this.left([...dated]);
			if (left.length === 0 || this.lists.isTimeToEnd()) return;
			await this.read({ status, ...periodOf(left) }, () => this.left(left).length === 0, most);
		}
	}

	/** Searches for conversions without a date one by one, and for the rest in the whole list. */
	private async eachInWhole(undated: readonly Entry[]): Promise<void> {
		await this.each(undated);
		const left = this.left(undated);
		if (left.length === 0 || this.lists.isTimeToEnd()) return;
		const isWhole = await this.read({}, () => this.left(left).length === 0);
		if (isWhole) for (const [id] of this.left(left)) this.absent.add(id);
	}

	/** Searches for a conversion, in any status, around the time when it was created, or around the one in its ID. */
	private async look(entry: Entry): Promise<void> {
		const [id, { createdAtMs }] = entry;
		const around = aroundOf(entry);
		if (around === undefined) return;
		const isWhole = await this.read(around, () => this.round.hasMet(id));
		// The time in an ID is only a hint.
		if (isWhole && createdAtMs !== undefined) this.absent.add(id);
	}

	/** Whether this poll has received no row at all. That proves nothing: the next poll searches again. */
	private isAllEmpty(): boolean {
		return this.round.isEmpty && !this.hasRows;
	}

	private left(entries: readonly Entry[]): readonly Entry[] {
		return entries.filter(([id]) => !this.round.hasMet(id));
	}

	private async each(entries: readonly Entry[]): Promise<void> {
		let left = this.left(entries);
		while (left.length > 0 && !this.lists.isTimeToEnd()) {
			await awaitAll(left.slice(0, AT_ONCE).map(async (entry) => await this.look(entry)));
			if (this.isAllEmpty()) return;
			left = this.left(left.slice(AT_ONCE));
		}
	}

	/**
	 * Reads a part of the list until `isEnough` returns true, `most` rows were read, or the time is over. If rows do not
	 * show their status, reads it again in the lists of decided conversions.
	 *
	 * @returns whether the whole part was read, and the list did not change too fast
	 */
	private async read(part: Part, isEnough: () => boolean, most = Infinity): Promise<boolean> {
		let rows = 0;
		let isStatusShown = true;
		const end = await readUntil(this.lists.read(part, most), (batch) => {
			const sought = batch.filter(({ id }) => id !== undefined && this.missing.has(id));
			this.hasRows ||= batch.length > 0;
			isStatusShown &&= part.status !== undefined || sought.every(({ status }) => status);
			this.meet(sought, part);
			rows += batch.length;
			return isEnough() || rows >= most || this.lists.isTimeToEnd();
		});
		let isWhole = end?.isWhole === true;
		for (const status of isStatusShown ? [] : DECIDED)
			isWhole = (await this.read({ ...part, status }, isEnough, most)) && isWhole;
		return isWhole;
	}
}

/** Where to search for one conversion; undefined if it is unknown when it was created. */
function aroundOf([id, { createdAtMs }]: Entry): Part | undefined {
	const atMs = createdAtMs ?? addedAtMs(id);
	if (atMs === undefined) return undefined;
	const marginMs = createdAtMs === undefined ? ID_TIME_MARGIN_MS : DATE_MARGIN_MS;
	return { fromMs: atMs - marginMs, toMs: atMs + marginMs };
}

/** The period in which the conversions were created, with a margin. */
function periodOf(entries: readonly Entry[]): Part {
	const times = entries.flatMap(([, { createdAtMs }]) => createdAtMs ?? []);
	const [fromMs, toMs] = times.reduce(
		([from, to], atMs) => [Math.min(from, atMs), Math.max(to, atMs)],
		[Infinity, -Infinity],
	);
	return { fromMs: fromMs - DATE_MARGIN_MS, toMs: toMs + DATE_MARGIN_MS };
}
