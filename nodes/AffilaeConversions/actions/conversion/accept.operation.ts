import type { Operation } from '../operation';
import {
	optionsField,
	amountsInOption,
	conversionField,
	ifAlreadyProcessedOption,
	programField,
	simplifyField,
	callOptions,
} from './fields';
import { carryOutAll } from './carryOut';

/** Accept: the affiliate is paid for the conversion as it is. */
export const accept = {
	option: {
		name: 'Accept',
		value: 'accept',
		description: 'Accept a pending conversion, so that the affiliate is paid for it',
		action: 'Accept a conversion',
	},
	fields: [
		conversionField,
		programField,
		simplifyField,
		optionsField([amountsInOption, ifAlreadyProcessedOption, ...callOptions]),
	],
	run: async (batch, client) => await carryOutAll(batch, client, () => ({ to: 'accept' })),
} satisfies Operation;
