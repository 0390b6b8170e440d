import {
	NodeApiError,
	NodeOperationError,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { CallRefusal } from '../api/errors';
import { Refusal } from '../domain/refusal';
import type { Item } from './item';
import { Stopped } from './batch';

/**
 * An item that says why its input item could not go on.
 *
 * n8n sends an item to the error branch only when `error`, `message` and `details` are all it holds.
 */
export function failureItem(item: Item, reason: unknown): INodeExecutionData {
	const details = {
		...(reason instanceof Refusal ? { description: reason.advice } : {}),
		...(reason instanceof CallRefusal && reason.status !== undefined
			? { httpCode: String(reason.status) }
			: {}),
	};
	return {
		json: {
			error: `${messageOf(reason)} [item ${item.index}]`,
			...(Object.keys(details).length > 0 ? { details } : {}),
		},
		pairedItem: { item: item.index },
	};
}

/** What n8n shows where the whole run ends: what happened, to which item, how far the run had come. */
export function nodeErrorOf(node: INode, thrown: unknown): NodeApiError | NodeOperationError {
	if (!(thrown instanceof Stopped)) return new NodeOperationError(node, messageOf(thrown));
	const { item, reason } = thrown;
	const message = `${messageOf(reason)} [item ${item.index}]${progressText(thrown)}`;
	const itemIndex = item.index;
	if (reason instanceof CallRefusal && reason.status !== undefined) {
		const httpCode = String(reason.status);
		const description = reason.affilaeSays ?? reason.advice;
		return new NodeApiError(node, { message }, { message, description, httpCode, itemIndex });
	}
	return new NodeOperationError(node, message, { itemIndex });
}

function progressText({ progress: { done, unsure, notSent } }: Stopped): string {
	if (done === 0 && unsure === 0) return ' Nothing was changed at Affilae.';
	const items = done === 1 ? '1 item was' : `${done} items were`;
	const alsoUnsure = unsure > 0 ? `${unsure} may be done, ` : '';
	return ` ${items} done before that, ${alsoUnsure}${notSent} not sent. Running the workflow again is safe: what is done is not done twice.`;
}

function messageOf(reason: unknown): string {
	// Not `instanceof Error`: an expression may throw an error of another realm.
	const hasMessage = typeof reason === 'object' && reason !== null && 'message' in reason;
	return hasMessage && typeof reason.message === 'string' && reason.message
		? reason.message
		: 'This item could not be handled';
}
