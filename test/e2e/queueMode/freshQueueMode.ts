/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import axios from 'axios';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { holdTemporaryFolder } from '../../../playground/src/folderLock';
import type { CredentialReference, N8nClient, Workflow } from '../../../playground/src/n8nClient';
import {
	type QueueMode,
	type QueueWorker,
	startQueueMode,
} from '../../../playground/src/queueMode';
import { AFFILAE_CREDENTIAL } from '../../../playground/src/startPlayground';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox/server';
import { startFreshPostgres } from '../freshPostgres';
import { NODE_TYPE } from '../workflowOf';
import { type Batch, REASON } from './batches';
import { startFreshRedis } from './freshRedis';

/** The stored workflow, and the path of its webhook. */
export const WORKFLOW_ID = 'reconciles-batches';
/** The error workflow, which n8n starts for each failed execution of the other. */
export const ERROR_WORKFLOW_ID = 'reports-lost-batches';
/** The node that reconciles. */
export const RECONCILE = 'Reconcile';

const LOOK_MS = 500;
const NOT_OVER = ['new', 'running', 'waiting'];

const database = z.object({
	host: z.string(),
	port: z.number(),
	database: z.string(),
	user: z.string(),
	password: z.string(),
});

/** Executions in n8n's queue. */
export interface Sent {
	/**
	 * Waits until all of them have ended.
	 *
	 * @returns n8n's status of each, by ID
	 * @throws {Error} if it takes longer
	 */
	ended(timeoutMs: number): Promise<Map<string, string>>;
}

/** An n8n in queue mode and a sandbox, with the workflow published. */
export interface FreshQueueMode {
	client: N8nClient;
	sandbox: Sandbox;
	startWorker(concurrency: number): Promise<QueueWorker>;
	/** Sends all batches to the workflow's webhook at once; resolves when n8n has accepted them. */
	send(batches: readonly Batch[]): Promise<Sent>;
	/** Stops everything and deletes its data. */
	stop(): Promise<void>;
}

/**
 * Starts Redis, Postgres, a sandbox and n8n in queue mode, without workers.
 *
 * @param tarball the packed node
 * @param settings additional environment variables of n8n
 */
export async function startFreshQueueMode(
	tarball: string,
	options: SandboxOptions,
	settings: Readonly<Record<string, string>> = {},
): Promise<FreshQueueMode> {
	const parts: Array<() => Promise<void>> = [];
	const stop = async (): Promise<void> => {
		for (const end of parts.splice(0).reverse()) await end();
	};
	try {
		const held = await holdTemporaryFolder();
		parts.push(held.release);
		const redis = await startFreshRedis();
		parts.push(redis.stop);
		const postgres = await startFreshPostgres();
		parts.push(postgres.stop);
		const sandbox = await createSandbox({ orders: false, status: 'pending', ...options });
		parts.push(sandbox.stop);
		await sandbox.start();
		const n8n: QueueMode = await startQueueMode({
			folder: held.folder,
			tarball,
			settings: { ...databaseSettings(postgres.credential.data), ...redis.settings, ...settings },
		});
		parts.push(n8n.stop);
		const { client, main, startWorker } = n8n;
		const credential = await client.saveCredential({
			...AFFILAE_CREDENTIAL,
			data: { token: sandbox.token, environment: 'custom', baseUrl: sandbox.url },
		});
		await client.saveWorkflow(ERROR_WORKFLOW_ID, errorWorkflow());
		await client.saveWorkflow(WORKFLOW_ID, workflow(credential));
		for (const id of [ERROR_WORKFLOW_ID, WORKFLOW_ID]) {
			const { status } = await client.publish(id);
			if (status !== 'published') throw new Error(`The workflow ${id} is ${status}`);
		}
		return {
			client,
			sandbox,
			startWorker,
			send: async (batches) => {
				const url = `${main.url}/webhook/${WORKFLOW_ID}`;
				const earlier = await client.statusesOf(WORKFLOW_ID);
				await Promise.all(
					batches.map(async ({ orders }) => await axios.post(url, { orders }, { proxy: false })),
				);
				const all = [...(await client.statusesOf(WORKFLOW_ID)).keys()];
				const ids = all.filter((id) => !earlier.has(id));
				if (ids.length !== batches.length) throw new Error(`n8n has taken ${ids.length} batches`);
				return {
					ended: async (timeoutMs) => await end(client, ids, timeoutMs),
				};
			},
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

async function end(
	client: N8nClient,
	ids: readonly string[],
	timeoutMs: number,
): Promise<Map<string, string>> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const all = [...(await client.statusesOf(WORKFLOW_ID))];
		const over = all.filter(([id, status]) => ids.includes(id) && !NOT_OVER.includes(status));
		if (over.length >= ids.length) return new Map(over);
		if (Date.now() > deadline) {
			throw new Error(`${over.length} of ${ids.length} executions are over`);
		}
		await wait(LOOK_MS);
	}
}

function databaseSettings(data: unknown): Record<string, string> {
	const { host, port, database: name, user, password } = database.parse(data);
	return {
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: host,
		DB_POSTGRESDB_PORT: String(port),
		DB_POSTGRESDB_DATABASE: name,
		DB_POSTGRESDB_USER: user,
		DB_POSTGRESDB_PASSWORD: password,
	};
}

function node(index: number, name: string, type: string, version: number, rest: object = {}) {
	return {
		id: `node-${index}`,
		name,
		type,
		typeVersion: version,
		position: [index * 200, 0],
		parameters: {},
		...rest,
	};
}

function errorWorkflow(): Workflow {
	return {
		name: 'Reports lost batches',
		nodes: [
			node(0, 'Told', 'n8n-nodes-base.errorTrigger', 1),
			// n8n 1.x does not publish a workflow whose only trigger is an Error Trigger.
			node(1, 'Never called', 'n8n-nodes-base.webhook', 2.1, {
				webhookId: ERROR_WORKFLOW_ID,
				parameters: { httpMethod: 'POST', path: ERROR_WORKFLOW_ID, options: {} },
			}),
		],
		connections: {},
		settings: { executionOrder: 'v1' },
	};
}

/** Webhook that responds at once -> one item per order -> Reconcile -> Done, and Not done. */
function workflow(credential: CredentialReference): Workflow {
	const to = (name: string) => [{ node: name, type: 'main', index: 0 }];
	return {
		name: 'Reconciles batches',
		nodes: [
			node(0, 'Orders', 'n8n-nodes-base.webhook', 2.1, {
				webhookId: WORKFLOW_ID,
				parameters: {
					httpMethod: 'POST',
					path: WORKFLOW_ID,
					responseMode: 'onReceived',
					options: {},
				},
			}),
			node(1, 'One by one', 'n8n-nodes-base.splitOut', 1, {
				parameters: { fieldToSplitOut: 'body.orders', options: {} },
			}),
			node(2, RECONCILE, NODE_TYPE, 1, {
				parameters: {
					resource: 'conversion',
					operation: 'reconcile',
					conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
					keptAmount: '={{ $json.kept }}',
					settled: '={{ $json.settled }}',
					reason: REASON,
					options: {},
				},
				onError: 'continueErrorOutput',
				credentials: { [AFFILAE_CREDENTIAL.type]: credential },
			}),
			node(3, 'Done', 'n8n-nodes-base.noOp', 1),
			node(4, 'Not done', 'n8n-nodes-base.noOp', 1),
		],
		connections: {
			Orders: { main: [to('One by one')] },
			'One by one': { main: [to(RECONCILE)] },
			[RECONCILE]: { main: [to('Done'), to('Not done')] },
		},
		settings: { executionOrder: 'v1', errorWorkflow: ERROR_WORKFLOW_ID },
	};
}
