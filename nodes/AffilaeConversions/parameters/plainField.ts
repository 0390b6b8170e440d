import { isWireObject } from '../domain/conversion';

/** A field of the item and nothing else, as it stands between the braces: `$json.order.id`, `$json["Order ID"]`. */
const PLAIN_FIELD = /^\s*\$json((?:\.[A-Za-z_]\w*|\["[^"\\]+"\]|\['[^'\\]+'\])+)\s*$/;
const KEYS = /\.([A-Za-z_]\w*)|\["([^"\\]+)"\]|\['([^'\\]+)'\]/g;

/**
 * The field that an expression names, if it does nothing else.
 *
 * @param code what stands between the braces
 * @returns its keys, outermost first; undefined if n8n must say what the expression means
 */
export function plainField(code: string): string[] | undefined {
	const path = PLAIN_FIELD.exec(code)?.[1];
	if (path === undefined) return undefined;
	return [...path.matchAll(KEYS)].map(([, ...ways]) => ways.find((key) => key !== undefined) ?? '');
}

/** What an item holds in a field; undefined if it has no such field. */
export function fieldOf(json: unknown, keys: readonly string[]): unknown {
	return keys.reduce<unknown>(
		(value, key) => (isWireObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
		json,
	);
}
