/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import colors from 'picocolors';

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 20_000;

/** Reports the progress of a step, such as "1,204 of 1,410 packages". */
export type Tell = (detail: string) => void;

/**
 * Runs a step and shows its progress: on a terminal in one line that is redrawn, elsewhere in a new line at
 * the start, every 20 s, and at the end.
 *
 * @throws what the step throws, after it is shown as failed
 */
export async function showStep<T>(title: string, step: (tell: Tell) => Promise<T>): Promise<T> {
	const startedAt = Date.now();
	const moving = process.stdout.isTTY;
	let detail = '';
	const line = (): string =>
		`${title} ${colors.dim(`(${[elapsed(startedAt), detail].filter(Boolean).join(', ')})`)}`;
	const draw = (): void => {
		if (moving) process.stdout.write(`\r\u001b[K${colors.cyan('…')} ${line()}`);
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
		end(colors.green('✓'));
		return result;
	} catch (error) {
		end(colors.red('✗'));
		throw error;
	}
}

/** Prints one line. */
export function say(text = ''): void {
	process.stdout.write(`${text}\n`);
}

/** The time since an instant (ms since 1970), such as "9 s" or "5 min 03 s". */
export function elapsed(since: number): string {
	const seconds = Math.round((Date.now() - since) / 1000);
	if (seconds < 60) return `${seconds} s`;
	return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
