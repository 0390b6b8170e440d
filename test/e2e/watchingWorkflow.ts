import type { Workflow } from '../../playground/src/n8nClient';
import type { Sandbox } from '../../sandbox/server';

/** The name of the trigger in {@link watchingWorkflow}. */
export const TRIGGER = 'When something happens';

/** The time between two polls. n8n allows several poll times if each occurs at most once a minute. */
const EVERY_S = 5;

/** Trigger -> After, for all events. It polls twelve times a minute. */
export function watchingWorkflow(): Workflow {
	const seconds = Array.from({ length: 60 / EVERY_S }, (_, index) => index * EVERY_S);
	return {
		name: 'Watches conversions',
		nodes: [
			{
				id: 'trigger',
				name: TRIGGER,
				type: 'n8n-nodes-affilae.affilaeConversionsTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {
					pollTimes: {
						item: seconds.map((second) => ({
							mode: 'custom',
							cronExpression: `${second} * * * * *`,
						})),
					},
					events: ['created', 'statusChanged', 'amountChanged'],
					filters: {},
					simplify: true,
					options: {},
				},
			},
			{
				id: 'after',
				name: 'After',
				type: 'n8n-nodes-base.noOp',
				typeVersion: 1,
				position: [200, 0],
				parameters: {},
			},
		],
		connections: { [TRIGGER]: { main: [[{ node: 'After', type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	};
}

/** How many polls have begun: each first asks for the first page of the pending conversions. */
export function pollsIn({ requests }: Sandbox): number {
	return requests
		.list()
		.filter(({ query }) => query['status'] === 'pending' && Number(query['offset'] ?? 0) === 0)
		.length;
}
