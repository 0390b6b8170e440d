/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { packNodePackage } from '../../playground/src/nodePackage';
import { runCommand } from '../../playground/src/processGroup';

const REPOSITORY = path.join(__dirname, '..', '..');

let folder: string;
let unpacked: string;

beforeAll(async () => {
	folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-package-'));
	const tarball = await packNodePackage(folder);
	await runCommand('tar', ['-xzf', tarball, '-C', folder], { cwd: folder });
	unpacked = path.join(folder, 'package');
});

afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});

async function filesIn(parent: string): Promise<string[]> {
	const entries = await readdir(parent, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(parent, path.join(entry.parentPath, entry.name)));
}

/** What stands in `dist` for the files of a folder: each source compiled, each asset as it is. */
async function builtFrom(parent: string): Promise<string[]> {
	return (await filesIn(path.join(REPOSITORY, parent))).map((file) =>
		path.join('dist', parent, file.replace(/\.ts$/, '.js')),
	);
}

test('what is published is the compiled node, its assets, the README and the licence: run npm run build first', async () => {
	const expected = [
		'LICENSE.md',
		'README.md',
		'package.json',
		...(await builtFrom('credentials')),
		...(await builtFrom('nodes')),
	];
	expect((await filesIn(unpacked)).sort()).toEqual(expected.sort());
});

test('n8n’s package scanner finds nothing in the sources and nothing in what is published', async () => {
	// Jest sets NODE_ENV to "test", by which the scanner's rules take themselves for under test.
	const scan = `
		delete process.env.NODE_ENV;
		const { analyzePackage, SOURCE_FILE_PATTERNS } =
			await import('@n8n/scan-community-package/scanner/scanner.mjs');
		const sources = await analyzePackage(${JSON.stringify(REPOSITORY)}, SOURCE_FILE_PATTERNS);
		const published = await analyzePackage(${JSON.stringify(unpacked)}, ['**/*.js', 'package.json']);
		console.log(JSON.stringify({ sources, published }));
	`;
	const printed = await runCommand('node', ['--input-type=module', '--eval', scan], {
		cwd: REPOSITORY,
	});
	const found = z
		.object({ sources: z.unknown(), published: z.unknown() })
		.parse(JSON.parse(printed));
	expect(found).toEqual({ sources: { passed: true }, published: { passed: true } });
}, 60_000);
