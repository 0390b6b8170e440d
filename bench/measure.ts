/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import axios from 'axios';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { AFFILAE_CREDENTIAL, type Playground } from '../playground/src/startPlayground';
import { shareOfLimit } from '../test/e2e/queueMode/shareOfLimit';
import { askProcess } from '../test/realTime/askProcess';
import type { Job } from './jobs';
import { httpRequestNodes, thisNode } from './n8nWays';
import type { PlainTask } from './plainScript';
import { type SandboxProcess, startSandboxProcess } from './sandboxProcess';
import { type Task, taskFor, type WorkItem } from './tasks';
import { chain } from './workflow';

/** How a job is done: by n8n's HTTP Request node, by a script outside n8n, or by this node. */
export type Way = 'http' | 'plain' | 'ours';

/** The figures of one run. */
export interface Figures {
	/** From the first item to the end of the last execution. */
	seconds: number;
	/** Calls, including those answered 429. */
	calls: number;
	limited: number;
	/** Allowed calls, as a share of what the limit allows between the first call and the last. */
	share: number;
	/** Conversions that are as expected, or rows that a list returned; and the expected number. */
	done: number;
	due: number;
}

/** The memory of a list: bytes in use after garbage collection. */
export interface MemoryFigures {
	/** The maximum during the run, minus what was in use before. */
	peakBytes: number;
	/** The memory of its rows alone. */
	rowBytes: number;
}

const ranSchema = z.object({ startedAt: z.number(), endedAt: z.number(), rows: z.number() });
type Ran = z.infer<typeof ranSchema>;
const memorySchema = z.object({ rows: z.number(), peakBytes: z.number(), rowBytes: z.number() });

const LIST_IN_ENGINE = require.resolve('../test/realTime/memoryProcess.ts');
const PLAIN_SCRIPT = require.resolve('./plainScript.ts');
const RUN_TIMEOUT_MS = 900_000;
/** Between two executions, so that the limit's burst is available again. */
const PAUSE_MS = 1_000;
let workflows = 0;

/**
 * Does a job once in one way, against a new sandbox, so that the node does not know the limit from an
 * earlier job.
 *
 * @param n8ns at least as many as the job needs
 * @returns the figures of each round of executions: two if the job is done again
 */
export async function measure(job: Job, way: Way, n8ns: readonly Playground[]): Promise<Figures[]> {
	const sandbox = await startSandboxProcess(job.conversions);
	try {
		const conversions = job.work === 'list' ? [] : await sandbox.conversions();
		const task = taskFor(job.work, job.count, conversions);
		const act = await prepared(job, way, task, sandbox, n8ns);
		const all: Figures[] = [];
		for (const round of job.again && way === 'ours' ? [1, 2] : [1]) {
			if (round > 1) await wait(PAUSE_MS);
			await sandbox.begin(job.limit);
			all.push(await figuresOf(job, task, sandbox, await act()));
		}
		return all;
	} finally {
		await sandbox.stop();
	}
}

async function prepared(
	{ limit, executions = 1, processes = 1 }: Job,
	way: Way,
	task: Task,
	sandbox: SandboxProcess,
	n8ns: readonly Playground[],
): Promise<() => Promise<Ran[]>> {
	const { work, items } = task;
	if (way === 'plain') {
		const { url, token } = sandbox;
		const asked: PlainTask = { work, items, url, token, limit: limit ?? null };
		return async () => [ranSchema.parse(await askProcess(PLAIN_SCRIPT, asked))];
	}
	const runs = await Promise.all(
		n8ns.slice(0, processes).map(async (n8n) => await publish(n8n, way, task, sandbox)),
	);
	return async () => {
		const parts = Array.from({ length: executions }, (_, part) =>
			items.filter((_item, place) => place % executions === part),
		);
		return await Promise.all(
			parts.flatMap((part, index) => runs[index % runs.length]?.(part) ?? []),
		);
	};
}

/** Stores and publishes a workflow. @returns a function that runs it to its end */
async function publish(
	{ n8n: { client, url } }: Playground,
	way: 'http' | 'ours',
	task: Task,
	sandbox: SandboxProcess,
): Promise<(items: readonly WorkItem[]) => Promise<Ran>> {
	const credential = await client.saveCredential({
		type: AFFILAE_CREDENTIAL.type,
		name: `Sandbox at ${sandbox.url}`,
		data: {
			token: sandbox.token,
			environment: 'custom',
			baseUrl: sandbox.url,
			allowedHttpRequestDomains: 'all',
		},
	});
	const id = `bench-${(workflows += 1)}`;
	const nodes =
		way === 'ours' ? thisNode(task, credential) : httpRequestNodes(task, sandbox.url, credential);
	await client.saveWorkflow(id, chain(id, nodes, task.work === 'list' ? 'id' : undefined));
	const { status, errors } = await client.publish(id);
	if (status !== 'published') throw new Error([`The workflow is ${status}`, ...errors].join('. '));
	return async (items) => {
		const answer = await axios.post(
			`${url}/webhook/${id}`,
			{ items },
			{
				proxy: false,
				timeout: RUN_TIMEOUT_MS,
				maxBodyLength: Infinity,
			},
		);
		return ranSchema.parse(answer.data);
	};
}

async function figuresOf(
	{ limit }: Job,
	{ work, expected, rows }: Task,
	sandbox: SandboxProcess,
	ran: readonly Ran[],
): Promise<Figures> {
	const calls = await sandbox.calls();
	const { perSecond = NaN, burst } = limit ?? {};
	const { limited, share } = shareOfLimit(calls, perSecond, burst === 'none' ? 0 : perSecond);
	const figures = {
		seconds:
			(Math.max(...ran.map((one) => one.endedAt)) - Math.min(...ran.map((one) => one.startedAt))) /
			1000,
		calls: calls.length,
		limited,
		share,
	};
	if (work === 'list') return { ...figures, done: ran[0]?.rows ?? 0, due: rows };
	const writes = await sandbox.writes();
	const done = (await sandbox.conversions()).filter(({ id, status, amount }) => {
		const goal = expected.get(id);
		return goal?.status === status && goal.amount === amount;
	}).length;
	if (writes > expected.size) throw new Error(`${writes} writes for ${expected.size} conversions`);
	return { ...figures, done, due: expected.size };
}

/**
 * The memory that this node needs for a list, in n8n's engine alone, where garbage can be collected before
 * each measurement.
 *
 * @throws {Error} if rows are missing
 */
export async function measureMemory({ conversions }: Job): Promise<MemoryFigures> {
	const { url, token, stop } = await startSandboxProcess(conversions);
	try {
		const asked = {
			parameters: { operation: 'list', returnAll: true },
			items: [{}],
			credential: { token, environment: 'custom', baseUrl: url },
		};
		const answer = await askProcess(LIST_IN_ENGINE, asked, { nodeFlags: ['--expose-gc'] });
		const cost = memorySchema.parse(answer);
		if (cost.rows !== conversions) throw new Error(`${cost.rows} of ${conversions} rows came out`);
		return cost;
	} finally {
		await stop();
	}
}
