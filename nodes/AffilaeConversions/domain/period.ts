import { DateTime } from 'luxon';
import { UserError, shown } from './userError';

/** A stretch of time, both ends belonging to it, as UTC ISO 8601 (`2026-10-01T10:00:00.000Z`). */
export interface Period {
	from?: string;
	to?: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}/;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const ADVICE = 'Give one such as 2026-10-31, 2026-10-31T18:00:00 or 2026-10-31T18:00:00+01:00.';

/**
 * Reads the two ends of a period. An end that is absent or empty is left open.
 *
 * A date or time without an offset is in `zone`. A `to` that is a date alone lasts to the end of that day.
 *
 * @param from a date, a date and time, a JavaScript `Date` or a Luxon `DateTime`
 * @param to likewise
 * @param zone IANA name of the workflow's time zone
 * @throws {UserError} for what is no date, and when `from` lies after `to`
 */
export function parsePeriod(from: unknown, to: unknown, zone: string): Period {
	const start = parseInstant('From', from, zone);
	const end = parseInstant('To', to, zone, 'endOfDay');
	if (start && end && start > end) {
		throw new UserError(
			`From (${start.toISO()}) lies after To (${end.toISO()})`,
			'Swap the two, or leave one of them empty.',
		);
	}
	const startText = start?.toUTC().toISO();
	const endText = end?.toUTC().toISO();
	return { ...(startText ? { from: startText } : {}), ...(endText ? { to: endText } : {}) };
}

function parseInstant(
	field: string,
	value: unknown,
	zone: string,
	dateAlone: 'startOfDay' | 'endOfDay' = 'startOfDay',
): DateTime | undefined {
	if (value === undefined || value === null) return undefined;
	const text = isoTextOf(value);
	if (text === undefined) {
		throw new UserError(`${field} is ${shown(value)}, which is not a date`, ADVICE);
	}
	if (text === '') return undefined;
	const iso = DateTime.fromISO(text, { zone });
	const instant = iso.isValid ? iso : DateTime.fromSQL(text, { zone });
	// Luxon also reads "2026", "10:00" and week dates: none of them names a day.
	if (!instant.isValid || !DATE.test(text)) {
		throw new UserError(
			`${field} is ${shown(value)}, which is not a date this node can read`,
			ADVICE,
		);
	}
	return dateAlone === 'endOfDay' && DATE_ONLY.test(text) ? instant.endOf('day') : instant;
}

/** Expressions give text, a JavaScript `Date`, or a `DateTime` of n8n's own copy of Luxon. */
function isoTextOf(value: unknown): string | undefined {
	if (typeof value === 'string') return value.trim();
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
	if (typeof value === 'object' && value !== null && 'toISO' in value) {
		const iso: unknown = typeof value.toISO === 'function' ? value.toISO() : undefined;
		return typeof iso === 'string' ? iso : undefined;
	}
	return undefined;
}
