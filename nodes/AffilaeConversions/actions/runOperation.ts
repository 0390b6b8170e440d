import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, openClient, type Client } from '../api/client';
import { FOR_ALL, type LoggedCall } from '../api/callLog';
import { formatValue, UserError } from '../domain/userError';
import { Batch } from './batch';
import { operations } from './conversion';
import { readCallSettings } from './conversion/options';
import { failedItem } from './failedItem';
import { Item } from './item';
import { nodeErrorOf } from './n8nErrors';
import type { ItemResult, Operation } from './operation';
import { NodeParameters } from './expressions';
import { summaryOf } from './summary';
import { continuesOnFail, isTool } from './toolMode';

/**
 * Runs the chosen operation over all input items.
 *
 * Every output item is paired with the input item it comes from, failed ones included.
 *
 * @throws {NodeApiError|NodeOperationError} if On Error is set to stop and an item fails
 */
export async function runOperation(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const input = this.getInputData();
	const parameters = new NodeParameters(this, input);
	const items = input.map((_, index) => new Item(parameters, index));
	if (items.length === 0) return [[]];
	const batch = new Batch(this, items);
	const results = new Map<Item, ItemResult>();
	let client: Client | undefined;
	try {
		const operation = chosenOperation(this);
		const settings = callSettingsOf(items);
		client = await openClient(this, settings, this.getExecutionCancelSignal());
		for (const { item, value } of await operation.run(batch, client)) results.set(item, value);
	} catch (thrown) {
		// If the node throws under Continue, n8n sends the input items to the success branch.
		if (!continuesOnFail(this)) throw nodeErrorOf(this.getNode(), thrown);
		for (const item of items) batch.failures.set(item, thrown);
	} finally {
		client?.close();
	}
	for (const item of batch.failures.keys()) results.delete(item);
	if (client) {
		const { failures } = batch;
		this.addExecutionHints(summaryOf({ results: [...results.values()], failures, client }));
	}
	const output = items.flatMap((item) => outputOf(item, results.get(item), batch, client));
	return [output.length === 0 ? emptyOutput(this) : failedLast(this, output)];
}

/** The call settings of the first item whose settings are valid: all items share the rate limiter and the call log. */
function callSettingsOf(items: readonly Item[]): ReturnType<typeof readCallSettings> {
	for (const item of items) {
		try {
			return readCallSettings(item);
		} catch {
			// The operation reads the settings of each item again, and fails this one.
		}
	}
	return DEFAULT_CALL_SETTINGS;
}

function chosenOperation(functions: IExecuteFunctions): Operation {
	const chosen: unknown = functions.getNodeParameter('operation', 0, '');
	const operation = operations.find(({ option }) => option.value === chosen);
	if (operation) return operation;
	throw new UserError(
		`'Operation' is ${formatValue(chosen)}, which is not an operation`,
		"Choose one in 'Operation'.",
	);
}

function outputOf(
	item: Item,
	result: ItemResult | undefined,
	batch: Batch,
	client: Client | undefined,
): INodeExecutionData[] {
	const pairedItem = { item: item.index };
	const calls = client?.log === undefined ? undefined : callsOf(client.log, item);
	if (result === undefined) {
		return [{ json: failedItem(item, batch.failures.get(item), calls), pairedItem }];
	}
	const told = result.output.map((json, index) => ({
		json: index === 0 && calls ? { ...json, calls: calls.map((call) => ({ ...call })) } : json,
		pairedItem,
	}));
	const problems = (result.problems ?? []).map((problem) => ({
		json: failedItem(item, problem),
		pairedItem,
	}));
	return [...told, ...problems];
}

/**
 * The calls made for an item: those about its reference or about the conversions found for it. Calls
 * shared by several items are listed with the first one.
 */
function callsOf(log: NonNullable<Client['log']>, { subjects, index }: Item): LoggedCall[] {
	return log.take(index === 0 ? [...subjects, FOR_ALL] : subjects);
}

/**
 * With an error branch, failed items come last: if the first item failed, Retry On Fail would treat the
 * whole run as failed and run everything again.
 */
function failedLast(
	functions: IExecuteFunctions,
	output: INodeExecutionData[],
): INodeExecutionData[] {
	const isFailed = ({ json }: { json: IDataObject }) =>
		json['error'] !== undefined && Object.keys(json).length === 2;
	if (functions.getNode().onError !== 'continueErrorOutput') return output;
	return [...output].sort((a, b) => Number(isFailed(a)) - Number(isFailed(b)));
}

/** For an AI model: without items, n8n would return nothing to it. */
function emptyOutput(functions: IExecuteFunctions): INodeExecutionData[] {
	if (!isTool(functions)) return [];
	return [{ json: { message: 'No conversion matches' }, pairedItem: { item: 0 } }];
}
