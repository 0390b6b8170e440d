import type { IDataObject } from 'n8n-workflow';
import type { Conversion, WireObject } from '../domain/conversion';
import type { AmountsIn } from '../domain/money';
import { simplify } from '../domain/simplified';

/** The operator's choices for amounts and output. */
export interface Presentation {
	amountsIn: AmountsIn;
	simplify: boolean;
}

/**
 * A conversion as an output item: simplified, or Affilae's own object. Only for a conversion that was read
 * for this item alone: otherwise use {@link toOutputCopy}.
 */
export function toOutput(conversion: Conversion, presentation: Presentation): IDataObject {
	if (presentation.simplify) return { ...simplify(conversion, presentation.amountsIn) };
	const { row } = conversion;
	return isDataObject(row) ? row : {};
}

/** As {@link toOutput}, with a copy of Affilae's object: items must not share an object that a later node may change. */
export function toOutputCopy(conversion: Conversion, presentation: Presentation): IDataObject {
	return copyOf(toOutput(conversion, presentation));
}

/** Not recursive like n8n's `deepCopy`: a response can be nested deeper than the stack allows. */
function copyOf(data: IDataObject): IDataObject {
	const copy = { ...data };
	const open: object[] = [copy];
	for (let whole = open.pop(); whole !== undefined; whole = open.pop()) {
		for (const [key, part] of Object.entries<unknown>({ ...whole })) {
			if (typeof part !== 'object' || part === null) continue;
			const ofPart = Array.isArray(part) ? [...part] : { ...part };
			Reflect.set(whole, key, ofPart);
			open.push(ofPart);
		}
	}
	return copy;
}

function isDataObject(row: WireObject): row is WireObject & IDataObject {
	return Object.values(row).every(isDataValue);
}

function isDataValue(value: unknown): value is string | number | boolean | object | null {
	return ['string', 'number', 'boolean', 'object'].includes(typeof value);
}
