/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import axios from 'axios';
import path from 'node:path';
import { z } from 'zod';
import { REPOSITORY } from '../playground/src/places';
import { startGroup } from '../playground/src/processGroup';
import { API_PATH } from '../sandbox/api';
import type { BucketLimit } from '../sandbox/limitSettings';
import { DEFAULT_TOKEN } from '../sandbox/server';
import type { SandboxSettings } from '../sandbox/settings';

const LATENCY_MS = 20;
const ADDRESS = /^Affilae sandbox at (\S+)/;

const conversionSchema = z.object({
	id: z.string(),
	externalId: z.string(),
	amount: z.number().int(),
	status: z.string(),
	createdAt: z.string(),
	program: z.object({ id: z.string() }),
});
/** A conversion, as far as a measurement needs it; `amount` in cents, `createdAt` in UTC. */
export type Conversion = z.infer<typeof conversionSchema>;

const listSchema = z.object({ conversions: z.object({ data: z.array(conversionSchema) }) });
const stateSchema = z.object({ writes: z.number() });
const logSchema = z.object({
	total: z.number(),
	requests: z.array(
		z.object({ method: z.string(), atMs: z.number(), status: z.number().nullable() }),
	),
});
/** The calls that were made, oldest first. */
export type CallLog = z.infer<typeof logSchema>['requests'];

/** A rate limit: calls per second, with a burst of one second's worth or none. */
export type Limit = Pick<BucketLimit, 'perSecond' | 'burst'>;

/** A sandbox in a separate process, which shares no event loop with the measured code. */
export interface SandboxProcess {
	/** Without a trailing slash. */
	readonly url: string;
	readonly token: string;
	/** Resets everything, with a full burst of the limit and with latency. */
	begin(limit: Limit | undefined): Promise<void>;
	/** The calls since then. Throws if the sandbox dropped some. */
	calls(): Promise<CallLog>;
	/** How many writes it has carried out since then. */
	writes(): Promise<number>;
	/** All conversions, newest first. Removes limit and latency, so call it after the measurement. */
	conversions(): Promise<Conversion[]>;
	stop(): Promise<void>;
}

/**
 * Starts a sandbox whose conversions are all pending.
 *
 * @throws {Error} if it exits before it listens
 */
export async function startSandboxProcess(conversions: number): Promise<SandboxProcess> {
	const { url, stop } = await listen([
		...['--port', '0', '--no-orders', '--status', 'pending'],
		...['--conversions', String(conversions)],
	]);
	const http = axios.create({ baseURL: url, proxy: false });
	const change = async (settings: Partial<SandboxSettings>) =>
		await http.put('/sandbox/settings', settings);
	return {
		url,
		token: DEFAULT_TOKEN,
		begin: async (limit) => {
			await change({
				latencyMs: LATENCY_MS,
				rateLimit: limit === undefined ? null : { ...limit, retryAfter: 'seconds' },
				pageCap: { max: 100, how: 'reject' },
			});
			await http.post('/sandbox/reset');
		},
		calls: async () => {
			const { total, requests } = logSchema.parse((await http.get('/sandbox/requests')).data);
			if (total !== requests.length) throw new Error(`The sandbox dropped some of ${total} calls`);
			return requests;
		},
		writes: async () => stateSchema.parse((await http.get('/sandbox/state')).data).writes,
		conversions: async () => {
			await change({
				latencyMs: 0,
				rateLimit: null,
				pageCap: { max: conversions, how: 'reject' },
			});
			const { data } = await http.get(`${API_PATH}conversions.list`, {
				params: { limit: conversions },
				headers: { Authorization: `Bearer ${DEFAULT_TOKEN}` },
			});
			return listSchema.parse(data).conversions.data;
		},
		stop,
	};
}

async function listen(flags: string[]): Promise<{ url: string; stop(): Promise<void> }> {
	const said: string[] = [];
	return await new Promise((resolve, reject) => {
		const group = startGroup(
			process.execPath,
			[
				...['--require', require.resolve('tsx/cjs')],
				...[path.join(REPOSITORY, 'sandbox', 'cli.ts'), ...flags],
			],
			{
				cwd: REPOSITORY,
				output: (line) => {
					said.push(line);
					const url = ADDRESS.exec(line)?.[1];
					if (url !== undefined) resolve({ url, stop: group.stop });
				},
			},
		);
		void group.ended.then(() => {
			reject(new Error(['The sandbox exited:', ...said].join('\n')));
		});
	});
}
