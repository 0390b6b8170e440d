/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as prettier from 'prettier';
import { z } from 'zod';
import { N8N_COMMANDS, N8N_MODULES, REPOSITORY } from '../playground/src/places';
import { runCommand } from '../playground/src/processGroup';

/** A row of the page's table: the text of each cell. */
export interface Row {
	job: string;
	goal: string;
	http: string;
	plain: string;
	ours: string;
	overHttp: string;
	overPlain: string;
	met: string;
}

/** The cells of ways that were not measured. */
export const NOT_MEASURED = { http: '–', plain: '–', overHttp: '–', overPlain: '–' };

const END = '<!-- end of what was measured -->';

/** The median of a figure over all runs. */
export function medianOf<T>(runs: readonly T[], figure: (run: T) => number): number {
	const sorted = runs.map(figure).sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** A Markdown table with left-aligned or right-aligned cells. */
export function tableOf(
	heads: readonly string[],
	lines: ReadonlyArray<readonly string[]>,
	side: 'left' | 'right',
): string {
	const rule = heads.map(() => (side === 'left' ? '---' : '--:'));
	return [heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Describes the machine, and how busy it was in the minute before. */
export async function describeMachine(): Promise<string> {
	const manifest: unknown = JSON.parse(
		await readFile(path.join(N8N_MODULES, 'n8n', 'package.json'), 'utf8'),
	);
	const { version } = z.object({ version: z.string() }).parse(manifest);
	const node = path.join(N8N_COMMANDS, 'node');
	const nodeVersion = await runCommand(node, ['--version'], { cwd: N8N_MODULES });
	const memory = Math.round(os.totalmem() / 2 ** 30);
	return (
		`Measured on one machine with ${os.availableParallelism()} processor cores and ${memory} GiB of memory under ` +
		`${os.type()}, which all processes shared; n8n ${version} on Node.js ${nodeVersion.trim().slice(1)}, the rest on ` +
		`${process.versions.node}. The load average of the minute before was ${(os.loadavg()[0] ?? NaN).toFixed(1)}.`
	);
}

/**
 * Writes the results into a page of `docs`, between its two markers.
 *
 * @param command the command in the first marker
 * @throws {Error} if a marker is missing
 */
export async function writeInto(page: string, command: string, text: string): Promise<void> {
	const file = path.join(REPOSITORY, 'docs', page);
	const begin = `<!-- measured: ${command} writes this -->`;
	const before = await readFile(file, 'utf8');
	const [start, end] = [before.indexOf(begin), before.indexOf(END)];
	if (start < 0 || end < start) throw new Error(`${file} lacks one of the two markers`);
	const after = `${before.slice(0, start)}${begin}\n\n${text}\n\n${before.slice(end)}`;
	const style = { ...(await prettier.resolveConfig(file)), filepath: file };
	await writeFile(file, await prettier.format(after, style));
}
