/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs on Node.js, never inside n8n */
import { fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a TypeScript program for one task in a separate process.
 *
 * @param program the path of a program that receives one message and sends one back
 * @param signal stops the process when aborted
 * @returns the message that it sends back
 * @throws {Error} with its output, if it ends without a message
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
