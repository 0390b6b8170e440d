/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packNodePackage } from '../playground/src/nodePackage';
import { REPOSITORY } from '../playground/src/places';
import { runCommand } from '../playground/src/processGroup';
import type { Scan } from './problems';

const verdict = z.object({
	passed: z.boolean(),
	message: z.string().optional(),
	details: z.string().optional(),
});

/**
 * Packs `dist` as it would be published, and unpacks it.
 *
 * @param folder an existing folder for the tarball.
 * @returns the folder with the unpacked files.
 */
export async function packAndUnpack(folder: string): Promise<string> {
	const unpacked = path.join(folder, 'package');
	await mkdir(unpacked, { recursive: true });
	const tarball = await packNodePackage(folder);
	await runCommand('tar', ['-xzf', tarball, '-C', folder], { cwd: folder });
	return unpacked;
}

/** Each file below a folder, by its path in it. */
export async function filesIn(parent: string): Promise<string[]> {
	const entries = await readdir(parent, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(parent, path.join(entry.parentPath, entry.name)));
}

/** The files that the tarball must contain: the compiled node, its assets, README and license. */
export async function expectedFiles(): Promise<string[]> {
	const built = async (parent: string): Promise<string[]> =>
		(await filesIn(path.join(REPOSITORY, parent))).map((file) =>
			path.join('dist', parent, file.replace(/\.ts$/, '.js')),
		);
	return [
		'LICENSE.md',
		'README.md',
		'package.json',
		...(await built('credentials')),
		...(await built('nodes')),
	];
}

/** Runs n8n's scanner on a folder with sources, and on an unpacked tarball. */
export async function scan(
	sources: string,
	tarball: string,
): Promise<{ sources: Scan; tarball: Scan }> {
	// Jest sets NODE_ENV to "test", which makes the scanner's rules run in test mode.
	const script = `
		delete process.env.NODE_ENV;
		const { analyzePackage, SOURCE_FILE_PATTERNS } =
			await import('@n8n/scan-community-package/scanner/scanner.mjs');
		const sources = await analyzePackage(${JSON.stringify(sources)}, SOURCE_FILE_PATTERNS);
		const tarball = await analyzePackage(${JSON.stringify(tarball)}, ['**/*.js', 'package.json']);
		console.log(JSON.stringify({ sources, tarball }));
	`;
	const printed = await runCommand('node', ['--input-type=module', '--eval', script], {
		cwd: REPOSITORY,
	});
	return z.object({ sources: verdict, tarball: verdict }).parse(JSON.parse(printed));
}
