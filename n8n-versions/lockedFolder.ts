/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../playground/src/processGroup';
import { showStep } from '../playground/src/screen';

/** Installs what the lock file of a folder names, without install scripts, unless it is installed already. */
export async function installLocked(folder: string, title: string): Promise<void> {
	const lock = path.join(folder, 'package-lock.json');
	const installed = path.join(folder, 'node_modules', '.installed-lock.json');
	if (existsSync(installed) && (await readFile(installed)).equals(await readFile(lock))) return;
	await showStep(title, async () => {
		// The prefix is needed because `npm run` passes its own folder to the commands that it runs.
		await runCommand('npm', ['ci', '--ignore-scripts', '--prefix', folder], { cwd: folder });
	});
	await copyFile(lock, installed);
}
