import { instantOf } from '../../domain/conversion';
import type { Period } from '../../domain/period';
import type { Page, Rows } from './page';
import type { Reading } from './reading';

/** A period, in milliseconds since 1970, UTC; infinite at a side that is not bounded. */
interface Span {
	from: number;
	to: number;
}

/** Spans of up to this length are not divided: their parts overlap by a millisecond on either side. */
const SHORTEST_SPAN_MS = 4;

/**
 * Reads a list by periods, and divides each period until one page contains all of its rows. This needs only
 * the documented filters `from` and `to`. Rows that appear or disappear in the meantime do no harm, because a
 * row stays in its period.
 *
 * It is unknown whether Affilae includes the ends of a period, so periods overlap by a millisecond.
 *
 * @param first the first page of the whole list; its rows were already yielded
 * @returns whether the whole list was read. False if more conversions have the same instant than fit on a
 * page, if a conversion on a full page has no date, or if Affilae ignores the filters.
 */
export async function* readPeriods(
	reading: Reading,
	first: Page,
): AsyncGenerator<Rows, boolean, undefined> {
	const { readPage, dialect, period, pageSize: limit, received } = reading;
	const open: Span[] = [];
	const divide = (span: Span, { rows }: Page) => {
		const parts = partsOf(span, rows);
		open.push(...parts);
		return parts.length > 0;
	};
	const from = period.from === undefined ? -Infinity : Date.parse(period.from);
	const to = period.to === undefined ? Infinity : Date.parse(period.to);
	if (!divide({ from, to }, first)) return false;

	let start = first.rows.length;
	for (let span = open.pop(); span !== undefined; span = open.pop()) {
		const page = await readPage({ limit, ...periodOf(span) });
		const fresh = received.take({ ...page, start }, limit);
		start += page.rows.length;
		if (fresh.length > 0 && !dialect.isPagingProven) {
			dialect.paging = 'period';
			received.learnFullPage(reading.size);
		}
		yield fresh;
		if (received.mayBeFull(page, limit) && !divide(span, page)) return false;
	}
	return true;
}

/** Divides a span in two. Returns no parts if it is too short, or rows are outside it or have no date. */
function partsOf(span: Span, rows: Rows): Span[] {
	const times = rows.map(instantOf);
	const isUsable = times.every((time) => time >= span.from && time <= span.to);
	if (times.length === 0 || !isUsable || span.to - span.from <= SHORTEST_SPAN_MS) return [];
	const edge = edgeOf(times, span);
	const at = isWithin(edge, span) ? edge : middleOf(span, edge);
	return [
		{ from: span.from, to: at + 1 },
		{ from: at - 1, to: span.to },
	];
}

/** The instant at which to divide, so that one part probably contains only the rows received already. */
function edgeOf(times: readonly number[], span: Span): number {
	const sorted = [...times].sort((a, b) => a - b);
	const [earliest = 0] = sorted;
	const latest = sorted.at(-1) ?? earliest;
	// New conversions keep appearing in a span without an end. A part with half of the rows has room for them.
	if (span.to === Infinity) return sorted[Math.floor(sorted.length / 2)] ?? earliest;
	return (times[0] ?? 0) < (times.at(-1) ?? 0) ? latest : earliest;
}

function isWithin(at: number, { from, to }: Span): boolean {
	return at - 1 > from && at + 1 < to;
}

/** An instant inside a span. If a side is open: just beyond the rows, which are all at the other side. */
function middleOf({ from, to }: Span, rowsAt: number): number {
	if (from === -Infinity) return rowsAt - 2;
	if (to === Infinity) return rowsAt + 2;
	return Math.floor((from + to) / 2);
}

function periodOf({ from, to }: Span): Period {
	return {
		...(Number.isFinite(from) ? { from: new Date(from).toISOString() } : {}),
		...(Number.isFinite(to) ? { to: new Date(to).toISOString() } : {}),
	};
}
