import type { CredentialReference, Workflow } from '../../playground/src/n8nClient';

/** The node's type, as n8n names it when the package is installed. */
export const AFFILAE_NODE = 'n8n-nodes-affilae.affilaeConversions';

/** A node of a measured workflow. */
export interface ChainNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: object;
	credentials?: Record<string, CredentialReference>;
	onError?: 'stopWorkflow' | 'continueRegularOutput';
	retryOnFail?: boolean;
	executeOnce?: boolean;
}

/** The node behind the webhook: it makes an item of each entry of the body's `items`. */
export const ITEMS_NODE = 'Items';

const items: ChainNode = {
	name: ITEMS_NODE,
	type: 'n8n-nodes-base.splitOut',
	typeVersion: 1,
	parameters: { fieldToSplitOut: 'body.items', options: {} },
};

/**
 * A workflow: a webhook whose path is `id`, one node that makes the items, and then these nodes, one
 * after the other.
 *
 * @param keep whether n8n is to keep the executions with their data; where not, the webhook answers
 * with the last node's first item
 */
export function chain(id: string, nodes: readonly ChainNode[], keep: boolean): Workflow {
	const webhook: ChainNode & { webhookId: string } = {
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2.1,
		webhookId: id,
		parameters: {
			httpMethod: 'POST',
			path: id,
			responseMode: 'lastNode',
			responseData: keep ? 'noData' : 'firstEntryJson',
			options: {},
		},
	};
	const all = [webhook, items, ...nodes];
	const saved = keep ? 'all' : 'none';
	return {
		name: id,
		nodes: all.map((node, index) => ({
			...node,
			id: `${id}-${index}`,
			position: [index * 200, 0],
		})),
		connections: Object.fromEntries(
			all.slice(1).map(({ name }, index) => {
				const previous = all[index];
				return [previous?.name ?? '', { main: [[{ node: name, type: 'main', index: 0 }]] }];
			}),
		),
		settings: {
			executionOrder: 'v1',
			saveDataSuccessExecution: saved,
			saveDataErrorExecution: saved,
			saveExecutionProgress: false,
		},
	};
}
