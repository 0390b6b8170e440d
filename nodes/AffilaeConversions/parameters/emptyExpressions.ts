import { isWireObject } from '../domain/conversion';
import { UserError } from '../domain/userError';
import { displayNameOf } from './displayNames';
import { codeOf, fieldOf, plainField } from './plainField';

/** In a text, n8n replaces an expression that returns nothing with nothing, so each one is checked. */
const PARTS = /\{\{([\s\S]*?)\}\}/g;

/**
 * Checks that every expression in a parameter returned a value: `undefined` or `null` is an error of the
 * item, and must not count as an empty field, which is `''`. In a text with several expressions, those that
 * only name a field of the item are checked one by one.
 *
 * @param name the parameter, or the part of a collection
 * @param stored the parameter as the workflow stores it
 * @param value its value in n8n
 * @param json the item, if there is one
 * @throws {UserError} with the name of the field
 */
export function mustHaveValues(
	name: string,
	stored: unknown,
	value: unknown,
	json?: unknown,
): void {
	if (typeof stored === 'string') {
		if (!stored.startsWith('=')) return;
		if (value !== undefined && value !== null && !isMissingIn(stored, json)) return;
		throw new UserError(
			`'${displayNameOf(name)}' is set to an expression that returns nothing for this item`,
			'Check that the field it reads exists in this item. To leave an optional field empty, use an empty text.',
		);
	}
	if (!isWireObject(stored)) {
		if (!Array.isArray(stored)) return;
		const values: unknown[] = Array.isArray(value) ? value : [];
		for (const [index, part] of stored.entries()) {
			mustHaveValues(name, part, values[index], json);
		}
		return;
	}
	const isLocator = stored['__rl'] === true;
	for (const [key, part] of Object.entries(stored)) {
		const given = isWireObject(value) ? value[key] : undefined;
		mustHaveValues(isLocator ? name : key, part, given, json);
	}
}

function isMissingIn(template: string, json: unknown): boolean {
	if (json === undefined || codeOf(template) !== undefined) return false;
	return [...template.matchAll(PARTS)].some(([, code = '']) => {
		const keys = plainField(code);
		if (keys === undefined) return false;
		const field = fieldOf(json, keys);
		return field !== undefined && (field.value === undefined || field.value === null);
	});
}
