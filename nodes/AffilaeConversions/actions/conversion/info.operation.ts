import { Lookup } from '../../api/lookup';
import { theOnly } from '../../domain/match';
import { present } from '../../parameters/presentation';
import { programField, simplifyField } from '../../parameters/fields';
import type { Operation } from '../operation';
import { conversionFields, readPresentation, readReference } from './fields';
import { readOptions } from './options';

/** Get: the conversion of an order, all conversions of a customer, or one by its ID. */
export const info = {
	option: {
		name: 'Get',
		value: 'info',
		description: 'Get the conversion of an order, or the conversions of a customer',
		action: 'Get a conversion',
	},
	fields: [...conversionFields, programField, simplifyField, readOptions],
	async run(batch, client) {
		const lookup = new Lookup(client);
		const asked = await batch.check(batch.start(), (_, item) => ({
			reference: readReference(item),
			presentation: readPresentation(item, item.collection('options')),
		}));
		lookup.expectIds(asked.map(({ value }) => value.reference));
		return await batch.check(asked, async ({ reference, presentation }) => {
			const found = await lookup.find(reference);
			const conversions = reference.by === 'customerId' ? found : [theOnly(reference, found)];
			return conversions.map((conversion) => present(conversion, presentation));
		});
	},
} satisfies Operation;
