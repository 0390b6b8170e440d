/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import getPort from 'get-port';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startGroup } from '../../../playground/src/processGroup';

const LOOPBACK = '127.0.0.1';
const START_MS = 60_000;
const LOOK_MS = 100;

/** A Redis that leaves no data after it stops. */
export interface FreshRedis {
	/** Environment variables that connect n8n's queue to it. */
	settings: Record<string, string>;
	stop(): Promise<void>;
}

/**
 * Starts a Redis on loopback that stores nothing on disk.
 *
 * @throws {Error} if it is not installed or does not start.
 */
export async function startFreshRedis(): Promise<FreshRedis> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'redis-'));
	const port = await getPort({ host: LOOPBACK });
	const password = randomBytes(16).toString('hex');
	const file = path.join(folder, 'redis.conf');
	const config = {
		bind: LOOPBACK,
		port,
		dir: folder,
		requirepass: password,
		save: '""',
		appendonly: 'no',
	};
	const text = Object.entries(config).map(([name, value]) => `${name} ${value}\n`);
	await writeFile(file, text.join(''), { mode: 0o600 });

	const lines: string[] = [];
	const server = startGroup('redis-server', [file], {
		cwd: folder,
		output: (line) => lines.push(line),
	});
	const stop = async (): Promise<void> => {
		await server.stop();
		await rm(folder, { recursive: true, force: true });
	};
	let isOver = false;
	void server.ended.then(() => {
		isOver = true;
	});
	const deadline = Date.now() + START_MS;
	while (!lines.some((line) => line.includes('Ready to accept connections'))) {
		if (isOver || Date.now() > deadline) {
			await stop();
			const advice = 'Where it is missing, install the Debian package "redis-server".';
			throw new Error(['Redis did not start:', ...lines, advice].join('\n'));
		}
		await wait(LOOK_MS);
	}
	return {
		settings: {
			QUEUE_BULL_REDIS_HOST: LOOPBACK,
			QUEUE_BULL_REDIS_PORT: String(port),
			QUEUE_BULL_REDIS_PASSWORD: password,
		},
		stop,
	};
}
