import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { DETAILS_ON_ERROR_BRANCH } from './errorBranch';
import { inAnyOrder, MARK, type Received, serverForTests } from './server';
import {
	answerWith,
	BAGS,
	CALLS,
	conversion,
	idOf,
	refusal,
	SHOES,
	shop,
	type WireConversion,
} from './shop';

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

function listed(query: Record<string, string>): Received {
	return { method: 'GET', path: CALLS.list, query };
}

function many(count: number, differing: Partial<WireConversion> = {}): WireConversion[] {
	return Array.from({ length: count }, (_, index) => conversion(index, differing));
}

describe('what is asked for', () => {
	test('each item asks with its own filters, exactly as Affilae documents them', async () => {
		affilae.respond = shop([
			conversion(1, { status: 'accepted' }),
			conversion(2),
			conversion(3, { status: 'refused' }),
		]);
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
				{ status: 'pending', customer: 'C-2', order: 1002 },
			],
		);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ status: 'accepted', customerId: 'C-1', externalId: '1001', limit: '10' }),
			listed({ status: 'pending', customerId: 'C-2', externalId: '1002', limit: '10' }),
		]);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`, `Bearer ${MARK}`]);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
	});

	test('without filters nothing but a limit is sent', async () => {
		affilae.respond = shop(many(2));
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
	])(
		'in a workflow in $zone, $from to $to is sent as $sent',
		async ({ zone, from, to, sent: [sentFrom = '', sentTo = ''] }) => {
			affilae.respond = shop([]);
			await list(
				{ limit: 5, filters: { from: '={{ $json.from }}', to: '={{ $json.to }}' } },
				[{ from, to }, { from }],
				{ timezone: zone },
			);
			expect(inAnyOrder(affilae.requests)).toEqual([
				listed({ from: sentFrom, limit: '5' }),
				listed({ from: sentFrom, to: sentTo, limit: '5' }),
			]);
		},
	);

	test('a date that an expression computes is sent as the instant it is', async () => {
		affilae.respond = shop([]);
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
			listed({ from: '2026-09-30T15:00:00.000Z', to: '2026-10-02T00:00:00.000Z', limit: '5' }),
			listed({ from: '2026-10-31T15:00:00.000Z', to: '2026-11-02T12:30:00.000Z', limit: '5' }),
		]);
	});

	test.each([
		{ filters: { from: '2026-11-01', to: '2026-10-01' }, named: 'From' },
		{ filters: { from: 'last week' }, named: '"last week"' },
		{ filters: { to: '31/10/2026' }, named: '"31/10/2026"' },
		{ filters: { status: '={{ "approved" }}' }, named: '"approved"' },
		{ filters: { customerId: '={{ [1, 2] }}' }, named: 'Customer ID' },
	])('the filters $filters are refused and nothing is sent', async ({ filters, named }) => {
		affilae.respond = shop(many(1));
		const { stopped, success } = await list({ filters }, [{}, {}]);
		expect(stopped?.message).toContain(named);
		expect(stopped?.message).toContain('[item 0]');
		expect(success).toEqual([]);
		expect(affilae.requests).toEqual([]);
	});

	test.each(['={{ 0 }}', '={{ -1 }}', '={{ 2.5 }}', '={{ "ten" }}', '={{ NaN }}'])(
		'the limit %s is refused and nothing is sent',
		async (limit) => {
			const { stopped } = await list({ limit }, [{}, {}]);
			expect(stopped?.message).toContain('Limit');
			expect(affilae.requests).toEqual([]);
		},
	);
});

describe('how many come back', () => {
	test('no more than the limit, whatever Affilae holds or gives', async () => {
		affilae.respond = () => answerWith(many(30), 30);
		const { success } = await list({ limit: '={{ $json.limit }}' }, [{ limit: 3 }, { limit: 7 }]);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual([
			...Array<unknown>(3).fill({ item: 0 }),
			...Array<unknown>(7).fill({ item: 1 }),
		]);
		expect(affilae.requests).toEqual([listed({ limit: '3' }), listed({ limit: '7' })]);
	});

	test('a limit above a page is read over several pages', async () => {
		affilae.respond = shop(many(260));
		const { success } = await list({ limit: 150, filters: { status: 'pending' } }, [{}, {}]);
		expect(success).toHaveLength(300);
		const pages = [
			listed({ status: 'pending', limit: '100' }),
			listed({ status: 'pending', limit: '100', offset: '100' }),
		];
		expect(inAnyOrder(affilae.requests)).toEqual(inAnyOrder([...pages, ...pages]));
	});

	test('Return All reads page after page to the end, each conversion once', async () => {
		affilae.respond = shop(many(250));
		const { success } = await list({ returnAll: true }, [{}, {}]);
		const ids = many(250).map(({ id }) => id);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			...ids.map((id) => [id, { item: 0 }]),
			...ids.map((id) => [id, { item: 1 }]),
		]);
		const pages = [
			listed({ limit: '100' }),
			listed({ limit: '100', offset: '100' }),
			listed({ limit: '100', offset: '200' }),
		];
		expect(inAnyOrder(affilae.requests)).toEqual(inAnyOrder([...pages, ...pages]));
	});

	test('Return All reads on where Affilae gives smaller pages than asked for', async () => {
		const all = many(25);
		affilae.respond = ({ query: { offset = '0' } }) =>
			answerWith(all.slice(Number(offset), Number(offset) + 10), 25);
		const { success } = await list({ returnAll: true }, [{}, {}]);
		expect(success.map(({ json }) => json['id'])).toEqual([...all, ...all].map(({ id }) => id));
	});

	test('nothing found is an empty list, not a failure', async () => {
		affilae.respond = shop([]);
		const { success, stopped } = await list({ returnAll: true }, [{}, {}]);
		expect(stopped).toBeUndefined();
		expect(success).toEqual([]);
		expect(affilae.requests).toHaveLength(2);
	});

	test('a server that gives the same page for ever ends the item with a clear message', async () => {
		const page = many(100);
		affilae.respond = () => answerWith(page, 250);
		const { success, failed } = await list({ returnAll: true }, [{}, {}], {
			settings: { onError: 'continueErrorOutput' },
		});
		expect(success).toEqual([]);
		expect(failed.map(({ json, pairedItem }) => [json['error'], pairedItem])).toEqual([
			[expect.stringMatching(/Affilae.*100.*\[item 0\]$/s), { item: 0 }],
			[expect.stringMatching(/Affilae.*100.*\[item 1\]$/s), { item: 1 }],
		]);
		expect(affilae.requests.length).toBeLessThan(100);
	});

	test('an offset past which nothing comes, though more was promised, is not a quiet end', async () => {
		affilae.respond = ({ query }) => answerWith('offset' in query ? [] : many(100), 250);
		const { success, stopped } = await list({ returnAll: true }, [{}, {}]);
		expect(success).toEqual([]);
		expect(stopped?.message).toContain('[item 0]');
	});
});

describe('reading answers', () => {
	const rows = [conversion(1), conversion(2)];

	test.each([
		{ shape: 'conversions with data and total', body: { conversions: { total: 2, data: rows } } },
		{ shape: 'conversions with data', body: { statusCode: 200, conversions: { data: rows } } },
		{ shape: 'data and count', body: { data: rows, count: 2 } },
		{ shape: 'data', body: { data: rows } },
		{ shape: 'a bare array', body: rows },
	])('an answer in the shape "$shape" is read', async ({ body }) => {
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

	test.each([
		{ what: 'an empty answer', reply: {} },
		{ what: 'an object without a list', reply: { body: { statusCode: 200 } } },
		{ what: 'a list that is none', reply: { body: { conversions: { total: 0, data: null } } } },
		{ what: 'a list under another name', reply: { body: { partnerships: { data: [] } } } },
		{ what: 'a number', reply: { body: 7 } },
		{ what: 'rows that are no objects', reply: { body: [1, 2] } },
		{ what: 'rows without an id', reply: answerWith([{ amount: 100 }]) },
		{
			what: 'an amount that is not whole cents',
			reply: answerWith([{ id: idOf(1), amount: 19.9 }]),
		},
		{ what: 'an amount that is text', reply: answerWith([{ id: idOf(1), amount: '19.90' }]) },
		{ what: 'text', reply: { body: 'conversions: none' } },
		{ what: 'a web page with status 200', reply: { body: '<!DOCTYPE html><p>Maintenance</p>' } },
		{ what: 'a web page with status 404', reply: { status: 404, body: '<html>Not here</html>' } },
		{ what: 'a status 404 that says nothing', reply: { status: 404 } },
	])('never taken for an empty list: $what', async ({ reply }) => {
		affilae.respond = () => reply;
		const { success, failed } = await list({ options: TRIED_ONCE }, [{ n: 0 }, { n: 1 }], {
			settings: { onError: 'continueErrorOutput' },
		});
		expect(success).toEqual([]);
		expect(failed.map(({ json: { n, error }, pairedItem }) => [n, error, pairedItem])).toEqual([
			[0, expect.stringMatching(/Affilae.*\[item 0\]$/s), { item: 0 }],
			[1, expect.stringMatching(/Affilae.*\[item 1\]$/s), { item: 1 }],
		]);
	});

	test('a web page is called one', async () => {
		affilae.respond = () => ({ body: '<!DOCTYPE html><p>Maintenance</p>' });
		const { stopped } = await list({ options: TRIED_ONCE }, [{}, {}]);
		expect(stopped?.message).toMatch(/web page/);
		expect(stopped?.message).not.toContain('Maintenance');
	});

	test('a refusal of Affilae is told in its own words, with the keys it names', async () => {
		affilae.respond = () => refusal(400, '"from" must be a date', ['from']);
		const { failed } = await list({ filters: { from: '2026-10-01' } }, [{}, {}], {
			settings: { onError: 'continueErrorOutput' },
		});
		expect(failed).toHaveLength(2);
		expect(failed[1]?.json['error']).toContain('"from" must be a date');
		expect(failed[1]?.json[DETAILS_ON_ERROR_BRANCH]).toMatchObject({ httpCode: '400' });
	});
});

describe('which conversions come through', () => {
	const mixed = [
		conversion(1),
		conversion(2, { program: BAGS }),
		conversion(3, { status: 'accepted' }),
		conversion(4, { customerId: 'C-1', externalId: '1001' }),
	];

	test.each([
		{
			what: 'a typed program',
			filters: { program: { __rl: true, mode: 'id', value: SHOES.id } },
			left: [1, 3, 4],
		},
		{
			what: 'a picked program',
			filters: { program: { __rl: true, mode: 'list', value: BAGS.id } },
			left: [2],
		},
		{ what: 'a status', filters: { status: 'pending' }, left: [1, 2, 4] },
		{ what: 'a customer', filters: { customerId: 'C-1' }, left: [1, 4] },
		{ what: 'an order', filters: { externalId: '1001' }, left: [1, 4] },
	])('rows that do not fit are dropped where the filter is $what', async ({ filters, left }) => {
		affilae.respond = () => answerWith(mixed);
		const { success } = await list({ returnAll: true, filters }, [{}, {}]);
		expect(success.map(({ json }) => json['id'])).toEqual([...left, ...left].map(idOf));
	});

	test('a refused program filter is left out, and the rows are filtered here', async () => {
		const answer = shop(mixed);
		affilae.respond = (request) =>
			'program' in request.query
				? refusal(400, '"program" is not allowed', ['program'])
				: answer(request);
		const { success } = await list(
			{ returnAll: true, filters: { program: { __rl: true, mode: 'id', value: BAGS.id } } },
			[{}, {}],
		);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[idOf(2), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
		const [asked, ...askedAgain] = affilae.requests;
		expect(asked).toEqual(listed({ program: BAGS.id, limit: '100' }));
		expect(askedAgain).toContainEqual(listed({ limit: '100' }));
	});

	test('a limit counts the conversions that were asked for, not the rows that came', async () => {
		const answer = shop([...many(100, { program: BAGS }), conversion(200), conversion(201)]);
		affilae.respond = (request) => {
			const { program, ...query } = request.query;
			return program === undefined
				? answer({ ...request, query })
				: refusal(400, '"program" is not allowed', ['program']);
		};
		const { success } = await list(
			{ limit: 2, filters: { program: { __rl: true, mode: 'id', value: SHOES.id } } },
			[{}, {}],
		);
		expect(success.map(({ json }) => json['id'])).toEqual([200, 201, 200, 201].map(idOf));
	});
});

describe('output', () => {
	const row = { ...conversion(1, { amount: 1999, commissionsTotal: 205 }), events: [{ id: 'e1' }] };

	test('simplified, an item holds the few fields an operator works with', async () => {
		affilae.respond = () => answerWith([row]);
		const { success } = await list({}, [{}, {}]);
		const expected = {
			id: idOf(1),
			externalId: '1001',
			customerId: 'C-1',
			status: 'pending',
			amount: 19.99,
			amountInCents: 1999,
			currency: 'EUR',
			commission: 2.05,
			programId: SHOES.id,
			createdAt: '2026-10-01T10:00:00.000Z',
		};
		expect(success).toEqual([
			{ json: expected, pairedItem: { item: 0 } },
			{ json: expected, pairedItem: { item: 1 } },
		]);
	});

	test('amounts in cents are given in cents', async () => {
		affilae.respond = () => answerWith([row]);
		const { success } = await list({ options: { amountsIn: 'cents' } }, [{}, {}]);
		expect(success.map(({ json }) => json)).toEqual(
			Array(2).fill(
				expect.objectContaining({ amount: 1999, amountInCents: 1999, commission: 205 }),
			),
		);
	});

	test('raw, an item is Affilae’s own object, untouched and in cents', async () => {
		affilae.respond = () => answerWith([row]);
		const { success } = await list({ simplify: false }, [{}, {}]);
		expect(success).toEqual([
			{ json: row, pairedItem: { item: 0 } },
			{ json: row, pairedItem: { item: 1 } },
		]);
	});

	test('money that Affilae left out is left out, and null money is never 0', async () => {
		affilae.respond = () =>
			answerWith([{ id: idOf(1) }, { id: idOf(2), amount: null, commissionsTotal: null }]);
		const { success } = await list({}, [{}]);
		expect(success.map(({ json }) => json)).toEqual([{ id: idOf(1) }, { id: idOf(2) }]);
	});
});
