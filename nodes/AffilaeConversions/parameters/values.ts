import { isWireObject, STATUSES, type Status, type WireObject } from '../domain/conversion';
import type { AmountsIn } from '../domain/money';
import { emptyExpressionError, withoutInvisible } from '../domain/text';
import { UserError, formatValue } from '../domain/userError';

/** The value of a resource locator. */
export interface Located {
	/** Empty if only a value was given. */
	mode: string;
	/** Unchecked, but never undefined or null. */
	value: unknown;
}

/** True and false as programs and the spreadsheets of some languages write them. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
	...['true', '1', 'yes', 'vrai', 'oui', 'wahr', 'verdadero', 'vero'].map(
		(word) => [word, true] as const,
	),
	...['false', '0', 'no', 'faux', 'non', 'falsch', 'falso'].map((word) => [word, false] as const),
]);

/**
 * Text that an expression may also give as a number, trimmed and without invisible characters.
 *
 * @param field the field's name as the editor shows it, here and below
 * @throws {UserError} for anything else, and for undefined and null
 */
export function readText(value: unknown, field: string): string {
	if (value === undefined || value === null) throw emptyExpressionError(field);
	if (typeof value === 'string') return withoutInvisible(value).trim();
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	throw new UserError(
		`'${field}' is ${formatValue(value)}, which is not text`,
		'Check the expression in this field.',
	);
}

/**
 * A locator in either form that n8n stores: an object with its mode, or its value alone.
 *
 * @throws {UserError} if the value is undefined or null
 */
export function readLocated(value: unknown, field: string): Located {
	const isLocator = isWireObject(value) && ('mode' in value || 'value' in value);
	const { mode = '', value: inside } = isLocator ? value : { value };
	if (inside === undefined || inside === null) throw emptyExpressionError(field);
	// A mode that is not text is unknown: the caller reports it.
	return { mode: typeof mode === 'string' ? mode : formatValue(mode), value: inside };
}

/**
 * True or false, also as 1 or 0, or as the words of spreadsheets in any case.
 *
 * @throws {UserError} for anything else, including an empty value
 */
export function readFlag(value: unknown, field: string): boolean {
	if (value === undefined || value === null) throw emptyExpressionError(field);
	const isScalar = ['boolean', 'number', 'string'].includes(typeof value);
	const word = isScalar ? withoutInvisible(String(value)).trim().toLowerCase() : '';
	const flag = FLAGS.get(word);
	if (flag !== undefined) return flag;
	throw new UserError(
		value === ''
			? `'${field}' is empty`
			: `'${field}' is ${formatValue(value)}, neither true nor false`,
		'Use true or false.',
	);
}

/**
 * One of the three states in any case, or undefined for `''`.
 *
 * @throws {UserError} for anything else, and for undefined and null
 */
export function readStatus(value: unknown): Status | undefined {
	if (value === '') return undefined;
	const text = readText(value, 'Status').toLowerCase();
	const status = STATUSES.find((candidate) => candidate === text);
	if (status !== undefined) return status;
	throw new UserError(
		`'Status' is ${formatValue(value)}, which is not a status`,
		`Use ${STATUSES.join(', ')}, or leave it empty.`,
	);
}

/**
 * One of several choices; the first is the default. Undefined means that the field is absent: expressions
 * that return nothing were rejected before.
 *
 * @throws {UserError} for an unknown choice
 */
export function readChoice<T extends string>(
	value: unknown,
	field: string,
	choices: readonly [T, ...T[]],
): T {
	if (value === undefined || value === '') return choices[0];
	const choice = choices.find((candidate) => candidate === value);
	if (choice !== undefined) return choice;
	throw new UserError(
		`'${field}' is ${formatValue(value)}, which is not one of its choices`,
		`Choose one from the list. In an expression, use ${choices.join(' or ')}.`,
	);
}

/** The limits of a number, both included, and its default. */
export interface NumberRange {
	default: number;
	least: number;
	most: number;
	isWhole?: boolean;
}

/**
 * A number, also as decimal text; the default if the field is absent or `''`.
 *
 * @throws {UserError} if it is not a number in this range
 */
export function readNumber(value: unknown, field: string, range: NumberRange): number {
	if (value === undefined || value === '') return range.default;
	if (value === null) throw emptyExpressionError(field);
	const number = numberIn(value);
	const { least, most, isWhole = false } = range;
	if (number >= least && number <= most && (!isWhole || Number.isInteger(number))) return number;
	throw new UserError(
		`'${field}' is ${formatValue(value)}`,
		`Enter a ${isWhole ? 'whole number' : 'number'} from ${least} to ${most}.`,
	);
}

/** @throws {UserError} for an unknown choice */
export function readAmountsIn(options: WireObject): AmountsIn {
	return readChoice(options['amountsIn'], 'Amounts In', ['units', 'cents']);
}

function numberIn(value: unknown): number {
	if (typeof value === 'number') return value;
	const text = typeof value === 'string' ? withoutInvisible(value).trim() : '';
	return /^-?\d{1,15}(?:[.,]\d{1,15})?$/.test(text) ? Number(text.replace(',', '.')) : NaN;
}
