import { awaitAll } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { idMadeAt, type Known, type Part } from './cursor';
import { readUntil, type Lists } from './lists';
import type { Round } from './round';

/** Conversions that are looked for one by one whatever the lists would cost. */
const FEW = 3;
/** How many are looked for at the same time. */
const AT_ONCE = 10;
/** Dates may be kept in whole seconds: so far on either side a single conversion is looked for. */
const AROUND_MS = 1000;
/** So far around the moment in its ID, if Affilae gives no date. */
const AROUND_ID_MS = 60_000;
/** So many rows of the decided ones are read for each conversion that is looked for: half a page. */
const ROWS_FOR_EACH = 50;

type Missing = ReadonlyMap<string, Known>;

/**
 * Looks for what is no longer pending, to see what became of it: many among those decided of their
 * time, in no more pages than there are conversions to look for; the others one by one. What there is
 * no time for is looked for by the next poll.
 *
 * @param meet takes note of rows; only those that are looked for are given to it
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

	/** Looks for many at once in the lists of decided conversions. */
	async inDecided(dated: Missing): Promise<void> {
		if (dated.size <= FEW) return;
		const most = dated.size * ROWS_FOR_EACH;
		for (const status of ['accepted', 'refused'] as const) {
			const left = this.left([...dated]);
			if (left.length === 0 || this.lists.isTimeToEnd()) return;
			await this.read({ status, ...periodOf(left) }, () => this.left(left).length === 0, most);
		}
	}

	/** Looks for each at the time when it was made, in whatever state it is now. */
	async eachByDate(dated: readonly Entry[]): Promise<void> {
		await this.each(dated, async ([id, { createdAtMs = 0 }]) => {
			const around = { fromMs: createdAtMs - AROUND_MS, toMs: createdAtMs + AROUND_MS };
			const isWhole = await this.read(around, () => this.round.hasMet(id));
			if (isWhole && !this.round.hasMet(id)) this.round.forget(id);
		});
	}

	/** Looks for each at the time that its ID names, and if that does not help in the whole list. */
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
	 * Reads a part until it is enough.
	 *
	 * @returns whether all of it was read, and the list did not move away meanwhile
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

/** The period in which conversions were made. */
function periodOf(entries: readonly Entry[]): Part {
	const times = entries.flatMap(([, { createdAtMs }]) => createdAtMs ?? []);
	const [fromMs, toMs] = times.reduce(
		([from, to], atMs) => [Math.min(from, atMs), Math.max(to, atMs)],
		[Infinity, -Infinity],
	);
	return { fromMs: fromMs - AROUND_MS, toMs: toMs + AROUND_MS };
}
