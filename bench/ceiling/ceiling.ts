import type { AcceptRival } from '../accept/rival';
import { nodeRival } from '../accept/rival';
import { API_PATH } from '../../sandbox/api';
import { CEILING_NODE } from './installCeilingNode';

/** Calls in flight at which the ceiling is measured; the fastest of them is the ceiling. */
const IN_FLIGHT = [4, 8, 20, 50] as const;

function bareNode(key: string, name: string, inFlight: number, readItems: boolean): AcceptRival {
	return nodeRival(key, name, ({ sandbox: { url, token } }) => ({
		name: 'Accept',
		type: CEILING_NODE,
		typeVersion: 1,
		parameters: {
			url: `${url}${API_PATH}conversions.accept`,
			authorization: `Bearer ${token}`,
			inFlight,
			readItems,
			id: '={{ $json.id }}',
			program: '={{ $json.program }}',
		},
	}));
}

/** n8n's own ceiling: the same calls without any code of this package. */
export const ceilings: readonly AcceptRival[] = IN_FLIGHT.map((inFlight) =>
	bareNode(`ceiling-${inFlight}`, `Bare calls, ${inFlight} in flight`, inFlight, false),
);

/** The ceiling of a node that also has n8n read two parameters for each item. */
export const readingCeiling = bareNode(
	'ceiling-reading',
	'Bare calls, 20 in flight, two expressions read for each item',
	20,
	true,
);
