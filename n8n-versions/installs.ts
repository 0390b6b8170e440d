/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * Runs `test/install` in each version of n8n, one after the other: it installs the package as an operator
 * does. `npm run test:install -- 1.123` runs it in that version only.
 */
import colors from 'picocolors';
import { REPOSITORY } from '../playground/src/places';
import { startGroup } from '../playground/src/processGroup';
import { say } from '../playground/src/screen';
import { versionsNamed } from './versions';

async function main(): Promise<number> {
	const failed: string[] = [];
	for (const { n8n, hasFolder } of versionsNamed(process.argv.slice(2))) {
		say(colors.bold(`The package in n8n ${n8n}`));
		const jest = [require.resolve('jest/bin/jest'), '--selectProjects', 'install'];
		const { exitCode } = await startGroup(process.execPath, jest, {
			cwd: REPOSITORY,
			env: { ...process.env, N8N_UNDER_TEST: hasFolder ? n8n : '' },
			output: (line, stream) => void process[stream].write(`${line}\n`),
		}).ended;
		if (exitCode !== 0) failed.push(n8n);
	}
	for (const n8n of failed) say(colors.red(`The tests failed in n8n ${n8n}`));
	return failed.length === 0 ? 0 : 1;
}

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		say(colors.red(error instanceof Error ? error.message : String(error)));
		process.exitCode = 1;
	},
);
