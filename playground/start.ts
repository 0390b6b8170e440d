/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import colors from 'picocolors';
import { compileOnSave } from './src/compileOnSave';
import { MAIN_EXAMPLE, workflowIdOf } from './src/exampleWorkflows';
import { holdFolder } from './src/folderLock';
import { installN8n, isN8nInstalled } from './src/installN8n';
import { buildNodePackage, packNodePackage } from './src/nodePackage';
import { N8N_MODULES, REPOSITORY, USER_FOLDER } from './src/places';
import { elapsed, say, showStep } from './src/screen';
import { showMainExample } from './src/showMainExample';
import { OWNER, type Playground, startPlayground } from './src/startPlayground';

const PARENT_LOOK_MS = 1_000;
const INTERRUPTED = 130;

const interruption = new AbortController();
const { signal } = interruption;

/** Ends on a signal, when the terminal closes, and when the command that started it has ended. */
function listenForTheEnd(): void {
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(name, () => interruption.abort());
	}
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
	const parent = process.ppid;
	setInterval(() => {
		if (process.ppid !== parent) interruption.abort();
	}, PARENT_LOOK_MS).unref();
}

/**
 * Everything from the installation to the tables. Leaves n8n and the sandbox running unless `once`. With `dev`,
 * it does not run the example, and n8n reloads the node whenever a source file is saved.
 */
async function run({ once, dev }: { once: boolean; dev: boolean }): Promise<number> {
	const startedAt = Date.now();
	if (!(await isN8nInstalled())) {
		const folder = path.relative(REPOSITORY, N8N_MODULES);
		say(`First use: installing n8n into ${folder}. It is about 2,000 packages, 2 to 3 GB,`);
		say('and takes 5 to 8 minutes. Later starts skip this.');
		await showStep('Installing n8n', async (tell) => await installN8n(tell, signal));
	}
	await showStep('Building the node', async () => await buildNodePackage(signal));

	const held = await holdFolder(USER_FOLDER);
	let playground: Playground | undefined;
	try {
		if (held.temporary) {
			say('Another playground is running, so this one uses a temporary user folder.');
		}
		playground = await showStep('Starting the sandbox and n8n', async () => {
			const packFolder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-'));
			try {
				const tarball = await packNodePackage(packFolder, signal);
				return await startPlayground({ userFolder: held.folder, tarball, signal });
			} finally {
				await rm(packFolder, { recursive: true, force: true });
			}
		});
		const running = playground;
		if (dev) {
			compileOnSave(held.folder, say, signal);
			await printAddresses(running);
			return await untilTheEnd(running, 0);
		}
		const { agrees } = await showMainExample(running, held.folder, signal);
		say(colors.dim(`Total time: ${elapsed(startedAt)}.`));
		const exitCode = agrees ? 0 : 1;
		if (once) return exitCode;

		await printAddresses(running);
		return await untilTheEnd(running, exitCode);
	} finally {
		if (playground !== undefined) {
			const { stop } = playground;
			await showStep('Stopping n8n and the sandbox', stop);
		}
		await held.release();
	}
}

async function printAddresses({ n8n, sandbox }: Playground): Promise<void> {
	const workflowId = await n8n.client.ownIdOf(workflowIdOf(MAIN_EXAMPLE));
	say();
	say(colors.bold('Ready. Press Ctrl-C to stop:'));
	say(`  the workflow   ${n8n.url}/workflow/${workflowId}`);
	say(`  sign in with   ${OWNER.email} and ${OWNER.password}`);
	say(`  the sandbox    ${sandbox.url}/`);
	say(`  n8n's log      ${n8n.logFile}`);
}

/** Waits for the interruption, or for n8n to end by itself, which is an error. */
async function untilTheEnd({ n8n }: Playground, exitCode: number): Promise<number> {
	const interrupted = new Promise<undefined>((resolve) => {
		if (signal.aborted) resolve(undefined);
		signal.addEventListener('abort', () => resolve(undefined), { once: true });
	});
	const lastWords = await Promise.race([n8n.ended, interrupted]);
	if (lastWords === undefined || signal.aborted) return exitCode;
	say(colors.red(lastWords));
	return 1;
}

async function main(): Promise<number> {
	listenForTheEnd();
	try {
		const { values } = parseArgs({
			options: {
				once: { type: 'boolean', default: false },
				dev: { type: 'boolean', default: false },
			},
		});
		return await run(values);
	} catch (error) {
		if (signal.aborted) return INTERRUPTED;
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return 1;
	}
}

void main().then((exitCode) => process.exit(exitCode));
