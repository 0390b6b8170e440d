/* eslint-disable @n8n/community-nodes/node-usable-as-tool, @n8n/community-nodes/icon-validation, @n8n/community-nodes/require-node-description-fields -- never published */
import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	NodeConnectionTypes,
} from 'n8n-workflow';

/**
 * The least that a node can do to send a call for each item: n8n's own `httpRequest` and nothing else.
 * The token is a plain parameter, so that not even a credential is read. Told to, it also reads two
 * parameters for each item, as any node must that is told item by item what to do.
 */
export class BenchCeiling implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Bench Ceiling',
		name: 'benchCeiling',
		group: ['transform'],
		version: [1],
		description: 'Sends bare calls',
		defaults: { name: 'Bench Ceiling' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{ displayName: 'URL', name: 'url', type: 'string', default: '' },
			{ displayName: 'Authorization', name: 'authorization', type: 'string', default: '' },
			{ displayName: 'In Flight', name: 'inFlight', type: 'number', default: 1 },
			{ displayName: 'Read Items', name: 'readItems', type: 'boolean', default: false },
			{ displayName: 'ID', name: 'id', type: 'string', default: '' },
			{ displayName: 'Program', name: 'program', type: 'string', default: '' },
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const url = String(this.getNodeParameter('url', 0));
		const headers = { Authorization: String(this.getNodeParameter('authorization', 0)) };
		const inFlight = Number(this.getNodeParameter('inFlight', 0));
		const readItems = this.getNodeParameter('readItems', 0) === true;
		const results: INodeExecutionData[] = [];
		const bodies = this.getInputData().map(({ json: { id, program } }, item) =>
			readItems
				? {
						id: this.getNodeParameter('id', item),
						program: this.getNodeParameter('program', item),
					}
				: { id, program },
		);
		const left = bodies.entries();
		const work = async () => {
			for (const [item, body] of left) {
				await this.helpers.httpRequest({ method: 'POST', url, headers, body, json: true });
				results[item] = { json: { id: String(body.id) }, pairedItem: { item } };
			}
		};
		await Promise.all(Array.from({ length: inFlight }, work));
		return [results];
	}
}
