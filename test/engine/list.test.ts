import { describe, expect, test } from '@jest/globals';
import type { INodeParameters, NodeExecutionHint } from 'n8n-workflow';
import type { SettingsChange } from '../../sandbox/settings';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { inProgram } from './locators';
import {
	LIGHTING,
	type NewConversion,
	sale,
	saleId,
	shopWith,
	shown,
	SOLD_AT,
} from './sandboxShop';
import { inAnyOrder, MARK, type Received, serverForTests } from './server';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES } from './shop';

const affilae = serverForTests();

async function list(
	parameters: INodeParameters,
	items: EngineRun['items'] = [{}],
	more: Partial<EngineRun> = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation: 'list', ...parameters },
		items,
		credential: affilae.credential,
		...more,
	});
}

/** Opens a shop that answers all further requests. */
async function open(
	conversions: readonly NewConversion[],
	settings: SettingsChange = {},
): Promise<Awaited<ReturnType<typeof shopWith>>> {
	const opened = await shopWith(conversions, settings);
	affilae.respond = opened.respond;
	return opened;
}

/** Sales a minute apart, the newest first, as Affilae lists them. */
function many(count: number, differing: NewConversion = {}): NewConversion[] {
	return Array.from({ length: count }, (_, index) =>
		sale(index, { createdAtMs: SOLD_AT - index * 60_000, ...differing }),
	);
}

function listed(query: Record<string, string>): Received {
	return { method: 'GET', path: CALLS.list, query };
}

/** The same moment, some milliseconds later. */
function moved(moment: string, ms: number): string {
	return new Date(Date.parse(moment) + ms).toISOString();
}

function idsOf({ success }: EngineOutcome): unknown[] {
	return success.map(({ json }) => json['id']);
}

/** The error of each failed item, and the input item that it is paired with. */
function saidBy({ failed }: EngineOutcome): unknown[] {
	return failed.map(({ json, pairedItem }) => [json['error'], pairedItem]);
}

function hintsOf({ task }: EngineOutcome): NodeExecutionHint[] {
	return task?.hints ?? [];
}

const ON_ERROR_BRANCH = { settings: { onError: 'continueErrorOutput' } } as const;

describe('the request of Get Many', () => {
	test('contains the filters of its item exactly as Affilae documents them', async () => {
		await open([sale(1, { status: 'accepted' }), sale(2), sale(3, { status: 'refused' })]);
		const { success } = await list(
			{
				limit: 10,
				filters: {
					status: '={{ $json.status }}',
					customerId: '={{ $json.customer }}',
					externalId: '={{ $json.order }}',
				},
			},
			[
				{ status: 'accepted', customer: 'C-1', order: '1001' },
				{ status: 'Pending', customer: 'C-2', order: 1002 },
			],
		);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ status: 'accepted', customerId: 'C-1', externalId: '1001', limit: '10' }),
			listed({ status: 'pending', customerId: 'C-2', externalId: '1002', limit: '10' }),
		]);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`, `Bearer ${MARK}`]);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[saleId(1), { item: 0 }],
			[saleId(2), { item: 1 }],
		]);
	});

	test('contains only a limit if no filters are set', async () => {
		await open(many(2));
		await list({}, [{}, {}]);
		expect(affilae.requests).toEqual([listed({ limit: '50' }), listed({ limit: '50' })]);
	});

	test.each([
		{
			zone: 'America/New_York',
			from: '2026-10-31',
			to: '2026-10-31',
			sent: ['2026-10-31T04:00:00.000Z', '2026-11-01T03:59:59.999Z'],
		},
		{
			zone: 'Europe/Paris',
			from: '2026-10-01T00:00:00',
			to: '2026-10-31T18:00:00',
			sent: ['2026-09-30T22:00:00.000Z', '2026-10-31T17:00:00.000Z'],
		},
		{
			zone: 'Asia/Tokyo',
			from: '2026-10-01T00:00:00+02:00',
			to: '2026-10-01 09:00:00',
			sent: ['2026-09-30T22:00:00.000Z', '2026-10-01T00:00:00.000Z'],
		},
		// As the editor's date picker stores a day. Clocks go back in the night to October 25.
		{
			zone: 'Europe/Paris',
			from: '2026-10-25T02:30:00',
			to: '2026-10-31T00:00:00',
			sent: ['2026-10-25T00:30:00.000Z', '2026-10-31T22:59:59.999Z'],
		},
		{
			zone: 'Europe/Paris',
			from: '2026-10-24',
			to: '2026-10-25T02:30:00',
			sent: ['2026-10-23T22:00:00.000Z', '2026-10-25T01:30:00.000Z'],
		},
	])(
		'contains the dates $from and $to as $sent in a workflow in $zone, each with a millisecond to spare',
		async ({ zone, from, to, sent: [sentFrom = '', sentTo = ''] }) => {
			await open([]);
			await list(
				{ limit: 5, filters: { from: '={{ $json.from }}', to: '={{ $json.to }}' } },
				[
					{ from, to },
					{ from, to: '' },
				],
				{ timezone: zone },
			);
			const period = { from: moved(sentFrom, -1), to: moved(sentTo, 1) };
			expect(inAnyOrder(affilae.requests)).toEqual([
				listed({ from: period.from, limit: '5' }),
				listed({ ...period, limit: '5' }),
			]);
		},
	);

	test('contains the instant of a date that an expression computes', async () => {
		await open([]);
		await list(
			{
				limit: 5,
				filters: {
					from: '={{ DateTime.fromISO($json.day, { zone: "Asia/Tokyo" }) }}',
					to: '={{ new Date($json.end) }}',
				},
			},
			[
				{ day: '2026-10-01', end: '2026-10-02T00:00:00Z' },
				{ day: '2026-11-01', end: '2026-11-02T12:30:00Z' },
			],
			{ timezone: 'America/New_York' },
		);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ from: '2026-09-30T14:59:59.999Z', to: '2026-10-02T00:00:00.001Z', limit: '5' }),
			listed({ from: '2026-10-31T14:59:59.999Z', to: '2026-11-02T12:30:00.001Z', limit: '5' }),
		]);
	});

	test.each([true, false])(
		'returns the conversions at both ends of a period, and none beyond them (Affilae includes them: %s)',
		async (endsIncluded) => {
			const at = [-1, 0, 500, 1000, 1001];
			await open(
				at.map((ms, index) => sale(index, { createdAtMs: SOLD_AT + ms })),
				{ endsIncluded },
			);
			const [from, to] = [0, 1000].map((ms) => new Date(SOLD_AT + ms).toISOString());
			const filters = { from: from ?? '', to: to ?? '' };
			const outcome = await list({ returnAll: true, filters }, [{}, {}]);
			expect(idsOf(outcome)).toEqual([3, 2, 1, 3, 2, 1].map(saleId));
		},
	);

	const { program } = inProgram('Shoes France');
	test.each([
		{ filters: { from: '2026-11-01', to: '2026-10-01' }, told: /'From' \(2026-11-01.*after 'To'/ },
		{ filters: { from: 'last week' }, told: /'From' is "last week"/ },
		{ filters: { to: '31/10/2026' }, told: /'To' is "31\/10\/2026"/ },
		{ filters: { status: '={{ "approved" }}' }, told: /'Status' is "approved"/ },
		{ filters: { customerId: '={{ [1, 2] }}' }, told: /'Customer ID' is a list/ },
		{
			filters: { externalId: '=#{{ $json.number }}' },
			told: /'Order ID' is set to an expression that returns nothing/,
		},
		{ filters: { externalId: '={{ 1161888007138312192 }}' }, told: /lost its last digits/ },
		{ filters: { program }, told: /'Program' is "Shoes France", which is not a program ID/ },
		{ filters: { program: '={{ 42 }}' }, told: /'Program' is 42, which is a number/ },
	])('is not sent if the filters are $filters, and the item fails', async ({ filters, told }) => {
		await open(many(1));
		const { stopped, success } = await list({ filters }, [{}, {}]);
		expect(stopped?.message).toMatch(told);
		expect(stopped?.message).toMatch(/\[item 0\]$/);
		expect(success).toEqual([]);
		expect(affilae.requests).toEqual([]);
	});

	test('omits a filter that is an empty text; if its expression returns nothing, the item fails instead', async () => {
		await open(many(3));
		const outcome = await list(
			{ filters: { externalId: '={{ $json.order_number }}' } },
			[{}, { order_number: '1001' }, { order_number: '' }, { order_number: null }],
			ON_ERROR_BRANCH,
		);
		expect(outcome.success.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 1 },
			...Array<unknown>(3).fill({ item: 2 }),
		]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/^'Order ID' is set to an expression.*\[item 0\]$/), { item: 0 }],
			[expect.stringMatching(/^'Order ID' is set to an expression.*\[item 3\]$/), { item: 3 }],
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ externalId: '1001', limit: '50' }),
			listed({ limit: '50' }),
		]);
	});

	test.each(['={{ 0 }}', '={{ -1 }}', '={{ 2.5 }}', '={{ "ten" }}', '={{ NaN }}'])(
		'is not sent if the limit is %s, and the item fails',
		async (limit) => {
			const { stopped } = await list({ limit }, [{}, {}]);
			expect(stopped?.message).toMatch(/^'Limit' is /);
			expect(affilae.requests).toEqual([]);
		},
	);
});

describe('Get Many', () => {
	test('returns no more than the limit, even if Affilae returns more', async () => {
		const rows = Array.from({ length: 30 }, (_, index) => conversion(index));
		affilae.respond = () => answerWith(rows, 30);
		const { success } = await list({ limit: '={{ $json.limit }}' }, [{ limit: 3 }, { limit: 7 }]);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual([
			...Array<unknown>(3).fill({ item: 0 }),
			...Array<unknown>(7).fill({ item: 1 }),
		]);
		expect(affilae.requests).toEqual([listed({ limit: '3' }), listed({ limit: '7' })]);
	});

	test('reads no more pages than a limit above one page requires', async () => {
		await open(many(460));
		const { success } = await list({ limit: 150, filters: { status: 'pending' } }, [{}, {}]);
		const expected = many(150).map(({ id }) => id);
		expect(success.map(({ json }) => json['id'])).toEqual([...expected, ...expected]);
		expect(affilae.requests).toHaveLength(4);
		for (const { query } of affilae.requests) {
			expect(query).toMatchObject({ status: 'pending', limit: '100' });
		}
	});

	test("returns all conversions, each once, if 'Return All' is on", async () => {
		await open(many(250));
		const { success } = await list({ returnAll: true }, [{}, {}]);
		const ids = many(250).map(({ id }) => id);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			...ids.map((id) => [id, { item: 0 }]),
			...ids.map((id) => [id, { item: 1 }]),
		]);
		expect(affilae.requests).toHaveLength(6);
	});

	test("reads to the end if 'Return All' is on and Affilae returns smaller pages than requested", async () => {
		await open(many(25), { pageCap: { max: 10, how: 'silent' } });
		const outcome = await list({ returnAll: true }, [{}, {}]);
		expect(idsOf(outcome)).toEqual([...many(25), ...many(25)].map(({ id }) => id));
	});

	test('returns nothing, and does not fail, if there are no conversions', async () => {
		await open([]);
		const { success, stopped } = await list({ returnAll: true }, [{}, {}]);
		expect(stopped).toBeUndefined();
		expect(success).toEqual([]);
		expect(affilae.requests).toHaveLength(2);
	});

	test.each(['404', '204'] as const)(
		'recognizes an empty list that Affilae returns as %s',
		async (listNotFound) => {
			await open(many(3), { listNotFound });
			const outcome = await list({ filters: { externalId: '={{ $json.order }}' } }, [
				{ order: 'none' },
				{ order: '1001' },
			]);
			expect(outcome.stopped).toBeUndefined();
			expect(idsOf(outcome)).toEqual([saleId(1)]);
		},
	);
});

describe('Get Many never returns an incomplete list:', () => {
	test('it returns all conversions that stay pending while others are accepted', async () => {
		const { sandbox, respond } = await open(many(1000), { order: 'oldestFirst' });
		let pages = 0;
		affilae.respond = async (request) => {
			pages += 1;
			// Between two pages, 150 of the first 200 are accepted and leave the list.
			if (pages === 3) {
				const entries = sandbox.store.select({ status: 'pending' }).slice(0, 200);
				for (const entry of entries.filter((_, index) => index % 4 > 0))
					sandbox.store.accept(entry);
			}
			return await respond(request);
		};
		const { success, stopped } = await list({ returnAll: true, filters: { status: 'pending' } });
		expect(stopped).toBeUndefined();
		const came = new Set(success.map(({ json }) => json['id']));
		const stayed = sandbox.store.select({ status: 'pending' }).map(({ conversion: { id } }) => id);
		expect(stayed).toHaveLength(850);
		expect(stayed.filter((id) => !came.has(id))).toEqual([]);
		expect(came.size).toBe(success.length);
	});

	test('it returns all conversions that stay, or fails the item, if as many arrive as leave meanwhile', async () => {
		const { sandbox } = await open(many(400), { swapWhileRead: true, order: 'oldestFirst' });
		const before = new Set(sandbox.store.all().map(({ id }) => id));
		const outcome = await list({ returnAll: true }, [{}], ON_ERROR_BRANCH);
		if (outcome.failed.length > 0) {
			expect(saidBy(outcome)).toEqual([
				[expect.stringMatching(/kept changing while it was read.*\[item 0\]$/), { item: 0 }],
			]);
			return;
		}
		const came = new Set(idsOf(outcome));
		const stayed = sandbox.store.all().filter(({ id }) => before.has(id));
		expect(stayed.filter(({ id }) => !came.has(id))).toEqual([]);
	});

	test('it fails each item if more conversions share an instant than Affilae returns at a time', async () => {
		const page = Array.from({ length: 100 }, (_, index) => conversion(index));
		affilae.respond = () => answerWith(page, 250);
		const outcome = await list({ returnAll: true }, [{}, {}], ON_ERROR_BRANCH);
		expect(outcome.success).toEqual([]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/^Affilae returned only 100 .*\[item 0\]$/), { item: 0 }],
			[expect.stringMatching(/^Affilae returned only 100 .*\[item 1\]$/), { item: 1 }],
		]);
		expect(affilae.requests.length).toBeLessThan(100);
	});
});

describe('a response to Get Many', () => {
	const rows = [conversion(1), conversion(2)];

	test.each([
		{ shape: 'conversions with data and total', body: { conversions: { total: 2, data: rows } } },
		{ shape: 'conversions with data', body: { statusCode: 200, conversions: { data: rows } } },
		{
			shape: 'count beside conversions',
			body: { statusCode: 200, count: 2, conversions: { data: rows } },
		},
		{ shape: 'data and count', body: { data: rows, count: 2 } },
		{ shape: 'data', body: { data: rows } },
		{ shape: 'a bare array', body: rows },
	])('is read in the shape "$shape"', async ({ body }) => {
		affilae.respond = () => ({ body });
		const { success } = await list({ returnAll: '={{ $json.all }}' }, [
			{ all: true },
			{ all: false },
		]);
		expect(success.map(({ json, pairedItem }) => [json['externalId'], pairedItem])).toEqual([
			['1001', { item: 0 }],
			['1002', { item: 0 }],
			['1001', { item: 1 }],
			['1002', { item: 1 }],
		]);
	});

	test.each([refusal(400, '"program" is not valid', ['program']), refusal(403, 'Forbidden')])(
		'that is rejected for a program of the credential names that program (%j)',
		async (reply) => {
			const wrong = 'f'.repeat(24);
			affilae.respond = ({ query: { program } }) => {
				if (program === undefined) return refusal(400, '"program" is required', ['program']);
				return program === wrong ? reply : answerWith([conversion(1)]);
			};
			const { failed } = await list({ options: TRIED_ONCE }, [{}, {}], {
				...ON_ERROR_BRANCH,
				credential: { ...affilae.credential, programs: `${SHOES.id}, ${wrong}` },
			});
			expect(failed.map(({ json }) => json['message'])).toEqual(
				Array(2).fill(expect.stringContaining(`for program ${wrong}: check 'Program IDs'`)),
			);
		},
	);

	test.each([
		{ success: 'success', ok: 200, error: null },
		{ success: null, statusCode: '200', error: { code: 0, message: '' } },
		{ error: 'none', errors: [null] },
	])('is read although it has unusual fields that say that all is well (%j)', async (fields) => {
		affilae.respond = () => ({
			body: { ...fields, conversions: { total: 1, data: [conversion(1)] } },
		});
		const { success } = await list({ options: TRIED_ONCE }, [{}, {}]);
		expect(success).toHaveLength(2);
	});

	test('takes few calls if no row shows the customer that was asked for', async () => {
		affilae.respond = ({ query: { limit = '10', offset = '0' } }) => {
			const rows = Array.from({ length: Number(limit) }, (_, index) => {
				const { customerId, ...row } = conversion(Number(offset) + index);
				return { ...row, subId: customerId };
			});
			return answerWith(rows, 5000);
		};
		const { success } = await list({ limit: 10, filters: { customerId: 'C-1' } }, [{}]);
		expect(success).toHaveLength(10);
		expect(affilae.requests.length).toBeLessThan(40);
	});

	test.each([
		refusal(423, 'Program locked'),
		refusal(402, 'Plan limit reached'),
		refusal(409, 'No such offset'),
	])(
		'that is rejected for another reason is reported in Affilae’s words, after one call (%j)',
		async (reply) => {
			affilae.respond = () => reply;
			const { failed } = await list({ options: TRIED_ONCE }, [{}], ON_ERROR_BRANCH);
			expect(failed.map(({ json }) => json['error'])).toEqual([
				expect.stringMatching(/^Affilae rejected the request: "/),
			]);
			expect(affilae.requests).toHaveLength(1);
		},
	);

	test('is empty, not incomplete, if its only row is outside of the period and Limit is 1', async () => {
		affilae.respond = ({ query: { offset, page } }) =>
			offset === undefined && page === undefined
				? answerWith([conversion(1, { createdAt: '2026-10-31T23:00:00.000Z' })])
				: answerWith([]);
		const filters = { from: '2026-10-01', to: '2026-10-31' };
		const { success, failed, stopped } = await list({ filters, limit: 1 }, [{}, {}]);
		expect([success, failed, stopped]).toEqual([[], [], undefined]);
		expect(affilae.requests.length).toBeLessThanOrEqual(4);
	});

	test.each([0, 1, 2])(
		'contains only conversions of the customer, even if Affilae ignores the filter and those without a customer come first (%d pages)',
		async (pages) => {
			const strangers = Array.from({ length: pages * 100 + 50 }, (_, index) => {
				const { customerId, ...row } = conversion(index);
				return customerId === undefined ? conversion(index) : row;
			});
			const rows = [...strangers, conversion(900), conversion(901), conversion(902)];
			affilae.respond = ({ query: { limit = '100', offset = '0' } }) =>
				answerWith(rows.slice(Number(offset), Number(offset) + Number(limit)), rows.length);
			const { success } = await list({ returnAll: true, filters: { customerId: 'C-901' } }, [
				{},
				{},
			]);
			expect(success.map(({ json }) => json['externalId'])).toEqual(['1901', '1901']);
		},
	);

	test.each([
		{ what: 'an empty body', reply: {} },
		{ what: 'an object without a list', reply: { body: { statusCode: 200 } } },
		{ what: 'a list that is null', reply: { body: { conversions: { total: 0, data: null } } } },
		{ what: 'a list under another name', reply: { body: { partnerships: { data: [] } } } },
		{ what: 'a number', reply: { body: 7 } },
		{ what: 'text', reply: { body: 'conversions: none' } },
		{ what: 'a web page with status 200', reply: { body: '<!DOCTYPE html><p>Maintenance</p>' } },
		{ what: 'a web page with status 404', reply: { status: 404, body: '<html>Not here</html>' } },
		{ what: 'a 404 without a body', reply: { status: 404 } },
		{ what: 'the 404 of a wrong address', reply: refusal(404, 'Not Found') },
		...['Not found', 'NOT_FOUND', 'The requested resource was not found', 'Account not found'].map(
			(message) => ({ what: `the 404 "${message}"`, reply: refusal(404, message) }),
		),
		{ what: 'a 404 with only a code', reply: { status: 404, body: { error: 'not_found' } } },
		{
			what: 'an empty list that reports a failure',
			reply: { body: { success: false, message: 'Database unavailable', data: [] } },
		},
		{
			what: 'an empty list with the status of a failure',
			reply: { body: { statusCode: 503, conversions: { total: 0, data: [] } } },
		},
		{ what: 'a job', reply: { body: { id: 'job-7', status: 'pending', message: 'Queued' } } },
	])('is not taken for an empty list if it is $what', async ({ reply }) => {
		affilae.respond = () => reply;
		const { success, failed } = await list({ options: TRIED_ONCE }, [{ n: 0 }, { n: 1 }], {
			settings: { onError: 'continueErrorOutput' },
		});
		expect(success).toEqual([]);
		expect(failed.map(({ json: { n, error }, pairedItem }) => [n, error, pairedItem])).toEqual([
			[0, expect.stringMatching(/(Affilae|A web page).*\[item 0\]$/s), { item: 0 }],
			[1, expect.stringMatching(/(Affilae|A web page).*\[item 1\]$/s), { item: 1 }],
		]);
	});

	test('that is a web page or comes from a wrong address is reported as such', async () => {
		affilae.respond = () => ({ body: '<!DOCTYPE html><p>Maintenance</p>' });
		const page = await list({ options: TRIED_ONCE }, [{}, {}]);
		expect(page.stopped?.message).toMatch(/web page/);
		expect(page.stopped?.message).not.toContain('Maintenance');

		affilae.respond = () => refusal(404, 'Not Found');
		const nothing = await list({ options: TRIED_ONCE }, [{}, {}]);
		expect(nothing.stopped?.message).toMatch(/not at this address/);
		expect(nothing.stopped?.description).toMatch(/'Base URL'.*\(HTTP 404\)/);
	});

	test('that rejects the request is reported in Affilae’s words, with the keys it names and its status', async () => {
		affilae.respond = () => refusal(400, '"from" must be a date', ['from']);
		const { failed } = await list({ filters: { from: '2026-10-01' } }, [{}, {}], ON_ERROR_BRANCH);
		expect(failed).toHaveLength(2);
		expect(failed[1]?.json['error']).toContain('"from" must be a date" [from]');
		expect(failed[1]?.json['message']).toMatch(/\(HTTP 400\)$/);
	});

	test.each([
		{ what: 'a row that is not an object', row: 7, why: 'a row is not an object' },
		{ what: 'a row without an ID', row: { amount: 100 }, why: 'a row has no ID' },
		{
			what: 'an amount that is not whole cents',
			row: { id: idOf(9), externalId: '77', amount: 19.9 },
			why: `of order 77 .*amount \\(19\\.9, not whole cents\\) of conversion ${idOf(9)}`,
		},
		{
			what: 'an amount that is text',
			row: { id: idOf(9), amount: '19.90' },
			why: 'amount \\("19\\.90", not whole cents\\)',
		},
		{
			what: 'a currency that is not text',
			row: { id: idOf(9), amount: 100, currency: { code: 'EUR' } },
			why: 'currency \\(an object\\)',
		},
		{
			what: 'a program that is not an ID',
			row: { id: idOf(9), amount: 100, program: { id: ['x'] } },
			why: 'program \\(a list\\)',
		},
	])('with $what fails only for such rows, and the others are returned', async ({ row, why }) => {
		affilae.respond = () => answerWith([conversion(1), row, conversion(2), { ...Object(row) }]);
		const outcome = await list({ limit: '={{ $json.limit }}' }, [{ limit: 2 }, { limit: 50 }], {
			settings: { onError: 'continueErrorOutput' },
		});
		expect(outcome.success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 0 }],
			[idOf(1), { item: 1 }],
			[idOf(2), { item: 1 }],
		]);
		const told = saidBy(outcome);
		expect(told.slice(0, 2)).toEqual([
			[expect.stringMatching(new RegExp(`${why}.* \\[item 0\\]$`)), { item: 0 }],
			[expect.stringMatching(new RegExp(`${why}.* \\[item 1\\]$`)), { item: 1 }],
		]);
		expect(hintsOf(outcome)).toEqual([
			expect.objectContaining({
				type: 'warning',
				message: expect.stringMatching(/^4 conversions, \d rows could not be read\./),
			}),
		]);
	});
});

describe('the filters of Get Many', () => {
	const mixed = [
		sale(1),
		sale(2, { program: BAGS.id }),
		sale(3, { status: 'accepted', decidedAtMs: SOLD_AT }),
		sale(4, { customerId: 'C-1', externalId: '1001', rule: LIGHTING.id }),
		sale(5, { createdAtMs: SOLD_AT - 86_400_000 }),
	];
	const FILTERS: Array<{ what: string; filters: INodeParameters; left: number[] }> = [
		{ what: 'a program ID', filters: inProgram(SHOES.id), left: [1, 3, 4, 5] },
		{
			what: 'a program ID in capitals',
			filters: inProgram(BAGS.id.toUpperCase()),
			left: [2],
		},
		{
			what: 'a tracking key',
			filters: inProgram(`${LIGHTING.id}-${BAGS.id}`),
			left: [2],
		},
		{
			what: 'a program from the list',
			filters: { program: { __rl: true, mode: 'list', value: BAGS.id } },
			left: [2],
		},
		{ what: 'a status', filters: { status: 'pending' }, left: [1, 2, 4, 5] },
		{ what: 'a customer', filters: { customerId: 'C-1' }, left: [1, 4] },
		{ what: 'an order', filters: { externalId: ' 1001 ' }, left: [1, 4] },
		{ what: 'a start date', filters: { from: '2026-10-01' }, left: [1, 2, 3, 4] },
		{ what: 'an end date', filters: { to: '2026-09-30' }, left: [5] },
	];
	const SERVERS: Array<{ what: string; settings: SettingsChange }> = [
		{ what: 'filters as requested', settings: {} },
		{
			what: 'ignores every filter',
			settings: {
				ignoredFilters: ['status', 'from', 'to', 'customerId', 'externalId', 'program'],
			},
		},
		{ what: 'rejects the program filter', settings: { notAllowed: { list: ['program'] } } },
		{ what: 'requires a program', settings: { programRequired: ['list'] } },
		{ what: 'returns statuses in capitals', settings: { statusWords: 'upper' } },
		{ what: 'returns dates as Unix seconds', settings: { dates: 'unixSeconds' } },
		{ what: 'returns programs as bare IDs', settings: { bareProgram: true } },
		{
			what: 'returns rows without the filtered fields',
			settings: { leftOut: ['program', 'status', 'customerId', 'externalId', 'createdAt'] },
		},
	];

	describe.each(SERVERS)('work if Affilae $what', ({ settings }) => {
		test.each(FILTERS)('for $what', async ({ filters, left }) => {
			await open(mixed, settings);
			const outcome = await list({ returnAll: true, filters }, [{}, {}], {
				credential: { ...affilae.credential, programs: `${SHOES.id},${BAGS.id}` },
			});
			expect(outcome.stopped).toBeUndefined();
			const byItem = [0, 1].map((item) =>
				outcome.success
					.filter(({ pairedItem }) => JSON.stringify(pairedItem) === JSON.stringify({ item }))
					.map(({ json }) => json['id'])
					.sort(),
			);
			expect(byItem).toEqual([left.map(saleId), left.map(saleId)]);
		});
	});

	test("exclude conversions before 'From' even if Affilae ignores it", async () => {
		await open(many(3), { ignoredFilters: ['from'] });
		expect(idsOf(await list({ returnAll: true, filters: { from: '2030-01-01' } }))).toEqual([]);
	});

	test('are applied by the node if Affilae rejects the program filter', async () => {
		await open(mixed, { notAllowed: { list: ['program'] } });
		await list({ returnAll: true, filters: inProgram(BAGS.id) }, [{}, {}]);
		const [asked, ...askedAgain] = affilae.requests;
		expect(asked).toEqual(listed({ program: BAGS.id, limit: '100' }));
		expect(askedAgain).toContainEqual(listed({ limit: '100' }));
	});

	test('are applied before the limit', async () => {
		const rows = [
			...many(100, { program: BAGS.id }),
			sale(200, { createdAtMs: SOLD_AT - 86_400_000 }),
			sale(201, { createdAtMs: SOLD_AT - 90_000_000 }),
		];
		for (const settings of [
			{ notAllowed: { list: ['program'] } },
			{ ignoredFilters: ['program' as const] },
		]) {
			await open(rows, settings);
			const outcome = await list({ limit: 2, filters: inProgram(SHOES.id) }, [{}, {}]);
			expect(idsOf(outcome)).toEqual([200, 201, 200, 201].map(saleId));
		}
	});
});

describe('if Affilae requires a program, Get Many', () => {
	const both = [sale(1), sale(2, { program: BAGS.id }), sale(3)];
	const WANTED: SettingsChange = { programRequired: ['list'] };
	const asked = () => affilae.requests.map(({ query }) => query['program']);

	test('requests the program in the filter', async () => {
		await open(both, WANTED);
		const outcome = await list({ filters: inProgram(BAGS.id) }, [{}, {}]);
		expect(idsOf(outcome)).toEqual([saleId(2), saleId(2)]);
		expect(asked()).toEqual([BAGS.id, BAGS.id]);
	});

	test('without a filter requests each program of the credential, and remembers that one is required', async () => {
		await open(both, WANTED);
		const credential = { ...affilae.credential, programs: `${SHOES.id}, ${BAGS.id}` };
		const outcome = await list({ returnAll: true }, [{}, {}], { credential });
		expect(idsOf(outcome).sort()).toEqual([1, 1, 2, 2, 3, 3].map(saleId));
		expect(asked().filter((program) => program === undefined).length).toBeLessThanOrEqual(2);
	});

	test('applies the limit to all programs together', async () => {
		await open(both, WANTED);
		const credential = { ...affilae.credential, programs: `${SHOES.id},${BAGS.id}` };
		const { success } = await list({ limit: 3 }, [{}, {}], { credential });
		expect(success).toHaveLength(6);
		expect((await list({ limit: 2 }, [{}], { credential })).success).toHaveLength(2);
	});

	test('fails each item if no program is set, and says what to fill in and where to find it', async () => {
		await open(both, WANTED);
		const { failed } = await list({}, [{}, {}], ON_ERROR_BRANCH);
		expect(failed.map(({ json }) => json)).toEqual(
			[0, 1].map((item) => ({
				error: `Affilae requires a program, but none is set [item ${item}]`,
				message: expect.stringMatching(/'Program'.*'Program IDs' in the credential.*Tracking/),
			})),
		);
	});

	test('names a program without conversions in the hint, as it may be new or its ID wrong', async () => {
		const unknown = '5f2d1c0b9a8e7f6d5c4b3a99';
		for (const settings of [{}, WANTED, { ignoredFilters: ['program' as const] }]) {
			await open(both, settings);
			const outcome = await list({ filters: inProgram(unknown) }, [{}, {}]);
			expect(outcome.success).toEqual([]);
			expect(hintsOf(outcome)).toEqual([
				expect.objectContaining({
					type: 'warning',
					message: expect.stringContaining(
						`Program ${unknown} has no conversions: it may be new, or its ID may be wrong.`,
					),
				}),
			]);
		}
	});

	test.each([{ status: 'refused' }, { from: '2026-11-01' }, { externalId: '9999' }])(
		'does not say that a program has no conversions if none matches the other filter %j',
		async (filter) => {
			await open(both);
			const filters = { ...inProgram(SHOES.id), ...filter };
			const outcome = await list({ filters }, [{}, {}]);
			expect(outcome.success).toEqual([]);
			expect(hintsOf(outcome)).toEqual([expect.objectContaining({ type: 'info' })]);
		},
	);

	test('names the programs of the credential in the hint if none of them has conversions', async () => {
		const unknown = ['5f2d1c0b9a8e7f6d5c4b3a98', '5f2d1c0b9a8e7f6d5c4b3a99'];
		await open(both, WANTED);
		const outcome = await list({}, [{}], {
			credential: { ...affilae.credential, programs: unknown.join() },
		});
		expect(hintsOf(outcome)[0]?.message).toContain(
			`Programs ${unknown.join(', ')} have no conversions: they may be new, or their IDs may be wrong.`,
		);
	});
});

describe('the output of Get Many', () => {
	test('contains only the few fields that an operator works with if simplified', async () => {
		const { held } = await open([
			sale(1, { amount: 1999 }),
			sale(2, { status: 'accepted', rule: LIGHTING.id }),
			sale(3, { externalId: null, customerId: null }),
		]);
		const { success } = await list({ returnAll: true }, [{}]);
		expect(success.map(({ json }) => json)).toEqual(
			expect.arrayContaining([1, 2, 3].map((number) => shown(held(number)))),
		);
		expect(success).toHaveLength(3);
		expect(JSON.stringify(success)).not.toMatch(/Mozilla|203\.0\.113/);
	});

	test("is in cents if 'Amounts In' is Cents", async () => {
		const { held } = await open([sale(1, { amount: 1999 })]);
		const { success } = await list({ options: { amountsIn: 'cents' } }, [{}, {}]);
		const { commissionsTotal } = held(1);
		expect(success.map(({ json }) => [json['amount'], json['commission']])).toEqual([
			[1999, commissionsTotal],
			[1999, commissionsTotal],
		]);
	});

	test("omits an amount in a currency without cents, whose unit is unknown, unless 'Amounts In' is Cents", async () => {
		await open([sale(1, { rule: 'JPY', amount: 1999 })]);
		const inUnits = await list({}, [{}]);
		expect(inUnits.success[0]?.json).not.toHaveProperty('amount');
		const inCents = await list({ options: { amountsIn: 'cents' } }, [{}]);
		expect(inCents.success[0]?.json).toMatchObject({ amount: 1999, currency: 'JPY' });
	});

	test('is Affilae’s unchanged object, in cents, if raw: a separate copy for each item', async () => {
		const row = { ...conversion(1, { amount: 1999 }), events: [{ id: 'e1', commission: 205 }] };
		affilae.respond = () => answerWith([row]);
		const { success } = await list({ simplify: false }, [{}, {}]);
		expect(success).toEqual([
			{ json: row, pairedItem: { item: 0 } },
			{ json: row, pairedItem: { item: 1 } },
		]);
		expect(success[0]?.json['events']).not.toBe(success[1]?.json['events']);
	});

	test('omits an amount that Affilae omits or returns as null, instead of showing 0', async () => {
		affilae.respond = () =>
			answerWith([{ id: idOf(1) }, { id: idOf(2), amount: null, commissionsTotal: null }]);
		const { success } = await list({}, [{}]);
		expect(success.map(({ json }) => json)).toEqual([{ id: idOf(1) }, { id: idOf(2) }]);
	});
});
