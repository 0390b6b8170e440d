/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { N8nClient } from './n8nClient';
import { type N8nProcess, startN8n } from './n8nProcess';
import { installNodePackage } from './nodePackage';
import { OWNER } from './startPlayground';

const ANY_PORT = 0;

/** How to start n8n in queue mode. */
export interface QueueModeOptions {
	/** The main process and each worker keep their state in their own folder below this one. */
	folder: string;
	/** The packed node, from `packNodePackage`. */
	tarball: string;
	/** Environment variables with the addresses of Redis and the database. */
	settings: Readonly<Record<string, string>>;
}

/** A process that takes executions from the queue. */
export interface QueueWorker extends N8nProcess {
	/** Its working directory, where it keeps its state. */
	readonly userFolder: string;
}

/** An n8n in queue mode, signed in, without workers at first. */
export interface QueueMode {
	readonly main: N8nProcess;
	readonly client: N8nClient;
	/**
	 * Starts another worker and waits until it accepts executions.
	 *
	 * @param concurrency how many executions it runs at once
	 */
	startWorker(concurrency: number): Promise<QueueWorker>;
	/** Stops the main process and all workers, including those that are starting; resolves when all have ended. */
	stop(): Promise<void>;
}

/**
 * Starts the main process of an n8n in queue mode. As if they were on different machines, main process and
 * workers share only the encryption key, Redis and the database.
 *
 * @throws {Error} if it does not start; then nothing is left running
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
