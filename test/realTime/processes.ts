/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import type { EngineRun } from '../engine/engine';
import { askProcess } from './askProcess';

let ending = new AbortController();

afterEach(() => {
	ending.abort();
	ending = new AbortController();
});

/**
 * Starts a sandbox in a separate process, which stops with the test.
 *
 * @returns its address
 */
export async function startSandbox(...flags: string[]): Promise<string> {
	const sandbox = resolve(__dirname, '../../sandbox/cli.ts');
	const { stdout, stderr } = spawn(
		process.execPath,
		['--require', 'tsx/cjs', sandbox, '--port', '0', ...flags],
		{ stdio: ['ignore', 'pipe', 'pipe'], signal: ending.signal },
	).on('error', () => undefined);
	let text = '';
	stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
	for await (const chunk of stdout ?? []) {
		text += String(chunk);
		const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
		if (address) return address;
	}
	throw new Error(`The sandbox did not start: ${text}`);
}

/** Runs one of the programs in this folder; its process stops with the test at the latest. */
export async function ask(
	program: 'engineProcess.ts' | 'memoryProcess.ts',
	asked: EngineRun,
	nodeFlags: readonly string[] = [],
): Promise<unknown> {
	const { signal } = ending;
	return await askProcess(resolve(__dirname, program), asked, { nodeFlags, signal });
}
