import type { CredentialReference, Workflow } from '../playground/src/n8nClient';

/** A node of a measured workflow. */
export interface ChainNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: object;
	credentials?: Record<string, CredentialReference>;
	onError?: 'continueRegularOutput';
	executeOnce?: boolean;
	webhookId?: string;
}

/** The node before the measured ones, which creates the items from the webhook's body. */
export const ITEMS_NODE = 'Items';

/**
 * A workflow that runs nodes one after another for the items posted to its webhook, whose path is `id`.
 * The response has the time when the first node started and the last ended (`startedAt`, `endedAt`, ms
 * since 1970), and the number of output items (`rows`) if they are counted. n8n does not store the
 * executions, because that would take longer than reading 100,000 items.
 *
 * @param counted a field of the items to count; an expression cannot count 100,000 items
 */
export function chain(id: string, nodes: readonly ChainNode[], counted?: string): Workflow {
	const webhook: ChainNode = {
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2.1,
		webhookId: id,
		parameters: {
			httpMethod: 'POST',
			path: id,
			responseMode: 'lastNode',
			responseData: 'firstEntryJson',
			options: {},
		},
	};
	const after = set('After', {
		startedAt: "={{ $('Before').first().json.startedAt }}",
		endedAt: '={{ Date.now() }}',
		rows: counted === undefined ? '0' : `={{ $json.count_${counted} }}`,
	});
	const all: ChainNode[] = [
		webhook,
		set('Before', { startedAt: '={{ Date.now() }}' }),
		splitOut(ITEMS_NODE, 'body.items'),
		...nodes,
		...(counted === undefined ? [] : [count(counted)]),
		{ ...after, executeOnce: true },
	];
	return {
		name: id,
		nodes: all.map((node, index) => ({
			...node,
			id: `${id}-${index}`,
			position: [index * 200, 0],
		})),
		connections: Object.fromEntries(
			all.slice(1).map(({ name }, index) => {
				return [all[index]?.name ?? '', { main: [[{ node: name, type: 'main', index: 0 }]] }];
			}),
		),
		settings: {
			executionOrder: 'v1',
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'none',
		},
	};
}

/** Edit Fields: adds numbers to each item. Values are numbers or expressions. */
export function set(name: string, values: Readonly<Record<string, string>>): ChainNode {
	const assignments = Object.entries(values).map(([field, value]) => ({
		id: field,
		name: field,
		type: 'number',
		value,
	}));
	return {
		name,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		parameters: { includeOtherFields: true, assignments: { assignments }, options: {} },
	};
}

/** Split Out: one item per entry of a field. */
export function splitOut(name: string, field: string): ChainNode {
	return {
		name,
		type: 'n8n-nodes-base.splitOut',
		typeVersion: 1,
		parameters: { fieldToSplitOut: field, options: {} },
	};
}

/** Summarize: one item, with how many items have a field. */
function count(field: string): ChainNode {
	return {
		name: 'Count',
		type: 'n8n-nodes-base.summarize',
		typeVersion: 1.1,
		parameters: {
			fieldsToSummarize: { values: [{ aggregation: 'count', field }] },
			options: {},
		},
	};
}

/** Filter: passes on items whose expression is true. */
export function filter(name: string, expression: string): ChainNode {
	const operator = { type: 'boolean', operation: 'true', singleValue: true };
	return {
		name,
		type: 'n8n-nodes-base.filter',
		typeVersion: 2.2,
		parameters: {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [{ id: 'only', leftValue: expression, rightValue: '', operator }],
				combinator: 'and',
			},
			options: {},
		},
	};
}
