import type { INodeProperties } from 'n8n-workflow';
import type { Instruction } from '../../domain/decision';
import { netOfTax, parseAmount, parseTaxRate } from '../../domain/money';
import { readReason } from '../../domain/reason';
import { DEFAULT_TOLERANCE_CENTS } from '../../domain/reconcile';
import { formatValue, UserError } from '../../domain/userError';
import { displayNameOf } from '../../parameters/displayNames';
import { programField, simplifyField } from '../../parameters/fields';
import type { Presentation } from '../../parameters/presentation';
import { readChoice } from '../../parameters/values';
import type { Item } from '../item';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOutAll';
import { conversionFields, dryRunField, namedForModels } from './fields';
import { writeOptions } from './options';

/** Affilae requires a reason, and affiliates see it. */
const DEFAULT_REASON = 'The order was returned or canceled, in whole or in part';
const DEFAULT_TOLERANCE = DEFAULT_TOLERANCE_CENTS / 100;

const keptAmountField: INodeProperties = {
	displayName: 'Order Amount After Returns',
	name: 'keptAmount',
	// Text, not a number: n8n makes 0 of an empty number if it is switched to an expression, and an
	// amount that somebody forgot to fill in must not cost an affiliate the commission.
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 84.90',
	description:
		'What the order is worth after returns and refunds, without shipping. 0 if it was canceled. Affilae tracks amounts without tax: enter the amount without tax, or set the option Tax in Order Amount (%). You can add the currency, as in 84.90 EUR.',
	hint: 'In currency units, such as 84.90, unless the option Amounts In is set to Cents',
};

const settledField: INodeProperties = {
	displayName: 'Return Period Has Ended',
	name: 'settled',
	type: 'boolean',
	default: false,
	description:
		'Whether the customer can no longer return anything. If on, the node accepts the conversion for what the customer kept. If off, it refuses or lowers the conversion after a return, and leaves it pending otherwise.',
};

const reconcileReasonField: INodeProperties = {
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: DEFAULT_REASON,
	description:
		'The reason that the affiliate sees if the conversion is refused or lowered. At most 1,024 characters.',
};

const severalConversionsOption: INodeProperties = {
	displayName: 'Several Conversions',
	name: 'severalConversions',
	type: 'options',
	default: 'ask',
	description:
		'What to do if an order has one conversion per commission rule and the customer kept only part of it',
	options: [
		{
			name: 'Ask a Person',
			value: 'ask',
			description: 'Nothing is sent. The outcome is “needsAttention”.',
		},
		{
			name: 'Compare Each With the Whole Amount',
			value: 'eachWhole',
			description: 'For shops that track the whole order amount once per rule',
		},
		{
			name: 'Lower in Proportion',
			value: 'proportionally',
			description: 'Each is lowered by its share. The cents add up exactly.',
		},
	],
};

const taxRateOption: INodeProperties = {
	displayName: 'Tax in Order Amount (%)',
	name: 'keptTaxRate',
	type: 'number',
	default: 0,
	typeOptions: { minValue: 0, maxValue: 100 },
	description:
		'The tax rate included in Order Amount After Returns, such as 20. The node subtracts the tax before it compares, because Affilae tracks amounts without tax.',
};

const toleranceOption: INodeProperties = {
	displayName: 'Tolerance',
	name: 'tolerance',
	type: 'number',
	default: DEFAULT_TOLERANCE,
	typeOptions: { minValue: 0, numberPrecision: 2 },
	description:
		'If the amount is lower by no more than this, the order counts as kept in full. Shops round, so a cent of difference is normal. The unit is that of Amounts In.',
};

/** Reconcile: the affiliate is paid for what the customer kept. */
export const reconcile = {
	option: {
		name: 'Reconcile',
		value: 'reconcile',
		description:
			'Refuse, lower, accept or leave the conversions of an order, depending on what the customer kept',
		action: 'Reconcile a conversion with its order',
	},
	fields: [
		...conversionFields,
		...namedForModels(keptAmountField, 'Order Amount After Returns (Currency Units by Default)'),
		settledField,
		reconcileReasonField,
		programField,
		dryRunField,
		simplifyField,
		writeOptions(severalConversionsOption, taxRateOption, toleranceOption),
	],
	run: async (batch, client) => await carryOutAll(batch, client, readInstruction),
} satisfies Operation;

function readInstruction(item: Item, { amountsIn }: Presentation): Instruction {
	const options = item.collection('options');
	const given = parseAmount(item.value('keptAmount'), amountsIn, displayNameOf('keptAmount'));
	const rate = options['keptTaxRate'] ?? '';
	const taxRate = parseTaxRate(rate === '' ? 0 : rate, displayNameOf('keptTaxRate'));
	return {
		to: 'reconcile',
		kept: { ...given, amountCents: netOfTax(given.amountCents, taxRate) },
		isSettled: item.flag('settled'),
		toleranceCents: readTolerance(options['tolerance'], amountsIn),
		severalConversions: readChoice(
			options['severalConversions'],
			displayNameOf('severalConversions'),
			['ask', 'proportionally', 'eachWhole'],
		),
		reason: readReason(item.value('reason')) || DEFAULT_REASON,
	};
}

function readTolerance(value: unknown, amountsIn: Presentation['amountsIn']): number {
	if (value === undefined || value === '') return DEFAULT_TOLERANCE_CENTS;
	const { amountCents, mark } = parseAmount(value, amountsIn, displayNameOf('tolerance'));
	if (mark === undefined) return amountCents;
	throw new UserError(
		`'${displayNameOf('tolerance')}' is ${formatValue(value)}, which includes a currency`,
		'Enter only the number. It applies in the currency of each conversion.',
	);
}
