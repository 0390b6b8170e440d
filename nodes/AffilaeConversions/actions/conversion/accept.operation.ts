import { programField, simplifyField } from '../../parameters/fields';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOutAll';
import { conversionFields, dryRunField } from './fields';
import { writeOptions } from './options';

/** Accept: the affiliate is paid for the order as it is. */
export const accept = {
	option: {
		name: 'Accept',
		value: 'accept',
		description:
			'Accept the conversions of an order, including refused ones that are not locked yet',
		action: 'Accept a conversion',
	},
	fields: [...conversionFields, programField, dryRunField, simplifyField, writeOptions()],
	run: async (batch, client) => await carryOutAll(batch, client, () => ({ to: 'accept' })),
} satisfies Operation;
