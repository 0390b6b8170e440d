/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import axios, { type AxiosInstance } from 'axios';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Owner } from '../../playground/src/n8nClient';

const LOOK_MS = 100;
const STOPPED_WITHIN_MS = 30_000;
const RUN_TIMEOUT_MS = 900_000;

const apiKey = z.object({ data: z.object({ rawApiKey: z.string() }) });
const workflow = z.object({ data: z.object({ versionId: z.string() }) });
const executions = z.object({
	data: z.array(
		z.object({
			id: z.coerce.string(),
			status: z.string(),
			data: z.object({
				resultData: z.object({
					runData: z.record(z.array(z.object({ executionTime: z.number() }))).default({}),
				}),
			}),
		}),
	),
});

/** What n8n has noted of an execution. */
export interface Noted {
	/** n8n's word for how it ended. */
	status: string;
	/** How long n8n says that each node ran, in seconds. */
	nodeSeconds: Map<string, number>;
}

/**
 * Runs workflows as they run in production: published, and started by their webhook. Nobody asks
 * n8n how far it is meanwhile, which would cost it time.
 */
export class ProductionRuns {
	private readonly lastExecution = new Map<string, string>();

	private constructor(private readonly http: AxiosInstance) {}

	/** @param url where n8n is, without a slash at the end; its owner must be there already */
	static async open(url: string, owner: Owner): Promise<ProductionRuns> {
		const http = axios.create({
			baseURL: url,
			proxy: false,
			timeout: RUN_TIMEOUT_MS,
			maxBodyLength: Infinity,
		});
		const login = await http.post<unknown>('/rest/login', {
			emailOrLdapLoginId: owner.email,
			password: owner.password,
		});
		const cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
		http.defaults.headers.common['Cookie'] = cookie;
		const { data } = await http.post<unknown>('/rest/api-keys', {
			label: `Bench ${Date.now()}`,
			scopes: ['execution:read', 'execution:list'],
			expiresAt: null,
		});
		http.defaults.headers.common['X-N8N-API-KEY'] = apiKey.parse(data).data.rawApiKey;
		return new ProductionRuns(http);
	}

	/** Publishes a stored workflow and waits until its webhook is there. */
	async publish(id: string): Promise<void> {
		const { data } = await this.http.get<unknown>(`/rest/workflows/${id}`);
		const { versionId } = workflow.parse(data).data;
		await this.http.post(`/rest/workflows/${id}/activate`, { versionId });
		const deadline = Date.now() + STOPPED_WITHIN_MS;
		// The webhook answers to POST only; n8n says so, once it knows it.
		for (;;) {
			const { data: answer } = await this.http.get<unknown>(`/webhook/${id}`, {
				validateStatus: () => true,
			});
			if (/not registered for GET/.test(JSON.stringify(answer))) return;
			if (Date.now() > deadline) throw new Error(`n8n did not publish the workflow ${id}`);
			await wait(LOOK_MS);
		}
	}

	/**
	 * Calls the webhook of a workflow; resolves when n8n has answered, at the end of the execution.
	 *
	 * @returns what it answered, whatever the status
	 */
	async call(id: string, body: object): Promise<unknown> {
		const answer = await this.http.post<unknown>(`/webhook/${id}`, body, {
			validateStatus: () => true,
		});
		return answer.data;
	}

	/** What n8n has noted of the workflow's latest execution, which must not have been read before. */
	async readLatest(workflowId: string): Promise<Noted> {
		const params = { workflowId, limit: 1, includeData: true };
		const deadline = Date.now() + STOPPED_WITHIN_MS;
		for (;;) {
			const { data } = await this.http.get<unknown>('/api/v1/executions', { params });
			const [latest] = executions.parse(data).data;
			const isOver = latest !== undefined && !['new', 'running', 'waiting'].includes(latest.status);
			if (isOver && this.lastExecution.get(workflowId) !== latest.id) {
				this.lastExecution.set(workflowId, latest.id);
				const times = Object.entries(latest.data.resultData.runData).map(([node, runs]) => {
					const ms = runs.reduce((sum, { executionTime }) => sum + executionTime, 0);
					return [node, ms / 1000] as const;
				});
				return { status: latest.status, nodeSeconds: new Map(times) };
			}
			if (Date.now() > deadline) throw new Error(`n8n has not noted how ${workflowId} ended`);
			await wait(LOOK_MS);
		}
	}
}
