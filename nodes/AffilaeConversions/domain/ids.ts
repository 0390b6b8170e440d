import { emptyExpressionError, withoutInvisible } from './text';
import { UserError, formatValue } from './userError';

/**
 * What a text contains if the expression that built it returned nothing: `#undefined`, `null-7`, `[object Object]`,
 * or the word that a database, a script or a spreadsheet writes for nothing; or an expression that was
 * stored as a text. No shop has such an order.
 */
export const TEXT_OF_NOTHING =
	/undefined|\[object \w+\]|\{\{|^\s*[{[]|Invalid Date|(?<![\p{L}\p{N}])(?:null|NaN)(?![\p{L}\p{N}])|^\s*#?(?:NULL|Null|nan|None|N\/A)\s*$|^\s*#(?:NV|\p{Lu}[\p{Lu}\d/]*[!?])\s*$/u;

/** How a spreadsheet writes a number that is too long for its cell. The sign distinguishes it from an ID such as 12E5. */
const EXPONENT_FORM = /^\s*\d+(?:[.,]\d+e\+?\d+|e\+\d+)\s*$/i;

/** Characters; IDs of shops are far shorter. */
const LONGEST_ID = 255;

const OBJECT_ID = /^[0-9a-f]{24}$/i;
/** A shop's tracking key: the commission rule's ID, a dash, the program's ID (API page: run). */
const TRACKING_KEY = /^[0-9a-f]{24}-(?<programId>[0-9a-f]{24})$/i;

const WHERE_PROGRAM_IDS_ARE =
	'Enter a program ID: in Affilae, open Configuration > Tracking, and copy the part of the tracking key after the dash (24 characters). The whole key works too.';

/** Whether a text has the form of Affilae's own IDs: 24 hexadecimal digits in any case (API page: run). */
export function isConversionId(text: string): boolean {
	return OBJECT_ID.test(text);
}

/**
 * When a conversion was added to Affilae, in ms since 1970, UTC: its ID contains the second (API page: run).
 * One that was added by hand can be backdated: then its `createdAt` is earlier.
 *
 * @returns undefined if the text is not an ID
 */
export function addedAtMs(id: string): number | undefined {
	return isConversionId(id) ? Number.parseInt(id.slice(0, 8), 16) * 1000 : undefined;
}

/**
 * Reads an order ID or a customer ID. Text stays unchanged, including spaces around it, because
 * Affilae may store them too; only invisible characters are removed.
 *
 * @param field the field's name as the editor shows it
 * @throws {UserError} if the value is empty, neither text nor a whole number, or cannot be an ID
 */
export function readOrderId(value: unknown, field: string): string {
	if (value === undefined || value === null) throw emptyExpressionError(field);
	if (typeof value === 'bigint') return String(value);
	if (typeof value === 'number') return textOfNumber(value, field);
	if (typeof value !== 'string') {
		throw new UserError(
			`'${field}' is ${formatValue(value)}, which is not an ID`,
			'Choose the field that contains the ID.',
		);
	}
	const text = withoutInvisible(value);
	if (text.trim() === '') {
		throw new UserError(`'${field}' is empty`, 'Fill it in, or remove this item.');
	}
	if (TEXT_OF_NOTHING.test(text)) {
		throw new UserError(
			`'${field}' is ${formatValue(text)}: its expression returns nothing for this item`,
			'Check that the fields it reads exist in this item.',
		);
	}
	if (EXPONENT_FORM.test(text)) {
		throw new UserError(
			`'${field}' is ${formatValue(text)}: a spreadsheet shortened the number, and its last digits are lost`,
			'Format the column as text there, and export it again.',
		);
	}
	if (text.length > LONGEST_ID) {
		throw new UserError(
			`'${field}' is ${formatValue(text)}, with ${text.length} characters, which is not an ID`,
			'Choose the field that contains the ID.',
		);
	}
	if (!/[\p{L}\p{N}]/u.test(text)) {
		throw new UserError(
			`'${field}' is ${formatValue(text)}, without a letter or a digit`,
			'Check the expression in this field.',
		);
	}
	return text;
}

function textOfNumber(value: number, field: string): string {
	if (Number.isSafeInteger(value)) return String(value);
	if (Number.isInteger(value)) {
		throw new UserError(
			`'${field}' is the number ${value}, which has lost its last digits: numbers are exact up to 15 digits`,
			'Pass the ID as text, from a step in which it is still text.',
		);
	}
	throw new UserError(
		`'${field}' is ${value}, which is not an ID`,
		'Choose the field that contains the ID.',
	);
}

/**
 * Reads a program's ID, or a tracking key, which ends in one. Undefined for `''`.
 *
 * @param field the field's name as the editor shows it
 * @returns 24 hexadecimal digits in lower case
 * @throws {UserError} for anything else: a program that was entered is never ignored
 */
export function readProgramId(value: unknown, field: string): string | undefined {
	if (value === '') return undefined;
	if (value === undefined || value === null) throw emptyExpressionError(field);
	const text = typeof value === 'string' ? withoutInvisible(value).replace(/\s/gu, '') : '';
	const programId = TRACKING_KEY.exec(text)?.groups?.['programId'] ?? text;
	if (OBJECT_ID.test(programId)) return programId.toLowerCase();
	throw new UserError(
		`'${field}' is ${formatValue(value)}, which is ${kindOf(value)}not a program ID`,
		WHERE_PROGRAM_IDS_ARE,
	);
}

/**
 * Reads a list of program IDs or tracking keys, separated by commas, semicolons or white space.
 *
 * @param field the field's name as the editor shows it
 * @returns IDs in lower case, without repetition; none if the field is absent or empty
 * @throws {UserError} if one of them is not a program ID
 */
export function readProgramIds(value: unknown, field: string): string[] {
	if (value === undefined) return [];
	const parts = typeof value === 'string' ? withoutInvisible(value).split(/[\s,;]+/u) : [value];
	return [...new Set(parts.flatMap((part) => readProgramId(part, field) ?? []))];
}

function kindOf(value: unknown): string {
	const text = typeof value === 'number' ? '0' : typeof value === 'string' ? value.trim() : '';
	if (/^\d+$/.test(text)) return 'a number, ';
	return /:\/\/|^www\./i.test(text) ? 'an address, ' : '';
}
