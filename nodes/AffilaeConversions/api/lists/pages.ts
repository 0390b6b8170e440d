import { PAGE_SIZE } from '../constants';
import type { ListEnd, ListRequest, Page, Rows } from './page';
import { Pass, type PassEnd, type Way } from './passes';
import { readPeriods } from './periods';
import { ReceivedRows, type Reading } from './received';

export type { ListDialect, ListEnd, ListRequest, Page, Position, ReadPage, Rows } from './page';

/** Pages to ask for at the same time, if nothing else is said. */
const AT_ONCE = 20;
/** If the list is not shown to be whole after so many passes, it moves too fast. */
const MOST_PASSES = 3;
/** In the order in which they are tried. */
const WAYS: readonly Way[] = ['offset', 'offsetByPage', 'page'];

/**
 * Reads a list to its end, or as long as the caller goes on asking.
 *
 * How Affilae pages is not documented, so it is found out: by `offset`; if that is rejected or without
 * effect by `page`; if that is too, by ever shorter periods, which are documented. What is found out is
 * noted in the dialect.
 *
 * A list is whole if one pass over it came to a page that is not full, with no gap before it and no doubt
 * ({@link Pass}), and brought as many rows as there are said to be. If not, further passes are made. One
 * that brings nothing new settles it: the total was wrong.
 *
 * Each row is handed on once, page by page; a page may bring none. A row without an ID is handed on once
 * for its position.
 *
 * @returns how the reading ended
 * @throws {UserError} for a list that does not end
 * @throws what `readPage` throws, once no other page is under way
 */
export async function* readList(request: ListRequest): AsyncGenerator<Rows, ListEnd, undefined> {
	const reading = begin(request);
	const { readPage, received, pageSize: limit, dialect } = reading;
	const end = (problem?: ListEnd['problem']) => endOf(reading, problem);

	let first = request.first ?? (await readPage({ limit }));
	// A total may lag behind: rows that it still counts have left, or are about to come.
	if (first.rows.length === 0 && first.total) first = await readPage({ limit });
	yield received.take({ ...first, start: 0 }, limit);
	reading.total = first.total;
	reading.size = first.rows.length;
	const goesOn = (first.total ?? 0) > reading.size || received.mayBeFull(first, limit);
	if (reading.size === 0 || !goesOn) return end();

	for (const way of WAYS.slice(waysBefore(dialect.paging))) {
		if (!dialect.isTaken(way === 'page' ? 'page' : 'offset')) continue;
		const outcome = yield* readInPasses(reading, way, first);
		if (outcome !== 'noEffect') return outcome === 'whole' ? end() : end('moved');
	}
	if ((first.total ?? 0) <= reading.size && received.isTiny(first, limit)) return end();
	return (yield* readPeriods(reading, first)) ? end() : end('unreachable');
}

async function* readInPasses(
	reading: Reading,
	way: Way,
	first: Page,
): AsyncGenerator<Rows, 'whole' | 'moved' | 'noEffect', undefined> {
	let before: PassEnd | undefined;
	for (let round = 1; round <= MOST_PASSES; round += 1) {
		const pass = new Pass(reading, way, round);
		const now = yield* pass.read(before ? undefined : first);
		if (now.at === 'noEffect') return before ? 'moved' : 'noEffect';
		if (now.at === 'end' && isProof(now, before, reading.received)) return 'whole';
		before = now;
	}
	return 'moved';
}

/** Whether a pass that came to the end shows that the list is whole. */
function isProof(now: PassEnd, before: PassEnd | undefined, { count }: ReceivedRows): boolean {
	const isSure = !now.hasOpenEdges && !now.isDoubtful;
	const isEnough = count >= now.fewest;
	if (isSure && isEnough) return true;
	if (before?.at !== 'end' || now.fresh > 0) return false;
	// Nothing new came: if there are said to be more, that is wrong. Rows that change places speak against it.
	const isSettled = !now.isDoubtful || (isEnough && !now.hasFixedEdges);
	const isRepetition = now.repeated === now.reached && now.reached === before.reached;
	return isSure || (isRepetition && isSettled);
}

function waysBefore(paging: ListRequest['dialect']['paging']): number {
	return paging === 'period' ? WAYS.length : WAYS.indexOf(paging);
}

function begin(request: ListRequest): Reading {
	const { readPage, dialect, pageSize = PAGE_SIZE, atOnce = AT_ONCE } = request;
	const { wanted = Infinity, period = {} } = request;
	const received = new ReceivedRows(dialect);
	const progress = { size: 0, total: undefined, passes: 0 };
	return { readPage, dialect, pageSize, atOnce, wanted, period, received, ...progress };
}

function endOf({ received, total }: Reading, problem: ListEnd['problem']): ListEnd {
	return {
		isWhole: problem === undefined,
		...(problem === undefined ? {} : { problem }),
		seen: received.count,
		...(total === undefined ? {} : { total }),
	};
}
