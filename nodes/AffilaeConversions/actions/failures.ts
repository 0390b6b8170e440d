import { NodeApiError, NodeOperationError, type IDataObject, type INode } from 'n8n-workflow';
import { CallRefusal, lastReason } from '../api/errors';
import { messageOf, Refusal } from '../domain/refusal';
import type { Item } from './item';
import { Stopped } from './batch';

/**
 * What is put out for an item that could not go on.
 *
 * n8n sends an item to the error branch only when `error`, `message` and `details` are all it holds.
 *
 * @param more what else to tell, among the details
 */
export function failureOf(item: Item, reason: unknown, more: IDataObject = {}): IDataObject {
	const last = lastReason(reason);
	const details = {
		...(reason instanceof Refusal ? { description: reason.advice } : {}),
		...(last instanceof CallRefusal && last.status !== undefined
			? { httpCode: String(last.status) }
			: {}),
		...more,
	};
	return {
		error: `${messageOf(reason, NO_MESSAGE)} [item ${item.index}]`,
		...(Object.keys(details).length > 0 ? { details } : {}),
	};
}

/** What n8n shows where the whole run ends: what happened, to which item, how far the run had come. */
export function nodeErrorOf(node: INode, thrown: unknown): NodeApiError | NodeOperationError {
	if (!(thrown instanceof Stopped))
		return new NodeOperationError(node, messageOf(thrown, NO_MESSAGE));
	const { item, reason } = thrown;
	const message = `${messageOf(reason, NO_MESSAGE)} [item ${item.index}]${progressText(thrown)}`;
	const itemIndex = item.index;
	const last = lastReason(reason);
	if (last instanceof CallRefusal && last.status !== undefined) {
		const httpCode = String(last.status);
		const description = last.affilaeSays ?? last.advice;
		return new NodeApiError(node, { message }, { message, description, httpCode, itemIndex });
	}
	return new NodeOperationError(node, message, { itemIndex });
}

function progressText({ progress: { done, halfDone, unsure, notSent } }: Stopped): string {
	if (done === 0 && halfDone === 0 && unsure === 0) return ' Nothing was changed at Affilae.';
	const items = done === 1 ? '1 item was' : `${done} items were`;
	const others = [
		...(halfDone > 0 ? [`${halfDone} half done`] : []),
		...(unsure > 0 ? [`${unsure} may be done`] : []),
		`${notSent} not sent`,
	];
	return ` ${items} done before that, ${others.join(', ')}. Running the workflow again is safe: what is done is not done twice.`;
}

/** What is said where not even a message is known. */
const NO_MESSAGE = 'This item could not be handled';
