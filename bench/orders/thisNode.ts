import { affilae, located } from '../workflows/affilae';
import { type OrdersRival, REASON } from './rival';

/** One node, all defaults. */
export const thisNode: OrdersRival = {
	key: 'this-node',
	name: 'This node',
	nodes: ({ credential }) => [
		affilae('Update', credential, {
			operation: 'update',
			conversion: located('externalId', '={{ $json.orderId }}'),
			amount: '={{ $json.amount }}',
			reason: REASON,
		}),
	],
};
