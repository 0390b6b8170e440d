import type { INodeProperties } from 'n8n-workflow';
import { parseAmount } from '../../domain/money';
import { programField, simplifyField } from '../../parameters/fields';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOut';
import { conversionFields, namedForModels, readReason, reasonField } from './fields';
import { writeOptions } from './options';

const amountField: INodeProperties = {
	displayName: 'Amount',
	name: 'amount',
	// Text, not a number: n8n makes 0 of an empty number where it is switched to an expression, and an
	// amount that somebody forgot to fill in must not cost an affiliate the commission.
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 19.99',
	description: 'The new amount, lower than the present one',
	hint: 'In currency units such as 19.99, unless Amounts In among the options says cents',
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
		programField,
		...namedForModels(amountField, 'Amount (Currency Units by Default)'),
		reasonField,
		simplifyField,
		writeOptions(),
	],
	run: async (batch, client) =>
		await carryOutAll(batch, client, (item, { amountsIn }) => ({
			to: 'update',
			amount: parseAmount(item.value('amount'), amountsIn),
			reason: readReason(item.value('reason')),
		})),
} satisfies Operation;
