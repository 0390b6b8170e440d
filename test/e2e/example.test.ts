/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { type Browser, openBrowser } from '../../playground/src/browser';
import { folderOf, MAIN_EXAMPLE } from '../../playground/src/exampleWorkflows';
import type { Execution } from '../../playground/src/n8nClient';
import {
	type ConversionState,
	readOrders,
	reportOn,
	type ReturnsReport,
} from '../../playground/src/returnsReport';
import { conversionsOf, runMainExample } from '../../playground/src/runMainExample';
import { type Shown, showMainExample } from '../../playground/src/showMainExample';
import type { Playground } from '../../playground/src/startPlayground';
import type { KeptWrite } from '../../sandbox/store';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';

const orderSchema = z.object({
	order_number: z.number(),
	currency: z.string(),
	taxes_included: z.boolean(),
	current_subtotal_price: z.string(),
	cancelled_at: z.string().nullable(),
	test: z.boolean(),
	financial_status: z.string(),
});

const pageSchema = z.tuple([z.object({ body: z.object({ orders: z.array(orderSchema) }) })]);

async function ordersOfData(): Promise<Array<z.infer<typeof orderSchema>>> {
	const [page] = pageSchema.parse(await json('data', 'orders-from-shopify.json'));
	return page.body.orders;
}

async function json(...segments: string[]): Promise<unknown> {
	return JSON.parse(await readFile(path.join(folderOf(MAIN_EXAMPLE), ...segments), 'utf8'));
}

/**
 * Orders that were worked out by hand, as on the page of the example: the expected status and amount of
 * the conversion, in cents.
 */
const BY_HAND: ReadonlyArray<readonly [order: string, status: string, amountCents: number]> = [
	// Prices include 20 %: 97.90 kept, of which 97.90 / 6 = 16.32 is tax.
	['1011', 'accepted', 8158],
	// 234.40 kept, two lines at 20 %: 84.90 with 14.15, 149.50 with 24.92.
	['1020', 'accepted', 19533],
	// 3 of 4 pillowcases: 67.23 kept, of the tax of 14.94 a quarter, 3.74, went back.
	['1035', 'accepted', 5603],
	// 182.97 kept: a lamp of 134.55 with 22.42 at 20 %, chocolates of 48.42 with 2.53 at 5.5 %.
	['1050', 'accepted', 15802],
	// Pounds with tax: a rug of 85.95 with 14.32 of it.
	['1055', 'accepted', 7163],
	// Dollars without tax: Shopify's amount counts.
	['1051', 'accepted', 8397],
	// All kept, at two rates: 198.59, of which 4.21 at 5.5 % and 19.65 at 20 % are tax.
	['1039', 'accepted', 17473],
	// All money was paid back as a sum, without any goods.
	['1057', 'refused', 24710],
	// Canceled, and never paid.
	['1014', 'refused', 4833],
	['1047', 'refused', 5328],
];

describe('the example "Shopify returns to Affilae" in a full n8n', () => {
	let playground: Playground;
	let before: ConversionState[];
	let after: ConversionState[];
	let writes: KeptWrite[];
	let dry: { execution: Execution; report: ReturnsReport };
	let writesOfDryRun: number;
	let execution: Execution;
	let report: ReturnsReport;

	beforeAll(async () => {
		playground = await startFreshPlayground();
		before = conversionsOf(playground.sandbox);
		dry = await runMainExample(playground, 'dry');
		writesOfDryRun = playground.sandbox.store.writes.length;
		({ execution, report } = await runMainExample(playground, 'real'));
		after = conversionsOf(playground.sandbox);
		writes = [...playground.sandbox.store.writes];
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	function stateOf(orderId: string, states: readonly ConversionState[]): ConversionState[] {
		return states.filter(({ externalId }) => externalId === orderId);
	}

	test('contains the orders of its data folder, so that it runs without a Shopify account', async () => {
		const workflow = z
			.object({ pinData: z.record(z.array(z.object({ json: z.unknown() }))) })
			.parse(await json(`${MAIN_EXAMPLE}.json`));
		expect(workflow.pinData['Orders from Shopify']?.map((item) => item.json)).toEqual(
			await json('data', 'orders-from-shopify.json'),
		);
	});

	test('as imported, sends nothing and says for each order what the real run then does', () => {
		expect(writesOfDryRun).toBe(0);
		const said = dry.execution.items('Reconcile');
		expect(said.map(({ changed, dryRun }) => [changed, dryRun])).toEqual(
			said.map(() => [false, true]),
		);
		const outcomes = (run: Execution) =>
			run
				.items('Reconcile')
				.map(({ externalId, outcome, message }) => [externalId, outcome, message]);
		expect(outcomes(dry.execution)).toEqual(outcomes(execution));
		for (const node of ['Left out', 'A person decides']) {
			expect(dry.execution.items(node)).toEqual(execution.items(node));
		}
		expect(dry.report.rows.map(({ decision }) => decision)).toEqual(
			report.rows.map(({ decision }) => decision),
		);
		expect(dry.report.agrees).toBe(true);
	});

	test('has prices that include tax in half of its orders', async () => {
		const orders = await ordersOfData();
		expect(orders).toHaveLength(66);
		expect(orders.filter((order) => order.taxes_included)).toHaveLength(33);
	});

	test.each(BY_HAND)(
		'results for order %s in a conversion that is %s at %i cents',
		(orderId, status, cents) => {
			expect(stateOf(orderId, before).map((one) => one.status)).toEqual(['pending']);
			expect(stateOf(orderId, after).map((one) => [one.status, one.amountCents])).toEqual([
				[status, cents],
			]);
		},
	);

	test('computes the kept amount of each order to the cent', () => {
		const kept = new Map(
			execution.items('What was kept').map(({ orderId, kept: text }) => [orderId, text]),
		);
		for (const { orderId, currency, keptCents } of readOrders()) {
			const units = `${Math.floor(keptCents / 100)}.${String(keptCents % 100).padStart(2, '0')}`;
			expect([orderId, kept.get(orderId)]).toEqual([orderId, `${units} ${currency}`]);
		}
	});

	test('leaves out test orders and unpaid orders, with the reason', async () => {
		const orders = await ordersOfData();
		const unpaid = orders.filter(
			({ cancelled_at, test: isTest, financial_status: state }) =>
				cancelled_at === null && (isTest || ['pending', 'authorized', 'voided'].includes(state)),
		);
		expect(unpaid).toHaveLength(4);
		const said = execution.items('Left out').map(({ orderId, leftOut }) => [orderId, leftOut]);
		expect(said.map(([orderId]) => orderId).sort()).toEqual(
			unpaid.map(({ order_number }) => String(order_number)).sort(),
		);
		for (const [orderId = '', why] of said) {
			expect(why).toMatch(/test order|Not paid yet|payment was canceled/);
			expect(stateOf(String(orderId), after).map(({ status }) => status)).toEqual(['pending']);
		}
	});

	test('leaves a refund without goods for a person, with its amount', () => {
		const left = execution.items('A person decides');
		expect(left).toContainEqual({
			orderId: '1066',
			kept: '112.42 GBP',
			why: expect.stringContaining('10.00 GBP were refunded'),
		});
	});

	test('changes each conversion as its order requires, and no other', () => {
		expect(report.rows.filter(({ mismatch }) => mismatch !== undefined)).toEqual([]);
		expect(report.strays).toEqual([]);
		expect(report.agrees).toBe(true);
		for (const decision of ['accept', 'lower, accept', 'refuse', 'left out', 'a person'] as const) {
			expect([decision, report.counts.get(decision) ?? 0]).not.toEqual([decision, 0]);
		}
	});

	test('sends one update per lowered conversion, one decision per decided conversion, and no more', () => {
		const earlier = new Map(before.map((conversion) => [conversion.id, conversion]));
		const changed = after.filter(({ id, status }) => earlier.get(id)?.status !== status);
		const lowered = after.filter(
			({ id, amountCents }) => earlier.get(id)?.amountCents !== amountCents,
		);
		const sentAs = (action: KeptWrite['action']) =>
			writes.filter((write) => write.action === action).map(({ id }) => id);

		expect(lowered.length).toBeGreaterThan(0);
		expect(sentAs('update').sort()).toEqual(lowered.map(({ id }) => id).sort());
		expect([...sentAs('accept'), ...sentAs('refuse')].sort()).toEqual(
			changed.map(({ id }) => id).sort(),
		);
	});

	test('tells Affilae why a conversion is refused or lowered', () => {
		const reasons = writes.filter(({ action }) => action !== 'accept').map(({ reason }) => reason);
		expect(reasons.length).toBeGreaterThan(0);
		for (const reason of reasons) {
			expect(reason).toMatch(
				/^(The order was canceled|The whole amount was refunded|All items were returned|Corrected to the amount of the goods, without tax, shipping, and vouchers|Some items were returned, the customer kept \d+\.\d\d [A-Z]{3})$/,
			);
		}
	});

	test('leaves orders that two programs tracked for a person, with both conversion IDs', () => {
		const { sandbox } = playground;
		const doubled = report.rows.filter((row) => row.before.length > 1);
		expect(doubled.length).toBeGreaterThan(0);
		const left = execution.items('A person decides');
		for (const { order, decision } of doubled) {
			expect(decision).toBe('a person');
			const why = left.find(({ orderId }) => orderId === order.orderId)?.['why'];
			for (const { id } of sandbox.store.byExternalId(order.orderId)) {
				expect(why).toContain(id);
			}
		}
	});

	test('refuses an accepted conversion if the order came back, and leaves what it cannot change for a person', () => {
		const decided = report.rows.filter(
			({ before: [conversion, second] }) =>
				second === undefined && conversion !== undefined && conversion.status !== 'pending',
		);
		expect(decided.map(({ before: [one], decision }) => [one?.status, decision]).sort()).toEqual([
			['accepted', 'a person'],
			['accepted', 'nothing'],
			['accepted', 'nothing'],
			['accepted', 'refuse'],
			['refused', 'a person'],
			['refused', 'nothing'],
		]);
		const why = execution.items('A person decides').map((item) => String(item['why']));
		expect(why.filter((text) => /is accepted at .*It will be locked on/.test(text))).toHaveLength(
			1,
		);
		expect(why.filter((text) => /is refused in Affilae, but/.test(text))).toHaveLength(1);
	});

	test('outputs orders that no affiliate brought as not found', () => {
		const unearned = report.rows.filter((row) => row.before.length === 0);
		expect(unearned.length).toBeGreaterThan(0);
		expect(
			execution
				.items('Done')
				.filter(({ id }) => id === undefined)
				.map(({ externalId, outcome }) => [externalId, outcome])
				.sort(),
		).toEqual(unearned.map(({ order }) => [order.orderId, 'notFound']).sort());
	});

	test('has a report that names orders with a wrong conversion, and conversions that should not have changed', () => {
		const orders = readOrders();
		const accepted = after.find(
			({ externalId, status }) =>
				status === 'accepted' && orders.some(({ orderId }) => orderId === externalId),
		);
		const bystander = after.find(
			({ externalId }) => !orders.some(({ orderId }) => orderId === externalId),
		);
		const spoilt = after.map((conversion) =>
			conversion.id === accepted?.id || conversion.id === bystander?.id
				? { ...conversion, amountCents: conversion.amountCents - 1 }
				: conversion,
		);
		const wrong = reportOn(orders, { execution, before, after: spoilt, isDryRun: false });
		expect(wrong.agrees).toBe(false);
		expect(
			wrong.rows.filter(({ mismatch }) => mismatch !== undefined).map(({ order }) => order.orderId),
		).toEqual([accepted?.externalId]);
		expect(wrong.strays).toEqual([bystander?.externalId]);
	});

	test('changes nothing if it runs again', async () => {
		const again = await runMainExample(playground, 'real');
		expect(again.execution.status).toBe('success');
		expect(conversionsOf(playground.sandbox)).toEqual(after);
		expect(playground.sandbox.store.writes).toEqual(writes);
	});

	test('changes nothing in a dry run after a real run', async () => {
		const { sandbox } = playground;
		sandbox.reset();
		await runMainExample(playground, 'dry');
		expect(conversionsOf(sandbox)).toEqual(before);
	});

	describe('the report of npm start', () => {
		let folder: string;
		let browser: Browser;
		let terminal: string;
		let shown: Shown;

		beforeAll(async () => {
			playground.sandbox.reset();
			folder = await mkdtemp(path.join(os.tmpdir(), 'report-'));
			const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
			try {
				shown = await showMainExample(playground, folder);
				terminal = stripVTControlCharacters(
					write.mock.calls.map(([text]) => String(text)).join(''),
				);
			} finally {
				write.mockRestore();
			}
			browser = await openBrowser();
			await browser.page.goto(shown.page);
		}, START_TIMEOUT_MS);

		afterAll(async () => {
			await browser?.close();
			await rm(folder, { recursive: true, force: true });
		});

		/** The rows of a table on the page, each as the texts of its cells. */
		async function rowsOf(section: string): Promise<string[][]> {
			const rows = await browser.page.locator(`#${section} tbody tr`).all();
			return await Promise.all(rows.map(async (row) => await row.locator('td').allInnerTexts()));
		}

		/** The rows of the tables in the terminal, each as the texts of its cells: one table for each run. */
		function tablesInTerminal(): string[][][] {
			return terminal
				.split(/^┌/m)
				.slice(1)
				.map((table) =>
					table
						.split('\n')
						.filter((line) => line.startsWith('│'))
						.map((line) =>
							line
								.split('│')
								.slice(1, -1)
								.map((cell) => cell.trim()),
						),
				);
		}

		const money = /^\d+\.\d\d [A-Z]{3}$/;
		const byHand = ([orderId, status, cents]: (typeof BY_HAND)[number]) => [
			orderId,
			expect.stringMatching(new RegExp(`^${status} ${(cents / 100).toFixed(2)} [A-Z]{3}$`)),
		];

		test('shows the dry run, which changes nothing, and then the real run with the amounts worked out by hand', async () => {
			expect(shown.agrees).toBe(true);
			const titles = await browser.page.locator('h2').allInnerTexts();
			expect(titles.map((title) => title.slice(0, 14))).toEqual([
				'1. Dry run: wh',
				'2. With Dry Ru',
				'3. Needs a per',
				'4. Left out',
			]);
			const [dryRows, realRows] = await Promise.all([rowsOf('dry'), rowsOf('real')]);
			expect([dryRows.length, realRows.length]).toEqual([66, 66]);
			for (const [, kept, , beforeText, afterText] of dryRows) {
				expect(kept).toMatch(money);
				expect(afterText).toBe(beforeText);
			}
			const states = realRows.map(([orderId, , , , afterText]) => [orderId, afterText]);
			expect(states).toEqual(expect.arrayContaining(BY_HAND.map(byHand)));
			expect(realRows.map(([orderId, , decision]) => [orderId, decision])).toEqual(
				dryRows.map(([orderId, , decision]) => [orderId, decision]),
			);
		});

		test('says why each order needs a person or is left out', async () => {
			const [persons, leftOut, realRows] = await Promise.all([
				rowsOf('person'),
				rowsOf('left-out'),
				rowsOf('real'),
			]);
			const decided = (decision: string) =>
				realRows.filter((row) => row[2] === decision).map(([orderId]) => orderId);
			expect(persons.map(([orderId]) => orderId)).toEqual(decided('a person'));
			expect(leftOut.map(([orderId]) => orderId)).toEqual(decided('left out'));
			expect(persons).toHaveLength(6);
			expect(leftOut).toHaveLength(4);
			const why = new Map(persons.map(([orderId, text]) => [orderId, text]));
			expect(why.get('1066')).toMatch(/^10\.00 GBP were refunded/);
			expect(why.get('1021')).toMatch(/It will be locked on/);
			expect(why.get('1019')).toMatch(/several programs/);
			expect(new Map(leftOut.map(([orderId, text]) => [orderId, text])).get('1028')).toBe(
				'Not paid yet',
			);
		});

		test('shows the same in the terminal, in the same order', async () => {
			const inTerminal = tablesInTerminal().map((rows) =>
				rows
					.filter(([orderId]) => /^\d+$/.test(orderId ?? ''))
					.map(([orderId, , kept, decision]) => [orderId, kept, decision]),
			);
			const onPage = await Promise.all(
				['dry', 'real'].map(async (section) =>
					(await rowsOf(section)).map(([orderId, kept = '', decision]) => [
						orderId,
						kept.split(' ')[0],
						decision,
					]),
				),
			);
			expect(inTerminal).toEqual(onPage);
			for (const [orderId, text] of [...(await rowsOf('person')), ...(await rowsOf('left-out'))]) {
				expect(terminal).toContain(`  ${orderId}  ${text}`);
			}
			const inOrder = [
				'Dry run of the example',
				'with Dry Run off',
				'Needs a person:',
				'Left out:',
				shown.page,
			];
			const places = inOrder.map((text) => terminal.indexOf(text));
			expect(places).not.toContain(-1);
			expect(places).toEqual([...places].sort((a, b) => a - b));
		});

		test('is readable on a wide and on a narrow screen, and marks orders that need a person', async () => {
			const { page } = browser;
			for (const width of [1440, 700]) {
				await page.setViewportSize({ width, height: 900 });
				const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
				expect(scrollWidth).toBe(clientWidth);
			}
			const marked = page.locator('#real tr.person td:first-child');
			expect(await marked.allInnerTexts()).toEqual((await rowsOf('person')).map(([id]) => id));
			const background = await marked
				.first()
				.evaluate((cell) => getComputedStyle(cell).backgroundColor);
			expect(background).toBe('rgb(255, 243, 214)');
		});
	});
});
