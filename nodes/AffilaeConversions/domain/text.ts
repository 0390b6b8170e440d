import { UserError } from './userError';

const INVISIBLE = /\p{Default_Ignorable_Code_Point}|(?!\s)\p{Cc}/gu;

/**
 * Text without invisible characters: zero width, byte order mark, direction marks, soft
 * hyphens, control characters. White space stays, no-break spaces included.
 */
export function withoutInvisible(text: string): string {
	return text.replace(INVISIBLE, '');
}

/** The error for a field with an expression that returns undefined or null. */
export function emptyExpressionError(field: string): UserError {
	return new UserError(
		`'${field}' is empty: its expression returns nothing for this item`,
		'Check that the field it reads exists in this item.',
	);
}
