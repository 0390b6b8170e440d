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
		description: 'What starts the workflow',
		options: [
			{
				name: 'Amount Changed',
				value: 'amountChanged',
				description: 'The amount of a pending conversion changed',
			},
			{
				name: 'Created',
				value: 'created',
				description: 'A conversion appears at Affilae, in whatever status',
			},
			{
				name: 'Status Changed',
				value: 'statusChanged',
				description:
					'A conversion is accepted or refused, by whomever. Pending conversions are watched however old they are; what happens to accepted and refused ones is seen for 30 days after the order.',
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
					'Only conversions whose amount is this or more now. In currency units, unless Amounts In says cents. Left out are conversions without an amount, and in currency units those in a currency without cents.',
			},
			programFilter,
			{
				...statusFilter,
				description:
					'Only conversions that are in this status now. A conversion whose status changed is accepted or refused.',
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
				'Whether the first poll also gives the conversions that are already there, as created. It acts once, and needs the event Created.',
		},
	]),
];
