import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import { mustHaveValues } from '../parameters/emptyExpressions';
import { codeOf, fieldOf, plainField } from '../parameters/plainField';

/**
 * Reads the parameters of a node for its items.
 *
 * n8n takes about a millisecond to evaluate an expression. For thousands of items, that is more than their
 * calls to Affilae take. So values that are the same for all items are read once, and an expression that
 * only names a field of the item is read from the item. n8n evaluates all others.
 */
export class NodeParameters {
	private readonly stored: IDataObject;
	private readonly constants = new Map<string, unknown>();

	constructor(
		private readonly functions: IExecuteFunctions,
		private readonly items: readonly INodeExecutionData[],
	) {
		this.stored = { ...functions.getNode().parameters };
	}

	/** IANA name of the workflow's time zone. */
	get timezone(): string {
		return this.functions.getTimezone();
	}

	/**
	 * A parameter for one item, unchecked: an expression can return anything. `''` if it is not set.
	 *
	 * @throws {UserError} if it, or a part of it, is set to an expression that returns nothing
	 */
	valueFor(index: number, name: string): unknown {
		if (this.constants.has(name)) return this.constants.get(name);
		const stored: unknown = this.stored[name];
		if (stored === undefined) return '';
		if (!isExpressionIn(stored)) {
			const value: unknown = this.functions.getNodeParameter(name, index);
			this.constants.set(name, value);
			return value;
		}
		const plain = this.plainField(index, stored);
		if (plain !== undefined) return plain;
		const value: unknown = this.functions.getNodeParameter(name, index);
		mustHaveValues(name, stored, value, (code) => this.evaluate(index, code));
		return value;
	}

	/** The value of an expression in a text, without its braces. */
	private evaluate(index: number, code: string): unknown {
		const keys = plainField(code);
		const field = keys === undefined ? undefined : fieldOf(this.items[index]?.json, keys);
		return field === undefined
			? this.functions.evaluateExpression(`{{${code}}}`, index)
			: field.value;
	}

	/** The value of an expression that only names a field; undefined if n8n must evaluate it. */
	private plainField(index: number, stored: unknown): unknown {
		if (typeof stored === 'string') return scalarOf(this.items[index]?.json, stored);
		if (!isWireObject(stored) || stored['__rl'] !== true) return undefined;
		const { value: expression, ...others } = stored;
		if (typeof expression !== 'string' || isExpressionIn(others)) return undefined;
		const value = scalarOf(this.items[index]?.json, expression);
		return value === undefined ? undefined : { ...stored, value };
	}
}

/** Whether a stored value is or contains an expression. */
function isExpressionIn(stored: unknown): boolean {
	if (typeof stored === 'string') return stored.startsWith('=');
	if (typeof stored !== 'object' || stored === null) return false;
	return Object.values(stored).some(isExpressionIn);
}

function scalarOf(json: unknown, expression: string): unknown {
	const keys = plainField(codeOf(expression) ?? '');
	const value = keys === undefined ? undefined : fieldOf(json, keys)?.value;
	// n8n must convert dates and other objects.
	return ['string', 'number', 'boolean'].includes(typeof value) ? value : undefined;
}
