import type { INodeParameters } from 'n8n-workflow';
import type { ShopConversion } from './shopUnderTest';

/** Parameters that name the conversion with the fields of `itemAbout`. */
export const NAMED: Readonly<Record<'order' | 'id', INodeParameters>> = {
	order: { conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' } },
	id: {
		conversion: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
		program: { __rl: true, mode: 'id', value: '={{ $json.program }}' },
	},
};

/** An input item for a conversion. */
export function itemAbout({ id, externalId, program, amount }: ShopConversion) {
	return { id, order: externalId, program: program.id, amount };
}
