import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { openClient, type Client } from '../api/client';
import { UserError, shown } from '../domain/userError';
import { Batch, goesOn } from './batch';
import { operations } from './conversion';
import { readCallSettings } from './conversion/options';
import { failureOf, keyOfDetails, nodeErrorOf } from './failedItem';
import { Item } from './item';
import { callsOf } from './itemCalls';
import type { Operation } from './operation';
import { Parameters } from './expressions';
import { hintOn } from './summary';

/**
 * Runs the chosen operation over all input items.
 *
 * Every output item is paired with the input item it comes from, failures included.
 *
 * @throws {NodeApiError|NodeOperationError} where On Error is set to stop and an item cannot go on
 */
export async function runOperation(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const input = this.getInputData();
	const parameters = new Parameters(this, input);
	const items = input.map((_, index) => new Item(parameters, index));
	const [firstItem] = items;
	if (firstItem === undefined) return [[]];
	const batch = new Batch(this, items);
	const results = new Map<Item, IDataObject[]>();
	let client: Client | undefined;
	try {
		const operation = chosenOperation(this);
		const settings = readCallSettings(firstItem);
		client = await openClient(this, settings, this.getExecutionCancelSignal());
		for (const { item, value } of await operation.run(batch, client)) results.set(item, value);
	} catch (thrown) {
		// Thrown under Continue, the input items would leave by the success branch.
		if (!goesOn(this)) {
			const error = nodeErrorOf(this.getNode(), thrown);
			if (tellsModel(this)) return [[{ json: { error: error.message }, pairedItem: { item: 0 } }]];
			throw error;
		}
		for (const item of items) batch.failures.set(item, thrown);
	}
	for (const item of batch.failures.keys()) results.delete(item);
	if (client) {
		const output = [...results.values()].flat();
		this.addExecutionHints(hintOn({ output, failed: batch.failures.size, client }));
	}
	const key = keyOfDetails(this);
	const output = inOutputOrder(this, batch).flatMap((item) => {
		const calls = client?.log && { calls: callsOf(client.log, item).map((call) => ({ ...call })) };
		const objects = batch.failures.has(item)
			? [failureOf(item, batch.failures.get(item), key, calls)]
			: withFirst(results.get(item) ?? [], calls);
		return objects.map((json) => ({ json, pairedItem: { item: item.index } }));
	});
	return [output.length === 0 ? nothingFor(this) : output];
}

/** n8n 1.123 and 2.8 end the run of an agent whose tool throws; later ones tell the model the message instead. */
function tellsModel(functions: IExecuteFunctions): boolean {
	return isTool(functions) && functions.getNode().onError !== 'stopWorkflow';
}

function isTool(functions: IExecuteFunctions): boolean {
	return functions.getNode().type.endsWith('Tool');
}

/** n8n tells a model nothing at all of no items. */
function nothingFor(functions: IExecuteFunctions): INodeExecutionData[] {
	if (!isTool(functions)) return [];
	return [{ json: { message: 'No conversion fits' }, pairedItem: { item: 0 } }];
}

/** The first of an item's results holds what is said once: the calls made for it. */
function withFirst(results: IDataObject[], more: IDataObject | undefined): IDataObject[] {
	const [first, ...others] = results;
	return first && more ? [{ ...first, ...more }, ...others] : results;
}

function chosenOperation(functions: IExecuteFunctions): Operation {
	const chosen: unknown = functions.getNodeParameter('operation', 0, '');
	const operation = operations.find(({ option }) => option.value === chosen);
	if (operation) return operation;
	throw new UserError(`There is no operation ${shown(chosen)}`, 'Choose one in Operation.');
}

/**
 * Input order; but with an error branch, failures come last: Retry On Fail takes a first item that
 * failed for a failed run, and would run everything again.
 */
function inOutputOrder(functions: IExecuteFunctions, { items, failures }: Batch): readonly Item[] {
	if (functions.getNode().onError !== 'continueErrorOutput') return items;
	return [...items].sort((a, b) => Number(failures.has(a)) - Number(failures.has(b)));
}
