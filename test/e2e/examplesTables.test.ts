import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { type Browser, openBrowser } from '../../playground/src/browser';
import { dryNodesOf, withDryRunOff, workflowIdOf } from '../../playground/src/exampleWorkflows';
import { ORDERS, TO_CHECK } from '../../playground/src/dataTables';
import type { Execution, Workflow } from '../../playground/src/n8nClient';
import { conversionsOf } from '../../playground/src/runMainExample';
import type { Playground } from '../../playground/src/startPlayground';
import type { NewConversion } from '../../sandbox/arrivals';
import { PROGRAMS } from '../../sandbox/programs';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';

/** The time zone of the playground's n8n. */
const ZONE = 'Europe/Paris';
const DAY_MS = 86_400_000;
const [EUROPE, KINGDOM, STATES] = PROGRAMS;
const BY_HAND = "When clicking 'Execute workflow'";

/** The contrast of a color, such as `rgb(31, 41, 51)`, to white, as WCAG defines it: 1 to 21. */
function contrastToWhite(color: string): number {
	const [red = 255, green = 255, blue = 255] = (color.match(/\d+/g) ?? []).map((text) => {
		const part = Number(text) / 255;
		return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

describe('the examples with tables and pages, in a full n8n', () => {
	let playground: Playground;
	/** n8n's IDs of the tables, by their names. */
	const tableIds = new Map<string, string>();

	beforeAll(async () => {
		playground = await startFreshPlayground();
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	beforeEach(async () => {
		playground.sandbox.reset();
		for (const table of [TO_CHECK, ORDERS]) {
			await playground.n8n.client.deleteDataTable(table.name);
			tableIds.set(table.name, await playground.n8n.client.saveDataTable(table));
		}
	});

	function workflowOf(name: string): Workflow {
		const found = playground.examples.find((example) => example.name === name);
		if (found === undefined) throw new Error(`There is no example "${name}"`);
		return found.workflow;
	}

	/** An example with its tables chosen from the list, as n8n 1 requires. */
	function chosen(name: string): Workflow {
		const workflow = workflowOf(name);
		return {
			...workflow,
			nodes: workflow.nodes.map((node) => {
				if (node.type !== 'n8n-nodes-base.dataTable') return node;
				const { parameters } = z
					.object({
						parameters: z.object({ dataTableId: z.object({ value: z.string() }) }).passthrough(),
					})
					.parse(node);
				const value = tableIds.get(parameters.dataTableId.value);
				const dataTableId = { __rl: true, mode: 'list', value };
				return { ...node, parameters: { ...parameters, dataTableId } };
			}),
		};
	}

	function realOf(name: string): Workflow {
		const workflow = workflowOf(name);
		return withDryRunOff(workflow, dryNodesOf(workflow));
	}

	async function run(id: string, trigger: string): Promise<Execution> {
		const execution = await playground.n8n.client.run(id, trigger);
		const { status, error } = execution;
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		return execution;
	}

	/** Stores an example with these items pinned to one of its nodes, and runs it. */
	async function runWith(
		workflow: Workflow,
		node: string,
		items: ReadonlyArray<Record<string, unknown>>,
		trigger = BY_HAND,
	): Promise<Execution> {
		await playground.store('with-items', {
			...workflow,
			pinData: { [node]: items.map((json) => ({ json })) },
		});
		return await run('with-items', trigger);
	}

	async function rowsOf({ name }: { name: string }): Promise<Array<Record<string, unknown>>> {
		return await playground.n8n.client.rowsOf(name);
	}

	function track(externalId: string, more: Partial<NewConversion> = {}): string {
		const { sandbox } = playground;
		return sandbox.addConversion({ externalId, program: EUROPE.id, amount: 10_000, ...more }).id;
	}

	function statesOf(orderId: string): Array<[string, number]> {
		return playground.sandbox.store
			.byExternalId(orderId)
			.map(({ status, amount }) => [status, amount]);
	}

	describe('the table "Affilae: to check"', () => {
		test.each([
			['woocommerce-returns', BY_HAND],
			['prestashop-returns', BY_HAND],
			['sheets-returns', BY_HAND],
			['before-it-locks', 'Every morning'],
			['shopify-returns', BY_HAND],
			['shopify-webhooks', 'A refund was made'],
			['odoo-credit-notes', 'Every night'],
			['erpnext-credit-notes', 'Every night'],
			['nightly-sweep', 'Every night'],
		])(
			'is filled by %s with one row per reason for a person, however often it runs',
			async (name, trigger) => {
				await playground.store('chosen', chosen(name));
				const execution = await run('chosen', trigger);
				const told = execution.items('A person decides').map(({ orderId, why }) => [orderId, why]);
				expect(told.length).toBeGreaterThan(0);
				const due = new Map(told.map((pair) => [JSON.stringify(pair), pair]));
				const rows = await rowsOf(TO_CHECK);
				const inTable = rows.map(({ order_id: orderId, why }) => [orderId, why]);
				expect(inTable).toHaveLength(due.size);
				expect(inTable).toEqual(expect.arrayContaining([...due.values()]));
				for (const row of rows) {
					expect(row).toMatchObject({ workflow: workflowOf(name).name, done: null });
				}
				await run('chosen', trigger);
				expect((await rowsOf(TO_CHECK)).map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
			},
		);

		/** The rows of the table by their orders; several of one order are joined. */
		async function whyInTable(): Promise<Record<string, string>> {
			const why = new Map<string, string>();
			for (const { order_id: orderId, why: text } of await rowsOf(TO_CHECK)) {
				const before = why.get(String(orderId));
				why.set(
					String(orderId),
					before === undefined ? String(text) : `${before}\n${String(text)}`,
				);
			}
			return Object.fromEntries(why);
		}

		/** Orders that must not be accepted by accident: two programs, two rules, a locked conversion. */
		function trackUnclear(): void {
			track('90002');
			track('90003');
			track('90003', { program: KINGDOM.id });
			track('90004', { amount: 5000 });
			track('90004', { amount: 5000, rule: 'Lighting' });
			track('90005', { status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
			track('90006');
		}
		const UNCLEAR = {
			'90002': expect.stringMatching(/in EUR/),
			'90003': expect.stringMatching(/several programs/),
			'90004': expect.stringMatching(/2 conversions.*Lighting/),
			'90005': expect.stringMatching(/It has been locked since/),
		};

		test('contains each CSV row that is incomplete, in another currency, tracked twice or locked, and none is accepted', async () => {
			trackUnclear();
			track('90001');
			const example = chosen('csv-returns');
			const choices = {
				'Return period': 'Over for all of these orders',
				'What to do': 'Tell Affilae',
			};
			const row = (order: string, kept: string) => ({
				'N° de commande': order,
				'Montant conservé': kept,
				Motif: 'Retour',
			});
			const rows = [
				{ 'Montant conservé': '10,00', Motif: 'Retour' },
				row('', '12,00'),
				{ 'N° de commande': '90001', Motif: 'Retour' },
				row('90002', '80,00 $'),
				row('90003', '0,00'),
				row('90004', '60,00'),
				row('90005', '0,00'),
				row('90006', '84,90'),
			];
			await playground.store('with-items', {
				...example,
				pinData: {
					'Returns file': [{ json: choices }],
					'Rows of the file': rows.map((json) => ({ json })),
				},
			});
			await run('with-items', 'Returns file');
			expect(await whyInTable()).toEqual({
				...UNCLEAR,
				'Row without an order ID (10,00, Retour)': expect.stringMatching(/Order ID|Conversion/),
				'Row without an order ID (12,00, Retour)': expect.stringMatching(/Order ID|Conversion/),
				'90001': expect.stringMatching(/Order Amount After Returns/),
				'90002': expect.stringMatching(/USD|\$/),
			});
			expect(statesOf('90006')).toEqual([['accepted', 8490]]);
			expect(playground.sandbox.store.writes.map(({ action }) => action)).toEqual([
				'update',
				'accept',
			]);
		});

		const shopify = (more: object) => ({
			currency: 'EUR',
			taxes_included: false,
			test: false,
			cancelled_at: null,
			financial_status: 'paid',
			current_subtotal_price: '60.00',
			current_total_tax: '0.00',
			line_items: [],
			shipping_lines: [],
			refunds: [],
			...more,
		});
		const woo = (more: object) => ({
			status: 'completed',
			currency: 'EUR',
			date_paid: '2026-10-20T10:15:00',
			line_items: [{ total: '60.00', total_tax: '0.00' }],
			shipping_lines: [],
			fee_lines: [],
			refunds: [],
			...more,
		});
		const sheet = (more: object) => ({ Devise: 'EUR', 'Délai terminé': 'VRAI', ...more });

		test.each<
			[name: string, node: string, orders: ReadonlyArray<Record<string, unknown>>, nameless: string]
		>([
			[
				'shopify-returns',
				'Orders from Shopify',
				[
					{
						body: {
							orders: [
								shopify({}),
								shopify({ order_number: 90_001, current_subtotal_price: undefined }),
								shopify({ order_number: 90_002, currency: 'CHF' }),
								shopify({ order_number: 90_003 }),
								shopify({ order_number: 90_004 }),
								shopify({ order_number: 90_005, financial_status: 'refunded' }),
								shopify({ order_number: 90_006 }),
							],
						},
					},
				],
				'An order without a number',
			],
			[
				'woocommerce-returns',
				'Orders from WooCommerce',
				[
					woo({}),
					woo({ id: 90_001, line_items: undefined }),
					woo({ id: 90_002, currency: 'CHF' }),
					woo({ id: 90_003 }),
					woo({ id: 90_004 }),
					woo({ id: 90_005, status: 'refunded' }),
					woo({ id: 90_006 }),
				],
				'An order without a number',
			],
			[
				'sheets-returns',
				'Rows of the sheet',
				[
					sheet({ 'Montant conservé HT': '10,00' }),
					sheet({ Commande: '90001' }),
					sheet({ Commande: '90002', 'Montant conservé HT': 60, Devise: 'CHF' }),
					sheet({ Commande: '90003', 'Montant conservé HT': 60 }),
					sheet({ Commande: '90004', 'Montant conservé HT': 60 }),
					sheet({ Commande: '90005', 'Montant conservé HT': 0 }),
					sheet({ Commande: '90006', 'Montant conservé HT': 60 }),
				],
				'Row without an order ID (EUR, VRAI, 10,00)',
			],
		])(
			'contains each order of %s that is incomplete, in another currency, tracked twice or locked, and none is accepted',
			async (name, node, orders, nameless) => {
				trackUnclear();
				track('90001');
				const example = chosen(name);
				await runWith(withDryRunOff(example, dryNodesOf(example)), node, orders);
				expect(await whyInTable()).toEqual({
					...UNCLEAR,
					[nameless]: expect.stringMatching(/Order ID|Conversion/),
					'90001': expect.stringMatching(/does not say/),
				});
				expect(statesOf('90006')).toEqual([['accepted', 6000]]);
				expect(playground.sandbox.store.writes.map(({ action }) => action)).toEqual([
					'update',
					'accept',
				]);
			},
		);

		test('contains one row per conversion without an order ID that the sweep leaves for a person', async () => {
			const createdAtMs = Date.now() - 40 * DAY_MS;
			const bonuses = [1, 2].map(() => track('', { createdAtMs }));
			const twice = [EUROPE, KINGDOM].map(({ id }) =>
				track('90007', { createdAtMs, program: id, amount: 7000 }),
			);
			const example = chosen('nightly-sweep');
			await playground.store('sweep', withDryRunOff(example, ['Accept']));
			await run('sweep', 'Every night');
			expect(await whyInTable()).toMatchObject({
				...Object.fromEntries(
					bonuses.map((id) => [
						`Conversion ${id}`,
						expect.stringMatching(/Order ID|returns nothing/),
					]),
				),
				'90007': expect.stringMatching(/several programs/),
			});
			for (const id of [...bonuses, ...twice]) {
				expect(playground.sandbox.store.get(id)?.conversion.status).toBe('pending');
			}
		});

		test('holds back an order in the sweep until all of its rows are done', async () => {
			const createdAtMs = Date.now() - 40 * DAY_MS;
			for (const order of ['90011', '90012', '90013', '90014']) track(order, { createdAtMs });
			const example = chosen('nightly-sweep');
			await playground.store('sweep', withDryRunOff(example, ['Accept']));
			const add = async (orderId: string, done?: boolean) =>
				await playground.n8n.client.addRow(TO_CHECK.name, {
					order_id: orderId,
					why: `Why ${String(done)}`,
					...(done === undefined ? {} : { done }),
				});
			await add('90011');
			await add('90012', true);
			await add('90012', false);
			await add('90013', true);
			await add('90015, 90014');
			const execution = await run('sweep', 'Every night');
			expect(statesOf('90011')).toEqual([['pending', 10_000]]);
			expect(statesOf('90012')).toEqual([['pending', 10_000]]);
			expect(statesOf('90013')).toEqual([['accepted', 10_000]]);
			expect(statesOf('90014')).toEqual([['pending', 10_000]]);
			const held = execution.items('Still to check').map(({ externalId }) => externalId);
			expect(held.sort()).toEqual(['90011', '90012', '90014']);
		});

		test('stops the sweep if it does not exist, before anything is accepted', async () => {
			await playground.n8n.client.deleteDataTable(TO_CHECK.name);
			const createdAtMs = Date.now() - 40 * DAY_MS;
			track('90011', { createdAtMs });
			await playground.store('sweep', withDryRunOff(workflowOf('nightly-sweep'), ['Accept']));
			const { status, error } = await playground.n8n.client.run('sweep', 'Every night');
			expect({ status, said: error?.message }).toEqual({
				status: 'error',
				said: expect.stringMatching(/data table.*Affilae: to check/i),
			});
			expect(statesOf('90011')).toEqual([['pending', 10_000]]);
		});

		test('is found by its name, as the examples have it', async () => {
			await run(workflowIdOf('woocommerce-returns'), BY_HAND);
			expect(await rowsOf(TO_CHECK)).toHaveLength(7);
		});

		test('does not stop a run or lose anything if it does not exist', async () => {
			await playground.n8n.client.deleteDataTable(TO_CHECK.name);
			await playground.store('without-table', realOf('woocommerce-returns'));
			const execution = await run('without-table', BY_HAND);
			expect(execution.items('A person decides')).toHaveLength(7);
			expect(statesOf('20219')).toEqual([['accepted', 7057]]);
			expect(await rowsOf(TO_CHECK)).toEqual([]);
		});
	});

	describe('data-tables', () => {
		const TRIGGER = 'A conversion appeared or changed';
		const told = (id: string, more: object = {}) => ({
			event: 'created',
			id,
			externalId: '86001',
			status: 'pending',
			amount: 100,
			currency: 'EUR',
			rule: 'Sale',
			programId: EUROPE.id,
			...more,
		});
		const tell = async (...items: Array<Record<string, unknown>>): Promise<Execution> =>
			await runWith(chosen('data-tables'), TRIGGER, items, TRIGGER);

		test('keeps one row for each conversion, with its order and its status', async () => {
			await tell(told('a1'), told('a2', { externalId: '86002', amount: 20.1 }));
			await tell(told('a1', { event: 'statusChanged', status: 'accepted', amount: 84.9 }));
			const rows = await rowsOf(ORDERS);
			expect(rows).toHaveLength(2);
			expect(rows[0]).toMatchObject({
				order_id: '86001',
				conversion_id: 'a1',
				program_id: EUROPE.id,
				rule: 'Sale',
				decision: 'accepted',
				amount: 84.9,
				currency: 'EUR',
			});
			expect(rows[1]).toMatchObject({ order_id: '86002', decision: 'pending', amount: 20.1 });
			expect(await rowsOf(TO_CHECK)).toEqual([]);
		});

		test('reports an order with two conversions of one rule once, ignoring other rules and programs, refusals and bonuses', async () => {
			await tell(
				told('b1'),
				told('b2', { rule: 'Lighting' }),
				told('b3', { programId: KINGDOM.id }),
			);
			await tell(told('b4', { status: 'refused' }));
			await tell(told('b5', { externalId: '' }), told('b6', { externalId: undefined }));
			expect(await rowsOf(TO_CHECK)).toEqual([]);
			// A space or an invisible character does not make another order.
			await tell(told('b7', { externalId: '\u200b86001 ' }));
			await tell(told('b7', { event: 'amountChanged', amount: 90 }));
			expect(await rowsOf(TO_CHECK)).toEqual([
				expect.objectContaining({
					order_id: '86001',
					why: expect.stringMatching(
						/^Order 86001 has 2 conversions for the commission rule Sale /,
					),
				}),
			]);
		});

		test('stores a conversion that has few fields', async () => {
			await tell({ event: 'created', id: 'c1' });
			expect(await rowsOf(ORDERS)).toEqual([
				expect.objectContaining({ conversion_id: 'c1', order_id: '', amount: null, decision: '' }),
			]);
		});

		test('stores the newest conversions if it is run manually, and sends nothing', async () => {
			const before = conversionsOf(playground.sandbox);
			await playground.store('chosen-by-hand', chosen('data-tables'));
			const execution = await run('chosen-by-hand', TRIGGER);
			const newest = execution.items(TRIGGER);
			expect(newest.length).toBeGreaterThan(0);
			expect((await rowsOf(ORDERS)).map((row) => row['conversion_id'])).toEqual(
				newest.map(({ id }) => id),
			);
			expect(conversionsOf(playground.sandbox)).toEqual(before);
		});
	});

	describe('sheets-returns, with all kinds of rows', () => {
		const plain = { Commande: '87001', Devise: 'EUR', Motif: 'Retour' };
		const ordered = 'Montant commandé HT';
		const back = 'Montant remboursé HT';
		const kept = 'Montant conservé HT';
		const over = 'Délai terminé';
		const PENDING = ['pending', 10_000];

		test.each<[what: string, row: Record<string, unknown>, due: unknown, person: boolean]>([
			['kept as a number', { [kept]: 80, [over]: true }, ['accepted', 8000], false],
			['kept in French', { [kept]: '80,50 €', [over]: 'VRAI' }, ['accepted', 8050], false],
			[
				'a thousand in French',
				{ [kept]: '1\u202f234,50', [over]: 'VRAI' },
				['accepted', 10_000],
				false,
			],
			['kept 0', { [kept]: 0 }, ['refused', 10_000], false],
			['kept "0,00"', { [kept]: '0,00' }, ['refused', 10_000], false],
			['ordered less refunded', { [ordered]: '100,00', [back]: 15.1 }, ['pending', 8490], false],
			['float noise', { [ordered]: 100, [back]: 0.1 + 0.2 }, ['pending', 9970], false],
			['all refunded', { [ordered]: 100, [back]: '100,00' }, ['refused', 10_000], false],
			[
				'nothing refunded',
				{ [ordered]: 100, [back]: 0, [over]: 'TRUE' },
				['accepted', 10_000],
				false,
			],
			['FAUX accepts nothing', { [kept]: 100, [over]: 'FAUX' }, PENDING, false],
			['a blank accepts nothing', { [kept]: 100, [over]: '' }, PENDING, false],
			['no amount in any column', {}, PENDING, true],
			['a blank kept amount', { [kept]: '' }, PENDING, true],
			['a blank of spaces', { [kept]: '  ' }, PENDING, true],
			['a blank refund', { [ordered]: 100, [back]: '' }, PENDING, true],
			['a blank ordered amount', { [ordered]: null, [back]: 100 }, PENDING, true],
			['an ambiguous amount', { [kept]: '1,042' }, PENDING, true],
			['not an amount', { [kept]: 'tout' }, PENDING, true],
			['below 0', { [ordered]: 100, [back]: -15 }, PENDING, true],
			['more refunded than ordered', { [ordered]: 100, [back]: 115 }, PENDING, true],
			[
				'three amounts that do not match',
				{ [ordered]: 100, [back]: 15, [kept]: 90 },
				PENDING,
				true,
			],
			[
				'three amounts that match',
				{ [ordered]: 100, [back]: 15, [kept]: 85 },
				['pending', 8500],
				false,
			],
			['an invalid boolean', { [kept]: 100, [over]: 'peut-être' }, PENDING, true],
			['another currency', { [kept]: 80, Devise: 'CHF' }, PENDING, true],
			['no currency', { [kept]: 80, Devise: '' }, ['pending', 8000], false],
		])('%s', async (_, row, due, person) => {
			track('87001');
			const execution = await runWith(realOf('sheets-returns'), 'Rows of the sheet', [
				{ ...plain, ...row },
			]);
			expect(statesOf('87001')).toEqual([due]);
			const told = execution.items('A person decides');
			expect(told).toEqual(
				person
					? [expect.objectContaining({ orderId: '87001', why: expect.stringMatching(/\w/) })]
					: [],
			);
			expect(execution.items('Done')).toHaveLength(person ? 0 : 1);
		});

		test('leaves an order in several rows for a person, unless they state the same kept amount', async () => {
			for (const order of ['87005', '87006', '87007', '87008']) track(order);
			const row = (order: string, more: object) => ({
				...plain,
				Commande: order,
				[over]: true,
				...more,
			});
			const execution = await runWith(realOf('sheets-returns'), 'Rows of the sheet', [
				row('87005', { [ordered]: 100, [back]: 10 }),
				row('87006', { [ordered]: 100, [back]: 10 }),
				row('87007', { [kept]: 90 }),
				row('87008', { [kept]: 90 }),
				row('87005', { [ordered]: 100, [back]: 10 }),
				row('87007', { [kept]: 80 }),
				row('87008', { [kept]: '90,00' }),
			]);
			expect(statesOf('87005')).toEqual([PENDING]);
			expect(statesOf('87006')).toEqual([['accepted', 9000]]);
			expect(statesOf('87007')).toEqual([PENDING]);
			expect(statesOf('87008')).toEqual([['accepted', 9000]]);
			const told = execution.items('A person decides').map(({ orderId, why }) => [orderId, why]);
			const several = ['87005', expect.stringMatching(/^The order is in several rows/)];
			const different = ['87007', expect.stringMatching(/^Several items ask for different things/)];
			expect(told).toHaveLength(4);
			expect(told).toEqual(expect.arrayContaining([several, different]));
		});

		test('reads an order number with spaces or invisible characters around it as the same order', async () => {
			const orders = ['87010', '87011', '87012'];
			for (const order of orders) track(order);
			const row = (order: string | number, paidBack: number) => ({
				...plain,
				Commande: order,
				[ordered]: 100,
				[back]: paidBack,
				[over]: true,
			});
			const execution = await runWith(realOf('sheets-returns'), 'Rows of the sheet', [
				row('87010', 20),
				row('87010 ', 20),
				row(87_011, 20),
				row('\u00a087011\u200b', 20),
				row('\ufeff87012\t', 20),
			]);
			expect(statesOf('87010')).toEqual([PENDING]);
			expect(statesOf('87011')).toEqual([PENDING]);
			expect(statesOf('87012')).toEqual([['accepted', 8000]]);
			expect(execution.items('A person decides').map(({ orderId, why }) => [orderId, why])).toEqual(
				['87010', '87010', '87011', '87011'].map((orderId) => [
					orderId,
					expect.stringMatching(/^The order is in several rows/),
				]),
			);
		});

		test('leaves an order with several rules, a locked conversion, yen and a row without an order for a person', async () => {
			track('87002');
			track('87002', { rule: 'Lighting' });
			track('87003', { status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
			track('87004', { program: STATES.id, rule: 'Japan' });
			const execution = await runWith(realOf('sheets-returns'), 'Rows of the sheet', [
				{ ...plain, Commande: '87002', [kept]: 150 },
				{ ...plain, Commande: 87_003, [kept]: 0 },
				{ ...plain, Commande: '87004', Devise: 'JPY', [kept]: 50 },
				{ Devise: 'EUR', [kept]: 50 },
			]);
			const why = new Map(
				execution.items('A person decides').map(({ orderId, why: reason }) => [orderId, reason]),
			);
			expect(why.get('87002')).toMatch(/2 conversions.*Lighting/);
			expect(why.get('87003')).toMatch(/It has been locked since/);
			expect(why.get('87004')).toMatch(/JPY/);
			expect(why.get('Row without an order ID (EUR, 50)')).toMatch(/Order ID/);
			expect(playground.sandbox.store.writes).toEqual([]);
		});
	});

	describe('the examples for Odoo and ERPNext, with all kinds of documents', () => {
		const odoo = (order: string, amount: unknown, more: object = {}) => ({
			name: `INV/${order}/${String(amount)}`,
			move_type: Number(amount) < 0 ? 'out_refund' : 'out_invoice',
			state: 'posted',
			invoice_origin: order,
			amount_untaxed_signed: amount,
			company_currency_id: [1, 'EUR'],
			...more,
		});
		const erpNext = (order: string, amount: unknown, more: object = {}) => ({
			name: `SINV-${order}-${String(amount)}`,
			is_return: Number(amount) < 0 ? 1 : 0,
			return_against: Number(amount) < 0 ? `SINV-${order}-100` : null,
			po_no: Number(amount) < 0 ? null : order,
			net_total: amount,
			currency: 'EUR',
			...more,
		});

		describe.each([
			[
				'odoo-credit-notes',
				'Invoices and credit notes',
				odoo,
				'amount_untaxed_signed',
				'company_currency_id',
			],
			['erpnext-credit-notes', 'Sales invoices', erpNext, 'net_total', 'currency'],
		] as const)('%s', (name, node, made, amount, currency) => {
			const reconcile = async (...items: Array<Record<string, unknown>>): Promise<Execution> =>
				await runWith(realOf(name), node, items, 'Every night');

			test.each<[what: string, items: Array<Record<string, unknown>>, due: unknown, told: boolean]>(
				[
					[
						'a part is credited',
						[made('89001', 100), made('89001', -15.1)],
						['pending', 8490],
						false,
					],
					[
						'all is credited',
						[made('89001', 100), made('89001', -100)],
						['refused', 10_000],
						false,
					],
					['nothing is credited', [made('89001', 100)], ['pending', 10_000], false],
					[
						'cents add up',
						[made('89001', 100), made('89001', -0.1), made('89001', -0.2)],
						['pending', 9970],
						false,
					],
					[
						'more is credited than invoiced',
						[made('89001', 100), made('89001', -120)],
						['pending', 10_000],
						true,
					],
					[
						'an invoice without an amount',
						[made('89001', 100, { [amount]: undefined }), made('89001', -15)],
						['pending', 10_000],
						true,
					],
					[
						'an invoice whose amount is text',
						[made('89001', 100, { [amount]: '100.00' }), made('89001', -15)],
						['pending', 10_000],
						true,
					],
					[
						'a credit note without an amount',
						[made('89001', 100), made('89001', -15, { [amount]: null })],
						['pending', 10_000],
						true,
					],
					[
						'documents without a currency',
						[
							made('89001', 100, { [currency]: undefined }),
							made('89001', -15, { [currency]: false }),
						],
						['pending', 10_000],
						true,
					],
					[
						'a credit note without a currency',
						[made('89001', 100), made('89001', -15, { [currency]: false })],
						['pending', 10_000],
						true,
					],
				],
			)('%s', async (_, items, due, told) => {
				track('89001');
				const execution = await reconcile(...items);
				expect(statesOf('89001')).toEqual([due]);
				expect(execution.items('A person decides')).toEqual(
					told
						? [expect.objectContaining({ orderId: '89001', why: expect.stringMatching(/\w/) })]
						: [],
				);
			});

			test('adds up an order whose number has spaces or invisible characters around it in some documents', async () => {
				track('89004');
				const order = name === 'odoo-credit-notes' ? 'invoice_origin' : 'po_no';
				const execution = await reconcile(
					made('89004', 60),
					made('89004', 40, { [order]: '89004 ' }),
					made('89004', 20, { [order]: '\u200b89004' }),
					made('89004', -30, { [order]: '89004', return_against: 'SINV-89004-60' }),
				);
				expect(statesOf('89004')).toEqual([['pending', 9000]]);
				expect(execution.items('A person decides')).toEqual([]);
			});

			test('leaves an order with several rules and a locked conversion for a person', async () => {
				track('89002');
				track('89002', { rule: 'Lighting' });
				track('89003', { status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
				const execution = await reconcile(
					made('89002', 100),
					made('89002', -15),
					made('89003', 100),
					made('89003', -100),
				);
				const why = new Map(
					execution.items('A person decides').map(({ orderId, why: reason }) => [orderId, reason]),
				);
				expect(why.get('89002')).toMatch(/2 conversions.*Lighting/);
				expect(why.get('89003')).toMatch(/It has been locked since/);
				expect(playground.sandbox.store.writes).toEqual([]);
			});

			test('does nothing and sends Affilae no request if there is no document', async () => {
				playground.sandbox.requests.clear();
				const execution = await reconcile();
				expect(execution.items('Done')).toEqual([]);
				expect(playground.sandbox.requests.list()).toEqual([]);
			});
		});
	});

	test('erpnext-credit-notes leaves a credit note without its invoice for a person, and ignores invoices without an order', async () => {
		track('89005');
		const document = (name: string, more: object) => ({
			name,
			is_return: 0,
			return_against: null,
			po_no: null,
			net_total: 100,
			currency: 'EUR',
			...more,
		});
		const credit = { is_return: 1, net_total: -20 };
		const execution = await runWith(
			realOf('erpnext-credit-notes'),
			'Sales invoices',
			[
				document('SINV-2', { po_no: '89005' }),
				document('RET-1', { ...credit, return_against: 'SINV-1' }),
				document('RET-2', { ...credit, return_against: 'SINV-2' }),
				document('SINV-3', {}),
				document('RET-3', { ...credit, return_against: 'SINV-3' }),
			],
			'Every night',
		);
		expect(statesOf('89005')).toEqual([['pending', 8000]]);
		expect(execution.items('A person decides')).toEqual([
			{
				orderId: 'SINV-1',
				kept: '?',
				why: expect.stringMatching(/not among the invoices of the last 90 days/),
			},
		]);
	});

	describe('monthly-report', () => {
		const TRIGGER = 'Once a month';
		const pageOf = (execution: Execution): string =>
			z.object({ html: z.string() }).parse(execution.items('The page')[0]).html;
		const cells = (page: string, affiliate: string): string[] => {
			const [, row = ''] = new RegExp(`<tr><td>${affiliate}</td>(.*?)</tr>`, 's').exec(page) ?? [];
			return [...row.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text = '']) => text);
		};
		/** The middle of the last calendar month, in the zone of the playground's n8n. */
		const lastMonth = (): number =>
			DateTime.now().setZone(ZONE).minus({ months: 1 }).set({ day: 15 }).toMillis();
		const monthOf = (ms: number): string =>
			DateTime.fromMillis(ms).setZone(ZONE).toFormat('yyyy-MM');
		const report = async (): Promise<Execution> =>
			await run(workflowIdOf('monthly-report'), TRIGGER);

		test('adds up the last month only, by affiliate, status and currency, to the cent', async () => {
			const first = lastMonth();
			const own = playground.sandbox.store
				.all()
				.filter(({ createdAt }) => monthOf(Date.parse(createdAt)) === monthOf(first));
			expect(own.length).toBeGreaterThan(50);

			const execution = await report();

			const sums = execution.items('Round to cents');
			for (const currency of ['EUR', 'GBP', 'USD']) {
				for (const status of ['accepted', 'pending', 'refused']) {
					const here = own.filter((one) => one.currency === currency && one.status === status);
					const told = sums.filter(
						(sum) => sum['currency'] === currency && sum['status'] === status,
					);
					const total = told.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);
					expect([currency, status, total]).toEqual([
						currency,
						status,
						here.reduce((sum, { amount }) => sum + amount, 0),
					]);
				}
			}
			expect(pageOf(execution)).toContain(`${own.length} conversions.`);
			expect(playground.sandbox.store.writes).toEqual([]);
		});

		test('shows the sums that were worked out by hand, escapes names, and creates a file', async () => {
			const add = (amount: number, status: 'accepted' | 'refused') =>
				track('88001', {
					amount,
					status,
					createdAtMs: lastMonth(),
					affiliate: 'Test Tracking Affilae',
				});
			add(10_010, 'accepted');
			add(5005, 'accepted');
			add(2000, 'refused');
			const execution = await report();
			const page = pageOf(execution);
			expect(cells(page, 'Test Tracking Affilae').slice(0, 3)).toEqual(['150.15', '0.00', '20.00']);
			expect(page).toContain('<td>Haus &amp; Herd</td>');
			expect(page).not.toContain('Haus & Herd');
			const [, widths = ''] =
				/<td>Test Tracking Affilae<\/td>.*?<div class="bar">(.*?)<\/div><\/td>/s.exec(page) ?? [];
			expect([...widths.matchAll(/class="(\w+)"/g)].map(([, kind]) => kind)).toEqual([
				'accepted',
				'refused',
			]);
			expect(execution.runs.get('As a file')).toHaveLength(1);
		});

		describe('in a browser', () => {
			let browser: Browser;

			beforeAll(async () => {
				browser = await openBrowser();
			});

			afterAll(async () => {
				await browser?.close();
			});

			/** The figures that the page shows, by currency and affiliate. */
			async function shownRows(): Promise<string[][]> {
				const rows: string[][] = [];
				for (const table of await browser.page.locator('table').all()) {
					const currency = await table.evaluate(
						(own) => own.previousElementSibling?.textContent ?? '',
					);
					for (const row of await table.locator('tr:has(td)').all()) {
						const texts = await row.locator('td').allInnerTexts();
						rows.push([currency, ...texts.slice(0, 5)]);
					}
				}
				return rows;
			}

			test('shows sales by affiliate and status, with bars as long as the sums and one color per status', async () => {
				const execution = await report();
				const { page } = browser;
				await page.setContent(pageOf(execution));

				const sums = z
					.array(
						z.object({
							affiliate: z.string(),
							currency: z.string(),
							status: z.string(),
							amount: z.number(),
							commission: z.number(),
						}),
					)
					.parse(execution.items('Round to cents'));
				const figure = (currency: string, status: string, affiliate?: string) =>
					sums
						.filter(
							(sum) =>
								sum.currency === currency &&
								sum.status === status &&
								(affiliate === undefined || sum.affiliate === affiliate),
						)
						.reduce((total, { amount }) => total + Math.round(amount * 100), 0);
				const rows = await shownRows();
				const affiliates = new Set(
					sums.map(({ currency, affiliate }) => `${currency} ${affiliate}`),
				);
				expect(rows).toHaveLength(affiliates.size + 3);
				for (const [currency = '', name = '', ...texts] of rows) {
					const affiliate = name === 'All' ? undefined : name;
					expect([currency, name, ...texts.slice(0, 3)]).toEqual([
						currency,
						name,
						...['accepted', 'pending', 'refused'].map((status) =>
							(figure(currency, status, affiliate) / 100).toFixed(2),
						),
					]);
				}

				const bars = await page.locator('.bar').evaluateAll((all) =>
					all.map((bar) => ({
						room: bar.getBoundingClientRect().width,
						parts: Array.from(bar.children).map((part) => ({
							kind: part.className,
							color: getComputedStyle(part).backgroundColor,
							width: part.getBoundingClientRect().width,
							height: part.getBoundingClientRect().height,
						})),
						affiliate: bar.closest('tr')?.firstElementChild?.textContent ?? '',
						currency: bar.closest('table')?.previousElementSibling?.textContent ?? '',
					})),
				);
				expect(bars).toHaveLength(affiliates.size);
				for (const currency of ['EUR', 'GBP', 'USD']) {
					const own = bars.filter((bar) => bar.currency === currency);
					const total = (affiliate: string) =>
						['accepted', 'pending', 'refused'].reduce(
							(sum, status) => sum + figure(currency, status, affiliate),
							0,
						);
					const most = Math.max(...own.map(({ affiliate }) => total(affiliate)));
					for (const { affiliate, room, parts } of own) {
						expect(room).toBeGreaterThan(100);
						for (const { kind, width, height } of parts) {
							const due = (room * figure(currency, kind, affiliate)) / most;
							expect([affiliate, kind, Math.abs(width - due) <= 1]).toEqual([
								affiliate,
								kind,
								true,
							]);
							expect(height).toBeGreaterThanOrEqual(10);
						}
					}
				}
				const parts = bars.flatMap((bar) => bar.parts);
				const colors = new Map(parts.map(({ kind, color }) => [kind, color]));
				expect([...colors.keys()].sort()).toEqual(['accepted', 'pending', 'refused']);
				expect(new Set(colors.values()).size).toBe(3);
				for (const [kind, color] of colors) {
					const key = page.locator(`.key.${kind}`);
					expect(await key.evaluate((own) => getComputedStyle(own).backgroundColor)).toBe(color);
				}
			});

			test('is readable: text has enough contrast, and nothing is cut off on a laptop or a tablet', async () => {
				const { page } = browser;
				await page.setContent(pageOf(await report()));
				for (const width of [1440, 820]) {
					await page.setViewportSize({ width, height: 900 });
					const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
					expect(scrollWidth).toBe(clientWidth);
				}
				const texts = await page.locator('h1, h2, p, th, td').evaluateAll((all) =>
					all.map((one) => {
						const { color, fontSize } = getComputedStyle(one);
						return { color, size: Number.parseFloat(fontSize) };
					}),
				);
				for (const { color, size } of texts) {
					expect(size).toBeGreaterThanOrEqual(14);
					expect(contrastToWhite(color)).toBeGreaterThan(4.5);
				}
				expect(await page.locator('h1').innerText()).toBe(
					`Affilae, ${DateTime.fromMillis(lastMonth()).setZone(ZONE).toFormat('LLLL yyyy')}`,
				);
			});
		});

		test('says so if the month has no sale', async () => {
			const { sandbox, store, n8n } = playground;
			const workflow = workflowOf('monthly-report');
			await store('no-sale', {
				...workflow,
				nodes: workflow.nodes.map((node) =>
					node.name === 'Conversions of the month'
						? {
								...node,
								parameters: {
									...z.record(z.unknown()).parse(node.parameters),
									filters: { from: '2020-01-01', to: '2020-01-31' },
								},
							}
						: node,
				),
			});
			const execution = await n8n.client.run('no-sale', TRIGGER);
			expect(execution.status).toBe('success');
			expect(pageOf(execution)).toContain('Affiliates sold nothing this month.');
			expect(pageOf(execution)).toContain('0 conversions.');
			expect(sandbox.store.writes).toEqual([]);
		});

		test('says how many conversions have no amount, and includes unknown affiliates and statuses', async () => {
			track('88002', {
				createdAtMs: lastMonth(),
				shownFields: { amount: undefined, commissionsTotal: undefined, currency: undefined },
			});
			track('88003', { createdAtMs: lastMonth(), shownFields: { events: [], status: 'disputed' } });
			const page = pageOf(await report());
			expect(page).toMatch(/no amount or no commission for \d+ of them/);
			expect(page).toContain('<td>without an affiliate</td>');
			expect(page).toContain('class="other"');
		});
	});
});
