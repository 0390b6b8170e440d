/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { REPOSITORY } from './places';
import { runCommand } from './processGroup';

/** The package as npm and n8n know it. */
export const PACKAGE_NAME = 'n8n-nodes-affilae';
const packed = z.array(z.object({ filename: z.string() })).length(1);

/**
 * Compiles the node into `dist`.
 *
 * @throws {Error} with the compiler's last lines
 */
export async function buildNodePackage(signal?: AbortSignal): Promise<void> {
	await runCommand('npm', ['run', 'build'], { cwd: REPOSITORY, signal });
}

/**
 * Packs `dist` exactly as it would be published.
 *
 * @param folder an existing folder for the tarball
 * @param packageFolder the package to pack; default this one
 * @returns the tarball's path
 * @throws {Error} with npm's last lines
 */
export async function packNodePackage(
	folder: string,
	signal?: AbortSignal,
	packageFolder = REPOSITORY,
): Promise<string> {
	const answer: unknown = JSON.parse(
		await runCommand('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
			cwd: packageFolder,
			signal,
		}),
	);
	const [tarball] = packed.parse(answer);
	if (tarball === undefined) throw new Error('npm packed nothing');
	return path.join(folder, tarball.filename);
}

/** The folder of the installed node in n8n's user folder. */
export function installedIn(userFolder: string): string {
	return path.join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE_NAME);
}

/**
 * Unpacks the node where n8n installs community packages, so that its node types include the package's
 * name. There must be no `node_modules` in it: with a second copy of n8n-workflow, the node would behave
 * differently than for an operator.
 *
 * @throws {Error} if the tarball cannot be read
 */
export async function installNodePackage(
	tarball: string,
	userFolder: string,
	signal?: AbortSignal,
): Promise<void> {
	const target = installedIn(userFolder);
	await rm(target, { recursive: true, force: true });
	await mkdir(target, { recursive: true });
	await runCommand('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], {
		cwd: userFolder,
		signal,
	});
}
