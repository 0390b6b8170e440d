/** Seconds with two decimals. */
export function seconds(value: number): string {
	return `${value.toFixed(2)} s`;
}

/** A part of 1, in percent. */
export function percent(part: number): string {
	return `${hundredfold(part)}%`;
}

/** The distance of two parts of 1, in points of a percent. */
export function points(distance: number): string {
	return `${hundredfold(distance)} points`;
}

function hundredfold(part: number): number {
	const value = part * 100;
	return Number(value.toFixed(value >= 10 ? 0 : 1));
}

/** A factor, such as `2.1 ×`. */
export function times(factor: number): string {
	return `${factor.toFixed(2)} ×`;
}

/** A whole number with thousands set apart. */
export function whole(value: number): string {
	return Math.round(value).toLocaleString('en');
}
