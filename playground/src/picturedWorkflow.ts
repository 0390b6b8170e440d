import type { Workflow } from './n8nClient';

/** The nodes that the pictures in the documentation show. */
export const SHOWN = {
	list: 'Five pending conversions',
	reconcile: 'What would be done',
	trigger: 'A conversion appears',
} as const;

const NODE = 'n8n-nodes-affilae.affilaeConversions';

/** The smallest workflow with the node, for the pictures in the documentation. */
export const FIRST_LOOK: Workflow = {
	name: 'A first look',
	nodes: [
		{
			id: 'a1e4c0de-0000-4000-8000-000000000001',
			name: 'By hand',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
		{
			id: 'a1e4c0de-0000-4000-8000-000000000002',
			name: SHOWN.list,
			type: NODE,
			typeVersion: 1,
			position: [220, 0],
			parameters: {
				resource: 'conversion',
				operation: 'list',
				returnAll: false,
				limit: 5,
				filters: { status: 'pending' },
				simplify: true,
				options: {},
			},
		},
		{
			id: 'a1e4c0de-0000-4000-8000-000000000003',
			name: SHOWN.reconcile,
			type: NODE,
			typeVersion: 1,
			position: [440, 0],
			onError: 'continueErrorOutput',
			parameters: {
				resource: 'conversion',
				operation: 'reconcile',
				conversion: { __rl: true, mode: 'externalId', value: '={{ $json.externalId }}' },
				keptAmount:
					'={{ ($json.amount * ($itemIndex % 2 ? 1 : 0.6)).toFixed(2) }} {{ $json.currency }}',
				settled: false,
				program: { __rl: true, mode: 'list', value: '' },
				dryRun: true,
				simplify: true,
				options: {},
			},
		},
	],
	connections: {
		'By hand': { main: [[{ node: SHOWN.list, type: 'main', index: 0 }]] },
		[SHOWN.list]: { main: [[{ node: SHOWN.reconcile, type: 'main', index: 0 }]] },
	},
};

/** The trigger in its own workflow, because the editor runs a workflow from one trigger only. */
export const WATCH: Workflow = {
	name: 'Watch',
	nodes: [
		{
			id: 'a1e4c0de-0000-4000-8000-000000000004',
			name: SHOWN.trigger,
			type: `${NODE}Trigger`,
			typeVersion: 1,
			position: [0, 0],
			parameters: {
				pollTimes: { item: [{ mode: 'everyMinute' }] },
				events: ['created', 'statusChanged'],
				filters: {},
				simplify: true,
				options: {},
			},
		},
	],
	connections: {},
};
