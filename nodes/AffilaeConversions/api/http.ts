import type {
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import { readAccount, type Account } from './address';
import { CREDENTIAL_TYPE } from './constants';
import {
	garbled,
	isMarkup,
	errorOfStatus,
	errorOfThrown,
	unreadable,
	webPage,
	type AnswerHeaders,
} from './apiError';
import { parseRetryAfter } from './retry';
import { TimeLimit } from './timeLimit';

/** What n8n hands a node to act with, in each of the places where this node calls Affilae. */
export type NodeFunctions = IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions;

/** One call to Affilae. */
export interface Call {
	method: 'GET' | 'POST';
	path: string;
	query?: Readonly<Record<string, string | number>>;
	body?: Readonly<Record<string, string | number>>;
}

/** An answer with status 200–299. */
export interface Answer {
	status: number;
	/** Parsed JSON; nothing about it is checked. Undefined where the answer was empty. */
	body: unknown;
}

/** Sends one call once. */
export type Send = (call: Call) => Promise<Answer>;

/**
 * Opens the one door to Affilae: reads the credential once, so that the calls that follow
 * cost no look-up and no decryption.
 *
 * The token goes to the credential's own address alone: redirects are answers, not followed.
 *
 * @param timeoutMs how long one answer may take, in milliseconds
 * @returns a function that throws a {@link UserError} for every call that ends in anything but 200–299
 * @throws {UserError} for a credential that cannot be used
 */
export async function openDoor(functions: NodeFunctions, timeoutMs: number): Promise<Send> {
	const data = await functions.getCredentials(CREDENTIAL_TYPE);
	const account = readAccount(data);
	const { id, name } = functions.getNode().credentials?.[CREDENTIAL_TYPE] ?? {};
	const credential = {
		id: id ?? '',
		name: name ?? CREDENTIAL_TYPE,
		type: CREDENTIAL_TYPE,
		data,
	};

	const timeLimit = new TimeLimit(timeoutMs);

	return async (call) => {
		const answer = await answerTo(call, account, timeoutMs, async (options) => {
			const { httpRequestWithAuthentication } = functions.helpers;
			const request = httpRequestWithAuthentication.call(functions, CREDENTIAL_TYPE, options, {
				credentialsDecrypted: credential,
			});
			return await timeLimit.within(request);
		});
		return answer;
	};
}

async function answerTo(
	{ method, path, query, body }: Call,
	{ baseUrl, token }: Account,
	timeoutMs: number,
	request: (options: IHttpRequestOptions) => Promise<unknown>,
): Promise<Answer> {
	let response: unknown;
	try {
		response = await request({
			method,
			url: `${baseUrl}${path}`,
			...(query ? { qs: { ...query } satisfies IDataObject } : {}),
			...(body ? { body: { ...body } satisfies IDataObject } : {}),
			json: true,
			timeout: timeoutMs,
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			returnFullResponse: true,
		});
	} catch (thrown) {
		return await Promise.reject(errorOfThrown(thrown, timeoutMs));
	}
	return readResponse(response, token);
}

function readResponse(response: unknown, token: string): Answer {
	const { statusCode: status, body, headers } = isWireObject(response) ? response : {};
	if (typeof status !== 'number') throw unreadable(0, 'it has no status');
	const parsed = parseBody(body);
	if (status < 200 || status > 299) {
		throw errorOfStatus(status, parsed, readHeaders(headers), (text) =>
			text.replaceAll(token, '***'),
		);
	}
	if (isMarkup(parsed)) throw webPage(status);
	if (typeof parsed === 'string') throw garbled(status);
	return { status, body: parsed };
}

function readHeaders(headers: unknown): AnswerHeaders {
	if (!isWireObject(headers)) return {};
	const { location, date } = headers;
	return {
		location: typeof location === 'string' ? location : undefined,
		retryAfterMs: parseRetryAfter(headers['retry-after'], date, Date.now()),
	};
}

/** JSON as it came, or text that is none. */
function parseBody(body: unknown): unknown {
	if (typeof body !== 'string') return body ?? undefined;
	if (body.trim() === '') return undefined;
	try {
		const parsed: unknown = JSON.parse(body);
		return parsed;
	} catch {
		return body;
	}
}
