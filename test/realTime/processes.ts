/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import type { EngineRun } from '../engine/engine';

const started: ChildProcess[] = [];

afterEach(() => {
	for (const child of started.splice(0)) child.kill();
});

/** Starts a TypeScript program in a process that ends with the test at the latest. */
function start(program: string, args: readonly string[], nodeFlags: readonly string[] = []) {
	const child = spawn(
		process.execPath,
		[...nodeFlags, '--require', 'tsx/cjs', resolve(__dirname, program), ...args],
		{ stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
	);
	started.push(child);
	return child;
}

/**
 * Starts a sandbox in a process of its own.
 *
 * @returns its address
 */
export async function startSandbox(...flags: string[]): Promise<string> {
	const { stdout, stderr } = start('../../sandbox/cli.ts', ['--port', '0', ...flags]);
	let text = '';
	stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
	for await (const chunk of stdout ?? []) {
		text += String(chunk);
		const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
		if (address) return address;
	}
	throw new Error(`The sandbox did not start: ${text}`);
}

/**
 * Has a program do one thing in a process of its own.
 *
 * @param program takes one message and answers with one
 */
export async function ask(
	program: 'engineProcess.ts' | 'memoryProcess.ts',
	asked: EngineRun,
	nodeFlags: readonly string[] = [],
): Promise<unknown> {
	const child = start(program, [], nodeFlags);
	let text = '';
	child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
	child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
	child.send(asked);
	const [answer]: unknown[] = await Promise.race([
		once(child, 'message'),
		once(child, 'exit').then(([code]) => {
			throw new Error(`${program} ended with ${String(code)}: ${text}`);
		}),
	]);
	return answer;
}
