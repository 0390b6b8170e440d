/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { VERSIONS } from '../n8n-versions/versions';
import { REPOSITORY } from '../playground/src/places';
import { runCommand } from '../playground/src/processGroup';
import type { Facts } from './problems';
import { expectedFiles, filesIn, packAndUnpack, scan } from './tarball';

const MAY_NAME_THE_REPOSITORY = /(?:^|\/)(?:[^/]+\.(?:ts|md|yml|json)|CODEOWNERS)$/;

const manifest = z.object({
	name: z.string(),
	version: z.string(),
	author: z.object({ name: z.string(), email: z.string() }),
	homepage: z.string(),
	bugs: z.object({ url: z.string() }),
	repository: z.object({ url: z.string() }),
});
const lock = z.object({ version: z.string() });

async function text(file: string): Promise<string> {
	return await readFile(path.join(REPOSITORY, file), 'utf8');
}

async function git(...args: readonly string[]): Promise<string[]> {
	const printed = await runCommand('git', args, { cwd: REPOSITORY });
	return printed.split('\n').filter((line) => line !== '');
}

async function filesOfTheRepository(): Promise<Record<string, string>> {
	const tracked = (await git('ls-files')).filter(
		(file) => MAY_NAME_THE_REPOSITORY.test(file) && !file.endsWith('package-lock.json'),
	);
	const read = async (file: string): Promise<[string, string]> => [file, await text(file)];
	return Object.fromEntries(await Promise.all(tracked.map(read)));
}

/** The facts in the repository. */
export async function readRepository(): Promise<
	Omit<Facts, 'tag' | 'packed' | 'expected' | 'scans'>
> {
	return {
		manifest: manifest.parse(JSON.parse(await text('package.json'))),
		lockVersion: lock.parse(JSON.parse(await text('package-lock.json'))).version,
		changelog: await text('CHANGELOG.md'),
		readme: await text('README.md'),
		testedIn: VERSIONS.map(({ n8n }) => n8n),
		remote: (await git('remote', 'get-url', 'origin').catch(() => []))[0],
		uncommitted: (await git('status', '--porcelain')).map((line) => line.slice(3)),
		files: await filesOfTheRepository(),
	};
}

/** The files that would be published from `dist`, and the results of n8n's scanner. */
export async function readPackage(): Promise<Pick<Facts, 'packed' | 'expected' | 'scans'>> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-release-'));
	try {
		const unpacked = await packAndUnpack(folder);
		const { sources, tarball } = await scan(REPOSITORY, unpacked);
		return {
			packed: await filesIn(unpacked),
			expected: await expectedFiles(),
			scans: { 'the sources': sources, 'the tarball': tarball },
		};
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
