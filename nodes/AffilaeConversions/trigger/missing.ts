import { awaitAll } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { readUntil } from '../api/lists/readUntil';
import { addedAtMs } from '../domain/ids';
import type { Known, Part } from './cursor';
import type { Lists } from './lists';
import type { Round } from './round';

/** Up to this many conversions are searched for one by one, without reading the decided ones first. */
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

/**
 * Searches for the conversions that are no longer pending, to find their new status. If there are many, it
 * first reads the decided conversions of the same period, but no more pages than there are conversions to
 * find. Then it searches for the rest one by one. The next poll begins with those that this one has no time for.
 *
 * @param meet notes rows; receives only the conversions searched for
 */
export async function lookForMissing(
	round: Round,
	lists: Lists,
	meet: (rows: Rows, part: Part) => void,
): Promise<void> {
	await lookFor(round.missing(), round, lists, meet);
}

/**
 * As {@link lookForMissing}, for those that earlier polls had no time for. Begins with a few, one by one, so that
 * each poll finds some.
 */
export async function lookForCarriedOver(
	round: Round,
	lists: Lists,
	meet: (rows: Rows, part: Part) => void,
): Promise<void> {
	const missing = [...round.memory.carriedOver()];
	await lookFor(new Map(missing.slice(0, FEW)), round, lists, meet);
	await lookFor(new Map(missing.slice(FEW)), round, lists, meet);
}

async function lookFor(
	missing: Missing,
	round: Round,
	lists: Lists,
	meet: (rows: Rows, part: Part) => void,
): Promise<void> {
	const search = new MissingSearch(round, lists, missing, meet);
	const [dated, undated] = [true, false].map((isDated) =>
		[...missing].filter(([, { createdAtMs }]) => (createdAtMs !== undefined) === isDated),
	);
	await search.inDecided(new Map(dated));
	await search.eachByDate(dated ?? []);
	await search.eachById(undated ?? []);
	if (!lists.isTimeToEnd()) return;
	for (const id of missing.keys()) if (!round.hasMet(id)) round.memory.carryOver(id);
}

type Entry = readonly [string, Known];

class MissingSearch {
	/** Whether a search has returned any row. */
	private hasRows = false;

	constructor(
		private readonly round: Round,
		private readonly lists: Lists,
		private readonly missing: Missing,
		private readonly meet: (rows: Rows, part: Part) => void,
	) {}

	/** Searches for many conversions at once, in the lists of accepted and refused ones. */
	async inDecided(dated: Missing): Promise<void> {
		if (dated.size <= FEW) return;
		const most = dated.size * ROWS_FOR_EACH;
		for (const status of ['accepted', 'refused'] as const) {
			const left = this.left([...dated]);
			if (left.length === 0 || this.lists.isTimeToEnd()) return;
			await this.read({ status, ...periodOf(left) }, () => this.left(left).length === 0, most);
		}
	}

	/** Searches for each conversion around the time when it was created, in any status. */
	async eachByDate(dated: readonly Entry[]): Promise<void> {
		await this.each(dated, async ([id, { createdAtMs = 0 }]) => {
			const around = {
				fromMs: createdAtMs - DATE_MARGIN_MS,
				toMs: createdAtMs + DATE_MARGIN_MS,
			};
			const isWhole = await this.read(around, () => this.round.hasMet(id));
			if (isWhole) this.noteAbsent([id]);
		});
	}

	/** Searches for each conversion around the time in its ID, and for the rest in the whole list. */
	async eachById(undated: readonly Entry[]): Promise<void> {
		await this.each(undated, async ([id]) => {
			const atMs = addedAtMs(id);
			if (atMs === undefined) return;
			const around = { fromMs: atMs - ID_TIME_MARGIN_MS, toMs: atMs + ID_TIME_MARGIN_MS };
			await this.read(around, () => this.round.hasMet(id));
		});
		const left = this.left(undated);
		if (left.length === 0 || this.lists.isTimeToEnd()) return;
		const isWhole = await this.read({}, () => this.left(left).length === 0);
		if (isWhole) this.noteAbsent(left.map(([id]) => id));
	}

	/** Notes that a whole list does not contain these. */
	private noteAbsent(ids: readonly string[]): void {
		if (this.isAllEmpty()) return;
		for (const id of ids) if (!this.round.hasMet(id)) this.round.memory.noteAbsent(id);
	}

	/** Whether this poll has received no row at all. That proves nothing: the next poll searches again. */
	private isAllEmpty(): boolean {
		return this.round.isEmpty && !this.hasRows;
	}

	private left(entries: readonly Entry[]): readonly Entry[] {
		return entries.filter(([id]) => !this.round.hasMet(id));
	}

	private async each(
		entries: readonly Entry[],
		look: (entry: Entry) => Promise<void>,
	): Promise<void> {
		let left = this.left(entries);
		while (left.length > 0 && !this.lists.isTimeToEnd()) {
			await awaitAll(left.slice(0, AT_ONCE).map(look));
			if (this.isAllEmpty()) return;
			left = this.left(left.slice(AT_ONCE));
		}
	}

	/**
	 * Reads a part of the list until `isEnough` returns true, `most` rows were read, or the time is over.
	 *
	 * @returns whether the whole part was read, and the list did not change too fast
	 */
	private async read(part: Part, isEnough: () => boolean, most = Infinity): Promise<boolean> {
		let rows = 0;
		const end = await readUntil(this.lists.read(part, most), (batch) => {
			const sought = batch.filter(({ id }) => id !== undefined && this.missing.has(id));
			this.hasRows ||= batch.length > 0;
			this.meet(sought, part);
			rows += batch.length;
			return isEnough() || rows >= most || this.lists.isTimeToEnd();
		});
		return end?.isWhole === true;
	}
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
