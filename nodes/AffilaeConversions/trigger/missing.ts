import { awaitAll } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { idMadeAt, type Known, type Part } from './cursor';
import { readUntil, type Lists } from './lists';
import type { Round } from './round';

/** Up to this many conversions are searched one by one, whatever reading the lists would cost. */
const FEW = 3;
/** How many to search at the same time. */
const AT_ONCE = 10;
/** How far before and after its date a conversion is searched: dates may be in whole seconds. */
const AROUND_MS = 1000;
/** The same around the time in its ID, if Affilae gives no date. */
const AROUND_ID_MS = 60_000;
/** How many rows of decided conversions to read per searched one: half a page. */
const ROWS_FOR_EACH = 50;

type Missing = ReadonlyMap<string, Known>;

/**
 * Searches the conversions that are no longer pending, to find their new status. If there are many, it first
 * reads the decided conversions of the same period, in no more pages than there are conversions to find, and
 * then searches the rest one by one. The next poll searches what this one has no time for.
 *
 * @param meet notes rows; gets only those that are searched
 */
export async function lookForMissing(
	round: Round,
	lists: Lists,
	meet: (rows: Rows, part: Part) => void,
): Promise<void> {
	const missing = round.missing();
	const search = new MissingSearch(round, lists, missing, meet);
	const [dated, undated] = [true, false].map((isDated) =>
		[...missing].filter(([, { createdAtMs }]) => (createdAtMs !== undefined) === isDated),
	);
	await search.inDecided(new Map(dated));
	await search.eachByDate(dated ?? []);
	await search.eachById(undated ?? []);
}

type Entry = readonly [string, Known];

class MissingSearch {
	constructor(
		private readonly round: Round,
		private readonly lists: Lists,
		private readonly missing: Missing,
		private readonly meet: (rows: Rows, part: Part) => void,
	) {}

	/** Searches many at once in the lists of decided conversions. */
	async inDecided(dated: Missing): Promise<void> {
		if (dated.size <= FEW) return;
		const most = dated.size * ROWS_FOR_EACH;
		for (const status of ['accepted', 'refused'] as const) {
			const left = this.left([...dated]);
			if (left.length === 0 || this.lists.isTimeToEnd()) return;
			await this.read({ status, ...periodOf(left) }, () => this.left(left).length === 0, most);
		}
	}

	/** Searches each by the time when it was created, in any status. */
	async eachByDate(dated: readonly Entry[]): Promise<void> {
		await this.each(dated, async ([id, { createdAtMs = 0 }]) => {
			const around = { fromMs: createdAtMs - AROUND_MS, toMs: createdAtMs + AROUND_MS };
			const isWhole = await this.read(around, () => this.round.hasMet(id));
			if (isWhole && !this.round.hasMet(id)) this.round.forget(id);
		});
	}

	/** Searches each by the time in its ID, and then in the whole list. */
	async eachById(undated: readonly Entry[]): Promise<void> {
		await this.each(undated, async ([id]) => {
			const atMs = idMadeAt(id);
			if (atMs === undefined) return;
			const around = { fromMs: atMs - AROUND_ID_MS, toMs: atMs + AROUND_ID_MS };
			await this.read(around, () => this.round.hasMet(id));
		});
		const left = this.left(undated);
		if (left.length === 0 || this.lists.isTimeToEnd()) return;
		const isWhole = await this.read({}, () => this.left(left).length === 0);
		if (isWhole) for (const [id] of this.left(left)) this.round.forget(id);
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
			left = this.left(left.slice(AT_ONCE));
		}
	}

	/**
	 * Reads a part of the list until `isEnough`.
	 *
	 * @returns whether all of it was read, and the list did not change too fast
	 */
	private async read(part: Part, isEnough: () => boolean, most = Infinity): Promise<boolean> {
		let rows = 0;
		const end = await readUntil(this.lists.read(part, most), (batch) => {
			const sought = batch.filter(({ id }) => id !== undefined && this.missing.has(id));
			this.meet(sought, part);
			rows += batch.length;
			return isEnough() || rows >= most || this.lists.isTimeToEnd();
		});
		return end?.isWhole === true;
	}
}

/** The period in which conversions were created. */
function periodOf(entries: readonly Entry[]): Part {
	const times = entries.flatMap(([, { createdAtMs }]) => createdAtMs ?? []);
	const [fromMs, toMs] = times.reduce(
		([from, to], atMs) => [Math.min(from, atMs), Math.max(to, atMs)],
		[Infinity, -Infinity],
	);
	return { fromMs: fromMs - AROUND_MS, toMs: toMs + AROUND_MS };
}
