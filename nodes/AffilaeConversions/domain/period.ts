import { DateTime } from 'luxon';
import { withoutInvisible } from './text';
import { UserError, formatValue } from './userError';

/** A period that includes both ends, as UTC ISO 8601 (`2026-10-01T10:00:00.000Z`). */
export interface Period {
	from?: string;
	to?: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}/;
/** A day, also as the editor's date picker stores it: at midnight and without an offset. */
const DAY = /^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$/;
const DAY_IN_MS = 24 * 60 * 60 * 1000;
const ADVICE = 'Enter a date such as 2026-10-31, 2026-10-31T18:00:00 or 2026-10-31T18:00:00+01:00.';

/**
 * Reads the two ends of a period. An end that is absent or `''` is open.
 *
 * A date or time without an offset is in `zone`. In the hour that occurs twice, From is the earlier
 * instant and To the later one; a time that the clock skips is moved forward, as luxon does. A To that is a
 * day lasts to the end of that day, and so does one at midnight without an offset, because that is how the
 * editor's date picker stores a day.
 *
 * @param from a date, a date and time, a JavaScript `Date` or a Luxon `DateTime`
 * @param to likewise
 * @param zone IANA name of the workflow's time zone
 * @throws {UserError} if a value is not a date, or `from` is after `to`
 */
export function parsePeriod(from: unknown, to: unknown, zone: string): Period {
	const start = instantOf(from, zone, 'From', 'earlier');
	const end = lastInstantOf(to, zone, 'To');
	if (start !== undefined && end !== undefined && start > end) {
		const local = (ms: number) => DateTime.fromMillis(ms, { zone }).toISO() ?? '';
		throw new UserError(
			`'From' (${local(start)}) is after 'To' (${local(end)})`,
			'Swap them, or leave one of them empty.',
		);
	}
	return {
		...(start === undefined ? {} : { from: utcIso(start) }),
		...(end === undefined ? {} : { to: utcIso(end) }),
	};
}

/**
 * Reads one date, as {@link parsePeriod} reads From: a date alone is the start of that day.
 *
 * @param field the field's name as the editor shows it
 * @returns UTC ISO 8601; undefined if the field is absent or `''`
 * @throws {UserError} if the value is not a date
 */
export function parseMoment(value: unknown, zone: string, field: string): string | undefined {
	const instant = instantOf(value, zone, field, 'earlier');
	return instant === undefined ? undefined : utcIso(instant);
}

function utcIso(ms: number): string {
	return new Date(ms).toISOString();
}

/** A day ends where the next one begins, because not all days have 24 hours. */
function lastInstantOf(value: unknown, zone: string, field: string): number | undefined {
	const day = DAY.exec(isoTextOf(value) ?? '')?.[1];
	const nextDay =
		day === undefined ? null : DateTime.fromISO(day, { zone: 'utc' }).plus({ days: 1 });
	if (!nextDay?.isValid) return instantOf(value, zone, field, 'later');
	return resolve(nextDay.toMillis(), zone, 'earlier') - 1;
}

/** Milliseconds since 1970, UTC. */
function instantOf(
	value: unknown,
	zone: string,
	field: string,
	ifTwice: 'earlier' | 'later',
): number | undefined {
	if (value === undefined || value === '') return undefined;
	const text = isoTextOf(value);
	const wall = text === undefined ? NaN : millisOf(text, 'utc');
	// Luxon also reads "2026", "10:00" and week dates: none of them names a day.
	if (text === undefined || Number.isNaN(wall) || !DATE.test(text)) {
		throw new UserError(`'${field}' is ${formatValue(value)}, which is not a date`, ADVICE);
	}
	const hasOffset = millisOf(text, 'utc+1') === wall;
	return hasOffset ? wall : resolve(wall, zone, ifTwice);
}

/**
 * The instant at which clocks of a zone show a time. It tries both offsets around it, because luxon's choice
 * for the hour that occurs twice depends on the season in which it runs.
 *
 * @param wall the time as if it were UTC, in milliseconds since 1970
 */
function resolve(wall: number, zone: string, ifTwice: 'earlier' | 'later'): number {
	const offsetAt = (ms: number) => DateTime.fromMillis(ms, { zone }).offset * 60_000;
	const [before, after] = [offsetAt(wall - DAY_IN_MS), offsetAt(wall + DAY_IN_MS)];
	if (Number.isNaN(before)) {
		throw new UserError(
			`The workflow's time zone ${formatValue(zone)} is unknown`,
			"Choose another in the workflow's settings.",
		);
	}
	const instants = [wall - before, wall - after].filter((ms) => ms + offsetAt(ms) === wall);
	if (instants.length === 0) return wall - before;
	return ifTwice === 'earlier' ? Math.min(...instants) : Math.max(...instants);
}

function millisOf(text: string, zone: string): number {
	const iso = DateTime.fromISO(text, { zone });
	return (iso.isValid ? iso : DateTime.fromSQL(text, { zone })).toMillis();
}

/** Expressions give text, a JavaScript `Date`, or a `DateTime` of n8n's own copy of Luxon. */
function isoTextOf(value: unknown): string | undefined {
	if (typeof value === 'string') return withoutInvisible(value).trim();
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
	if (typeof value === 'object' && value !== null && 'toISO' in value) {
		const iso: unknown = typeof value.toISO === 'function' ? value.toISO() : undefined;
		return typeof iso === 'string' ? iso : undefined;
	}
	return undefined;
}
