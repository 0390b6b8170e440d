/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- runs on Node.js, never inside n8n */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

const KEEPER = path.join(__dirname, 'keeper.ts');
const TAIL_LINES = 20;

/** A running command with all processes that it starts. */
export interface ProcessGroup {
	/** Resolves when the command has ended for any reason; never rejects. */
	readonly ended: Promise<{ exitCode: number | null }>;
	/** Stops the command and all processes that it started; resolves when they have ended. */
	stop(): Promise<void>;
}

/** How to start a command. */
export interface GroupOptions {
	cwd: string;
	/** The complete environment; default this process's own. */
	env?: NodeJS.ProcessEnv;
	/** Where its output goes: an open file, or a function that is called for each line. */
	output: number | ((line: string, stream: 'stdout' | 'stderr') => void);
	/** Stops the command when aborted. */
	signal?: AbortSignal | undefined;
}

/**
 * Starts a command in its own process group. It ends after `stop()`, when `signal` is aborted, and also if
 * this process is killed.
 */
export function startGroup(
	command: string,
	args: readonly string[],
	{ cwd, env = process.env, output, signal }: GroupOptions,
): ProcessGroup {
	const sink = typeof output === 'number' ? output : 'pipe';
	const keeper = spawn(
		process.execPath,
		['--require', require.resolve('tsx/cjs'), KEEPER, command, ...args],
		{ cwd, env, detached: true, stdio: ['pipe', sink, sink] },
	);
	if (typeof output === 'function') {
		for (const stream of ['stdout', 'stderr'] as const) {
			const readable = keeper[stream];
			if (readable !== null) {
				createInterface({ input: readable }).on('line', (line) => output(line, stream));
			}
		}
	}
	keeper.stdin?.on('error', () => undefined);

	const release = (): void => {
		keeper.stdin?.end();
	};
	signal?.addEventListener('abort', release, { once: true });
	if (signal?.aborted) release();

	const ended = new Promise<{ exitCode: number | null }>((resolve) => {
		keeper.on('error', () => resolve({ exitCode: null }));
		keeper.on('close', (exitCode) => {
			signal?.removeEventListener('abort', release);
			sweep(keeper.pid);
			resolve({ exitCode });
		});
	});
	return {
		ended,
		stop: async () => {
			release();
			await ended;
		},
	};
}

/** Kills the processes that a command left in its group when it ended. */
function sweep(leader: number | undefined): void {
	if (leader === undefined) return;
	try {
		process.kill(-leader, 'SIGKILL');
	} catch {
		// Nothing was left.
	}
}

/**
 * Runs a command and waits for its end.
 *
 * @returns its standard output
 * @throws {Error} with the last lines of its output if its exit code is not 0; also if `signal` is aborted
 */
export async function runCommand(
	command: string,
	args: readonly string[],
	options: Omit<GroupOptions, 'output'>,
): Promise<string> {
	const stdout: string[] = [];
	const tail: string[] = [];
	const { exitCode } = await startGroup(command, args, {
		...options,
		output: (line, stream) => {
			if (stream === 'stdout') stdout.push(line);
			tail.push(line);
			if (tail.length > TAIL_LINES) tail.shift();
		},
	}).ended;
	options.signal?.throwIfAborted();
	if (exitCode !== 0) {
		throw new Error(
			[`"${[command, ...args].join(' ')}" ended with ${exitCode ?? 'a signal'}:`, ...tail].join(
				'\n',
			),
		);
	}
	return stdout.join('\n');
}
