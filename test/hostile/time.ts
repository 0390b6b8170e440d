/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** After this time, in milliseconds, a run counts as endless: many times the longest run. */
const ENDLESS_MS = 90_000;

/**
 * Runs something that must end by itself, so that a run without an end is named as such.
 *
 * @param act is given a promise that settles when its time is over, to be cancelled by
 * @throws where it has no end
 */
export async function toItsEnd<T>(act: (cancelWhen: Promise<void>) => Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, ENDLESS_MS);
	});
	const late = over.then(() => {
		throw new Error('A run did not come to its end');
	});
	try {
		return await Promise.race([act(over), late]);
	} finally {
		clearTimeout(timer);
	}
}
