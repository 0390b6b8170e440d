import type { INodeProperties } from 'n8n-workflow';
import { parseAmount } from '../../domain/money';
import { displayNameOf } from '../../parameters/displayNames';
import { programField, simplifyField } from '../../parameters/fields';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOutAll';
import { conversionFields, dryRunField, namedForModels, reasonField } from './fields';
import { writeOptions } from './options';
import { requiredReason } from './refuse.operation';

const amountField: INodeProperties = {
	displayName: 'Amount',
	name: 'amount',
	// Text, not a number: n8n makes 0 of an empty number if it is switched to an expression, and an
	// amount that somebody forgot to fill in must not cost an affiliate the commission.
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 19.99',
	description:
		'The new amount, without tax and shipping. It must be lower than the initial amount.',
	hint: 'In currency units, such as 19.99, unless the option Amounts In is set to Cents',
};

/** Update: the affiliate is paid for less. */
export const update = {
	option: {
		name: 'Update',
		value: 'update',
		description: 'Lower the amount of a pending conversion',
		action: 'Update the amount of a conversion',
	},
	fields: [
		...conversionFields,
		...namedForModels(amountField, 'Amount (Currency Units by Default)'),
		reasonField,
		programField,
		dryRunField,
		simplifyField,
		writeOptions(),
	],
	run: async (batch, client) =>
		await carryOutAll(batch, client, (item, { amountsIn }) => ({
			to: 'update',
			amount: parseAmount(item.value('amount'), amountsIn, displayNameOf('amount')),
			reason: requiredReason(item, 'change an amount'),
		})),
} satisfies Operation;
