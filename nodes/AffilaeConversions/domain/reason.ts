import { emptyExpressionError, withoutInvisible } from './text';
import { UserError, formatValue } from './userError';

/** The longest reason that Affilae allows, in characters (API page: doc). */
const LONGEST_REASON = 1024;

/** What a text contains if an expression in it returned nothing, or was stored as a text. */
const CONTAINS_NOTHING =
	/\bundefined\b|\[object \w+\]|\{\{|\bInvalid Date(?:Time)?\b|\[native code\]|^(?:null|NaN)$|: ?(?:null|NaN)$/;

/**
 * Reads a reason, which affiliates see: trimmed, on one line, without invisible characters. May be empty.
 *
 * @throws {UserError} if it is not text, contains the result of an empty expression, or has more than 1,024 characters
 */
export function readReason(value: unknown): string {
	if (value === undefined || value === null) throw emptyExpressionError('Reason');
	if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value))) {
		throw new UserError(
			`'Reason' is ${formatValue(value)}, which is not text`,
			'Enter a sentence. The affiliate sees it.',
		);
	}
	const reason = withoutInvisible(String(value)).replace(/\s+/gu, ' ').trim();
	if (CONTAINS_NOTHING.test(reason)) {
		throw new UserError(
			`'Reason' is ${formatValue(reason)}: an expression in it returns nothing for this item`,
			'Check that the fields it reads exist in this item, and that it is not a fixed text. The affiliate sees the reason.',
		);
	}
	if (reason.length > LONGEST_REASON) {
		throw new UserError(
			`'Reason' has ${reason.length.toLocaleString('en')} characters`,
			`Shorten it: Affilae allows at most ${LONGEST_REASON.toLocaleString('en')}.`,
		);
	}
	return reason;
}
