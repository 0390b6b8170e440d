import { describe, expect, test } from '@jest/globals';
import { ApiError, type Retry } from '../../nodes/AffilaeConversions/api/apiError';
import { parseRetryAfter, Patience } from '../../nodes/AffilaeConversions/api/retry';

describe('Retry-After', () => {
	const NOW = Date.UTC(2026, 9, 1, 10, 0, 0);
	const HALF_PAST = 'Thu, 01 Oct 2026 10:00:30 GMT';
	const SKEWED = 'Thu, 01 Oct 2026 11:00:00 GMT';

	test.each([
		{ header: '0', ms: 0 },
		{ header: '1', ms: 1000 },
		{ header: '120', ms: 120_000 },
		{ header: ' 7 ', ms: 7000 },
		{ header: '1.5', ms: 1500 },
		{ header: '0.25', ms: 250 },
		{ header: 3, ms: 3000 },
		{ header: HALF_PAST, ms: 30_000 },
		{ header: 'Thursday, 01-Oct-26 10:00:30 GMT', ms: 30_000 },
		{ header: 'Thu Oct  1 10:00:30 2026', ms: 30_000 },
		{ header: 'Thu, 01 Oct 2026 09:59:00 GMT', ms: 0 },
	])('"$header" asks to wait $ms ms', ({ header, ms }) => {
		expect(parseRetryAfter(header, undefined, NOW)).toBe(ms);
	});

	test.each([
		{ header: 'Thu, 01 Oct 2026 11:00:02 GMT', date: SKEWED, ms: 2000 },
		{ header: 'Thu, 01 Oct 2026 11:00:00 GMT', date: SKEWED, ms: 0 },
		{ header: 'Thu, 01 Oct 2026 09:00:10 GMT', date: 'Thu, 01 Oct 2026 09:00:00 GMT', ms: 10_000 },
		{ header: HALF_PAST, date: 'today', ms: 30_000 },
		{ header: '5', date: SKEWED, ms: 5000 },
	])('"$header" at "$date" by the server’s own clock asks to wait $ms ms', (row) => {
		expect(parseRetryAfter(row.header, row.date, NOW)).toBe(row.ms);
	});

	test.each(['', ' ', 'soon', '-5', '1e3', '0x10', '1,5', '5 s', 'NaN', 'Infinity', '2026-10-01'])(
		'"%s" says nothing',
		(header) => {
			expect(parseRetryAfter(header, SKEWED, NOW)).toBeUndefined();
		},
	);

	test.each([undefined, null, true, {}, ['5', '6']])('%j says nothing', (header) => {
		expect(parseRetryAfter(header, undefined, NOW)).toBeUndefined();
	});
});

describe('the patience with a call', () => {
	function refusal(retry: Retry, retryAfterMs?: number): ApiError {
		return new ApiError('It did not go well', 'Try later', {
			effect: 'unknown',
			retry,
			retryAfterMs,
		});
	}

	/** The waits of a call that is refused again as soon as it is tried again, until no more is tried. */
	function waitsOf(
		refused: ApiError,
		retryForMs: number,
		{ random = (): number => 0, isProven = false } = {},
	): number[] {
		const patience = new Patience(retryForMs, random);
		const waits: number[] = [];
		let now = 5000;
		while (waits.length < 50) {
			const wait = patience.waitMs(refused, now, isProven);
			if (wait === undefined) break;
			waits.push(wait);
			now += wait;
		}
		return waits;
	}

	const ALMOST_ONE = 1 - Number.EPSILON;

	test('doubles its waits up to half a minute', () => {
		const waits = waitsOf(refusal('patiently'), 200_000, { random: () => ALMOST_ONE });
		expect(waits.map(Math.round)).toEqual([
			500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000,
		]);
	});

	test('spreads each wait between half of it and all of it', () => {
		expect(waitsOf(refusal('patiently'), 3000, { random: () => 0 })).toEqual([250, 500, 1000]);
		expect(waitsOf(refusal('patiently'), 3000, { random: () => 0.5 })).toEqual([375, 750, 1500]);
		const many = Array.from(
			{ length: 200 },
			() => new Patience(10_000).waitMs(refusal('patiently'), 0, false) ?? NaN,
		);
		expect(Math.min(...many)).toBeGreaterThanOrEqual(250);
		expect(Math.max(...many)).toBeLessThanOrEqual(500);
		expect(new Set(many).size).toBeGreaterThan(100);
	});

	test('waits as long as Retry-After asks where that is longer', () => {
		expect(waitsOf(refusal('patiently', 700), 3000)).toEqual([700, 700, 1000]);
	});

	test('ends before a wait that would go beyond Retry For, counted from the first refusal', () => {
		expect(waitsOf(refusal('patiently'), 750)).toEqual([250, 500]);
		expect(waitsOf(refusal('patiently'), 749)).toEqual([250]);
		expect(waitsOf(refusal('patiently', 10_001), 10_000)).toEqual([]);
		expect(waitsOf(refusal('patiently'), 0)).toEqual([]);
	});

	test('ends after three tries where a wrong address is more likely, unless it was proven right', () => {
		expect(waitsOf(refusal('briefly'), 100_000)).toHaveLength(2);
		expect(waitsOf(refusal('briefly'), 100_000, { isProven: true }).length).toBeGreaterThan(5);
	});

	test('does not begin where trying again cannot help', () => {
		expect(waitsOf(refusal('never', 100), 100_000, { isProven: true })).toEqual([]);
	});
});
