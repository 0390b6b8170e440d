import { instantOf, type Conversion } from '../domain/conversion';
import { UserError } from '../domain/userError';
import type { Reading } from './reading';

/** Milliseconds since 1970, UTC; infinite where the list is not bounded. */
interface Span {
	from: number;
	to: number;
}

/** A span that cannot be divided any further: its parts overlap by a millisecond on either side. */
const SHORTEST_SPAN_MS = 4;

/**
 * Reads a list by periods, each divided until one answer holds all of it. This rests on the documented
 * filters `from` and `to` alone (API page: doc), and on the answer's total where there is one.
 *
 * Whether the ends of a period belong to it is not known, so periods overlap by a millisecond.
 *
 * @throws {UserError} where a period cannot be divided: more conversions of one instant than fit into an
 * answer, conversions without a date, or filters without effect
 */
export async function* readPeriods(
	reading: Reading,
): AsyncGenerator<Conversion[], void, undefined> {
	const { from, to } = reading.filters;
	const open: Span[] = [
		{ from: from ? Date.parse(from) : -Infinity, to: to ? Date.parse(to) : Infinity },
	];
	for (let span = open.pop(); span !== undefined; span = open.pop()) {
		const rows = await reading.ask({}, periodOf(span));
		yield reading.asked(rows.fresh);
		if (!reading.isWhole(rows)) open.push(...divide(span, rows.conversions, reading));
	}
}

function divide(span: Span, conversions: readonly Conversion[], reading: Reading): Span[] {
	const times = conversions.map(instantOf);
	const isUsable = times.every((time) => time >= span.from && time <= span.to);
	if (times.length === 0 || !isUsable || span.to - span.from <= SHORTEST_SPAN_MS) {
		throw cannotRead(reading);
	}
	const end = endOf(times, span);
	const at = isWithin(end, span) ? end : middle(span, end);
	return [
		{ from: span.from, to: at + 1 },
		{ from: at - 1, to: span.to },
	];
}

/** Where to divide: one part is then likely to hold just the rows that came, and be whole. */
function endOf(times: readonly number[], span: Span): number {
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
function middle({ from, to }: Span, rowsAt: number): number {
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

function cannotRead({ seen }: Reading): UserError {
	return new UserError(
		`Affilae gives no more than ${seen.size} conversions of this list, and says there are others`,
		'Ask for less at once: set From and To to a shorter period, or filter by program, status or order.',
	);
}
