/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * Runs the engine tests with each version of n8n, one after the other, and prints a table of the results.
 * `npm run test:matrix -- 1.123` runs them with that version only. If N8N_EXPRESSION_ENGINE is `legacy`, `vm`
 * or `quickjs`, the newest version evaluates expressions with that engine, and older versions are left out.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import CliTable from 'cli-table3';
import colors from 'picocolors';
import { z } from 'zod';
import { REPOSITORY } from '../playground/src/places';
import { startGroup } from '../playground/src/processGroup';
import { say } from '../playground/src/screen';
import { installLocked } from './lockedFolder';
import { ISOLATED, type LeftOut, type Version, versionsNamed } from './versions';

/** The engine with which n8n evaluates expressions; if empty, n8n's default in Jest, which is `legacy`. */
const { N8N_EXPRESSION_ENGINE: expressionEngine } = process.env;
const NODE_FOR_VM = 24;

const manifest = z.object({ version: z.string() });

const report = z.object({
	success: z.boolean(),
	numTotalTestSuites: z.number(),
	numFailedTestSuites: z.number(),
	numTotalTests: z.number(),
	numPassedTests: z.number(),
	numFailedTests: z.number(),
	testResults: z.array(
		z.object({
			assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
		}),
	),
});

/** The test results for one version. */
interface Result {
	version: Version;
	/** The version of n8n-core that the tests ran with. */
	core: string;
	report: z.infer<typeof report>;
	seconds: number;
	/** Names in `leftOut` that match no test. */
	unknown: string[];
}

/** The folder with the lock file of a version's engine. */
function folderOf(n8n: string): string {
	return path.join(__dirname, `engine-${n8n}`);
}

function modulesOf({ n8n, hasFolder }: Version): string {
	return path.join(hasFolder ? folderOf(n8n) : REPOSITORY, 'node_modules');
}

/** The arguments with which Jest runs all tests except these. */
function allBut(names: readonly string[]): string[] {
	const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	return names.length === 0 ? [] : ['--testNamePattern', `^(?!(?:${escaped.join('|')})$)`];
}

function leftOutOf({ leftOut }: Version): LeftOut[] {
	const isIsolated = expressionEngine === 'vm' || expressionEngine === 'quickjs';
	return [...leftOut, ...(isIsolated ? ISOLATED : [])];
}

async function test(version: Version): Promise<Result> {
	const startedAt = performance.now();
	const { n8n, hasFolder } = version;
	const leftOut = leftOutOf(version).map(({ test: name }) => name);
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-matrix-'));
	try {
		const outputFile = path.join(folder, 'report.json');
		const jest = [
			require.resolve('jest/bin/jest'),
			'--selectProjects',
			'quick',
			'engine',
			'thorough',
		];
		// Without the tests of the repository itself, and those that do not involve n8n.
		const folders = 'test/(bulk|credentials|domain|engine|hostile|lists|parameters|trigger)/';
		const args = [...jest, '--testPathPatterns', folders, '--json', '--outputFile', outputFile];
		const expressions = expressionEngine
			? [`--setupFilesAfterEnv=${path.join(__dirname, 'expressionEngine.ts')}`]
			: [];
		await startGroup(
			process.execPath,
			// --forceExit, because a test that fails halfway may leave a connection open.
			[...args, '--forceExit', ...expressions, ...allBut(leftOut)],
			{
				cwd: REPOSITORY,
				env: {
					...process.env,
					N8N_UNDER_TEST: hasFolder ? n8n : '',
					// n8n loads an expression engine by a dynamic import, which Jest allows only with this flag.
					...(expressionEngine ? { NODE_OPTIONS: '--experimental-vm-modules' } : {}),
				},
				output: (line, stream) => void (stream === 'stderr' && process.stderr.write(`${line}\n`)),
			},
		).ended;
		const written: unknown = JSON.parse(await readFile(outputFile, 'utf8'));
		const parsed = report.parse(written);
		const names = parsed.testResults
			.flatMap(({ assertionResults }) => assertionResults)
			.filter(({ status }) => status === 'pending')
			.map(({ fullName }) => fullName);
		return {
			version,
			core: await versionOfCore(version),
			report: parsed,
			seconds: (performance.now() - startedAt) / 1000,
			unknown: leftOut.filter((name) => !names.includes(name)),
		};
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function versionOfCore(version: Version): Promise<string> {
	const file = path.join(modulesOf(version), 'n8n-core', 'package.json');
	const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
	return manifest.parse(parsed).version;
}

function tableOf(results: readonly Result[]): string {
	const head = ['n8n', 'n8n-core', 'suites', 'tests', 'passed', 'failed', 'left out', 'seconds'];
	const table = new CliTable({
		head,
		style: { head: [], border: [] },
		colAligns: head.map((_, column) => (column < 2 ? 'left' : 'right')),
	});
	for (const { version, core, report: of, seconds } of results) {
		const figures = [
			of.numTotalTestSuites,
			of.numTotalTests,
			of.numPassedTests,
			of.numFailedTests,
			of.numTotalTests - of.numPassedTests - of.numFailedTests,
			Math.round(seconds),
		];
		const n8n = [version.n8n, ...(expressionEngine ? [expressionEngine] : [])].join(', ');
		table.push([n8n, core, ...figures.map(String)]);
	}
	return table.toString();
}

/** Why tests were left out, each reason once. */
function reasonsIn(results: readonly Result[]): string[] {
	return results.flatMap(({ version }) => {
		const reasons = new Set(leftOutOf(version).map(({ because }) => because));
		return [...reasons].map((because) => `n8n ${version.n8n}: left out because ${because}`);
	});
}

function asked(names: readonly string[]): readonly Version[] {
	const [major = ''] = process.versions.node.split('.');
	if (expressionEngine === 'vm' && Number(major) < NODE_FOR_VM) {
		throw new Error(
			`n8n's expression engine "vm" needs Node.js ${NODE_FOR_VM}, but this is Node.js ${major}`,
		);
	}
	return versionsNamed(names).filter(({ hasFolder }) => !(expressionEngine && hasFolder));
}

async function main(): Promise<number> {
	const versions = asked(process.argv.slice(2));
	for (const { n8n, hasFolder } of versions) {
		if (hasFolder) await installLocked(folderOf(n8n), `Installing the engine of n8n ${n8n}`);
	}
	const results: Result[] = [];
	for (const version of versions) {
		say(colors.bold(`Tests in n8n ${version.n8n}`));
		results.push(await test(version));
	}
	say(tableOf(results));
	for (const reason of reasonsIn(results)) say(reason);
	for (const { version, unknown } of results) {
		for (const name of unknown) {
			say(colors.red(`n8n ${version.n8n}: leftOut names a test that does not exist, "${name}"`));
		}
	}
	return results.every(({ report: of, unknown }) => of.success && unknown.length === 0) ? 0 : 1;
}

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		say(colors.red(error instanceof Error ? error.message : String(error)));
		process.exitCode = 1;
	},
);
