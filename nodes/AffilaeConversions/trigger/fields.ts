import type { INodeProperties } from 'n8n-workflow';
import {
	amountsInOption,
	optionsField,
	customerFilter,
	programFilter,
	simplifyField,
	statusFilter,
} from '../parameters/fields';

/** The parameters of the trigger, as the editor shows them. */
export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: ['created'],
		description:
			'What starts the workflow. Pending conversions are watched whatever their age, accepted and refused ones for 30 days after the order.',
		options: [
			{
				name: 'Amount Changed',
				value: 'amountChanged',
				description: 'The amount of a pending conversion changed',
			},
			{
				name: 'Created',
				value: 'created',
				description: 'A new conversion appears in Affilae, whatever its status',
			},
			{
				name: 'Status Changed',
				value: 'statusChanged',
				description: 'A conversion is accepted or refused, by anyone',
			},
		],
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			customerFilter,
			{
				displayName: 'Minimum Amount',
				name: 'minimumAmount',
				type: 'number',
				default: 0,
				typeOptions: { minValue: 0, numberPrecision: 2 },
				description:
					'Only conversions whose current amount is at least this. In currency units, unless Amounts In is set to Cents. Leaves out conversions without an amount and, in currency units, those in a currency without cents.',
			},
			programFilter,
			{
				...statusFilter,
				description:
					'Only conversions that have this status now. After a status change, that is accepted or refused.',
			},
		],
	},
	simplifyField,
	optionsField([
		amountsInOption,
		{
			displayName: 'Include Existing',
			name: 'includeExisting',
			type: 'boolean',
			default: false,
			description:
				'Whether the first poll also returns the existing conversions, with the event Created. Works once, and requires that event.',
		},
	]),
];
