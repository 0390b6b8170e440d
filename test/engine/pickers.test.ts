import { describe, expect, test } from '@jest/globals';
import type { INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { lookInto } from './engine';
import { inAnyOrder, MARK, type Respond, serverForTests } from './server';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES, shop } from './shop';

const affilae = serverForTests();

type Picker = Parameters<typeof lookInto>[0];

async function look(
	picker: Picker,
	filter?: string,
	paginationToken?: string,
	parameters: INodeParameters = {},
): Promise<INodeListSearchResult> {
	return await lookInto(picker, parameters, affilae.credential, filter, paginationToken);
}

/** All that a picker shows when somebody scrolls to its end. */
async function lookToTheEnd(picker: Picker, filter?: string): Promise<string[]> {
	const shown: string[] = [];
	let token: string | undefined;
	for (let looks = 0; looks < 50; looks += 1) {
		const { results, paginationToken } = await look(picker, filter, token);
		shown.push(...results.map(({ value }) => String(value)));
		if (paginationToken === undefined) return shown;
		token = String(paginationToken);
	}
	throw new Error('The picker never ends');
}

function refusingKey(key: string, answer: Respond): Respond {
	return (request) =>
		key in request.query ? refusal(400, `"${key}" is not allowed`, [key]) : answer(request);
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
	])('searched for "$filter", shows what fits by name or ID', async ({ filter, values }) => {
		affilae.respond = shop([conversion(1), conversion(2, { program: BAGS })]);
		const { results } = await look('searchPrograms', filter);
		expect(results.map(({ value }) => value)).toEqual(values);
	});

	test('pages on through the conversions, and shows no program twice', async () => {
		const rows = Array.from({ length: 350 }, (_, index) =>
			conversion(index, { program: index === 340 ? BAGS : SHOES }),
		);
		affilae.respond = shop(rows);
		const { results, paginationToken } = await look('searchPrograms');
		expect(results.map(({ value }) => value)).toEqual([SHOES.id]);
		expect(paginationToken).toEqual(expect.any(String));
		expect(await lookToTheEnd('searchPrograms')).toEqual([SHOES.id, BAGS.id]);
	});

	test('a search looks beyond the first page', async () => {
		const rows = Array.from({ length: 350 }, (_, index) =>
			conversion(index, { program: index === 340 ? BAGS : SHOES }),
		);
		affilae.respond = shop(rows);
		expect(await lookToTheEnd('searchPrograms', 'bags')).toEqual([BAGS.id]);
	});

	test('one look costs a bounded number of calls, however long the list is', async () => {
		affilae.respond = ({ query: { offset = '0' } }) =>
			answerWith(
				Array.from({ length: 100 }, (_, index) => conversion(Number(offset) + index)),
				100_000,
			);
		const { paginationToken } = await look('searchPrograms', 'no such program');
		expect(affilae.requests.length).toBeLessThanOrEqual(10);
		expect(paginationToken).toEqual(expect.any(String));
	});

	test('a program without a name is shown by its ID', async () => {
		affilae.respond = () => answerWith([{ id: idOf(1), program: { id: BAGS.id } }]);
		const { results } = await look('searchPrograms');
		expect(results).toEqual([{ name: BAGS.id, value: BAGS.id }]);
	});

	test.each([
		{ what: 'a refused token', reply: refusal(401, 'Bad token'), told: /token/ },
		{ what: 'a web page', reply: { body: '<html></html>' }, told: /web page/ },
		{ what: 'an answer without a list', reply: { body: {} }, told: /no list/ },
	])('$what is told, not shown as an empty list', async ({ reply, told }) => {
		affilae.respond = () => reply;
		await expect(look('searchPrograms')).rejects.toThrow(told);
	});
});

describe('the Conversion picker', () => {
	test('names a conversion by its order, its amount and its status', async () => {
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

	test('pages to the end, each conversion once', async () => {
		const rows = Array.from({ length: 230 }, (_, index) => conversion(index));
		affilae.respond = shop(rows);
		expect(await lookToTheEnd('searchConversions')).toEqual(rows.map(({ id }) => id));
	});

	test.each([{ program: { __rl: true, mode: 'list', value: BAGS.id } }, { program: BAGS.id }])(
		'shows only those of the program that is chosen ($program)',
		async (parameters) => {
			affilae.respond = () => answerWith([conversion(1), conversion(2, { program: BAGS })]);
			const { results } = await look('searchConversions', undefined, undefined, parameters);
			expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
			expect(affilae.requests[0]?.query).toEqual({ program: BAGS.id, limit: '100' });
		},
	);

	test('narrows to the program also where Affilae refuses to', async () => {
		affilae.respond = refusingKey(
			'program',
			shop([conversion(1), conversion(2, { program: BAGS })]),
		);
		const { results } = await look('searchConversions', undefined, undefined, {
			program: { __rl: true, mode: 'list', value: BAGS.id },
		});
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test.each([
		{ filter: '1300', value: idOf(300) },
		{ filter: 'C-300', value: idOf(300) },
	])(
		'finds the whole ID "$filter" by asking for it, however far down',
		async ({ filter, value }) => {
			affilae.respond = shop(Array.from({ length: 400 }, (_, index) => conversion(index)));
			const { results } = await look('searchConversions', filter);
			expect(results.map((result) => result.value)).toEqual([value]);
			expect(inAnyOrder(affilae.requests)[0]?.query).toMatchObject(
				filter.startsWith('C') ? { customerId: filter } : { externalId: filter },
			);
		},
	);

	test('searched for a part of an order ID, shows what fits', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: 'WEB-77' }),
			conversion(2, { externalId: 'SHOP-78' }),
		]);
		const { results } = await look('searchConversions', 'shop-');
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test('a search shows nothing that does not fit, whatever Affilae answers', async () => {
		affilae.respond = () => answerWith([conversion(1), conversion(2)]);
		const { results } = await look('searchConversions', '1002');
		expect(results.map(({ value }) => value)).toEqual([idOf(2)]);
	});

	test('a server that refuses an offset ends the list after its first page', async () => {
		const rows = Array.from({ length: 150 }, (_, index) => conversion(index));
		affilae.respond = refusingKey('offset', shop(rows));
		expect(await lookToTheEnd('searchConversions')).toEqual(rows.slice(0, 100).map(({ id }) => id));
	});

	test('a server that gives the same page for ever does not keep the list going for ever', async () => {
		const rows = Array.from({ length: 100 }, (_, index) => conversion(index));
		affilae.respond = () => answerWith(rows, 100_000);
		expect(await lookToTheEnd('searchConversions')).toEqual(rows.map(({ id }) => id));
	});
});
