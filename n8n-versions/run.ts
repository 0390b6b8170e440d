/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * Runs the tests of the engine against each version of n8n, one after the other, and prints one table.
 * `npm run test:matrix -- 1.123` runs them against that one alone. With N8N_EXPRESSION_ENGINE set to `legacy`, `vm` or
 * `quickjs`, n8n's newest version here evaluates expressions that way, and older ones are left out.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import CliTable from 'cli-table3';
import colours from 'picocolors';
import { z } from 'zod';
import { REPOSITORY } from '../playground/src/places';
import { startGroup } from '../playground/src/processGroup';
import { say } from '../playground/src/screen';
import { installLocked } from './lockedFolder';
import { ISOLATED, type LeftOut, type Version, versionsNamed } from './versions';

/** How n8n evaluates expressions; empty for its own default within Jest, which is `legacy`. */
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

/** What the tests came to in one version. */
interface Result {
	version: Version;
	/** The version of n8n-core that they ran in. */
	core: string;
	report: z.infer<typeof report>;
	seconds: number;
	/** Names of tests to leave out that are no test's. */
	unknown: string[];
}

/** The folder with the lock file of a version's engine. */
function folderOf(n8n: string): string {
	return path.join(__dirname, `engine-${n8n}`);
}

function modulesOf({ n8n, hasFolder }: Version): string {
	return path.join(hasFolder ? folderOf(n8n) : REPOSITORY, 'node_modules');
}

/** What to tell Jest for all tests but these. */
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
		// Forced, as a test that fails half-way may leave a connection open.
		const jest = [
			require.resolve('jest/bin/jest'),
			'--selectProjects',
			'quick',
			'engine',
			'thorough',
		];
		// Not what looks at the repository, and not what knows nothing of n8n.
		const folders = 'test/(bulk|credentials|domain|engine|hostile|lists|parameters|trigger)/';
		const args = [...jest, '--testPathPatterns', folders, '--json', '--outputFile', outputFile];
		const expressions = expressionEngine
			? [`--setupFilesAfterEnv=${path.join(__dirname, 'expressionEngine.ts')}`]
			: [];
		await startGroup(
			process.execPath,
			[...args, '--forceExit', ...expressions, ...allBut(leftOut)],
			{
				cwd: REPOSITORY,
				env: {
					...process.env,
					N8N_UNDER_TEST: hasFolder ? n8n : '',
					// n8n imports its engines of expressions when they are asked for, which Jest must be let do.
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
			`n8n's expression engine "vm" needs Node.js ${NODE_FOR_VM}, and this is ${major}`,
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
		say(colours.bold(`The tests in n8n ${version.n8n}`));
		results.push(await test(version));
	}
	say(tableOf(results));
	for (const reason of reasonsIn(results)) say(reason);
	for (const { version, unknown } of results) {
		for (const name of unknown) {
			say(colours.red(`n8n ${version.n8n}: there is no test to leave out named "${name}"`));
		}
	}
	return results.every(({ report: of, unknown }) => of.success && unknown.length === 0) ? 0 : 1;
}

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		say(colours.red(error instanceof Error ? error.message : String(error)));
		process.exitCode = 1;
	},
);
