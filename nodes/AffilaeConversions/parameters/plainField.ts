import { isWireObject } from '../domain/conversion';

/** A field of the item and nothing else, without the braces: `$json.order.id`, `$json["Order ID"]`. */
const PLAIN_FIELD = /^\s*\$json((?:\.[A-Za-z_]\w*|\["[^"\\]+"\]|\['[^'\\]+'\])+)\s*$/;
const KEYS = /\.([A-Za-z_]\w*)|\["([^"\\]+)"\]|\['([^'\\]+)'\]/g;

/**
 * The field that an expression names, if it does nothing else.
 *
 * @param code the code between the braces
 * @returns its keys, outermost first; undefined if n8n must evaluate the expression
 */
export function plainField(code: string): string[] | undefined {
	const path = PLAIN_FIELD.exec(code)?.[1];
	if (path === undefined) return undefined;
	return [...path.matchAll(KEYS)].map(([, ...ways]) => ways.find((key) => key !== undefined) ?? '');
}

/** The value of a field of an item; undefined if it has no such field. */
export function fieldOf(json: unknown, keys: readonly string[]): unknown {
	return keys.reduce<unknown>(
		(value, key) => (isWireObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
		json,
	);
}
