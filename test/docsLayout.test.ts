/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const REPOSITORY = path.join(__dirname, '..');
const NODE_ROOT = 'nodes/AffilaeConversions';
const NODE_FILES = `${NODE_ROOT}/*.node.ts`;
const ANYTHING = 'all of them';

/** One row of the table of folders in CONTRIBUTING. */
interface Row {
	/** Path from the root of the repository; {@link NODE_FILES} means the descriptions. */
	folder: string;
	/** Folders and files, without the folder itself. */
	mayImport: readonly string[] | typeof ANYTHING;
}

const rows = readRows(readFileSync(path.join(REPOSITORY, 'CONTRIBUTING.md'), 'utf8'));

function readRows(page: string): Row[] {
	const [, table = ''] = page.split(/^## The layout$/m);
	const [section = ''] = table.split(/^## /m);
	return [...section.matchAll(/^\| `([^|]+)` *\|[^|]*\| ([^|]+)\|$/gm)].flatMap(
		([, folders = '', imports = '']) =>
			folders.split('`, `').map((folder) => ({
				folder: fromTop(folder),
				mayImport:
					imports.trim() === ANYTHING
						? ANYTHING
						: [...imports.matchAll(/`([^`]+)`/g)].map(([, name = '']) => fromTop(name)),
			})),
	);
}

/** `…/api` is a folder of the node. */
function fromTop(name: string): string {
	return name.replace('…', NODE_ROOT);
}

/** The most specific row for a file. */
function rowOf(file: string): Row | undefined {
	return rows
		.filter(({ folder }) =>
			folder === NODE_FILES ? path.posix.dirname(file) === NODE_ROOT : isWithin(file, folder),
		)
		.sort((a, b) => b.folder.length - a.folder.length)[0];
}

function isWithin(file: string, folder: string): boolean {
	return file === folder || file.startsWith(`${folder}/`);
}

function exists(folder: string): boolean {
	return (
		folder === NODE_FILES ||
		statSync(path.join(REPOSITORY, folder), { throwIfNoEntry: false }) !== undefined
	);
}

/** The text of each source file, by its path from the root of the repository. */
function sources(): Record<string, string> {
	const files = ts.sys
		.readDirectory(REPOSITORY, ['.ts'], ['**/node_modules', 'dist', 'coverage'])
		.map((file) => path.posix.relative(REPOSITORY, file));
	return Object.fromEntries(files.map((file) => [file, ts.sys.readFile(file) ?? '']));
}

/** Imports that the row of the importing file does not allow. */
function forbiddenImports(files: Readonly<Record<string, string>>): string[] {
	return Object.entries(files).flatMap(([file, text]) => {
		const row = rowOf(file);
		if (row === undefined || row.mayImport === ANYTHING) return [];
		const allowed = [...row.mayImport];
		return ts
			.preProcessFile(text, true, true)
			.importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
			.map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName))
			.filter((to) => rowOf(to) !== row && !allowed.some((folder) => isWithin(to, folder)))
			.map((to) => `${file} imports ${to}`);
	});
}

test('each folder in CONTRIBUTING’s table exists, and so does what it may import', () => {
	expect(rows.length).toBeGreaterThan(12);
	const named = rows.flatMap(({ folder, mayImport }) =>
		mayImport === ANYTHING ? [folder] : [folder, ...mayImport.map(asFile)],
	);
	expect(named.filter((folder) => !exists(folder))).toEqual([]);
});

/** Files in the table have no extension, like imports. */
function asFile(name: string): string {
	return exists(name) ? name : `${name}.ts`;
}

test('no folder of the repository is missing from CONTRIBUTING’s table', () => {
	const ignored = readFileSync(path.join(REPOSITORY, '.gitignore'), 'utf8').split('\n');
	const folders = readdirSync(REPOSITORY, { withFileTypes: true })
		.filter((entry) => entry.isDirectory() && entry.name !== '.git')
		.map(({ name }) => name)
		.filter((name) => !ignored.includes(`${name}/`));
	const layers = readdirSync(path.join(REPOSITORY, NODE_ROOT), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => `${NODE_ROOT}/${name}`);
	const known = rows.map(({ folder }) => folder);
	expect([...folders, ...layers].filter((folder) => !isKnown(folder, known))).toEqual([]);
});

/** The table lists the parts of `nodes` instead of `nodes`. */
function isKnown(folder: string, known: readonly string[]): boolean {
	return folder === 'nodes' || known.includes(folder);
}

test('each folder imports only what CONTRIBUTING’s table allows', () => {
	const files = sources();
	expect(Object.keys(files).length).toBeGreaterThan(200);
	expect(forbiddenImports(files)).toEqual([]);
});

test.each([
	['nodes/AffilaeConversions/api/http.ts', '../../../sandbox/server'],
	['nodes/AffilaeConversions/domain/money.ts', '../api/constants'],
	['nodes/AffilaeConversions/A.node.ts', './domain/money'],
	['credentials/A.credentials.ts', '../nodes/AffilaeConversions/api/http'],
	['sandbox/server.ts', '../nodes/AffilaeConversions/domain/money'],
	['playground/src/places.ts', '../../bench/run'],
	['bench/run.ts', '../credentials/AffilaeApi.credentials'],
	['docs/writePages.ts', '../playground/src/places'],
	['examples/a.ts', '../sandbox/server'],
])('an import that the table does not allow is found: %s imports %s', (file, specifier) => {
	const to = path.posix.join(path.posix.dirname(file), specifier);
	expect(forbiddenImports({ [file]: `import '${specifier}';` })).toEqual([`${file} imports ${to}`]);
});
