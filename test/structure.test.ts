import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

/** The text of each source file, by its path from the root of the repository. */
type Sources = Readonly<Record<string, string>>;

/** One import, re-export or `import()`, including type imports. */
interface Import {
	/** The file that imports. */
	from: string;
	/** What it imports: a path from the root of the repository, or a package. */
	to: string;
	isFile: boolean;
}

const NODE_ROOT = 'nodes/AffilaeConversions/';
const OPERATION_LIST = `${NODE_ROOT}actions/conversion/index.ts`;
/** What n8n Cloud allows a community node to import. */
const ALLOWED_PACKAGES = ['n8n-workflow', 'luxon', 'lodash', 'zod', 'p-limit', 'crypto'];
const ALLOWED_IN_DOMAIN = ['luxon'];
const ALLOWED_IN_CREDENTIALS = ['constants', 'account'].map((name) => `${NODE_ROOT}api/${name}.ts`);
const MAX_LINES = 300;
const MEANINGLESS_NAMES = /^(helpers?|utils?|utilities|generic|common)(\.|$)/i;

/** Each layer, with the other layers that it may import. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
	node: ['actions', 'trigger'],
	actions: ['parameters', 'api', 'domain'],
	trigger: ['parameters', 'api', 'domain'],
	parameters: ['domain'],
	api: ['domain'],
	domain: [],
	credentials: ['api'],
};

function layerOf(file: string): string {
	if (file.startsWith('credentials/')) return 'credentials';
	if (!file.startsWith(NODE_ROOT)) return `no layer (${file})`;
	const [first = '', ...rest] = file.slice(NODE_ROOT.length).split('/');
	if (rest.length > 0) return first;
	return first.endsWith('.node.ts') ? 'node' : `no layer (${file})`;
}

function importsIn(sources: Sources): Import[] {
	return Object.entries(sources).flatMap(([from, text]) =>
		ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
			const isFile = fileName.startsWith('.');
			return { from, to: isFile ? resolved(sources, from, fileName) : fileName, isFile };
		}),
	);
}

function resolved(sources: Sources, from: string, specifier: string): string {
	const path = new URL(specifier, `file:///${from}`).pathname.slice(1);
	return [`${path}.ts`, `${path}/index.ts`].find((file) => file in sources) ?? path;
}

/** Imports that break `*.node.ts -> actions | trigger -> parameters, api -> domain`. */
function forbiddenLayerImports(sources: Sources): string[] {
	return importsIn(sources)
		.filter(({ isFile, from, to }) => {
			const [source, target] = [layerOf(from), layerOf(to)];
			return isFile && source !== target && !LAYERS[source]?.includes(target);
		})
		.map(({ from, to }) => `${from} imports ${to}`);
}

function unresolvedImports(sources: Sources): string[] {
	return importsIn(sources)
		.filter(({ isFile, to }) => isFile && !(to in sources))
		.map(({ from, to }) => `${from} imports ${to}`);
}

function credentialImports(sources: Sources): string[] {
	return importsIn(sources)
		.filter(({ from, to, isFile }) => {
			const isInside = layerOf(from) === 'credentials' && isFile;
			return isInside && layerOf(to) !== 'credentials' && !ALLOWED_IN_CREDENTIALS.includes(to);
		})
		.map(({ from, to }) => `${from} imports ${to}`);
}

function forbiddenPackages(sources: Sources): string[] {
	return importsIn(sources)
		.filter(({ isFile, from, to }) => {
			const allowed = layerOf(from) === 'domain' ? ALLOWED_IN_DOMAIN : ALLOWED_PACKAGES;
			return !isFile && !allowed.includes(to);
		})
		.map(({ from, to }) => `${from} imports ${to}`);
}

/** Each import cycle once, starting with its alphabetically first file. */
function cycles(sources: Sources): string[] {
	const imports = importsIn(sources).filter(({ isFile }) => isFile);
	const found = new Set<string>();
	const follow = (file: string, trail: readonly string[]) => {
		const start = trail.indexOf(file);
		if (start >= 0) {
			const circle = trail.slice(start);
			const first = circle.indexOf([...circle].sort()[0] ?? '');
			const turned = [...circle.slice(first), ...circle.slice(0, first)];
			found.add([...turned, turned[0]].join(' -> '));
			return;
		}
		for (const { to } of imports.filter(({ from }) => from === file)) {
			follow(to, [...trail, file]);
		}
	};
	for (const file of Object.keys(sources)) follow(file, []);
	return [...found];
}

/** Operation files whose operation is not in the list of operations. */
function unlistedOperations(sources: Sources): string[] {
	const list = ts.createSourceFile(
		OPERATION_LIST,
		sources[OPERATION_LIST] ?? '',
		ts.ScriptTarget.ES2022,
	);
	const fileOf = new Map<string, string>();
	const listed = new Set<string>();
	for (const statement of list.statements) {
		if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
			const file = resolved(sources, OPERATION_LIST, statement.moduleSpecifier.text);
			const bindings = statement.importClause?.namedBindings;
			if (!bindings || !ts.isNamedImports(bindings)) continue;
			for (const { name } of bindings.elements) fileOf.set(name.text, file);
		}
		if (!ts.isVariableStatement(statement)) continue;
		for (const { name, initializer } of statement.declarationList.declarations) {
			if (!ts.isIdentifier(name) || name.text !== 'operations') continue;
			if (!initializer || !ts.isArrayLiteralExpression(initializer)) continue;
			for (const entry of initializer.elements) {
				if (ts.isIdentifier(entry)) listed.add(fileOf.get(entry.text) ?? entry.text);
			}
		}
	}
	return Object.keys(sources).filter((file) => file.endsWith('.operation.ts') && !listed.has(file));
}

function meaninglessNames(files: readonly string[]): string[] {
	return files.filter((file) => file.split('/').some((part) => MEANINGLESS_NAMES.test(part)));
}

function longFiles(sources: Sources): string[] {
	return Object.entries(sources)
		.map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }))
		.filter(({ file, lines }) => layerOf(file) !== 'credentials' && lines > MAX_LINES)
		.map(({ file, lines }) => `${file} has ${lines} lines`);
}

/** Names that two files export, without re-exports. */
function sharedNames(sources: Sources): string[] {
	const files = new Map<string, string[]>();
	for (const [file, text] of Object.entries(sources)) {
		for (const name of exportsOf(text)) files.set(name, [...(files.get(name) ?? []), file]);
	}
	return [...files]
		.filter(([, exporting]) => exporting.length > 1)
		.map(([name, exporting]) => `${name}: ${exporting.join(', ')}`);
}

function exportsOf(text: string): Set<string> {
	const { statements } = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2022);
	const names = statements.flatMap((statement) => {
		const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
		if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
		if (ts.isVariableStatement(statement)) {
			return statement.declarationList.declarations.map(({ name }) => name);
		}
		const isNamed =
			ts.isFunctionDeclaration(statement) ||
			ts.isClassDeclaration(statement) ||
			ts.isInterfaceDeclaration(statement) ||
			ts.isTypeAliasDeclaration(statement) ||
			ts.isEnumDeclaration(statement);
		return isNamed && statement.name ? [statement.name] : [];
	});
	return new Set(names.flatMap((name) => (ts.isIdentifier(name) ? [name.text] : [])));
}

const RULES: Readonly<Record<string, (sources: Sources) => string[]>> = {
	'layers import in one direction: *.node.ts, then actions or trigger, then parameters or api, then domain':
		forbiddenLayerImports,
	'every relative import is a source file of the package': unresolvedImports,
	'credentials import only the constants and the account of the API': credentialImports,
	'node code imports only packages that n8n Cloud allows, and the domain does not import n8n':
		forbiddenPackages,
	'there are no import cycles': cycles,
	'every operation file is in the list of operations': unlistedOperations,
	'no file or folder has a meaningless name': (sources) => meaninglessNames(Object.keys(sources)),
	'no file of the nodes has more than 300 lines': longFiles,
	'no two exports have the same name': sharedNames,
};

function filesUnder(folders: readonly string[]): string[] {
	const root = ts.sys.getCurrentDirectory();
	return folders
		.filter((folder) => ts.sys.directoryExists(`${root}/${folder}`))
		.flatMap((folder) =>
			ts.sys.readDirectory(`${root}/${folder}`, ['.ts', '.json'], ['**/node_modules']),
		)
		.map((file) => file.slice(root.length + 1));
}

function sourcesUnder(folders: readonly string[]): Sources {
	const files = filesUnder(folders).filter((file) => file.endsWith('.ts'));
	return Object.fromEntries(files.map((file) => [file, ts.sys.readFile(file) ?? '']));
}

describe('the source code', () => {
	const sources = sourcesUnder(['nodes', 'credentials']);

	test('is found: nodes, operations, HTTP client and credential', () => {
		expect(Object.keys(sources)).toEqual(
			expect.arrayContaining([
				`${NODE_ROOT}AffilaeConversions.node.ts`,
				OPERATION_LIST,
				`${NODE_ROOT}actions/conversion/accept.operation.ts`,
				`${NODE_ROOT}api/http.ts`,
				`${NODE_ROOT}domain/money.ts`,
				'credentials/AffilaeApi.credentials.ts',
			]),
		);
		expect(importsIn(sources).length).toBeGreaterThan(50);
	});

	test.each(Object.entries(RULES))('%s', (_, violationsIn) => {
		expect(violationsIn(sources)).toEqual([]);
	});

	test('no file or folder of the tests, the sandbox or the benchmarks has a meaningless name', () => {
		const files = filesUnder(['test', 'sandbox', 'bench', 'playground/src']);
		expect(files).toContain('test/structure.test.ts');
		expect(meaninglessNames(files)).toEqual([]);
	});
});

describe('the check of the source code', () => {
	const at = (path: string) => `${NODE_ROOT}${path}`;
	const CORRECT: Sources = {
		[at('A.node.ts')]:
			"import { run } from './actions/run'; import { poll } from './trigger/poll';",
		[at('actions/run.ts')]: "import { operations } from './conversion'; import 'n8n-workflow';",
		[OPERATION_LIST]:
			"import { accept } from './accept.operation'; export const operations = [accept];",
		[at('actions/conversion/accept.operation.ts')]: "export { a } from '../../domain/money';",
		[at('trigger/poll.ts')]: "import type { C } from '../api/http';",
		[at('api/http.ts')]: "import { m } from '../domain/money'; import 'zod';",
		[at('api/constants.ts')]: '',
		[at('domain/money.ts')]: "import { DateTime } from 'luxon';",
		'credentials/A.credentials.ts': `import '../${at('api/constants')}'; import 'n8n-workflow';`,
	};

	test.each(Object.entries(RULES))(
		'finds no problem in correct source code: %s',
		(_, violationsIn) => {
			expect(violationsIn(CORRECT)).toEqual([]);
		},
	);

	const PLANTED: Array<{ what: string; file: string; text: string; found: string[] }> = [
		{
			what: 'an import in the wrong direction',
			file: at('domain/money.ts'),
			text: "import { c } from '../api/constants';",
			found: [`${at('domain/money.ts')} imports ${at('api/constants.ts')}`],
		},
		{
			what: 'a type import in the wrong direction',
			file: at('api/constants.ts'),
			text: "import type { R } from '../actions/run';",
			found: [`${at('api/constants.ts')} imports ${at('actions/run.ts')}`],
		},
		{
			what: 'an inline type import',
			file: at('api/constants.ts'),
			text: "export type R = import('../actions/run').R;",
			found: [`${at('api/constants.ts')} imports ${at('actions/run.ts')}`],
		},
		{
			what: 'a re-export in the wrong direction',
			file: at('api/constants.ts'),
			text: "export * from '../trigger/poll';",
			found: [`${at('api/constants.ts')} imports ${at('trigger/poll.ts')}`],
		},
		{
			what: 'parameters that import the API',
			file: at('parameters/fields.ts'),
			text: "import { c } from '../api/constants';",
			found: [`${at('parameters/fields.ts')} imports ${at('api/constants.ts')}`],
		},
		{
			what: 'a require',
			file: at('actions/run.ts'),
			text: "const p = require('../trigger/poll');",
			found: [`${at('actions/run.ts')} imports ${at('trigger/poll.ts')}`],
		},
		{
			what: 'a trigger that imports the actions',
			file: at('trigger/poll.ts'),
			text: "import { a } from '../actions/run'; import '../api/constants';",
			found: [`${at('trigger/poll.ts')} imports ${at('actions/run.ts')}`],
		},
		{
			what: 'actions that import the node class',
			file: at('actions/run.ts'),
			text: "import { A } from '../A.node';",
			found: [
				`${at('actions/run.ts')} imports ${at('A.node.ts')}`,
				`${at('A.node.ts')} -> ${at('actions/run.ts')} -> ${at('A.node.ts')}`,
			],
		},
		{
			what: 'a folder that is not a layer',
			file: at('logic/run.ts'),
			text: "import '../domain/money';",
			found: [`${at('logic/run.ts')} imports ${at('domain/money.ts')}`],
		},
		{
			what: 'a credential that imports the HTTP client',
			file: 'credentials/A.credentials.ts',
			text: `import '../${at('api/http')}';`,
			found: [`credentials/A.credentials.ts imports ${at('api/http.ts')}`],
		},
		{
			what: 'a credential that imports the domain',
			file: 'credentials/A.credentials.ts',
			text: `import '../${at('domain/money')}';`,
			found: [
				`credentials/A.credentials.ts imports ${at('domain/money.ts')}`,
				`credentials/A.credentials.ts imports ${at('domain/money.ts')}`,
			],
		},
		{
			what: 'a development dependency',
			file: at('api/http.ts'),
			text: "import axios from 'axios';",
			found: [`${at('api/http.ts')} imports axios`],
		},
		{
			what: 'a dynamic import of a Node.js module',
			file: at('api/http.ts'),
			text: "const fs = await import('node:fs');",
			found: [`${at('api/http.ts')} imports node:fs`],
		},
		{
			what: 'n8n in the domain',
			file: at('domain/money.ts'),
			text: "import type { IDataObject } from 'n8n-workflow';",
			found: [`${at('domain/money.ts')} imports n8n-workflow`],
		},
		{
			what: 'two files that import each other',
			file: at('domain/money.ts'),
			text: "import type { P } from './period';",
			found: [`${at('domain/money.ts')} -> ${at('domain/period.ts')} -> ${at('domain/money.ts')}`],
		},
		{
			what: 'an import of a file that does not exist',
			file: at('domain/money.ts'),
			text: "import './gone';",
			found: [`${at('domain/money.ts')} imports ${at('domain/gone')}`],
		},
		{
			what: 'an operation that is not listed',
			file: at('actions/conversion/refuse.operation.ts'),
			text: '',
			found: [at('actions/conversion/refuse.operation.ts')],
		},
		{
			what: 'an operation that is imported but not listed',
			file: OPERATION_LIST,
			text: "import { accept } from './accept.operation'; export const operations = [];",
			found: [at('actions/conversion/accept.operation.ts')],
		},
		{
			what: 'a file that is too long',
			file: at('actions/run.ts'),
			text: `${'//\n'.repeat(300)}//`,
			found: [`${at('actions/run.ts')} has 301 lines`],
		},
		{
			what: 'a class with the name of a type in another file',
			file: at('trigger/poll.ts'),
			text: 'export class Chosen {}; export interface Own {}',
			found: [`Chosen: ${at('trigger/poll.ts')}, ${at('domain/choice.ts')}`],
		},
		{
			what: 'a function with the name of a constant in another file',
			file: at('actions/run.ts'),
			text: 'export async function chosen() {}',
			found: [`chosen: ${at('actions/run.ts')}, ${at('domain/choice.ts')}`],
		},
		...['helpers/x.ts', 'utils/x.ts', 'common/x.ts', 'generic/x.ts', 'utils.ts', 'helper.ts'].map(
			(name) => ({
				what: `a meaningless name, ${name}`,
				file: at(`actions/${name}`),
				text: '',
				found: [at(`actions/${name}`)],
			}),
		),
	];

	test.each(PLANTED)('finds $what', ({ file, text, found }) => {
		const planted: Sources = {
			...CORRECT,
			[at('domain/period.ts')]: "import './money';",
			[at('domain/choice.ts')]: 'export type Chosen = 1; export const chosen = 1;',
			[file]: text,
		};
		expect(Object.values(RULES).flatMap((violationsIn) => violationsIn(planted))).toEqual(found);
	});
});
