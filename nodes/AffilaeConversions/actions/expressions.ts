import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import { fieldOf, plainField } from '../parameters/plainField';
import { mustHaveValues } from '../parameters/emptyExpressions';

/** One expression and nothing around it. */
const ALONE = /^=\{\{((?:(?!\}\})[\s\S])*)\}\}$/;

/**
 * Reads the parameters of a node for its items.
 *
 * n8n's evaluation of one expression takes about a millisecond, which for thousands of items is more
 * than their calls to Affilae take. So what is the same for all items is read once, and an expression
 * that only names a field of the item is answered from the item. Whatever else is left to n8n.
 */
export class Parameters {
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
	 * A parameter for one item, as it is: an expression can return anything. `''` if it is not set.
	 *
	 * @throws {UserError} if it, or a part of it, is set to an expression that gives nothing
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
		mustHaveValues(name, stored, value, this.items[index]?.json);
		return value;
	}

	/** The value of an expression that only names a field; undefined if n8n must say what it means. */
	private plainField(index: number, stored: unknown): unknown {
		if (typeof stored === 'string') return scalarOf(this.items[index]?.json, stored);
		if (!isWireObject(stored) || stored['__rl'] !== true) return undefined;
		const { value: expression, ...others } = stored;
		if (typeof expression !== 'string' || isExpressionIn(others)) return undefined;
		const value = scalarOf(this.items[index]?.json, expression);
		return value === undefined ? undefined : { ...stored, value };
	}
}

/** Whether a stored value is an expression, or has one in it. */
function isExpressionIn(stored: unknown): boolean {
	if (typeof stored === 'string') return stored.startsWith('=');
	if (typeof stored !== 'object' || stored === null) return false;
	return Object.values(stored).some(isExpressionIn);
}

function scalarOf(json: unknown, expression: string): unknown {
	const keys = plainField(ALONE.exec(expression)?.[1] ?? '');
	const value = keys === undefined ? undefined : fieldOf(json, keys);
	// Dates and the like are n8n's to turn into what an expression gives.
	return ['string', 'number', 'boolean'].includes(typeof value) ? value : undefined;
}
