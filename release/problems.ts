/** What is known of a version before it is published. */
export interface Facts {
	/** The tag that is to be published; undefined if there is none yet. */
	tag: string | undefined;
	manifest: Manifest;
	/** The version that package-lock.json gives the package. */
	lockVersion: string;
	/** Whole text of CHANGELOG.md. */
	changelog: string;
	/** Whole text of README.md. */
	readme: string;
	/** Versions of n8n that the tests run in, e.g. "2.41". */
	testedIn: readonly string[];
	/** Address of git's remote `origin`; undefined if there is none. */
	remote: string | undefined;
	/** Files that are not committed as they are. */
	uncommitted: readonly string[];
	/** Text of each file of the repository, by its path. */
	files: Readonly<Record<string, string>>;
	/** Paths of the files in the tarball, and those that must be there. */
	packed: readonly string[];
	expected: readonly string[];
	/** What n8n's scanner says of the sources and of the tarball. */
	scans: Readonly<Record<string, Scan>>;
}

/** The fields of package.json that say what the package is and whose. */
export interface Manifest {
	name: string;
	version: string;
	author: { name: string; email: string };
	homepage: string;
	bugs: { url: string };
	repository: { url: string };
}

/** A verdict of n8n's scanner. */
export interface Scan {
	passed: boolean;
	message?: string | undefined;
	details?: string | undefined;
}

/** Domains that belong to nobody (RFC 2606, RFC 6761). */
const RESERVED = /@(?:.+\.)?(?:example(?:\.(?:com|net|org))?|invalid|test|localhost)$/i;
const NAMED = 5;
const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** Whatever keeps a version from being published, each with the file to change. None: it can be. */
export function problemsIn(facts: Facts): string[] {
	return [
		...versionProblems(facts),
		...readmeProblems(facts),
		...identityProblems(facts),
		...packageProblems(facts),
		...inOne(facts.uncommitted, (files) => `Changes that are not committed: ${files}`),
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
	if (!VERSION.test(version)) problems.push(`package.json: ${version} is no version`);
	if (tag !== undefined && tag !== `v${version}`) {
		problems.push(`The tag is ${tag}, and the version in package.json is ${version}`);
	}
	if (lockVersion !== version) {
		problems.push(
			`package-lock.json has version ${lockVersion}, and package.json ${version}. Run npm install`,
		);
	}
	const [, ...sections] = changelog.split(/^## /m);
	const newest = sections.map((text) => headingOf(text)?.[1]).find((found) => found !== undefined);
	const notes = notesFor(version, changelog);
	if (notes === undefined || newest !== version) {
		problems.push(
			`CHANGELOG.md: the newest version is ${newest ?? 'missing'}, and that in package.json is ` +
				`${version}. Its heading must be "## [${version}] - YYYY-MM-DD"`,
		);
	} else if (notes === '') {
		problems.push(`CHANGELOG.md says nothing about ${version}`);
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
			.map((version) => `README.md: "Compatibility" names n8n ${version}, which no test runs in`),
	];
}

function identityProblems({ manifest, remote, files }: Facts): string[] {
	const { name, author, homepage, bugs, repository } = manifest;
	const problems: string[] = [];
	if (RESERVED.test(author.email)) {
		problems.push(
			`package.json: "author" is a placeholder, ${author.email}. Give an address that somebody reads`,
		);
	}
	const own = partsOf(repository.url);
	if (own === undefined) {
		return [...problems, `package.json: "repository" is no address on GitHub: ${repository.url}`];
	}
	const address = `https://github.com/${own.owner}/${own.repository}`;
	const origin = remote === undefined ? undefined : partsOf(remote);
	if (remote === undefined) {
		problems.push(
			`package.json: "repository" is ${address}, and git has no remote "origin" to compare it with`,
		);
	} else if (origin?.owner !== own.owner || origin.repository !== own.repository) {
		problems.push(
			`package.json: "repository" is ${address}, and git's remote "origin" is ${remote}. ` +
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
			problems.push(`${file} names https://${other}, and package.json ${address}`);
		}
	}
	return [...problems, ...ownerProblems(files['.github/CODEOWNERS'] ?? '', own.owner)];
}

function ownerProblems(codeOwners: string, owner: string): string[] {
	return [...codeOwners.matchAll(/@([\w.-]+)/g)]
		.filter(([, found]) => found !== owner)
		.map(([found]) => `.github/CODEOWNERS names ${found}, and package.json the owner ${owner}`);
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
			(files) => `The tarball holds what is not of the package: ${files}`,
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
