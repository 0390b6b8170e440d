/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * Finds a process by its script and its working directory.
 *
 * @param scriptEnding the end of the second word of its command line
 * @throws {Error} unless there is exactly one
 */
export async function findProcess(scriptEnding: string, folder: string): Promise<number> {
	const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
	const found: number[] = [];
	for (const pid of all) {
		// Processes may end during the search.
		const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
		const [, script = ''] = commandLine.split('\0');
		if (!script.endsWith(scriptEnding)) continue;
		const runsIn = await readlink(`/proc/${pid}/cwd`).catch(() => '');
		if (runsIn === folder) found.push(Number(pid));
	}
	const [only] = found;
	if (only === undefined || found.length > 1) {
		throw new Error(`${found.length} processes run ${scriptEnding} in ${folder}, not one`);
	}
	return only;
}
