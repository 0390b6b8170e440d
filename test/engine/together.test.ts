import { describe, expect, test } from '@jest/globals';
import { type IDataObject, type INodeParameters, sleep } from 'n8n-workflow';
import { z } from 'zod';
import type { SettingsChange } from '../../sandbox/settings';
import { runNode, TRIED_ONCE } from './engine';
import { inProgram } from './locators';
import { LIGHTING, type NewConversion, sale, saleId, shopWith, SOLD_AT } from './sandboxShop';
import { inAnyOrder, type Received, type Respond, serverForTests } from './server';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES } from './shop';
import {
	about,
	accepting,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	listingOrder,
	TO_ERROR_BRANCH,
} from './writing';

const affilae = serverForTests();

const LIST = z.object({
	statusCode: z.number(),
	conversions: z.object({ total: z.number(), data: z.array(z.record(z.unknown())) }),
});

/** A shop, what happens to some of its answers, and a run of some items. */
interface Case {
	sales: readonly NewConversion[];
	settings?: SettingsChange;
	/** Changes the answers of the shop. */
	but?: (respond: Respond) => Respond;
	operation?: string;
	parameters?: INodeParameters;
	options?: INodeParameters;
	items: IDataObject[];
}

/** The output of each item, and the requests of the run. */
interface Told {
	items: string[][];
	requests: Received[];
	writes: Received[];
}

/** Runs items in one execution, against a shop in its first state. */
async function runTogether({
	sales,
	settings = {},
	but = (respond) => respond,
	operation = 'accept',
	parameters = {},
	options = {},
	items,
}: Case): Promise<Told> {
	affilae.forget();
	affilae.respond = but((await shopWith(sales, settings)).respond);
	const { success, failed, stopped } = await runNode({
		parameters: { operation, ...BY_ORDER, ...parameters, options: { ...TRIED_ONCE, ...options } },
		items,
		credential: affilae.credential,
		settings: TO_ERROR_BRANCH,
	});
	expect(stopped).toBeUndefined();
	const output = [...success, ...failed];
	return {
		items: items.map((_, index) =>
			output.flatMap(({ json, pairedItem }) =>
				JSON.stringify(pairedItem) === JSON.stringify({ item: index }) ? tell(json) : [],
			),
		),
		requests: [...affilae.requests],
		writes: inAnyOrder(affilae.writes),
	};
}

/** What an output item tells: the error without the number of its item, or the outcome and the ID. */
function tell({ error, outcome = 'found', id }: IDataObject): string {
	if (typeof error === 'string') return error.replace(/ \[item \d+\]$/, '');
	return [outcome, ...(id === undefined ? [] : [id])].join(' ');
}

/** Runs the items in one execution, and each alone, and expects the same of both. */
async function runBothWays(tried: Case): Promise<Told> {
	const alone: Told[] = [];
	for (const item of tried.items) alone.push(await runTogether({ ...tried, items: [item] }));
	const together = await runTogether(tried);
	expect(together.items).toEqual(alone.flatMap(({ items }) => items));
	expect(together.writes).toEqual(inAnyOrder(alone.flatMap(({ writes }) => writes)));
	return together;
}

const IN_ITS_PROGRAM = inProgram('={{ $json.program }}');
const NO_PROGRAM = 'Order 1002: Affilae requires a program, but none is set';

describe('if Affilae requires a program, an item without one', () => {
	test.each([
		{
			where: 'in that program and in another',
			found: [sale(2), sale(12, { externalId: '1002', program: BAGS.id })],
		},
		{ where: 'in another program only', found: [sale(2, { program: BAGS.id })] },
	])(
		'is not searched in the program that another item names (its order is $where)',
		async ({ found }) => {
			const { items, requests, writes } = await runBothWays({
				sales: [sale(1), ...found],
				settings: { programRequired: ['list', 'info'] },
				parameters: IN_ITS_PROGRAM,
				options: { ifNotFound: 'succeed' },
				items: [
					{ ...about(1), program: SHOES.id },
					{ ...about(2), program: '' },
				],
			});
			expect(items[1]).toEqual([NO_PROGRAM]);
			expect(writes).toEqual([accepting(1)]);
			expect(requests.filter(({ path }) => path === CALLS.list)).toEqual([
				listingOrder(1, { program: SHOES.id }),
				listingOrder(2),
			]);
		},
	);
});

describe("with 'Orders Since'", () => {
	const SINCE = { ordersSince: '2026-09-01' };
	const BEYOND_RETRY = { status: 504 };
	const isPeriod = ({ query }: Received) => query['from'] !== undefined;

	test.each(['accept', 'info'])(
		'orders are looked up one by one if reading the period fails (%s)',
		async (operation) => {
			const { items, requests } = await runBothWays({
				sales: [sale(1), sale(2)],
				but: (respond) => (request) => (isPeriod(request) ? BEYOND_RETRY : respond(request)),
				operation,
				options: SINCE,
				items: [1, 2].map(about),
			});
			const word = operation === 'accept' ? 'accepted' : 'found';
			expect(items).toEqual([1, 2].map((number) => [`${word} ${saleId(number)}`]));
			expect(requests.some(isPeriod)).toBe(true);
			expect(requests).toEqual(expect.arrayContaining([listingOrder(1), listingOrder(2)]));
		},
	);

	test('orders without a program fail if Affilae requires one, and the others are found', async () => {
		const { items, writes } = await runBothWays({
			sales: [1, 2, 3, 4].map((number) => sale(number)),
			settings: { programRequired: ['list', 'info'] },
			parameters: IN_ITS_PROGRAM,
			options: SINCE,
			items: [1, 2, 3, 4].map((number) => ({
				...about(number),
				program: number % 2 === 1 ? SHOES.id : '',
			})),
		});
		expect(items[1]).toEqual([NO_PROGRAM]);
		expect(writes).toEqual([accepting(1), accepting(3)]);
	});

	test.each([
		{ what: 'one order ID cannot be read', orderIds: { 1001: {}, 1002: '1002' } },
		{ what: 'no row contains an order ID', orderIds: { 1001: null, 1002: null } },
	])('orders are looked up one by one if $what', async ({ orderIds }) => {
		const respond: Respond = ({ query: { externalId: asked } }) =>
			answerWith(
				Object.entries(orderIds)
					.filter(([order]) => asked === undefined || asked === order)
					.map(([order, externalId]) => ({ ...conversion(Number(order) - 1000), externalId })),
			);
		const { items } = await runBothWays({
			sales: [],
			but: () => respond,
			parameters: { dryRun: true },
			options: { ...SINCE, ifNotFound: 'succeed' },
			items: [1, 2].map(about),
		});
		expect(items.flat()).not.toContain('notFound');
		expect(items[1]).toEqual([`accepted ${idOf(2)}`]);
	});

	describe.each([
		{ what: 'in another program', older: { program: BAGS.id } },
		{ what: 'of the same commission rule', older: {} },
		{ what: 'of another commission rule', older: { rule: LIGHTING.id, amount: 4000 } },
	])('a conversion of an earlier order of the same number, $what,', ({ older }) => {
		const earlier = sale(21, {
			externalId: '1001',
			createdAtMs: Date.UTC(2025, 2, 1),
			addedAtMs: Date.UTC(2025, 2, 1),
			...older,
		});

		test.each([
			{ name: BY_ORDER, operation: 'accept' },
			{ name: BY_ORDER, operation: 'reconcile' },
			{ name: BY_ID, operation: 'reconcile' },
			{ name: BY_ORDER, operation: 'info' },
		])('counts for no item, however many there are ($operation, $name)', async (tried) => {
			const { operation, name } = tried;
			const { items, writes } = await runBothWays({
				sales: [sale(1), sale(2), earlier],
				operation,
				parameters: {
					...name,
					...(operation === 'reconcile' ? { keptAmount: 84.9, settled: true } : {}),
				},
				options: SINCE,
				items: [1, 2].map(about),
			});
			const word = operation === 'info' ? 'found' : 'accepted';
			expect(items).toEqual([1, 2].map((number) => [`${word} ${saleId(number)}`]));
			if (operation !== 'info') expect(inAnyOrder(writes)).toEqual([accepting(1), accepting(2)]);
		});
	});

	test.each(['accept', 'reconcile', 'info'])(
		'an earlier order of a customer counts for no item that names the customer (%s)',
		async (operation) => {
			const earlier = { createdAtMs: Date.UTC(2025, 2, 1), addedAtMs: Date.UTC(2025, 2, 1) };
			const { items, writes } = await runBothWays({
				// C-1 has an earlier and a later order, C-2 only an earlier one.
				sales: [
					sale(1),
					sale(21, { customerId: 'C-1', ...earlier }),
					sale(2, { ...earlier, id: saleId(2) }),
				],
				operation,
				parameters: {
					...BY_CUSTOMER,
					...(operation === 'reconcile' ? { keptAmount: 84.9, settled: true } : {}),
				},
				options: { ...SINCE, ...(operation === 'info' ? {} : { ifNotFound: 'succeed' }) },
				items: [1, 2].map(about),
			});
			const word = operation === 'info' ? 'found' : 'accepted';
			expect(items).toEqual([
				[`${word} ${saleId(1)}`],
				[operation === 'info' ? 'Affilae has no conversion for customer C-2' : 'notFound'],
			]);
			expect(writes).toEqual(operation === 'info' ? [] : [accepting(1)]);
		},
	);

	test.each(['accept', 'reconcile', 'info'])(
		'an earlier conversion counts for no item, also if the item names it by its ID (%s)',
		async (operation) => {
			const { items, writes } = await runBothWays({
				sales: [sale(1), sale(2)],
				operation,
				parameters: {
					...BY_ID,
					...(operation === 'reconcile' ? { keptAmount: 0, reason: 'Returned' } : {}),
				},
				options: { ordersSince: '2026-10-15' },
				items: [1, 2].map(about),
			});
			expect(items).toEqual(
				[1, 2].map((number) => [
					expect.stringContaining(`Affilae has no conversion ${saleId(number)}`),
				]),
			);
			expect(writes).toEqual([]);
		},
	);

	test.each(['accept', 'info'])(
		'an order ID that Affilae stores with a space is found in the same form as alone (%s)',
		async (operation) => {
			const { writes } = await runBothWays({
				sales: [sale(1, { externalId: ' 1001' }), sale(2)],
				operation,
				options: SINCE,
				items: [1, 2].map(about),
			});
			if (operation === 'accept') expect(writes).toEqual([accepting(2)]);
		},
	);

	test('orders are looked up one by one if rows have no date, which might be those of earlier orders', async () => {
		const { items } = await runBothWays({
			sales: [
				sale(1),
				sale(2),
				sale(21, { externalId: '1001', createdAtMs: Date.UTC(2025, 2, 1) }),
			],
			settings: { leftOut: ['createdAt'] },
			options: SINCE,
			items: [1, 2].map(about),
		});
		expect(items).toEqual([
			[expect.stringMatching(/several conversions of the same commission rule/)],
			[`accepted ${saleId(2)}`],
		]);
	});

	test('items of one customer share a look-up, whatever the time of each is', async () => {
		const { requests } = await runTogether({
			sales: [sale(1), sale(2)],
			parameters: BY_CUSTOMER,
			options: { ordersSince: '={{ $now.minus({ days: 600 }).plus({ minutes: $itemIndex }) }}' },
			items: [1, 1, 1, 2].map(about),
		});
		const customers = requests.flatMap(({ query }) => query['customerId'] ?? []);
		expect(customers.sort()).toEqual(['C-1', 'C-2']);
	});

	test('a list that allows no period together with an order is not given one', async () => {
		const { items } = await runBothWays({
			sales: [sale(1), sale(11, { externalId: '1001' }), sale(2)],
			but: (respond) => (request) =>
				request.query['externalId'] !== undefined && request.query['from'] !== undefined
					? refusal(400, '"from" is not allowed', ['from'])
					: respond(request),
			options: SINCE,
			items: [1, 2].map(about),
		});
		expect(items).toEqual([
			[expect.stringMatching(/several conversions of the same commission rule/)],
			[`accepted ${saleId(2)}`],
		]);
	});

	test('an order from exactly that time is found, whether Affilae includes the ends of a period or not', async () => {
		const { items } = await runBothWays({
			sales: [sale(1), sale(2, { createdAtMs: SOLD_AT + 1 })],
			settings: { endsIncluded: false },
			options: { ordersSince: new Date(SOLD_AT).toISOString() },
			items: [1, 2].map(about),
		});
		expect(items).toEqual([1, 2].map((number) => [`accepted ${saleId(number)}`]));
	});

	test('the run ends if the token is not accepted while the period is read', async () => {
		const tried: Case = {
			sales: [sale(1), sale(2)],
			but: (respond) => (request) =>
				isPeriod(request) ? refusal(401, 'Expired') : respond(request),
			options: SINCE,
			items: [1, 2].map(about),
		};
		const { items, requests } = await runTogether(tried);
		expect(items).toEqual(
			[1, 2].map((number) => [
				`Order ${1000 + number}: Affilae does not accept the API token: "Expired"`,
			]),
		);
		expect(requests).toHaveLength(1);
	});
});

describe('by conversion ID', () => {
	const MISTYPED = { id: 'f'.repeat(24) };
	const NO_ANSWER = { status: 504 };
	const SALES = Array.from({ length: 8 }, (_, index) =>
		sale(index + 1, { id: idAt(index), createdAtMs: timeAt(index), addedAtMs: timeAt(index) }),
	);

	/** When the conversion was made: a day apart, so that each has a period of its own. */
	function timeAt(index: number): number {
		return SOLD_AT + index * 86_400_000;
	}

	function idAt(index: number): string {
		return Math.floor(timeAt(index) / 1000).toString(16) + saleId(index).slice(8);
	}

	/** Whether a request reads the whole list. */
	function isWhole({ query }: Received): boolean {
		return query['from'] === undefined;
	}

	/** Whether a request reads the period of several conversions, or that of the second one. */
	function isShared({ query }: Received): boolean {
		const [from, to] = [Date.parse(query['from'] ?? ''), Date.parse(query['to'] ?? '')];
		return to - from > 86_400_000 || from + 60_001 === timeAt(1);
	}

	test.each([2, 8])(
		'%i IDs are found if the whole list, which only a mistyped ID needs, cannot be read',
		async (count) => {
			const found = SALES.slice(0, count).map(({ id = '' }) => ({ id }));
			const { items } = await runBothWays({
				sales: SALES,
				but: (respond) => (request) =>
					request.method === 'GET' && isWhole(request) ? NO_ANSWER : respond(request),
				parameters: BY_ID,
				items: [MISTYPED, ...found],
			});
			expect(items).toEqual([
				[expect.stringMatching(/^Conversion f{24}: Affilae could not respond/)],
				...found.map(({ id }) => [`accepted ${id}`]),
			]);
		},
	);

	test.each([2, 8])('an ID whose own period cannot be read fails alone among %i', async (count) => {
		const all = SALES.slice(0, count).map(({ id = '' }) => ({ id }));
		const { items } = await runBothWays({
			sales: SALES,
			but: (respond) => (request) => (isShared(request) ? NO_ANSWER : respond(request)),
			parameters: BY_ID,
			items: all,
		});
		expect(items).toEqual(
			all.map(({ id }, index) => [
				index === 1 ? expect.stringMatching(/Affilae could not respond/) : `accepted ${id}`,
			]),
		);
	});
});

describe('if the list rejects the ID of one item', () => {
	const TOO_LONG = { ...about(9), order: 'X-'.repeat(40) };
	const SALES = [sale(1), sale(11, { externalId: '1001', rule: LIGHTING.id }), sale(2)];
	const rejecting =
		(respond: Respond): Respond =>
		async (request) => {
			const { path, query } = request;
			if (query['externalId'] !== TOO_LONG.order) return await respond(request);
			return path === CALLS.list
				? refusal(400, 'length must be at most 64 characters', ['externalId'])
				: refusal(404, 'Conversion not found');
		};

	test.each([
		{ when: 'first', items: [TOO_LONG, about(1), about(2)] },
		{ when: 'last', items: [about(1), about(2), TOO_LONG] },
	])('all conversions of the other orders are still found (it comes $when)', async ({ items }) => {
		const { writes } = await runBothWays({
			sales: SALES,
			settings: { infoAnswer: 'first' },
			but: rejecting,
			options: { ifNotFound: 'succeed' },
			items,
		});
		expect(writes).toEqual(inAnyOrder([accepting(1), accepting(11), accepting(2)]));
	});
});

describe('Get, if only some items name a program and Affilae requires one,', () => {
	const ITEMS = [
		{ ...about(1), program: '' },
		{ ...about(2), program: SHOES.id },
	];
	const SALES = [sale(2), sale(12, { externalId: '1002', rule: LIGHTING.id })];

	test.each([
		{ when: 'first', items: ITEMS },
		{ when: 'last', items: [...ITEMS].reverse() },
	])(
		'asks conversions.info for the item with a program (the item without one comes $when)',
		async ({ items }) => {
			const { requests } = await runBothWays({
				sales: SALES,
				settings: { programRequired: ['info'] },
				but: (respond) => async (request) =>
					request.path === CALLS.list ? answerWith([]) : await respond(request),
				operation: 'info',
				parameters: IN_ITS_PROGRAM,
				items,
			});
			expect(requests).toContainEqual({
				method: 'GET',
				path: CALLS.info,
				query: { externalId: '1002', program: SHOES.id },
			});
		},
	);

	test.each([
		{ when: 'first', items: ITEMS },
		{ when: 'last', items: [...ITEMS].reverse() },
	])(
		'reads the list for the item with a program (the item without one comes $when)',
		async ({ items }) => {
			await runBothWays({
				sales: [sale(1), ...SALES],
				settings: { programRequired: ['list'], infoAnswer: 'first' },
				operation: 'info',
				parameters: IN_ITS_PROGRAM,
				items,
			});
		},
	);
});

test('while one item’s program turns out to be wrong, the other items keep theirs', async () => {
	const UNKNOWN = '5f2d1c0b9a8e7f6d5c4b3a99';
	const isAskedAgain = () => affilae.requests.some(({ query }) => query['externalId'] === '1003');
	const { items, requests, writes } = await runTogether({
		sales: [1, 2, 3].map((number) => sale(number)),
		but: (respond) => async (request) => {
			const { method, query } = request;
			if (method === 'POST' || query['program'] === SHOES.id) return await respond(request);
			while (query['program'] === undefined && !isAskedAgain()) await sleep(2);
			return refusal(400, 'program must be one of yours', ['program']);
		},
		parameters: IN_ITS_PROGRAM,
		items: [
			{ ...about(1), program: SHOES.id },
			{ ...about(2), program: UNKNOWN },
			// Affilae stores it without the spaces, so it is asked for twice.
			{ ...about(3), order: ' 1003 ', program: SHOES.id },
		],
	});
	expect(items).toEqual([
		[`accepted ${saleId(1)}`],
		['Order 1002: Affilae rejected the request: "program must be one of yours" [program]'],
		[`accepted ${saleId(3)}`],
	]);
	expect(writes).toEqual([accepting(1), accepting(3)]);
	expect(requests.filter(({ query }) => query['externalId'] === '1003')).toEqual([
		listingOrder(3, { program: SHOES.id }),
	]);
});

describe.each([
	{ name: BY_ORDER, options: {} },
	{ name: BY_ORDER, options: { ordersSince: '2026-09-01' } },
	{ name: BY_ID, options: {} },
])('a row without a program beside rows with one ($name, $options)', ({ name, options }) => {
	const without =
		(externalId: string) =>
		(respond: Respond): Respond =>
		async (request) => {
			const reply = await respond(request);
			if (request.method !== 'GET' || reply.status !== 200) return reply;
			const list = LIST.parse(JSON.parse(String(reply.body)));
			for (const row of list.conversions.data) {
				if (row['externalId'] === externalId) delete row['program'];
			}
			return { ...reply, body: JSON.stringify(list) };
		};
	const tried: Case = {
		sales: [sale(1), sale(2)],
		but: without('1002'),
		parameters: { ...name, ...inProgram(SHOES.id) },
		options: { ...options, ifNotFound: 'succeed' },
		items: [1, 2].map(about),
	};

	test('belongs to the program that the request named', async () => {
		const { items, writes } = await runBothWays(tried);
		expect(items).toEqual([1, 2].map((number) => [`accepted ${saleId(number)}`]));
		expect(inAnyOrder(writes)).toEqual([accepting(1), accepting(2)]);
	});

	test('fails its item alone if Affilae cannot filter by program', async () => {
		const { items, writes } = await runBothWays({
			...tried,
			settings: { notAllowed: { list: ['program'] } },
		});
		expect(items).toEqual([
			[`accepted ${saleId(1)}`],
			[expect.stringMatching(/cannot be read: Affilae does not say which program/)],
		]);
		expect(writes).toEqual([accepting(1)]);
	});
});

test('an order ID with and without a space in front is looked up as given by each item', async () => {
	const stored: Respond = ({ query: { externalId: asked } }) =>
		answerWith([1, 2].flatMap((number) => rowOf(number, asked)));
	const rowOf = (number: number, asked: string | undefined) => {
		const externalId = ` ${1000 + number}`;
		return asked === externalId ? [{ ...conversion(number), externalId }] : [];
	};
	const { items } = await runBothWays({
		sales: [],
		but: () => stored,
		parameters: { dryRun: true },
		options: { ifNotFound: 'succeed' },
		items: ['1001', ' 1001', ' 1002', '1002'].map((order) => ({ order })),
	});
	expect(items).toEqual([
		['notFound'],
		[`accepted ${idOf(1)}`],
		[`accepted ${idOf(2)}`],
		['notFound'],
	]);
});
