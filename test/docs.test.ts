/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { operationPages } from '../docs/operationPages';

const FOLDER = path.join(__dirname, '..', 'docs', 'operations');

test('the pages of the operations match the node (npm run docs updates them)', async () => {
	const written = await Promise.all(
		(await readdir(FOLDER)).map(
			async (file) => [file, await readFile(path.join(FOLDER, file), 'utf8')] as const,
		),
	);
	expect(new Map(written)).toEqual(await operationPages());
});

/** The texts in the node's source, with … for each variable part. */
async function saidByNode(): Promise<string> {
	const nodes = path.join(__dirname, '..', 'nodes');
	const files = (await readdir(nodes, { recursive: true })).filter((file) => file.endsWith('.ts'));
	const sources = await Promise.all(
		files.map(async (file) => await readFile(path.join(nodes, file), 'utf8')),
	);
	return sources.join('\n').replaceAll(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, '…');
}

test.each([
	['troubleshooting.md', /^\| ([^|]+?) +\|/gm, 30],
	['fr/depannage.md', /^\| `([A-Z][^`|]* [^`|]*)` +\|/gm, 5],
] as const)(
	'each message on the page %s is one that the node can give',
	async (file, rows, least) => {
		const said = await saidByNode();
		const page = await readFile(path.join(__dirname, '..', 'docs', file), 'utf8');
		const messages = [...page.matchAll(rows)].flatMap(([, message]) => message ?? []);
		const pieces = messages
			.filter((message) => !/^(the message (begins with|contains)|-+)$/i.test(message))
			.map((message) => ({ message, parts: message.split('…') }));
		expect(pieces.length).toBeGreaterThan(least);
		expect(
			pieces.filter(({ parts }) => !parts.every((part) => said.includes(part.trim()))),
		).toEqual([]);
	},
);
