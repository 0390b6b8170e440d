/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { N8N_FOLDER, N8N_MODULES } from './places';
import { runCommand } from './processGroup';
import type { Tell } from './screen';

const LOOK_MS = 1_000;
const STAMP = path.join(N8N_MODULES, '.playground-stamp');
/** The only two packages whose install scripts are needed: the database driver and n8n's Node.js. */
const TO_BUILD = ['sqlite3', 'node'];

const lockFile = z.object({
	packages: z.record(
		z.object({ os: z.array(z.string()).optional(), cpu: z.array(z.string()).optional() }),
	),
});

/** Whether the n8n of the lock file is installed. */
export async function isN8nInstalled(): Promise<boolean> {
	if (!existsSync(STAMP)) return false;
	return (await readFile(STAMP, 'utf8')) === (await stamp());
}

/**
 * Installs n8n from `playground/package-lock.json`, including its native parts. If it was interrupted, the
 * next call starts again from the beginning.
 *
 * @param tell receives the progress once a second
 * @throws {Error} with npm's last lines if npm fails, and if `signal` is aborted
 */
export async function installN8n(tell: Tell, signal?: AbortSignal): Promise<void> {
	// npm creates all folders at once and fills them one by one.
	const marks = (await packageFolders()).map((folder) =>
		path.join(N8N_FOLDER, folder, 'package.json'),
	);
	const look = setInterval(() => {
		const present = marks.filter((mark) => existsSync(mark)).length;
		tell(
			present === 0
				? 'querying the registry'
				: `${present.toLocaleString('en')} of ${marks.length.toLocaleString('en')} packages`,
		);
	}, LOOK_MS);
	try {
		await npm(['ci', '--no-audit', '--no-fund'], signal);
	} finally {
		clearInterval(look);
	}
	tell('building the database driver');
	await npm(['rebuild', ...TO_BUILD, '--ignore-scripts=false'], signal);
	await writeFile(STAMP, await stamp());
}

async function npm(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
	await runCommand('npm', args, { cwd: N8N_FOLDER, env: environmentForNpm(), signal });
}

/** Without the variables that an outer `npm start` sets for its own package. */
function environmentForNpm(): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(process.env).filter(
			([name]) => !/^npm_(package|lifecycle|command|config_(local_)?prefix)/.test(name),
		),
	);
}

/** The folders of the packages for this machine, relative to n8n's folder. */
async function packageFolders(): Promise<string[]> {
	const lock: unknown = JSON.parse(
		await readFile(path.join(N8N_FOLDER, 'package-lock.json'), 'utf8'),
	);
	const isForHere = (wanted: string[] | undefined, here: string): boolean =>
		wanted === undefined || wanted.includes(here);
	return Object.entries(lockFile.parse(lock).packages)
		.filter(
			([folder, { os, cpu }]) =>
				folder !== '' && isForHere(os, process.platform) && isForHere(cpu, process.arch),
		)
		.map(([folder]) => folder);
}

async function stamp(): Promise<string> {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
		hash.update(await readFile(path.join(N8N_FOLDER, file)));
	}
	return `${process.platform} ${process.arch} ${hash.digest('hex')}\n`;
}
