import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { dryNodesOf, withDryRunOff } from '../../playground/src/exampleWorkflows';
import type { CredentialReference, Execution, Workflow } from '../../playground/src/n8nClient';
import { conversionsOf } from '../../playground/src/runMainExample';
import { AFFILAE_CREDENTIAL, type Playground } from '../../playground/src/startPlayground';
import type { NewConversion } from '../../sandbox/arrivals';
import { PROGRAMS } from '../../sandbox/programs';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { type ShopData, type ShopStandIn, startShopStandIn } from './shopStandIn';

const BY_HAND = "When clicking 'Execute workflow'";
const DAY_MS = 86_400_000;
const [EUROPE, , STATES] = PROGRAMS;
/** The nodes at which an item of an example can end. */
const ENDS = ['Done', 'Left out', 'A person decides'] as const;
type End = (typeof ENDS)[number];
const ACCEPTED = [['accepted', 10_000]];
const PENDING = [['pending', 10_000]];
const REFUSED = [['refused', 10_000]];
const CORRECTED = 'Corrected to the amount of the goods, without tax, shipping, and vouchers';

/** The nodes that send requests to a shop or an ERP. */
const SHOP_NODES = ['wooCommerce', 'httpRequest', 'odoo'].map((name) => `n8n-nodes-base.${name}`);

const parametersOf = z.record(z.unknown());

describe('the examples for other shops than Shopify, with all kinds of orders', () => {
	let playground: Playground;
	let shop: ShopStandIn;
	let shopCredentials: Record<string, CredentialReference>;

	beforeAll(async () => {
		shop = await startShopStandIn();
		playground = await startFreshPlayground({ conversions: 0, orders: false });
		const { client } = playground.n8n;
		const { username, password } = shop.user;
		shopCredentials = {
			wooCommerceApi: await client.saveCredential({
				name: 'Shop',
				type: 'wooCommerceApi',
				data: {
					consumerKey: username,
					consumerSecret: password,
					url: shop.url,
					includeCredentialsInQuery: false,
				},
			}),
			httpBasicAuth: await client.saveCredential({
				name: 'Webservice',
				type: 'httpBasicAuth',
				data: { user: username, password },
			}),
			odooApi: await client.saveCredential({
				name: 'Odoo',
				type: 'odooApi',
				data: { url: shop.url, username, password, db: 'shop' },
			}),
		};
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
		await shop?.stop();
	});

	beforeEach(() => {
		playground.sandbox.reset();
		shop.asked.splice(0);
		shop.searches.splice(0);
		sell({});
	});

	function sell(data: Partial<ShopData>): void {
		shop.data = {
			orders: data.orders ?? [],
			refunds: data.refunds ?? {},
			resources: data.resources ?? { currencies: [], order_slip: [], orders: [] },
			moves: data.moves ?? [],
		};
	}

	/** An example with Dry Run off, nothing pinned, and credentials for the stand-in. */
	function atTheShop(name: string): Workflow {
		const example = playground.examples.find((one) => one.name === name)?.workflow;
		if (example === undefined) throw new Error(`There is no example "${name}"`);
		const real = withDryRunOff(example, dryNodesOf(example));
		const affilae = playground.credentials[AFFILAE_CREDENTIAL.type];
		if (affilae === undefined) throw new Error('There is no credential for Affilae');
		return {
			...real,
			pinData: {},
			nodes: real.nodes.map((node) => {
				if (node.type.startsWith('n8n-nodes-affilae.')) {
					return { ...node, credentials: { [AFFILAE_CREDENTIAL.type]: affilae } };
				}
				const { name: own, parameters } = z
					.object({ name: z.string(), parameters: parametersOf })
					.parse(node);
				if (own === 'Your shop') {
					const assignments = [{ id: 'shop', name: 'shop', value: shop.url, type: 'string' }];
					return { ...node, parameters: { ...parameters, assignments: { assignments } } };
				}
				return SHOP_NODES.includes(node.type) ? { ...node, credentials: shopCredentials } : node;
			}),
		};
	}

	/** Runs an example against the current shop. */
	async function run(name: string, trigger = BY_HAND): Promise<Execution> {
		const id = `shop-${name}`;
		await playground.n8n.client.saveWorkflow(id, atTheShop(name));
		return await playground.n8n.client.run(id, trigger);
	}

	async function runWell(name: string, trigger?: string): Promise<Execution> {
		const execution = await run(name, trigger);
		const { status, error } = execution;
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		return execution;
	}

	function track(externalId: string, more: Partial<NewConversion> = {}): void {
		playground.sandbox.addConversion({ externalId, program: EUROPE.id, amount: 10_000, ...more });
	}

	function statesOf(orderId: string): Array<[string, number]> {
		return playground.sandbox.store
			.byExternalId(orderId)
			.map(({ status, amount }) => [status, amount]);
	}

	/** What the affiliate reads about the change of an amount, or about a refusal. */
	function reasons(): Array<string | undefined> {
		return playground.sandbox.store.writes.flatMap(({ action, reason }) =>
			action === 'accept' ? [] : [reason],
		);
	}

	/** A moment in the past, as a shop writes it in UTC, without an offset. */
	function daysAgo(days: number): string {
		return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 19);
	}

	function endsOf(execution: Execution): End[] {
		return ENDS.filter((end) => execution.items(end).length > 0);
	}

	/** The reasons for a person, by order. */
	function whyOf(execution: Execution): Map<unknown, unknown> {
		return new Map(
			execution.items('A person decides').map(({ orderId, why }) => [String(orderId), why]),
		);
	}

	describe('woocommerce-returns', () => {
		const line = (net: string, tax: string, sign = '') => ({
			quantity: 1,
			total: `${sign}${net}`,
			total_tax: `${sign}${tax}`,
		});
		/** Goods of 100.00: 80.00 at 20 % and 20.00 at 5.5 %. */
		const plain = {
			id: 81_001,
			number: 'W-81001',
			status: 'completed',
			currency: 'EUR',
			date_paid: '2026-10-20T10:15:00',
			prices_include_tax: true,
			line_items: [line('80.00', '16.00'), line('20.00', '1.10')],
			shipping_lines: [{ total: '5.75', total_tax: '1.15' }],
			fee_lines: [],
			refunds: [],
		};
		const without = (field: keyof typeof plain) =>
			Object.fromEntries(Object.entries(plain).filter(([name]) => name !== field));
		const refund = (amount: string, parts: object = {}) => ({
			amount,
			line_items: [],
			shipping_lines: [],
			fee_lines: [],
			...parts,
		});
		const came = (...refunds: object[]) => ({
			order: { ...plain, refunds: refunds.map((_, index) => ({ id: index, total: '-1.00' })) },
			refunds: { '81001': refunds.map((one) => ({ ...one })) },
		});

		test.each<
			[
				what: string,
				case_: { order: Record<string, unknown>; refunds?: ShopData['refunds'] },
				end: End,
				states: unknown,
			]
		>([
			['all kept', { order: plain }, 'Done', ACCEPTED],
			['prices without tax', { order: { ...plain, prices_include_tax: false } }, 'Done', ACCEPTED],
			['on its way, and paid', { order: { ...plain, status: 'processing' } }, 'Done', ACCEPTED],
			[
				'the line at 5.5 % came back',
				came(refund('21.10', { line_items: [line('20.00', '1.10', '-')] })),
				'Done',
				[['accepted', 8000]],
			],
			[
				'both lines came back in two refunds',
				came(
					refund('21.10', { line_items: [line('20.00', '1.10', '-')] }),
					refund('96.00', { line_items: [line('80.00', '16.00', '-')] }),
				),
				'Done',
				REFUSED,
			],
			[
				'the delivery was refunded',
				came(refund('6.90', { shipping_lines: [{ total: '-5.75', total_tax: '-1.15' }] })),
				'Done',
				ACCEPTED,
			],
			['a sum was refunded', came(refund('30.00')), 'A person decides', PENDING],
			[
				'less was refunded than its lines say, and the rest as a sum',
				came(refund('11.10', { line_items: [line('20.00', '1.10', '-')] }), refund('10.00')),
				'A person decides',
				PENDING,
			],
			[
				'less was refunded than its lines say',
				came(refund('11.10', { line_items: [line('20.00', '1.10', '-')] })),
				'Done',
				[['accepted', 8000]],
			],
			[
				'a refund without an amount beside another',
				came(
					refund('21.10', { line_items: [line('20.00', '1.10', '-')] }),
					refund('', { line_items: [] }),
				),
				'A person decides',
				PENDING,
			],
			[
				'a fee, all kept',
				{
					order: {
						...plain,
						line_items: [line('80.00', '16.00')],
						fee_lines: [{ total: '15.00', total_tax: '3.00' }],
					},
				},
				'Done',
				[['accepted', 9500]],
			],
			[
				'a fee that was refunded',
				{
					...came(refund('6.00', { fee_lines: [{ total: '-5.00', total_tax: '-1.00' }] })),
					order: {
						...plain,
						line_items: [line('95.00', '19.00')],
						fee_lines: [{ total: '5.00', total_tax: '1.00' }],
						refunds: [{ id: 0, total: '-6.00' }],
					},
				},
				'Done',
				[['accepted', 9500]],
			],
			[
				'a fee, and a line came back',
				{
					...came(refund('21.10', { line_items: [line('20.00', '1.10', '-')] })),
					order: {
						...plain,
						fee_lines: [{ total: '5.00', total_tax: '1.00' }],
						refunds: [{ id: 0, total: '-21.10' }],
					},
				},
				'A person decides',
				PENDING,
			],
			[
				'a fee without its total',
				{ order: { ...plain, fee_lines: [{ name: 'Gift wrap' }] } },
				'A person decides',
				PENDING,
			],
			[
				'not paid for 56 days',
				{ order: { ...plain, status: 'failed', date_created_gmt: daysAgo(56) } },
				'Left out',
				PENDING,
			],
			[
				'not paid for 58 days',
				{ order: { ...plain, status: 'failed', date_created_gmt: daysAgo(58) } },
				'A person decides',
				PENDING,
			],
			[
				'cash on delivery, not paid for 58 days',
				{
					order: {
						...plain,
						status: 'processing',
						date_paid: null,
						date_created_gmt: daysAgo(58),
					},
				},
				'A person decides',
				PENDING,
			],
			[
				'paid, and 58 days old',
				{ order: { ...plain, date_created_gmt: daysAgo(58) } },
				'Done',
				ACCEPTED,
			],
			[
				'more was refunded than its lines say',
				came(refund('31.10', { line_items: [line('20.00', '1.10', '-')] })),
				'A person decides',
				PENDING,
			],
			[
				'a refund that cannot be read',
				{ ...came(refund('21.10')), refunds: { '81001': { body: '<html>Busy</html>' } } },
				'A person decides',
				PENDING,
			],
			[
				'fewer refunds than it says',
				{ ...came(refund('21.10')), refunds: {} },
				'A person decides',
				PENDING,
			],
			['cancelled', { order: { ...plain, status: 'cancelled' } }, 'Done', REFUSED],
			['refunded', { order: { ...plain, status: 'refunded' } }, 'Done', REFUSED],
			['not paid', { order: { ...plain, status: 'pending' } }, 'Left out', PENDING],
			['waiting for a transfer', { order: { ...plain, status: 'on-hold' } }, 'Left out', PENDING],
			['failed', { order: { ...plain, status: 'failed' } }, 'Left out', PENDING],
			[
				'cash on delivery, not paid yet',
				{ order: { ...plain, status: 'processing', date_paid: null } },
				'Left out',
				PENDING,
			],
			[
				'a state of a plugin',
				{ order: { ...plain, status: 'shipped' } },
				'A person decides',
				PENDING,
			],
			['without a state', { order: without('status') }, 'A person decides', PENDING],
			['without a date of payment', { order: without('date_paid') }, 'A person decides', PENDING],
			['without lines', { order: without('line_items') }, 'A person decides', PENDING],
			['no line at all', { order: { ...plain, line_items: [] } }, 'A person decides', PENDING],
			[
				'a line without its total',
				{ order: { ...plain, line_items: [line('80.00', '16.00'), { quantity: 1 }] } },
				'A person decides',
				PENDING,
			],
			[
				'a line whose total is null',
				{ order: { ...plain, line_items: [{ ...line('80.00', '16.00'), total: null }] } },
				'A person decides',
				PENDING,
			],
			['without refunds', { order: without('refunds') }, 'A person decides', PENDING],
			[
				'a fee below 0',
				{ order: { ...plain, fee_lines: [{ total: '-10.00', total_tax: '-2.00' }] } },
				'A person decides',
				PENDING,
			],
			['another currency', { order: { ...plain, currency: 'CHF' } }, 'A person decides', PENDING],
			['without a currency', { order: without('currency') }, 'A person decides', PENDING],
			[
				'cancelled, without a currency',
				{ order: { ...plain, status: 'cancelled', currency: '' } },
				'A person decides',
				PENDING,
			],
			['refunds null', { order: { ...plain, refunds: null } }, 'A person decides', PENDING],
			[
				'more came back than was sold',
				came(refund('240.00', { line_items: [line('200.00', '40.00', '-')] })),
				'A person decides',
				PENDING,
			],
		])('%s', async (_, { order, refunds = {} }, end, states) => {
			track('81001');
			sell({ orders: [order], refunds });
			const execution = await runWell('woocommerce-returns');
			expect(endsOf(execution)).toEqual([end]);
			expect(statesOf('81001')).toEqual(states);
			for (const [orderId, why] of whyOf(execution)) {
				expect([orderId, why]).toEqual(['81001', expect.stringMatching(/\w/)]);
			}
		});

		test('says what came back, and of a tracked amount with tax or shipping that it was corrected', async () => {
			const back = came(refund('21.10', { line_items: [line('20.00', '1.10', '-')] }));
			track('81006', { amount: 12_000 });
			track('81007', { amount: 12_000 });
			sell({
				orders: [
					{ ...plain, id: 81_006 },
					{ ...back.order, id: 81_007 },
				],
				refunds: { '81007': back.refunds['81001'] },
			});
			await runWell('woocommerce-returns');
			expect(statesOf('81006')).toEqual(ACCEPTED);
			expect(statesOf('81007')).toEqual([['accepted', 8000]]);
			expect(reasons().sort()).toEqual([
				CORRECTED,
				'Some items were returned, the customer kept 80.00 EUR',
			]);
		});

		test('leaves an empty order, a part return with several rules, a locked conversion and yen for a person', async () => {
			for (const rule of [undefined, 'Lighting']) {
				const more = { amount: 5000, ...(rule === undefined ? {} : { rule }) };
				track('81002', more);
				track('81003', more);
			}
			track('81004', { status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
			track('81005', { program: STATES.id, rule: 'Japan' });
			const back = came(refund('21.10', { line_items: [line('20.00', '1.10', '-')] }));
			sell({
				orders: [
					{},
					{ ...plain, id: 81_002 },
					{ ...back.order, id: 81_003 },
					{ ...plain, id: 81_004, status: 'refunded' },
					{ ...plain, id: 81_005, currency: 'JPY' },
				],
				refunds: { '81003': back.refunds['81001'] },
			});
			const execution = await runWell('woocommerce-returns');
			const why = whyOf(execution);
			expect(why.size).toBe(4);
			expect(why.get('81003')).toMatch(/2 conversions.*Lighting/);
			expect(why.get('81004')).toMatch(/It has been locked since/);
			expect(why.get('81005')).toMatch(/JPY/);
			expect(statesOf('81002')).toEqual([
				['accepted', 5000],
				['accepted', 5000],
			]);
			expect(playground.sandbox.store.writes).toHaveLength(2);
		});

		test('reads all pages of a busy shop, and the refunds only of orders that have some', async () => {
			const back = came(refund('21.10', { line_items: [line('20.00', '1.10', '-')] }));
			const orders = [
				...Array.from({ length: 130 }, (_, index) => ({ ...plain, id: 83_000 + index })),
				{ ...back.order, id: 83_130 },
			];
			for (const { id } of orders) track(String(id));
			sell({ orders, refunds: { '83130': back.refunds['81001'] } });
			const execution = await runWell('woocommerce-returns');
			expect(execution.items('Done')).toHaveLength(131);
			expect(statesOf('83129')).toEqual(ACCEPTED);
			expect(statesOf('83130')).toEqual([['accepted', 8000]]);
			const paths = shop.asked.map((asked) => asked.split('?')[0]);
			expect(paths.filter((path) => path?.endsWith('/orders'))).toHaveLength(2);
			expect(paths.filter((path) => path?.endsWith('/refunds'))).toEqual([
				'/wp-json/wc/v3/orders/83130/refunds',
			]);
		});

		test('requests the orders of a period, and nothing else if there are none', async () => {
			const execution = await runWell('woocommerce-returns');
			expect(endsOf(execution)).toEqual([]);
			const [first = '', ...others] = shop.asked;
			expect(others).toEqual([]);
			const query = new URL(first, shop.url).searchParams;
			const age = (name: string): number =>
				(Date.now() - Date.parse(query.get(name) ?? '')) / DAY_MS;
			expect([Math.round(age('after')), Math.round(age('before'))]).toEqual([60, 30]);
			expect(playground.sandbox.requests.list()).toEqual([]);
		});
	});

	describe('prestashop-returns', () => {
		/** Goods of 100.00. */
		const plain = {
			id: 81_001,
			current_state: '5',
			valid: '1',
			id_currency: '1',
			date_add: '2026-10-20 10:15:00',
			total_products: '100.000000',
			total_discounts_tax_excl: '0.000000',
			total_shipping_tax_excl: '5.750000',
		};
		const without = (field: keyof typeof plain) =>
			Object.fromEntries(Object.entries(plain).filter(([name]) => name !== field));
		const slip = (net: string, more: object = {}) => ({
			id: 1,
			id_order: '81001',
			total_products_tax_excl: net,
			amount: net,
			order_slip_type: '0',
			...more,
		});
		const currencies = [
			{ id: 1, iso_code: 'EUR' },
			{ id: 2, iso_code: 'JPY' },
		];
		type Slips = ShopData['resources']['order_slip'];

		test.each<
			[what: string, order: Record<string, unknown>, slips: Slips, end: End, states: unknown]
		>([
			['all kept', plain, [], 'Done', ACCEPTED],
			['a slip of a part', plain, [slip('20.000000')], 'Done', [['accepted', 8000]]],
			['two slips of all of it', plain, [slip('20.000000'), slip('80.000000')], 'Done', REFUSED],
			[
				'a slip of another order',
				plain,
				[slip('20.000000', { id_order: '81009' })],
				'Done',
				ACCEPTED,
			],
			[
				'a slip of the delivery',
				plain,
				[
					slip('0.000000', {
						shipping_cost: '1',
						shipping_cost_amount: '6.900000',
						order_slip_type: '2',
					}),
				],
				'Done',
				ACCEPTED,
			],
			[
				'a slip of everything, with the delivery',
				plain,
				[
					slip('100.000000', {
						total_products_tax_incl: '120.000000',
						amount: '120.000000',
						shipping_cost: '1',
						shipping_cost_amount: '6.900000',
						order_slip_type: '2',
					}),
				],
				'Done',
				REFUSED,
			],
			[
				'a slip of a part, with the delivery',
				plain,
				[slip('20.000000', { shipping_cost_amount: '6.900000', order_slip_type: '2' })],
				'Done',
				[['accepted', 8000]],
			],
			[
				'a slip of a chosen amount',
				plain,
				[slip('100.000000', { order_slip_type: '2', amount: '15.000000' })],
				'A person decides',
				PENDING,
			],
			[
				'a slip without its sum',
				plain,
				[slip('20.000000', { amount: undefined })],
				'A person decides',
				PENDING,
			],
			[
				'a voucher, all kept',
				{ ...plain, total_products: '110.000000', total_discounts_tax_excl: '10.000000' },
				[],
				'Done',
				ACCEPTED,
			],
			[
				'a voucher, all sent back',
				{ ...plain, total_discounts_tax_excl: '10.000000' },
				[slip('100.000000')],
				'Done',
				REFUSED,
			],
			[
				'a voucher, and a slip of a part',
				{ ...plain, total_discounts_tax_excl: '10.000000' },
				[slip('20.000000')],
				'A person decides',
				PENDING,
			],
			[
				'a slip of a custom amount',
				plain,
				[slip('100.000000', { order_slip_type: '1', amount: '15.000000' })],
				'A person decides',
				PENDING,
			],
			[
				'a slip of money without items',
				plain,
				[slip('0.000000', { amount: '15.000000' })],
				'A person decides',
				PENDING,
			],
			['cancelled', { ...plain, current_state: '6', valid: '0' }, [], 'Done', REFUSED],
			['refunded', { ...plain, current_state: '7', valid: '0' }, [], 'Done', REFUSED],
			[
				'refunded, with a slip of a part',
				{ ...plain, current_state: '7', valid: '0' },
				[slip('20.000000')],
				'A person decides',
				PENDING,
			],
			[
				'waiting for its bank wire',
				{ ...without('date_add'), current_state: '10', valid: '0' },
				[],
				'Left out',
				PENDING,
			],
			[
				'not paid for 56 days',
				{
					...plain,
					current_state: '10',
					valid: '0',
					date_add: daysAgo(56).replace('T', ' '),
				},
				[],
				'Left out',
				PENDING,
			],
			[
				'not paid for 58 days',
				{
					...plain,
					current_state: '10',
					valid: '0',
					date_add: daysAgo(58).replace('T', ' '),
				},
				[],
				'A person decides',
				PENDING,
			],
			[
				'not paid, with a slip',
				{ ...plain, current_state: '10', valid: '0' },
				[slip('20.000000')],
				'A person decides',
				PENDING,
			],
			['without its state of payment', without('valid'), [], 'A person decides', PENDING],
			['without its goods', without('total_products'), [], 'A person decides', PENDING],
			[
				'without its vouchers',
				without('total_discounts_tax_excl'),
				[],
				'A person decides',
				PENDING,
			],
			['without a currency', without('id_currency'), [], 'A person decides', PENDING],
			[
				'cancelled, without a currency',
				{ ...without('id_currency'), current_state: '6', valid: '0' },
				[],
				'A person decides',
				PENDING,
			],
			['slips of more than the goods', plain, [slip('120.000000')], 'A person decides', PENDING],
			[
				'a currency that is not there',
				{ ...plain, id_currency: '9' },
				[],
				'A person decides',
				PENDING,
			],
			['in yen', { ...plain, id_currency: '2' }, [], 'A person decides', PENDING],
			[
				'slips that cannot be read',
				plain,
				{ body: '<html>Maintenance</html>' },
				'A person decides',
				PENDING,
			],
			[
				'a slip without an amount',
				plain,
				[{ id: 1, id_order: '81001', order_slip_type: '0' }],
				'A person decides',
				PENDING,
			],
		])('%s', async (_, order, slips, end, states) => {
			track('81001');
			sell({ resources: { currencies, order_slip: slips, orders: [order] } });
			const execution = await runWell('prestashop-returns');
			expect(endsOf(execution)).toEqual([end]);
			expect(statesOf('81001')).toEqual(states);
			for (const [orderId, why] of whyOf(execution)) {
				expect([orderId, why]).toEqual(['81001', expect.stringMatching(/\w/)]);
			}
		});

		test('says what came back, and of a tracked amount with tax, shipping or a voucher that it was corrected', async () => {
			track('81006', { amount: 12_000 });
			track('81007', { amount: 12_000 });
			track('81008', { amount: 10_000 });
			sell({
				resources: {
					currencies,
					order_slip: [slip('20.000000', { id_order: '81007' })],
					orders: [
						{ ...plain, id: 81_006 },
						{ ...plain, id: 81_007 },
						{
							...plain,
							id: 81_008,
							total_discounts_tax_excl: '15.750000',
						},
					],
				},
			});
			const execution = await runWell('prestashop-returns');
			expect(statesOf('81006')).toEqual(ACCEPTED);
			expect(statesOf('81007')).toEqual([['accepted', 8000]]);
			expect(statesOf('81008')).toEqual([['accepted', 9000]]);
			expect(execution.items('What was kept').map(({ kept }) => kept)).toEqual([
				'100.00 EUR',
				'80.00 EUR',
				'90.00 EUR',
			]);
			expect(reasons().sort()).toEqual([
				CORRECTED,
				CORRECTED,
				'Some items were returned, the customer kept 80.00 EUR',
			]);
		});

		test('leaves a part return with several rules, a locked and a refused conversion for a person', async () => {
			for (const rule of [undefined, 'Lighting']) {
				const more = { amount: 5000, ...(rule === undefined ? {} : { rule }) };
				track('81002', more);
				track('81003', more);
			}
			track('81004', { status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
			track('81005', { status: 'refused' });
			sell({
				resources: {
					currencies,
					order_slip: [slip('20.000000', { id_order: '81003' })],
					orders: [
						{ ...plain, id: 81_002 },
						{ ...plain, id: 81_003 },
						{ ...plain, id: 81_004, current_state: '7', valid: '0' },
						{ ...plain, id: 81_005 },
					],
				},
			});
			const why = whyOf(await runWell('prestashop-returns'));
			expect(why.size).toBe(3);
			expect(why.get('81003')).toMatch(/2 conversions.*Lighting/);
			expect(why.get('81004')).toMatch(/It has been locked since/);
			expect(why.get('81005')).toMatch(/refused/);
			expect(playground.sandbox.store.writes.map(({ action }) => action)).toEqual([
				'accept',
				'accept',
			]);
		});

		test('reads all pages of a busy shop, each once', async () => {
			const orders = Array.from({ length: 620 }, (_, index) => ({ ...plain, id: 84_000 + index }));
			const slips = Array.from({ length: 510 }, (_, index) =>
				slip('0.000000', { id_order: String(90_000 + index) }),
			);
			slips.push(slip('20.000000', { id_order: '84619' }));
			track('84000');
			track('84619');
			sell({ resources: { currencies, order_slip: slips, orders } });
			const execution = await runWell('prestashop-returns');
			expect(execution.items('Each order')).toHaveLength(620);
			expect(statesOf('84000')).toEqual(ACCEPTED);
			expect(statesOf('84619')).toEqual([['accepted', 8000]]);
			const asked = shop.asked.map((each) => new URL(each, shop.url));
			expect(
				asked.map(({ pathname, searchParams }) => [pathname, searchParams.get('limit')]),
			).toEqual([
				['/api/currencies', '0,500'],
				['/api/order_slip', '0,500'],
				['/api/order_slip', '500,500'],
				['/api/orders', '0,500'],
				['/api/orders', '500,500'],
			]);
			for (const { searchParams } of asked) {
				expect(searchParams.get('output_format')).toBe('JSON');
			}
		});

		test('stops, and sends nothing, if the orders cannot be read', async () => {
			track('81001');
			const orders = { body: '<html>Maintenance</html>' };
			sell({ resources: { currencies, order_slip: [], orders } });
			const { status, error } = await run('prestashop-returns');
			expect({ status, said: error?.message }).toEqual({
				status: 'error',
				said: expect.stringContaining('PrestaShop did not return its orders'),
			});
			expect(statesOf('81001')).toEqual(PENDING);
		});

		test('does nothing and sends Affilae no request if the shop has no orders', async () => {
			sell({ resources: { currencies, order_slip: [], orders: [] } });
			expect(endsOf(await runWell('prestashop-returns'))).toEqual([]);
			expect(shop.asked).toHaveLength(3);
			expect(playground.sandbox.requests.list()).toEqual([]);
		});
	});

	test.each([
		['woocommerce-returns', BY_HAND],
		['prestashop-returns', BY_HAND],
		['before-it-locks', 'Every morning'],
		['odoo-credit-notes', 'Every night'],
	])('%s stops, and sends nothing, if the shop rejects the key', async (name, trigger) => {
		track('81001');
		const before = conversionsOf(playground.sandbox);
		const { client } = playground.n8n;
		const wrong = { consumerKey: 'x', consumerSecret: 'x', url: shop.url };
		const right = { ...shopCredentials };
		shopCredentials = {
			wooCommerceApi: await client.saveCredential({
				name: 'Wrong',
				type: 'wooCommerceApi',
				data: { ...wrong, includeCredentialsInQuery: false },
			}),
			httpBasicAuth: await client.saveCredential({
				name: 'Wrong',
				type: 'httpBasicAuth',
				data: { user: 'x', password: 'x' },
			}),
			odooApi: await client.saveCredential({
				name: 'Wrong',
				type: 'odooApi',
				data: { url: shop.url, username: 'x', password: 'x', db: 'shop' },
			}),
		};
		try {
			expect((await run(name, trigger)).status).toBe('error');
		} finally {
			shopCredentials = right;
		}
		expect(conversionsOf(playground.sandbox)).toEqual(before);
		expect(playground.sandbox.store.writes).toEqual([]);
	});

	describe('before-it-locks', () => {
		const order = (id: number, status: string, more: object = {}) => ({
			id,
			status,
			currency: 'EUR',
			refunds: [],
			...more,
		});
		const locksIn = (days: number): Partial<NewConversion> => ({
			status: 'accepted',
			createdAtMs: Date.now() - 30 * DAY_MS,
			lockedAtMs: Date.now() + days * DAY_MS,
		});

		test('refuses what came back and locks soon, leaves part returns for a person, and changes nothing else', async () => {
			track('85001', locksIn(1));
			track('85002', locksIn(4));
			track('85003', locksIn(2));
			track('85004', locksIn(8));
			track('85005', locksIn(-1));
			track('85006', { createdAtMs: Date.now() - 30 * DAY_MS });
			track('85007', locksIn(3));
			track('85008', locksIn(2));
			track('85008', { ...locksIn(2), rule: 'Lighting' });
			track('85009', locksIn(2));
			const part = { refunds: [{ id: 1, total: '-12.00' }] };
			sell({
				orders: [
					order(85_001, 'cancelled'),
					order(85_002, 'refunded', part),
					order(85_003, 'completed', part),
					order(85_004, 'refunded'),
					order(85_005, 'refunded'),
					order(85_006, 'refunded'),
					order(85_007, 'completed'),
					order(85_008, 'refunded'),
					order(85_009, 'refunded', { currency: 'CHF' }),
				],
			});
			const execution = await runWell('before-it-locks', 'Every morning');
			const states = Object.fromEntries(
				['85001', '85002', '85003', '85004', '85005', '85006', '85007', '85008', '85009'].map(
					(id) => [id, playground.sandbox.store.byExternalId(id).map(({ status }) => status)],
				),
			);
			expect(states).toEqual({
				'85001': ['refused'],
				'85002': ['refused'],
				'85003': ['accepted'],
				'85004': ['accepted'],
				'85005': ['accepted'],
				'85006': ['pending'],
				'85007': ['accepted'],
				'85008': ['refused', 'refused'],
				'85009': ['accepted'],
			});
			const why = whyOf(execution);
			expect([...why.keys()].sort()).toEqual(['85003', '85009']);
			expect(why.get('85003')).toMatch(
				/^Some of the order came back, and the conversion is accepted at 100\.00 EUR/,
			);
			expect(why.get('85009')).toMatch(/CHF/);
		});

		test('leaves unpaid orders, and orders with missing data, for a person', async () => {
			track('85011', locksIn(1));
			track('85012', locksIn(2));
			track('85013', locksIn(3));
			track('85014', locksIn(4));
			track('85015', { ...locksIn(4), shownFields: { lockedAt: undefined } });
			track('85016', { ...locksIn(4), shownFields: { amount: undefined } });
			track('85017', locksIn(4));
			const unpaid = { date_paid: null };
			sell({
				orders: [
					order(85_011, 'on-hold', unpaid),
					order(85_012, 'failed'),
					order(85_013, 'processing', unpaid),
					{ ...order(85_014, ''), status: undefined },
					order(85_015, 'completed', { refunds: [{ id: 1, total: '-12.00' }] }),
					order(85_016, 'completed', { refunds: [{ id: 1, total: '-12.00' }] }),
					order(85_017, 'cancelled', { currency: undefined }),
				],
			});
			const why = whyOf(await runWell('before-it-locks', 'Every morning'));
			const until = /You can refuse all of it until it locks on \d+ \w+ \d{4}, \d\d:\d\d$/;
			expect([...why.keys()].sort()).toEqual([
				'85011',
				'85012',
				'85013',
				'85014',
				'85015',
				'85016',
				'85017',
			]);
			for (const id of ['85011', '85012', '85013']) {
				expect(why.get(id)).toMatch(/^Nobody has paid the order, /);
				expect(why.get(id)).toMatch(until);
			}
			expect(why.get('85014')).toMatch(/^WooCommerce does not say/);
			expect(why.get('85015')).toMatch(/You can refuse all of it until it locks$/);
			expect(why.get('85016')).toMatch(/accepted at an unknown amount/);
			expect(why.get('85017')).toMatch(/without a currency/);
			expect(playground.sandbox.store.writes).toEqual([]);
		});

		test('does nothing if nothing locks soon, or if nothing came back', async () => {
			sell({ orders: [order(85_001, 'refunded')] });
			expect(endsOf(await runWell('before-it-locks', 'Every morning'))).toEqual([]);
			track('85001', locksIn(1));
			sell({ orders: [] });
			expect(endsOf(await runWell('before-it-locks', 'Every morning'))).toEqual([]);
			expect(playground.sandbox.store.writes).toEqual([]);
		});
	});

	describe('odoo-credit-notes', () => {
		const move = (order: string | false, amount: number) => ({
			name: `INV/${String(order)}/${amount}`,
			move_type: amount < 0 ? 'out_refund' : 'out_invoice',
			state: 'posted',
			invoice_origin: order,
			amount_untaxed_signed: amount,
			company_currency_id: [1, 'EUR'],
		});

		test('reads the posted invoices and credit notes of 90 days, and lowers or refuses what was credited', async () => {
			track('89101');
			track('89102');
			sell({
				moves: [
					move('89101', 100),
					move('89101', -15.1),
					move('89102', 100),
					move('89102', -100),
					move(false, -40),
				],
			});
			await runWell('odoo-credit-notes', 'Every night');
			expect(statesOf('89101')).toEqual([['pending', 8490]]);
			expect(statesOf('89102')).toEqual(REFUSED);
			expect(shop.searches).toEqual([
				[
					'account.move',
					[
						['move_type', 'in', ['out_invoice', 'out_refund']],
						['state', '=', 'posted'],
						['invoice_date', '>=', expect.stringMatching(/^\d{4}-\d\d-\d\d$/)],
					],
					expect.arrayContaining([
						'invoice_origin',
						'amount_untaxed_signed',
						'company_currency_id',
						'move_type',
					]),
				],
			]);
			const [[, domain] = []] = shop.searches;
			const [, , [, , since] = []] = z.array(z.array(z.unknown())).parse(domain);
			expect(Math.round((Date.now() - Date.parse(String(since))) / DAY_MS)).toBeGreaterThanOrEqual(
				90,
			);
		});

		test('does nothing and sends Affilae no request if Odoo has no document', async () => {
			expect(endsOf(await runWell('odoo-credit-notes', 'Every night'))).toEqual([]);
			expect(playground.sandbox.requests.list()).toEqual([]);
		});
	});
});
