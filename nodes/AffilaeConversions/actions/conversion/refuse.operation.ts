import type { Item } from '../item';
import { programField, simplifyField } from '../../parameters/fields';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOut';
import { conversionFields, readReason, reasonField } from './fields';
import { writeOptions } from './options';

/** Refuse: the affiliate is not paid for the conversion. */
export const refuse = {
	option: {
		name: 'Refuse',
		value: 'refuse',
		description: 'Refuse a pending conversion, so that the affiliate is not paid for it',
		action: 'Refuse a conversion',
	},
	fields: [...conversionFields, programField, reasonField, simplifyField, writeOptions()],
	run: async (batch, client) =>
		await carryOutAll(batch, client, (item: Item) => ({
			to: 'refuse',
			reason: readReason(item.value('reason')),
		})),
} satisfies Operation;
