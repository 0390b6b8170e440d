import { describe, expect, test } from '@jest/globals';
import { TRIED_ONCE } from './engine';
import { sale, saleId } from './sandboxShop';
import { inAnyOrder } from './server';
import { CALLS, refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	adviceOf,
	ALL_WRITES,
	BY_ORDER,
	CONTINUING,
	failuresOf,
	outcomesOf,
	TO_ERROR_BRANCH,
	WRITES,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const ONE_AT_A_TIME = { ...TRIED_ONCE, maxConcurrency: 1 };
const NOT_ALLOWED = refusal(403, 'Insufficient rights');
const PAGE = '<html><title>Access denied</title></html>';
const ITEMS = [1, 2, 3, 4, 5].map(about);
const SALES = [1, 2, 3, 4, 5].map((number) => sale(number));

describe.each(WRITES)('$operation', ({ operation, parameters, sent, outcome }) => {
	const write = { ...parameters, ...BY_ORDER, options: ONE_AT_A_TIME };
	const { path } = sent(1);

	test.each(CONTINUING)(
		'fails only the item whose write is not allowed (403) (On Error: %s)',
		async (onError) => {
			const { respond } = await openShop(SALES);
			affilae.respond = troubled(respond, { path, about: saleId(2), reply: NOT_ALLOWED });
			const result = await run(operation, write, ITEMS.slice(0, 3), { onError });
			expect(failuresOf(result)).toEqual([
				[
					'Order 1002: Affilae does not allow this with your API token: "Insufficient rights" [item 1]',
					{ item: 1 },
				],
			]);
			expect(adviceOf(result)).toEqual([
				'Check in Affilae what the user of this token may do, and whether it is an advertiser’s token. (HTTP 403)',
			]);
			expect(result.success.filter(({ json }) => json['outcome'] === outcome)).toHaveLength(2);
			expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2), sent(3)]);
		},
	);

	test('continues with the other items if the first two writes are not allowed (403)', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path, reply: NOT_ALLOWED, times: 2 });
		const result = await run(operation, write, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toHaveLength(2);
		expect(outcomesOf(result)).toEqual([2, 3, 4].map((item) => [outcome, true, { item }]));
	});

	test('stops after three writes that are not allowed (403), and says that nothing more of this kind was sent', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path, reply: NOT_ALLOWED });
		const result = await run(operation, write, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result).map((failure) => [failure].flat()[1])).toEqual(
			[0, 1, 2, 3, 4].map((item) => ({ item })),
		);
		expect(adviceOf(result).slice(2)).toEqual(
			Array(3).fill(expect.stringMatching(/Nothing more of this kind was sent\. \(HTTP 403\)$/)),
		);
		expect(affilae.writes).toHaveLength(3);
	});

	test('sends all writes, even if all but the first are not allowed (403)', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = (request) =>
			request.path === path && !JSON.stringify(request.body).includes(saleId(1))
				? NOT_ALLOWED
				: respond(request);
		const result = await run(operation, write, ITEMS, TO_ERROR_BRANCH);
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 0 }]]);
		expect(failuresOf(result)).toHaveLength(4);
		expect(affilae.writes).toHaveLength(5);
	});

	test('reports the 403 page of a firewall as a web page, and continues with the other items', async () => {
		const { respond } = await openShop(SALES);
		const reply = { status: 403, body: PAGE };
		affilae.respond = troubled(respond, { path, reply, times: 4 });
		const result = await run(operation, write, ITEMS, TO_ERROR_BRANCH);
		const told =
			'A web page came instead of a response from Affilae, for example from a firewall or a login page';
		expect(failuresOf(result)).toEqual(
			[0, 1, 2, 3].map((item) => [`Order ${1001 + item}: ${told} [item ${item}]`, { item }]),
		);
		for (const advice of adviceOf(result)) {
			expect(advice).toMatch(
				/^Check 'Base URL' in the credential\..*administrator\. \(HTTP 403\)$/,
			);
			expect(advice).not.toMatch(/token/i);
		}
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 4 }]]);
	});

	test('stops at once if the token is not accepted (401)', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path, reply: refusal(401, 'Expired') });
		const result = await run(operation, write, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual(
			[0, 1, 2, 3, 4].map((item) => [
				`Order ${1001 + item}: Affilae does not accept the API token: "Expired" [item ${item}]`,
				{ item },
			]),
		);
		expect(adviceOf(result)[4]).toBe(
			"Check 'API Token' and 'Environment' in the credential. Nothing more was sent. (HTTP 401)",
		);
		expect(affilae.writes).toEqual([sent(1)]);
	});

	test('distinguishes a wrong address (404) from a conversion that no longer exists (404)', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(
			respond,
			{ path, about: saleId(1), reply: refusal(404, 'Not Found') },
			{ path, about: saleId(2), reply: refusal(404, 'Conversion not found') },
		);
		const result = await run(operation, write, ITEMS.slice(0, 3), TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['Order 1001: Affilae’s API is not at this address [item 0]', { item: 0 }],
			['Order 1002: Affilae rejected the request: "Conversion not found" [item 1]', { item: 1 }],
		]);
		expect(adviceOf(result)).toEqual([
			"Check 'Environment' and 'Base URL' in the credential: the base URL ends before /advertiser. (HTTP 404)",
			'Check the values that you entered. (HTTP 404)',
		]);
		expect(outcomesOf(result)).toEqual([[outcome, true, { item: 2 }]]);
	});
});

describe.each(ALL_WRITES)('$operation, if a look-up fails,', ({ operation, parameters, sent }) => {
	const write = { ...parameters, ...BY_ORDER };
	const SUCCEED = { ...TRIED_ONCE, ifNotFound: 'succeed' };

	test.each([
		{
			what: 'a 404 for the address',
			reply: refusal(404, 'Not Found'),
			told: 'not at this address',
		},
		{
			what: 'a 404 of a gateway without the route',
			reply: { status: 404, body: { message: 'no Route matched with those values' } },
			told: 'not at this address: "no Route matched with those values"',
		},
		{ what: 'a 404 without a body', reply: { status: 404 }, told: 'not at this address' },
		{ what: 'a 404 page', reply: { status: 404, body: PAGE }, told: 'A web page came' },
		{ what: 'a 403 page', reply: { status: 403, body: PAGE }, told: 'A web page came' },
		{ what: 'a 503', reply: { status: 503 }, told: 'Affilae could not respond' },
		{ what: 'a 400', reply: refusal(400, 'Not now'), told: 'rejected the request: "Not now"' },
		{ what: 'a 401', reply: refusal(401, 'Bad token'), told: 'does not accept the API token' },
		{ what: 'a 403', reply: NOT_ALLOWED, told: 'does not allow this' },
		{
			what: 'an answer without a list',
			reply: { body: { statusCode: 200 } },
			told: 'cannot be read',
		},
		{ what: 'an empty answer', reply: {}, told: 'cannot be read' },
	])('fails the item, even if If Not Found is Succeed ($what)', async ({ reply, told }) => {
		affilae.respond = () => reply;
		const options = SUCCEED;
		const result = await run(operation, { ...write, options }, ITEMS, TO_ERROR_BRANCH);
		expect(result.success).toEqual([]);
		expect(failuresOf(result)).toEqual(
			[0, 1, 2, 3, 4].map((item) => [expect.stringContaining(told), { item }]),
		);
		expect(affilae.writes).toEqual([]);
	});

	test.each([
		{ what: 'does not exist (404)', reply: refusal(404, 'Not Found') },
		{ what: 'is not allowed (403)', reply: NOT_ALLOWED },
		{
			what: 'rejects the filter (400)',
			reply: refusal(400, 'externalId is not allowed', ['externalId']),
		},
		{ what: 'returns a web page', reply: { status: 403, body: PAGE } },
	])('reads conversions.info instead for the whole run (the list $what)', async ({ reply }) => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path: CALLS.list, reply });
		const items = ITEMS.slice(0, 3);
		const result = await run(operation, { ...write, options: ONE_AT_A_TIME }, items);
		expect(result.stopped).toBeUndefined();
		expect(affilae.reads.map(({ path, query }) => [path, query['externalId']])).toEqual(
			expect.arrayContaining([
				[CALLS.list, '1001'],
				[CALLS.info, '1001'],
				[CALLS.info, '1002'],
				[CALLS.info, '1003'],
			]),
		);
		expect(affilae.reads.filter(({ path }) => path === CALLS.list)).toHaveLength(1);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2), sent(3)]);
	});

	test('fails only the item of that order, and keeps using the list for the others', async () => {
		const { respond } = await openShop(SALES);
		affilae.respond = (request) =>
			request.path === CALLS.list && request.query['externalId'] === '1002'
				? refusal(400, 'Not now')
				: respond(request);
		const result = await run(operation, { ...write, options: SUCCEED }, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['Order 1002: Affilae rejected the request: "Not now" [item 1]', { item: 1 }],
		]);
		expect(affilae.reads.every(({ path }) => path === CALLS.list)).toBe(true);
		expect(affilae.writes).toHaveLength(4);
	});
});
