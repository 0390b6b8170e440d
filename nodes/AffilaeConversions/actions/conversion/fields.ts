import type { INodeProperties } from 'n8n-workflow';
import type { Subject } from '../../api/callLog';
import type { WireObject } from '../../domain/conversion';
import { isConversionId, readOrderId, readProgramId } from '../../domain/ids';
import { parseMoment } from '../../domain/period';
import { describeReference, type Reference } from '../../domain/reference';
import { UserError, formatValue } from '../../domain/userError';
import { displayNameOf } from '../../parameters/displayNames';
import type { Presentation } from '../../parameters/presentation';
import { readAmountsIn, readText } from '../../parameters/values';
import type { Item } from '../item';

/**
 * The same field twice, with a different name if an AI agent uses the node as a tool: the name is all
 * that n8n tells the model about a field.
 */
export function namedForModels(field: INodeProperties, displayName: string): INodeProperties[] {
	return [
		{ ...field, displayOptions: { show: { '@tool': [false] } } },
		{ ...field, displayName, displayOptions: { show: { '@tool': [true] } } },
	];
}

/** Which conversions: by an ID of the shop, by Affilae's own ID, or picked from a list. */
const conversionField: INodeProperties = {
	displayName: 'Conversion',
	name: 'conversion',
	type: 'resourceLocator',
	default: { mode: 'externalId', value: '' },
	required: true,
	description: 'The order whose conversions you want to use, or a single conversion',
	modes: [
		{
			displayName: 'Order ID',
			name: 'externalId',
			type: 'string',
			placeholder: 'e.g. 1042',
			hint: 'The order ID that your shop’s tracking sends to Affilae',
		},
		{
			// The editor cuts off longer names.
			displayName: 'Cust. ID',
			name: 'customerId',
			type: 'string',
			placeholder: 'e.g. C-2087',
			hint: 'The customer ID that your shop’s tracking sends to Affilae',
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 64d0f1c2b3a49586778899aa',
			hint: 'The conversion ID from Affilae: 24 characters',
		},
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchConversions', searchable: true },
		},
	],
};

/** Which conversions, for operators and for AI models. */
export const conversionFields = namedForModels(conversionField, 'Conversion (Order ID by Default)');

export const reasonField: INodeProperties = {
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. Order returned',
	description: 'The reason that the affiliate sees. At most 1,024 characters.',
};

export const dryRunField: INodeProperties = {
	displayName: 'Dry Run',
	name: 'dryRun',
	type: 'boolean',
	default: false,
	description: 'Whether to change nothing in Affilae and only return what would be done',
};

/** @throws {UserError} if Simplify or Amounts In has an unknown value */
export function readPresentation(item: Item, options: WireObject): Presentation {
	return { amountsIn: readAmountsIn(options), simplify: item.flag('simplify') };
}

/**
 * Reads how an item names its conversions.
 *
 * @throws {UserError} if the ID is missing or invalid, or the program or the date is
 */
export function readReference(item: Item, options: WireObject): Reference {
	const { mode, value: given } = item.located('conversion');
	const by = REFERENCE_BY_MODE.get(mode);
	if (by === undefined) {
		throw new UserError(
			`'Conversion' has the unknown mode ${formatValue(mode)}`,
			'Choose Order ID, Cust. ID, By ID or From List.',
		);
	}
	const field = `Conversion: ${MODE_NAMES[by]}`;
	const value = by === 'id' ? readConversionId(given, field) : readOrderId(given, field);
	const reference: Reference = { by, value };
	item.label = describeReference(reference);
	const subject: Subject = { by, value };
	// Before anything else is read: if that fails, this still says what the item is about.
	item.subjects.push(subject);
	const programId = readProgramId(item.located('program').value, displayNameOf('program'));
	if (programId !== undefined) subject.programId = programId;
	const rule = readRule(options['rule'] ?? '');
	const since = parseMoment(
		options['ordersSince'] ?? '',
		item.timezone,
		displayNameOf('ordersSince'),
	);
	return {
		...reference,
		...(programId === undefined ? {} : { programId }),
		...(rule === '' ? {} : { rule }),
		...(since === undefined ? {} : { since }),
	};
}

/** @returns `''` if the option is left open, which only an empty text means */
function readRule(given: unknown): string {
	const rule = readText(given, displayNameOf('rule'));
	if (rule === '' && given !== '') {
		throw new UserError(
			`'${displayNameOf('rule')}' is ${formatValue(given)}, without a name or ID`,
			'Check its expression. To use all conversions of the order, remove the option.',
		);
	}
	return rule;
}

function readConversionId(given: unknown, field: string): string {
	const id = readOrderId(given, field).trim();
	if (isConversionId(id)) return id.toLowerCase();
	throw new UserError(
		`'${field}' is ${formatValue(id)}, which is not a conversion ID: those have 24 characters, 0 to 9 and a to f`,
		"If it is an order ID, choose Order ID in 'Conversion'.",
	);
}

/** The modes as the editor shows them. n8n shows `id` as "By ID", whatever its display name. */
const MODE_NAMES = { externalId: 'Order ID', customerId: 'Cust. ID', id: 'By ID' } as const;

const REFERENCE_BY_MODE = new Map<string, Reference['by']>([
	['', 'externalId'],
	['externalId', 'externalId'],
	['customerId', 'customerId'],
	['id', 'id'],
	['list', 'id'],
]);
