import type { INodeProperties } from 'n8n-workflow';
import type { WireObject } from '../../domain/conversion';
import { isConversionId, readOrderId, readProgramId } from '../../domain/ids';
import { describeReference, type Reference } from '../../domain/reference';
import { UserError, shown } from '../../domain/userError';
import { displayNameOf } from '../../parameters/displayNames';
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

/** Which conversions: by what the shop knows of them, by Affilae's own ID, or picked. */
const conversionField: INodeProperties = {
	displayName: 'Conversion',
	name: 'conversion',
	type: 'resourceLocator',
	default: { mode: 'externalId', value: '' },
	required: true,
	description: 'The order whose conversions to work on, or a single conversion',
	modes: [
		{
			displayName: 'Order ID',
			name: 'externalId',
			type: 'string',
			placeholder: 'e.g. 1042',
			hint: 'The order ID that your shop’s tracking sends to Affilae',
		},
		{
			displayName: 'Customer ID',
			name: 'customerId',
			type: 'string',
			placeholder: 'e.g. C-2087',
		},
		{
			displayName: 'Conversion ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 64d0f1c2b3a49586778899aa',
			hint: 'Affilae’s own ID of one conversion: 24 characters',
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
	description: 'Why, as the affiliate will read it. At most 1,024 characters.',
};

/** Looking before leaping. */
export const dryRunField: INodeProperties = {
	displayName: 'Dry Run',
	name: 'dryRun',
	type: 'boolean',
	default: false,
	description:
		'Whether to send nothing. Everything is read and decided, and the output says what would be done.',
};

/** @throws {UserError} for a Simplify that is neither true nor false, or Amounts In that is no choice */
export function readPresentation(item: Item, options: WireObject): Presentation {
	return { amountsIn: readAmountsIn(options), simplify: item.flag('simplify') };
}

/**
 * How an item names its conversions.
 *
 * @throws {UserError} if it does not, names them in no known way, or gives a program that is none
 */
export function readReference(item: Item, options: WireObject): Reference {
	const { mode, value: given } = item.located('conversion');
	const by = BY_OF_MODE.get(mode);
	if (by === undefined) {
		throw new UserError(
			`'Conversion' cannot be given ${shown(mode)}`,
			'Choose Order ID, Customer ID, Conversion ID or From List.',
		);
	}
	const field = `Conversion: ${LABELS[by]}`;
	const value = by === 'id' ? readConversionId(given, field) : readOrderId(given, field);
	const reference: Reference = { by, value };
	item.label = describeReference(reference);
	item.subjects.push({ by, value });
	const programId = readProgramId(item.located('program').value, displayNameOf('program'));
	const rule = readText(options['rule'] ?? '', displayNameOf('rule'));
	return {
		...reference,
		...(programId === undefined ? {} : { programId }),
		...(rule === '' ? {} : { rule }),
	};
}

function readConversionId(given: unknown, field: string): string {
	const id = readOrderId(given, field).trim();
	if (isConversionId(id)) return id.toLowerCase();
	throw new UserError(
		`'${field}' is ${shown(id)}, which is not a conversion ID: that has 24 characters, 0 to 9 and a to f`,
		"If it is an order number, choose Order ID in 'Conversion'.",
	);
}

const LABELS = { externalId: 'Order ID', customerId: 'Customer ID', id: 'Conversion ID' } as const;

const BY_OF_MODE = new Map<string, Reference['by']>([
	['', 'externalId'],
	['externalId', 'externalId'],
	['customerId', 'customerId'],
	['id', 'id'],
	['list', 'id'],
]);
