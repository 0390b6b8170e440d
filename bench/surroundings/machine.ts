/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { N8N_COMMANDS, N8N_MODULES } from '../../playground/src/places';
import { runCommand } from '../../playground/src/processGroup';

/** On what was measured. */
export interface Machine {
	cores: number;
	memoryGiB: number;
	system: string;
	/** The Node.js that n8n runs on, such as `24.1.0`. */
	n8nNode: string;
	/** The Node.js of the sandbox and of the script, such as `20.1.0`. */
	ownNode: string;
	n8n: string;
	/** How many processes wanted a core in the minute before, on average. */
	loadBefore: number;
}

/** Describes this machine. */
export async function describeMachine(): Promise<Machine> {
	const manifest: unknown = JSON.parse(
		await readFile(path.join(N8N_MODULES, 'n8n', 'package.json'), 'utf8'),
	);
	const n8nNode = await runCommand(path.join(N8N_COMMANDS, 'node'), ['--version'], {
		cwd: N8N_MODULES,
	});
	return {
		cores: os.availableParallelism(),
		memoryGiB: Math.round(os.totalmem() / 2 ** 30),
		system: os.type(),
		n8nNode: n8nNode.trim().replace(/^v/, ''),
		ownNode: process.versions.node,
		n8n: z.object({ version: z.string() }).parse(manifest).version,
		loadBefore: os.loadavg()[0] ?? NaN,
	};
}
