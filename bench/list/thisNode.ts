import { affilae } from '../workflows/affilae';
import type { ListRival } from './rival';

function getMany(key: string, name: string, simplify: boolean): ListRival {
	return {
		key,
		name,
		nodes: ({ credential }) => [
			affilae('Get Many', credential, { operation: 'list', returnAll: true, simplify }),
		],
	};
}

/** As it comes, with few fields a conversion. */
export const thisNodeSimplified = getMany('this-node', 'This node, simplified (default)', true);

/** With Simplify off: Affilae's own objects, as the HTTP Request node gives them. */
export const thisNodeRaw = getMany('this-node-raw', 'This node, whole objects', false);
