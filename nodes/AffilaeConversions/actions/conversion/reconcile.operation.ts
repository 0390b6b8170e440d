import type { INodeProperties } from 'n8n-workflow';
import type { Instruction } from '../../domain/decision';
import { netOfTax, parseAmount, parseTaxRate } from '../../domain/money';
import { readReason } from '../../domain/reason';
import { shown, UserError } from '../../domain/userError';
import { displayNameOf } from '../../parameters/displayNames';
import { programField, simplifyField } from '../../parameters/fields';
import type { Presentation } from '../../parameters/presentation';
import { readChoice } from '../../parameters/values';
import type { Item } from '../item';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOutAll';
import { conversionFields, dryRunField, namedForModels } from './fields';
import { writeOptions } from './options';

/** Affilae requires a reason, and affiliates read it. */
const DEFAULT_REASON = 'The order was returned or canceled, in whole or in part';
/** Shops send unrounded parts, so a cent more or less is normal (API page: What an order is, run). */
const DEFAULT_TOLERANCE_CENTS = 5;
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
		'How much of the order the customer kept, after returns and refunds, without shipping; 0 for a canceled order. Affilae tracks amounts net of tax: give it without tax, or set the option Tax in Order Amount (%). A currency may stand beside it, as in 84.90 EUR.',
	hint: 'In currency units such as 84.90, unless the option Amounts In says Cents',
};

const settledField: INodeProperties = {
	displayName: 'Return Period Has Ended',
	name: 'settled',
	type: 'boolean',
	default: false,
	description:
		'Whether nothing can be sent back any more. Only then is what was kept accepted. Until then the conversion is lowered or refused if something came back, and stays pending otherwise.',
};

const reconcileReasonField: INodeProperties = {
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: DEFAULT_REASON,
	description:
		'Why, as the affiliate will read it if the conversion is refused or lowered. At most 1,024 characters.',
};

const severalConversionsOption: INodeProperties = {
	displayName: 'Several Conversions',
	name: 'severalConversions',
	type: 'options',
	default: 'ask',
	description:
		'What to do if an order has one conversion per commission rule and the customer kept a part of it',
	options: [
		{
			name: 'Ask a Person',
			value: 'ask',
			description: 'Nothing is sent; the outcome is “needsAttention”',
		},
		{
			name: 'Compare Each With the Whole Amount',
			value: 'eachWhole',
			description: 'For shops that send the whole order amount once per rule',
		},
		{
			name: 'Lower in Proportion',
			value: 'proportionally',
			description: 'Each is lowered by its share; the cents add up exactly',
		},
	],
};

const taxRateOption: INodeProperties = {
	displayName: 'Tax in Order Amount (%)',
	name: 'keptTaxRate',
	type: 'number',
	default: 0,
	typeOptions: { minValue: 0, maxValue: 100, numberPrecision: 4 },
	description:
		'The tax rate that is contained in Order Amount After Returns, such as 20. It is taken out before the comparison, because Affilae tracks amounts net of tax.',
};

const toleranceOption: INodeProperties = {
	displayName: 'Tolerance',
	name: 'tolerance',
	type: 'number',
	default: DEFAULT_TOLERANCE,
	typeOptions: { minValue: 0, numberPrecision: 2 },
	description:
		'A kept amount that is lower by no more than this counts as kept in full: rounding in the shop makes a cent of difference. Counted as Amounts In says.',
};

/** Reconcile: what the customer kept is what the affiliate is paid for. */
export const reconcile = {
	option: {
		name: 'Reconcile',
		value: 'reconcile',
		description:
			'Bring the conversions of an order in line with what the customer kept: refuse, lower or accept them, or leave them',
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
		`'${displayNameOf('tolerance')}' is ${shown(value)}, with a currency`,
		'Give the number alone: it counts in the currency of each conversion.',
	);
}
