import type { IDataObject } from 'n8n-workflow';
import { ApiError } from '../api/apiError';
import type { LoggedCall } from '../api/callLog';
import { capitalize } from '../domain/reference';
import { messageOf, UserError } from '../domain/userError';
import type { Item } from './item';
import { lastReason } from './progress';

/** What is said of something that could not go on, in two parts. */
export interface FailureText {
	/** What happened, and to which item. */
	title: string;
	/** What to do about it, with the HTTP status if there was an answer. */
	description: string;
}

/**
 * What is told of an item that could not go on: in a failed item, and in the error that ends a run.
 *
 * @param item undefined if it is the whole run that could not go on
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
 * The item that is put out for one that could not go on. Its two keys are all that it has: by them every
 * version of n8n knows it for the error branch.
 *
 * @param calls the calls made for it, if they were asked for
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

/** Names the item by its order, unless what happened names it already. */
function labeled(what: string, { label }: Item): string {
	const [, name = ''] = label?.split(/ (.*)/s) ?? [];
	return label === undefined || what.includes(name) ? what : `${capitalize(label)}: ${what}`;
}

function inOneLine({ at, method, path, status, attempts, milliseconds }: LoggedCall): string {
	const answer = status === null ? 'no answer' : String(status);
	const tries = attempts === 1 ? '' : `, ${attempts} attempts`;
	return `${at} ${method} ${path}: ${answer}, ${milliseconds} ms${tries}`;
}

/** What is said if not even a message is known. */
const UNKNOWN_FAILURE = 'This item could not be processed';
const CHECK_EXPRESSIONS = 'Check the expressions in the fields of this node.';
