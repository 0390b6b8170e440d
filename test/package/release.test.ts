/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../../playground/src/places';
import { runCommand } from '../../playground/src/processGroup';
import { readRepository } from '../../release/facts';
import { problemsIn } from '../../release/problems';

const WORKFLOWS = path.join(REPOSITORY, '.github', 'workflows');
const ACTIONLINT = path.join(REPOSITORY, 'node_modules', '@tktco', 'node-actionlint', 'bin');

/** Write permissions, by workflow and job. */
const MAY_WRITE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
	'codeql.yml': { analyze: ['security-events: write'] },
	'publish.yml': { publish: ['id-token: write'], release: ['contents: write'] },
};

function workflow(file: string): string {
	return readFileSync(path.join(WORKFLOWS, file), 'utf8');
}

/** The text of each job of a workflow, by job name. */
function jobsOf(text: string): Record<string, string> {
	const [, jobs = ''] = text.split(/^jobs:$/m);
	const [, ...parts] = jobs.split(/^ {2}([\w-]+):$/m);
	const names = parts.filter((_, index) => index % 2 === 0);
	return Object.fromEntries(names.map((name, index) => [name, parts[2 * index + 1] ?? '']));
}

function writesIn(text: string): string[] {
	return [...text.matchAll(/^ *([\w-]+: write(?:-all)?)$/gm)].map(([, right = '']) => right);
}

async function lint(...files: readonly string[]): Promise<void> {
	await runCommand('node', [path.join(ACTIONLINT, 'node-actionlint.js'), ...files], {
		cwd: REPOSITORY,
	});
}

test('with a real author and remote, the repository has no other problem for its version', async () => {
	const facts = await readRepository();
	const { manifest } = facts;
	const problems = problemsIn({
		...facts,
		manifest: { ...manifest, author: { name: 'A', email: 'a@b.fr' } },
		remote: manifest.repository.url,
		tag: undefined,
		// Work in progress.
		changelog: facts.changelog.replace(/^## \[?unreleased\]?$[^]*?(?=^## )/im, ''),
		uncommitted: [],
		packed: [],
		expected: [],
		scans: {},
	});
	expect(problems).toEqual([]);
});

test('the configuration of n8n’s linter is that of n8n’s template', () => {
	const template = '@n8n/node-cli/dist/template/templates/shared/default/eslint.config.mjs';
	const read = (file: string) => readFileSync(path.join(REPOSITORY, file), 'utf8');
	expect(read('eslint.config.mjs')).toBe(read(path.join('node_modules', template)));
});

test('the workflows are valid for GitHub', async () => {
	await lint(...readdirSync(WORKFLOWS).map((file) => path.join(WORKFLOWS, file)));
});

test.each([
	['an event', 'on: pul_request', 'run: npm test'],
	['an expression', 'on: push', 'run: echo ${{ github.evnt }}'],
	['a step', 'on: push', 'runs: npm test'],
])('the linter of workflows finds %s that does not exist', async (_, event, step) => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-workflow-'));
	const file = path.join(folder, 'broken.yml');
	const job = `    runs-on: ubuntu-24.04\n    steps:\n      - ${step}\n`;
	try {
		await writeFile(file, `${event}\njobs:\n  a:\n${job}`);
		await expect(lint(file)).rejects.toThrow('broken.yml');
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
});

describe.each(readdirSync(WORKFLOWS))('the GitHub workflow %s', (file) => {
	const text = workflow(file);
	const jobs = jobsOf(text);

	test('pins each action by its hash', () => {
		const actions = text.split('\n').filter((line) => /^ *(- )?uses:/.test(line));
		expect(actions.length).toBeGreaterThan(0);
		for (const action of actions) expect(action).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	test('uses each action in one version', () => {
		const versions = new Map<string, Set<string>>();
		for (const [, action = '', version = ''] of text.matchAll(/uses: ([^@\s]+)@(.+)/g)) {
			versions.set(action, (versions.get(action) ?? new Set()).add(version));
		}
		expect([...versions.values()].filter(({ size }) => size > 1)).toEqual([]);
	});

	test('has the permissions that its jobs need, and no secret', () => {
		const [beforeJobs = ''] = text.split(/^jobs:$/m);
		expect(beforeJobs).toMatch(/^permissions:/m);
		expect(writesIn(beforeJobs)).toEqual([]);
		for (const [name, job] of Object.entries(jobs)) {
			expect([name, writesIn(job)]).toEqual([name, MAY_WRITE[file]?.[name] ?? []]);
		}
		expect(text).not.toContain('secrets.');
	});

	test('does not persist the token of its checkout', () => {
		const checkouts = text.split('uses: actions/checkout@').slice(1);
		for (const rest of checkouts) {
			expect(rest.split(/^ *- /m)[0]).toContain('persist-credentials: false');
		}
	});
});

describe('the workflow that publishes', () => {
	const jobs = jobsOf(workflow('publish.yml'));

	test('checks the tag, then builds, then publishes, then creates the release and scans', () => {
		const needs = Object.entries(jobs).map(([name, job]) => [
			name,
			/^ +needs: (\w+)$/m.exec(job)?.[1],
		]);
		expect(needs).toEqual([
			['allowed', undefined],
			['build', 'allowed'],
			['publish', 'build'],
			['release', 'publish'],
			['scan', 'publish'],
		]);
	});

	test.each(['publish', 'release'])('runs no code from the repository in the job "%s"', (name) => {
		expect(jobs[name]).not.toMatch(/actions\/checkout@|npm (?:ci|run|test|install|pack)|npx /);
		expect(jobs[name]).toContain('actions/download-artifact@');
	});

	test('checks everything before it packs', () => {
		const [check, tests, pack] = ['release:check -- --tag', 'npm test', 'npm pack'].map(
			(command) => jobs['build']?.indexOf(command) ?? -1,
		);
		expect(check).toBeGreaterThan(0);
		expect(tests).toBeGreaterThan(check ?? 0);
		expect(pack).toBeGreaterThan(tests ?? 0);
	});

	test('publishes from a protected environment, with provenance, a pre-release under "next"', () => {
		expect(jobs['publish']).toMatch(/^ {4}environment:\n {6}name: npm$/m);
		expect(jobs['publish']).toContain('--provenance');
		expect(jobs['publish']).toContain("contains(github.ref_name, '-') && 'next' || 'latest'");
	});
});
