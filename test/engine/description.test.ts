import { describe, expect, test } from '@jest/globals';
import {
	type INodeProperties,
	type INodePropertyCollection,
	type INodePropertyOptions,
	NodeHelpers,
} from 'n8n-workflow';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';
import { AffilaeConversionsTrigger } from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';
import { displayNameOf } from '../../nodes/AffilaeConversions/parameters/displayNames';
import { partsOf } from './describedFields';

const { description } = new AffilaeConversions();

function nameOf(option: INodePropertyOptions | INodeProperties | INodePropertyCollection): unknown {
	return 'value' in option ? option.value : option.name;
}

/** The parameters that the editor shows for an operation, in its default state. */
function shownFor(operation: string): INodeProperties[] {
	const values = { resource: 'conversion', operation, returnAll: false };
	return description.properties.filter((property) =>
		NodeHelpers.displayParameter(values, property, { typeVersion: 1 }, description),
	);
}

function shown(operation: string, parameter: string): INodeProperties {
	const found = shownFor(operation).find(({ name }) => name === parameter);
	if (!found) throw new Error(`${operation} shows no ${parameter}`);
	return found;
}

const WRITES = ['accept', 'refuse', 'update', 'reconcile'];

describe('in the description of the node,', () => {
	test('the node is named affilaeConversions, can be a tool and requires the credential affilaeApi', () => {
		expect(description).toMatchObject({
			name: 'affilaeConversions',
			displayName: 'Affilae Conversions',
			usableAsTool: true,
			credentials: [{ name: 'affilaeApi', required: true }],
			inputs: ['main'],
			outputs: ['main'],
		});
	});

	test.each(['list', 'info', ...WRITES])(
		'the operation %s has a name, an action and a description',
		(operation) => {
			const options = description.properties.find(({ name }) => name === 'operation')?.options;
			expect(options).toContainEqual(
				expect.objectContaining({
					value: operation,
					name: expect.any(String),
					action: expect.stringMatching(/^[A-Z][a-z]+ (an? |many |the )/),
					description: expect.any(String),
				}),
			);
		},
	);

	test.each([
		{ operation: 'list', names: ['returnAll', 'limit', 'filters', 'simplify', 'options'] },
		{ operation: 'info', names: ['conversion', 'program', 'simplify', 'options'] },
		{ operation: 'accept', names: ['conversion', 'program', 'dryRun', 'simplify', 'options'] },
		{
			operation: 'refuse',
			names: ['conversion', 'reason', 'program', 'dryRun', 'simplify', 'options'],
		},
		{
			operation: 'update',
			names: ['conversion', 'amount', 'reason', 'program', 'dryRun', 'simplify', 'options'],
		},
		{
			operation: 'reconcile',
			names: [
				'conversion',
				'keptAmount',
				'settled',
				'reason',
				'program',
				'dryRun',
				'simplify',
				'options',
			],
		},
	])('$operation shows the fields $names', ({ operation, names }) => {
		expect(shownFor(operation).map(({ name }) => name)).toEqual([
			'resource',
			'operation',
			...names,
		]);
	});

	test.each(['info', ...WRITES])(
		'%s names a conversion by order ID (the default), customer ID or conversion ID, or from the list',
		(operation) => {
			const { modes, default: byDefault, required } = shown(operation, 'conversion');
			expect(modes?.map(({ name }) => name)).toEqual(['externalId', 'customerId', 'id', 'list']);
			expect(byDefault).toEqual({ mode: 'externalId', value: '' });
			expect(required).toBe(true);
			expect(shown(operation, 'program').modes?.map(({ name }) => name)).toEqual(['list', 'id']);
		},
	);

	test('the pickers use search methods that exist', () => {
		const methods = Object.keys(new AffilaeConversions().methods.listSearch);
		const used = description.properties
			.flatMap(({ modes }) => modes ?? [])
			.flatMap(({ typeOptions }) => typeOptions?.searchListMethod ?? []);
		expect(new Set(used)).toEqual(new Set(['searchConversions', 'searchPrograms']));
		expect(methods).toEqual(expect.arrayContaining(used));
	});

	test('Get Many has six filters, and returns 50 simplified conversions by default', () => {
		expect(shown('list', 'filters').options?.map(nameOf).sort()).toEqual([
			'customerId',
			'externalId',
			'from',
			'program',
			'status',
			'to',
		]);
		expect(shown('list', 'limit').default).toBe(50);
		expect(shown('list', 'returnAll').default).toBe(false);
		expect(shown('list', 'simplify').default).toBe(true);
	});

	test.each(WRITES)(
		'%s has options for the unit of amounts and for conversions that are already processed',
		(operation) => {
			const options = shown(operation, 'options').options ?? [];
			const choices = options.flatMap((option) =>
				'options' in option && 'default' in option
					? [[option.name, option.default, option.options?.map(nameOf).sort()]]
					: [],
			);
			expect(choices).toEqual(
				expect.arrayContaining([
					['amountsIn', 'units', ['cents', 'units']],
					['ifAlreadyProcessed', 'succeed', ['fail', 'succeed']],
				]),
			);
		},
	);

	const CALL_OPTIONS = ['maxConcurrency', 'retryForSeconds', 'timeoutSeconds'];
	const READ_OPTIONS = ['amountsIn', 'includeCallLog', 'ordersSince', 'rule', ...CALL_OPTIONS];
	const WRITE_OPTIONS = [...READ_OPTIONS, 'ifAlreadyProcessed', 'ifNotFound'];
	const RECONCILE_OPTIONS = ['keptTaxRate', 'severalConversions', 'tolerance'];

	test.each([
		{ operation: 'list', names: ['amountsIn', ...CALL_OPTIONS] },
		{ operation: 'info', names: READ_OPTIONS },
		...['accept', 'refuse', 'update'].map((operation) => ({ operation, names: WRITE_OPTIONS })),
		{ operation: 'reconcile', names: [...WRITE_OPTIONS, ...RECONCILE_OPTIONS] },
	])('$operation has the options $names, sorted by display name', (asked) => {
		const options = shown(asked.operation, 'options').options ?? [];
		expect(options.map(nameOf).sort()).toEqual([...asked.names].sort());
		const displayNames = options.map((option) =>
			'displayName' in option ? option.displayName : '',
		);
		expect(displayNames).toEqual([...displayNames].sort());
	});

	test('reconcile by default writes, logs no calls, fails if not found and leaves several conversions for a person', () => {
		expect(shown('reconcile', 'dryRun')).toMatchObject({ type: 'boolean', default: false });
		const options = partsOf(shown('reconcile', 'options'));
		expect(
			Object.fromEntries(options.map(({ name, default: byDefault }) => [name, byDefault])),
		).toMatchObject({
			includeCallLog: false,
			ifNotFound: 'fail',
			keptTaxRate: 0,
			ordersSince: '',
			rule: '',
			severalConversions: 'ask',
			tolerance: 0.05,
		});
		const choices = (name: string) =>
			options.find((option) => option.name === name)?.options?.map(nameOf);
		expect(choices('ifNotFound')?.sort()).toEqual(['fail', 'succeed']);
		expect(choices('severalConversions')?.sort()).toEqual(['ask', 'eachWhole', 'proportionally']);
	});

	test.each([
		{ operation: 'update', parameter: 'amount' },
		{ operation: 'reconcile', parameter: 'keptAmount' },
	])(
		'the $parameter of $operation is required, and its default is empty, not 0',
		({ operation, parameter }) => {
			expect(shown(operation, parameter)).toMatchObject({ default: '', required: true });
		},
	);

	test('reconcile by default treats the return period as open and has a reason, which refuse and update require', () => {
		expect(shown('reconcile', 'settled')).toMatchObject({ type: 'boolean', default: false });
		expect(shown('reconcile', 'reason')).toMatchObject({
			default: expect.stringMatching(/^The order was returned/),
		});
		expect(shown('reconcile', 'reason').required ?? false).toBe(false);
		for (const operation of ['refuse', 'update']) {
			expect(shown(operation, 'reason')).toMatchObject({ required: true, default: '' });
		}
	});

	test.each(['list', 'info', ...WRITES])(
		'%s says of which options the value of the first item counts for all items',
		(operation) => {
			const ofRun = partsOf(shown(operation, 'options'))
				.filter(({ description: text }) =>
					text?.endsWith('The value of the first item counts for all items.'),
				)
				.map(({ name }) => name);
			expect(ofRun).toEqual([
				...(operation === 'list' ? [] : ['includeCallLog']),
				'maxConcurrency',
				'retryForSeconds',
				'timeoutSeconds',
			]);
		},
	);

	test('the subtitle shows each operation under the same name as the selector', () => {
		const options = description.properties.find(({ name }) => name === 'operation')?.options ?? [];
		for (const option of options) {
			if (!('value' in option)) continue;
			expect(description.subtitle).toContain(`${String(option.value)}: "${option.name}"`);
		}
	});

	test("if 'Dry Run' is on, a hint says that nothing is changed", () => {
		expect(description.hints).toEqual([
			expect.objectContaining({
				type: 'info',
				displayCondition: '={{ $parameter["dryRun"] === true }}',
				message: expect.stringMatching(/^Dry Run is on: nothing is changed/),
			}),
		]);
	});
});

test.each([
	{ operation: 'update', amount: 'amount' },
	{ operation: 'reconcile', amount: 'keptAmount' },
])('the amount of $operation is a text field, so that it stays empty as an expression', (tried) => {
	// n8n turns an empty number field into 0 when it is switched to an expression.
	expect(shown(tried.operation, tried.amount)).toMatchObject({ type: 'string', default: '' });
});

describe('messages name fields as the editor does:', () => {
	const fields = [description, new AffilaeConversionsTrigger().description]
		.flatMap(({ properties }) => properties)
		// A field for AI models is shown under another name.
		.filter(({ displayOptions }) => displayOptions?.show?.['@tool']?.[0] !== true)
		.filter(({ noDataExpression }) => noDataExpression !== true)
		.flatMap((property) => [
			property,
			...(property.type === 'collection' ? partsOf(property) : []),
		]);
	const names = new Map(fields.map(({ name, displayName }) => [name, displayName]));

	test.each([...names])('%s is %s', (name, displayName) => {
		expect(displayNameOf(name)).toBe(displayName);
	});

	test('a field has the same display name in the node and in its trigger', () => {
		expect(names.size).toBeGreaterThan(20);
		for (const { name, displayName } of fields)
			expect([name, displayName]).toEqual([name, names.get(name)]);
	});
});
