import type { Workflow } from '../../playground/src/n8nClient';

/** The type of the node when n8n has installed the package. */
export const NODE_TYPE = 'n8n-nodes-affilae.affilaeConversions';

/** The settings of the Affilae node in a test workflow. */
export interface AffilaeNode {
	parameters: Record<string, unknown>;
	/** n8n's On Error; `stopWorkflow` is the default. */
	onError?: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	retryOnFail?: boolean;
}

/**
 * Start -> Orders (pinned items) -> Affilae -> Done, and -> Not done from its error branch. The last
 * two add the order id that n8n's item pairing leads back to.
 */
export function workflowOf(items: Array<Record<string, unknown>>, affilae: AffilaeNode): Workflow {
	const node = (index: number, name: string, type: string, version: number, rest: object = {}) => ({
		id: `node-${index}`,
		name,
		type,
		typeVersion: version,
		position: [index * 200, 0],
		parameters: {},
		...rest,
	});
	const addOrder = {
		parameters: {
			includeOtherFields: true,
			assignments: {
				assignments: [
					{
						id: 'paired',
						name: 'pairedOrderId',
						type: 'string',
						value: "={{ $('Orders').item.json.orderId }}",
					},
				],
			},
			options: {},
		},
	};
	const to = (name: string) => [{ node: name, type: 'main', index: 0 }];
	const { parameters, ...settings } = affilae;
	return {
		name: 'Test',
		nodes: [
			node(0, 'Start', 'n8n-nodes-base.manualTrigger', 1),
			node(1, 'Orders', 'n8n-nodes-base.noOp', 1),
			node(2, 'Affilae', NODE_TYPE, 1, {
				parameters: { resource: 'conversion', options: {}, ...parameters },
				maxTries: 3,
				waitBetweenTries: 100,
				...settings,
			}),
			node(3, 'Done', 'n8n-nodes-base.set', 3.4, addOrder),
			node(4, 'Not done', 'n8n-nodes-base.set', 3.4, addOrder),
		],
		connections: {
			Start: { main: [to('Orders')] },
			Orders: { main: [to('Affilae')] },
			Affilae: { main: [to('Done'), to('Not done')] },
		},
		settings: { executionOrder: 'v1' },
		pinData: { Orders: items.map((json) => ({ json })) },
	};
}

/** The parameter that names a conversion by the order id of the item. */
export const BY_ORDER_ID = { __rl: true, mode: 'externalId', value: '={{ $json.orderId }}' };
