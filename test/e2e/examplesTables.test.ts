import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import { z } from 'zod';
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

describe('the examples with tables and pages, in a whole n8n', () => {
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

	/** An example in which somebody has chosen its tables from the list, as n8n 1 asks for. */
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
			'is filled by %s, one row for what a person decides, however often it runs',
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

		test('is found by its name, as the examples have it', async () => {
			await run(workflowIdOf('woocommerce-returns'), BY_HAND);
			expect(await rowsOf(TO_CHECK)).toHaveLength(6);
		});

		test('that nobody made stops no run and loses nothing', async () => {
			await playground.n8n.client.deleteDataTable(TO_CHECK.name);
			await playground.store('without-table', realOf('woocommerce-returns'));
			const execution = await run('without-table', BY_HAND);
			expect(execution.items('A person decides')).toHaveLength(6);
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

		test('keeps one row for each conversion, with its order and what was decided', async () => {
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

		test('finds the same order twice in one rule, once, and not in another rule or program, nor refused, nor a bonus', async () => {
			await tell(
				told('b1'),
				told('b2', { rule: 'Lighting' }),
				told('b3', { programId: KINGDOM.id }),
			);
			await tell(told('b4', { status: 'refused' }));
			await tell(told('b5', { externalId: '' }), told('b6', { externalId: undefined }));
			expect(await rowsOf(TO_CHECK)).toEqual([]);
			await tell(told('b7'));
			await tell(told('b7', { event: 'amountChanged', amount: 90 }));
			expect(await rowsOf(TO_CHECK)).toEqual([
				expect.objectContaining({
					order_id: '86001',
					why: expect.stringMatching(/^Order 86001 has 2 conversions of the rule Sale /),
				}),
			]);
		});

		test('takes conversions of which Affilae says little', async () => {
			await tell({ event: 'created', id: 'c1' });
			expect(await rowsOf(ORDERS)).toEqual([
				expect.objectContaining({ conversion_id: 'c1', order_id: '', amount: null, decision: '' }),
			]);
		});

		test('by hand, takes the newest conversions of the account, and sends nothing', async () => {
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

	describe('sheets-returns, with rows as they come', () => {
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
			['ordered less paid back', { [ordered]: '100,00', [back]: 15.1 }, ['pending', 8490], false],
			['float noise', { [ordered]: 100, [back]: 0.1 + 0.2 }, ['pending', 9970], false],
			['all paid back', { [ordered]: 100, [back]: '100,00' }, ['refused', 10_000], false],
			[
				'nothing paid back',
				{ [ordered]: 100, [back]: 0, [over]: 'TRUE' },
				['accepted', 10_000],
				false,
			],
			['FAUX accepts nothing', { [kept]: 100, [over]: 'FAUX' }, PENDING, false],
			['a blank accepts nothing', { [kept]: 100, [over]: '' }, PENDING, false],
			['no amount in any column', {}, PENDING, true],
			['a blank kept', { [kept]: '' }, PENDING, true],
			['a blank of spaces', { [kept]: '  ' }, PENDING, true],
			['a blank paid back', { [ordered]: 100, [back]: '' }, PENDING, true],
			['a blank ordered', { [ordered]: null, [back]: 100 }, PENDING, true],
			['what could mean two', { [kept]: '1,042' }, PENDING, true],
			['no amount', { [kept]: 'tout' }, PENDING, true],
			['below 0', { [ordered]: 100, [back]: -15 }, PENDING, true],
			['more paid back than ordered', { [ordered]: 100, [back]: 115 }, PENDING, true],
			['three that do not fit', { [ordered]: 100, [back]: 15, [kept]: 90 }, PENDING, true],
			['three that fit', { [ordered]: 100, [back]: 15, [kept]: 85 }, ['pending', 8500], false],
			['a boolean that is none', { [kept]: 100, [over]: 'peut-être' }, PENDING, true],
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

		test('several rules, a locked conversion, yen, no order: named, and nothing is sent for them', async () => {
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
			expect(why.get('87003')).toMatch(/It is locked since/);
			expect(why.get('87004')).toMatch(/JPY/);
			expect(why.get('')).toMatch(/Order ID/);
			expect(playground.sandbox.store.writes).toEqual([]);
		});
	});

	describe('the examples for Odoo and ERPNext, with documents as they come', () => {
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
			['odoo-credit-notes', 'Invoices and credit notes', odoo, 'amount_untaxed_signed'],
			['erpnext-credit-notes', 'Sales invoices', erpNext, 'net_total'],
		] as const)('%s', (name, node, made, amount) => {
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

			test('several rules, a locked conversion: named, and nothing is sent for them', async () => {
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
				expect(why.get('89003')).toMatch(/It is locked since/);
				expect(playground.sandbox.store.writes).toEqual([]);
			});

			test('no document at all: nothing is done, and Affilae is asked for nothing', async () => {
				playground.sandbox.requests.clear();
				const execution = await reconcile();
				expect(execution.items('Done')).toEqual([]);
				expect(playground.sandbox.requests.list()).toEqual([]);
			});
		});
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

		test('adds up last month by affiliate, state and currency, to the cent, and no other month', async () => {
			const first = lastMonth();
			const own = playground.sandbox.store
				.all()
				.filter(({ createdAt }) => monthOf(Date.parse(createdAt)) === monthOf(first));
			expect(own.length).toBeGreaterThan(50);

			const execution = await report();

			const sums = execution.items('In cents that are whole');
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

		test('shows the sums that its page works out by hand, escapes names, and makes a file of it', async () => {
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

		test('of a month without a sale, says so', async () => {
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
			expect(pageOf(execution)).toContain('Nothing was sold by affiliates.');
			expect(pageOf(execution)).toContain('0 conversions.');
			expect(sandbox.store.writes).toEqual([]);
		});

		test('says of how many conversions Affilae gives no amount, and takes what it does not know', async () => {
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
