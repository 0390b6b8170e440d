/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 250;

/**
 * Waits until something is there, and returns it.
 *
 * @param what for the message if it does not come
 * @param withinMs how long to wait, in ms
 * @param look returns undefined as long as it is not there
 * @throws {Error} if it is not there in time
 */
export async function until<T>(
	what: string,
	withinMs: number,
	look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
	const deadline = Date.now() + withinMs;
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		if (Date.now() > deadline) throw new Error(`It did not come to this: ${what}`);
		await wait(LOOK_MS);
	}
}
