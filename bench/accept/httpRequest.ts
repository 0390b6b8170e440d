import type { Place } from '../surroundings/place';
import type { Limit } from '../surroundings/sandboxProcess';
import type { ChainNode } from '../workflows/chain';
import { httpRequest } from '../workflows/httpRequest';
import { nodeRival } from './rival';

function acceptNode({ sandbox, credential }: Place, options: object): ChainNode {
	return httpRequest('Accept', credential, {
		method: 'POST',
		url: `${sandbox.url}/advertiser/conversions.accept`,
		body: { id: '={{ $json.id }}', program: '={{ $json.program }}' },
		options,
	});
}

/** As it comes, but for On Error: with Continue the items that got through are not thrown away. */
export const httpRequestDefault = nodeRival('http', 'HTTP Request, default settings', (place) => ({
	...acceptNode(place, {}),
	onError: 'continueRegularOutput',
}));

/**
 * With Retry On Fail as it comes: 3 tries, 1,000 ms between them. n8n runs the whole node again when
 * it fails; with On Error at Continue it would do so only if the very first item had failed.
 */
export const httpRequestRetry = nodeRival('http-retry', 'HTTP Request, Retry On Fail', (place) => ({
	...acceptNode(place, {}),
	retryOnFail: true,
}));

/** Batched by somebody who knows the limit; On Error at Continue. */
export const httpRequestBatched = nodeRival(
	'http-batched',
	'HTTP Request, batched',
	(place, limit) => ({
		...acceptNode(place, { batching: { batch: batchFor(limit) } }),
		onError: 'continueRegularOutput',
	}),
);

/**
 * A second's worth of calls, then a second's pause. It stays below the limit by the time that n8n
 * takes to send a batch. Without a limit there is no pause.
 */
function batchFor(limit: Limit): { batchSize: number; batchInterval: number } {
	return limit === null
		? { batchSize: 20, batchInterval: 0 }
		: { batchSize: limit, batchInterval: 1000 };
}
