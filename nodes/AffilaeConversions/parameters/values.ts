import { isWireObject, STATUSES, type Status, type WireObject } from '../domain/conversion';
import type { AmountsIn } from '../domain/money';
import { UserError, shown } from '../domain/userError';

/** A resource locator as an operator filled it in. */
export interface Located {
	mode: string;
	/** Trimmed; empty where nothing was given. */
	value: string;
}

/**
 * Text that an expression may also give as a number, trimmed.
 *
 * @throws {UserError} for anything else
 */
export function readText(value: unknown, displayName: string): string {
	if (value === undefined || value === null) return '';
	if (typeof value === 'string') return value.trim();
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	throw new UserError(
		`${displayName} is ${shown(value)}, which is not text`,
		'Check the expression in this field.',
	);
}

/**
 * A locator in either form that n8n stores: an object with its mode, or its value alone.
 *
 * @throws {UserError} where the value is neither text nor a number
 */
export function readLocated(value: unknown, displayName: string): Located {
	if (!isWireObject(value)) return { mode: '', value: readText(value, displayName) };
	const { mode } = value;
	return {
		mode: typeof mode === 'string' ? mode : '',
		value: readText(value['value'], displayName),
	};
}

/** @throws {UserError} unless the value is true or false, or one of these two as text */
export function readFlag(value: unknown, displayName: string): boolean {
	if (typeof value === 'boolean') return value;
	if (value === 'true') return true;
	if (value === 'false') return false;
	throw new UserError(`${displayName} is ${shown(value)}`, 'Give true or false.');
}

/** The program of a filter or a field, where one is given. */
export function readProgramId(value: unknown): string | undefined {
	return readLocated(value, 'Program').value || undefined;
}

/**
 * One of the three states, or undefined where none is given.
 *
 * @throws {UserError} for any other word
 */
export function readStatus(value: unknown): Status | undefined {
	const text = readText(value, 'Status');
	const status = STATUSES.find((candidate) => candidate === text);
	if (!text || status) return status;
	throw new UserError(`Status is ${shown(text)}`, `Give ${STATUSES.join(', ')} or nothing.`);
}

/** @throws {UserError} for what is no choice; the first choice stands for nothing given */
export function readChoice<T extends string>(
	value: unknown,
	displayName: string,
	choices: [T, ...T[]],
): T {
	if (value === undefined || value === '') return choices[0];
	const choice = choices.find((candidate) => candidate === value);
	if (choice !== undefined) return choice;
	throw new UserError(`${displayName} is ${shown(value)}`, `Give ${choices.join(' or ')}.`);
}

/** @throws {UserError} for what is no choice */
export function readAmountsIn(options: WireObject): AmountsIn {
	return readChoice(options['amountsIn'], 'Amounts In', ['units', 'cents']);
}
