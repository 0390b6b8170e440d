/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type INodeProperties, type INodeTypeDescription, NodeHelpers } from 'n8n-workflow';
import { z } from 'zod';
import {
	folderOf,
	MAIN_EXAMPLE,
	readExamples,
	readPinData,
	workflowFileOf,
	workflowIdOf,
} from '../../playground/src/exampleWorkflows';
import type { Execution } from '../../playground/src/n8nClient';
import { EXAMPLES } from '../../playground/src/places';
import type { ConversionState } from '../../playground/src/returnsReport';
import { conversionsOf } from '../../playground/src/runMainExample';
import { FORM_CREDENTIAL, type Playground } from '../../playground/src/startPlayground';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';

/** What is to become of an order's one conversion. */
interface Change {
	status: ConversionState['status'];
	/** Where the conversion is lowered. */
	amountCents?: number;
}

/** What an example is to do with its data. */
interface Job {
	example: string;
	/** Runs all of it, once. */
	run: (playground: Playground) => Promise<Execution[]>;
	/** By order; every other conversion is to stay as it is. */
	changes: Readonly<Record<string, Change>>;
	/** The orders that are left to a person, and what the person is told. */
	person: ReadonlyArray<readonly [orderId: string, why: RegExp]>;
	/** The orders for which nothing is due, whether they have a conversion or not. */
	unchanged: readonly string[];
	/** How each reason must read that Affilae is told. */
	reason: RegExp;
}

const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
	entry.isDirectory() ? [entry.name] : [],
);
const DAY_MS = 86_400_000;
const WINDOW_DAYS = 30;
const REASON =
	/^(The order was cancelled|All items were returned|Some items were returned, the customer kept [\d.]+ [A-Z]{3})$/;
const ACCEPTED_ALREADY = /is already accepted/;

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

/** Uploads the example's file in its form. */
function byForm(returnWindow: string, whatToDo: string): Job['run'] {
	return async ({ n8n }) => {
		const content = readFileSync(path.join(folderOf('csv-returns'), 'data', 'retours.csv'));
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
		run: byHand('shopify-webhooks', 'A refund was made', 'An order was cancelled'),
		changes: {
			'20236': { status: 'pending', amountCents: 8412 },
			'20240': { status: 'refused' },
			'20250': { status: 'pending', amountCents: 4198 },
			'20241': { status: 'refused' },
			'20260': { status: 'refused' },
		},
		person: [
			['20233', ACCEPTED_ALREADY],
			['20226', /2 conversions/],
			['20245', /in EUR/],
			['20252', ACCEPTED_ALREADY],
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
		},
		person: [
			['20272', ACCEPTED_ALREADY],
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
		],
		unchanged: ['20354'],
		reason: REASON,
	},
	{
		example: 'csv-returns',
		run: byForm('Over for all of these orders', 'Tell Affilae'),
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
			['20312', /no kept amount/],
		],
		unchanged: ['20274', '20355'],
		reason: /^(Retour complet|Retour partiel .*)$/,
	},
];

function file(example: string, ...segments: string[]): Buffer {
	return readFileSync(path.join(folderOf(example), ...segments));
}

/** The conversions as they must be once the changes are made. */
function after(before: readonly ConversionState[], changes: Job['changes']): ConversionState[] {
	return before.map((conversion) => ({ ...conversion, ...changes[conversion.externalId] }));
}

function left(executions: readonly Execution[]): Array<Record<string, unknown>> {
	return executions.flatMap((execution) => execution.items('A person decides'));
}

/**
 * The choices that are none of those that n8n offers; n8n itself does not look at them before a run,
 * and nodes whose output is pinned are not run. What n8n loads from the service is not looked at.
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

/** The objects of a list, or the one object. */
function recordsOf(value: unknown): Array<Record<string, unknown>> {
	const record = z.record(z.unknown());
	const parsed = z.array(record).or(record).safeParse(value);
	return parsed.success ? [parsed.data].flat() : [];
}

describe.each(names)('the folder of the example "%s"', (name) => {
	test('has the workflow, a page that says when to use it and how to import it, and a picture', () => {
		expect(readdirSync(folderOf(name))).toEqual(
			expect.arrayContaining(['README.md', 'canvas.png', `${name}.json`]),
		);
		const page = file(name, 'README.md').toString();
		expect(page).toContain('](canvas.png)');
		expect(page).toContain(`${name}.json`);
		for (const title of ['## When to use it', '## Import it', '## Make it yours', '## Try it']) {
			expect(page).toContain(`\n${title}`);
		}
		const picture = file(name, 'canvas.png');
		expect(picture.subarray(1, 4).toString()).toBe('PNG');
		expect(picture.length).toBeGreaterThan(20_000);
	});

	test('is named in the index of examples', () => {
		expect(readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8')).toContain(
			`](${name}/README.md)`,
		);
	});

	test('pins what its data hold, nothing else', async () => {
		const example = (await readExamples()).find((one) => one.name === name);
		if (example === undefined) throw new Error(`There is no example "${name}"`);
		expect(example.workflow.pinData ?? {}).toEqual(await readPinData(example));
	});

	test('carries no credential, no id of the n8n it was made in, and is not published', () => {
		const content: unknown = JSON.parse(readFileSync(workflowFileOf(name), 'utf8'));
		const workflow = z
			.object({ nodes: z.array(z.record(z.unknown())) })
			.passthrough()
			.parse(content);
		for (const key of ['id', 'versionId', 'meta', 'active', 'shared', 'tags']) {
			expect(workflow).not.toHaveProperty(key);
		}
		expect(workflow.nodes.filter((node) => 'credentials' in node)).toEqual([]);
		expect(JSON.stringify(workflow)).not.toMatch(/bearer |api[_-]?key"|password"|secret"/i);
	});

	test('holds the data of nobody: addresses are at example.com, and there are no telephone numbers', () => {
		const files = readdirSync(folderOf(name), { recursive: true, encoding: 'utf8' });
		const texts = files
			.filter((each) => /\.(json|csv|md|sql)$/.test(each))
			.map((each) => file(name, each).toString());
		expect(texts.length).toBeGreaterThan(1);
		for (const text of texts) {
			const hosts = [...text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/g)].map((match) => match[1]);
			expect(hosts.filter((host) => host !== 'example.com')).toEqual([]);
			expect(text).not.toMatch(
				/\b(?!127\.0\.0\.1\b)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|"phone"|\+\d{2} ?\d/,
			);
		}
	});

	test('sends what fails and what needs attention to a person, and does not stop for it', async () => {
		const example = (await readExamples()).find((one) => one.name === name);
		const writing = z
			.array(
				z.object({
					name: z.string(),
					type: z.string(),
					onError: z.string().optional(),
					// A trigger has none.
					parameters: z.object({ operation: z.string().default('list') }).passthrough(),
				}),
			)
			.parse(
				example?.workflow.nodes.filter(({ type }) => type.startsWith('n8n-nodes-affilae.')) ?? [],
			)
			.filter(({ parameters }) => !['list', 'info'].includes(parameters.operation));
		expect(writing.length).toBeGreaterThan(0);
		for (const node of writing) {
			if (node.type.endsWith('Tool')) {
				// n8n tells a model nothing of what leaves by the error branch.
				expect(node.onError).toBeUndefined();
				continue;
			}
			expect(node.onError).toBe('continueErrorOutput');
			const connections = z
				.object({ main: z.array(z.array(z.object({ node: z.string() }))) })
				.parse(example?.workflow.connections[node.name]);
			expect(connections.main[1]?.map((to) => to.node)).toEqual(['A person decides']);
		}
	});
});

describe('the examples in a whole n8n', () => {
	let playground: Playground;

	beforeAll(async () => {
		playground = await startFreshPlayground();
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	beforeEach(() => {
		playground.sandbox.reset();
	});

	async function run(job: Job): Promise<Execution[]> {
		const executions = await job.run(playground);
		for (const { status, error } of executions) {
			expect({ status, error }).toEqual({ status: 'success', error: undefined });
		}
		return executions;
	}

	test.each(names)(
		'n8n knows every node that "%s" is made of, every parameter that these are given, and every choice',
		async (example) => {
			const known = await playground.n8n.client.nodeTypes();
			const workflow = playground.examples.find(({ name }) => name === example)?.workflow;
			if (workflow === undefined) throw new Error(`There is no example "${example}"`);
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
		},
	);

	describe.each(JOBS)('$example', (job) => {
		test('changes the conversions as its data ask, leaves the rest to a person, and touches no other', async () => {
			const before = conversionsOf(playground.sandbox);
			for (const orderId of Object.keys(job.changes)) {
				const states = before.filter(({ externalId }) => externalId === orderId);
				expect(states.map(({ status }) => status)).toEqual(['pending']);
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
			expect(orders(done.filter(({ outcome }) => outcome !== 'unchanged'))).toEqual(
				new Set(Object.keys(job.changes)),
			);
			expect(orders(done)).toEqual(new Set([...Object.keys(job.changes), ...job.unchanged]));
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

		test('run again, changes nothing and tells the person the same', async () => {
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

		test('with the return window still open, lowers and refuses, and accepts nothing', async () => {
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

		test('takes no file from somebody without the password', async () => {
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
		const ageMs = (id: string, nowMs: number): number =>
			nowMs - (playground.sandbox.store.get(id)?.createdAtMs ?? Number.NaN);

		test('accepts what is pending and past the return window, each by its order, and nothing younger', async () => {
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
				expect(why).toMatch(conversionId === nameless ? /Conversion is empty/ : /2 conversions/);
			}
		});

		test('run again, changes nothing', async () => {
			await sweep(playground);
			const once = conversionsOf(playground.sandbox);
			const writes = [...playground.sandbox.store.writes];
			await sweep(playground);
			expect(conversionsOf(playground.sandbox)).toEqual(once);
			expect(playground.sandbox.store.writes).toEqual(writes);
		});

		test('after the refunds of the day, accepts what is left of an order and pays for nothing that came back', async () => {
			const { n8n, sandbox, examples, store } = playground;
			const workflow = examples.find(({ name }) => name === 'nightly-sweep')?.workflow;
			if (workflow === undefined) throw new Error('There is no nightly sweep');
			await byHand('shopify-webhooks', 'A refund was made')(playground);

			// As if the return window of all orders were over.
			const filters = { status: 'pending' };
			const nodes = workflow.nodes.map((node) =>
				node.name === 'Past the window'
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

	test('each order appears in the data of one example only, so that they can be tried in any order', async () => {
		const seen = new Map<string, string>();
		const ordersOf = JOBS.map(({ example, changes, person, unchanged }) => ({
			example,
			orders: [...Object.keys(changes), ...person.map(([orderId]) => orderId), ...unchanged],
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
				...JOBS.map(({ example }) => example),
			]),
		);
	});
});
