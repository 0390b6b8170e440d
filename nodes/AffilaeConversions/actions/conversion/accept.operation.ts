import type { Operation } from '../operation';
import { programField, simplifyField } from '../../parameters/fields';
import { conversionFields } from './fields';
import { writeOptions } from './options';
import { carryOutAll } from './carryOut';

/** Accept: the affiliate is paid for the conversion as it is. */
export const accept = {
	option: {
		name: 'Accept',
		value: 'accept',
		description: 'Accept a pending conversion, so that the affiliate is paid for it',
		action: 'Accept a conversion',
	},
	fields: [...conversionFields, programField, simplifyField, writeOptions()],
	run: async (batch, client) => await carryOutAll(batch, client, () => ({ to: 'accept' })),
} satisfies Operation;
