import { expect, test } from '@jest/globals';
import { parseRetryAfter } from '../../nodes/AffilaeConversions/api/retryAfter';

const NOW = Date.UTC(2026, 9, 1, 10, 0, 0);
const UNIX = NOW / 1000;
const HALF_PAST = 'Thu, 01 Oct 2026 10:00:30 GMT';
const SKEWED = 'Thu, 01 Oct 2026 11:00:00 GMT';

test.each([
	{ header: '0', ms: 0 },
	{ header: '120', ms: 120_000 },
	{ header: ' 7 ', ms: 7000 },
	{ header: '0.25', ms: 250 },
	{ header: 3, ms: 3000 },
	{ header: HALF_PAST, ms: 30_000 },
	{ header: 'Thursday, 01-Oct-26 10:00:30 GMT', ms: 30_000 },
	{ header: 'Thu Oct  1 10:00:30 2026', ms: 30_000 },
	{ header: 'Thu, 01 Oct 2026 09:59:00 GMT', ms: 0 },
	{ header: String(UNIX + 45), ms: 45_000 },
	{ header: String(NOW + 45_000), ms: 45_000 },
])('Retry-After "$header" asks to wait $ms ms', ({ header, ms }) => {
	expect(parseRetryAfter(header, undefined, NOW)).toBe(ms);
});

test.each([
	{ header: 'Thu, 01 Oct 2026 11:00:02 GMT', date: SKEWED, ms: 2000 },
	{ header: 'Thu, 01 Oct 2026 11:00:00 GMT', date: SKEWED, ms: 0 },
	{ header: HALF_PAST, date: 'today', ms: 30_000 },
	{ header: '5', date: SKEWED, ms: 5000 },
])('Retry-After "$header" at "$date" by the server’s own clock asks for $ms ms', (row) => {
	expect(parseRetryAfter(row.header, row.date, NOW)).toBe(row.ms);
});

test.each([
	...['', ' ', 'soon', '-5', '1e3', '0x10', '1,5', '5 s', 'NaN', 'Infinity', '2026-10-01'],
	...['1795881362', '31536000', String(UNIX + 7200), undefined, null, true, {}, ['5', '6']],
])('Retry-After %j is ignored', (header) => {
	expect(parseRetryAfter(header, undefined, NOW)).toBeUndefined();
});
