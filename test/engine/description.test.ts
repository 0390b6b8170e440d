import { describe, expect, test } from '@jest/globals';
import {
	type INodeProperties,
	type INodePropertyCollection,
	type INodePropertyOptions,
	NodeHelpers,
} from 'n8n-workflow';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';

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

describe('what workflows store', () => {
	test('the node is affilaeConversions, can be a tool, and asks for the credential affilaeApi', () => {
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
		'the operation %s is there, with a name for its action',
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
		{ operation: 'accept', names: ['conversion', 'program', 'simplify', 'options'] },
		{ operation: 'refuse', names: ['conversion', 'program', 'reason', 'simplify', 'options'] },
		{
			operation: 'update',
			names: ['conversion', 'program', 'amount', 'reason', 'simplify', 'options'],
		},
		{
			operation: 'reconcile',
			names: ['conversion', 'program', 'keptAmount', 'settled', 'reason', 'simplify', 'options'],
		},
	])('$operation asks for $names', ({ operation, names }) => {
		expect(shownFor(operation).map(({ name }) => name)).toEqual([
			'resource',
			'operation',
			...names,
		]);
	});

	test.each(['info', ...WRITES])(
		'%s names a conversion by order, customer or ID, or from the list; the order is the default',
		(operation) => {
			const { modes, default: byDefault, required } = shown(operation, 'conversion');
			expect(modes?.map(({ name }) => name)).toEqual(['externalId', 'customerId', 'id', 'list']);
			expect(byDefault).toEqual({ mode: 'externalId', value: '' });
			expect(required).toBe(true);
			expect(shown(operation, 'program').modes?.map(({ name }) => name)).toEqual(['list', 'id']);
		},
	);

	test('the pickers search with methods that exist', () => {
		const methods = Object.keys(new AffilaeConversions().methods.listSearch);
		const used = description.properties
			.flatMap(({ modes }) => modes ?? [])
			.flatMap(({ typeOptions }) => typeOptions?.searchListMethod ?? []);
		expect(new Set(used)).toEqual(new Set(['searchConversions', 'searchPrograms']));
		expect(methods).toEqual(expect.arrayContaining(used));
	});

	test('Get Many filters by what the design names, returns 50 by default, simplified', () => {
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

	test.each(WRITES)('%s can be told what amounts count and what is done already', (operation) => {
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
	});

	const CALL_OPTIONS = ['maxConcurrency', 'retryForSeconds', 'timeoutSeconds'];
	const WRITE_OPTIONS = [
		'amountsIn',
		'dryRun',
		'ifAlreadyProcessed',
		'includeCallLog',
		...CALL_OPTIONS,
	];

	test.each([
		{ operation: 'list', names: ['amountsIn', ...CALL_OPTIONS] },
		{ operation: 'info', names: ['amountsIn', 'includeCallLog', ...CALL_OPTIONS] },
		...['accept', 'refuse', 'update'].map((operation) => ({ operation, names: WRITE_OPTIONS })),
		{ operation: 'reconcile', names: [...WRITE_OPTIONS, 'ifNotFound'] },
	])('$operation has the options $names, in the order of what they are called', (asked) => {
		const options = shown(asked.operation, 'options').options ?? [];
		expect(options.map(nameOf).sort()).toEqual([...asked.names].sort());
		const displayNames = options.map((option) =>
			'displayName' in option ? option.displayName : '',
		);
		expect(displayNames).toEqual([...displayNames].sort());
	});

	test('nothing is only tried, logged or let pass unless somebody asks for it', () => {
		const defaults = (shown('reconcile', 'options').options ?? []).flatMap((option) =>
			'default' in option ? [[option.name, option.default]] : [],
		);
		expect(Object.fromEntries(defaults)).toMatchObject({
			dryRun: false,
			includeCallLog: false,
			ifNotFound: 'fail',
		});
		const options = shown('reconcile', 'options').options ?? [];
		const ifNotFound = options.find((option) => option.name === 'ifNotFound');
		expect(
			ifNotFound && 'options' in ifNotFound ? ifNotFound.options?.map(nameOf).sort() : [],
		).toEqual(['fail', 'succeed']);
	});

	test.each([
		{ operation: 'update', parameter: 'amount' },
		{ operation: 'reconcile', parameter: 'keptAmount' },
	])(
		'the $parameter of $operation is required, and empty, not 0, where nobody filled it in',
		({ operation, parameter }) => {
			expect(shown(operation, parameter)).toMatchObject({ default: '', required: true });
		},
	);

	test('reconcile takes the return window for open, and needs a reason only where one is sent', () => {
		expect(shown('reconcile', 'settled')).toMatchObject({ type: 'boolean', default: false });
		expect(shown('reconcile', 'reason').required ?? false).toBe(false);
		for (const operation of ['refuse', 'update']) {
			expect(shown(operation, 'reason').required).toBe(true);
		}
	});

	test('the editor says beforehand that a dry run sends nothing', () => {
		expect(description.hints).toEqual([
			expect.objectContaining({
				type: 'info',
				displayCondition: expect.stringContaining('dryRun'),
				message: expect.stringMatching(/^Dry Run is on: nothing is sent/),
			}),
		]);
	});
});

test.each([
	{ operation: 'update', amount: 'amount' },
	{ operation: 'reconcile', amount: 'keptAmount' },
])('$operation: an amount that nobody filled in stays empty, also as an expression', (tried) => {
	// n8n makes 0 of an empty number field that is switched to an expression.
	expect(shown(tried.operation, tried.amount)).toMatchObject({ type: 'string', default: '' });
});
