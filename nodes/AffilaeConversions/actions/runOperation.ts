import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { openClient } from '../api/client';
import { Refusal, shown } from '../domain/refusal';
import { Batch } from './batch';
import { operations } from './conversion';
import { readCallSettings } from './conversion/fields';
import { failureItem, nodeErrorOf } from './failures';
import { Item } from './item';
import type { Operation } from './operation';
import { Parameters } from './parameters';

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
	const results = new Map<Item, INodeExecutionData[]>();
	try {
		const operation = chosenOperation(this);
		const settings = readCallSettings(firstItem);
		const client = await openClient(this, settings, this.getExecutionCancelSignal());
		for (const { item, value } of await operation.run(batch, client)) {
			const pairedItem = { item: item.index };
			results.set(
				item,
				value.map((json) => ({ json, pairedItem })),
			);
		}
	} catch (thrown) {
		// Thrown under Continue, the input items would leave by the success branch.
		if (!this.continueOnFail()) throw nodeErrorOf(this.getNode(), thrown);
		for (const item of items) batch.failures.set(item, thrown);
	}
	for (const [item, reason] of batch.failures) results.set(item, [failureItem(item, reason)]);
	return [inOutputOrder(this, items, batch, results)];
}

function chosenOperation(functions: IExecuteFunctions): Operation {
	const chosen: unknown = functions.getNodeParameter('operation', 0);
	const operation = operations.find(({ option }) => option.value === chosen);
	if (operation) return operation;
	throw new Refusal(`There is no operation ${shown(chosen)}`, 'Choose one in Operation.');
}

/**
 * Input order; but with an error branch, failures come last: Retry On Fail takes a first item that
 * failed for a failed run, and would run everything again.
 */
function inOutputOrder(
	functions: IExecuteFunctions,
	items: readonly Item[],
	batch: Batch,
	results: ReadonlyMap<Item, INodeExecutionData[]>,
): INodeExecutionData[] {
	const hasErrorBranch = functions.getNode().onError === 'continueErrorOutput';
	const ordered = hasErrorBranch
		? [...items].sort((a, b) => Number(batch.failures.has(a)) - Number(batch.failures.has(b)))
		: items;
	return ordered.flatMap((item) => results.get(item) ?? []);
}
