/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** Writes the pages that are generated from the node's description: `npm run docs`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { operationPages } from './operationPages';

const FOLDER = path.join(__dirname, 'operations');

async function main(): Promise<void> {
	const pages = await operationPages();
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FOLDER);
	for (const [file, text] of pages) await writeFile(path.join(FOLDER, file), text);
}

void main();
