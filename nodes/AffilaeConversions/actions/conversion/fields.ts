import type { INodeProperties } from 'n8n-workflow';
import type { WireObject } from '../../domain/conversion';
import type { Reference } from '../../domain/match';
import { UserError, shown } from '../../domain/userError';
import type { Presentation } from '../../parameters/presentation';
import { readAmountsIn, readText } from '../../parameters/values';
import type { Item } from '../item';

/**
 * The same field twice: as a tool of an AI agent it has another name, because the name is all that n8n
 * tells the model of it.
 */
export function namedForModels(field: INodeProperties, displayName: string): INodeProperties[] {
	return [
		{ ...field, displayOptions: { show: { '@tool': [false] } } },
		{ ...field, displayName, displayOptions: { show: { '@tool': [true] } } },
	];
}

/** Which conversion: by what the shop knows of it, by Affilae's own ID, or picked. */
const conversionField: INodeProperties = {
	displayName: 'Conversion',
	name: 'conversion',
	type: 'resourceLocator',
	default: { mode: 'externalId', value: '' },
	required: true,
	description: 'The conversion to work on',
	modes: [
		{
			displayName: 'By Order ID',
			name: 'externalId',
			type: 'string',
			placeholder: 'e.g. 1042',
			hint: 'The order ID as your tracking code sends it to Affilae',
		},
		{
			displayName: 'By Customer ID',
			name: 'customerId',
			type: 'string',
			placeholder: 'e.g. C-2087',
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 64d0f1c2b3a49586778899aa',
			hint: 'Affilae’s own ID of the conversion',
		},
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchConversions', searchable: true },
		},
	],
};

/** Which conversion, as an operator and as a model is asked. */
export const conversionFields = namedForModels(conversionField, 'Conversion (Order ID by Default)');

/** Why a conversion is refused or lowered. */
export const reasonField: INodeProperties = {
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. Order returned',
	description: 'Why, as it is told to the affiliate',
};

/** @throws {UserError} for a Simplify that is neither true nor false, or Amounts In that is no choice */
export function readPresentation(item: Item, options: WireObject): Presentation {
	return {
		amountsIn: readAmountsIn(options),
		simplify: item.flag('simplify', 'Simplify'),
	};
}

/**
 * How an item names its conversion.
 *
 * @throws {UserError} where it does not, or names it in no known way
 */
export function readReference(item: Item): Reference {
	const { mode, value } = item.located('conversion', 'Conversion');
	const by = BY_OF_MODE.get(mode);
	if (by === undefined) {
		throw new UserError(
			`Conversion cannot be given ${shown(mode)}`,
			'Choose By Order ID or By ID.',
		);
	}
	if (!value) {
		throw new UserError(
			'There is no conversion to work on: Conversion is empty',
			'Check the expression: the field it reads may be missing from this item.',
		);
	}
	const { value: programId } = item.located('program', 'Program');
	item.subjects.push({ by, value });
	return programId ? { by, value, programId } : { by, value };
}

const BY_OF_MODE = new Map<string, Reference['by']>([
	['', 'externalId'],
	['externalId', 'externalId'],
	['customerId', 'customerId'],
	['id', 'id'],
	['list', 'id'],
]);

/** @throws {UserError} where there is none: Affilae asks for one (API page: Endpoints, doc) */
export function readReason(given: unknown): string {
	const reason = readText(given, 'Reason');
	if (reason) return reason;
	throw new UserError('There is no reason', 'Fill in Reason: Affilae asks for one.');
}
