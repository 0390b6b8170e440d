/** One step into an item: `.order`, `["Order ID"]`, `[0]`; also after `?`. Names may have accents. */
const STEP =
	/\??\.([\p{ID_Start}$_][\p{ID_Continue}$]*)|(?:\?\.)?\[(?:"([^"\\]+)"|'([^'\\]+)'|(\d+))\]/gu;
/** A field of the item and nothing else, without the braces: `$json.order.id`, `$json["Order ID"]`. */
const PLAIN_FIELD = new RegExp(`^\\s*\\$json((?:${STEP.source})+)\\s*$`, 'u');
/** One expression and nothing around it. */
const ALONE = /^=\{\{((?:(?!\}\})[\s\S])*)\}\}$/;

/** The code of a parameter that is one expression and nothing else; undefined for any other text. */
export function codeOf(stored: string): string | undefined {
	return ALONE.exec(stored)?.[1];
}

/**
 * The field that an expression names, if it does nothing else.
 *
 * @param code the code between the braces
 * @returns its keys, outermost first; undefined if n8n must evaluate the expression
 */
export function plainField(code: string): string[] | undefined {
	const path = PLAIN_FIELD.exec(code)?.[1];
	if (path === undefined) return undefined;
	return [...path.matchAll(STEP)].map(([, ...ways]) => ways.find((key) => key !== undefined) ?? '');
}

/**
 * The value of a field of an item, undefined if it has no such field.
 *
 * @returns undefined if only n8n can tell, for example for a property of a date
 */
export function fieldOf(json: unknown, keys: readonly string[]): { value: unknown } | undefined {
	let value = json;
	for (const key of keys) {
		if (value === undefined || value === null) return { value: undefined };
		const holder: object = Object(value);
		const isOwn = Object.hasOwn(holder, key);
		// A method without its parentheses has no value that anybody wants.
		if (!isOwn && key in holder && typeof Reflect.get(holder, key) !== 'function') return undefined;
		value = isOwn ? Reflect.get(holder, key) : undefined;
	}
	return { value };
}
