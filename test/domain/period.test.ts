import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DateTime, Settings } from 'luxon';
import {
	parseMoment,
	parsePeriod,
	type Period,
} from '../../nodes/AffilaeConversions/domain/period';
import { messageOf, valueOrMessage } from './thrown';

/** The period that is read, or the message of the error. */
function read(from: unknown, to: unknown, zone: string): Period | string {
	return valueOrMessage(() => parsePeriod(from, to, zone));
}

describe('a date or time without an offset is in the time zone of the workflow', () => {
	test.each([
		['2026-10-01T10:00:00', 'Europe/Paris', '2026-10-01T08:00:00.000Z'],
		['2026-12-01T10:00:00', 'Europe/Paris', '2026-12-01T09:00:00.000Z'],
		['2026-10-01T10:00:00', 'America/New_York', '2026-10-01T14:00:00.000Z'],
		['2026-10-01T10:00', 'Asia/Kolkata', '2026-10-01T04:30:00.000Z'],
		['2026-10-01T10:00:00', 'UTC', '2026-10-01T10:00:00.000Z'],
		['2026-10-01', 'Asia/Tokyo', '2026-09-30T15:00:00.000Z'],
		['2026-10-01', 'Pacific/Auckland', '2026-09-30T11:00:00.000Z'],
		['2026-10-01 10:00:00', 'Europe/Paris', '2026-10-01T08:00:00.000Z'],
		['2026-10-01 10:00:00.250', 'Europe/Paris', '2026-10-01T08:00:00.250Z'],
		['  2026-10-01T10:00:00  ', 'Europe/Paris', '2026-10-01T08:00:00.000Z'],
	])('%s in %s is %s', (text, zone, instant) => {
		expect(parsePeriod(text, undefined, zone)).toEqual({ from: instant });
	});
});

describe('an offset in the text takes precedence over the time zone', () => {
	test.each([
		['2026-10-01T10:00:00Z', '2026-10-01T10:00:00.000Z'],
		['2026-10-01T10:00:00.123Z', '2026-10-01T10:00:00.123Z'],
		['2026-10-01T10:00:00+02:00', '2026-10-01T08:00:00.000Z'],
		['2026-10-01T10:00:00-0500', '2026-10-01T15:00:00.000Z'],
		['2026-10-01 10:00:00+02', '2026-10-01T08:00:00.000Z'],
		['2026-10-01 10:00:00.000 +02:00', '2026-10-01T08:00:00.000Z'],
	])('%s is %s in any zone', (text, instant) => {
		for (const zone of ['Europe/Paris', 'Asia/Tokyo', 'America/New_York']) {
			expect(parsePeriod(text, text, zone)).toEqual({ from: instant, to: instant });
		}
	});
});

describe('a date without a time', () => {
	test.each([
		['Europe/Paris', '2026-10-30T23:00:00.000Z', '2026-10-31T22:59:59.999Z'],
		['America/New_York', '2026-10-31T04:00:00.000Z', '2026-11-01T03:59:59.999Z'],
		['UTC', '2026-10-31T00:00:00.000Z', '2026-10-31T23:59:59.999Z'],
	])('as From and To in %s is that whole day', (zone, from, to) => {
		expect(parsePeriod('2026-10-31', '2026-10-31', zone)).toEqual({ from, to });
	});

	test('as From and To is the whole day also if the day has 25 or 23 hours', () => {
		expect(parsePeriod('2026-10-25', '2026-10-25', 'Europe/Paris')).toEqual({
			from: '2026-10-24T22:00:00.000Z',
			to: '2026-10-25T22:59:59.999Z',
		});
		expect(parsePeriod('2026-03-29', '2026-03-29', 'Europe/Paris')).toEqual({
			from: '2026-03-28T23:00:00.000Z',
			to: '2026-03-29T21:59:59.999Z',
		});
	});

	test.each([
		['20261031', '2026-10-31T23:59:59.999Z'],
		['2026-W44-6', '2026-10-31T23:59:59.999Z'],
		['2026-304', '2026-10-31T23:59:59.999Z'],
		['2026-10', '2026-10-31T23:59:59.999Z'],
		['2026', '2026-12-31T23:59:59.999Z'],
	])('as To, written as %s, is read as the end of its period, or rejected', (text, end) => {
		const result = read(undefined, text, 'UTC');
		expect(typeof result === 'string' ? 'rejected' : result.to).toMatch(
			new RegExp(`^(rejected|${end})$`),
		);
	});

	test.each([
		['2026-10-31T00:00:00'],
		['2026-10-31T00:00:00.000'],
		['2026-10-31T00:00'],
		['2026-10-31 00:00:00'],
	])('as From and To, as the date picker stores it (%s), is the whole day', (text) => {
		expect(parsePeriod(text, text, 'Europe/Paris')).toEqual({
			from: '2026-10-30T23:00:00.000Z',
			to: '2026-10-31T22:59:59.999Z',
		});
	});

	test.each([
		['2026-10-31T00:00:00Z', '2026-10-31T00:00:00.000Z'],
		['2026-10-31T00:00:00+01:00', '2026-10-30T23:00:00.000Z'],
		['2026-10-31T00:00:01', '2026-10-30T23:00:01.000Z'],
		['2026-10-31T18:00:00', '2026-10-31T17:00:00.000Z'],
		['2026-10-31T24:00:00', '2026-10-31T23:00:00.000Z'],
	])('is not assumed if To has a time: %s is %s', (text, to) => {
		expect(parsePeriod('', text, 'Europe/Paris')).toEqual({ to });
	});
});

describe('when clocks change', () => {
	/** Winter and summer: Luxon reads an ambiguous time by the season in which it runs. */
	const SEASONS = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)];

	function inEachSeason(check: () => void): void {
		const { now } = Settings;
		try {
			for (const season of SEASONS) {
				Settings.now = () => season;
				check();
			}
		} finally {
			Settings.now = now;
		}
	}

	test.each([
		['Europe/Paris', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'],
		['Europe/Paris', '2026-10-25T02:00:00', '2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z'],
		['Europe/Paris', '2026-10-25 02:59:59', '2026-10-25T00:59:59.000Z', '2026-10-25T01:59:59.000Z'],
		[
			'America/New_York',
			'2026-11-01T01:30',
			'2026-11-01T05:30:00.000Z',
			'2026-11-01T06:30:00.000Z',
		],
		[
			'Australia/Lord_Howe',
			'2026-04-05T01:45',
			'2026-04-04T14:45:00.000Z',
			'2026-04-04T15:15:00.000Z',
		],
	])('in %s, %s as From is %s and as To is %s, in any season', (zone, text, from, to) => {
		inEachSeason(() => {
			expect(parsePeriod(text, text, zone)).toEqual({ from, to });
			expect(parseMoment(text, zone, 'Orders Since')).toBe(from);
		});
	});

	test.each([
		['Europe/Paris', '2026-10-25T01:59:59', '2026-10-24T23:59:59.000Z'],
		['Europe/Paris', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z'],
		['Europe/Paris', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
		['Europe/Paris', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z'],
		['Pacific/Apia', '2011-12-29T20:00:00', '2011-12-30T06:00:00.000Z'],
		['Pacific/Apia', '2011-12-31T04:00:00', '2011-12-30T14:00:00.000Z'],
	])('in %s, %s occurs once: %s', (zone, text, instant) => {
		inEachSeason(() => {
			expect(parsePeriod(text, text, zone)).toEqual({ from: instant, to: instant });
		});
	});

	test.each([
		['Europe/Paris', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
		['America/New_York', '2026-03-08T02:30:00', '2026-03-08T07:30:00.000Z'],
	])('in %s, %s is skipped, and moves forward to %s', (zone, text, instant) => {
		inEachSeason(() => {
			expect(parsePeriod(text, text, zone)).toEqual({ from: instant, to: instant });
			expect(DateTime.fromISO(text, { zone }).toUTC().toISO()).toBe(instant);
		});
	});

	test('a day that begins at 1:00, or whose midnight occurs twice, is complete', () => {
		expect(parsePeriod('2018-11-04', '2018-11-04', 'America/Sao_Paulo')).toEqual({
			from: '2018-11-04T03:00:00.000Z',
			to: '2018-11-05T01:59:59.999Z',
		});
		expect(parsePeriod('2026-11-01', '2026-11-01', 'America/Havana')).toEqual({
			from: '2026-11-01T04:00:00.000Z',
			to: '2026-11-02T04:59:59.999Z',
		});
	});
});

describe('the result of an expression', () => {
	const instant = '2026-10-01T08:00:00.000Z';

	test('that is a Date is the same instant in any time zone', () => {
		const date = new Date(instant);
		expect(parsePeriod(date, date, 'Asia/Tokyo')).toEqual({ from: instant, to: instant });
	});

	test('that is a Luxon DateTime is read in its own time zone', () => {
		const dateTime = DateTime.fromISO('2026-10-01T10:00:00', { zone: 'Europe/Paris' });
		expect(parsePeriod(dateTime, dateTime, 'Asia/Tokyo')).toEqual({ from: instant, to: instant });
	});

	test('that is a DateTime of another copy of Luxon is read too', () => {
		const foreign = { toISO: () => '2026-10-01T10:00:00.000+02:00' };
		expect(parsePeriod(foreign, undefined, 'Asia/Tokyo')).toEqual({ from: instant });
	});

	test.each([[undefined], ['']])('that is %j leaves that end of the period open', (open) => {
		expect(parsePeriod(open, open, 'UTC')).toEqual({});
		expect(parsePeriod(instant, open, 'UTC')).toEqual({ from: instant });
		expect(parsePeriod(open, instant, 'UTC')).toEqual({ to: instant });
	});
});

describe('a period', () => {
	test.each([
		['yesterday', '"yesterday"'],
		['2026-13-01', '"2026-13-01"'],
		['2026-02-30', '"2026-02-30"'],
		['31/10/2026', '"31/10/2026"'],
		['10/31/2026', '"10/31/2026"'],
		['2026-10-01T25:00:00', '"2026-10-01T25:00:00"'],
		['10', '"10"'],
		['10:00', '"10:00"'],
		['18:30:00', '"18:30:00"'],
		['1760000000', '"1760000000"'],
		['Invalid DateTime', '"Invalid DateTime"'],
		[true, 'true'],
		['  ', '"  "'],
		[null, 'null'],
		['2026-10-31T', '"2026-10-31T"'],
		[1760000000, '1760000000'],
		[{}, 'an object'],
		[['2026-10-01'], 'a list'],
		[new Date(NaN), 'an object'],
		[DateTime.invalid('test'), 'an object'],
		[NaN, 'NaN'],
	])('with %p as an end is rejected with the field and the value', (value, told) => {
		for (const field of ['From', 'To']) {
			const read = () =>
				field === 'From' ? parsePeriod(value, undefined, 'UTC') : parsePeriod('', value, 'UTC');
			expect(messageOf(read)).toContain(`'${field}' is ${told}`);
		}
	});

	test.each([
		['2026-11-01', '2026-10-31', 'UTC'],
		['2026-10-31T12:00:00', '2026-10-31T11:59:59', 'UTC'],
		['2026-10-31T12:00:00Z', '2026-10-31T12:00:00', 'Europe/Paris'],
	])('from %s to %s in %s is rejected, because it ends before it begins', (from, to, zone) => {
		expect(() => parsePeriod(from, to, zone)).toThrow(/^'From' \(.*\) is after 'To' \(/);
	});

	test('may begin and end at the same instant', () => {
		const instant = '2026-10-31T12:00:00.000Z';
		expect(parsePeriod(instant, '2026-10-31T13:00:00+01:00', 'UTC')).toEqual({
			from: instant,
			to: instant,
		});
	});
});

test('invisible characters in a date are ignored', () => {
	const day = '\ufeff2026-10-\u200b31\u00a0';
	expect(parsePeriod(day, day, 'UTC')).toEqual(parsePeriod('2026-10-31', '2026-10-31', 'UTC'));
});

test('an unknown time zone is reported, unless the date has an offset', () => {
	expect(() => parsePeriod('2026-10-31', '', 'Paris')).toThrow('time zone "Paris" is unknown');
	expect(() => parsePeriod('', '2026-10-31', 'Paris')).toThrow('time zone "Paris" is unknown');
	expect(parsePeriod('2026-10-31T00:00:00Z', '', 'Paris')).toEqual({
		from: '2026-10-31T00:00:00.000Z',
	});
});

describe('a single date', () => {
	test.each([
		['2026-10-31', '2026-10-30T23:00:00.000Z'],
		['2026-10-31T00:00:00', '2026-10-30T23:00:00.000Z'],
		['2026-10-31T18:00:00', '2026-10-31T17:00:00.000Z'],
		['2026-10-31T18:00:00Z', '2026-10-31T18:00:00.000Z'],
		[new Date('2026-10-31T18:00:00Z'), '2026-10-31T18:00:00.000Z'],
		['', undefined],
		[undefined, undefined],
	])('%p is read as %s', (value, instant) => {
		expect(parseMoment(value, 'Europe/Paris', 'Orders Since')).toBe(instant);
	});

	test.each([['last week'], [null], [' '], [1760000000]])('%p is rejected', (value) => {
		expect(() => parseMoment(value, 'Europe/Paris', 'Orders Since')).toThrow(
			/^'Orders Since' is .* which is not a date/,
		);
	});
});

describe('for every instant and time zone', () => {
	const instants = fc.date({
		min: new Date('1980-01-01T00:00:00Z'),
		max: new Date('2100-01-01T00:00:00Z'),
		noInvalidDate: true,
	});
	const zones = fc.constantFrom(
		'UTC',
		'Europe/Paris',
		'America/New_York',
		'America/St_Johns',
		'Asia/Kolkata',
		'Asia/Tokyo',
		'Australia/Lord_Howe',
		'Pacific/Apia',
	);

	test('an instant written with its offset is read to the millisecond', () => {
		fc.assert(
			fc.property(instants, zones, zones, (date, written, workflow) => {
				const instant = date.toISOString();
				const local = DateTime.fromJSDate(date, { zone: written });
				for (const form of [local.toISO(), local.toSQL(), local, date, instant]) {
					expect(parsePeriod(form, form, workflow)).toEqual({ from: instant, to: instant });
				}
			}),
		);
	});

	test('consecutive days leave no gap between them', () => {
		fc.assert(
			fc.property(instants, zones, (date, zone) => {
				const day = DateTime.fromJSDate(date, { zone });
				const today = day.toISODate();
				const tomorrow = day.plus({ days: 1 }).toISODate();
				const { to = '' } = parsePeriod(today, today, zone);
				const { from = '' } = parsePeriod(tomorrow, tomorrow, zone);
				expect(Date.parse(from) - Date.parse(to)).toBe(1);
			}),
		);
	});

	test('a time without an offset is an instant at which a clock shows it', () => {
		fc.assert(
			fc.property(instants, zones, (date, zone) => {
				const local = DateTime.fromJSDate(date, { zone });
				const text = local.toISO({ includeOffset: false });
				const { from = '', to = '' } = parsePeriod(text, local.toISO(), zone);
				// One more digit, so that no text is a midnight, which would mean the whole day as To.
				for (const end of [from, parsePeriod('', `${text}1`, zone).to ?? '']) {
					const shows = DateTime.fromISO(end, { zone }).toISO({ includeOffset: false });
					expect(shows).toBe(text);
				}
				expect(Date.parse(from)).toBeLessThanOrEqual(Date.parse(to));
			}),
		);
	});

	test('any two values are read as a period, or rejected with a message', () => {
		fc.assert(
			fc.property(fc.anything(), fc.anything(), (from, to) => {
				const result = read(from, to, 'Europe/Paris');
				if (typeof result === 'string') return;
				for (const end of Object.values(result)) {
					expect(end).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
				}
			}),
			{ numRuns: 1000 },
		);
	});
});
