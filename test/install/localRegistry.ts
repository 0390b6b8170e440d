/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import axios from 'axios';
import getPort from 'get-port';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installLocked } from '../../n8n-versions/lockedFolder';
import { N8N_COMMANDS, REPOSITORY } from '../../playground/src/places';
import { runCommand, startGroup } from '../../playground/src/processGroup';

const FOLDER = path.join(REPOSITORY, 'n8n-versions', 'registry');
const LOOPBACK = '127.0.0.1';
const LOOK_MS = 100;
const READY_WITHIN_MS = 60_000;

/** A registry on loopback with only the packages that were published to it. */
export interface LocalRegistry {
	/** Publishes a tarball, as the workflow `publish.yml` does. */
	publish(tarball: string): Promise<void>;
	/** Settings for an n8n whose npm must use this registry. */
	readonly settings: Readonly<Record<string, string>>;
	stop(): Promise<void>;
}

/**
 * Starts an empty registry.
 *
 * n8n passes npm's own registry to npm, and another one only with a license (`N8N_COMMUNITY_PACKAGES_REGISTRY`). So
 * the `npm` that n8n finds is a script that calls npm with another `--registry` at the end, which takes precedence.
 *
 * @param folder the folder for its packages
 * @throws {Error} if it does not respond within a minute
 */
export async function startLocalRegistry(folder: string): Promise<LocalRegistry> {
	await installLocked(FOLDER, 'Installing a registry');
	const port = await getPort({ host: LOOPBACK });
	const url = `http://${LOOPBACK}:${port}`;
	await mkdir(path.join(folder, 'bin'), { recursive: true });
	const config = path.join(folder, 'config.yaml');
	const everything = { '**': { access: '$all', publish: '$all' } };
	await writeFile(
		config,
		JSON.stringify({
			storage: path.join(folder, 'storage'),
			packages: everything,
			web: { enable: false },
			log: { type: 'stdout', format: 'pretty', level: 'warn' },
		}),
	);
	await writeFile(
		path.join(folder, 'bin', 'npm'),
		`#!/bin/sh\nPATH="\${PATH#*:}" exec npm "$@" --registry=${url}\n`,
		{ mode: 0o755 },
	);
	const said: string[] = [];
	const group = startGroup(
		path.join(N8N_COMMANDS, 'node'),
		[path.join(FOLDER, 'node_modules', 'verdaccio', 'bin', 'verdaccio'), '-c', config, '-l', url],
		{ cwd: folder, output: (line) => void said.push(line) },
	);
	const deadline = Date.now() + READY_WITHIN_MS;
	while (!(await isUp(url))) {
		if (Date.now() > deadline) {
			await group.stop();
			throw new Error(`The registry does not respond.\n${said.join('\n')}`);
		}
		await wait(LOOK_MS);
	}
	const cache = path.join(folder, 'cache');
	return {
		publish: async (tarball) => {
			// npm requires an account, but this registry accepts any.
			const account = `--//${LOOPBACK}:${port}/:_authToken=anybody`;
			await runCommand(
				'npm',
				['publish', tarball, '--ignore-scripts', '--registry', url, '--cache', cache, account],
				{ cwd: folder },
			);
		},
		settings: {
			PATH: [path.join(folder, 'bin'), N8N_COMMANDS, process.env['PATH'] ?? ''].join(
				path.delimiter,
			),
			npm_config_cache: cache,
		},
		stop: async () => await group.stop(),
	};
}

async function isUp(url: string): Promise<boolean> {
	return await axios
		.get(`${url}/-/ping`, { proxy: false })
		.then(() => true)
		.catch(() => false);
}
