/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type INodeProperties, type INodeTypeDescription, NodeHelpers } from 'n8n-workflow';
import { z } from 'zod';
import {
	dryNodesOf,
	folderOf,
	MAIN_EXAMPLE,
	readExamples,
	withDryRunOff,
	workflowIdOf,
} from '../../playground/src/exampleWorkflows';
import { TO_CHECK } from '../../playground/src/dataTables';
import type { Execution, Workflow } from '../../playground/src/n8nClient';
import { EXAMPLES } from '../../playground/src/places';
import type { ConversionState } from '../../playground/src/returnsReport';
import { conversionsOf } from '../../playground/src/runMainExample';
import { FORM_CREDENTIAL, type Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { NODES_OF_1_123 } from './nodesOf1.123';
import { type ShopifyStandIn, startShopifyStandIn } from './shopifyStandIn';

/** The expected change of an order's only conversion. */
interface Change {
	status: ConversionState['status'];
	/** Only if the conversion is lowered. */
	amountCents?: number;
}

/** The expected result of an example with its data. */
interface Job {
	example: string;
	/** Runs the whole example once. */
	run: (playground: Playground) => Promise<Execution[]>;
	/** The same with the default choices of its form, if it has one; otherwise `run`. */
	look?: (playground: Playground) => Promise<Execution[]>;
	/** By order ID; every other conversion must stay unchanged. */
	changes: Readonly<Record<string, Change>>;
	/** The orders that are left for a person, with the reason. */
	person: ReadonlyArray<readonly [orderId: string, why: RegExp]>;
	/** The orders for which nothing is sent, whether they have a conversion or not. */
	unchanged: readonly string[];
	/** The orders that are left out, because nobody is paid for them. */
	leftOut?: readonly string[];
	/** What each reason that is sent to Affilae must match. */
	reason: RegExp;
}

const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
	entry.isDirectory() ? [entry.name] : [],
);
const { N8N_UNDER_TEST } = process.env;
const DAY_MS = 86_400_000;
const WINDOW_DAYS = 30;
const REASON =
	/^(The order was canceled|The whole amount was refunded|All items were returned|Corrected to the amount of the goods, without tax, shipping, and vouchers|Some items were returned, the customer kept [\d.]+ [A-Z]{3})$/;
const ACCEPTED_ALREADY = /is accepted at .* It will be locked on .* until then you can refuse it/;
/** Examples that only read, so they have no Dry Run. */
const READ_ONLY = ['data-tables', 'monthly-report'];
/** Nodes that only look: an operator leaves their Dry Run on. */
const ONLY_LOOK = ['Look at the whole order', 'Look: reconcile a conversion'];

/** Starts an example's triggers one after the other, as the editor's button does. */
function byHand(example: string, ...triggers: string[]): Job['run'] {
	return async ({ n8n }) => {
		const executions: Execution[] = [];
		for (const trigger of triggers) {
			executions.push(await n8n.client.run(workflowIdOf(example), trigger));
		}
		return executions;
	};
}

/** Uploads a file in the form of the example: its own, unless there is another. */
function byForm(
	returnWindow: string,
	whatToDo: string,
	content = readFileSync(path.join(folderOf('csv-returns'), 'data', 'retours.csv')),
): Job['run'] {
	return async ({ n8n }) => {
		const { user: username, password } = FORM_CREDENTIAL.data;
		return [
			await n8n.client.runFromForm(workflowIdOf('csv-returns'), 'Returns file', {
				path: 'affilae-returns',
				fields: [{ fileName: 'retours.csv', content, type: 'text/csv' }, returnWindow, whatToDo],
				user: { username, password },
			}),
		];
	};
}

const JOBS: readonly Job[] = [
	{
		example: 'shopify-webhooks',
		run: byHand('shopify-webhooks', 'A refund was made', 'An order was canceled'),
		changes: {
			'20236': { status: 'pending', amountCents: 8412 },
			'20240': { status: 'refused' },
			'20250': { status: 'pending', amountCents: 4198 },
			'20241': { status: 'refused' },
			'20260': { status: 'refused' },
			'20252': { status: 'refused' },
			'20253': { status: 'refused' },
		},
		person: [
			['20233', ACCEPTED_ALREADY],
			['20226', /several programs/],
			['20245', /in EUR/],
			['20243', /10\.00 EUR were refunded/],
			['20331', /10\.00 EUR were refunded/],
		],
		unchanged: ['20230', '20351', '20352'],
		reason: REASON,
	},
	{
		example: 'odoo-credit-notes',
		run: byHand('odoo-credit-notes', 'Every night'),
		changes: {
			'20247': { status: 'pending', amountCents: 11706 },
			'20249': { status: 'pending', amountCents: 10807 },
			'20256': { status: 'refused' },
			'20272': { status: 'refused' },
		},
		person: [
			['20263', /in GBP/],
			['20273, 20275', /no conversion/i],
			['20294', /is negative/],
		],
		unchanged: ['20278', '20353'],
		reason: REASON,
	},
	{
		example: 'erpnext-credit-notes',
		run: byHand('erpnext-credit-notes', 'Every night'),
		changes: {
			'20244': { status: 'refused' },
			'20251': { status: 'pending', amountCents: 18482 },
			'20266': { status: 'pending', amountCents: 7319 },
			'20267': { status: 'pending', amountCents: 10000 },
		},
		person: [
			['20269', ACCEPTED_ALREADY],
			['20281', /in GBP/],
			['ACC-SINV-2026-00087', /not among the invoices of the last 90 days/],
		],
		unchanged: ['20354'],
		reason: REASON,
	},
	{
		example: 'csv-returns',
		run: byForm('Over for all of these orders', 'Tell Affilae'),
		look: byForm('Over for all of these orders', 'Only look'),
		changes: {
			'20277': { status: 'accepted', amountCents: 19954 },
			'20280': { status: 'refused' },
			'20268': { status: 'accepted', amountCents: 12000 },
			'20287': { status: 'accepted' },
			'20262': { status: 'accepted' },
			'20304': { status: 'accepted', amountCents: 2840 },
		},
		person: [
			['20288', ACCEPTED_ALREADY],
			['20301', /can be read as/],
			['20312', /'Order Amount After Returns' is set to an expression that returns nothing/],
		],
		unchanged: ['20274', '20355'],
		reason: /^(Retour complet|Retour partiel .*)$/,
	},
	{
		example: 'woocommerce-returns',
		run: byHand('woocommerce-returns', "When clicking 'Execute workflow'"),
		changes: {
			'20175': { status: 'accepted' },
			'20219': { status: 'accepted', amountCents: 7057 },
			'20221': { status: 'accepted', amountCents: 24_052 },
			'20217': { status: 'accepted', amountCents: 17_155 },
			'20222': { status: 'refused' },
			'20184': { status: 'refused' },
			'20224': { status: 'refused' },
			'20225': { status: 'accepted' },
		},
		person: [
			['20198', ACCEPTED_ALREADY],
			['20171', /It has been locked since/],
			['20202', /in GBP/],
			['20231', /10\.00 GBP were refunded/],
			['20123', /10\.00 EUR were refunded/],
			['20239', /several programs/],
			['20270', /does not say what the goods cost/],
		],
		unchanged: ['20195', '20358'],
		leftOut: ['20232', '20235', '20255'],
		reason: REASON,
	},
	{
		example: 'prestashop-returns',
		run: byHand('prestashop-returns', "When clicking 'Execute workflow'"),
		changes: {
			'20257': { status: 'accepted' },
			'20259': { status: 'accepted', amountCents: 3397 },
			'20279': { status: 'accepted', amountCents: 3320 },
			'20285': { status: 'refused' },
			'20214': { status: 'refused' },
			'20290': { status: 'accepted' },
			'20296': { status: 'refused' },
			'20315': { status: 'refused' },
			'20325': { status: 'accepted' },
		},
		person: [
			['20172', /It has been locked since/],
			['20192', ACCEPTED_ALREADY],
			['20193', /several programs/],
			['20293', /in GBP/],
			['20297', /does not say/],
			['20320', /a custom amount/],
			['20322', /a voucher of 10\.00 and a credit slip/],
		],
		unchanged: ['20204', '20359'],
		leftOut: ['20284', '20292'],
		reason: REASON,
	},
	{
		example: 'sheets-returns',
		run: byHand('sheets-returns', "When clicking 'Execute workflow'"),
		changes: {
			'20298': { status: 'accepted', amountCents: 30_316 },
			'20299': { status: 'accepted' },
			'20302': { status: 'accepted', amountCents: 40_000 },
			'20303': { status: 'refused' },
			'20305': { status: 'pending', amountCents: 5000 },
			'20324': { status: 'refused' },
		},
		person: [
			['Row without an order ID (18, 10,00, EUR, Retour partiel)', /Order ID/],
			['20167', /It has been locked since/],
			['20289', ACCEPTED_ALREADY],
			['20300', /below 0/],
			['20316', /in USD/],
			['20319', /does not say what was kept/],
			['20321', /does not say what was kept/],
			['20323', /could mean two/],
			['20327', /is not the kept amount/],
		],
		unchanged: ['20328', '20360'],
		reason: /^(Retour complet|Retour partiel)$/,
	},
	{
		example: 'before-it-locks',
		run: byHand('before-it-locks', 'Every morning'),
		changes: {
			'20187': { status: 'refused' },
			'20196': { status: 'refused' },
		},
		person: [
			['20186', /does not say whether something came back/],
			['20201', /accepted at 247\.00 USD.* until it locks on \d+ \w+ \d{4}, \d\d:\d\d$/],
		],
		unchanged: [],
		reason: /^The order was canceled or fully refunded$/,
	},
];

function file(example: string, ...segments: string[]): Buffer {
	return readFileSync(path.join(folderOf(example), ...segments));
}

/** The expected conversions after the changes. */
function after(before: readonly ConversionState[], changes: Job['changes']): ConversionState[] {
	return before.map((conversion) => ({ ...conversion, ...changes[conversion.externalId] }));
}

function isNothingDue({ outcome }: Record<string, unknown>): boolean {
	return outcome === 'unchanged' || outcome === 'notFound';
}

function left(executions: readonly Execution[]): Array<Record<string, unknown>> {
	return executions.flatMap((execution) => execution.items('A person decides'));
}

/**
 * The choices that n8n does not offer. n8n itself does not check them before a run, and does not run nodes
 * with pinned output. Choices that n8n loads from a service are not checked.
 */
function unknownChoices(
	properties: readonly INodeProperties[],
	values: Readonly<Record<string, unknown>>,
): string[] {
	return Object.entries(values).flatMap(([name, value]) => {
		const own = properties.filter((property) => property.name === name);
		const offered = own.flatMap(({ options = [] }) => options);
		if (typeof value === 'string') {
			const isFixed =
				!value.startsWith('=') &&
				own.length > 0 &&
				own.every(({ type, typeOptions }) => type === 'options' && !typeOptions?.loadOptionsMethod);
			const isOffered = offered.some((option) => 'value' in option && option.value === value);
			return isFixed && !isOffered ? [`${name}: ${value}`] : [];
		}
		const fields = offered.flatMap((option) => ('type' in option ? [option] : []));
		const groups = offered.flatMap((option) => ('values' in option ? [option] : []));
		return recordsOf(value).flatMap((record) => [
			...unknownChoices(fields, record),
			...groups.flatMap((group) =>
				recordsOf(record[group.name]).flatMap((row) => unknownChoices(group.values, row)),
			),
		]);
	});
}

function daysAgo(days: number): string {
	return new Date(Date.now() - days * DAY_MS).toISOString();
}

/** Shopify orders as the response that the example pins. */
function pinned(orders: ReadonlyArray<Record<string, unknown>>): NonNullable<Workflow['pinData']> {
	return { 'Orders from Shopify': [{ json: { body: { orders } } }] };
}

/** The value without the IDs that n8n gives to each assignment and each condition. */
function withoutIds(value: unknown): unknown {
	const text = JSON.stringify(value, (key, inner: unknown) => (key === 'id' ? undefined : inner));
	return JSON.parse(text);
}

/** The objects of a list, or the one object. */
function recordsOf(value: unknown): Array<Record<string, unknown>> {
	const record = z.record(z.unknown());
	const parsed = z.array(record).or(record).safeParse(value);
	return parsed.success ? [parsed.data].flat() : [];
}

test('the two examples for Shopify compute an order in the same way', async () => {
	const examples = await readExamples();
	const [one, other] = [MAIN_EXAMPLE, 'shopify-webhooks'].map((name) =>
		['Amounts of the order', 'What was kept', 'Clear?'].map((node) => {
			const found = examples
				.find((example) => example.name === name)
				?.workflow.nodes.find((candidate) => candidate.name === node);
			return z.object({ parameters: z.record(z.unknown()) }).parse(found).parameters;
		}),
	);
	expect(withoutIds(one)).toEqual(withoutIds(other));
});

describe('the examples in a full n8n', () => {
	let playground: Playground;

	beforeAll(async () => {
		playground = await startFreshPlayground();
		for (const name of [...JOBS.map(({ example }) => example), MAIN_EXAMPLE, 'nightly-sweep']) {
			await playground.store(workflowIdOf(name), realOf(name));
		}
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	beforeEach(() => {
		playground.sandbox.reset();
	});

	function workflowOf(example: string): Workflow {
		const found = playground.examples.find(({ name }) => name === example);
		if (found === undefined) throw new Error(`There is no example "${example}"`);
		return found.workflow;
	}

	/** An example after an operator has switched Dry Run off. */
	function realOf(example: string): Workflow {
		const workflow = workflowOf(example);
		return withDryRunOff(
			workflow,
			dryNodesOf(workflow).filter((node) => !ONLY_LOOK.includes(node)),
		);
	}

	async function run(job: Job): Promise<Execution[]> {
		const executions = await job.run(playground);
		for (const { status, error } of executions) {
			expect({ status, error }).toEqual({ status: 'success', error: undefined });
		}
		return executions;
	}

	test.each(names)('n8n knows every node, parameter and choice of "%s"', async (example) => {
		const known = await playground.n8n.client.nodeTypes();
		const workflow = workflowOf(example);
		for (const node of workflow.nodes) {
			const { typeVersion, parameters } = z
				.object({ typeVersion: z.number(), parameters: z.record(z.unknown()) })
				.parse(node);
			const description = z
				.custom<INodeTypeDescription>()
				.parse(
					known.find(
						({ name, version }) => name === node.type && [version].flat().includes(typeVersion),
					),
				);
			expect(`${node.type} ${description?.displayName}`).not.toContain('undefined');
			const taken = NodeHelpers.getNodeParameters(
				description.properties,
				z.custom<Parameters<typeof NodeHelpers.getNodeParameters>[1]>().parse(parameters),
				true,
				false,
				{ typeVersion },
				description,
			);
			expect([node.name, ...unknownChoices(description.properties, parameters)]).toEqual([
				node.name,
			]);
			expect({ node: node.name, parameters: taken }).toMatchObject({
				node: node.name,
				parameters,
			});
		}
	});

	describe.each(JOBS)('$example', (job) => {
		test('changes the conversions as its data require, leaves the rest for a person, and changes no other', async () => {
			const before = conversionsOf(playground.sandbox);
			for (const orderId of Object.keys(job.changes)) {
				const states = before.filter(({ externalId }) => externalId === orderId);
				expect(states.map(({ status }) => status)).toEqual([
					expect.stringMatching(/^(pending|accepted)$/),
				]);
			}

			const executions = await run(job);

			expect(conversionsOf(playground.sandbox)).toEqual(after(before, job.changes));
			const persons = left(executions).map(({ orderId, why }) => [orderId, why]);
			expect(persons).toHaveLength(job.person.length);
			expect(persons).toEqual(
				expect.arrayContaining(
					job.person.map(([orderId, why]) => [orderId, expect.stringMatching(why)]),
				),
			);
			const done = executions.flatMap((execution) => execution.items('Done'));
			const orders = (items: typeof done) => new Set(items.map(({ externalId }) => externalId));
			expect(orders(done.filter((item) => !isNothingDue(item)))).toEqual(
				new Set(Object.keys(job.changes)),
			);
			expect(orders(done)).toEqual(new Set([...Object.keys(job.changes), ...job.unchanged]));
			const leftOut = executions.flatMap((execution) => execution.items('Left out'));
			expect(leftOut.map(({ orderId }) => orderId)).toEqual(job.leftOut ?? []);
			for (const item of leftOut) expect(item['leftOut']).toEqual(expect.stringMatching(/\w/));
		});

		test('as imported, sends nothing and outputs the same', async () => {
			const id = workflowIdOf(job.example);
			const before = conversionsOf(playground.sandbox);
			let dry: Execution[];
			await playground.store(id, workflowOf(job.example));
			try {
				dry = await (job.look ?? job.run)(playground);
			} finally {
				await playground.store(id, realOf(job.example));
			}
			expect(conversionsOf(playground.sandbox)).toEqual(before);
			expect(playground.sandbox.store.writes).toEqual([]);

			const real = await run(job);
			const said = (executions: readonly Execution[]) =>
				executions
					.flatMap((execution) => execution.items('Done'))
					.filter((item) => !isNothingDue(item))
					.map(({ externalId, outcome }) => `${String(externalId)} ${String(outcome)}`);
			// What is sent twice is done once, but the second dry run does not know of the first.
			expect(new Set(said(dry))).toEqual(new Set(said(real)));
			expect(left(dry)).toEqual(left(real));
		});

		test('tells Affilae why, and sends nothing twice', async () => {
			await run(job);
			const { writes } = playground.sandbox.store;
			const keys = writes.map(({ id, action }) => `${id} ${action}`);
			expect(new Set(keys).size).toBe(keys.length);
			const reasons = writes.flatMap(({ action, reason }) => (action === 'accept' ? [] : [reason]));
			expect(reasons.length).toBeGreaterThan(0);
			for (const reason of reasons) expect(reason).toMatch(job.reason);
		});

		test('changes nothing if it runs again, and leaves the same for a person', async () => {
			const first = await run(job);
			const once = conversionsOf(playground.sandbox);
			const writes = [...playground.sandbox.store.writes];
			const again = await run(job);
			expect(conversionsOf(playground.sandbox)).toEqual(once);
			expect(playground.sandbox.store.writes).toEqual(writes);
			expect(left(again)).toEqual(left(first));
		});
	});

	describe('csv-returns', () => {
		test('"Only look" says what would be done and sends nothing', async () => {
			const before = conversionsOf(playground.sandbox);
			const [execution] = await byForm('Over for all of these orders', 'Only look')(playground);
			expect(conversionsOf(playground.sandbox)).toEqual(before);
			expect(execution?.items('Done')).toContainEqual(
				expect.objectContaining({ externalId: '20280', outcome: 'refused', dryRun: true }),
			);
		});

		test('lowers and refuses, but accepts nothing, if the return period is still open', async () => {
			const before = conversionsOf(playground.sandbox);
			await byForm('Still open', 'Tell Affilae')(playground);
			const pending: Job['changes'] = {
				'20277': { status: 'pending', amountCents: 19954 },
				'20280': { status: 'refused' },
				'20268': { status: 'pending', amountCents: 12000 },
				'20304': { status: 'pending', amountCents: 2840 },
			};
			expect(conversionsOf(playground.sandbox)).toEqual(after(before, pending));
		});

		test('never reads an empty cell as 0 in the expression on its page for refunded amounts', async () => {
			const { sandbox, store, n8n } = playground;
			const [, expression] =
				/```text\s+(\{\{.*?\}\})\s+```/s.exec(file('csv-returns', 'README.md').toString()) ?? [];
			if (expression === undefined) throw new Error('The page holds no expression');
			const [EUROPE] = PROGRAMS;
			const rows: ReadonlyArray<readonly [ordered: string, back: string, due: [string, number]]> = [
				['99,90', '15,00', ['accepted', 8490]],
				['1 099,90 €', '1 000,00', ['accepted', 9990]],
				['99.90', '99.90', ['refused', 9990]],
				['99,90', '0', ['accepted', 9990]],
				['', '', ['pending', 9990]],
				['99,90', '', ['pending', 9990]],
				['', '0,00', ['pending', 9990]],
				['1,234', '1,234', ['pending', 9990]],
			];
			const items = rows.map(([ordered, back], index) => {
				const order = String(82_001 + index);
				sandbox.addConversion({ externalId: order, program: EUROPE.id, amount: 9990 });
				return {
					'N° de commande': order,
					'Montant commandé': ordered,
					'Montant remboursé': back,
					Motif: 'Retour',
				};
			});
			const example = workflowOf('csv-returns');
			const choices = {
				'Return period': 'Over for all of these orders',
				'What to do': 'Tell Affilae',
			};
			await store('paid-back', {
				...example,
				nodes: example.nodes.map((node) =>
					node.name === 'Reconcile'
						? {
								...node,
								parameters: {
									...z.record(z.unknown()).parse(node.parameters),
									keptAmount: `=${expression}`,
								},
							}
						: node,
				),
				pinData: {
					'Returns file': [{ json: choices }],
					'Rows of the file': items.map((json) => ({ json })),
				},
			});
			const execution = await n8n.client.run('paid-back', 'Returns file');
			expect(execution.status).toBe('success');
			rows.forEach(([ordered, back, due], index) => {
				const [conversion] = sandbox.store.byExternalId(String(82_001 + index));
				expect([ordered, back, conversion?.status, conversion?.amount]).toEqual([
					ordered,
					back,
					...due,
				]);
			});
			const persons = execution.items('A person decides');
			expect(persons.map(({ orderId }) => orderId)).toEqual(['82005', '82006', '82007', '82008']);
			for (const { why } of persons) expect(why).toMatch(/returns nothing for this item/);
		});

		test.each<[what: string, content: Buffer, told: readonly string[]]>([
			['with a header and no row', Buffer.from('N° de commande;Montant conservé;Motif\n'), []],
			[
				'in another encoding',
				Buffer.from('N° de commande;Montant conservé;Motif\n20277;199,54;Retour\n', 'latin1'),
				['Row without an order ID (20277, 199,54, Retour)'],
			],
			[
				'with commas between its columns',
				Buffer.from('N° de commande,Montant conservé,Motif\n20277,199.54,Retour\n'),
				['Row without an order ID (20277,199.54,Retour)'],
			],
			[
				'with other column names',
				Buffer.from('Commande;Kept;Motif\n20277;199,54;Retour\n'),
				['Row without an order ID (20277, 199,54, Retour)'],
			],
		])('sends nothing for a file %s, and names each row', async (_, content, told) => {
			const before = conversionsOf(playground.sandbox);
			const whole = byForm('Over for all of these orders', 'Tell Affilae', content);
			const [execution] = await whole(playground);
			expect(execution?.status).toBe('success');
			expect(conversionsOf(playground.sandbox)).toEqual(before);
			expect(playground.sandbox.store.writes).toEqual([]);
			expect(execution?.items('A person decides').map(({ orderId }) => orderId)).toEqual(told);
			expect(execution?.items('Done')).toEqual([]);
		});

		test('decides nothing for an incomplete row: n8n does not read the file, and n8n 1 skips it from that row on', async () => {
			const { sandbox } = playground;
			const before = sandbox.store.byExternalId('20277');
			expect(before).toHaveLength(1);
			const states = before.map(({ status, amount }) => [status, amount]);
			const whole = 'N° de commande;Montant conservé;Motif\n20280;0,00;Retour\n20277\n';
			const send = byForm('Over for all of these orders', 'Tell Affilae', Buffer.from(whole));
			const [execution] = await send(playground);
			expect({
				status: execution?.status,
				told: execution?.items('A person decides').map(({ orderId }) => orderId),
				sent: sandbox.store.writes.map(({ action }) => action),
			}).toEqual(
				N8N_UNDER_TEST === '1.123'
					? { status: 'success', told: [], sent: ['refuse'] }
					: { status: 'error', told: [], sent: [] },
			);
			expect(
				sandbox.store.byExternalId('20277').map(({ status, amount }) => [status, amount]),
			).toEqual(states);
		});

		test('accepts no file without the password', async () => {
			const { n8n, sandbox } = playground;
			const before = conversionsOf(sandbox);
			await expect(
				n8n.client.runFromForm(workflowIdOf('csv-returns'), 'Returns file', {
					path: 'affilae-returns',
					fields: [
						{
							fileName: 'retours.csv',
							content: file('csv-returns', 'data', 'retours.csv'),
							type: 'text/csv',
						},
						'Still open',
						'Tell Affilae',
					],
					user: { username: 'operator', password: 'guessed' },
				}),
			).rejects.toThrow('401');
			expect(conversionsOf(sandbox)).toEqual(before);
		});
	});

	describe('nightly-sweep', () => {
		const sweep: Job['run'] = byHand('nightly-sweep', 'Every night');
		let tableId: string;

		beforeEach(async () => {
			// The other examples have filled the table, and the sweep holds back the orders in it.
			await playground.n8n.client.deleteDataTable(TO_CHECK.name);
			tableId = await playground.n8n.client.saveDataTable(TO_CHECK);
			await playground.store(workflowIdOf('nightly-sweep'), withTable(realOf('nightly-sweep')));
		});

		/** The example with its table chosen from the list, as n8n 1 requires. */
		function withTable(workflow: Workflow): Workflow {
			const dataTableId = { __rl: true, mode: 'list', value: tableId };
			return {
				...workflow,
				nodes: workflow.nodes.map((node) =>
					node.type === 'n8n-nodes-base.dataTable'
						? {
								...node,
								parameters: { ...z.record(z.unknown()).parse(node.parameters), dataTableId },
							}
						: node,
				),
			};
		}

		const [EUROPE, UNITED_KINGDOM] = PROGRAMS;
		const ageMs = (id: string, nowMs: number): number =>
			nowMs - (playground.sandbox.store.get(id)?.createdAtMs ?? Number.NaN);

		test('accepts pending conversions after the return period, each by its order ID, and none before', async () => {
			const { sandbox } = playground;
			const nowMs = Date.now();
			const ofAge = (externalId: string, days: number): string =>
				sandbox.addConversion({ externalId, amount: 4990, createdAtMs: nowMs - days * DAY_MS }).id;
			const old = ofAge('70001', WINDOW_DAYS + 1);
			const young = ofAge('70002', WINDOW_DAYS - 1);
			const nameless = ofAge('', WINDOW_DAYS + 2);

			const before = conversionsOf(sandbox);
			const twins = (externalId: string): number =>
				before.filter((other) => other.externalId === externalId).length;
			const isDue = ({ id, status }: ConversionState): boolean =>
				status === 'pending' && ageMs(id, nowMs) >= WINDOW_DAYS * DAY_MS;
			const due = before.filter(isDue);
			const clear = due.filter(({ externalId }) => externalId !== '' && twins(externalId) === 1);
			const unclear = due.filter((conversion) => !clear.includes(conversion));
			expect(clear.map(({ id }) => id)).toContain(old);
			expect(due.map(({ id }) => id)).not.toContain(young);
			expect(unclear.length).toBeGreaterThan(1);

			const [execution] = await sweep(playground);

			expect(execution?.status).toBe('success');
			expect(conversionsOf(sandbox)).toEqual(
				before.map((conversion) =>
					clear.includes(conversion) ? { ...conversion, status: 'accepted' } : conversion,
				),
			);
			const persons = execution?.items('A person decides') ?? [];
			expect(new Set(persons.map(({ conversionId }) => conversionId))).toEqual(
				new Set(unclear.map(({ id }) => id)),
			);
			for (const { conversionId, why } of persons) {
				expect(why).toMatch(
					conversionId === nameless ? /Order ID|returns nothing/ : /several programs/,
				);
			}
		});

		test('as imported, sends nothing', async () => {
			const { sandbox, store } = playground;
			const before = conversionsOf(sandbox);
			await store('sweep-as-imported', withTable(workflowOf('nightly-sweep')));
			const dry = await playground.n8n.client.run('sweep-as-imported', 'Every night');
			expect(dry.items('Done').map(({ outcome, dryRun }) => [outcome, dryRun])).toEqual(
				dry.items('Done').map(() => ['accepted', true]),
			);
			expect(dry.items('Done').length).toBeGreaterThan(0);
			expect(conversionsOf(sandbox)).toEqual(before);
		});

		test('accepts the pending conversions of an order with several commission rules, and overturns no refusal', async () => {
			const { sandbox } = playground;
			const createdAtMs = Date.now() - (WINDOW_DAYS + 3) * DAY_MS;
			const { id: program } = EUROPE;
			const add = (externalId: string, more: object) =>
				sandbox.addConversion({ externalId, program, createdAtMs, amount: 3000, ...more });
			add('70003', {});
			add('70003', { rule: 'Lighting' });
			add('70004', {});
			add('70004', { rule: 'Voucher sites', status: 'refused', lockedAtMs: Date.now() + DAY_MS });
			add('70005', {});
			add('70005', { program: UNITED_KINGDOM.id, rule: 'Lighting' });
			add('70006', {});
			add('70006', {});
			const [execution] = await sweep(playground);
			const statesOf = (orderId: string) =>
				sandbox.store.byExternalId(orderId).map(({ status }) => status);
			expect(statesOf('70003')).toEqual(['accepted', 'accepted']);
			expect(statesOf('70004')).toEqual(['accepted', 'refused']);
			expect(statesOf('70005')).toEqual(['pending', 'pending']);
			expect(statesOf('70006')).toEqual(['pending', 'pending']);
			const persons = execution?.items('A person decides') ?? [];
			const whyOf = (orderId: string) =>
				persons.filter((item) => item['orderId'] === orderId).map(({ why }) => why);
			expect(whyOf('70005')).toEqual(Array(2).fill(expect.stringContaining('several programs')));
			expect(whyOf('70006')).toEqual(
				Array(2).fill(expect.stringContaining('several conversions of the same commission rule')),
			);
		});

		test('changes nothing if it runs again', async () => {
			await sweep(playground);
			const once = conversionsOf(playground.sandbox);
			const writes = [...playground.sandbox.store.writes];
			await sweep(playground);
			expect(conversionsOf(playground.sandbox)).toEqual(once);
			expect(playground.sandbox.store.writes).toEqual(writes);
		});

		test('accepts only what is left of an order after the refunds of the day', async () => {
			const { n8n, sandbox, store } = playground;
			const workflow = withTable(realOf('nightly-sweep'));
			await byHand('shopify-webhooks', 'A refund was made')(playground);

			// As if the return period of all orders had ended.
			const filters = { status: 'pending' };
			const nodes = workflow.nodes.map((node) =>
				node.name === 'Past the return period'
					? { ...node, parameters: { ...z.record(z.unknown()).parse(node.parameters), filters } }
					: node,
			);
			await store('a-month-later', { ...workflow, nodes });
			await n8n.client.run('a-month-later', 'Every night');

			expect(sandbox.store.byExternalId('20236')).toEqual([
				expect.objectContaining({ status: 'accepted', amount: 8412 }),
			]);
			expect(sandbox.store.byExternalId('20240')).toEqual([
				expect.objectContaining({ status: 'refused' }),
			]);
		});
	});

	describe('shopify-returns, with all kinds of orders', () => {
		const [EUROPE] = PROGRAMS;

		/** An order of 119.06 including 20 %: net 99.22. */
		const plain = {
			created_at: daysAgo(40),
			currency: 'EUR',
			taxes_included: true,
			test: false,
			cancelled_at: null,
			financial_status: 'paid',
			subtotal_price: '119.06',
			current_subtotal_price: '119.06',
			current_total_tax: '20.84',
			line_items: [
				{ quantity: 1, current_quantity: 1, tax_lines: [{ price: '14.84', rate: 0.2 }] },
				{ quantity: 2, current_quantity: 2, tax_lines: [{ price: '5.00', rate: 0.2 }] },
			],
			shipping_lines: [{ price: '6.00', tax_lines: [{ price: '1.00', rate: 0.2 }] }],
			refunds: [],
		};
		const without = (field: keyof typeof plain) =>
			Object.fromEntries(Object.entries(plain).filter(([name]) => name !== field));
		const bySum = (amount: string) => ({ kind: 'refund_discrepancy', amount });
		const ACCEPTED = [['accepted', 9922]];
		const PENDING = [['pending', 9922]];

		test.each<
			[
				what: string,
				order: Record<string, unknown>,
				branch: 'Done' | 'Left out' | 'A person decides',
				states: unknown,
			]
		>([
			['all kept', plain, 'Done', ACCEPTED],
			[
				'one unit of the second line sent back: 104.06 kept with 17.34 of tax',
				{
					...plain,
					financial_status: 'partially_refunded',
					current_subtotal_price: '104.06',
					current_total_tax: '18.34',
					line_items: [
						plain.line_items[0],
						{ quantity: 2, current_quantity: 1, tax_lines: [{ price: '5.00', rate: 0.2 }] },
					],
				},
				'Done',
				[['accepted', 8672]],
			],
			[
				'a line added by an edit after the sale',
				{
					...plain,
					current_subtotal_price: '179.06',
					current_total_tax: '30.84',
					line_items: [
						...plain.line_items,
						{ quantity: 1, current_quantity: 1, tax_lines: [{ price: '10.00', rate: 0.2 }] },
					],
				},
				'Done',
				ACCEPTED,
			],
			[
				'a line removed by an edit before anything was shipped',
				{
					...plain,
					current_subtotal_price: '30.00',
					current_total_tax: '6.00',
					line_items: [
						{ quantity: 1, current_quantity: 0, tax_lines: [{ price: '14.84', rate: 0.2 }] },
						plain.line_items[1],
					],
				},
				'Done',
				[['accepted', 2500]],
			],
			['prices without tax', { ...plain, taxes_included: false }, 'Done', ACCEPTED],
			[
				'cancelled',
				{ ...plain, cancelled_at: '2026-11-01T10:00:00+01:00' },
				'Done',
				[['refused', 9922]],
			],
			['not paid', { ...plain, financial_status: 'pending' }, 'Left out', PENDING],
			['authorized', { ...plain, financial_status: 'authorized' }, 'Left out', PENDING],
			['paid in part', { ...plain, financial_status: 'partially_paid' }, 'Left out', PENDING],
			['expired', { ...plain, financial_status: 'expired' }, 'Left out', PENDING],
			['voided', { ...plain, financial_status: 'voided' }, 'Left out', PENDING],
			['a test', { ...plain, test: true }, 'Left out', PENDING],
			[
				'a test, cancelled',
				{ ...plain, test: true, cancelled_at: '2026-11-01T10:00:00+01:00' },
				'Done',
				[['refused', 9922]],
			],
			[
				'not paid, almost 57 days old',
				{ ...plain, financial_status: 'pending', created_at: daysAgo(56.9) },
				'Left out',
				PENDING,
			],
			[
				'not paid, 57 days old',
				{ ...plain, financial_status: 'pending', created_at: daysAgo(57.1) },
				'A person decides',
				PENDING,
			],
			[
				'a test, 57 days old',
				{ ...plain, test: true, created_at: daysAgo(57.1) },
				'A person decides',
				PENDING,
			],
			[
				'not paid, without its date',
				{ ...without('created_at'), financial_status: 'pending' },
				'A person decides',
				PENDING,
			],
			['paid, 59 days old', { ...plain, created_at: daysAgo(59) }, 'Done', ACCEPTED],
			['an unknown state', { ...plain, financial_status: 'on_hold' }, 'A person decides', PENDING],
			['without a state', without('financial_status'), 'A person decides', PENDING],
			[
				'without the amount of the goods',
				without('current_subtotal_price'),
				'A person decides',
				PENDING,
			],
			[
				'a null amount of the goods',
				{ ...plain, current_subtotal_price: null },
				'A person decides',
				PENDING,
			],
			['without lines', without('line_items'), 'A person decides', PENDING],
			['without taxes_included', without('taxes_included'), 'A person decides', PENDING],
			['without refunds', without('refunds'), 'A person decides', PENDING],
			[
				'a line without its current quantity',
				{ ...plain, line_items: [{ quantity: 1, tax_lines: [{ price: '14.84' }] }] },
				'A person decides',
				PENDING,
			],
			[
				'taxes that do not add up',
				{ ...plain, current_total_tax: '9.00' },
				'A person decides',
				PENDING,
			],
			['another currency', { ...plain, currency: 'CHF' }, 'A person decides', PENDING],
			['without a currency', without('currency'), 'A person decides', PENDING],
			[
				'cancelled, without a currency',
				{ ...without('currency'), cancelled_at: '2026-11-01T10:00:00+01:00' },
				'A person decides',
				PENDING,
			],
			[
				'tax for the whole order only, not for its lines',
				{
					...plain,
					line_items: plain.line_items.map((line) => ({ ...line, tax_lines: [] })),
					tax_lines: [{ price: '20.84', rate: 0.2 }],
				},
				'A person decides',
				PENDING,
			],
			[
				'no tax at all, in a shop whose prices include tax',
				{
					...plain,
					subtotal_price: '99.22',
					current_subtotal_price: '99.22',
					current_total_tax: '0.00',
					line_items: plain.line_items.map((line) => ({ ...line, tax_lines: [] })),
					shipping_lines: [{ price: '5.00', tax_lines: [] }],
				},
				'Done',
				ACCEPTED,
			],
			['without its tax', without('current_total_tax'), 'A person decides', PENDING],
			[
				'tax of the shipping without an amount',
				{ ...plain, shipping_lines: [{ price: '6.00', tax_lines: [{ rate: 0.2 }] }] },
				'A person decides',
				PENDING,
			],
			[
				'a refund of a sum without an amount',
				{ ...plain, refunds: [{ order_adjustments: [{ kind: 'refund_discrepancy' }] }] },
				'A person decides',
				PENDING,
			],
			[
				'a refund of a sum whose amount is null',
				{ ...plain, refunds: [{ order_adjustments: [{ ...bySum('-10.00'), amount: null }] }] },
				'A person decides',
				PENDING,
			],
			[
				'a refund of a sum whose amount is text',
				{ ...plain, refunds: [{ order_adjustments: [bySum('10,00')] }] },
				'A person decides',
				PENDING,
			],
			[
				'two refunds of sums with opposite signs',
				{
					...plain,
					refunds: [
						{ order_adjustments: [bySum('-60.00')] },
						{ order_adjustments: [bySum('60.00')] },
					],
				},
				'A person decides',
				PENDING,
			],
			[
				'a refund of less than its items cost',
				{ ...plain, refunds: [{ order_adjustments: [bySum('5.00')] }] },
				'Done',
				ACCEPTED,
			],
			[
				'a refund of the shipping, as newer versions of the API show it',
				{
					...plain,
					refunds: [{ order_adjustments: [], refund_shipping_lines: [{ id: 1 }] }],
				},
				'Done',
				ACCEPTED,
			],
			[
				'a line without its quantity',
				{
					...plain,
					line_items: [
						{ current_quantity: 1, tax_lines: [{ price: '14.84' }] },
						plain.line_items[1],
					],
				},
				'A person decides',
				PENDING,
			],
		])('%s', async (_, order, branch, states) => {
			const { sandbox, store, n8n } = playground;
			sandbox.addConversion({ externalId: '81001', program: EUROPE.id, amount: 9922 });
			const example = realOf(MAIN_EXAMPLE);
			const json = { order_number: 81001, ...order };
			await store('one-order', { ...example, pinData: pinned([json]) });
			const execution = await n8n.client.run('one-order', "When clicking 'Execute workflow'");
			expect({ status: execution.status, error: execution.error }).toEqual({
				status: 'success',
				error: undefined,
			});
			const branches = ['Done', 'Left out', 'A person decides'].filter(
				(name) => execution.items(name).length > 0,
			);
			expect(branches).toEqual([branch]);
			expect(
				sandbox.store.byExternalId('81001').map(({ status, amount }) => [status, amount]),
			).toEqual(states);
			for (const item of execution.items('A person decides')) {
				expect(item).toMatchObject({ orderId: '81001', why: expect.stringMatching(/\w/) });
			}
		});

		test('tells the affiliate that something came back only if it did', async () => {
			const { sandbox, store, n8n } = playground;
			const wasTracked = (externalId: string, amount: number) =>
				sandbox.addConversion({ externalId, program: EUROPE.id, amount });
			wasTracked('81011', 11_906);
			wasTracked('81012', 9922);
			wasTracked('81013', 9922);
			const nothingLeft = {
				current_subtotal_price: '0.00',
				current_total_tax: '1.00',
				line_items: plain.line_items.map((line) => ({ ...line, current_quantity: 0 })),
			};
			const partLeft = {
				current_subtotal_price: '30.00',
				current_total_tax: '6.00',
				line_items: [
					{ quantity: 1, current_quantity: 0, tax_lines: [{ price: '14.84', rate: 0.2 }] },
					plain.line_items[1],
				],
			};
			await store('reasons', {
				...realOf(MAIN_EXAMPLE),
				pinData: pinned([
					{ ...plain, order_number: 81011 },
					{ ...plain, order_number: 81012, ...nothingLeft },
					{ ...plain, order_number: 81013, ...partLeft },
				]),
			});
			await n8n.client.run('reasons', "When clicking 'Execute workflow'");
			const sent = sandbox.store.writes.filter(({ action }) => action !== 'accept');
			expect(sent.map(({ reason }) => reason).sort()).toEqual([
				'All items were returned',
				'Corrected to the amount of the goods, without tax, shipping, and vouchers',
				'Some items were returned, the customer kept 25.00 EUR',
			]);
		});

		test('leaves an empty order, a part return with several rules, a locked conversion and yen for a person', async () => {
			const { sandbox, store, n8n } = playground;
			const add = (externalId: string, more: object) =>
				sandbox.addConversion({ externalId, program: EUROPE.id, amount: 4961, ...more });
			add('81002', {});
			add('81002', { rule: 'Lighting' });
			add('81003', {});
			add('81003', { rule: 'Lighting' });
			add('81004', { amount: 9922, status: 'accepted', lockedAtMs: Date.now() - DAY_MS });
			const [, , states] = PROGRAMS;
			add('81005', { program: states.id, rule: 'Japan' });
			const orders = [
				{},
				{ ...plain, order_number: 81002 },
				{
					...plain,
					order_number: 81003,
					financial_status: 'partially_refunded',
					current_subtotal_price: '30.00',
					current_total_tax: '6.00',
					line_items: [
						{ quantity: 1, current_quantity: 0, tax_lines: [{ price: '14.84', rate: 0.2 }] },
						plain.line_items[1],
					],
				},
				{ ...plain, order_number: 81004, financial_status: 'refunded' },
				{ ...plain, order_number: 81005, currency: 'JPY' },
			];
			const example = realOf(MAIN_EXAMPLE);
			await store('several-orders', {
				...example,
				pinData: pinned(orders),
			});
			const before = conversionsOf(sandbox);
			const execution = await n8n.client.run('several-orders', "When clicking 'Execute workflow'");
			expect(execution.status).toBe('success');
			const whyOf = new Map(
				execution.items('A person decides').map(({ orderId, why }) => [orderId, why]),
			);
			expect(whyOf.size).toBe(4);
			expect(whyOf.get('81003')).toMatch(/2 conversions.*Lighting/);
			expect(whyOf.get('81004')).toMatch(/It has been locked since .* Settle the difference/);
			expect(whyOf.get('81005')).toMatch(/JPY/);
			expect(conversionsOf(sandbox)).toEqual(after(before, { '81002': { status: 'accepted' } }));
		});
	});

	describe('shopify-returns, with a stand-in for Shopify', () => {
		const BY_BUTTON = "When clicking 'Execute workflow'";
		let shop: ShopifyStandIn;

		beforeAll(async () => {
			shop = await startShopifyStandIn();
		});

		afterAll(async () => {
			await shop?.stop();
		});

		beforeEach(() => {
			shop.asked.splice(0);
			shop.body = undefined;
		});

		/** Stores the example with Dry Run off and nothing pinned, as an operator of the stand-in's shop sets it up. */
		async function storeForShop(accessToken: string): Promise<string> {
			const { n8n, store } = playground;
			const type = 'shopifyAccessTokenApi';
			const credential = await n8n.client.saveCredential({
				name: `Shopify, ${accessToken}`,
				type,
				data: { shopSubdomain: 'shop', accessToken, appSecretKey: 'unused' },
			});
			const assignments = [{ id: 'shop', name: 'shop', value: shop.url, type: 'string' }];
			const example = realOf(MAIN_EXAMPLE);
			await store('shop', {
				...example,
				pinData: {},
				nodes: example.nodes.map((node) =>
					node.name === 'Your shop'
						? { ...node, parameters: { assignments: { assignments }, options: {} } }
						: node.name === 'Orders from Shopify'
							? { ...node, credentials: { [type]: credential } }
							: node,
				),
			});
			return 'shop';
		}

		async function runAtShop(accessToken = shop.accessToken): Promise<Execution> {
			return await playground.n8n.client.run(await storeForShop(accessToken), BY_BUTTON);
		}

		/** An order without tax of which everything was kept. */
		const sold = (number: number) => ({
			id: 6_210_000_000_000 + number,
			order_number: number,
			created_at: daysAgo(40),
			currency: 'EUR',
			taxes_included: false,
			test: false,
			cancelled_at: null,
			financial_status: 'paid',
			subtotal_price: '100.00',
			current_subtotal_price: '100.00',
			current_total_tax: '0.00',
			line_items: [],
			shipping_lines: [],
			refunds: [],
		});

		test('reads each of three pages once, and asks for orders of the right age', async () => {
			const { sandbox } = playground;
			const program = PROGRAMS[0].id;
			for (const externalId of ['90000', '90260', '90529']) {
				sandbox.addConversion({ externalId, program, amount: 10_000 });
			}
			shop.orders = Array.from({ length: 530 }, (_, index) => sold(90_000 + index));
			const execution = await runAtShop();
			const { status, error } = execution;
			expect({ status, error }).toEqual({ status: 'success', error: undefined });
			const numbers = execution.items('Each order').map((order) => order['order_number']);
			expect(numbers).toEqual(shop.orders.map((order) => order['order_number']));
			for (const orderId of ['90000', '90260', '90529']) {
				expect(sandbox.store.byExternalId(orderId).map((one) => one.status)).toEqual(['accepted']);
			}
			const queries = shop.asked.map((asked) => new URL(asked, shop.url).searchParams);
			expect(queries.map((query) => [...query.keys()])).toEqual([
				['status', 'limit', 'created_at_min', 'created_at_max'],
				['limit', 'page_info'],
				['limit', 'page_info'],
			]);
			const [first] = queries;
			expect([first?.get('status'), first?.get('limit')]).toEqual(['any', '250']);
			const age = (name: string): number =>
				Math.round((Date.now() - Date.parse(first?.get(name) ?? '')) / DAY_MS);
			expect([age('created_at_min'), age('created_at_max')]).toEqual([60, 30]);
		});

		test('does nothing if there are no orders', async () => {
			const before = playground.sandbox.requests.list().length;
			shop.orders = [];
			expect((await runAtShop()).status).toBe('success');
			expect(shop.asked).toHaveLength(1);
			expect(playground.sandbox.requests.list()).toHaveLength(before);
		});

		test('stops, and sends nothing, if Shopify returns something else than orders', async () => {
			shop.body = '<html>Maintenance</html>';
			const { status, error } = await runAtShop();
			expect({ status, said: error?.message }).toEqual({
				status: 'error',
				said: expect.stringContaining('Shopify did not return its orders'),
			});
			expect(playground.sandbox.store.writes).toEqual([]);
		});

		test('stops, and sends nothing, if Shopify rejects the token', async () => {
			shop.orders = [sold(90_000)];
			expect((await runAtShop('wrong')).status).toBe('error');
			expect(playground.sandbox.store.writes).toEqual([]);
		});
	});

	test('n8n has the node versions that are listed for n8n 1.123, and n8n 1.123 has no others', async () => {
		const known = await playground.n8n.client.nodeTypes();
		for (const [type, versions] of Object.entries(NODES_OF_1_123)) {
			const own = known.filter(({ name }) => name === type).flatMap(({ version }) => version);
			expect([type, own]).toEqual([type, expect.arrayContaining([...versions])]);
			if (N8N_UNDER_TEST === '1.123')
				expect([type, own.sort()]).toEqual([type, [...versions].sort()]);
		}
	});

	describe.each(JOBS)('the page of $example', ({ example, ...job }) => {
		test('names each order of its data, and each amount that a conversion is lowered to', () => {
			const page = file(example, 'README.md').toString();
			const rows = page.split('\n').filter((line) => line.startsWith('|'));
			const rowsOf = (orderId: string) =>
				rows.filter((row) => row.split('|')[1]?.includes(orderId));
			const orders = [
				...Object.keys(job.changes),
				...job.person.map(([orderId]) => orderId).filter((orderId) => !/^Row/.test(orderId)),
				...job.unchanged,
				...(job.leftOut ?? []),
			];
			expect(orders.filter((orderId) => rowsOf(orderId).length !== 1)).toEqual([]);
			for (const [orderId, { amountCents }] of Object.entries(job.changes)) {
				if (amountCents === undefined) continue;
				expect([orderId, rowsOf(orderId)]).toEqual([
					orderId,
					[expect.stringContaining((amountCents / 100).toFixed(2))],
				]);
			}
			for (const [orderId] of job.person) {
				for (const row of rowsOf(orderId)) expect(row).toContain('a person decides');
			}
		});
	});

	test('each order appears in the data of one example only, so that they can be tried in any order', async () => {
		const seen = new Map<string, string>();
		const ordersOf = JOBS.map(({ example, changes, person, unchanged, leftOut = [] }) => ({
			example,
			orders: [
				...Object.keys(changes),
				...person.map(([orderId]) => orderId),
				...unchanged,
				...leftOut,
			],
		}));
		const table = file('postgres-returns', 'data', 'schema.sql').toString();
		const inTable = [...table.matchAll(/^\t\('(\d+)',/gm)].flatMap(([, orderId = '']) => [orderId]);
		expect(inTable).toHaveLength(11);
		ordersOf.push({ example: 'postgres-returns', orders: inTable });
		for (const { example, orders } of ordersOf) {
			for (const orderId of orders) {
				expect([orderId, seen.get(orderId)]).toEqual([orderId, undefined]);
				seen.set(orderId, example);
			}
		}
		expect(names).toEqual(
			expect.arrayContaining([
				MAIN_EXAMPLE,
				'nightly-sweep',
				'postgres-returns',
				'ai-review',
				...READ_ONLY,
				...JOBS.map(({ example }) => example),
			]),
		);
	});
});
