import type { INodeParameters } from 'n8n-workflow';

/** What reconcile asks for, each from a field of the item. */
export const RECONCILE: INodeParameters = {
	operation: 'reconcile',
	keptAmount: '={{ $json.kept }}',
	settled: '={{ $json.settled }}',
	reason: '={{ $json.reason }}',
};

/** Why something came back. */
export const REASON = 'Order returned';
