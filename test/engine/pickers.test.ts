import { describe, expect, test } from '@jest/globals';
import type { INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { lookInto } from './engine';
import { inAnyOrder, MARK, type Respond, serverForTests } from './server';
import { LIGHTING, sale, saleId, shopWith, SOLD_AT } from './sandboxShop';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES, shop } from './shop';

const affilae = serverForTests();

type Picker = Parameters<typeof lookInto>[0];

async function look(
	picker: Picker,
	filter?: string,
	paginationToken?: string,
	parameters: INodeParameters = {},
	programs = '',
): Promise<INodeListSearchResult> {
	const credential = { ...affilae.credential, programs };
	return await lookInto(picker, parameters, credential, filter, paginationToken);
}

/** All that a picker shows when somebody scrolls to its end. */
async function lookToTheEnd(picker: Picker, filter?: string, programs = ''): Promise<string[]> {
	const shown: string[] = [];
	let token: string | undefined;
	for (let looks = 0; looks < 50; looks += 1) {
		const { results, paginationToken } = await look(picker, filter, token, {}, programs);
		shown.push(...results.map(({ value }) => String(value)));
		if (paginationToken === undefined) return shown;
		token = String(paginationToken);
	}
	throw new Error('The picker never ends');
}

function rejecting(key: string, answer: Respond): Respond {
	return (request) =>
		key in request.query ? refusal(400, `"${key}" is not allowed`, [key]) : answer(request);
}

function requiringProgram(answer: Respond): Respond {
	return (request) =>
		'program' in request.query
			? answer(request)
			: refusal(400, '"program" is required', ['program']);
}

describe('the Program picker', () => {
	test('shows each program of the conversions once, by its name', async () => {
		affilae.respond = shop([
			conversion(1),
			conversion(2, { program: BAGS }),
			conversion(3),
			{ id: idOf(4) },
		]);
		expect(await look('searchPrograms')).toEqual({
			results: [
				{ name: SHOES.name, value: SHOES.id },
				{ name: BAGS.name, value: BAGS.id },
			],
		});
		expect(affilae.requests).toEqual([
			{ method: 'GET', path: CALLS.list, query: { limit: '100' } },
		]);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`]);
	});

	test.each([
		{ filter: 'bag', values: [BAGS.id] },
		{ filter: 'FRANCE', values: [SHOES.id] },
		{ filter: SHOES.id, values: [SHOES.id] },
		{ filter: ' ', values: [SHOES.id, BAGS.id] },
		{ filter: 'hats', values: [] },
	])('shows programs that match "$filter" by name or ID', async ({ filter, values }) => {
		affilae.respond = shop([conversion(1), conversion(2, { program: BAGS })]);
		const { results } = await look('searchPrograms', filter);
		expect(results.map(({ value }) => value)).toEqual(values);
	});

	/** So many that the first page of the picker does not reach the only conversion of another program. */
	const farDown = Array.from({ length: 3500 }, (_, index) =>
		conversion(index, { program: index === 3400 ? BAGS : SHOES }),
	);

	test('reads more conversions when somebody scrolls, and shows no program twice', async () => {
		affilae.respond = shop(farDown);
		const { results, paginationToken } = await look('searchPrograms');
		expect(results.map(({ value }) => value)).toEqual([SHOES.id]);
		expect(paginationToken).toEqual(expect.any(String));
		expect(await lookToTheEnd('searchPrograms')).toEqual([SHOES.id, BAGS.id]);
	});

	test('searches until the list ends, even while nothing matches', async () => {
		affilae.respond = shop(farDown);
		// n8n's editor does not scroll an empty list, so the first entry says how far was searched.
		expect(await lookToTheEnd('searchPrograms', 'bags')).toEqual(['', BAGS.id]);
		expect(await lookToTheEnd('searchPrograms', 'no such program')).toEqual(['']);
		const { results } = await look('searchPrograms', 'bags');
		expect(results[0]?.name).toMatch(/^Only \d+ conversions were searched\. .*enter its ID$/);
	});

	test('sends at most 12 requests at first, however long the list is', async () => {
		affilae.respond = ({ query: { offset = '0' } }) =>
			answerWith(
				Array.from({ length: 100 }, (_, index) => conversion(Number(offset) + index)),
				100_000,
			);
		const { paginationToken } = await look('searchPrograms', 'no such program');
		expect(affilae.requests.length).toBeLessThanOrEqual(12);
		expect(paginationToken).toEqual(expect.any(String));
	});

	describe("with 'Program IDs' in the credential", () => {
		const EMPTY = '5f2d1c0b9a8e7f6d5c4b3a99';
		const programs = `${EMPTY}, 64d0f1c2b3a4958677880001-${BAGS.id}`;

		test('shows these programs too, by name if a conversion contains the name', async () => {
			affilae.respond = shop([conversion(1), conversion(2, { program: BAGS })]);
			expect((await look('searchPrograms', undefined, undefined, {}, programs)).results).toEqual([
				{ name: SHOES.name, value: SHOES.id },
				{ name: BAGS.name, value: BAGS.id },
				{ name: EMPTY, value: EMPTY },
			]);
		});

		test('finds these programs by their IDs', async () => {
			affilae.respond = shop([conversion(1)]);
			const { results } = await look('searchPrograms', 'a99', undefined, {}, programs);
			expect(results).toEqual([{ name: EMPTY, value: EMPTY }]);
		});

		test('shows a program once, even if its conversions come later in the list', async () => {
			affilae.respond = shop(farDown);
			expect((await lookToTheEnd('searchPrograms', undefined, programs)).sort()).toEqual(
				[SHOES.id, BAGS.id, EMPTY].sort(),
			);
		});

		test('reads only the conversions of these programs if Affilae requires a program', async () => {
			affilae.respond = requiringProgram(shop([conversion(1), conversion(2, { program: BAGS })]));
			const { results } = await look('searchPrograms', undefined, undefined, {}, programs);
			expect(results).toEqual([
				{ name: BAGS.name, value: BAGS.id },
				{ name: EMPTY, value: EMPTY },
			]);
		});
	});

	test('says what to fill in if Affilae requires a program and none is known', async () => {
		affilae.respond = requiringProgram(shop([conversion(1)]));
		await expect(look('searchPrograms')).rejects.toThrow(
			/requires a program.*'Program IDs' in the credential.*Configuration > Tracking/,
		);
	});

	test('shows a program without a name by its ID', async () => {
		affilae.respond = () => answerWith([{ id: idOf(1), program: { id: BAGS.id } }]);
		const { results } = await look('searchPrograms');
		expect(results).toEqual([{ name: BAGS.id, value: BAGS.id }]);
	});

	test.each([
		{ what: 'an unknown token', reply: refusal(401, 'Bad token'), expected: /API token/ },
		{ what: 'a wrong address', reply: refusal(404, 'Not Found'), expected: /not at this address/ },
		{ what: 'a web page', reply: { body: '<html></html>' }, expected: /web page/ },
		{ what: 'an answer without a list', reply: { body: {} }, expected: /no list/ },
	])('reports $what instead of showing an empty list', async ({ reply, expected }) => {
		affilae.respond = () => reply;
		await expect(look('searchPrograms')).rejects.toThrow(expected);
	});
});

describe('the Conversion picker', () => {
	test('shows a conversion by its order, amount and status, or by its ID if these are missing', async () => {
		affilae.respond = () =>
			answerWith([
				conversion(1),
				conversion(2, { amount: 1999, currency: 'GBP', status: 'accepted' }),
				{ id: idOf(3) },
			]);
		expect(await look('searchConversions')).toEqual({
			results: [
				{ name: 'Order 1001 · 84.90 EUR · pending', value: idOf(1) },
				{ name: 'Order 1002 · 19.99 GBP · accepted', value: idOf(2) },
				{ name: idOf(3), value: idOf(3) },
			],
		});
	});

	test('shows each conversion once, to the end of the list', async () => {
		const rows = Array.from({ length: 230 }, (_, index) => conversion(index));
		affilae.respond = shop(rows);
		expect(await lookToTheEnd('searchConversions')).toEqual(rows.map(({ id }) => id));
	});

	test.each([{ program: { __rl: true, mode: 'list', value: BAGS.id } }, { program: BAGS.id }])(
		'shows only the conversions of the chosen program ($program)',
		async (parameters) => {
			affilae.respond = () => answerWith([conversion(1), conversion(2, { program: BAGS })]);
			const { results } = await look('searchConversions', undefined, undefined, parameters);
			expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
			expect(affilae.requests[0]?.query).toEqual({ program: BAGS.id, limit: '100' });
		},
	);

	test('shows only the conversions of the chosen program even if Affilae rejects the filter', async () => {
		affilae.respond = rejecting('program', shop([conversion(1), conversion(2, { program: BAGS })]));
		const { results } = await look('searchConversions', undefined, undefined, {
			program: { __rl: true, mode: 'list', value: BAGS.id },
		});
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test.each([
		{ filter: '1300', value: idOf(300) },
		{ filter: 'C-300', value: idOf(300) },
	])(
		'asks Affilae for a complete ID ("$filter"), so that it finds a conversion however far down',
		async ({ filter, value }) => {
			affilae.respond = shop(Array.from({ length: 400 }, (_, index) => conversion(index)));
			const { results } = await look('searchConversions', filter);
			expect(results.map((result) => result.value)).toEqual([value]);
			expect(inAnyOrder(affilae.requests)[0]?.query).toMatchObject(
				filter.startsWith('C') ? { customerId: filter } : { externalId: filter },
			);
		},
	);

	test('finds conversions by a part of the order ID', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: 'WEB-77' }),
			conversion(2, { externalId: 'SHOP-78' }),
		]);
		const { results } = await look('searchConversions', 'shop-');
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test('shows only conversions that match the search, even if Affilae returns others', async () => {
		affilae.respond = () => answerWith([conversion(1), conversion(2)]);
		const { results } = await look('searchConversions', '1002');
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	describe.each([
		{ what: 'pages by number, not by offset', settings: { paging: 'page' as const } },
		{ what: 'ignores the offset', settings: { paging: 'offsetIgnored' as const } },
		{ what: 'supports neither offset nor page', settings: { paging: 'none' as const } },
		{ what: 'repeats the last page forever', settings: { paging: 'offsetClamped' as const } },
	])('with a server that $what', ({ settings }) => {
		test('shows all conversions', async () => {
			const sales = Array.from({ length: 260 }, (_, index) =>
				sale(index, { createdAtMs: SOLD_AT - index * 60_000 }),
			);
			affilae.respond = (await shopWith(sales, settings)).respond;
			expect((await lookToTheEnd('searchConversions')).sort()).toEqual(
				sales.map(({ id }) => id).sort(),
			);
		});
	});

	test('ends the list even if a server repeats the same page forever', async () => {
		const rows = Array.from({ length: 100 }, (_, index) => conversion(index));
		affilae.respond = () => answerWith(rows, 100_000);
		// The last entry only says that there are more conversions.
		expect(await lookToTheEnd('searchConversions')).toEqual([...rows.map(({ id }) => id), '']);
		await expect(lookToTheEnd('searchPrograms', 'bags')).rejects.toThrow(
			/^None of the 100 conversions that Affilae returned matches, and it has more.*Enter the ID/,
		);
	});

	test('shows the valid conversions of a list with invalid rows', async () => {
		affilae.respond = () => answerWith([conversion(1), { id: idOf(2), amount: '12.50' }, 7]);
		const { results } = await look('searchConversions');
		expect(results.map(({ value }) => value)).toEqual([idOf(1)]);
	});

	test('tells the conversions of one order apart by their commission rules', async () => {
		affilae.respond = (
			await shopWith([
				sale(1, { externalId: '42' }),
				sale(2, { externalId: '42', rule: LIGHTING.id, amount: 1000 }),
			])
		).respond;
		const { results } = await look('searchConversions');
		expect(results.map(({ name }) => name).sort()).toEqual([
			'Order 42 · 10.00 EUR · pending · Lighting',
			'Order 42 · 84.90 EUR · pending · Sale',
		]);
	});

	test('asks for each program of the credential if Affilae requires a program', async () => {
		affilae.respond = requiringProgram(shop([conversion(1), conversion(2, { program: BAGS })]));
		const programs = `${SHOES.id},${BAGS.id}`;
		const all = await look('searchConversions', undefined, undefined, {}, programs);
		expect(all.results.map(({ value }) => value)).toEqual([idOf(1), idOf(2)]);
		const exact = await look('searchConversions', '1002', undefined, {}, programs);
		expect(exact.results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test('a complete order ID finds its conversions in each program that Affilae requires', async () => {
		const twice = [1, 2].map((number) =>
			conversion(number, { externalId: '42', program: number === 1 ? SHOES : BAGS }),
		);
		const others = Array.from({ length: 150 }, (_, index) => conversion(index + 10));
		affilae.respond = requiringProgram(shop([...others, ...twice]));
		const programs = `${SHOES.id},${BAGS.id}`;
		const { results, paginationToken } = await look(
			'searchConversions',
			'42',
			undefined,
			{},
			programs,
		);
		expect(results.map(({ value }) => value)).toEqual([idOf(1), idOf(2)]);
		expect(paginationToken).toBeUndefined();
	});

	test('a complete customer ID finds all conversions of the customer, on as many pages as there are', async () => {
		const count = 150;
		const sales = Array.from({ length: count }, (_, index) => sale(index, { customerId: 'C-7' }));
		affilae.respond = (await shopWith([...sales, sale(999)])).respond;
		const { results } = await look('searchConversions', 'C-7');
		expect(results.map(({ value }) => value).sort()).toEqual(sales.map(({ id }) => id).sort());
	});

	test('a search that matches nothing reads no more of a list that ignores the search than the newest conversions', async () => {
		const sales = Array.from({ length: 2500 }, (_, index) => sale(index));
		affilae.respond = (
			await shopWith(sales, { ignoredFilters: ['externalId', 'customerId'] })
		).respond;
		const { results } = await look('searchConversions', 'no such order');
		expect(results.map(({ value }) => value)).toEqual(['']);
		expect(affilae.requests.length).toBeLessThan(40);
	});

	test.each(['1002', ' 1002 '])(
		'finds a complete order ID, however it was pasted (%j)',
		async (id) => {
			const older = Array.from({ length: 1500 }, (_, index) => sale(index + 10));
			affilae.respond = (await shopWith([...older, sale(2)])).respond;
			const { results } = await look('searchConversions', id);
			expect(results.map(({ value }) => value)).toContain(saleId(2));
		},
	);

	test('a part of an ID that Affilae rejects as an ID is searched among the newest conversions', async () => {
		const { respond } = await shopWith([sale(1), sale(2)]);
		affilae.respond = (request) =>
			request.query['externalId'] === undefined
				? respond(request)
				: refusal(400, '"externalId" must be a number', ['externalId']);
		const { results } = await look('searchConversions', 'C-2');
		expect(results.map(({ value }) => value)).toEqual([saleId(2)]);
	});

	test('a complete customer ID says so if Affilae does not return all conversions of the customer', async () => {
		const rows = Array.from({ length: 100 }, (_, index) =>
			conversion(index, { customerId: 'C-7' }),
		);
		affilae.respond = () => answerWith(rows, 250);
		const { results } = await look('searchConversions', 'C-7');
		expect(results).toHaveLength(101);
		expect(results.at(-1)?.name).toBe(
			'Only 100 conversions were searched. For another one, enter its ID',
		);
	});

	test.each([
		{
			what: 'an expression',
			value: '={{ $json.program }}',
			expected: /'Program' is an expression.*Choose a program temporarily/,
		},
		{
			what: 'a name',
			value: 'Shoes France',
			expected: /'Program' is "Shoes France".*not a program ID/,
		},
		{
			what: 'an address',
			value: 'https://app.affilae.com/programs/7',
			expected: /an address, not a program ID.*Configuration > Tracking/,
		},
	])('reports a program that is $what, and sends no request', async ({ value, expected }) => {
		affilae.respond = shop([conversion(1)]);
		for (const program of [{ __rl: true, mode: 'id', value }, value]) {
			const looking = look('searchConversions', undefined, undefined, { program });
			await expect(looking).rejects.toThrow(expected);
		}
		expect(affilae.requests).toEqual([]);
	});

	test.each(['', undefined])('shows all conversions if the program is %j', async (value) => {
		affilae.respond = shop([conversion(1), conversion(2, { program: BAGS })]);
		const program = value === undefined ? {} : { program: { __rl: true, mode: 'list', value } };
		const { results } = await look('searchConversions', undefined, undefined, program);
		expect(results.map((result) => result.value)).toEqual([idOf(1), idOf(2)]);
	});
});
