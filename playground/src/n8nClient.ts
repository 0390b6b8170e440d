/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import axios, { type AxiosInstance } from 'axios';
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { DataTable } from './dataTables';

const LOOK_MS = 100;
const REQUEST_TIMEOUT_MS = 60_000;
const API_KEY_LABEL = 'Playground';

/** The owner of an n8n, who signs in. */
export interface Owner {
	email: string;
	password: string;
	firstName: string;
	lastName: string;
}

/** A credential to store; `data` contains its fields, unencrypted. */
export interface NewCredential {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** How a node refers to a stored credential. */
export interface CredentialReference {
	id: string;
	name: string;
}

const nodeSchema = z
	.object({
		name: z.string(),
		type: z.string(),
		credentials: z.record(z.object({ id: z.string().nullish(), name: z.string() })).optional(),
	})
	.passthrough();

/** A workflow as n8n exports and imports it. */
export const workflowSchema = z
	.object({
		id: z.string().optional(),
		name: z.string(),
		nodes: z.array(nodeSchema),
		connections: z.record(z.unknown()),
		settings: z.record(z.unknown()).optional(),
		pinData: z.record(z.array(z.object({ json: z.record(z.unknown()) }).passthrough())).optional(),
	})
	.passthrough();
export type Workflow = z.infer<typeof workflowSchema>;

const nodeTypeSchema = z
	.object({
		name: z.string(),
		version: z.number().or(z.array(z.number())),
		credentials: z.array(z.object({ name: z.string() })).optional(),
	})
	.passthrough();
/** A node type that n8n has loaded, with the credential types that it can use. */
export type NodeType = z.infer<typeof nodeTypeSchema>;

const credentialTestSchema = z.object({ status: z.enum(['OK', 'Error']), message: z.string() });
/** The result of a credential test. */
export type CredentialTest = z.infer<typeof credentialTestSchema>;

const pickerPageSchema = z.object({
	results: z.array(
		z.object({ name: z.string(), value: z.string().or(z.number()), url: z.string().optional() }),
	),
	paginationToken: z.unknown(),
});
/** One page of a From List picker. */
export type PickerPage = z.infer<typeof pickerPageSchema>;

const publicationSchema = z.object({
	status: z.enum(['in_progress', 'not_published', 'published', 'partial', 'failed']),
	triggers: z.array(z.object({ errorMessage: z.string().nullable() })),
});
/** Whether the triggers of a workflow are running. */
export interface Publication {
	status: z.infer<typeof publicationSchema>['status'];
	/** The messages of those that are not. */
	errors: string[];
}

const communityPackageSchema = z.object({
	packageName: z.string(),
	installedVersion: z.string(),
	updateAvailable: z.string().optional(),
});
/** A package as n8n shows it in Settings > Community Nodes. */
export type CommunityPackage = z.infer<typeof communityPackageSchema>;

const itemSchema = z.object({ json: z.record(z.unknown()) });
/** A failure as n8n records it. */
const failureSchema = z
	// If the node type is not installed, n8n records no message.
	.object({ message: z.string().default(''), description: z.string().nullish() })
	.passthrough();
const nodeRunSchema = z.object({
	executionStatus: z.string().optional(),
	error: failureSchema.optional(),
	hints: z.array(z.object({ message: z.string() }).passthrough()).optional(),
	data: z
		.object({ main: z.array(z.array(itemSchema).nullable()) })
		.partial()
		.optional(),
});
const executionSchema = z.object({
	id: z.coerce.string(),
	status: z.string(),
	data: z.object({
		resultData: z.object({
			runData: z.record(z.array(nodeRunSchema)).default({}),
			error: failureSchema.optional(),
		}),
	}),
});

/** One run of a node: its items by output (0 is the first), its hints and its error. */
export interface NodeRun {
	outputs: Array<Array<Record<string, unknown>>>;
	hints: string[];
	error: z.infer<typeof failureSchema> | undefined;
}

/** A finished execution. */
export interface Execution {
	id: string;
	/** n8n's final status, such as `success` or `error`. */
	status: string;
	/** Why it failed. */
	error: z.infer<typeof failureSchema> | undefined;
	/** The runs of each node that ran, by node name. */
	runs: ReadonlyMap<string, readonly NodeRun[]>;
	/** The items of all runs of a node on one of its outputs; empty if it never ran. */
	items(node: string, output?: number): Array<Record<string, unknown>>;
}

/** n8n rejected a request. */
class N8nRejected extends Error {
	constructor(
		readonly status: number,
		request: string,
		message: string,
	) {
		super(`n8n answered ${request} with ${status}: ${message}`);
		this.name = 'N8nRejected';
	}
}

/**
 * Drives n8n through the API of its editor. Every method throws {@link N8nRejected} if n8n rejects a request,
 * and a `ZodError` if a response has an unknown shape.
 */
export class N8nClient {
	private readonly http: AxiosInstance;
	private cookie: string | undefined;
	private apiKey: string | undefined;
	/** n8n's own IDs of workflows, by the IDs with which they were stored. */
	private readonly ownIds = new Map<string, string>();

	/** @param url n8n's address, without a trailing slash */
	constructor(url: string) {
		this.http = axios.create({
			baseURL: url,
			// n8n may close an idle connection just as the next request is sent.
			httpAgent: new Agent({ keepAlive: false }),
			timeout: REQUEST_TIMEOUT_MS,
			proxy: false,
			maxBodyLength: Infinity,
			validateStatus: () => true,
		});
	}

	/** Creates the owner of a new n8n, or signs in as the existing owner. */
	async signIn({ email, password, firstName, lastName }: Owner): Promise<void> {
		const settings = dataOf(
			z.object({ userManagement: z.object({ showSetupOnFirstLoad: z.boolean() }) }),
		).parse(await this.settings()).data;
		if (settings.userManagement.showSetupOnFirstLoad) {
			await this.send('POST', '/rest/owner/setup', { email, password, firstName, lastName });
		} else {
			await this.send('POST', '/rest/login', { emailOrLdapLoginId: email, password });
		}
		this.apiKey = undefined;
	}

	/** n8n 1.x reports that it is ready a few seconds before this route exists. */
	private async settings(): Promise<unknown> {
		const deadline = Date.now() + REQUEST_TIMEOUT_MS;
		for (;;) {
			try {
				return await this.send('GET', '/rest/settings');
			} catch (error) {
				const isEarly = error instanceof N8nRejected && error.status === 404;
				if (!isEarly || Date.now() > deadline) throw error;
				await wait(LOOK_MS);
			}
		}
	}

	/** All node types that n8n has loaded. */
	async nodeTypes(): Promise<NodeType[]> {
		const deadline = Date.now() + REQUEST_TIMEOUT_MS;
		for (;;) {
			const answer = await this.send('GET', '/types/nodes.json');
			// n8n rewrites this file after a package is installed or removed: meanwhile it is not valid JSON.
			if (typeof answer !== 'string' || Date.now() > deadline) {
				return z.array(nodeTypeSchema).parse(answer);
			}
			await wait(LOOK_MS);
		}
	}

	/** Stores a credential, and replaces one with the same type and name. */
	async saveCredential({ name, type, data }: NewCredential): Promise<CredentialReference> {
		const stored = dataOf(
			z.array(z.object({ id: z.string(), name: z.string(), type: z.string() })),
		).parse(await this.send('GET', '/rest/credentials')).data;
		const same = stored.find((credential) => credential.type === type && credential.name === name);
		const answer =
			same === undefined
				? await this.send('POST', '/rest/credentials', { name, type, data })
				: await this.send('PATCH', `/rest/credentials/${same.id}`, { name, type, data });
		const { id } = dataOf(z.object({ id: z.string() })).parse(answer).data;
		return { id, name };
	}

	/** Stores a credential and tests it, as the editor does. */
	async testCredential(credential: NewCredential): Promise<CredentialTest> {
		const credentials = { ...credential, ...(await this.saveCredential(credential)) };
		return dataOf(credentialTestSchema).parse(
			await this.send('POST', '/rest/credentials/test', { credentials }),
		).data;
	}

	/** Creates a data table in the owner's personal project, unless there is one with that name; returns its ID. */
	async saveDataTable({ name, columns }: DataTable): Promise<string> {
		const { tables, path } = await this.dataTables();
		const same = tables.find((table) => table.name === name)?.id;
		if (same !== undefined) return same;
		const answer = await this.send('POST', path, { name, columns });
		return dataOf(z.object({ id: z.string() })).parse(answer).data.id;
	}

	/** The rows of a data table, 100 at most; none if there is no such table. */
	async rowsOf(table: string): Promise<Array<Record<string, unknown>>> {
		const { tables, path } = await this.dataTables();
		const id = tables.find(({ name }) => name === table)?.id;
		if (id === undefined) return [];
		const rows = dataOf(z.object({ data: z.array(z.record(z.unknown())) }));
		return rows.parse(await this.send('GET', `${path}/${id}/rows?take=100`)).data.data;
	}

	/** Adds a row to a data table, as a person does in the editor. */
	async addRow(table: string, row: Record<string, unknown>): Promise<void> {
		const { tables, path } = await this.dataTables();
		const id = tables.find(({ name }) => name === table)?.id;
		if (id === undefined) throw new Error(`There is no data table "${table}"`);
		await this.send('POST', `${path}/${id}/insert`, { data: [row], returnType: 'count' });
	}

	/** Deletes a data table with its rows, if there is one with that name. */
	async deleteDataTable(table: string): Promise<void> {
		const { tables, path } = await this.dataTables();
		const id = tables.find(({ name }) => name === table)?.id;
		if (id !== undefined) await this.send('DELETE', `${path}/${id}`);
	}

	private async dataTables(): Promise<{
		path: string;
		tables: Array<{ id: string; name: string }>;
	}> {
		const project = dataOf(z.object({ id: z.string() })).parse(
			await this.send('GET', '/rest/projects/personal'),
		).data.id;
		const path = `/rest/projects/${project}/data-tables`;
		const tables = dataOf(
			z.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) }),
		).parse(await this.send('GET', path)).data.data;
		return { path, tables };
	}

	/** Stores a workflow, and replaces one with the same ID. */
	async saveWorkflow(id: string, workflow: Workflow): Promise<void> {
		const ownId = await this.findOwnId(id);
		if (ownId === undefined) {
			const answer = await this.send('POST', '/rest/workflows', {
				...workflow,
				id,
				active: false,
			});
			const created = dataOf(z.object({ id: z.string() })).parse(answer).data.id;
			if (created !== id) {
				await this.send('PATCH', `/rest/workflows/${created}`, { description: id });
			}
			this.ownIds.set(id, created);
			return;
		}
		const { isArchived } = dataOf(z.object({ isArchived: z.boolean() })).parse(
			await this.send('GET', `/rest/workflows/${ownId}`),
		).data;
		if (isArchived) await this.send('POST', `/rest/workflows/${ownId}/unarchive`);
		await this.send('PATCH', `/rest/workflows/${ownId}?forceSave=true`, {
			...workflow,
			id: ownId,
		});
	}

	/**
	 * n8n's own ID of a stored workflow, such as in the address of its page. n8n 1.x chooses the ID itself;
	 * there, the description contains the ID with which the workflow was stored.
	 *
	 * @throws {Error} if there is no such workflow
	 */
	async ownIdOf(workflowId: string): Promise<string> {
		const ownId = await this.findOwnId(workflowId);
		if (ownId === undefined) throw new Error(`n8n has no workflow ${workflowId}`);
		return ownId;
	}

	private async findOwnId(id: string): Promise<string | undefined> {
		const known = this.ownIds.get(id);
		if (known !== undefined) return known;
		const stored = z
			.object({ data: z.array(z.object({ id: z.string(), description: z.string().nullish() })) })
			.parse(await this.send('GET', '/rest/workflows')).data;
		const found = stored.find((workflow) => workflow.id === id || workflow.description === id)?.id;
		if (found !== undefined) this.ownIds.set(id, found);
		return found;
	}

	/**
	 * Runs a stored workflow from one of its triggers, as the editor's button does, and waits for its end.
	 *
	 * @param timeoutMs how long it may take
	 * @throws {Error} also if it takes longer, or if `signal` is aborted
	 */
	async run(
		workflowId: string,
		trigger: string,
		{ timeoutMs = 300_000, signal }: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
	): Promise<Execution> {
		const answer = await this.startByHand(workflowId, trigger);
		const { executionId } = dataOf(z.object({ executionId: z.string() })).parse(answer).data;
		return await this.end(executionId, timeoutMs, signal);
	}

	/**
	 * Runs a stored workflow from its form: starts it as the editor's button does, then submits the form as
	 * a browser does.
	 *
	 * @param form the form's path, the values of its fields in order, and the user who submits it
	 * @throws {Error} also if no execution follows
	 */
	async runFromForm(
		workflowId: string,
		trigger: string,
		form: {
			path: string;
			fields: ReadonlyArray<string | { fileName: string; content: Uint8Array; type: string }>;
			user: { username: string; password: string };
		},
		timeoutMs = 300_000,
	): Promise<Execution> {
		const earlier = await this.latestExecution(workflowId);
		dataOf(z.object({ waitingForWebhook: z.literal(true) })).parse(
			await this.startByHand(workflowId, trigger),
		);
		const data = new FormData();
		form.fields.forEach((field, index) => {
			const name = `field-${index}`;
			if (typeof field === 'string') data.append(name, field);
			else data.append(name, new Blob([field.content], { type: field.type }), field.fileName);
		});
		const answer = await this.http.post<unknown>(`/form-test/${form.path}`, data, {
			auth: form.user,
		});
		if (answer.status >= 300) {
			throw new N8nRejected(answer.status, `POST /form-test/${form.path}`, String(answer.data));
		}
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const latest = await this.latestExecution(workflowId);
			if (latest !== undefined && latest !== earlier) return await this.end(latest, timeoutMs);
			if (Date.now() > deadline)
				throw new Error('No execution started after the form was submitted');
			await wait(LOOK_MS);
		}
	}

	/** n8n 1.x runs the workflow in the request; later versions ignore that and run the stored one. */
	private async startByHand(workflowId: string, trigger: string): Promise<unknown> {
		const { id, data } = await this.stored(workflowId);
		return await this.send('POST', `/rest/workflows/${id}/run`, {
			workflowData: data,
			triggerToStartFrom: { name: trigger },
		});
	}

	/** One page of a node's From List picker. */
	async pick(request: {
		node: string;
		version: number;
		/** The parameter, such as `program`. */
		parameter: string;
		/** The method of the node that fills it. */
		method: string;
		credentials: Record<string, CredentialReference>;
		/** The values of the node's other parameters. */
		parameters?: Record<string, unknown>;
		filter?: string;
		paginationToken?: string;
	}): Promise<PickerPage> {
		return dataOf(pickerPageSchema).parse(
			await this.send('POST', '/rest/dynamic-node-parameters/resource-locator-results', {
				path: `parameters.${request.parameter}`,
				methodName: request.method,
				nodeTypeAndVersion: { name: request.node, version: request.version },
				currentNodeParameters: request.parameters ?? {},
				credentials: request.credentials,
				filter: request.filter,
				paginationToken: request.paginationToken,
			}),
		).data;
	}

	/** Waits for the end of an execution. */
	private async end(
		executionId: string,
		timeoutMs: number,
		signal?: AbortSignal,
	): Promise<Execution> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			signal?.throwIfAborted();
			const { status } = z
				.object({ status: z.string() })
				.parse(await this.readExecutions(`/${executionId}`));
			if (!['new', 'running', 'waiting'].includes(status)) return await this.execution(executionId);
			if (Date.now() > deadline) {
				throw new Error(`The execution ${executionId} did not end within ${timeoutMs / 1000} s`);
			}
			await wait(LOOK_MS);
		}
	}

	/** The ID of a workflow's latest execution, whatever its status. */
	private async latestExecution(workflowId: string): Promise<string | undefined> {
		const { data } = z
			.object({ data: z.array(z.object({ id: z.coerce.string() })) })
			.parse(await this.readExecutions(`?workflowId=${await this.ownIdOf(workflowId)}&limit=1`));
		return data[0]?.id;
	}

	private async execution(id: string): Promise<Execution> {
		const parsed = executionSchema.parse(await this.readExecutions(`/${id}?includeData=true`));
		const { runData, error } = parsed.data.resultData;
		const runs = new Map(
			Object.entries(runData).map(([node, nodeRuns]) => [
				node,
				nodeRuns.map((nodeRun) => ({
					outputs: (nodeRun.data?.main ?? []).map((items) => (items ?? []).map(({ json }) => json)),
					hints: (nodeRun.hints ?? []).map(({ message }) => message),
					error: nodeRun.error,
				})),
			]),
		);
		return {
			id: parsed.id,
			status: parsed.status,
			error,
			runs,
			items: (node, output = 0) =>
				(runs.get(node) ?? []).flatMap(({ outputs }) => outputs[output] ?? []),
		};
	}

	/** Uses n8n's public API: the editor's API returns executions in a special format. */
	private async readExecutions(which: string): Promise<unknown> {
		this.apiKey ??= await this.newApiKey();
		return await this.send('GET', `/api/v1/executions${which}`);
	}

	/** n8n shows a key only once, so each start replaces the previous key. */
	private async newApiKey(): Promise<string> {
		const keys = z.array(z.object({ id: z.string(), label: z.string() }));
		// n8n 1.x returns the bare list.
		const { data } = dataOf(keys.or(z.object({ items: keys }))).parse(
			await this.send('GET', '/rest/api-keys'),
		);
		for (const { id, label } of 'items' in data ? data.items : data) {
			if (label === API_KEY_LABEL) await this.send('DELETE', `/rest/api-keys/${id}`);
		}
		const answer = await this.send('POST', '/rest/api-keys', {
			label: API_KEY_LABEL,
			scopes: ['execution:list', 'execution:read'],
			expiresAt: null,
		});
		return dataOf(z.object({ rawApiKey: z.string() })).parse(answer).data.rawApiKey;
	}

	private async send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) {
		const response = await this.http.request<unknown>({
			method,
			url: path,
			data: body,
			headers: {
				...(this.cookie === undefined ? {} : { Cookie: this.cookie }),
				...(this.apiKey === undefined ? {} : { 'X-N8N-API-KEY': this.apiKey }),
			},
		});
		const [cookie] = response.headers['set-cookie'] ?? [];
		if (cookie !== undefined) this.cookie = cookie.split(';')[0];
		if (response.status >= 300) {
			const rejection = z.object({ message: z.string() }).safeParse(response.data);
			throw new N8nRejected(
				response.status,
				`${method} ${path}`,
				rejection.success ? rejection.data.message : 'no message',
			);
		}
		return response.data;
	}

	/**
	 * Publishes a stored workflow as it is now, and waits until its triggers have started or failed: n8n starts
	 * them after it has responded.
	 *
	 * @throws {Error} also if that takes longer than `timeoutMs`
	 */
	async publish(workflowId: string, timeoutMs = 120_000): Promise<Publication> {
		const { id, data } = await this.stored(workflowId);
		const { versionId } = z.object({ versionId: z.string() }).parse(data);
		await this.send('POST', `/rest/workflows/${id}/activate`, { versionId });
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const publication = await this.publication(workflowId);
			if (!['in_progress', 'not_published'].includes(publication.status)) return publication;
			if (Date.now() > deadline) throw new Error(`${workflowId} is not published yet`);
			await wait(LOOK_MS);
		}
	}

	/** Whether the triggers of a workflow started when it was last published or n8n was last started. */
	async publication(workflowId: string): Promise<Publication> {
		const id = await this.ownIdOf(workflowId);
		try {
			const { status, triggers } = dataOf(publicationSchema).parse(
				await this.send('GET', `/rest/workflows/${id}/publication-status`),
			).data;
			const errors = triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
			return { status, errors };
		} catch (error) {
			if (error instanceof N8nRejected && error.status === 404) return await this.activation(id);
			throw error;
		}
	}

	/** The same for n8n 1.x, which only says whether a workflow is active, or why not. */
	private async activation(ownId: string): Promise<Publication> {
		const active = dataOf(z.array(z.string())).parse(
			await this.send('GET', '/rest/active-workflows'),
		).data;
		if (active.includes(ownId)) return { status: 'published', errors: [] };
		const error = dataOf(z.string().nullish()).parse(
			await this.send('GET', `/rest/active-workflows/error/${ownId}`),
		).data;
		return error ? { status: 'failed', errors: [error] } : { status: 'not_published', errors: [] };
	}

	/** The static data of a workflow, which n8n keeps from one execution to the next. */
	async staticData(workflowId: string): Promise<Record<string, unknown>> {
		const { data } = await this.stored(workflowId);
		const { staticData } = z.object({ staticData: z.record(z.unknown()).nullable() }).parse(data);
		return staticData ?? {};
	}

	/** A stored workflow as the editor receives it. */
	async workflow(workflowId: string): Promise<Workflow> {
		const { data } = await this.stored(workflowId);
		return workflowSchema.parse(data);
	}

	/** The packages listed in Settings > Community Nodes. */
	async communityPackages(): Promise<CommunityPackage[]> {
		return dataOf(z.array(communityPackageSchema)).parse(
			await this.send('GET', '/rest/community-packages'),
		).data;
	}

	/** Installs a version of a package from the registry, as Settings > Community Nodes does. */
	async installPackage(name: string, version: string): Promise<CommunityPackage> {
		return dataOf(communityPackageSchema).parse(
			await this.send('POST', '/rest/community-packages', { name, version }),
		).data;
	}

	/** Replaces the installed version with another one, as "Update" does there. */
	async updatePackage(name: string, version: string): Promise<CommunityPackage> {
		return dataOf(communityPackageSchema).parse(
			await this.send('PATCH', '/rest/community-packages', { name, version }),
		).data;
	}

	/** Removes a package, as "Uninstall" does there. */
	async removePackage(name: string): Promise<void> {
		await this.send('DELETE', `/rest/community-packages?name=${encodeURIComponent(name)}`);
	}

	/** A stored workflow as n8n returns it, with n8n's own ID. */
	private async stored(workflowId: string): Promise<{ id: string; data: unknown }> {
		const id = await this.ownIdOf(workflowId);
		const { data } = z
			.object({ data: z.unknown() })
			.parse(await this.send('GET', `/rest/workflows/${id}`));
		return { id, data };
	}

	/**
	 * The statuses of a workflow's executions by ID, oldest first: all that have not finished, and the latest
	 * 100 of the others.
	 */
	async statusesOf(workflowId: string): Promise<Map<string, string>> {
		const filter = JSON.stringify({ workflowId: await this.ownIdOf(workflowId) });
		const query = new URLSearchParams({ filter, limit: '100' });
		const { results } = dataOf(
			z.object({ results: z.array(z.object({ id: z.coerce.string(), status: z.string() })) }),
		).parse(await this.send('GET', `/rest/executions?${query.toString()}`)).data;
		return new Map(
			results
				.map(({ id, status }) => [id, status] as const)
				.sort(([a], [b]) => Number(a) - Number(b)),
		);
	}

	/** The latest executions of a workflow, 250 at most, oldest first, finished or not. */
	async executionsOf(workflowId: string): Promise<Execution[]> {
		const statuses = await this.statusesOf(workflowId);
		const { data } = z
			.object({ data: z.array(z.object({ id: z.coerce.string() })) })
			.parse(await this.readExecutions(`?workflowId=${await this.ownIdOf(workflowId)}&limit=250`));
		const ids = new Set(data.map(({ id }) => id));
		// The public list of n8n 1.x lacks waiting executions.
		for (const [id, status] of statuses) if (status === 'waiting') ids.add(id);
		const oldestFirst = [...ids].sort((a, b) => Number(a) - Number(b));
		return await Promise.all(oldestFirst.map(async (id) => await this.execution(id)));
	}
}

function dataOf<T extends z.ZodTypeAny>(schema: T) {
	return z.object({ data: schema });
}
