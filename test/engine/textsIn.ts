/**
 * All texts that a value holds, however deep: also what JSON leaves out, such as the stack, the cause
 * and other hidden properties of an error.
 */
export function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
	if (typeof value === 'string') return [value];
	if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [];
	if (seen.has(value)) return [];
	seen.add(value);
	const parts: unknown[] = [];
	if (value instanceof Map) parts.push(...value.keys(), ...value.values());
	if (value instanceof Set) parts.push(...value);
	if (value instanceof Uint8Array) parts.push(new TextDecoder().decode(value));
	else {
		for (const key of Reflect.ownKeys(value)) {
			const descriptor = Object.getOwnPropertyDescriptor(value, key);
			const part: unknown = descriptor?.get ? descriptor.get.call(value) : descriptor?.value;
			parts.push(String(key), part);
		}
	}
	return parts.flatMap((part) => textsIn(part, seen));
}
