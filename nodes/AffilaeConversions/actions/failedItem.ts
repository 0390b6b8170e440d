import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
} from 'n8n-workflow';
import { ApiError, lastReason } from '../api/apiError';
import { messageOf, UserError } from '../domain/userError';
import type { Item } from './item';
import { Stopped } from './batch';

type DetailsKey = 'details' | 'message';

/**
 * The key beside `error` under which a failed item says more.
 *
 * n8n knows an item for the error branch by its keys. All versions know one with `error` and `message` alone;
 * one with `details` leaves older versions by the success branch.
 */
export function keyOfDetails(
	functions: Pick<IExecuteFunctions, 'getNode' | 'evaluateExpression'>,
): DetailsKey {
	const hasErrorBranch = functions.getNode().onError === 'continueErrorOutput';
	return hasErrorBranch && !knowsDetails(functions) ? 'message' : 'details';
}

/**
 * Whether this n8n is sure to know an item with `details` for a failed one.
 *
 * n8n tells a node neither that nor its version. What is tried is a function of expressions that came with
 * 2.36.0, as the new rule did. Of n8n-core and the n8n-workflow that it asks for, 1.122.48 (n8n 1.123), 2.8.1,
 * 2.20.6, 2.30.4, 2.33.2 and 2.35.1 have neither; 2.34.4, 2.35.4 and 2.35.5 have the rule alone, and so get
 * `message`; 2.36.0, 2.36.1, 2.36.7, 2.37.0, 2.38.1, 2.39.0 and 2.41.1 have both.
 *
 * Nothing that is imported would do: npm may lay a newer n8n-workflow beside this package than n8n's own.
 */
function knowsDetails(functions: Pick<IExecuteFunctions, 'evaluateExpression'>): boolean {
	try {
		return functions.evaluateExpression('{{ [{ a: 1 }].mergeIntoObject([{ b: 2 }]).b }}', 0) === 2;
	} catch {
		return false;
	}
}

/**
 * What is put out for an item that could not go on.
 *
 * @param key as {@link keyOfDetails} gives it
 * @param more what else to tell, among the details
 */
export function failureOf(
	item: Item,
	reason: unknown,
	key: DetailsKey,
	more: IDataObject = {},
): IDataObject {
	const last = lastReason(reason);
	const details = {
		...(reason instanceof UserError ? { description: reason.advice } : {}),
		...(last instanceof ApiError && last.status !== undefined
			? { httpCode: String(last.status) }
			: {}),
		...more,
	};
	return {
		error: `${messageOf(reason, NO_MESSAGE)} [item ${item.index}]`,
		...(Object.keys(details).length > 0 ? { [key]: details } : {}),
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
	if (last instanceof ApiError && last.status !== undefined) {
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
