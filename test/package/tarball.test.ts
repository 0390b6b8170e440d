/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../../playground/src/places';
import { expectedFiles, filesIn, packAndUnpack, scan } from '../../release/tarball';

let folder: string;
let unpacked: string;

beforeAll(async () => {
	folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-package-'));
	unpacked = await packAndUnpack(folder);
});

afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});

test('the package contains the compiled node, its assets, the README and the license, and nothing else (run npm run build first)', async () => {
	expect((await filesIn(unpacked)).sort()).toEqual((await expectedFiles()).sort());
});

test('n8n’s package scanner finds no problem in the sources or in the package', async () => {
	expect(await scan(REPOSITORY, unpacked)).toEqual({
		sources: { passed: true },
		tarball: { passed: true },
	});
}, 60_000);

test('n8n’s package scanner reports what it finds', async () => {
	const planted = path.join(folder, 'planted');
	await mkdir(path.join(planted, 'dist'), { recursive: true });
	await writeFile(path.join(planted, 'dist', 'a.js'), "console.log(require('fs'));\n");
	const { tarball } = await scan(REPOSITORY, planted);
	expect(tarball.passed).toBe(false);
	expect(tarball.details).toMatch(/a\.js[^]*no-console/);
}, 60_000);
