/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { folderOf, MAIN_EXAMPLE } from '../../playground/src/exampleWorkflows';
import type { Execution } from '../../playground/src/n8nClient';
import {
	type ConversionState,
	readOrders,
	reportOn,
	type ReturnsReport,
} from '../../playground/src/returnsReport';
import { conversionsOf, runMainExample } from '../../playground/src/runMainExample';
import type { Playground } from '../../playground/src/startPlayground';
import type { KeptWrite } from '../../sandbox/store';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';

const orderSchema = z.object({
	order_number: z.number(),
	currency: z.string(),
	current_subtotal_price: z.string(),
	cancelled_at: z.string().nullable(),
});

async function json(...segments: string[]): Promise<unknown> {
	return JSON.parse(await readFile(path.join(folderOf(MAIN_EXAMPLE), ...segments), 'utf8'));
}

/** Cents from Shopify's decimal text, without any arithmetic on fractions. */
function cents(text: string): number {
	const [units = '', hundredths = ''] = text.split('.');
	return Number(units) * 100 + Number(hundredths.padEnd(2, '0'));
}

/** Runs the example by hand with Dry Run switched on. */
async function runDry({ n8n, examples, store }: Playground): Promise<Execution> {
	const workflow = examples.find(({ name }) => name === MAIN_EXAMPLE)?.workflow;
	if (workflow === undefined) throw new Error(`There is no example "${MAIN_EXAMPLE}"`);
	const options = { ifNotFound: 'succeed', dryRun: true };
	const nodes = workflow.nodes.map((node) =>
		node.name === 'Reconcile'
			? { ...node, parameters: { ...z.record(z.unknown()).parse(node.parameters), options } }
			: node,
	);
	await store('dry-run', { ...workflow, nodes });
	return await n8n.client.run('dry-run', "When clicking 'Execute workflow'");
}

describe('the example "Shopify returns to Affilae" in a whole n8n', () => {
	let playground: Playground;
	let before: ConversionState[];
	let after: ConversionState[];
	let writes: KeptWrite[];
	let dryRun: Execution;
	let writesOfDryRun: number;
	let execution: Execution;
	let report: ReturnsReport;

	beforeAll(async () => {
		playground = await startFreshPlayground();
		before = conversionsOf(playground.sandbox);
		dryRun = await runDry(playground);
		writesOfDryRun = playground.sandbox.store.writes.length;
		({ execution, report } = await runMainExample(playground));
		after = conversionsOf(playground.sandbox);
		writes = [...playground.sandbox.store.writes];
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	test('it carries the orders of its data folder, so it runs without a Shopify account', async () => {
		const workflow = z
			.object({ pinData: z.record(z.array(z.object({ json: z.unknown() }))) })
			.parse(await json(`${MAIN_EXAMPLE}.json`));
		expect(workflow.pinData['Orders from Shopify']?.map((item) => item.json)).toEqual(
			await json('data', 'orders-from-shopify.json'),
		);
	});

	test('its dry run sends nothing, and says for each order what the real run then does', () => {
		expect(writesOfDryRun).toBe(0);
		const said = dryRun.items('Reconcile');
		expect(said.map(({ changed, dryRun: isDry }) => [changed, isDry])).toEqual(
			said.map(() => [false, true]),
		);
		const outcomes = (run: Execution) =>
			run
				.items('Reconcile')
				.map(({ externalId, outcome, message }) => [externalId, outcome, message]);
		expect(outcomes(dryRun)).toEqual(outcomes(execution));
		expect(dryRun.items('Reconcile', 1)).toEqual(execution.items('Reconcile', 1));
	});

	test('it leaves each conversion as the order asks, and touches no other', async () => {
		const orders = z.array(orderSchema).parse(await json('data', 'orders-from-shopify.json'));
		expect(orders.length).toBeGreaterThanOrEqual(60);
		const byNumber = new Map(orders.map((order) => [String(order.order_number), order]));
		const timesOf = (externalId: string) =>
			before.filter((other) => other.externalId === externalId).length;

		const due = before.map((conversion): ConversionState => {
			const order = byNumber.get(conversion.externalId);
			const isClear =
				order?.currency === conversion.currency && timesOf(conversion.externalId) === 1;
			if (order === undefined || !isClear || conversion.status !== 'pending') return conversion;
			const keptCents = order.cancelled_at === null ? cents(order.current_subtotal_price) : 0;
			if (keptCents === 0) return { ...conversion, status: 'refused' };
			const amountCents = Math.min(conversion.amountCents, keptCents);
			return { ...conversion, status: 'accepted', amountCents };
		});

		const byId = (a: ConversionState, b: ConversionState) => a.id.localeCompare(b.id);
		expect([...after].sort(byId)).toEqual([...due].sort(byId));
		for (const status of ['accepted', 'refused'] as const) {
			expect(due.filter((conversion) => conversion.status === status).length).toBeGreaterThan(
				before.filter((conversion) => conversion.status === status).length,
			);
		}
	});

	test('it sends one update per lowered conversion, one decision per conversion, and no more', () => {
		const earlier = new Map(before.map((conversion) => [conversion.id, conversion]));
		const changed = after.filter(({ id, status }) => earlier.get(id)?.status !== status);
		const lowered = after.filter(
			({ id, amountCents }) => earlier.get(id)?.amountCents !== amountCents,
		);
		const sentAs = (action: KeptWrite['action']) =>
			writes.filter((write) => write.action === action).map(({ id }) => id);

		expect(sentAs('update').sort()).toEqual(lowered.map(({ id }) => id).sort());
		expect([...sentAs('accept'), ...sentAs('refuse')].sort()).toEqual(
			changed.map(({ id }) => id).sort(),
		);
	});

	test('it tells Affilae why a conversion is refused or lowered', () => {
		const reasons = writes.filter(({ action }) => action !== 'accept').map(({ reason }) => reason);
		expect(reasons.length).toBeGreaterThan(0);
		for (const reason of reasons) {
			expect(reason).toMatch(
				/^(The order was cancelled|All items were returned|Some items were returned, the customer kept \d+\.\d\d [A-Z]{3})$/,
			);
		}
	});

	test('orders with two conversions are left to a person, who is told both', () => {
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

	test('conversions that were decided before, and not as the order asks, are left to a person', () => {
		const left = execution.items('A person decides').map(({ why }) => why);
		const decidedWrongly = report.rows.filter(
			({ before: [conversion, second], decision }) =>
				second === undefined && conversion?.status !== 'pending' && decision === 'a person',
		);
		expect(decidedWrongly.length).toBeGreaterThan(0);
		expect(left.filter((why) => /is already (accepted|refused)/.test(String(why)))).toHaveLength(
			decidedWrongly.length,
		);
	});

	test('orders that no affiliate brought are told apart, and nothing is sent for them', () => {
		const unearned = report.rows.filter((row) => row.before.length === 0);
		expect(unearned.length).toBeGreaterThan(0);
		expect(
			execution
				.items('Done')
				.filter(({ id }) => id === undefined)
				.map(({ externalId, outcome }) => [externalId, outcome])
				.sort(),
		).toEqual(unearned.map(({ order }) => [order.orderId, 'unchanged']).sort());
	});

	test('the table that npm start prints agrees with the sandbox', () => {
		expect(report.rows.filter(({ mismatch }) => mismatch !== undefined)).toEqual([]);
		expect(report.strays).toEqual([]);
		expect(report.agrees).toBe(true);
	});

	test('the table would name an order whose conversion is not as it must be, and a conversion that nobody asked to change', async () => {
		const orders = await readOrders();
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
		const wrong = reportOn(orders, execution, before, spoilt);
		expect(wrong.agrees).toBe(false);
		expect(
			wrong.rows.filter(({ mismatch }) => mismatch !== undefined).map(({ order }) => order.orderId),
		).toEqual([accepted?.externalId]);
		expect(wrong.strays).toEqual([bystander?.externalId]);
	});

	test('running it again changes nothing', async () => {
		const again = await runMainExample(playground);
		expect(again.execution.status).toBe('success');
		expect(conversionsOf(playground.sandbox)).toEqual(after);
		expect(playground.sandbox.store.writes).toEqual(writes);
	});
});
