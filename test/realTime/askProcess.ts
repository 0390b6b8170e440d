/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs on Node.js, never inside n8n */
import { fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';

/**
 * Has a TypeScript program do one thing in a process of its own.
 *
 * @param program the path of one that takes one message and answers with one
 * @param signal ends the process when aborted
 * @returns its answer
 * @throws {Error} with its output, if it ends without an answer
 */
export async function askProcess(
	program: string,
	asked: Serializable,
	{ nodeFlags = [], signal }: { nodeFlags?: readonly string[]; signal?: AbortSignal } = {},
): Promise<unknown> {
	const child = fork(program, {
		execArgv: [...nodeFlags, '--require', require.resolve('tsx/cjs')],
		silent: true,
		...(signal ? { signal } : {}),
	});
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
