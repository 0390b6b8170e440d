import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Client } from '../api/client';
import type { Batch, Held } from './batch';

/** What one operation of the node is: how it is shown, what it asks for, what it does. */
export interface Operation {
	/** Its entry in the Operation selector; `value` is what workflows store. */
	option: INodePropertyOptions & { value: string; action: string };
	/** Its parameters; they are shown for this operation alone. */
	fields: INodeProperties[];
	/**
	 * Takes the items of one execution through.
	 *
	 * @returns for each item that got through the plain objects to put out; the others are in `batch.failures`
	 */
	run(batch: Batch, client: Client): Promise<Array<Held<IDataObject[]>>>;
}
