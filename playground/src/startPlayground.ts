/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import getPort from 'get-port';
import { mkdir } from 'node:fs/promises';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';
import { ORDERS, TO_CHECK } from './dataTables';
import {
	type Example,
	readExamples,
	withCredentials,
	withRecentOrders,
	workflowIdOf,
} from './exampleWorkflows';
import { type CredentialReference, N8nClient, type Owner, type Workflow } from './n8nClient';
import { type N8nProcess, startN8n } from './n8nProcess';
import { installNodePackage } from './nodePackage';

const USUAL_N8N_PORT = 5678;
const USUAL_SANDBOX_PORT = 8787;
const LOOPBACK = '127.0.0.1';

/** The credential type of the package, and the name of its only credential in the playground. */
export const AFFILAE_CREDENTIAL = { type: 'affilaeApi', name: 'Affilae sandbox' };

/** The credential of the form in an example: whoever uploads a file signs in with it. */
export const FORM_CREDENTIAL = {
	type: 'httpBasicAuth',
	name: 'Returns form',
	data: { user: 'operator', password: 'Playground1' },
};

/** The owner of the playground's n8n. It listens on loopback only, so the password need not be secret. */
export const OWNER: Owner = {
	email: 'operator@playground.example',
	password: 'Playground1',
	firstName: 'Olive',
	lastName: 'Operator',
};

/** How to start a playground. */
export interface PlaygroundOptions {
	/** The folder for n8n's state; created if it does not exist. */
	userFolder: string;
	/** The packed node, from `packNodePackage`. */
	tarball: string;
	/** Options of the sandbox. Without a port, it uses a free one. */
	sandbox?: SandboxOptions;
	/** The port for n8n if it is free; 0 for any. */
	n8nPort?: number;
	/** Stops everything that was started when aborted. */
	signal?: AbortSignal | undefined;
}

/** A full n8n with the node, signed in, and a sandbox to which the stored credential leads. */
export interface Playground {
	n8n: N8nProcess & { client: N8nClient };
	sandbox: Sandbox;
	/** The stored credentials, by credential type. */
	credentials: Readonly<Record<string, CredentialReference>>;
	/** The stored examples. */
	examples: readonly Example[];
	/**
	 * Stores a workflow with credentials in its nodes.
	 *
	 * @param id replaces the workflow with this ID, if there is one
	 */
	store(id: string, workflow: Workflow): Promise<void>;
	/** Stops n8n and the sandbox; resolves when both have ended. */
	stop(): Promise<void>;
}

/**
 * Starts n8n and the sandbox on loopback, creates the owner or signs in, and stores the credentials, the data
 * tables and the examples. Another start with the same folder refreshes the credentials and the examples.
 *
 * @throws {Error} with the reason if a part does not start; then nothing is left running
 */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
	const { userFolder, tarball, signal } = options;
	await mkdir(userFolder, { recursive: true, mode: 0o700 });
	await installNodePackage(tarball, userFolder, signal);

	const sandbox = await createSandbox({
		port: await getPort({ port: USUAL_SANDBOX_PORT, host: LOOPBACK }),
		...options.sandbox,
	});
	await sandbox.start();
	let n8n: N8nProcess | undefined;
	const stop = async (): Promise<void> => {
		await Promise.all([n8n?.stop(), sandbox.stop()]);
	};
	try {
		n8n = await startN8n(userFolder, options.n8nPort ?? USUAL_N8N_PORT, signal);
		const client = new N8nClient(n8n.url);
		await client.signIn(OWNER);
		const credentials = {
			[AFFILAE_CREDENTIAL.type]: await client.saveCredential({
				...AFFILAE_CREDENTIAL,
				data: { token: sandbox.token, environment: 'custom', baseUrl: sandbox.url },
			}),
			[FORM_CREDENTIAL.type]: await client.saveCredential(FORM_CREDENTIAL),
		};
		for (const table of [TO_CHECK, ORDERS]) await client.saveDataTable(table);
		const nodeTypes = await client.nodeTypes();
		const store = async (id: string, workflow: Workflow): Promise<void> =>
			await client.saveWorkflow(id, withCredentials(workflow, nodeTypes, credentials));
		const examples = (await readExamples()).map(withRecentOrders);
		for (const { name, workflow } of examples) await store(workflowIdOf(name), workflow);
		signal?.throwIfAborted();
		return { n8n: { ...n8n, client }, sandbox, credentials, examples, store, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
