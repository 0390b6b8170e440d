/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { operationPages } from '../docs/operationPages';

const FOLDER = path.join(__dirname, '..', 'docs', 'operations');

test('the pages on the operations say what the node says: npm run docs writes them anew', async () => {
	const written = await Promise.all(
		(await readdir(FOLDER)).map(
			async (file) => [file, await readFile(path.join(FOLDER, file), 'utf8')] as const,
		),
	);
	expect(new Map(written)).toEqual(await operationPages());
});
