/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** More than any run of these tests may take, in milliseconds. */
export const LONGEST_RUN_MS = 15_000;

/**
 * Runs something that must end by itself.
 *
 * @param act is given a promise that settles when its time is over, to be cancelled by
 * @throws where it did not end in time
 */
export async function withinTime<T>(
	act: (cancelWhen: Promise<void>) => Promise<T>,
	longestMs: number = LONGEST_RUN_MS,
): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, longestMs);
	});
	const late = over.then(() => {
		throw new Error(`A run did not end within ${longestMs} ms`);
	});
	try {
		return await Promise.race([act(over), late]);
	} finally {
		clearTimeout(timer);
	}
}
