import { UserError } from './userError';

const INVISIBLE = /\p{Default_Ignorable_Code_Point}|(?!\s)\p{Cc}/gu;

/**
 * Text without the characters that nobody sees: zero width, byte order mark, direction marks, soft
 * hyphens, control characters. White space stays, no-break spaces included.
 */
export function withoutInvisible(text: string): string {
	return text.replace(INVISIBLE, '');
}

/** What is said of a field that is set to an expression which gives undefined or null. */
export function emptyExpressionError(field: string): UserError {
	return new UserError(
		`'${field}' is empty: its expression returns nothing for this item`,
		'Check that the field it reads exists in this item.',
	);
}
