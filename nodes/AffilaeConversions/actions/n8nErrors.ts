import { NodeApiError, NodeOperationError, type INode } from 'n8n-workflow';
import { ApiError } from '../api/apiError';
import { describeFailure } from './failedItem';
import { lastReason, RunStopped } from './progress';

/** The error that n8n shows if a run ends: what happened, to which item, what to do, and how far the run got. */
export function nodeErrorOf(node: INode, thrown: unknown): NodeApiError | NodeOperationError {
	const isStopped = thrown instanceof RunStopped;
	const reason: unknown = isStopped ? thrown.reason : thrown;
	const { title: message, description } = describeFailure(
		reason,
		isStopped ? thrown.item : undefined,
	);
	const options = {
		description: isStopped ? `${description} ${progressText(thrown)}` : description,
		...(isStopped ? { itemIndex: thrown.item.index } : {}),
	};
	const last = lastReason(reason);
	if (last instanceof ApiError && last.status !== undefined) {
		const httpCode = String(last.status);
		return new NodeApiError(node, { message }, { ...options, message, httpCode });
	}
	return new NodeOperationError(node, message, options);
}

function progressText({ progress: { done, partlyDone, unsure, notSent } }: RunStopped): string {
	if (done === 0 && partlyDone === 0 && unsure === 0) return 'Nothing was changed in Affilae.';
	const items = done === 1 ? '1 item was' : `${done} items were`;
	const others = [
		...(partlyDone > 0 ? [`${partlyDone} partly done`] : []),
		...(unsure > 0 ? [`${unsure} may be done`] : []),
		`${notSent} not sent`,
	];
	return `${items} done before that, ${others.join(', ')}. It is safe to run the workflow again: nothing is done twice.`;
}
