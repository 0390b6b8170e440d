import type { INodeProperties } from 'n8n-workflow';
import type { Wish } from '../../domain/decision';
import { parseAmount, type AmountsIn, type GivenAmount } from '../../domain/money';
import { UserError } from '../../domain/userError';
import { programField, simplifyField } from '../../parameters/fields';
import { type Presentation } from '../../parameters/presentation';
import type { Item } from '../item';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOut';
import { conversionFields, namedForModels, readReason } from './fields';
import { ifNotFoundOption, writeOptions } from './options';

const keptAmountField: INodeProperties = {
	displayName: 'Kept Amount',
	name: 'keptAmount',
	// Text, not a number: n8n makes 0 of an empty number where it is switched to an expression, and an
	// amount that somebody forgot to fill in must not cost an affiliate the commission.
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 84.90',
	description:
		'How much of the order the customer kept, after returns and refunds. Tax and shipping belong to it only if the amount that your tracking code sends to Affilae has them. A currency may stand beside it, as in 84.90 EUR: the conversion must then be in the same.',
	hint: 'In currency units. Shopify: <code>current_subtotal_price</code>; for a canceled order 0',
};

const settledField: INodeProperties = {
	displayName: 'Return Window Is Over',
	name: 'settled',
	type: 'boolean',
	default: false,
	description:
		'Whether nothing can be sent back any more. Only then is what was kept accepted; until then the conversion is lowered or refused where something came back, and stays pending otherwise.',
};

const reconcileReasonField: INodeProperties = {
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: '',
	placeholder: 'e.g. Order returned',
	description:
		'Why, as it is told to the affiliate. Needed only where something came back: to refuse or to lower.',
};

/** Reconcile: what the customer kept is what the affiliate is paid for. */
export const reconcile = {
	option: {
		name: 'Reconcile',
		value: 'reconcile',
		description:
			'Bring a conversion in line with what the customer kept: refuse, lower or accept it, or leave it',
		action: 'Reconcile a conversion with its order',
	},
	fields: [
		...conversionFields,
		programField,
		...namedForModels(keptAmountField, 'Kept Amount (Currency Units by Default)'),
		settledField,
		reconcileReasonField,
		simplifyField,
		writeOptions(ifNotFoundOption),
	],
	run: async (batch, client) => await carryOutAll(batch, client, readWish),
} satisfies Operation;

function readWish(item: Item, { amountsIn }: Presentation): Wish {
	const reason = readReasonIfGiven(item.value('reason'));
	return {
		to: 'reconcile',
		kept: readKept(item.value('keptAmount'), amountsIn),
		isSettled: item.flag('settled', 'Return Window Is Over'),
		...(reason ? { reason } : {}),
	};
}

function readKept(value: unknown, amountsIn: AmountsIn): GivenAmount {
	if (value === undefined || value === null || value === '') {
		throw new UserError(
			'There is no kept amount',
			'Fill in Kept Amount: what the customer kept of the order, and 0 where that is nothing.',
		);
	}
	return parseAmount(value, amountsIn);
}

/** No reason may be needed; one of spaces was meant to be one. */
function readReasonIfGiven(given: unknown): string {
	return NO_REASON.has(given) ? '' : readReason(given);
}

const NO_REASON = new Set<unknown>(['', undefined, null]);
