import { describe, expect, test } from '@jest/globals';
import { type Facts, type Manifest, notesFor, problemsIn } from '../../release/problems';

const OWNER = 'acme';
const ADDRESS = `https://github.com/${OWNER}/n8n-nodes-affilae`;
const ELSEWHERE = `https://github.com/${'somebody'}/n8n-nodes-affilae`;

const MANIFEST: Manifest = {
	name: 'n8n-nodes-affilae',
	version: '1.2.0',
	author: { name: 'Acme', email: 'nodes@acme.fr' },
	homepage: `${ADDRESS}#readme`,
	bugs: { url: `${ADDRESS}/issues` },
	repository: { url: `git+${ADDRESS}.git` },
};
const CHANGELOG = [
	'# Changelog',
	'## [1.2.0] - 2026-12-01',
	'### Added',
	'- More.',
	'## [1.1.0] - 2026-11-01',
	'- Less.',
].join('\n\n');
const README = [
	'# A node',
	'## Install',
	'Enter `n8n-nodes-affilae`.',
	'## Compatibility',
	'Tested in n8n 1.123 and 2.41 ([what is missing](n8n-versions/2.8.json)), with Node.js 20.19 and 22.',
].join('\n\n');

function unreleased(changes: string): string {
	return CHANGELOG.replace('## [1.2.0]', `## [Unreleased]\n\n${changes}\n\n## [1.2.0]`);
}

/** A version that can be published. */
const SOUND: Facts = {
	tag: 'v1.2.0',
	manifest: MANIFEST,
	lockVersion: '1.2.0',
	changelog: CHANGELOG,
	readme: README,
	testedIn: ['1.123', '2.41'],
	remote: `${ADDRESS}.git`,
	uncommitted: [],
	files: {
		'nodes/A.node.json': `{ "url": "${ADDRESS}#operations" }`,
		'docs/other.md': 'https://github.com/n8n-io/n8n/issues',
		'.github/CODEOWNERS': `* @${OWNER}/maintainers`,
	},
	packed: ['package.json', 'dist/a.js'],
	expected: ['package.json', 'dist/a.js'],
	scans: { 'the sources': { passed: true }, 'the tarball': { passed: true } },
};

describe('the check before a release', () => {
	test.each<[string, Partial<Facts>]>([
		['a tag', {}],
		['no tag yet', { tag: undefined }],
		['an ssh remote', { remote: `git@github.com:${OWNER}/n8n-nodes-affilae.git` }],
		['a remote without .git', { remote: ADDRESS }],
		['nothing under "Unreleased"', { changelog: unreleased('') }],
		[
			'a pre-release',
			{
				tag: 'v1.2.0-rc.1',
				manifest: { ...MANIFEST, version: '1.2.0-rc.1' },
				lockVersion: '1.2.0-rc.1',
				changelog: CHANGELOG.replace('[1.2.0]', '[1.2.0-rc.1]'),
			},
		],
	])('passes a version with %s', (_, changed) => {
		expect(problemsIn({ ...SOUND, ...changed })).toEqual([]);
	});

	test.each<[string, Partial<Facts>, string]>([
		[
			'a tag of another version',
			{ tag: 'v1.3.0' },
			'The tag is v1.3.0, but the version in package.json is 1.2.0',
		],
		[
			'a tag that is not a version',
			{ tag: '1.2.0' },
			'The tag is 1.2.0, but the version in package.json is 1.2.0',
		],
		[
			'another version in the lock file',
			{ lockVersion: '1.1.0' },
			'package-lock.json has version 1.1.0, but package.json has 1.2.0. Run npm install',
		],
		[
			'a tag without a heading in the changelog',
			{ changelog: CHANGELOG.replace('1.2.0', '1.0.0') },
			'CHANGELOG.md: the newest version is 1.0.0, but package.json has 1.2.0. Its heading must be "## [1.2.0] - YYYY-MM-DD"',
		],
		[
			'a heading without a date',
			{ changelog: CHANGELOG.replace(' - 2026-12-01', '') },
			'CHANGELOG.md: the newest version is 1.1.0, but package.json has 1.2.0. Its heading must be "## [1.2.0] - YYYY-MM-DD"',
		],
		[
			'an empty changelog',
			{ changelog: '# Changelog\n' },
			'CHANGELOG.md: the newest version is missing, but package.json has 1.2.0. Its heading must be "## [1.2.0] - YYYY-MM-DD"',
		],
		[
			'an empty section of the version',
			{ changelog: '## [1.2.0] - 2026-12-01\n\n## [1.1.0] - 2026-11-01\n\n- Less.' },
			'CHANGELOG.md has no text for 1.2.0',
		],
		[
			'changes that are still under "Unreleased"',
			{ changelog: unreleased('- Even more.') },
			'CHANGELOG.md: move what is under "Unreleased" to the heading of 1.2.0',
		],
		[
			'a README that names another package',
			{ readme: README.replace('n8n-nodes-affilae', 'n8n-nodes-other') },
			'README.md: "Install" does not name the package n8n-nodes-affilae',
		],
		[
			'a version of n8n that the README does not name',
			{ testedIn: ['1.123', '2.8', '2.41'] },
			'README.md: "Compatibility" does not name n8n 2.8',
		],
		[
			'a version of n8n that the README names but no test runs in',
			{ testedIn: ['1.123'] },
			'README.md: "Compatibility" names n8n 2.41, but no test runs in it',
		],
		[
			'a placeholder for the author',
			{ manifest: { ...MANIFEST, author: { name: 'A', email: 'a@acme.example' } } },
			'package.json: "author" is a placeholder, a@acme.example. Enter an address that somebody reads',
		],
		[
			'no remote',
			{ remote: undefined },
			`package.json: "repository" is ${ADDRESS}, but git has no remote "origin" to compare it with`,
		],
		[
			'a repository that is not the remote',
			{ remote: ELSEWHERE },
			`package.json: "repository" is ${ADDRESS}, but git's remote "origin" is ${ELSEWHERE}. If the first is a placeholder, CONTRIBUTING says how to replace it`,
		],
		[
			'a repository that is not on GitHub',
			{ manifest: { ...MANIFEST, repository: { url: 'https://acme.fr/a.git' } } },
			'package.json: "repository" is not an address on GitHub: https://acme.fr/a.git',
		],
		[
			'another homepage',
			{ manifest: { ...MANIFEST, homepage: ELSEWHERE } },
			`package.json: "homepage" is ${ELSEWHERE}, not ${ADDRESS}#readme`,
		],
		[
			'another address for bugs',
			{ manifest: { ...MANIFEST, bugs: { url: `${ELSEWHERE}/issues` } } },
			`package.json: "bugs" is ${ELSEWHERE}/issues, not ${ADDRESS}/issues`,
		],
		[
			'a link of n8n’s editor to another repository',
			{ files: { 'nodes/A.node.json': `{ "url": "${ELSEWHERE}#a", "b": "${ELSEWHERE}#b" }` } },
			`nodes/A.node.json names ${ELSEWHERE}, but package.json names ${ADDRESS}`,
		],
		[
			'a clone address of another repository',
			{ files: { 'docs/a.md': `git clone ${ELSEWHERE}.git` } },
			`docs/a.md names ${ELSEWHERE}, but package.json names ${ADDRESS}`,
		],
		[
			'another owner of the code',
			{ files: { '.github/CODEOWNERS': '* @somebody/maintainers' } },
			'.github/CODEOWNERS names @somebody, but the owner in package.json is acme',
		],
		[
			'a missing file',
			{ packed: ['package.json'] },
			'The tarball lacks dist/a.js. Run npm run build',
		],
		[
			'files that do not belong to the package',
			{ packed: [...SOUND.packed, ...['b', 'c', 'd', 'e', 'f', 'g', 'h']] },
			'The tarball contains files that do not belong to the package: b, c, d, e, f, and 2 more',
		],
		[
			'a failing scanner',
			{
				scans: {
					'the tarball': { passed: false, message: 'ESLint violations found', details: 'a.js 1:1' },
				},
			},
			"n8n's scanner fails on the tarball: ESLint violations found\na.js 1:1",
		],
		['uncommitted changes', { uncommitted: ['a.ts', 'b.ts'] }, 'Uncommitted changes: a.ts, b.ts'],
		[
			'an invalid version',
			{
				tag: undefined,
				manifest: { ...MANIFEST, version: 'one' },
				lockVersion: 'one',
			},
			'package.json: one is not a version',
		],
	])('reports %s', (_, changed, problem) => {
		expect(problemsIn({ ...SOUND, ...changed })).toContain(problem);
	});

	test('lists all problems at once', () => {
		expect(problemsIn({ ...SOUND, tag: 'v9.9.9', lockVersion: '1.1.0' })).toHaveLength(2);
	});
});

test('the notes of a release are exactly the changelog of its version', () => {
	expect(notesFor('1.2.0', CHANGELOG)).toBe('### Added\n\n- More.');
	expect(notesFor('1.1.0', CHANGELOG)).toBe('- Less.');
	expect(notesFor('1.3.0', CHANGELOG)).toBeUndefined();
});
