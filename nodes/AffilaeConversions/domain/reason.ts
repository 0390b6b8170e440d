import { emptyExpressionError, withoutInvisible } from './text';
import { UserError, formatValue } from './userError';

/** The longest reason that Affilae takes, in characters (API page: doc). */
const LONGEST_REASON = 1024;

/** What a text holds if an expression in it gave nothing. */
const HOLDS_NOTHING = /\bundefined\b|\[object \w+\]|^(?:null|NaN)$/;

/**
 * Reads a reason, which affiliates read: trimmed, on one line, without invisible characters.
 * Empty if it was left open.
 *
 * @throws {UserError} for what is no text, for the text of an expression that gave nothing, and for more than 1,024 characters
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
	if (HOLDS_NOTHING.test(reason)) {
		throw new UserError(
			`'Reason' is ${formatValue(reason)}: an expression in it returns nothing for this item`,
			'Check that the fields it reads exist in this item. The affiliate sees the reason.',
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
