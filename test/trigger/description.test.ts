import { describe, expect, test } from '@jest/globals';
import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { AffilaeConversionsTrigger } from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';
import codex from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node.json';
import manifest from '../../package.json';

const node = new AffilaeConversionsTrigger();
const { description } = node;

function nameOf(option: INodePropertyOptions | INodeProperties | INodePropertyCollection): unknown {
	return 'value' in option ? option.value : option.name;
}

function parameter(name: string): INodeProperties {
	const found = description.properties.find((property) => property.name === name);
	if (!found) throw new Error(`The trigger has no parameter ${name}`);
	return found;
}

describe('in the description of the trigger,', () => {
	test('the trigger is affilaeConversionsTrigger, polls on n8n’s poll times, and asks for the credential affilaeApi', () => {
		expect(description).toMatchObject({
			name: 'affilaeConversionsTrigger',
			displayName: 'Affilae Conversions Trigger',
			polling: true,
			group: ['trigger'],
			credentials: [{ name: 'affilaeApi', required: true }],
			inputs: [],
			outputs: ['main'],
		});
		expect(description.properties.map(({ name }) => name)).toEqual([
			'events',
			'filters',
			'simplify',
			'options',
		]);
	});

	test('the events are Created, Status Changed and Amount Changed; Created is the default', () => {
		const { displayName, type, options, default: byDefault } = parameter('events');
		expect([displayName, type, byDefault]).toEqual(['Events', 'multiOptions', ['created']]);
		expect(options?.map(nameOf).sort()).toEqual(['amountChanged', 'created', 'statusChanged']);
	});

	test('the filters and options have these names', () => {
		expect(parameter('filters').options?.map(nameOf).sort()).toEqual([
			'customerId',
			'minimumAmount',
			'program',
			'status',
		]);
		expect(parameter('options').options?.map(nameOf).sort()).toEqual([
			'amountsIn',
			'includeExisting',
		]);
		expect(parameter('simplify').default).toBe(true);
	});

	test('the program picker searches with a method that exists', () => {
		const modes = parameter('filters').options?.flatMap((option) =>
			'modes' in option ? (option.modes ?? []) : [],
		);
		const used = modes?.flatMap(({ typeOptions }) => typeOptions?.searchListMethod ?? []);
		expect(used).toEqual(Object.keys(node.methods.listSearch));
	});
});

describe('the package', () => {
	test('lists the trigger, and its codex has its name and a link to the documentation', () => {
		expect(manifest.n8n.nodes).toContain(
			'dist/nodes/AffilaeConversions/AffilaeConversionsTrigger.node.js',
		);
		expect(codex.node).toBe('n8n-nodes-affilae.affilaeConversionsTrigger');
		expect(codex.resources.primaryDocumentation[0]?.url).toMatch(/^https:/);
	});
});
