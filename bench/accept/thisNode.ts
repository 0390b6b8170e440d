import { affilae, located } from '../workflows/affilae';
import { nodeRival } from './rival';

/** This package's node with all its defaults. It does not know the limit. */
export const thisNode = nodeRival('this-node', 'This node', ({ credential }) =>
	affilae('Accept', credential, {
		operation: 'accept',
		conversion: located('id', '={{ $json.id }}'),
		program: located('id', '={{ $json.program }}'),
	}),
);
