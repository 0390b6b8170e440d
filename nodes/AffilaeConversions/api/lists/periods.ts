import { instantOf } from '../../domain/conversion';
import type { Page, Rows } from './page';
import type { Reading } from './received';

/** Milliseconds since 1970, UTC; infinite if the list is not bounded. */
interface Span {
	from: number;
	to: number;
}

/** A span that cannot be divided any further: its parts overlap by a millisecond on either side. */
const SHORTEST_SPAN_MS = 4;

/**
 * Reads a list by periods, each divided until one answer holds all of it. This rests on the documented
 * filters `from` and `to` alone. Rows that come and leave meanwhile do no harm: a row stays in its period.
 *
 * Whether the ends of a period belong to it is not known, so periods overlap by a millisecond.
 *
 * @param first the first page of the whole list; its rows were handed on already
 * @returns whether all of the list was reached. It is not if there are more conversions of one instant
 * than fit into an answer, conversions without a date, or filters without effect.
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
		if (fresh.length > 0 && dialect.isPagingProven !== true) {
			dialect.paging = 'period';
			received.learnFullPage(reading.size);
		}
		yield fresh;
		if (received.mayBeFull(page, limit) && !divide(span, page)) return false;
	}
	return true;
}

/** The parts of a span; none if it cannot be divided in a way that leads on. */
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

/** Where to divide: one part is then likely to hold just the rows that came, and be whole. */
function edgeOf(times: readonly number[], span: Span): number {
	const sorted = [...times].sort((a, b) => a - b);
	const [earliest = 0] = sorted;
	const latest = sorted.at(-1) ?? earliest;
	// New conversions go on arriving in an open span: half of the rows leave room for them.
	if (span.to === Infinity) return sorted[Math.floor(sorted.length / 2)] ?? earliest;
	return (times[0] ?? 0) < (times.at(-1) ?? 0) ? latest : earliest;
}

function isWithin(at: number, { from, to }: Span): boolean {
	return at - 1 > from && at + 1 < to;
}

/** A place inside a span; in an open one just beyond the rows, which are all at its end. */
function middleOf({ from, to }: Span, rowsAt: number): number {
	if (from === -Infinity) return rowsAt - 2;
	if (to === Infinity) return rowsAt + 2;
	return Math.floor((from + to) / 2);
}

function periodOf({ from, to }: Span): { from?: string; to?: string } {
	return {
		...(Number.isFinite(from) ? { from: new Date(from).toISOString() } : {}),
		...(Number.isFinite(to) ? { to: new Date(to).toISOString() } : {}),
	};
}
