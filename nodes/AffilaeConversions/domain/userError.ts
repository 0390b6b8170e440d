/**
 * An error for the operator: what happened and what to do about it. An exception that is neither one of
 * these nor one of n8n's own errors is a bug.
 */
export class UserError extends Error {
	override readonly name: string = 'UserError';

	/**
	 * @param what what happened and to what, without a period at the end
	 * @param advice what to do about it, in full sentences
	 */
	constructor(
		readonly what: string,
		readonly advice: string,
	) {
		super(`${what}. ${advice}`);
	}
}

/** The message of whatever was thrown; `otherwise` if it has none. */
export function messageOf(thrown: unknown, otherwise: string): string {
	// Not `instanceof Error`: an expression may throw an error of another realm.
	const hasMessage = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
	return hasMessage && typeof thrown.message === 'string' && thrown.message
		? thrown.message
		: otherwise;
}

/** A value from a workflow for a message: short, and never the content of an object. */
export function formatValue(value: unknown): string {
	if (typeof value === 'string') {
		return value.length > 60 ? `"${value.slice(0, 57)}…"` : `"${value}"`;
	}
	if (value === null || ['undefined', 'number', 'boolean', 'bigint'].includes(typeof value)) {
		return String(value);
	}
	return Array.isArray(value) ? 'a list' : 'an object';
}
