import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../../api/client';
import type { WireObject } from '../../domain/conversion';
import type { IfAlreadyProcessed } from '../../domain/decision';
import type { Reference } from '../../domain/match';
import { Refusal, shown } from '../../domain/refusal';
import type { Presentation } from '../../parameters/presentation';
import { readChoice } from '../../parameters/values';
import type { Item } from '../item';

export {
	amountsInOption,
	optionsField,
	programField,
	simplifyField,
	statusFilter,
} from '../../parameters/fields';
export { present, type Presentation } from '../../parameters/presentation';
export { readProgramId, readStatus } from '../../parameters/values';

/** Which conversion: by what the shop knows of it, by Affilae's own ID, or picked. */
export const conversionField: INodeProperties = {
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

/** What becomes of a decision that was made before. */
export const ifAlreadyProcessedOption: INodeProperties = {
	displayName: 'If Already Processed',
	name: 'ifAlreadyProcessed',
	type: 'options',
	default: 'succeed',
	description: 'What to do with a conversion that already is as this operation would make it',
	options: [
		{ name: 'Fail', value: 'fail', description: 'The item fails' },
		{
			name: 'Succeed',
			value: 'succeed',
			description: 'The item comes out with the outcome “unchanged”, and nothing is sent',
		},
	],
};

/** How calls are made; read from the first item, since all items share the pace. */
export const callOptions: INodeProperties[] = [
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		default: 50,
		typeOptions: { minValue: 1, maxValue: 200 },
		description:
			'How many calls may be under way at once. The node finds the best number up to this by itself.',
	},
	{
		displayName: 'Retry For (Seconds)',
		name: 'retryForSeconds',
		type: 'number',
		default: 120,
		typeOptions: { minValue: 0 },
		description:
			'How long a call is tried again when Affilae is in trouble or asks to wait. A write is never repeated on a guess.',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeoutSeconds',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1 },
		description: 'How long to wait for one answer of Affilae',
	},
];

/** @throws {Refusal} for a Simplify that is neither true nor false, or Amounts In that is no choice */
export function readPresentation(item: Item, options: WireObject): Presentation {
	return {
		amountsIn: readChoice(options['amountsIn'], 'Amounts In', ['units', 'cents']),
		simplify: item.flag('simplify', 'Simplify'),
	};
}

/** @throws {Refusal} for what is no choice */
export function readIfAlreadyProcessed(options: WireObject): IfAlreadyProcessed {
	return readChoice(options['ifAlreadyProcessed'], 'If Already Processed', ['succeed', 'fail']);
}

/**
 * How an item names its conversion.
 *
 * @throws {Refusal} where it does not, or names it in no known way
 */
export function readReference(item: Item): Reference {
	const { mode, value } = item.located('conversion', 'Conversion');
	const by = BY_OF_MODE[mode];
	if (by === undefined) {
		throw new Refusal(`Conversion cannot be given ${shown(mode)}`, 'Choose By Order ID or By ID.');
	}
	if (!value) {
		throw new Refusal(
			'There is no conversion to work on: Conversion is empty',
			'Check the expression: the field it reads may be missing from this item.',
		);
	}
	const { value: programId } = item.located('program', 'Program');
	return programId ? { by, value, programId } : { by, value };
}

/**
 * How the calls of an execution are made, as its first item says.
 *
 * @throws {Refusal} for numbers beyond what makes sense
 */
export function readCallSettings(item: Item): CallSettings {
	const options = item.collection('options');
	const { timeoutMs, retryForMs, mostInFlight } = DEFAULT_CALL_SETTINGS;
	return {
		timeoutMs: readNumber(options['timeoutSeconds'], 'Timeout', timeoutMs / 1000, [1, 3600]) * 1000,
		retryForMs:
			readNumber(options['retryForSeconds'], 'Retry For', retryForMs / 1000, [0, 86_400]) * 1000,
		mostInFlight: Math.floor(
			readNumber(options['maxConcurrency'], 'Max Concurrency', mostInFlight, [1, 200]),
		),
	};
}

function readNumber(
	value: unknown,
	displayName: string,
	standard: number,
	[least, most]: [number, number],
): number {
	if (value === undefined || value === '') return standard;
	const number = typeof value === 'string' ? Number(value) : value;
	if (typeof number === 'number' && number >= least && number <= most) return number;
	throw new Refusal(`${displayName} is ${shown(value)}`, `Give a number from ${least} to ${most}.`);
}

const BY_OF_MODE: Readonly<Record<string, Reference['by'] | undefined>> = {
	'': 'externalId',
	externalId: 'externalId',
	customerId: 'customerId',
	id: 'id',
	list: 'id',
};

/** @throws {Refusal} where there is none: Affilae asks for one (API page: Endpoints, doc) */
export function readReason(item: Item): string {
	const reason = item.text('reason', 'Reason');
	if (reason) return reason;
	throw new Refusal('There is no reason', 'Fill in Reason: Affilae asks for one.');
}
