/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import axios from 'axios';
import path from 'node:path';
import { z } from 'zod';
import { REPOSITORY } from '../../playground/src/places';
import { startGroup } from '../../playground/src/processGroup';
import { API_PATH } from '../../sandbox/api';
import { DEFAULT_TOKEN } from '../../sandbox/server';

const PAGE_ROWS = 100;
const ADDRESS = /^Affilae sandbox at (\S+)/;

/** Requests per second; null: no limit. */
export type Limit = number | null;

const conversion = z.object({
	id: z.string(),
	externalId: z.string(),
	amount: z.number().int(),
	program: z.object({ id: z.string() }),
});
/** A pending conversion, as far as a measurement needs it; `amount` in cents. */
export type Pending = z.infer<typeof conversion>;

const listPage = z.object({ conversions: z.object({ data: z.array(conversion) }) });
const requestCounts = z.object({ granted: z.number(), limited: z.number() });
const state = z.object({ counts: z.object({ accepted: z.number() }), writes: z.number() });

/** What the sandbox has met since the last reset. */
export interface Met {
	/** Requests that were let through. */
	granted: number;
	/** Requests that were answered 429. */
	limited: number;
	/** Conversions that are accepted now. */
	accepted: number;
	/** Writes that were kept. */
	writes: number;
}

/** A sandbox in a process of its own, so that it shares no event loop with what is measured. */
export interface SandboxProcess {
	/** Without a slash at its end. */
	url: string;
	token: string;
	/** All conversions, newest first. They are the same after each reset. */
	pending: Pending[];
	/** As at the start, with a full second's burst of this limit. */
	begin(limit: Limit): Promise<void>;
	met(): Promise<Met>;
	stop(): Promise<void>;
}

/**
 * Starts a sandbox whose conversions are all pending.
 *
 * @param conversions how many
 * @throws {Error} when it ends instead of listening
 */
export async function startSandboxProcess(conversions: number): Promise<SandboxProcess> {
	const { url, stop } = await listen([
		...['--port', '0', '--conversions', String(conversions), '--status', 'pending'],
		...['--no-orders', '--no-log'],
	]);
	const http = axios.create({
		baseURL: url,
		proxy: false,
		headers: { Authorization: `Bearer ${DEFAULT_TOKEN}` },
	});
	const pending: Pending[] = [];
	while (pending.length < conversions) {
		const params = { limit: PAGE_ROWS, offset: pending.length };
		const { data } = await http.get<unknown>(`${API_PATH}conversions.list`, { params });
		pending.push(...listPage.parse(data).conversions.data);
	}
	return {
		url,
		token: DEFAULT_TOKEN,
		pending,
		begin: async (limit) => {
			const rateLimit =
				limit === null ? null : { perSecond: limit, burst: 'second', retryAfter: 'seconds' };
			await http.put('/sandbox/settings', { rateLimit });
			await http.post('/sandbox/reset');
		},
		met: async () => {
			const { data: requests } = await http.get<unknown>('/sandbox/requests');
			const { data: page } = await http.get<unknown>('/sandbox/state', { params: { limit: 1 } });
			const { counts, writes } = state.parse(page);
			return { ...requestCounts.parse(requests), accepted: counts.accepted, writes };
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
				'--require',
				require.resolve('tsx/cjs'),
				path.join(REPOSITORY, 'sandbox', 'cli.ts'),
				...flags,
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
			reject(new Error(['The sandbox has ended:', ...said].join('\n')));
		});
	});
}
