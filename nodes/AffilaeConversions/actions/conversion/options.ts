import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../../api/client';
import type { WireObject } from '../../domain/conversion';
import { displayNameOf } from '../../parameters/displayNames';
import { amountsInOption, optionsField } from '../../parameters/fields';
import { readChoice, readFlag, readNumber } from '../../parameters/values';
import type { Item } from '../item';

/** For debugging: which calls led to an item's result. */
const includeCallLogOption: INodeProperties = {
	displayName: 'Include Call Log',
	name: 'includeCallLog',
	type: 'boolean',
	default: false,
	description:
		'Whether to add to each item the calls to Affilae that were made for it. Calls shared by several items are listed with the first one. The value of the first item counts for all items.',
};

/** Selects one of an order's conversions. */
const ruleOption: INodeProperties = {
	displayName: 'Commission Rule',
	name: 'rule',
	type: 'string',
	default: '',
	placeholder: 'e.g. New customers',
	description:
		'Name or ID of a commission rule. If an order has one conversion per rule, the node uses only the conversion of this rule.',
};

/** Lets the node read all orders of a short period in few calls. */
const ordersSinceOption: INodeProperties = {
	displayName: 'Orders Since',
	name: 'ordersSince',
	type: 'dateTime',
	default: '',
	description:
		'A time before the oldest order of this run. Earlier conversions are left out. The node reads all later ones together, if that takes fewer calls than one look-up per order.',
};

const ifNotFoundOption: INodeProperties = {
	displayName: 'If Not Found',
	name: 'ifNotFound',
	type: 'options',
	default: 'fail',
	description:
		'What to do with an order that has no conversion, for example because no affiliate brought it',
	options: [
		{ name: 'Fail', value: 'fail', description: 'The item fails' },
		{
			name: 'Succeed',
			value: 'succeed',
			description: 'Nothing is sent. The outcome is “notFound”.',
		},
	],
};

const ifAlreadyProcessedOption: INodeProperties = {
	displayName: 'If Already Processed',
	name: 'ifAlreadyProcessed',
	type: 'options',
	default: 'succeed',
	description:
		'What to do with a conversion that already has the status or amount that this operation sets',
	options: [
		{ name: 'Fail', value: 'fail', description: 'The item fails' },
		{
			name: 'Succeed',
			value: 'succeed',
			description: 'Nothing is sent. The outcome is “unchanged”.',
		},
	],
};

/** How calls are made. All items of a run share the rate limiter, so they cannot differ here. */
const callOptions: INodeProperties[] = [
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1, maxValue: 200 },
		description:
			'Maximum number of calls at the same time. The node starts with a few calls, and makes up to this many if Affilae accepts them. The value of the first item counts for all items.',
	},
	{
		displayName: 'Retry For (Seconds)',
		name: 'retryForSeconds',
		type: 'number',
		default: 120,
		typeOptions: { minValue: 0 },
		description:
			'How long to retry a call if Affilae has a problem or asks to wait. If a change may have been made, the node looks up the conversion before it sends the change again. The value of the first item counts for all items.',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeoutSeconds',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1 },
		description:
			'How long to wait for each response from Affilae. The value of the first item counts for all items.',
	},
];

/** The options of an operation that reads many conversions. */
export const listOptions = optionsField([amountsInOption, ...callOptions]);

/** The options of an operation that reads given conversions. */
export const readOptions = optionsField([
	amountsInOption,
	includeCallLogOption,
	ordersSinceOption,
	ruleOption,
	...callOptions,
]);

/** The options of an operation that writes, including those that only this operation has. */
export function writeOptions(...ownOptions: INodeProperties[]): INodeProperties {
	return optionsField([
		amountsInOption,
		ifAlreadyProcessedOption,
		ifNotFoundOption,
		includeCallLogOption,
		ordersSinceOption,
		ruleOption,
		...callOptions,
		...ownOptions,
	]);
}

/** What a write does if there is no conversion, or if there is nothing to change. */
export interface WriteSettings {
	ifAlreadyProcessed: 'succeed' | 'fail';
	ifNotFound: 'fail' | 'succeed';
}

/** @throws {UserError} for an unknown choice */
export function readWriteSettings(options: WireObject): WriteSettings {
	const { ifAlreadyProcessed, ifNotFound } = options;
	return {
		ifAlreadyProcessed: readChoice(ifAlreadyProcessed, displayNameOf('ifAlreadyProcessed'), [
			'succeed',
			'fail',
		]),
		ifNotFound: readChoice(ifNotFound, displayNameOf('ifNotFound'), ['fail', 'succeed']),
	};
}

/**
 * Reads the options that say how calls are made.
 *
 * @throws {UserError} for a number out of range
 */
export function readCallSettings(item: Item): CallSettings {
	const options = item.collection('options');
	const { timeoutMs, retryForMs, maxConcurrency } = DEFAULT_CALL_SETTINGS;
	const read = (name: string, standard: number, least: number, most: number, isWhole = false) =>
		readNumber(options[name], displayNameOf(name), { default: standard, least, most, isWhole });
	return {
		timeoutMs: read('timeoutSeconds', timeoutMs / 1000, 1, 3600) * 1000,
		retryForMs: read('retryForSeconds', retryForMs / 1000, 0, 86_400) * 1000,
		maxConcurrency: read('maxConcurrency', maxConcurrency, 1, 200, true),
		isLogged: readFlag(options['includeCallLog'] ?? false, displayNameOf('includeCallLog')),
	};
}
