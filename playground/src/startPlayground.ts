/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import getPort from 'get-port';
import { mkdir } from 'node:fs/promises';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';
import { ORDERS, TO_CHECK } from './dataTables';
import { type Example, readExamples, withCredentials, workflowIdOf } from './exampleWorkflows';
import { type CredentialReference, N8nClient, type Owner, type Workflow } from './n8nClient';
import { type N8nProcess, startN8n } from './n8nProcess';
import { installNodePackage } from './nodePackage';

const USUAL_N8N_PORT = 5678;
const USUAL_SANDBOX_PORT = 8787;
const LOOPBACK = '127.0.0.1';

/** The credential type of the package, and what its one credential is called in the playground. */
export const AFFILAE_CREDENTIAL = { type: 'affilaeApi', name: 'Affilae sandbox' };

/** Who may upload a file in the form of an example: its credential type, name and data. */
export const FORM_CREDENTIAL = {
	type: 'httpBasicAuth',
	name: 'Returns form',
	data: { user: 'operator', password: 'Playground1' },
};

/** Who owns the playground's n8n. It listens on loopback only, so these need not be secret. */
export const OWNER: Owner = {
	email: 'operator@playground.example',
	password: 'Playground1',
	firstName: 'Olive',
	lastName: 'Operator',
};

/** What a playground is started with. */
export interface PlaygroundOptions {
	/** Where n8n keeps its state; created when it does not exist. */
	userFolder: string;
	/** The packed node, as `packNodePackage` gives it. */
	tarball: string;
	/** Options of the sandbox; a free port is found when none is named. */
	sandbox?: SandboxOptions;
	/** The port for n8n to take when it is free; 0 for any. */
	n8nPort?: number;
	/** Gives up, and ends what was started, when aborted. */
	signal?: AbortSignal | undefined;
}

/** A full n8n with the node, signed in, beside a sandbox that the stored credential leads to. */
export interface Playground {
	n8n: N8nProcess & { client: N8nClient };
	sandbox: Sandbox;
	/** The stored credentials, by credential type. */
	credentials: Readonly<Record<string, CredentialReference>>;
	/** The stored examples. */
	examples: readonly Example[];
	/**
	 * Stores a workflow with the credential at its nodes.
	 *
	 * @param id in place of the workflow that has it, if there is one.
	 */
	store(id: string, workflow: Workflow): Promise<void>;
	/** Ends n8n and the sandbox; resolves when both are gone. */
	stop(): Promise<void>;
}

/**
 * Starts n8n and the sandbox on loopback, signs the owner up or in, and stores the credentials,
 * the data tables and the examples. Doing it again with the same folder refreshes all of that.
 *
 * @throws {Error} when a part does not start, with the reason; nothing is left running then.
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
		const examples = await readExamples();
		for (const { name, workflow } of examples) await store(workflowIdOf(name), workflow);
		signal?.throwIfAborted();
		return { n8n: { ...n8n, client }, sandbox, credentials, examples, store, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
