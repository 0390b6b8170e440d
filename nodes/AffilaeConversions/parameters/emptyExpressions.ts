import { isWireObject } from '../domain/conversion';
import { UserError } from '../domain/userError';
import { displayNameOf } from './displayNames';
import { codeOf } from './plainField';

/** In a text, n8n replaces an expression that returns nothing with nothing, so each one is checked. */
const PARTS = /\{\{([\s\S]*?)\}\}/g;

type Evaluate = (code: string) => unknown;

/**
 * Checks that every expression in a parameter returned a value: `undefined` or `null` is an error of the
 * item, and must not count as an empty field, which is `''`. In a text, each expression is checked.
 *
 * @param name the parameter, or the part of a collection
 * @param stored the parameter as the workflow stores it
 * @param value its value in n8n
 * @param evaluate returns the value of one expression, without its braces; if absent, only whole values are checked
 * @throws {UserError} with the name of the field
 */
export function mustHaveValues(
	name: string,
	stored: unknown,
	value: unknown,
	evaluate?: Evaluate,
): void {
	if (typeof stored === 'string') {
		if (!stored.startsWith('=')) return;
		if (value !== undefined && value !== null && !isMissingIn(stored, evaluate)) return;
		throw new UserError(
			`'${displayNameOf(name)}' is set to an expression that returns nothing for this item`,
			'Check that the field it reads exists in this item. To leave an optional field empty, use an empty text.',
		);
	}
	if (!isWireObject(stored)) {
		if (!Array.isArray(stored)) return;
		const values: unknown[] = Array.isArray(value) ? value : [];
		for (const [index, part] of stored.entries()) {
			mustHaveValues(name, part, values[index], evaluate);
		}
		return;
	}
	const isLocator = stored['__rl'] === true;
	for (const [key, part] of Object.entries(stored)) {
		const given = isWireObject(value) ? value[key] : undefined;
		mustHaveValues(isLocator ? name : key, part, given, evaluate);
	}
}

function isMissingIn(template: string, evaluate: Evaluate | undefined): boolean {
	if (evaluate === undefined || codeOf(template) !== undefined) return false;
	return [...template.matchAll(PARTS)].some(([, code = '']) => {
		const value = evaluate(code);
		return value === undefined || value === null;
	});
}
