import type { ListEnd, Rows } from '../api/lists/page';
import { readUntil } from '../api/lists/readUntil';
import { isReadable, STATUSES } from '../domain/conversion';
import { UserError } from '../domain/userError';
import { madeAt, withStatusOf, type Part } from './cursor';
import type { ConversionEvent } from './conversionEvent';
import type { Lists } from './lists';
import { MissingSearch } from './missing';
import { isPassing } from './pollErrors';
import type { Round } from './round';

/**
 * Reads the lists for a round.
 *
 * @param isWanted which events to keep
 * @returns the events, oldest conversion first
 * @throws what reading throws; the round must then be discarded
 */
export async function readRound(
	round: Round,
	lists: Lists,
	isWanted: (event: ConversionEvent) => boolean,
): Promise<ConversionEvent[]> {
	const happened: ConversionEvent[] = [];
	const meet = (rows: Rows, part: Part) => {
		for (const row of rows) {
			if (isReadable(row)) happened.push(...round.meet(row, part).filter(isWanted));
			else round.meetUnreadable(row, part);
		}
	};
	const search = new MissingSearch(round, lists, meet);
	let isFirst = !(await search.lookForFew());
	// A 404 to that search says nothing of the lists.
	lists.hasNewNotFound();
	const lastList = round.plan.parts.at(-1)?.status;
	const isLeft = new Set<Part['status']>();
	for (const part of round.plan.parts) {
		const { status } = part;
		if (isLeft.has(status) || lists.isRateLimited()) continue;
		const isOver = () => (status === lastList ? lists.isTimeToEnd() : lists.isTimeToStop());
		try {
			const { end, restMs, hasRows } = await readPart(part, lists, isOver, meet, round);
			const isProven = !lists.hasNewNotFound() || round.noteNotFound(part, hasRows);
			if (end === 'whole' && status === undefined)
				happened.push(...round.release().filter(isWanted));
			if (end === 'moved') round.doubt(part);
			else if (end === 'stopped') round.breakOff(part, { restMs, isFirst, hasRows });
			else if (isProven) round.end(part);
			else round.breakOff(part, { restMs: undefined, isFirst: false, hasRows });
			if (end !== 'whole' || !isProven || isOver()) isLeft.add(status);
		} catch (thrown) {
			if (!isPassing(thrown) || !round.canWait(part)) return await Promise.reject(thrown);
			round.leave(thrown);
			isLeft.add(status);
		}
		isFirst = false;
	}
	round.doubtEmptyList();
	try {
		await search.lookForAll();
	} catch (thrown) {
		// What is missing stays missing: the next round searches for it.
		if (!isPassing(thrown)) return await Promise.reject(thrown);
		round.failure = thrown;
	}
	return inOrderOfCreation(happened);
}

/**
 * In which order to search for the status of rows. If a pending one is decided in the meantime, a later list contains
 * it; so does the last one if a refused one is accepted.
 */
const SEARCHED = [...STATUSES, 'accepted'] as const;

type End = 'whole' | 'moved' | 'stopped';

/** Reads a part of the list until the time is over or a rate limit stops it; `restMs`: everything later was read. */
async function readPart(
	part: Part,
	lists: Lists,
	isOver: () => boolean,
	meet: (rows: Rows, part: Part) => void,
	round: Round,
): Promise<{ end: End; restMs?: number | undefined; hasRows: boolean }> {
	let hasRows = false;
	const reached = new Reached(part.toMs);
	const listEnd = await readUntil(lists.read(part), (rows) => {
		meet(rows, part);
		hasRows ||= rows.length > 0;
		reached.take(rows);
		return isOver();
	});
	const end = endOf(listEnd);
	const isHolding = () => part.status === undefined && round.held.eventful.length > 0;
	if (end === 'stopped') {
		const isRestKnown = lists.isOneList() && !isHolding();
		return { end, restMs: isRestKnown ? reached.ms : undefined, hasRows };
	}
	if (end === 'moved' || part.status !== undefined) return { end, hasRows };
	const statusEnd = await readStatuses(part, lists, isOver, meet, round);
	return { end: isHolding() ? statusEnd : end, hasRows };
}

/** Reads a part again, in the list of each status, as long as the round holds rows that did not show theirs. */
async function readStatuses(
	part: Part,
	lists: Lists,
	isOver: () => boolean,
	meet: (rows: Rows, part: Part) => void,
	round: Round,
): Promise<End> {
	for (const status of SEARCHED) {
		if (round.held.isEmpty) break;
		const listEnd = await readUntil(lists.read({ ...part, status }), (rows) => {
			meet(
				rows.map((row) => withStatusOf({ status }, row)),
				part,
			);
			return isOver();
		});
		const end = endOf(listEnd);
		if (end !== 'whole') return end;
	}
	return 'whole';
}

/** @throws {UserError} if the rest of the list cannot be read */
function endOf(end: ListEnd | undefined): End {
	if (end?.isWhole === true) return 'whole';
	if (end?.problem === 'unreachable') throw unreachable(end);
	return end?.problem === 'moved' ? 'moved' : 'stopped';
}

/** How far back a list was read whose newest rows come first. */
class Reached {
	/** All rows created later were received; undefined if unknown. */
	ms: number | undefined;
	private latestMs = -Infinity;
	private earliestMs = Infinity;
	private isInOrder = true;

	/** @param toMs no row was created later */
	constructor(private readonly toMs: number | undefined) {}

	/** @param rows the next rows; others before them may come later */
	take(rows: Rows): void {
		const { ms: believedMs = Infinity, earliestMs: reachedMs } = this;
		if (rows.some((row) => (madeAt(row) ?? -Infinity) > believedMs)) {
			this.isInOrder = false;
			this.ms = undefined;
		}
		if (rows.length === 0 || !this.isInOrder) return;
		for (const row of rows) {
			const atMs = madeAt(row) ?? Infinity;
			if (atMs > this.earliestMs || atMs === Infinity) this.isInOrder = false;
			this.latestMs = Math.max(this.latestMs, atMs);
			this.earliestMs = Math.min(this.earliestMs, atMs);
		}
		// Rows of one date have no order, unless no row can be newer.
		const hasOrder = this.earliestMs < this.latestMs || this.earliestMs === this.toMs;
		// Only rows in order prove that none before them was skipped.
		if (this.isInOrder && hasOrder) this.ms = reachedMs === Infinity ? this.earliestMs : reachedMs;
	}
}

function unreachable({ seen }: ListEnd): UserError {
	return new UserError(
		`Affilae returned only ${seen} conversions of a list, although it has more`,
		"Set 'Program' or 'Customer ID' in 'Filters', so that there are fewer.",
	);
}

function inOrderOfCreation(happened: ConversionEvent[]): ConversionEvent[] {
	const atMs = ({ conversion }: ConversionEvent) => madeAt(conversion) ?? Infinity;
	return happened.sort((a, b) => atMs(a) - atMs(b) || 0);
}
