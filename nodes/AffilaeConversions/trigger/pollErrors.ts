import { NodeApiError, NodeOperationError, type INode } from 'n8n-workflow';
import { ApiError } from '../api/apiError';
import { messageOf, UserError } from '../domain/userError';

type Failure = NonNullable<ConstructorParameters<typeof NodeApiError>[2]>['failure'];

/** Whether a later poll can succeed without anybody changing anything. */
export function isPassing(thrown: unknown): thrown is ApiError {
	if (!(thrown instanceof ApiError)) return false;
	// A 403 that is not Affilae's own comes from something in front of it.
	const isFromFront = thrown.status === 403 && thrown.affilaeSays === undefined;
	return thrown.retry !== 'never' || thrown.status === 429 || isFromFront;
}

/**
 * The error that n8n shows if a poll fails. For a published workflow n8n shows only the message, so it
 * contains the advice too.
 *
 * @param advice what to do about a temporary error
 */
export function pollErrorOf(
	node: INode,
	thrown: unknown,
	advice?: string,
): NodeApiError | NodeOperationError {
	// An error of n8n's own is already as n8n shows it.
	if (thrown instanceof NodeOperationError || thrown instanceof NodeApiError) return thrown;
	const message = advised(thrown, advice);
	const failure = failureOf(thrown);
	const reason = failure ? { failure } : {};
	if (!(thrown instanceof ApiError) || thrown.status === undefined) {
		return new NodeOperationError(node, message, reason);
	}
	const { status, affilaeSays } = thrown;
	return new NodeApiError(
		node,
		{ message },
		{
			message,
			description: affilaeSays ?? thrown.advice,
			httpCode: String(status),
			...reason,
		},
	);
}

function advised(thrown: unknown, advice: string | undefined): string {
	if (thrown instanceof UserError && advice !== undefined && isPassing(thrown)) {
		return `${thrown.what}. ${advice}`;
	}
	return messageOf(thrown, 'The conversions could not be read');
}

/** Tells n8n why the poll failed, so that it can delay the next one. */
function failureOf(thrown: unknown): Failure {
	if (!(thrown instanceof ApiError)) return undefined;
	// A poll makes calls of one kind: what is not allowed at the first is not allowed at all.
	const isForbidden = thrown.endsRun || thrown.status === 403;
	if (!isPassing(thrown)) return isForbidden ? { cause: 'credential-invalid' } : undefined;
	const { status, retryAfterMs } = thrown;
	return {
		cause: status === 429 ? 'rate-limited' : 'temporarily-unavailable',
		...(retryAfterMs === undefined ? {} : { retryAfterMs }),
	};
}
