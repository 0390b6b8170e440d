/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { QueueWorker } from '../../../playground/src/queueMode';
import { START_TIMEOUT_MS } from '../freshPlayground';
import { type Batch, batchesOf, dueOf, stateOf } from './batches';
import { findProcess } from './findProcess';
import {
	ERROR_WORKFLOW_ID,
	type FreshQueueMode,
	RECONCILE,
	startFreshQueueMode,
	WORKFLOW_ID,
} from './freshQueueMode';
import { shareOfLimit, wordsOn } from './shareOfLimit';

const PER_SECOND = 100;
const LATENCY_MS = 20;
const EXECUTIONS = 40;
const BATCH = 50;
const CONCURRENCY = 5;
/** How many executions are sent before a worker is killed, and after how many writes it is. */
const BESIDE_A_KILL = 12;
const WRITES_BEFORE_IT = 100;
/** The minimum share of the limit, even on a slow and busy machine. */
const LEAST_SHARE = 0.2;
/** The maximum number of 429s per allowed call. */
const MOST_LIMITED = 0.2;

const RUN_TIMEOUT_MS = 240_000;
const LOOK_MS = 20;

/** A tenth of n8n's defaults, in ms, so that it notices within seconds that a worker is gone. */
const SOON_NOTICED = {
	QUEUE_WORKER_LOCK_DURATION: '6000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '1000',
	QUEUE_WORKER_STALLED_INTERVAL: '3000',
};

describe('Reconcile in an n8n in queue mode, with two workers, Redis and Postgres', () => {
	let n8n: FreshQueueMode;
	let workers: QueueWorker[];
	let batches: Batch[];
	/** The executions that were not finished when a worker was killed. */
	let lost: string[] = [];

	beforeAll(async () => {
		const tarball = process.env['E2E_TARBALL'];
		if (tarball === undefined) throw new Error('Run these tests with npm run e2e');
		const all = EXECUTIONS + BESIDE_A_KILL;
		n8n = await startFreshQueueMode(
			tarball,
			{
				conversions: Math.ceil(all * BATCH * 1.1),
				log: 50_000,
				settings: {
					latencyMs: LATENCY_MS,
					rateLimit: { perSecond: PER_SECOND, burst: 'second', retryAfter: 'seconds' },
				},
			},
			SOON_NOTICED,
		);
		batches = batchesOf(n8n.sandbox, all, BATCH);
		workers = await Promise.all([n8n.startWorker(CONCURRENCY), n8n.startWorker(CONCURRENCY)]);
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await n8n?.stop();
	}, START_TIMEOUT_MS);

	/** The executions that a worker has `started` or `finished`, according to its log. */
	async function noted(verb: 'started' | 'finished', worker: QueueWorker): Promise<string[]> {
		const log = await readFile(worker.logFile, 'utf8');
		const lines = log.matchAll(new RegExp(`Worker ${verb} execution (\\d+)`, 'g'));
		return [...lines].map(([, id = '']) => id);
	}

	/** Identical writes that were allowed more than once. */
	function sentTwice(): unknown[] {
		return n8n.sandbox.requests
			.list()
			.filter(({ method, attempt }) => method === 'POST' && attempt > 1)
			.map(({ path, payload }) => ({ path, payload }));
	}

	test(
		'2,000 reconciliations in 40 executions are all done once, and the executions share the limit',
		async () => {
			const mine = batches.slice(0, EXECUTIONS);
			const sent = await n8n.send(mine);
			const statuses = await sent.ended(RUN_TIMEOUT_MS);
			const share = shareOfLimit(n8n.sandbox.requests.list(), PER_SECOND);
			process.stdout.write(`Queue mode, ${EXECUTIONS} executions: ${wordsOn(share)}\n`);

			expect([...statuses.values()]).toEqual(mine.map(() => 'success'));
			expect(mine.flatMap(({ orders }) => orders)).toHaveLength(2_000);
			expect(stateOf(n8n.sandbox, mine)).toEqual(dueOf(mine));
			expect(sentTwice()).toEqual([]);
			expect(share.writes).toBe(
				mine.flatMap(({ due }) => due.flatMap(({ writes }) => writes)).length,
			);
			expect(share.share).toBeGreaterThan(LEAST_SHARE);
			expect(share.limited / (share.reads + share.writes)).toBeLessThan(MOST_LIMITED);

			const begun = await Promise.all(
				workers.map(async (worker) => await noted('started', worker)),
			);
			expect(begun.flat().sort()).toEqual([...statuses.keys()].sort());
			for (const ofOne of begun) expect(ofOne.length).toBeGreaterThanOrEqual(CONCURRENCY);
		},
		RUN_TIMEOUT_MS,
	);

	test('each execution outputs what was done for each of its orders', async () => {
		const executions = await n8n.client.executionsOf(WORKFLOW_ID);
		const said = executions.map((execution) =>
			execution
				.items(RECONCILE)
				.map(({ externalId, outcome, amount }) => [
					externalId,
					outcome,
					Math.round(Number(amount) * 100),
				]),
		);
		const meant = batches
			.slice(0, EXECUTIONS)
			.map(({ orders, due }) =>
				orders.map(({ order }, place) => [order, due[place]?.outcome, due[place]?.amountCents]),
			);
		expect(said).toEqual(expect.arrayContaining(meant));
		expect(said).toHaveLength(EXECUTIONS);
		expect(executions.flatMap((execution) => execution.items(RECONCILE, 1))).toEqual([]);
	});

	test(
		'if the orders of a killed worker are sent again, the rest is done, and nothing twice',
		async () => {
			const mine = batches.slice(EXECUTIONS);
			const [victim] = workers;
			if (victim === undefined) throw new Error('There is no worker to kill');
			n8n.sandbox.requests.clear();
			const before = n8n.sandbox.store.writes.length;
			const first = await n8n.send(mine);
			while (n8n.sandbox.store.writes.length < before + WRITES_BEFORE_IT) await wait(LOOK_MS);
			process.kill(await findProcess('/n8n/bin/n8n', victim.userFolder), 'SIGKILL');
			await victim.ended;

			const ofFirst = await first.ended(RUN_TIMEOUT_MS);
			lost = [...ofFirst].filter(([, status]) => status !== 'success').map(([id]) => id);
			const again = await n8n.send(mine);
			const ofAgain = await again.ended(RUN_TIMEOUT_MS);
			expect([...ofAgain.values()]).toEqual(mine.map(() => 'success'));
			expect(stateOf(n8n.sandbox, mine)).toEqual(dueOf(mine));
			expect(sentTwice()).toEqual([]);
		},
		RUN_TIMEOUT_MS,
	);

	test('n8n shows the executions of a killed worker as failed, cannot retry them, and starts the error workflow', async () => {
		expect(lost.length).toBeGreaterThan(0);
		expect(lost.length).toBeLessThanOrEqual(CONCURRENCY);
		const executions = await n8n.client.executionsOf(WORKFLOW_ID);
		expect(
			executions
				.filter(({ id }) => lost.includes(id))
				.map(({ status, error, runs }) => [status, error?.message, runs.size]),
		).toEqual(
			lost.map(() => ['error', expect.stringMatching(/failed to be processed too many times/), 0]),
		);
		expect((await n8n.client.statusesOf(ERROR_WORKFLOW_ID)).size).toBe(lost.length);
	});
});
