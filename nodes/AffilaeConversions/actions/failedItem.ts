import type { IDataObject } from 'n8n-workflow';
import { ApiError } from '../api/apiError';
import type { LoggedCall } from '../api/callLog';
import { capitalize } from '../domain/reference';
import { messageOf, UserError } from '../domain/userError';
import type { Item } from './item';
import { lastReason } from './progress';

/** The text of a failure, in two parts. */
export interface FailureText {
	/** What happened, and to which item. */
	title: string;
	/** What to do about it, with the HTTP status if there was a response. */
	description: string;
}

/**
 * The text of a failure, for a failed item and for the error that ends a run.
 *
 * @param item undefined if the whole run failed
 */
export function describeFailure(reason: unknown, item?: Item): FailureText {
	const last = lastReason(reason);
	const status = last instanceof ApiError ? last.status : undefined;
	const what = reason instanceof UserError ? reason.what : messageOf(reason, UNKNOWN_FAILURE);
	const advice = reason instanceof UserError ? reason.advice : CHECK_EXPRESSIONS;
	return {
		title: item === undefined ? what : `${labeled(what, item)} [item ${item.index}]`,
		description: status === undefined ? advice : `${advice} (HTTP ${status})`,
	};
}

/**
 * The output item for a failed item. It has exactly two keys, so that every version of n8n sends it to the
 * error branch.
 *
 * @param calls the calls made for it, if the operator wants them
 */
export function failedItem(
	item: Item,
	reason: unknown,
	calls: readonly LoggedCall[] = [],
): IDataObject {
	const { title, description } = describeFailure(reason, item);
	const log = calls.length === 0 ? '' : `\nCalls to Affilae:\n${calls.map(inOneLine).join('\n')}`;
	return { error: title, message: `${description}${log}` };
}

/** Adds the order of the item, unless the text already names it. */
function labeled(what: string, { label }: Item): string {
	if (label === undefined || what.toLowerCase().includes(label.toLowerCase())) return what;
	return `${capitalize(label)}: ${what}`;
}

function inOneLine({ at, method, path, status, attempts, milliseconds }: LoggedCall): string {
	const answer = status === null ? 'no answer' : String(status);
	const tries = attempts === 1 ? '' : `, ${attempts} attempts`;
	return `${at} ${method} ${path}: ${answer}, ${milliseconds} ms${tries}`;
}

/** The text if there is no message at all. */
const UNKNOWN_FAILURE = 'This item could not be processed';
const CHECK_EXPRESSIONS = 'Check the expressions in the fields of this node.';
