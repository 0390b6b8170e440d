/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100;
/** Where user and system time stand in /proc/<pid>/stat, counted behind the command's name. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/**
 * Finds a process by its script and the folder that it runs in.
 *
 * @param scriptEnding how the second word of its command line ends
 * @throws {Error} unless there is exactly one
 */
export async function findProcess(scriptEnding: string, folder: string): Promise<number> {
	const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
	const found: number[] = [];
	for (const pid of all) {
		// Processes come and go while they are looked through.
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

/** The processor time that a process has used since it began, in seconds, to a hundredth. */
export async function processorSeconds(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
}

/** What a process holds in memory now, and the most it held since {@link forgetPeak}; in MiB. */
export async function memoryOf(pid: number): Promise<{ nowMiB: number; peakMiB: number }> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	const inMiB = (field: string) =>
		Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
	return { nowMiB: inMiB('VmRSS'), peakMiB: inMiB('VmHWM') };
}

/** Lets a process's peak of memory begin anew at what it holds now. */
export async function forgetPeak(pid: number): Promise<void> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
}
