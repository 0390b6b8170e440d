import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../../api/client';
import type { WireObject } from '../../domain/conversion';
import type { IfAlreadyProcessed } from '../../domain/decision';
import { UserError, shown } from '../../domain/userError';
import { amountsInOption, optionsField } from '../../parameters/fields';
import { readChoice, readFlag } from '../../parameters/values';
import type { Item } from '../item';

/** Looking before leaping. */
const dryRunOption: INodeProperties = {
	displayName: 'Dry Run',
	name: 'dryRun',
	type: 'boolean',
	default: false,
	description:
		'Whether to send nothing: everything is read and decided, and the output says what would be done',
};

/** What Affilae was asked, for whoever must find out why something came as it did. */
const includeCallLogOption: INodeProperties = {
	displayName: 'Include Call Log',
	name: 'includeCallLog',
	type: 'boolean',
	default: false,
	description:
		'Whether to add to each item the calls to Affilae that were made for it. Calls that served many items stand with the first.',
};

/** What becomes of an order that no affiliate brought. */
export const ifNotFoundOption: INodeProperties = {
	displayName: 'If Not Found',
	name: 'ifNotFound',
	type: 'options',
	default: 'fail',
	description: 'What to do with an order that has no conversion: no affiliate brought it',
	options: [
		{ name: 'Fail', value: 'fail', description: 'The item fails' },
		{
			name: 'Succeed',
			value: 'succeed',
			description: 'The item comes out with the outcome “unchanged”',
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

/** How calls are made; read from the first item, since all items share the pace. */
const callOptions: INodeProperties[] = [
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

/** The options of an operation that reads many conversions. */
export const listOptions = optionsField([amountsInOption, ...callOptions]);

/** The options of an operation that reads the conversions it is told. */
export const readOptions = optionsField([amountsInOption, includeCallLogOption, ...callOptions]);

/** The options of an operation that writes, and those that it alone has. */
export function writeOptions(...ownOptions: INodeProperties[]): INodeProperties {
	return optionsField([
		amountsInOption,
		dryRunOption,
		ifAlreadyProcessedOption,
		includeCallLogOption,
		...callOptions,
		...ownOptions,
	]);
}

/** @throws {UserError} for what is no choice */
export function readIfAlreadyProcessed(options: WireObject): IfAlreadyProcessed {
	return readChoice(options['ifAlreadyProcessed'], 'If Already Processed', ['succeed', 'fail']);
}

/** @throws {UserError} for what is no choice */
export function readIfNotFound(options: WireObject): 'succeed' | 'fail' {
	return readChoice(options['ifNotFound'], 'If Not Found', ['fail', 'succeed']);
}

/** @throws {UserError} unless it is true, false or left out */
export function readDryRun(options: WireObject): boolean {
	return readFlag(options['dryRun'] ?? false, 'Dry Run');
}

/**
 * How the calls of an execution are made, as its first item says.
 *
 * @throws {UserError} for numbers beyond what makes sense
 */
export function readCallSettings(item: Item): CallSettings {
	const options = item.collection('options');
	const { timeoutMs, retryForMs, mostInFlight } = DEFAULT_CALL_SETTINGS;
	return {
		timeoutMs: readNumber(options['timeoutSeconds'], 'Timeout', timeoutMs / 1000, [1, 3600]) * 1000,
		retryForMs:
			readNumber(options['retryForSeconds'], 'Retry For', retryForMs / 1000, [0, 86_400]) * 1000,
		isLogged: readFlag(options['includeCallLog'] ?? false, 'Include Call Log'),
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
	throw new UserError(
		`${displayName} is ${shown(value)}`,
		`Give a number from ${least} to ${most}.`,
	);
}
