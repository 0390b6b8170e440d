/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * Checks all that can be checked before a version is published, and names each thing that is not as it
 * must be. `--tag v1.2.3` compares a tag too; `--notes FILE` writes what the changelog says about the version.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import colours from 'picocolors';
import { z } from 'zod';
import { VERSIONS } from '../n8n-versions/versions';
import { REPOSITORY } from '../playground/src/places';
import { runCommand } from '../playground/src/processGroup';
import { say } from '../playground/src/screen';
import { type Facts, notesFor, problemsIn } from './problems';
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

async function gather(tag: string | undefined): Promise<Facts> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-release-'));
	try {
		const unpacked = await packAndUnpack(folder);
		const { sources, tarball } = await scan(REPOSITORY, unpacked);
		return {
			tag,
			manifest: manifest.parse(JSON.parse(await text('package.json'))),
			lockVersion: lock.parse(JSON.parse(await text('package-lock.json'))).version,
			changelog: await text('CHANGELOG.md'),
			readme: await text('README.md'),
			testedIn: VERSIONS.map(({ n8n }) => n8n),
			remote: (await git('remote', 'get-url', 'origin').catch(() => []))[0],
			uncommitted: (await git('status', '--porcelain')).map((line) => line.slice(3)),
			files: await filesOfTheRepository(),
			packed: await filesIn(unpacked),
			expected: await expectedFiles(),
			scans: { 'the sources': sources, 'the tarball': tarball },
		};
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: { tag: { type: 'string' }, notes: { type: 'string' } },
	});
	const facts = await gather(values.tag);
	const { version } = facts.manifest;
	const problems = problemsIn(facts);
	for (const problem of problems) say(`${colours.red('✗')} ${problem}`);
	if (problems.length > 0) {
		say(`Version ${version} cannot be published yet.`);
		return 1;
	}
	if (values.notes !== undefined) {
		await writeFile(values.notes, `${notesFor(version, facts.changelog) ?? ''}\n`);
	}
	say(`${colours.green('✓')} Version ${version} can be published: its tag is v${version}.`);
	return 0;
}

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		say(colours.red(error instanceof Error ? error.message : String(error)));
		process.exitCode = 1;
	},
);
