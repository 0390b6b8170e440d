/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- runs on Node.js, never inside n8n */
/**
 * Runs a command and makes sure that none of its processes outlives the process that started it.
 *
 * `startGroup` starts it as the leader of its own process group, with a pipe as standard input. The pipe
 * closes when the process at its other end stops the command or dies, even by SIGKILL. Then the command gets
 * SIGTERM, and after a grace period the whole group gets SIGKILL.
 */
import { spawn } from 'node:child_process';

const GRACE_MS = 8_000;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
	process.stderr.write('usage: keeper <command> [arguments]\n');
	process.exit(64);
}

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let ending = false;

/** Ends this process too, because it leads the group. */
function killGroup(): void {
	process.kill(-process.pid, 'SIGKILL');
}

function end(): void {
	if (ending) return;
	ending = true;
	child.kill('SIGTERM');
	setTimeout(killGroup, GRACE_MS);
}

process.stdin.on('end', end).on('close', end).on('error', end).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

child.on('error', (error) => {
	process.stderr.write(`${command} could not be started: ${error.message}\n`);
	process.exit(127);
});
child.on('exit', (code) => {
	if (ending) killGroup();
	process.exit(code ?? 1);
});
