import { awaitAll } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { idMadeAt, type Known, type Part } from './cursor';
import { readUntil, type Lists } from './lists';
import type { Round } from './round';

/** Up to this many conversions are searched for one by one, without reading the decided ones first. */
const FEW = 3;
/** How many conversions to search for at the same time. */
const AT_ONCE = 10;
/** How far around its date to search for a conversion, in ms: dates may be in whole seconds. */
const AROUND_MS = 1000;
/** How far around the time in its ID to search for a conversion without a date, in ms. */
const AROUND_ID_MS = 60_000;
/** How many rows of decided conversions to read per missing conversion: half a page. */
const ROWS_FOR_EACH = 50;

type Missing = ReadonlyMap<string, Known>;

/**
 * Searches for the conversions that are no longer pending, to find their new status. If there are many, it
 * first reads the decided conversions of the same period, but no more pages than there are conversions to
 * find. Then it searches for the rest one by one. The next poll searches for those that this one
 * has no time for.
 *
 * @param meet notes rows; receives only the conversions searched for
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
			const around = { fromMs: createdAtMs - AROUND_MS, toMs: createdAtMs + AROUND_MS };
			const isWhole = await this.read(around, () => this.round.hasMet(id));
			if (isWhole) this.forget([id]);
		});
	}

	/** Searches for each conversion around the time in its ID, and for the rest in the whole list. */
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
		if (isWhole) this.forget(left.map(([id]) => id));
	}

	/** Forgets those that a whole list does not contain. A 404 is no list: the next poll searches again. */
	private forget(ids: readonly string[]): void {
		if (this.lists.hasReceivedNotFound()) return;
		for (const id of ids) if (!this.round.hasMet(id)) this.round.forget(id);
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
	 * Reads a part of the list until `isEnough` returns true, `most` rows were read, or the time is over.
	 *
	 * @returns whether the whole part was read, and the list did not change too fast
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

/** The period in which the conversions were created, with a margin. */
function periodOf(entries: readonly Entry[]): Part {
	const times = entries.flatMap(([, { createdAtMs }]) => createdAtMs ?? []);
	const [fromMs, toMs] = times.reduce(
		([from, to], atMs) => [Math.min(from, atMs), Math.max(to, atMs)],
		[Infinity, -Infinity],
	);
	return { fromMs: fromMs - AROUND_MS, toMs: toMs + AROUND_MS };
}
