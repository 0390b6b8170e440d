import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../../api/client';
import type { WireObject } from '../../domain/conversion';
import { parseMoment } from '../../domain/period';
import { displayNameOf } from '../../parameters/displayNames';
import { amountsInOption, optionsField } from '../../parameters/fields';
import { readChoice, readFlag, readNumber } from '../../parameters/values';
import type { Item } from '../item';

/** What Affilae was asked, for whoever must find out why something came as it did. */
const includeCallLogOption: INodeProperties = {
	displayName: 'Include Call Log',
	name: 'includeCallLog',
	type: 'boolean',
	default: false,
	description:
		'Whether to add to each item the calls to Affilae that were made for it. Calls shared by several items are listed with the first.',
};

/** One of an order's conversions. */
const ruleOption: INodeProperties = {
	displayName: 'Commission Rule',
	name: 'rule',
	type: 'string',
	default: '',
	placeholder: 'e.g. New customers',
	description:
		'Name or ID of a commission rule. Only the conversion of this rule is worked on, for orders that have one conversion per rule.',
};

/** Orders of a short period are read in few calls. */
const ordersSinceOption: INodeProperties = {
	displayName: 'Orders Since',
	name: 'ordersSince',
	type: 'dateTime',
	default: '',
	description:
		'All orders of this run were made at this time or later. Their conversions are then read together, in few calls, if that is faster than asking for each order.',
};

/** What becomes of an order that no affiliate brought. */
const ifNotFoundOption: INodeProperties = {
	displayName: 'If Not Found',
	name: 'ifNotFound',
	type: 'options',
	default: 'fail',
	description: 'What to do with an order that has no conversion because no affiliate brought it',
	options: [
		{ name: 'Fail', value: 'fail', description: 'The item fails' },
		{
			name: 'Succeed',
			value: 'succeed',
			description: 'The item comes out with the outcome “notFound”, and nothing is sent',
		},
	],
};

/** What becomes of a decision that was made before. */
const ifAlreadyProcessedOption: INodeProperties = {
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

/** How calls are made: all items of a run share the rate limiter. */
const callOptions: INodeProperties[] = [
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		default: 50,
		typeOptions: { minValue: 1, maxValue: 200 },
		description:
			'How many calls may be in flight at once. The node finds the best number up to this by itself.',
	},
	{
		displayName: 'Retry For (Seconds)',
		name: 'retryForSeconds',
		type: 'number',
		default: 120,
		typeOptions: { minValue: 0 },
		description:
			'How long a call is tried again if Affilae is in trouble or asks to wait. Before a write is sent again, the conversion is looked up.',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeoutSeconds',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1 },
		description: 'How long to wait for one answer from Affilae',
	},
];

/** The options of an operation that reads many conversions. */
export const listOptions = optionsField([amountsInOption, ...callOptions]);

/** The options of an operation that reads the conversions it is told. */
export const readOptions = optionsField([
	amountsInOption,
	includeCallLogOption,
	ordersSinceOption,
	ruleOption,
	...callOptions,
]);

/** The options of an operation that writes, and those that it alone has. */
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

/** How a write treats what it finds. */
export interface WriteSettings {
	ifAlreadyProcessed: 'succeed' | 'fail';
	ifNotFound: 'fail' | 'succeed';
}

/** @throws {UserError} for what is no choice */
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
 * Since when all orders of the run were made.
 *
 * @returns UTC ISO 8601; undefined if it was left open
 * @throws {UserError} for what is no date
 */
export function ordersSinceOf(item: Item, options: WireObject): string | undefined {
	return parseMoment(options['ordersSince'] ?? '', item.timezone, displayNameOf('ordersSince'));
}

/**
 * How the calls of an execution are made.
 *
 * @throws {UserError} for numbers beyond what makes sense
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
