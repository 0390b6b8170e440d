/** Returns a number from 0 (inclusive) to 1 (exclusive), as `Math.random` does. */
export type Random = () => number;

/**
 * A random number generator (mulberry32, 32 bits of state). The same seed gives the same numbers on every
 * machine. Use one generator per purpose.
 *
 * @param seed any finite number; only its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** A whole number from `least` to `most`, both inclusive. */
export function randomInteger(random: Random, least: number, most: number): number {
	return least + Math.floor(random() * (most - least + 1));
}

/**
 * A random entry of the list.
 *
 * @throws RangeError if the list is empty
 */
export function pick<T>(random: Random, list: readonly T[]): T {
	const entry = list[Math.floor(random() * list.length)];
	if (entry === undefined) throw new RangeError('An empty list has nothing to pick from');
	return entry;
}

/** A shuffled copy of the list. */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
	return list
		.map((entry) => ({ entry, place: random() }))
		.sort((a, b) => a.place - b.place)
		.map(({ entry }) => entry);
}

/** Eight hexadecimal characters. */
function hexWord(random: Random): string {
	return Math.floor(random() * 4294967296)
		.toString(16)
		.padStart(8, '0');
}

/**
 * An ID of 24 hexadecimal characters, the form of Affilae's own IDs (API page, run). The first eight are
 * the creation time in seconds.
 *
 * @param atMs milliseconds since 1970, UTC
 */
export function hexId(random: Random, atMs: number): string {
	const seconds = Math.floor(atMs / 1000) >>> 0;
	return seconds.toString(16).padStart(8, '0') + hexWord(random) + hexWord(random);
}
