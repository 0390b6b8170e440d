/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import colours from 'picocolors';

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 20_000;

/** Says what a running step is at, e.g. "1,204 of 1,410 packages". */
export type Tell = (detail: string) => void;

/**
 * Runs one step and shows it: on a terminal as a line that moves while the step runs, elsewhere as
 * a plain line when it begins, every 20 s while it lasts, and when it ends.
 *
 * @throws whatever the step throws, after marking it.
 */
export async function showStep<T>(title: string, step: (tell: Tell) => Promise<T>): Promise<T> {
	const startedAt = Date.now();
	const moving = process.stdout.isTTY;
	let detail = '';
	const line = (): string =>
		`${title} ${colours.dim(`(${[elapsed(startedAt), detail].filter(Boolean).join(', ')})`)}`;
	const draw = (): void => {
		if (moving) process.stdout.write(`\r\u001b[K${colours.cyan('…')} ${line()}`);
		else process.stdout.write(`  ${line()}\n`);
	};
	const end = (mark: string): void => {
		clearInterval(timer);
		process.stdout.write(`${moving ? '\r\u001b[K' : ''}${mark} ${line()}\n`);
	};

	if (moving) draw();
	else process.stdout.write(`… ${title}\n`);
	const timer = setInterval(draw, moving ? REDRAW_MS : PLAIN_LINE_MS);
	try {
		const result = await step((text) => {
			detail = text;
		});
		end(colours.green('✓'));
		return result;
	} catch (error) {
		end(colours.red('✗'));
		throw error;
	}
}

/** Prints one line. */
export function say(text = ''): void {
	process.stdout.write(`${text}\n`);
}

/** The time since an instant (ms since 1970), e.g. "9 s" or "5 min 03 s". */
export function elapsed(since: number): string {
	const seconds = Math.round((Date.now() - since) / 1000);
	if (seconds < 60) return `${seconds} s`;
	return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
