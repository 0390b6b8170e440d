import type { Conversion } from '../domain/conversion';
import type { Known } from './cursor';
import type { Descent } from './descent';

/** In how many searches in a row a conversion must not be found until it is no longer searched for. */
const MOST_ABSENCES = 3;

/** The conversions that one round knows, and which pending ones to search for. */
export class Memory {
	private readonly entries: Map<string, Known>;

	/**
	 * @param before what the previous round knew
	 * @param watches whether changes are watched, so that status and amounts are stored
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 */
	constructor(
		private readonly before: ReadonlyMap<string, Known>,
		private readonly watches: boolean,
		private readonly nowMs: number,
	) {
		this.entries = new Map(before);
	}

	/** All known conversions, by ID. */
	get all(): ReadonlyMap<string, Known> {
		return this.entries;
	}

	has(id: string): boolean {
		return this.entries.has(id);
	}

	/** @param createdAtMs milliseconds since 1970, UTC; undefined if Affilae returned no date */
	remember(
		{ id, status, amountCents }: Pick<Conversion, 'id' | 'status' | 'amountCents'>,
		createdAtMs: number | undefined,
	): void {
		const before = this.entries.get(id);
		const cents = amountCents ?? before?.amountCents;
		const word = status ?? before?.status;
		this.entries.set(id, {
			...this.datesOf(createdAtMs ?? before?.createdAtMs),
			...(this.watches && word !== undefined ? { status: word } : {}),
			...(this.watches && cents !== undefined ? { amountCents: cents } : {}),
		});
	}

	/**
	 * Notes that Affilae does not list a pending conversion. It stays known: if it is back later, it is not new,
	 * and a new status is a change.
	 */
	noteAbsent(id: string): void {
		const known = this.entries.get(id);
		if (known) this.entries.set(id, { ...known, absences: (known.absences ?? 0) + 1 });
	}

	/** Notes that there was no time to search for a conversion: the next round begins with it. */
	carryOver(id: string): void {
		const known = this.entries.get(id);
		if (known && this.isUntouched(id)) this.entries.set(id, { absences: 0, ...known });
	}

	/** Notes that a carried-over conversion had its turn: it is searched for again when it is missing again. */
	noteTurn(id: string): void {
		const { absences, ...known } = this.entries.get(id) ?? {};
		if (absences === 0) this.entries.set(id, known);
	}

	/** The conversions that earlier rounds had no time to search for, and that had no turn in this one. */
	carriedOver(): Map<string, Known> {
		const isCarried = ([id, { absences }]: [string, Known]) =>
			absences === 0 && this.isUntouched(id);
		return new Map([...this.before].filter(isCarried));
	}

	/**
	 * The conversions that were pending, and that this round has neither met nor searched for.
	 *
	 * @param covered which part of the list of pending ones was read
	 */
	missing({ afterMs, toMs }: NonNullable<Descent['covered']>): Map<string, Known> {
		const isWhole = afterMs === -Infinity && toMs === Infinity;
		const isMissing = ([id, { status, createdAtMs, absences = 0 }]: [string, Known]) => {
			if (status !== 'pending' || absences >= MOST_ABSENCES || !this.isUntouched(id)) return false;
			return createdAtMs === undefined ? isWhole : createdAtMs > afterMs && createdAtMs <= toMs;
		};
		return new Map([...this.before].filter(isMissing));
	}

	private isUntouched(id: string): boolean {
		return this.entries.get(id) === this.before.get(id);
	}

	private datesOf(createdAtMs: number | undefined): Known {
		return createdAtMs === undefined ? { metAtMs: this.nowMs } : { createdAtMs };
	}
}

/** When the oldest of the pending conversions was created, in milliseconds since 1970, UTC; undefined if unknown. */
export function oldestPendingMs(known: ReadonlyMap<string, Known> = new Map()): number | undefined {
	let oldestMs = Infinity;
	for (const { status, createdAtMs = Infinity } of known.values())
		if (status === 'pending') oldestMs = Math.min(oldestMs, createdAtMs);
	return oldestMs === Infinity ? undefined : oldestMs;
}
