import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Client } from '../api/client';
import type { Decision } from '../domain/outcome';
import type { UserError } from '../domain/userError';
import type { Batch, BatchEntry } from './batch';

/** The result of an operation for one item. */
export interface ItemResult {
	/** The output items. */
	output: IDataObject[];
	/** Rows that could not be read: each becomes a failed item. */
	problems?: readonly UserError[];
	/** What the hint above the output should say besides the counts. */
	hint?: string;
	/** Kept amounts that are higher than the amounts in Affilae: the summary looks for a common ratio. */
	above?: ReadonlyArray<NonNullable<Decision['above']>>;
}

/** One operation of the node: its name, its fields, and what it does. */
export interface Operation {
	/** Its entry in the Operation selector; `value` is what workflows store. */
	option: INodePropertyOptions & { value: string; action: string };
	/** Its fields, shown only for this operation. */
	fields: INodeProperties[];
	/**
	 * Runs the operation for the items of one execution.
	 *
	 * @returns a result for each item that did not fail; the others are in `batch.failures`
	 */
	run(batch: Batch, client: Client): Promise<Array<BatchEntry<ItemResult>>>;
}
