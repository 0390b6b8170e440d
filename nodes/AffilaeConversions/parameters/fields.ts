import type { INodeProperties } from 'n8n-workflow';

export const programField: INodeProperties = {
	displayName: 'Program',
	name: 'program',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	description:
		'The program that the order belongs to. Needed if several programs have the same order ID. If it is empty and Affilae requires a program, the node tries the program IDs of the credential.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchPrograms', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 5f2d1c0b9a8e7f6d5c4b3a29',
			hint: 'In Affilae, open Configuration > Tracking, and copy the part of the tracking key after the dash, or the whole key',
		},
	],
};

export const customerFilter: INodeProperties = {
	displayName: 'Customer ID',
	name: 'customerId',
	type: 'string',
	default: '',
	placeholder: 'e.g. C-2087',
	description: 'Only conversions of this customer',
};

export const programFilter: INodeProperties = {
	...programField,
	description: 'Only conversions of this program',
};

export const statusFilter: INodeProperties = {
	displayName: 'Status',
	name: 'status',
	type: 'options',
	default: 'pending',
	description: 'Only conversions with this status',
	options: [
		{ name: 'Accepted', value: 'accepted' },
		{ name: 'Pending', value: 'pending' },
		{ name: 'Refused', value: 'refused' },
	],
};

export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

export const amountsInOption: INodeProperties = {
	displayName: 'Amounts In',
	name: 'amountsIn',
	type: 'options',
	default: 'units',
	description:
		'The unit of amounts in fields and in the output. Output that is not simplified is always in cents.',
	options: [
		{ name: 'Cents', value: 'cents', description: '1999 means 19.99' },
		{ name: 'Currency Units', value: 'units', description: '19.99 means 19.99' },
	],
};

/** The collection of rarely used fields, sorted by name as n8n's linter requires. */
export function optionsField(options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: options.sort((a, b) => a.displayName.localeCompare(b.displayName)),
	};
}
