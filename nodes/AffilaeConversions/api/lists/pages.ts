import { PAGE_SIZE } from '../constants';
import type { ListEnd, ListRequest, Page, Rows } from './page';
import { Pass, type Way } from './passes';
import { readPeriods } from './periods';
import type { PassEnd, Reading } from './reading';
import { ReceivedRows } from './received';

/** The default maximum number of pages read at the same time. */
const AT_ONCE = 20;
/** If the list is not proven whole after this many passes, it changes too fast. */
const MOST_PASSES = 3;
/** The ways to page, in the order in which they are tried. */
const WAYS: readonly Way[] = ['offset', 'offsetByPage', 'page'];

/**
 * Reads a list to its end, or until the caller stops.
 *
 * Affilae does not document how its paging works. The node tries `offset` first. If Affilae rejects or
 * ignores it, the node tries `page`. If that fails too, the node reads shorter and shorter periods, because
 * `from` and `to` are documented. The dialect remembers what works.
 *
 * The list is whole if a pass reaches a page that is not full, with no gap and no doubt ({@link Pass}), and
 * the node has received as many rows as the total says. Otherwise, the node makes another pass. If that pass
 * finds no new rows, the total was wrong.
 *
 * Yields each row once, in one batch per page; a batch may be empty. Rows without an ID cannot be compared:
 * they are yielded once per position.
 *
 * @returns how reading ended
 * @throws {UserError} for a list that does not end
 * @throws what `readPage` throws, once no other page is in flight
 */
export async function* readList(request: ListRequest): AsyncGenerator<Rows, ListEnd, undefined> {
	const reading = begin(request);
	const { readPage, received, pageSize: limit, dialect } = reading;
	const end = (problem?: ListEnd['problem']) => endOf(reading, problem);

	let first = await readPage({ limit });
	// No rows, but a total: it may be outdated, or its rows may not be listed yet. Read the page again.
	if (first.rows.length === 0 && first.total) first = await readPage({ limit });
	yield received.take({ ...first, start: 0 }, limit);
	reading.total = first.total;
	reading.size = first.rows.length;
	const goesOn = (first.total ?? 0) > reading.size || received.mayBeFull(first, limit);
	if (reading.size === 0 || !goesOn) return end();

	for (const way of WAYS.slice(waysBefore(dialect.paging))) {
		if (!dialect.listAllows(way === 'page' ? 'page' : 'offset')) continue;
		if (!(await countsAlike(reading, way, first))) continue;
		const outcome = yield* readInPasses(reading, way, first);
		if (outcome === 'stuck') break;
		if (outcome !== 'noEffect') return outcome === 'whole' ? end() : end('moved');
	}
	if ((first.total ?? 0) <= reading.size && received.isTiny(reading.size, limit)) return end();
	return (yield* readPeriods(reading, first)) ? end() : end('unreachable');
}

async function* readInPasses(
	reading: Reading,
	way: Way,
	first: Page,
): AsyncGenerator<Rows, 'whole' | 'moved' | 'stuck' | 'noEffect', undefined> {
	let before: PassEnd | undefined;
	for (let round = 1; round <= MOST_PASSES; round += 1) {
		const pass = new Pass(reading, way, round);
		const now = yield* pass.read(before ? undefined : first);
		if (now.at === 'noEffect') return before ? 'moved' : 'noEffect';
		if (now.at === 'end' && isProof(now, before, reading.received)) return 'whole';
		// If pages cannot begin elsewhere, another pass would read the same rows again.
		const isStuck = before !== undefined && now.hasFixedEdges && now.fresh === 0;
		if (isStuck && reading.received.count < now.fewest) return 'stuck';
		before = now;
	}
	return 'moved';
}

/**
 * Whether positions are counted as this node does. An offset of 1 skips one row, or none if pages begin at
 * multiples of their size; more if it counts pages. Page 1 is the first one; the second if counted from 0.
 */
async function countsAlike(
	{ readPage, pageSize: limit, dialect }: Reading,
	way: Way,
	{ rows }: Page,
): Promise<boolean> {
	const isProven = dialect.isPagingProven && dialect.paging === way;
	if (way === 'offset' || isProven || rows.length < 2) return true;
	const overlaps = (page: Page) =>
		page.rows.some(({ id }) => id !== undefined && rows.some((row) => row.id === id));
	if (overlaps(await readPage({ limit, ...(way === 'page' ? { page: 1 } : { offset: 1 }) }))) {
		return true;
	}
	// If the first page has only new rows by now, nothing can be told.
	return !overlaps(await readPage({ limit }));
}

/** Whether a pass that reached the end proves that the list is whole. */
function isProof(now: PassEnd, before: PassEnd | undefined, { count }: ReceivedRows): boolean {
	const isSure = !now.hasOpenEdges && !now.isDoubtful;
	const isEnough = count >= now.fewest;
	if (isSure && isEnough) return true;
	if (before?.at !== 'end' || now.fresh > 0) return false;
	// This pass found no new rows, so a higher total is wrong, unless rows changed places or pages cannot move.
	const isSettled = now.hasFixedEdges ? isEnough && !now.isDoubtful : isEnough || !now.isDoubtful;
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

function endOf({ received }: Reading, problem: ListEnd['problem']): ListEnd {
	return {
		isWhole: problem === undefined,
		...(problem === undefined ? {} : { problem }),
		seen: received.count,
	};
}
