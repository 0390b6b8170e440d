/** What is known about a version before it is published. */
export interface Facts {
	/** The tag to publish; undefined if there is none yet. */
	tag: string | undefined;
	manifest: Manifest;
	/** The version that package-lock.json gives the package. */
	lockVersion: string;
	/** The text of CHANGELOG.md. */
	changelog: string;
	/** The text of README.md. */
	readme: string;
	/** Versions of n8n that the tests run in, such as "2.41". */
	testedIn: readonly string[];
	/** Address of git's remote `origin`; undefined if there is none. */
	remote: string | undefined;
	/** Files with uncommitted changes. */
	uncommitted: readonly string[];
	/** The text of each file of the repository, by its path. */
	files: Readonly<Record<string, string>>;
	/** Paths of the files in the tarball, and those that must be there. */
	packed: readonly string[];
	expected: readonly string[];
	/** The results of n8n's scanner for the sources and the tarball. */
	scans: Readonly<Record<string, Scan>>;
}

/** The fields of package.json that identify the package and its owner. */
export interface Manifest {
	name: string;
	version: string;
	author: { name: string; email: string };
	homepage: string;
	bugs: { url: string };
	repository: { url: string };
}

/** A result of n8n's scanner. */
export interface Scan {
	passed: boolean;
	message?: string | undefined;
	details?: string | undefined;
}

/** Reserved domains (RFC 2606, RFC 6761). */
const RESERVED = /@(?:.+\.)?(?:example(?:\.(?:com|net|org))?|invalid|test|localhost)$/i;
const NAMED = 5;
const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** All problems that block a release, each with the file to change. Empty: it can be published. */
export function problemsIn(facts: Facts): string[] {
	return [
		...versionProblems(facts),
		...readmeProblems(facts),
		...identityProblems(facts),
		...packageProblems(facts),
		...inOne(facts.uncommitted, (files) => `Uncommitted changes: ${files}`),
	];
}

/** One problem for all of the files, or none if there are none. */
function inOne(files: readonly string[], say: (files: string) => string): string[] {
	if (files.length === 0) return [];
	const [named, more] = [files.slice(0, NAMED), files.length - NAMED];
	return [say(`${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}`)];
}

/**
 * What the changelog says about a version, without its heading.
 *
 * @returns undefined if it has no dated heading of that version.
 */
export function notesFor(version: string, changelog: string): string | undefined {
	const [, ...sections] = changelog.split(/^## /m);
	const section = sections.find((text) => headingOf(text)?.[1] === version);
	return section === undefined ? undefined : bodyOf(section);
}

function headingOf(section: string): RegExpExecArray | null {
	return /^\[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$/m.exec(section.split('\n')[0] ?? '');
}

function bodyOf(section: string): string {
	return section.split('\n').slice(1).join('\n').trim();
}

function versionProblems({ tag, manifest, lockVersion, changelog }: Facts): string[] {
	const { version } = manifest;
	const problems: string[] = [];
	if (!VERSION.test(version)) problems.push(`package.json: ${version} is not a version`);
	if (tag !== undefined && tag !== `v${version}`) {
		problems.push(`The tag is ${tag}, but the version in package.json is ${version}`);
	}
	if (lockVersion !== version) {
		problems.push(
			`package-lock.json has version ${lockVersion}, but package.json has ${version}. Run npm install`,
		);
	}
	const [, ...sections] = changelog.split(/^## /m);
	const newest = sections.map((text) => headingOf(text)?.[1]).find((found) => found !== undefined);
	const notes = notesFor(version, changelog);
	if (notes === undefined || newest !== version) {
		problems.push(
			`CHANGELOG.md: the newest version is ${newest ?? 'missing'}, but package.json has ` +
				`${version}. Its heading must be "## [${version}] - YYYY-MM-DD"`,
		);
	} else if (notes === '') {
		problems.push(`CHANGELOG.md has no text for ${version}`);
	}
	const unreleased = sections.find((text) => /^\[?unreleased/i.test(text));
	if (unreleased !== undefined && bodyOf(unreleased) !== '') {
		problems.push(`CHANGELOG.md: move what is under "Unreleased" to the heading of ${version}`);
	}
	return problems;
}

function readmeProblems({ manifest, readme, testedIn }: Facts): string[] {
	const section = (title: string) =>
		readme
			.split(/^## /m)
			.find((text) => text.startsWith(`${title}\n`))
			?.replaceAll(/\]\([^)]*\)/g, ']');
	const install = section('Install') ?? '';
	const compatibility = section('Compatibility') ?? '';
	const named = [...compatibility.matchAll(/(?<![\w.:-])[12]\.\d+(?![\w.-]*\w)/g)].map(
		([version]) => version,
	);
	return [
		...(install.includes(`\`${manifest.name}\``)
			? []
			: [`README.md: "Install" does not name the package ${manifest.name}`]),
		...testedIn
			.filter((version) => !named.includes(version))
			.map((version) => `README.md: "Compatibility" does not name n8n ${version}`),
		...[...new Set(named)]
			.filter((version) => !testedIn.includes(version))
			.map((version) => `README.md: "Compatibility" names n8n ${version}, but no test runs in it`),
	];
}

function identityProblems({ manifest, remote, files }: Facts): string[] {
	const { name, author, homepage, bugs, repository } = manifest;
	const problems: string[] = [];
	if (RESERVED.test(author.email)) {
		problems.push(
			`package.json: "author" is a placeholder, ${author.email}. Enter an address that somebody reads`,
		);
	}
	const own = partsOf(repository.url);
	if (own === undefined) {
		return [
			...problems,
			`package.json: "repository" is not an address on GitHub: ${repository.url}`,
		];
	}
	const address = `https://github.com/${own.owner}/${own.repository}`;
	const origin = remote === undefined ? undefined : partsOf(remote);
	if (remote === undefined) {
		problems.push(
			`package.json: "repository" is ${address}, but git has no remote "origin" to compare it with`,
		);
	} else if (origin?.owner !== own.owner || origin.repository !== own.repository) {
		problems.push(
			`package.json: "repository" is ${address}, but git's remote "origin" is ${remote}. ` +
				'If the first is a placeholder, CONTRIBUTING says how to replace it',
		);
	}
	for (const [field, given, wanted] of [
		['homepage', homepage, `${address}#readme`],
		['bugs', bugs.url, `${address}/issues`],
	] as const) {
		if (given !== wanted) problems.push(`package.json: "${field}" is ${given}, not ${wanted}`);
	}
	for (const [file, text] of Object.entries(files)) {
		const others = [...text.matchAll(/github\.com\/([\w.-]+)\/([\w.-]+?)(?=\.git\b|[^\w.-]|$)/g)]
			.filter(([, , found]) => found === name || found === own.repository)
			.filter(([, owner, found]) => owner !== own.owner || found !== own.repository)
			.map(([found]) => found);
		for (const other of new Set(others)) {
			problems.push(`${file} names https://${other}, but package.json names ${address}`);
		}
	}
	return [...problems, ...ownerProblems(files['.github/CODEOWNERS'] ?? '', own.owner)];
}

function ownerProblems(codeOwners: string, owner: string): string[] {
	return [...codeOwners.matchAll(/@([\w.-]+)/g)]
		.filter(([, found]) => found !== owner)
		.map(
			([found]) => `.github/CODEOWNERS names ${found}, but the owner in package.json is ${owner}`,
		);
}

function partsOf(address: string): { owner: string; repository: string } | undefined {
	const [, owner, repository] =
		/github\.com[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(address) ?? [];
	return owner && repository ? { owner, repository } : undefined;
}

function packageProblems({ packed, expected, scans }: Facts): string[] {
	return [
		...inOne(
			expected.filter((file) => !packed.includes(file)),
			(files) => `The tarball lacks ${files}. Run npm run build`,
		),
		...inOne(
			packed.filter((file) => !expected.includes(file)),
			(files) => `The tarball contains files that do not belong to the package: ${files}`,
		),
		...Object.entries(scans)
			.filter(([, { passed }]) => !passed)
			.map(([of, { message, details }]) =>
				[`n8n's scanner fails on ${of}: ${message ?? 'no reason given'}`, details ?? '']
					.join('\n')
					.trimEnd(),
			),
	];
}
