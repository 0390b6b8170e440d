import type { IDataObject } from 'n8n-workflow';
import { simplify, type Conversion, type WireObject } from '../domain/conversion';
import type { AmountsIn } from '../domain/money';

/** How an operator wants amounts and output. */
export interface Presentation {
	amountsIn: AmountsIn;
	simplify: boolean;
}

/** A conversion as an output item: simplified, or Affilae's own object. */
export function present(
	conversion: Conversion,
	{ amountsIn, simplify: few }: Presentation,
): IDataObject {
	if (few) return { ...simplify(conversion, amountsIn) };
	const { row } = conversion;
	return isDataObject(row) ? row : {};
}

/** Affilae's own object, as it is: a copy would weigh as much again. */
function isDataObject(row: WireObject): row is WireObject & IDataObject {
	return Object.values(row).every(isDataValue);
}

function isDataValue(value: unknown): value is string | number | boolean | object | null {
	return ['string', 'number', 'boolean', 'object'].includes(typeof value);
}
