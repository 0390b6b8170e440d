import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import type { SettingsChange } from '../../sandbox/settings';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { inProgram, named } from './locators';
import {
	LIGHTING,
	NEW_CUSTOMERS,
	type NewConversion,
	sale,
	saleId,
	SALE,
	shopWith,
	shown,
	SOLD_AT,
} from './sandboxShop';
import { inAnyOrder, MARK, type Received, type Respond, serverForTests } from './server';
import { answerWith, BAGS, CALLS, conversion, idOf, refusal, SHOES } from './shop';

const affilae = serverForTests();

async function info(
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
	programs = '',
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation: 'info', ...parameters },
		items,
		credential: { ...affilae.credential, programs },
		settings,
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

/** Answers one route with `answer`; the shop still answers the others. */
function except(path: string, answer: Respond): void {
	const { respond } = affilae;
	affilae.respond = async (request) =>
		request.path === path ? await answer(request) : await respond(request);
}

function asked(path: string, query: Record<string, string>): Received {
	return { method: 'GET', path, query };
}

function listed(query: Record<string, string>): Received {
	return asked(CALLS.list, { ...query, limit: '100' });
}

function callsTo(path: string): Received[] {
	return affilae.requests.filter((request) => request.path === path);
}

function found({ success }: EngineOutcome): unknown[] {
	return success.map(({ json, pairedItem }) => [json['id'], pairedItem]);
}

function saidBy({ failed }: EngineOutcome): unknown[] {
	return failed.map(({ json, pairedItem }) => [json['error'], pairedItem]);
}

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_CUSTOMER = named('customerId', '={{ $json.customer }}');
const BY_ID = named('id', '={{ $json.id }}');
const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

describe('Get by order ID', () => {
	test('requests the order of each item and returns its conversion', async () => {
		await open([sale(1), sale(2)]);
		const outcome = await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]);
		expect(found(outcome)).toEqual([
			[saleId(1), { item: 0 }],
			[saleId(2), { item: 1 }],
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ externalId: '1001' }),
			listed({ externalId: '1002' }),
		]);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`, `Bearer ${MARK}`]);
	});

	test('returns all conversions of an order: of each rule, of each program, and duplicates', async () => {
		const order = { externalId: '42' };
		await open([
			sale(1, order),
			sale(2, { ...order, rule: LIGHTING.id }),
			sale(3, { ...order, program: BAGS.id }),
			sale(4, order),
			sale(5),
		]);
		const { success } = await info(BY_ORDER, [{ order: '42' }, { order: '1005' }]);
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem]).sort()).toEqual([
			...[1, 2, 3, 4].map((number) => [saleId(number), { item: 0 }]),
			[saleId(5), { item: 1 }],
		]);
	});

	test("filters by 'Program'", async () => {
		await open([sale(1, { externalId: '42' }), sale(2, { externalId: '42', program: BAGS.id })]);
		const outcome = await info({ ...BY_ORDER, ...inProgram('={{ $json.program }}') }, [
			{ order: '42', program: BAGS.id },
			{ order: '42', program: `${SALE.id}-${SHOES.id}`.toUpperCase() },
			{ order: '42', program: '' },
		]);
		expect(found(outcome)).toEqual(
			expect.arrayContaining([
				[saleId(2), { item: 0 }],
				[saleId(1), { item: 1 }],
				[saleId(1), { item: 2 }],
				[saleId(2), { item: 2 }],
			]),
		);
		expect(outcome.success).toHaveLength(4);
	});

	test("filters by 'Commission Rule', by name or ID; if none matches, the message names the rules that exist", async () => {
		await open([
			sale(1, { externalId: '42' }),
			sale(2, { externalId: '42', rule: NEW_CUSTOMERS.id }),
		]);
		const outcome = await info(
			{ ...BY_ORDER, options: { rule: '={{ $json.rule }}' } },
			[
				{ order: '42', rule: NEW_CUSTOMERS.name.toUpperCase() },
				{ order: '42', rule: SALE.id },
				{ order: '42', rule: 'Vouchers' },
			],
			TO_ERROR_BRANCH,
		);
		expect(found(outcome)).toEqual([
			[saleId(2), { item: 0 }],
			[saleId(1), { item: 1 }],
		]);
		expect(saidBy(outcome)).toEqual([
			[
				expect.stringMatching(/order 42 has the commission rule "Vouchers" \[item 2\]$/),
				{ item: 2 },
			],
		]);
		expect(outcome.failed[0]?.json['message']).toMatch(/New customers/);
		expect(outcome.failed[0]?.json['message']).toMatch(/Sale/);
	});

	test('finds an order ID given as a number, or with spaces or invisible characters around it', async () => {
		await open([sale(1), sale(2), sale(3)]);
		const outcome = await info(BY_ORDER, [
			{ order: 1001 },
			{ order: ' 1002 ' },
			{ order: '\ufeff1003\u200b' },
		]);
		expect(found(outcome)).toEqual([1, 2, 3].map((number, item) => [saleId(number), { item }]));
	});

	test.each(['S-77 ', ' S-77', 'S-77'])(
		'finds an order that Affilae stores as "%s" by exactly that text',
		async (externalId) => {
			await open([sale(1, { externalId }), sale(2)]);
			const outcome = await info(BY_ORDER, [{ order: externalId }, { order: '1002' }]);
			expect(found(outcome)).toEqual([
				[saleId(1), { item: 0 }],
				[saleId(2), { item: 1 }],
			]);
		},
	);

	test('sends an order ID with special URL characters unchanged', async () => {
		const externalId = '#10/42 &x=é+1%';
		await open([sale(1, { externalId }), sale(2)]);
		const outcome = await info(BY_ORDER, [{ order: externalId }, { order: '1002' }]);
		expect(inAnyOrder(affilae.requests)).toEqual(
			inAnyOrder([listed({ externalId }), listed({ externalId: '1002' })]),
		);
		expect(found(outcome)).toHaveLength(2);
	});

	test('never returns rows that do not match the order', async () => {
		await open([sale(1), sale(2), sale(3)], { ignoredFilters: ['externalId'] });
		const outcome = await info(
			BY_ORDER,
			[{ order: '1002' }, { order: '100' }, { order: '#1002' }],
			TO_ERROR_BRANCH,
		);
		expect(found(outcome)).toEqual([[saleId(2), { item: 0 }]]);
		expect(outcome.failed.map(({ json }) => json['order'])).toEqual(['100', '#1002']);
	});

	test('never returns rows of another program', async () => {
		await open([sale(1, { program: BAGS.id })], { ignoredFilters: ['program'] });
		const { success, failed } = await info(
			{ ...BY_ORDER, ...inProgram(SHOES.id) },
			[{ order: '1001' }, { order: '1001' }],
			TO_ERROR_BRANCH,
		);
		expect(success).toEqual([]);
		expect(failed).toHaveLength(2);
	});

	test('omits the program if Affilae rejects it as a filter, and filters the rows itself', async () => {
		await open([sale(1), sale(2, { externalId: '1001', program: BAGS.id })], {
			notAllowed: { list: ['program'], info: ['program'] },
		});
		const outcome = await info({ ...BY_ORDER, ...inProgram(BAGS.id) }, [
			{ order: '1001' },
			{ order: '1001' },
		]);
		expect(found(outcome)).toEqual([
			[saleId(2), { item: 0 }],
			[saleId(2), { item: 1 }],
		]);
	});

	test('fails an item if one conversion of its order cannot be read, instead of returning only the others', async () => {
		await open(
			[sale(1, { externalId: '42' }), sale(2, { externalId: '42', rule: LIGHTING.id }), sale(3)],
			{ unreadable: [saleId(2)] },
		);
		const outcome = await info(BY_ORDER, [{ order: '42' }, { order: '1003' }], TO_ERROR_BRANCH);
		expect(found(outcome)).toEqual([[saleId(3), { item: 1 }]]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/of order 42 cannot be read.*amount \("84\.90"/), { item: 0 }],
		]);
	});
});

describe('Get', () => {
	test('asks the list and conversions.info before it reports that there is no conversion', async () => {
		await open([sale(1)]);
		const outcome = await info(BY_ORDER, [{ order: 'none' }, { order: '1001' }], TO_ERROR_BRANCH);
		expect(found(outcome)).toEqual([[saleId(1), { item: 1 }]]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/^Affilae has no conversion for order none \[item 0\]$/), { item: 0 }],
		]);
		expect(outcome.failed[0]?.json['message']).toMatch(/order ID that your shop’s tracking sends/);
		expect(affilae.requests.filter(({ query }) => query['externalId'] === 'none')).toEqual([
			listed({ externalId: 'none' }),
			asked(CALLS.info, { externalId: 'none' }),
		]);
	});

	test.each(['all', 'first', 'object', 'bareObject'] as const)(
		'finds conversions that only conversions.info returns (%s)',
		async (infoAnswer) => {
			await open([sale(1), sale(2)], { infoAnswer });
			except(CALLS.list, () => answerWith([]));
			const outcome = await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]);
			expect(found(outcome)).toEqual([
				[saleId(1), { item: 0 }],
				[saleId(2), { item: 1 }],
			]);
		},
	);

	test.each(['first', 'object', 'bareObject'] as const)(
		'returns all conversions of an order even if conversions.info returns only one (%s)',
		async (infoAnswer) => {
			await open([sale(1, { externalId: '42' }), sale(2, { externalId: '42', rule: 'Lighting' })], {
				infoAnswer,
			});
			const { success } = await info(BY_ORDER, [{ order: '42' }]);
			expect(success.map(({ json }) => json['id']).sort()).toEqual([1, 2].map(saleId));
		},
	);

	test.each(['empty', '404', '204'] as const)(
		'understands each response with which Affilae says that there is no conversion (%s)',
		async (how) => {
			await open([sale(1)], { listNotFound: how, infoNotFound: how });
			const outcome = await info(BY_ORDER, [{ order: '77' }, { order: '1001' }], TO_ERROR_BRANCH);
			expect(found(outcome)).toEqual([[saleId(1), { item: 1 }]]);
			expect(saidBy(outcome)).toEqual([
				[expect.stringMatching(/no conversion for order 77 \[item 0\]$/), { item: 0 }],
			]);
		},
	);

	test.each([
		'No conversion found',
		'No conversions on this page',
		'Order not found',
		'Aucune conversion trouvée',
		'Commande introuvable',
		'No order for this account',
		'Aucune commande pour ce compte',
	])('understands a 404 that says that there is no conversion (%s)', async (message) => {
		const { respond } = await open([sale(1)]);
		affilae.respond = async (request) =>
			request.query['externalId'] === '77' ? refusal(404, message) : await respond(request);
		const outcome = await info(BY_ORDER, [{ order: '77' }, { order: '1001' }], TO_ERROR_BRANCH);
		expect(found(outcome)).toEqual([[saleId(1), { item: 1 }]]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/no conversion for order 77 \[item 0\]$/), { item: 0 }],
		]);
	});

	test.each([
		'no Route matched with those values',
		'Cannot GET /advertiser/conversions.list',
		'Path /advertiser/conversions.list does not exist',
		'The requested URL was not found on the server.',
		'Unknown host: rest.affilae.com',
		'no healthy upstream',
		'Service not found',
		'Page introuvable',
	])('reports a 404 of something in front as such, not as no conversion (%s)', async (message) => {
		await open([sale(1)]);
		affilae.respond = () => ({ status: 404, body: { message } });
		const outcome = await info(BY_ORDER, [{ order: '77' }, { order: '1001' }], TO_ERROR_BRANCH);
		expect(outcome.success).toEqual([]);
		expect(saidBy(outcome)).toEqual(
			['77', '1001'].map((order, item) => [
				`Order ${order}: Affilae’s API is not at this address: "${message}" [item ${item}]`,
				{ item },
			]),
		);
	});

	test.each([400, 403, 404, 405])(
		'uses only the list for the rest of the execution if conversions.info is rejected (%d)',
		async (status) => {
			await open([sale(1)]);
			except(CALLS.info, () => refusal(status, status === 404 ? 'Not Found' : 'No'));
			const orders = ['a', 'b', 'c', 'd', 'e', '1001'].map((order) => ({ order }));
			const outcome = await info(BY_ORDER, orders, TO_ERROR_BRANCH);
			expect(found(outcome)).toEqual([[saleId(1), { item: 5 }]]);
			expect(saidBy(outcome)).toEqual(
				['a', 'b', 'c', 'd', 'e'].map((order, item) => [
					`Affilae has no conversion for order ${order} [item ${item}]`,
					{ item },
				]),
			);
			expect(callsTo(CALLS.info)).toHaveLength(1);
		},
	);

	test.each([400, 403, 404, 405])(
		'uses only conversions.info for the rest of the execution if the list is rejected (%d)',
		async (status) => {
			await open([sale(1), sale(2)]);
			except(CALLS.list, () => refusal(status, status === 404 ? 'Not Found' : 'No'));
			const outcome = await info(
				BY_ORDER,
				[{ order: '1001' }, { order: '1002' }, { order: 'none' }],
				TO_ERROR_BRANCH,
			);
			expect(found(outcome)).toEqual([
				[saleId(1), { item: 0 }],
				[saleId(2), { item: 1 }],
			]);
			expect(saidBy(outcome)).toEqual([
				[expect.stringMatching(/no conversion for order none/), { item: 2 }],
			]);
			expect(callsTo(CALLS.list)).toHaveLength(1);
		},
	);

	test.each([
		{ what: 'cannot respond', reply: { status: 503 }, told: /could not respond/ },
		{ what: 'loses the connection', reply: { isCut: true }, told: /was interrupted/ },
		{
			what: 'does not accept the token',
			reply: refusal(401, 'No'),
			told: /does not accept the API token/,
		},
		{ what: 'returns an unknown shape', reply: { body: {} }, told: /cannot be read/ },
	])('does not report that there is no conversion if conversions.info $what', async (tried) => {
		await open([]);
		except(CALLS.info, () => tried.reply);
		const { failed } = await info(
			{ ...BY_ORDER, options: TRIED_ONCE },
			[{ order: 'a' }, { order: 'b' }],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(({ json }) => json['error'])).toEqual(
			Array(2).fill(expect.stringMatching(tried.told)),
		);
	});

	test('reports a wrong address as such, not as an order without conversions', async () => {
		affilae.respond = () => refusal(404, 'Not Found');
		const { stopped } = await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]);
		expect(stopped?.message).toBe('Order 1001: Affilae’s API is not at this address [item 0]');
		expect(stopped?.description).toMatch(/'Base URL'.*\(HTTP 404\)/);
	});

	test.each([
		{ what: 'a web page', reply: { body: '<html><p>Back soon</p></html>' } },
		{ what: 'a web page with status 404', reply: { status: 404, body: '<html>Not here</html>' } },
		{ what: 'an empty body', reply: {} },
		{ what: 'an object without a list', reply: { body: { statusCode: 200 } } },
	])('does not report that there is no conversion if the response is $what', async ({ reply }) => {
		affilae.respond = () => reply;
		const { stopped } = await info({ ...BY_ORDER, options: TRIED_ONCE }, [
			{ order: '1001' },
			{ order: '1002' },
		]);
		expect(stopped?.message).toMatch(/\[item 0\]/);
		expect(stopped?.message).not.toContain('no conversion');
	});
});

describe.each([
	{ wanted: [] },
	{ wanted: ['list'] },
	{ wanted: ['info'] },
	{ wanted: ['list', 'info'] },
] satisfies Array<{ wanted: SettingsChange['programRequired'] & unknown[] }>)(
	'if Affilae requires a program on $wanted, Get',
	({ wanted }) => {
		const UNKNOWN = '5f2d1c0b9a8e7f6d5c4b3a99';
		const NAMED = [
			{ by: 'order', parameters: BY_ORDER },
			{ by: 'customer', parameters: BY_CUSTOMER },
			{ by: 'ID', parameters: BY_ID },
		];
		const ITEMS = [1, 2].map((number) => ({
			order: String(1000 + number),
			customer: `C-${number}`,
			id: saleId(number),
		}));
		const BOTH = [
			[saleId(1), { item: 0 }],
			[saleId(2), { item: 1 }],
		];

		test.each(NAMED)('by $by uses the program set in the node', async ({ parameters }) => {
			await open([sale(1), sale(2)], { programRequired: wanted });
			const outcome = await info({ ...parameters, ...inProgram(SHOES.id) }, ITEMS);
			expect(found(outcome)).toEqual(BOTH);
			expect(affilae.requests.map(({ query }) => query['program'])).toEqual(
				affilae.requests.map(() => SHOES.id),
			);
		});

		test.each(NAMED)('by $by uses the programs of the credential', async ({ parameters }) => {
			await open([sale(1), sale(2, { program: BAGS.id })], { programRequired: wanted });
			const outcome = await info(parameters, ITEMS, {}, `${SHOES.id}, ${BAGS.id}`);
			expect(found(outcome)).toEqual(BOTH);
		});

		test.each(NAMED)(
			'by $by fails with the ID of a program that Affilae does not know',
			async ({ parameters }) => {
				await open([sale(1), sale(2)], { programRequired: wanted });
				const { success, failed } = await info(
					{ ...parameters, ...inProgram(UNKNOWN) },
					ITEMS,
					TO_ERROR_BRANCH,
				);
				expect(success).toEqual([]);
				expect(failed.map(({ json }) => json['error'])).toEqual(
					[0, 1].map((item) =>
						expect.stringMatching(
							new RegExp(`no conversion .* in program ${UNKNOWN} \\[item ${item}\\]$`),
						),
					),
				);
			},
		);

		test.each(NAMED)(
			'by $by returns the conversions, or says what to fill in, if no program is set',
			async ({ by, parameters }) => {
				await open([sale(1), sale(2)], { programRequired: wanted });
				const outcome = await info(parameters, ITEMS, TO_ERROR_BRANCH);
				const isAnswered = by === 'ID' ? !wanted.includes('list') : wanted.length < 2;
				if (isAnswered) {
					expect(found(outcome)).toEqual(BOTH);
					return;
				}
				expect(outcome.failed.map(({ json }) => json['message'])).toEqual(
					Array(2).fill(
						expect.stringMatching(/'Program'.*'Program IDs'.*Configuration > Tracking/),
					),
				);
			},
		);
	},
);

describe('Get by customer ID', () => {
	test('returns all conversions of a customer, each paired with its item', async () => {
		await open([
			sale(1, { customerId: 'A' }),
			sale(2, { customerId: 'B' }),
			sale(3, { customerId: 'A', program: BAGS.id }),
		]);
		const outcome = await info(BY_CUSTOMER, [{ customer: 'A' }, { customer: 'B' }]);
		expect(found(outcome).sort()).toEqual([
			[saleId(1), { item: 0 }],
			[saleId(2), { item: 1 }],
			[saleId(3), { item: 0 }],
		]);
		expect(inAnyOrder(affilae.requests)).toEqual([
			listed({ customerId: 'A' }),
			listed({ customerId: 'B' }),
		]);
	});

	test('never returns conversions of other customers', async () => {
		await open([sale(1), sale(2)], { ignoredFilters: ['customerId'] });
		const outcome = await info(BY_CUSTOMER, [{ customer: 'C-2' }, { customer: 'C-1' }]);
		expect(found(outcome)).toEqual([
			[saleId(2), { item: 0 }],
			[saleId(1), { item: 1 }],
		]);
	});

	test('returns all conversions if they take more than one page', async () => {
		const all = Array.from({ length: 130 }, (_, index) => sale(index, { customerId: 'A' }));
		await open(all);
		const { success } = await info(BY_CUSTOMER, [{ customer: 'A' }, { customer: 'A' }]);
		expect(success).toHaveLength(260);
		expect(new Set(success.map(({ json }) => json['id']))).toEqual(
			new Set(all.map(({ id }) => id)),
		);
	});

	test('fails with the customer ID if the customer has no conversions', async () => {
		await open([sale(1)]);
		const { stopped } = await info(BY_CUSTOMER, [{ customer: 'C-1' }, { customer: 'nobody' }]);
		expect(stopped?.message).toMatch(/^Affilae has no conversion for customer nobody \[item 1\]$/);
		expect(stopped?.description).toMatch(/customer ID that your shop’s tracking sends/);
	});
});

describe('Get by conversion ID', () => {
	test.each(['id', 'list'])(
		'searches around the time that the ID contains (mode "%s")',
		async (mode) => {
			await open(Array.from({ length: 230 }, (_, index) => sale(index)));
			const outcome = await info(named(mode, '={{ $json.id }}'), [
				{ id: saleId(220) },
				{ id: saleId(3).toUpperCase() },
			]);
			expect(found(outcome)).toEqual([
				[saleId(220), { item: 0 }],
				[saleId(3), { item: 1 }],
			]);
			for (const { path, query } of affilae.requests) {
				expect([path, Date.parse(String(query['from']))]).toEqual([CALLS.list, SOLD_AT - 60_001]);
			}
		},
	);

	test('finds a conversion that was added by hand and backdated', async () => {
		const backdated = sale(1, { createdAtMs: SOLD_AT - 90 * 86_400_000 });
		await open([backdated, ...Array.from({ length: 230 }, (_, index) => sale(index + 2))]);
		const outcome = await info(BY_ID, [{ id: saleId(1) }, { id: saleId(2) }]);
		expect(found(outcome)).toEqual([
			[saleId(1), { item: 0 }],
			[saleId(2), { item: 1 }],
		]);
	});

	test('reports an unknown ID as not found', async () => {
		await open(Array.from({ length: 120 }, (_, index) => sale(index)));
		const outcome = await info(
			BY_ID,
			[{ id: saleId(110) }, { id: 'f'.repeat(24) }],
			TO_ERROR_BRANCH,
		);
		expect(found(outcome)).toEqual([[saleId(110), { item: 0 }]]);
		expect(saidBy(outcome)).toEqual([
			[expect.stringMatching(/no conversion f{24} \[item 1\]$/), { item: 1 }],
		]);
	});

	test('does not report an unknown ID as not found if the list cannot be read completely', async () => {
		const page = Array.from({ length: 100 }, (_, index) => conversion(index));
		affilae.respond = () => answerWith(page, 250);
		const items = [{ id: 'f'.repeat(24) }, { id: idOf(1) }];
		const outcome = await info(BY_ID, items, TO_ERROR_BRANCH);
		expect(found(outcome)).toEqual([[idOf(1), { item: 1 }]]);
		expect(saidBy(outcome)).toEqual([
			[
				expect.stringMatching(/could not be read completely .* conversion f{24} \[item 0\]$/),
				{ item: 0 },
			],
		]);
		const message = expect.stringMatching(/^Use the order ID, or run the workflow again\./);
		expect(outcome.failed.map(({ json }) => json['message'])).toEqual([message]);
	});

	test('rejects an order number and says what to choose instead', async () => {
		await open([sale(1)]);
		const { stopped } = await info(BY_ID, [{ id: '1001' }, { id: saleId(1) }]);
		expect(stopped?.message).toMatch(/'Conversion: By ID' is "1001".*24 characters.*\[item 0\]$/);
		expect(stopped?.description).toMatch(/choose Order ID in 'Conversion'/);
		expect(affilae.requests).toEqual([]);
	});

	test("filters by 'Program', and does not return a conversion of another program", async () => {
		await open([sale(1), sale(2, { program: BAGS.id })]);
		const outcome = await info(
			{ ...BY_ID, ...inProgram(BAGS.id) },
			[{ id: saleId(1) }, { id: saleId(2) }],
			TO_ERROR_BRANCH,
		);
		expect(found(outcome)).toEqual([[saleId(2), { item: 1 }]]);
		expect(outcome.failed.map(({ json }) => json['id'])).toEqual([saleId(1)]);
	});

	test('finds a bonus without an order', async () => {
		const { held } = await open([sale(1, { externalId: null, customerId: null }), sale(2)]);
		const { success } = await info(BY_ID, [{ id: saleId(1) }, { id: saleId(2) }]);
		expect(success.map(({ json }) => json)).toEqual([shown(held(1)), shown(held(2))]);
	});
});

describe('the output of Get', () => {
	test('contains only a few fields if simplified, and is Affilae’s unchanged object if raw', async () => {
		const row = { ...conversion(1), events: [{ id: 'e', partnership: { trackingId: 't' } }] };
		affilae.respond = () => answerWith([row]);
		const { success } = await info({ ...BY_ORDER, simplify: '={{ $json.few }}' }, [
			{ order: '1001', few: true },
			{ order: '1001', few: false },
		]);
		expect(success.map(({ json }) => json)).toEqual([
			{
				id: idOf(1),
				externalId: '1001',
				customerId: 'C-1',
				status: 'pending',
				amount: 84.9,
				currency: 'EUR',
				commission: 8.49,
				programId: SHOES.id,
				createdAt: '2026-10-01T10:00:00.000Z',
			},
			row,
		]);
	});

	test('is a separate copy for each of two items about one order', async () => {
		await open([sale(1)]);
		const { success } = await info({ ...BY_ORDER, simplify: false }, [
			{ order: '1001' },
			{ order: '1001' },
		]);
		const [first, second] = success.map(({ json }) => json);
		expect(first).toEqual(second);
		expect(first).not.toBe(second);
		expect(first?.['events']).not.toBe(second?.['events']);
		expect(affilae.requests).toHaveLength(1);
	});

	test.each([
		{ dates: 'unixSeconds' },
		{ dates: 'isoWithoutZone' },
		{ statusWords: 'upper' },
		{ bareProgram: true },
		{ shape: 'countAndConversions' },
		{ shape: 'dataAndCount' },
		{ shape: 'array' },
		{ shape: 'conversions' },
		{ total: 'ofPage' },
		{ total: false },
	] satisfies SettingsChange[])(
		'is the same for each format of Affilae’s responses: %j',
		async (settings) => {
			const { held } = await open([sale(1), sale(2, { rule: LIGHTING.id })], settings);
			const { success } = await info(BY_ORDER, [{ order: '1001' }, { order: '1002' }]);
			expect(success.map(({ json }) => json)).toEqual([shown(held(1)), shown(held(2))]);
		},
	);
});

describe("with 'Orders Since', Get", () => {
	test('finds what only conversions.info returns, of one order and of several', async () => {
		await open([sale(1), sale(2), sale(3)]);
		const { respond } = affilae;
		affilae.respond = async (request) =>
			request.path === CALLS.list && request.query['externalId'] !== undefined
				? answerWith([])
				: await respond(request);
		const { path } = listed({});
		const asOne = { ...BY_ORDER, options: { ordersSince: '2026-09-30' } };
		for (const items of [[{ order: '1002' }], [{ order: '1001' }, { order: '1002' }]]) {
			const front = affilae.respond;
			// The list leaves out the order 1002.
			affilae.respond = async (request) => {
				const reply = await front(request);
				const text = JSON.stringify(reply.body ?? '');
				return request.path === path && text.includes('"1002"') ? answerWith([]) : reply;
			};
			const outcome = await info(asOne, items, TO_ERROR_BRANCH);
			expect(found(outcome)).toContainEqual([saleId(2), { item: items.length - 1 }]);
			affilae.respond = front;
		}
	});

	test('reads orders together if that is faster, and returns the same', async () => {
		const sales = [
			...Array.from({ length: 30 }, (_, index) => sale(index)),
			sale(30, { externalId: '1002', rule: LIGHTING.id }),
		];
		const items = [
			...sales.slice(0, 12).map(({ externalId = '' }) => ({ order: externalId })),
			{ order: 'none' },
		];
		await open(sales);
		const oneByOne = await info(BY_ORDER, items, TO_ERROR_BRANCH);
		const calls = affilae.requests.length;
		affilae.forget();
		const together = await info(
			{ ...BY_ORDER, options: { ordersSince: '2026-09-30' } },
			items,
			TO_ERROR_BRANCH,
		);
		expect(found(together).sort()).toEqual(found(oneByOne).sort());
		expect(saidBy(together)).toEqual(saidBy(oneByOne));
		expect(affilae.requests.length).toBeLessThanOrEqual(3);
		expect(calls).toBeGreaterThan(12);
	});
});

describe('Get stops with advice, before it sends anything, if the order ID is', () => {
	test.each([
		{
			what: 'a missing field of the item',
			value: '={{ $json.missing }}',
			told: /^'Conversion' is set to an expression that returns nothing/,
		},
		{
			what: 'null',
			value: '={{ null }}',
			told: /^'Conversion' is set to an expression that returns nothing/,
		},
		{ what: 'only spaces', value: '={{ "  " }}', told: /^'Conversion: Order ID' is empty/ },
		{ what: 'a list', value: '={{ ["1001"] }}', told: /^'Conversion: Order ID' is a list/ },
		{ what: 'true', value: '={{ true }}', told: /^'Conversion: Order ID' is true/ },
		{ what: 'a fraction', value: '={{ 10.5 }}', told: /^'Conversion: Order ID' is 10\.5/ },
		{
			what: 'a text with "undefined" in it',
			value: '={{ "#" + $json.missing }}',
			told: /^'Conversion: Order ID' is "#undefined": its expression returns nothing/,
		},
		{ what: 'an object', value: '={{ "" + {} }}', told: /"\[object Object\]"/ },
		{
			what: 'a number that a spreadsheet shortened',
			value: '4.68769E+17',
			told: /a spreadsheet shortened/,
		},
		{
			what: 'a number with too many digits',
			value: '={{ 1161888007138312192 }}',
			told: /lost its last digits/,
		},
	])('$what', async ({ value, told }) => {
		await open([sale(1)]);
		const { stopped } = await info(named('externalId', value), [{}, {}]);
		expect(stopped?.message).toMatch(told);
		expect(stopped?.message).toMatch(/\[item 0\]$/);
		expect(stopped?.description).toMatch(/\. Nothing was changed in Affilae\.$/);
		expect(affilae.requests).toEqual([]);
	});
});
