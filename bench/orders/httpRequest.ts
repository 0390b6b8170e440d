import { API_PATH } from '../../sandbox/api';
import { ITEMS_NODE } from '../workflows/chain';
import { httpRequest } from '../workflows/httpRequest';
import { type OrdersRival, REASON } from './rival';

const FIELDS_NODE = 'Edit Fields';

/**
 * The HTTP Request way: ask for the order's conversion, turn the amount into cents, update. It takes
 * the first conversion that it finds, which is right only where orders have one.
 */
export const httpRequestWay: OrdersRival = {
	key: 'http',
	name: 'HTTP Request way',
	nodes: ({ sandbox, credential }) => [
		httpRequest('Find', credential, {
			method: 'GET',
			url: `${sandbox.url}${API_PATH}conversions.info`,
			query: { externalId: '={{ $json.orderId }}' },
		}),
		{
			name: FIELDS_NODE,
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			parameters: {
				assignments: {
					assignments: [
						field('id', 'string', '={{ $json.conversions.data[0].id }}'),
						field(
							'amount',
							'number',
							`={{ Math.round($('${ITEMS_NODE}').item.json.amount * 100) }}`,
						),
					],
				},
				options: {},
			},
		},
		httpRequest('Update', credential, {
			method: 'POST',
			url: `${sandbox.url}${API_PATH}conversions.update`,
			body: { id: '={{ $json.id }}', amount: '={{ $json.amount }}', reason: REASON },
		}),
	],
};

function field(name: string, type: 'string' | 'number', value: string): object {
	return { id: name, name, type, value };
}
