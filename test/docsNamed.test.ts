/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const REPOSITORY = path.join(__dirname, '..');
/** The address that n8n's editor uses to link to headings of the README. */
const README_ONLINE = 'https://github.com/n8n-nodes-affilae/n8n-nodes-affilae#';
const NOT_OF_THE_REPOSITORY = /^(?:node_modules|dist|coverage|\.git)$/;
/** Created by n8n or a build: not part of the repository. */
const MADE_ELSEWHERE = /node_modules|^dist\//;

const NPM_ITSELF = [
	...['ci', 'install', 'audit', 'version', 'view'],
	...['login', 'publish', 'trust', 'unpublish', 'deprecate'],
];
const { scripts } = z
	.object({ scripts: z.record(z.string()) })
	.parse(JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')));

const paths = pathsBelow('');
const pages = paths.filter((file) =>
	/^(?:[^/]+|(?:docs|examples|playground|sandbox)\/.+)\.md$/.test(file),
);

/** Each file and each folder, as a path from the root of the repository. */
function pathsBelow(folder: string): string[] {
	const entries = readdirSync(path.join(REPOSITORY, folder), { withFileTypes: true });
	return entries
		.filter(({ name }) => !NOT_OF_THE_REPOSITORY.test(name))
		.flatMap((entry) => {
			const found = path.posix.join(folder, entry.name);
			return entry.isDirectory() ? [found, ...pathsBelow(found)] : [found];
		});
}

function textOf(file: string): string {
	return readFileSync(path.join(REPOSITORY, file), 'utf8');
}

function withoutBlocks(text: string): string {
	return text.replaceAll(/^```[^]*?^```$/gm, '');
}

/** The texts between backticks, without code blocks. */
function codeIn(text: string): string[] {
	return [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The lines of shell code blocks. */
function shellLines(text: string): string[] {
	return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
		block.split('\n'),
	);
}

/** The anchors that GitHub creates for the headings of a page. */
function anchorsOf(text: string): string[] {
	const seen = new Map<string, number>();
	return [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
		const plain = heading
			.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
			.trim()
			.toLowerCase();
		const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
		const before = seen.get(slug) ?? 0;
		seen.set(slug, before + 1);
		return before === 0 ? slug : `${slug}-${before}`;
	});
}

/** The targets of links and pictures within the repository. */
function linksIn(text: string): string[] {
	const bare = withoutBlocks(text).replaceAll(/`[^`\n]+`/g, '');
	return [...bare.matchAll(/\]\(([^()\s]+)\)/g)]
		.map(([, target = '']) => target)
		.filter((target) => !/^[a-z]+:/.test(target));
}

function deadLinks(file: string, text: string): string[] {
	return linksIn(text).filter((target) => {
		const [to = '', anchor] = target.split('#');
		const found = path.posix.join(path.posix.dirname(file), to).replace(/\/$/, '');
		if (to !== '' && !paths.includes(found)) return true;
		return anchor !== undefined && !anchorsOf(to === '' ? text : textOf(found)).includes(anchor);
	});
}

/** npm commands that package.json does not have. */
function deadCommands(text: string): string[] {
	return [...codeIn(text), ...shellLines(text)].filter((code) => {
		const [, run, name = ''] = /^(?:\w+=\S+ )*npm (run )?([\w:.-]+)/.exec(code) ?? [];
		if (name === '' || name in scripts) return false;
		return run !== undefined || !NPM_ITSELF.includes(name);
	});
}

/** Paths that do not exist, neither from the root of the repository nor from any folder. */
function deadPaths(text: string): string[] {
	const named = [...codeIn(text), ...testsRunIn(text)].filter(isPath);
	return named.filter((name) => {
		const bare = name.replace(/\/$/, '');
		return !paths.some((one) => one === bare || one.endsWith(`/${bare}`));
	});
}

function testsRunIn(text: string): string[] {
	return [...codeIn(text), ...shellLines(text)].flatMap(
		(code) => /npx jest (\S+)/.exec(code)?.[1] ?? [],
	);
}

function isPath(code: string): boolean {
	if (MADE_ELSEWHERE.test(code) || !/^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(code)) return false;
	if (/\w\.(?:ts|js|mjs|json|md|sql|csv|png)$/.test(code)) return true;
	return code.includes('/') && paths.includes(code.split('/')[0] ?? '');
}

test('the pages of the repository are found', () => {
	expect(pages).toEqual(
		expect.arrayContaining([
			'README.md',
			'CONTRIBUTING.md',
			'docs/troubleshooting.md',
			'docs/operations/README.md',
			'examples/README.md',
			'examples/csv-returns/README.md',
			'playground/README.md',
		]),
	);
});

describe.each(pages)('%s', (file) => {
	const text = textOf(file);

	test('links to files and headings that exist', () => {
		expect(deadLinks(file, text)).toEqual([]);
	});

	test('names commands that package.json has', () => {
		expect(deadCommands(text)).toEqual([]);
	});

	test('names files that exist', () => {
		expect(deadPaths(text)).toEqual([]);
	});
});

test('the links of n8n’s editor point to headings of the README', () => {
	const sources = paths.filter((file) =>
		/^(?:nodes|credentials)\/.*\.(?:node\.json|ts)$/.test(file),
	);
	const anchors = sources.flatMap((file) =>
		[...textOf(file).matchAll(/https:\/\/github\.com\/[\w/-]+#([\w-]+)/g)].map(
			([address, anchor = '']) => (address.startsWith(README_ONLINE) ? anchor : address),
		),
	);
	expect(anchors.length).toBeGreaterThan(2);
	expect(anchors.filter((anchor) => !anchorsOf(textOf('README.md')).includes(anchor))).toEqual([]);
});

describe('the check of the pages', () => {
	const PAGE = [
		'# What `it` says: a page',
		'## Twice',
		'## Twice',
		'`npm test` `npm run docs` `npm ci` `docs/writePages.ts` `api/lookup.ts` `lookup.ts`',
		'`application/json` `GET /advertiser/conversions.list` `playground/node_modules/x.ts`',
		'[a](#what-it-says-a-page) [b](#twice-1) [c](../README.md#install) [d](images/) [e](https://x.y)',
		'```ts\n[f](gone.md) `gone.ts`\n```',
	].join('\n');

	test('finds no problem in a correct page', () => {
		const at = 'docs/a.md';
		expect([deadLinks(at, PAGE), deadCommands(PAGE), deadPaths(PAGE)]).toEqual([[], [], []]);
	});

	test.each([
		['[a](gone.md)', 'gone.md'],
		['![a](images/gone.png)', 'images/gone.png'],
		['[a](../README.md#gone)', '../README.md#gone'],
		['[a](#gone)', '#gone'],
	])('finds the dead link in %s', (text, found) => {
		expect(deadLinks('docs/a.md', text)).toEqual([found]);
	});

	test.each(['npm run gone', 'npm gone', 'N8N_UNDER_TEST=1.123 npm run gone'])(
		'finds the command that does not exist: %s',
		(command) => {
			expect(deadCommands(`\`${command}\``)).toEqual([command]);
			expect(deadCommands(`\`\`\`sh\n${command}   # why\n\`\`\``)).toEqual([`${command}   # why`]);
		},
	);

	test.each(['api/gone.ts', 'gone.json', 'test/gone', 'docs/gone/'])(
		'finds the path that does not exist: %s',
		(gone) => {
			expect(deadPaths(`\`${gone}\``)).toEqual([gone]);
			expect(deadPaths(`\`\`\`sh\nnpx jest test/gone -t x\n\`\`\``)).toEqual(['test/gone']);
		},
	);
});
