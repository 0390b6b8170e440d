/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import axios from 'axios';
import getPort from 'get-port';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { N8N_COMMANDS, N8N_MODULES } from './places';
import { startGroup } from './processGroup';

const LOOPBACK = '127.0.0.1';
const ATTEMPTS = 3;
const READY_WITHIN_MS = 180_000;
const LOOK_MS = 250;
const ANSWER_WITHIN_MS = 2_000;
const LOG_TAIL_LINES = 20;
/** Modules of n8n that send requests to the internet when it starts. */
const MODULES_THAT_LOOK_UP = ['mcp-registry'];

/** A running n8n that responds to requests. */
export interface N8nProcess {
	/** The address of the editor, without a trailing slash. */
	readonly url: string;
	/** n8n's own log. */
	readonly logFile: string;
	/** Resolves when n8n has ended, with a message for the case that nobody stopped it. */
	readonly ended: Promise<string>;
	/** Stops n8n and its task runner; resolves when both have ended. */
	stop(): Promise<void>;
}

/** How a process of n8n differs from one that does everything itself. */
export interface N8nRole {
	/** n8n's command with its flags; default `start`. */
	command?: readonly string[];
	/** Environment variables that are added to the usual ones, or replace them. */
	settings?: Readonly<Record<string, string>>;
}

/**
 * Starts n8n on loopback and waits until it responds. It sends no telemetry, looks nothing up on the
 * internet, and inherits only N8N_DEV_RELOAD and N8N_EXPRESSION_ENGINE of this process's n8n settings.
 *
 * @param userFolder the folder for its state; created if it does not exist
 * @param usualPort the port to use if it is free; otherwise any other one. A worker in queue mode responds
 * there too, but only to say that it is ready
 * @throws {Error} with the last lines of n8n's log if it ends before it responds, or does not respond within
 * three minutes; also if `signal` is aborted
 */
export async function startN8n(
	userFolder: string,
	usualPort: number,
	signal?: AbortSignal,
	role: N8nRole = {},
): Promise<N8nProcess> {
	await mkdir(userFolder, { recursive: true, mode: 0o700 });
	for (let attempt = 1; ; attempt += 1) {
		const port = await getPort({ port: usualPort, host: LOOPBACK });
		const { n8n, lastWords } = await tryToStart(userFolder, port, signal, role);
		signal?.throwIfAborted();
		if (n8n !== undefined) return n8n;
		// Another program can take a free port before n8n does.
		if (attempt === ATTEMPTS || !/already in use|EADDRINUSE/.test(lastWords)) {
			throw new Error(`n8n did not start. ${lastWords}`);
		}
	}
}

async function tryToStart(
	userFolder: string,
	port: number,
	signal: AbortSignal | undefined,
	{ command = ['start'], settings = {} }: N8nRole,
): Promise<{ n8n: N8nProcess | undefined; lastWords: string }> {
	const url = `http://${LOOPBACK}:${port}`;
	const logFile = path.join(userFolder, 'n8n.log');
	const log = await open(logFile, 'w', 0o600);
	const group = startGroup(
		path.join(N8N_COMMANDS, 'node'),
		[path.join(N8N_MODULES, 'n8n', 'bin', 'n8n'), ...command],
		{
			// Not the repository: n8n reads a file named .env in its working directory.
			cwd: userFolder,
			env: { ...(await environment(userFolder, port)), ...settings },
			output: log.fd,
			signal,
		},
	);
	await log.close();
	const over = new AbortController();
	const ended = group.ended.then(async () => {
		over.abort();
		return `n8n ended unexpectedly. ${await lastWordsIn(logFile)}`;
	});
	if (await isReady(url, over.signal)) {
		return { n8n: { url, logFile, ended, stop: group.stop }, lastWords: '' };
	}
	await group.stop();
	return { n8n: undefined, lastWords: await lastWordsIn(logFile) };
}

/** Polls until n8n is ready; gives up after three minutes, or if `over` is aborted. */
async function isReady(url: string, over: AbortSignal): Promise<boolean> {
	const deadline = Date.now() + READY_WITHIN_MS;
	while (Date.now() < deadline && !over.aborted) {
		const status = await axios
			.get(`${url}/healthz/readiness`, {
				timeout: ANSWER_WITHIN_MS,
				proxy: false,
				validateStatus: () => true,
			})
			.then((response) => response.status)
			.catch(() => 0);
		if (status === 200) return !over.aborted;
		await wait(LOOK_MS);
	}
	return false;
}

async function environment(userFolder: string, port: number): Promise<NodeJS.ProcessEnv> {
	return {
		...inherited(),
		// n8n starts its task runner with the first `node` in PATH.
		PATH: [N8N_COMMANDS, process.env['PATH'] ?? ''].join(path.delimiter),
		N8N_USER_FOLDER: userFolder,
		N8N_ENCRYPTION_KEY: await encryptionKey(userFolder),
		N8N_LISTEN_ADDRESS: LOOPBACK,
		N8N_HOST: LOOPBACK,
		N8N_PORT: String(port),
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: LOOPBACK,
		N8N_RUNNERS_BROKER_PORT: String(await getPort({ host: LOOPBACK })),
		N8N_SECURE_COOKIE: 'false',
		GENERIC_TIMEZONE: 'Europe/Paris',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_DISABLED_MODULES: MODULES_THAT_LOOK_UP.filter(isModule).join(','),
	};
}

/** n8n does not start if it is told to disable a module that it does not have. */
function isModule(name: string): boolean {
	return existsSync(path.join(N8N_MODULES, 'n8n', 'dist', 'modules', name));
}

/** The variables that any program needs, and the n8n settings that are meant for the playground's n8n. */
function inherited(): NodeJS.ProcessEnv {
	const names = [
		...['HOME', 'USER', 'LANG', 'LC_ALL', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'],
		...['N8N_DEV_RELOAD', 'N8N_EXPRESSION_ENGINE'],
	];
	return Object.fromEntries(
		names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
	);
}

async function encryptionKey(userFolder: string): Promise<string> {
	const file = path.join(userFolder, 'encryption-key');
	try {
		return await readFile(file, 'utf8');
	} catch {
		const key = randomBytes(24).toString('hex');
		await writeFile(file, key, { mode: 0o600 });
		return key;
	}
}

async function lastWordsIn(logFile: string): Promise<string> {
	const lines = await readFile(logFile, 'utf8')
		.then((text) => text.trimEnd().split('\n'))
		.catch(() => []);
	return [`The last lines of ${logFile}:`, ...lines.slice(-LOG_TAIL_LINES)].join('\n');
}
