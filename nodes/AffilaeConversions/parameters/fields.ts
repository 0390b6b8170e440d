import type { INodeProperties } from 'n8n-workflow';

/** Which program: picked or typed. */
export const programField: INodeProperties = {
	displayName: 'Program',
	name: 'program',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	description:
		'The program that the order belongs to. Needed if Affilae asks for it, or if several programs have the same order ID. Without it, the program IDs of the credential are asked.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchPrograms', searchable: true },
		},
		{
			displayName: 'ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 5f2d1c0b9a8e7f6d5c4b3a29',
			hint: 'In Affilae, open Configuration > Tracking: the part of the tracking key after the dash, or the whole key',
		},
	],
};

/** Of which customer. */
export const customerFilter: INodeProperties = {
	displayName: 'Customer ID',
	name: 'customerId',
	type: 'string',
	default: '',
	placeholder: 'e.g. C-2087',
	description: 'Only conversions of this customer',
};

/** Of which program. */
export const programFilter: INodeProperties = {
	...programField,
	description: 'Only conversions of this program',
};

/** In which of the three states. */
export const statusFilter: INodeProperties = {
	displayName: 'Status',
	name: 'status',
	type: 'options',
	default: 'pending',
	description: 'Only conversions in this state',
	options: [
		{ name: 'Accepted', value: 'accepted' },
		{ name: 'Pending', value: 'pending' },
		{ name: 'Refused', value: 'refused' },
	],
};

/** Few fields or Affilae's own object. */
export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** What the numbers of an item count. */
export const amountsInOption: INodeProperties = {
	displayName: 'Amounts In',
	name: 'amountsIn',
	type: 'options',
	default: 'units',
	description: 'The unit of amounts, given and returned. Raw output is always in cents.',
	options: [
		{ name: 'Cents', value: 'cents', description: '1999 is 19.99' },
		{ name: 'Currency Units', value: 'units', description: '19.99 is 19.99' },
	],
};

/** The collection of what is seldom needed, in the order of the names. */
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
