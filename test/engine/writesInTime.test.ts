import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { virtualTimeForTests } from './virtualTime';
import { RECONCILE, REASON } from './reconciling';
import { sale } from './sandboxShop';
import type { Received } from './server';
import { CALLS } from './shop';
import {
	about,
	accepting,
	CONTINUING,
	failuresOf,
	lowering,
	NAMES,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();
const time = virtualTimeForTests();

// Each delay is three quarters of its longest.
beforeEach(() => {
	jest.spyOn(Math, 'random').mockReturnValue(0.5);
});

const RETRY_FOR_MS = 8000;
const OPTIONS = { retryForSeconds: RETRY_FOR_MS / 1000 };
const DOWN = { status: 503, body: {} };

describe.each(NAMES)(
	'all calls for one write together are retried no longer than Retry For (by $by),',
	({ name }) => {
		test.each(CONTINUING)(
			'if its attempts fail, and later its looks too (On Error: %s)',
			async (onError) => {
				const { respond } = await openShop([sale(1), sale(2)]);
				const start = time.now();
				affilae.respond = async (request) => {
					const isLate = time.now() > start + RETRY_FOR_MS / 2;
					const isFailing = request.method === 'GET' ? isLate : isToFirst(request);
					return isFailing ? DOWN : await respond(request);
				};
				const parameters = { ...name, options: OPTIONS };
				const result = await run('accept', parameters, [about(1), about(2)], { onError });
				expect(failuresOf(result)).toEqual([[expect.stringContaining('1'), { item: 0 }]]);
				expect(writesTo(1, affilae.writes).length).toBeGreaterThan(1);
				expect(affilae.writes).toContainEqual(accepting(2));
				expect(time.now() - start).toBeLessThanOrEqual(RETRY_FOR_MS);
				expect(time.now() - start).toBeGreaterThan(RETRY_FOR_MS / 2);
			},
		);

		test.each(CONTINUING)(
			'if it succeeds without a sign, and its looks fail (On Error: %s)',
			async (onError) => {
				const { respond } = await openShop([sale(1), sale(2)]);
				const start = time.now();
				affilae.respond = async (request) => {
					if (request.path === CALLS.update && isToFirst(request)) return { status: 204 };
					const isFailing = request.method === 'GET' && affilae.writes.length > 0;
					return isFailing ? DOWN : await respond(request);
				};
				const kept = [1, 2].map((number) => ({
					...about(number),
					kept: 20,
					settled: true,
					reason: REASON,
				}));
				const parameters = { ...RECONCILE, ...name, options: OPTIONS };
				const result = await run('reconcile', parameters, kept, { onError });
				expect(failuresOf(result)).toEqual([[expect.stringContaining('1'), { item: 0 }]]);
				expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 2000)]);
				expect(affilae.writes).toEqual(expect.arrayContaining([lowering(2, 2000), accepting(2)]));
				expect(time.now() - start).toBeLessThanOrEqual(RETRY_FOR_MS);
				expect(time.now() - start).toBeGreaterThan(RETRY_FOR_MS / 2);
			},
		);
	},
);

/** Whether a write is to the first conversion. */
function isToFirst(write: Received): boolean {
	return writesTo(1, [write]).length > 0;
}
