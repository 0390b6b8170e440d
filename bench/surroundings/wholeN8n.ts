/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { mkdir } from 'node:fs/promises';
import { type CredentialReference, N8nClient, type Workflow } from '../../playground/src/n8nClient';
import { type N8nProcess, startN8n } from '../../playground/src/n8nProcess';
import { installNodePackage } from '../../playground/src/nodePackage';
import { AFFILAE_CREDENTIAL, OWNER } from '../../playground/src/startPlayground';
import { installCeilingNode } from '../ceiling/installCeilingNode';
import { findProcess, processorSeconds } from './processFigures';
import { type Noted, ProductionRuns } from './productionRuns';

const ANY_PORT = 0;
const N8N_SCRIPT = '/n8n/bin/n8n';

/** One execution of a published workflow. */
export interface Ran extends Noted {
	/** From the call of its webhook to the answer at its end. */
	wallSeconds: number;
	/** Processor time of n8n's process in between. */
	processorSeconds: number;
}

/** A whole n8n with the packed node and the ceiling's bare node in it. */
export class WholeN8n {
	/** The process id of n8n itself. */
	pid = 0;
	private process: N8nProcess | undefined;
	private client: N8nClient | undefined;
	private production: ProductionRuns | undefined;

	private constructor(private readonly userFolder: string) {}

	/**
	 * @param userFolder where it keeps its state; made when it is not there
	 * @param tarball the packed node
	 */
	static async start(userFolder: string, tarball: string): Promise<WholeN8n> {
		await mkdir(userFolder, { recursive: true, mode: 0o700 });
		await installNodePackage(tarball, userFolder);
		await installCeilingNode(userFolder);
		const n8n = new WholeN8n(userFolder);
		await n8n.restart();
		return n8n;
	}

	/** Starts it, or ends it and starts it anew, with what was stored before. */
	async restart(): Promise<void> {
		await this.stop();
		this.process = await startN8n(this.userFolder, ANY_PORT);
		this.pid = await findProcess(N8N_SCRIPT, this.userFolder);
		this.client = new N8nClient(this.process.url);
		await this.client.signIn(OWNER);
		this.production = await ProductionRuns.open(this.process.url, OWNER);
	}

	async stop(): Promise<void> {
		await this.process?.stop();
		this.process = undefined;
	}

	/** Stores the credential for a sandbox; the HTTP Request node may send it there too. */
	async storeCredential(baseUrl: string, token: string): Promise<CredentialReference> {
		return await running(this.client).saveCredential({
			...AFFILAE_CREDENTIAL,
			name: `Sandbox ${baseUrl}`,
			data: { token, environment: 'custom', baseUrl, allowedHttpRequestDomains: 'all' },
		});
	}

	/** Stores a workflow that begins with a webhook whose path is `id`, and publishes it. */
	async publish(id: string, workflow: Workflow): Promise<void> {
		await running(this.client).saveWorkflow(id, workflow);
		await running(this.production).publish(id);
	}

	/** Runs a published workflow that n8n notes the executions of. */
	async run(id: string, body: object): Promise<Ran> {
		const production = running(this.production);
		const usedBefore = await processorSeconds(this.pid);
		const startedAt = performance.now();
		await production.call(id, body);
		const wallSeconds = (performance.now() - startedAt) / 1000;
		const used = (await processorSeconds(this.pid)) - usedBefore;
		return { ...(await production.readLatest(id)), wallSeconds, processorSeconds: used };
	}

	/** Runs a published workflow. @returns what its webhook answers */
	async ask(id: string, body: object): Promise<unknown> {
		return await running(this.production).call(id, body);
	}
}

function running<T>(part: T | undefined): T {
	if (part === undefined) throw new Error('n8n is not running');
	return part;
}
