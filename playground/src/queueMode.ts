/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { N8nClient } from './n8nClient';
import { type N8nProcess, startN8n } from './n8nProcess';
import { installNodePackage } from './nodePackage';
import { OWNER } from './startPlayground';

const ANY_PORT = 0;

/** What n8n in queue mode is started with. */
export interface QueueModeOptions {
	/** Where main and workers keep their state, each in a folder of its own. */
	folder: string;
	/** The packed node, as `packNodePackage` gives it. */
	tarball: string;
	/** Environment variables that say where Redis and the database are. */
	settings: Readonly<Record<string, string>>;
}

/** A process that takes executions from the queue. */
export interface QueueWorker extends N8nProcess {
	/** The folder that it was started in, and keeps its state in. */
	readonly userFolder: string;
}

/** An n8n in queue mode, signed in, that has no worker yet. */
export interface QueueMode {
	readonly main: N8nProcess;
	readonly client: N8nClient;
	/**
	 * Starts one more worker and waits until it takes executions.
	 *
	 * @param concurrency how many executions it carries out at once.
	 */
	startWorker(concurrency: number): Promise<QueueWorker>;
	/** Ends main and workers, those that are about to start too; resolves when all are gone. */
	stop(): Promise<void>;
}

/**
 * Starts the main process of an n8n in queue mode, as on a machine of its own: of each other, main
 * and workers know only the encryption key, Redis and the database.
 *
 * @throws {Error} when it does not start; nothing is left running then.
 */
export async function startQueueMode(options: QueueModeOptions): Promise<QueueMode> {
	const { folder, tarball, settings } = options;
	const shared = {
		EXECUTIONS_MODE: 'queue',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		...settings,
	};
	const ending = new AbortController();
	const begun: Array<Promise<QueueWorker>> = [];
	const start = async (name: string, command: string[]): Promise<QueueWorker> => {
		const userFolder = path.join(folder, name);
		await mkdir(userFolder, { recursive: true, mode: 0o700 });
		await installNodePackage(tarball, userFolder, ending.signal);
		const role = { command, settings: shared };
		return { ...(await startN8n(userFolder, ANY_PORT, ending.signal, role)), userFolder };
	};
	const begin = async (name: string, command: string[]): Promise<QueueWorker> => {
		const starting = start(name, command);
		begun.push(starting);
		return await starting;
	};
	const stop = async (): Promise<void> => {
		ending.abort();
		const processes = await Promise.allSettled(begun);
		await Promise.all(
			processes.map(async (one) => {
				if (one.status === 'fulfilled') await one.value.stop();
			}),
		);
	};

	const main = await begin('main', ['start']);
	try {
		const client = new N8nClient(main.url);
		await client.signIn(OWNER);
		return {
			main,
			client,
			startWorker: async (concurrency) =>
				await begin(`worker-${begun.length}`, ['worker', `--concurrency=${concurrency}`]),
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}
