import { Lookup } from '../../api/lookup';
import { ofRule } from '../../domain/order';
import { programField, simplifyField } from '../../parameters/fields';
import { toOutputCopy } from '../../parameters/presentation';
import type { Operation } from '../operation';
import { conversionFields, readPresentation, readReference } from './fields';
import { readCallSettings, readOptions } from './options';

/** Get: all conversions of an order or a customer, or one conversion by its ID. */
export const info = {
	option: {
		name: 'Get',
		value: 'info',
		description: 'Get the conversions of an order or a customer, or one conversion by its ID',
		action: 'Get a conversion',
	},
	fields: [...conversionFields, programField, simplifyField, readOptions],
	async run(batch, client) {
		const lookup = new Lookup(client, true);
		const requests = await batch.check(batch.start(), (_, item) => {
			const options = item.collection('options');
			readCallSettings(item);
			return {
				reference: readReference(item, options),
				presentation: readPresentation(item, options),
			};
		});
		await lookup.expect(requests.map(({ value }) => value.reference));
		return await batch.check(requests, async ({ reference, presentation }) => {
			const found = ofRule(reference, await lookup.find(reference));
			return { output: found.map((conversion) => toOutputCopy(conversion, presentation)) };
		});
	},
} satisfies Operation;
