/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */

/** A command that measures. */
export interface Command<Flags> {
	/** What `--help` prints. */
	help: string;
	/** Undefined where `--help` is asked for. Throws for a flag that does not fit. */
	readFlags: () => Flags | undefined;
	run: (flags: Flags) => Promise<void>;
}

/** Does what the command line asks for, and ends the process: with 1 and the reason where that throws. */
export async function runCommandLine<Flags>({
	help,
	readFlags,
	run,
}: Command<Flags>): Promise<never> {
	try {
		const flags = readFlags();
		if (flags === undefined) process.stdout.write(help);
		else await run(flags);
		process.exit(0);
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	}
}
