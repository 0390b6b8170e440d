import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Client } from '../api/client';
import type { Decision } from '../domain/outcome';
import type { UserError } from '../domain/userError';
import type { Batch, BatchEntry } from './batch';

/** What an operation made of one item. */
export interface ItemResult {
	/** Plain objects to put out. */
	output: IDataObject[];
	/** What could not be read beside that: each is put out as a failed item. */
	problems?: readonly UserError[];
	/** What the hint over the output should say beside the counts. */
	hint?: string;
	/** Kept amounts above tracked ones: the summary looks for what many have in common. */
	above?: ReadonlyArray<NonNullable<Decision['above']>>;
}

/** What one operation of the node is: how it is shown, what it asks for, what it does. */
export interface Operation {
	/** Its entry in the Operation selector; `value` is what workflows store. */
	option: INodePropertyOptions & { value: string; action: string };
	/** Its parameters; they are shown for this operation alone. */
	fields: INodeProperties[];
	/**
	 * Takes the items of one execution through.
	 *
	 * @returns a result for each item that got through; the others are in `batch.failures`
	 */
	run(batch: Batch, client: Client): Promise<Array<BatchEntry<ItemResult>>>;
}
