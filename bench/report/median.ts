/** The middle one; between the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
	const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
	return (lower + upper) / 2;
}

/** The median of one figure over all runs. */
export function medianOf<T>(runs: readonly T[], figure: (run: T) => number): number {
	return median(runs.map(figure));
}

/** The same entries, beginning with another one: so that no rival is always the first. */
export function rotated<T>(entries: readonly T[], by: number): T[] {
	const start = entries.length === 0 ? 0 : by % entries.length;
	return [...entries.slice(start), ...entries.slice(0, start)];
}
