import type { Item } from '../item';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOut';
import {
	amountsInOption,
	conversionField,
	ifAlreadyProcessedOption,
	optionsField,
	programField,
	readReason,
	reasonField,
	simplifyField,
	callOptions,
} from './fields';

/** Refuse: the affiliate is not paid for the conversion. */
export const refuse = {
	option: {
		name: 'Refuse',
		value: 'refuse',
		description: 'Refuse a pending conversion, so that the affiliate is not paid for it',
		action: 'Refuse a conversion',
	},
	fields: [
		conversionField,
		programField,
		reasonField,
		simplifyField,
		optionsField([amountsInOption, ifAlreadyProcessedOption, ...callOptions]),
	],
	run: async (batch, client) =>
		await carryOutAll(batch, client, (item: Item) => ({ to: 'refuse', reason: readReason(item) })),
} satisfies Operation;
