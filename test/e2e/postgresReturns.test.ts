/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { z } from 'zod';
import { folderOf, withDryRunOff, workflowIdOf } from '../../playground/src/exampleWorkflows';
import { TO_CHECK } from '../../playground/src/dataTables';
import type { Execution, Workflow } from '../../playground/src/n8nClient';
import type { ConversionState } from '../../playground/src/returnsReport';
import { conversionsOf } from '../../playground/src/runMainExample';
import type { Playground } from '../../playground/src/startPlayground';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { type FreshPostgres, startFreshPostgres } from './freshPostgres';

const NAME = 'postgres-returns';
const WORKFLOW = workflowIdOf(NAME);

const rowSchema = z.object({
	order_id: z.string(),
	kept_amount: z.number(),
	conversion_id: z.string().nullable(),
	outcome: z.string().nullable(),
	message: z.string().nullable(),
	done_at: z.string().nullable(),
});
type Row = z.infer<typeof rowSchema>;

/** The expected outcome of the rows that are done, and the changes of their conversions. */
const DONE: ReadonlyArray<
	readonly [orderId: string, outcome: string, change: Partial<ConversionState>]
> = [
	['20210', 'unchanged', {}],
	['20223', 'refused', { status: 'refused' }],
	['20228', 'updated', { amountCents: 15_000 }],
	['20237', 'accepted', { status: 'accepted', amountCents: 18_050 }],
	['20242', 'accepted', { status: 'accepted' }],
	['20248', 'unchanged', {}],
	['20356', 'notFound', {}],
];
/** The expected outcome and message of the rows that stay open. */
const OPEN: ReadonlyArray<readonly [orderId: string, outcome: string, message: RegExp]> = [
	['20227', 'failed', /in GBP/],
	['20229', 'needsAttention', /is accepted at 67\.98 EUR/],
	['20286', 'failed', /several programs/],
];
const DONE_EARLIER = '20209';
const WITHOUT_CONVERSION = '20356';

describe('the example "postgres-returns" in a full n8n, with a Postgres', () => {
	let playground: Playground;
	let postgres: FreshPostgres;
	let asImported: Workflow;
	let workflow: Workflow;

	beforeAll(async () => {
		postgres = await startFreshPostgres();
		playground = await startFreshPlayground();
		const example = playground.examples.find(({ name }) => name === NAME);
		if (example === undefined) throw new Error(`There is no example "${NAME}"`);
		const credential = await playground.n8n.client.saveCredential(postgres.credential);
		asImported = {
			...example.workflow,
			nodes: example.workflow.nodes.map((node) =>
				node.type === 'n8n-nodes-base.postgres'
					? { ...node, credentials: { postgres: credential } }
					: node,
			),
		};
		workflow = withDryRunOff(asImported, ['Reconcile']);
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
		await postgres?.stop();
	});

	beforeEach(async () => {
		playground.sandbox.reset();
		await playground.store(WORKFLOW, workflow);
		await postgres.query('set client_min_messages = warning; drop table if exists returns');
		await runSql('schema.sql');
	});

	async function runSql(file: string): Promise<void> {
		await postgres.runFile(path.join(folderOf(NAME), 'data', file));
	}

	async function run(): Promise<Execution> {
		const execution = await playground.n8n.client.run(WORKFLOW, 'Every night');
		const { status, error } = execution;
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		return execution;
	}

	async function rows(): Promise<Row[]> {
		const columns = Object.keys(rowSchema.shape).join(', ');
		const text = await postgres.query(
			`select json_agg(r) from (select ${columns} from returns order by order_id) r`,
		);
		return z.array(rowSchema).parse(JSON.parse(text));
	}

	async function rowOf(orderId: string): Promise<Row> {
		const row = (await rows()).find((one) => one.order_id === orderId);
		if (row === undefined) throw new Error(`There is no row for ${orderId}`);
		return row;
	}

	function statesOf(orderId: string): Array<[string, number]> {
		return playground.sandbox.store
			.byExternalId(orderId)
			.map(({ status, amount }) => [status, amount]);
	}

	test('reconciles the rows that are not done, and stores the result of each', async () => {
		const before = conversionsOf(playground.sandbox);
		const [earlier] = (await rows()).filter((row) => row.order_id === DONE_EARLIER);

		await run();

		const changes = new Map(DONE.map(([orderId, , change]) => [orderId, change]));
		expect(conversionsOf(playground.sandbox)).toEqual(
			before.map((conversion) => ({ ...conversion, ...changes.get(conversion.externalId) })),
		);
		const after = await rows();
		const idOf = (orderId: string): string | null =>
			before.find(({ externalId }) => externalId === orderId)?.id ?? null;
		for (const [orderId, outcome] of DONE) {
			const row = after.find((one) => one.order_id === orderId);
			expect(row).toMatchObject({ outcome, conversion_id: idOf(orderId) });
			expect(Math.abs(Date.now() - Date.parse(row?.done_at ?? ''))).toBeLessThan(60_000);
		}
		for (const [orderId, outcome, message] of OPEN) {
			expect(after.find((one) => one.order_id === orderId)).toMatchObject({
				outcome,
				message: expect.stringMatching(message),
				done_at: null,
			});
		}
		expect(after.find((row) => row.order_id === DONE_EARLIER)).toEqual(earlier);
		expect(after).toHaveLength(DONE.length + OPEN.length + 1);
	});

	test('stores the amount that was sent to Affilae, and that an order has no conversion', async () => {
		await run();
		expect((await rowOf('20228')).message).toContain('The customer kept 150.00 EUR of 221.37 EUR');
		expect((await rowOf(WITHOUT_CONVERSION)).message).toMatch(/no conversion/i);
	});

	test('adds each row that a person decides to the table "Affilae: to check" too', async () => {
		const { client } = playground.n8n;
		await client.deleteDataTable(TO_CHECK.name);
		const value = await client.saveDataTable(TO_CHECK);
		const chosen = { __rl: true, mode: 'list', value };
		await playground.store(WORKFLOW, {
			...workflow,
			nodes: workflow.nodes.map((node) =>
				node.type === 'n8n-nodes-base.dataTable'
					? {
							...node,
							parameters: { ...z.record(z.unknown()).parse(node.parameters), dataTableId: chosen },
						}
					: node,
			),
		});
		await run();
		const inTable = (await client.rowsOf(TO_CHECK.name)).map(({ order_id: id, why }) => [id, why]);
		expect(inTable).toHaveLength(OPEN.length);
		expect(inTable).toEqual(
			expect.arrayContaining(
				OPEN.map(([orderId, , message]) => [orderId, expect.stringMatching(message)]),
			),
		);
	});

	test('leaves a row without a currency open, and sends nothing for it', async () => {
		await postgres.query(
			"alter table returns alter currency drop not null; update returns set currency = null where order_id = '20242'",
		);
		await run();
		expect(await rowOf('20242')).toMatchObject({ outcome: 'failed', done_at: null });
		expect(statesOf('20242')).toEqual([['pending', 28_754]]);
	});

	test('sends nothing and changes no row if it runs again', async () => {
		await run();
		const conversions = conversionsOf(playground.sandbox);
		const table = await rows();
		const writes = [...playground.sandbox.store.writes];
		playground.sandbox.requests.clear();

		const again = await run();

		expect(again.items('Returns to do')).toHaveLength(OPEN.length);
		expect(conversionsOf(playground.sandbox)).toEqual(conversions);
		expect(playground.sandbox.store.writes).toEqual(writes);
		expect(playground.sandbox.requests.list().map(({ method }) => method.toUpperCase())).toEqual(
			expect.not.arrayContaining(['POST']),
		);
		expect(await rows()).toEqual(table);
	});

	test('completes rows whose result was not stored because n8n stopped, and sends nothing twice', async () => {
		await run();
		const conversions = conversionsOf(playground.sandbox);
		const writes = [...playground.sandbox.store.writes];
		await postgres.query(
			`update returns set done_at = null, outcome = null, message = null where order_id <> '${DONE_EARLIER}'`,
		);

		await run();

		expect(conversionsOf(playground.sandbox)).toEqual(conversions);
		expect(playground.sandbox.store.writes).toEqual(writes);
		for (const [orderId] of DONE) {
			expect(await rowOf(orderId)).toMatchObject({
				outcome: orderId === WITHOUT_CONVERSION ? 'notFound' : 'unchanged',
				done_at: expect.any(String),
			});
		}
	});

	test('as imported, stores what would be done, leaves every row open, and sends nothing', async () => {
		const before = conversionsOf(playground.sandbox);
		await playground.store(WORKFLOW, asImported);
		await run();
		expect(conversionsOf(playground.sandbox)).toEqual(before);
		for (const [orderId, outcome] of DONE) {
			expect(await rowOf(orderId)).toMatchObject({ outcome, done_at: null });
		}
	});

	test('reconciles an order again after one more return, with the new kept amount', async () => {
		await run();
		await runSql('one-more-return.sql');
		await run();
		expect(statesOf('20228')).toEqual([['accepted', 9900]]);
		expect(await rowOf('20228')).toMatchObject({
			kept_amount: 99,
			outcome: 'accepted',
			done_at: expect.any(String),
		});
	});

	test('a row that changes while it is reconciled stays open, and the next run tells what it says now', async () => {
		const read = { order_id: '20228', currency: 'EUR', reason: 'It came back', settled: false };
		await playground.store(WORKFLOW, {
			...workflow,
			pinData: { 'Returns to do': [{ json: { ...read, kept_amount: '180.00' } }] },
		});
		const execution = await run();
		expect(statesOf('20228')).toEqual([['pending', 18_000]]);
		expect(execution.items('Not written down')).toHaveLength(1);
		expect(await rowOf('20228')).toMatchObject({ kept_amount: 150, outcome: null, done_at: null });

		await playground.store(WORKFLOW, workflow);
		await run();
		expect(statesOf('20228')).toEqual([['pending', 15_000]]);
		expect(await rowOf('20228')).toMatchObject({ outcome: 'updated' });
	});

	test('does not process an order again after a person has decided', async () => {
		await run();
		const [first, second] = playground.sandbox.store.byExternalId('20286');
		expect([first?.status, second?.status]).toEqual(['pending', 'pending']);
		expect(await rowOf('20286')).toMatchObject({ outcome: 'failed', done_at: null });

		await postgres.query(
			`update returns set done_at = now(), outcome = 'by hand' where order_id = '20286'`,
		);
		const again = await run();
		expect(again.items('A person decides').map(({ orderId }) => orderId)).not.toContain('20286');
		expect(await rowOf('20286')).toMatchObject({ outcome: 'by hand' });
	});

	test('leaves every row open with the reason if Affilae rejects the token, and completes it on the next run', async () => {
		const { sandbox } = playground;
		const { token } = sandbox;
		sandbox.token = 'another-one';
		try {
			await run();
		} finally {
			sandbox.token = token;
		}
		for (const [orderId] of DONE) {
			expect(await rowOf(orderId)).toMatchObject({
				outcome: 'failed',
				message: expect.stringContaining('does not accept the API token'),
				done_at: null,
			});
		}
		await run();
		expect(await rowOf('20223')).toMatchObject({ outcome: 'refused', done_at: expect.any(String) });
		expect(statesOf('20223')).toEqual([['refused', 5000]]);
	});

	test('allows one row per order in its table, and no amount below 0', async () => {
		const insert = (orderId: string, kept: number): Promise<string> =>
			postgres.query(
				`insert into returns (order_id, kept_amount, currency) values ('${orderId}', ${kept}, 'EUR')`,
			);
		await expect(insert('20223', 10)).rejects.toThrow('returns_order_id');
		await expect(insert('20357', -1)).rejects.toThrow('kept_amount');
	});
});
