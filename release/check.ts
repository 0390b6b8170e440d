/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * Checks everything that can be checked before a release, and lists all problems. `--tag v1.2.3` also
 * compares a tag; `--notes FILE` writes the changelog of the version to a file.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import colors from 'picocolors';
import { say } from '../playground/src/screen';
import { readPackage, readRepository } from './facts';
import { notesFor, problemsIn } from './problems';

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: { tag: { type: 'string' }, notes: { type: 'string' } },
	});
	const facts = {
		tag: values.tag,
		...(await readRepository()),
		...(await readPackage()),
	};
	const { version } = facts.manifest;
	const problems = problemsIn(facts);
	for (const problem of problems) say(`${colors.red('✗')} ${problem}`);
	if (problems.length > 0) {
		say(`Version ${version} cannot be published yet.`);
		return 1;
	}
	if (values.notes !== undefined) {
		await writeFile(values.notes, `${notesFor(version, facts.changelog) ?? ''}\n`);
	}
	say(`${colors.green('✓')} Version ${version} can be published: its tag is v${version}.`);
	return 0;
}

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		say(colors.red(error instanceof Error ? error.message : String(error)));
		process.exitCode = 1;
	},
);
