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
/** Parts of n8n that ask the internet for something when it starts. */
const MODULES_THAT_LOOK_UP = ['mcp-registry'];

/** A full n8n that answers requests. */
export interface N8nProcess {
	/** Where the editor is, without a slash at the end. */
	readonly url: string;
	/** What n8n itself writes. */
	readonly logFile: string;
	/** Settles when n8n is over, with words for a person in case it was not stopped. */
	readonly ended: Promise<string>;
	/** Ends n8n and its task runner; resolves when both are gone. */
	stop(): Promise<void>;
}

/** What sets a process of n8n apart from one that does everything by itself. */
export interface N8nRole {
	/** n8n's command and its flags; default `start`. */
	command?: readonly string[];
	/** Environment variables of n8n, beside and in place of the usual ones. */
	settings?: Readonly<Record<string, string>>;
}

/**
 * Starts n8n on loopback and waits until it answers. It reports to nobody, looks nothing up on the
 * internet, and sees nothing of this process's own n8n settings but N8N_DEV_RELOAD and N8N_EXPRESSION_ENGINE.
 *
 * @param userFolder its state; created when it does not exist.
 * @param usualPort the port to take when it is free; any other one when not. A worker of the queue
 * mode answers there too, but only that it is ready.
 * @throws {Error} with the last lines of n8n's log when it ends before it answers, or does not
 * answer within three minutes; and when `signal` is aborted.
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
			throw new Error(`n8n did not get ready. ${lastWords}`);
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
			// Not the repository: n8n reads a file called .env where it is started.
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
		return `n8n has ended by itself. ${await lastWordsIn(logFile)}`;
	});
	if (await isReady(url, over.signal)) {
		return { n8n: { url, logFile, ended, stop: group.stop }, lastWords: '' };
	}
	await group.stop();
	return { n8n: undefined, lastWords: await lastWordsIn(logFile) };
}

/** Asks until n8n answers that it is ready; gives up after three minutes, and when `over`. */
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
		// n8n starts its task runner with the first `node` that it finds.
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

/** n8n does not start when it is told to leave out a module that it does not have. */
function isModule(name: string): boolean {
	return existsSync(path.join(N8N_MODULES, 'n8n', 'dist', 'modules', name));
}

/** What a program needs of its surroundings, and of the settings of n8n those that are meant for this one. */
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
