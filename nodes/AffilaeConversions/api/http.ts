import {
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type IPollFunctions,
} from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import { readAccount, type Account } from './account';
import { garbled, timedOut, unreadable, webPage } from './apiError';
import { CREDENTIAL_TYPE, USER_AGENT } from './constants';
import { errorFromStatus, errorFromThrown, isMarkup, type AnswerHeaders } from './callErrors';
import { parseRetryAfter } from './retryAfter';

/** The functions that n8n passes to a node, in each place from which this node calls Affilae. */
export type NodeFunctions = IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions;

/** One call to Affilae. */
export interface Call {
	method: 'GET' | 'POST';
	path: string;
	query?: Readonly<Record<string, string | number>>;
	body?: Readonly<Record<string, string | number>>;
	/** The ID of the program that it is about, if neither query nor body says so. Not sent. */
	about?: string;
}

/** A response with status 200–299. */
export interface Answer {
	status: number;
	/** Parsed JSON, unchecked, and without the token. Undefined if the response was empty. */
	body: unknown;
}

/** Sends one call once. */
export type Send = (call: Call) => Promise<Answer>;

/** Sends calls to Affilae with one credential. */
export interface Http {
	account: Account;
	/** @throws {ApiError} unless the response has a status of 200–299 */
	send: Send;
}

/**
 * Reads the credential and returns a function that sends calls. All calls to Affilae go through it. The
 * credential is read only once, so that n8n need not look it up and decrypt it for each call.
 *
 * The token goes only to the address of the credential: redirects are not followed.
 *
 * @param timeoutMs how long one answer may take, in milliseconds
 * @throws {UserError} for a credential that cannot be used
 */
export async function openHttp(functions: NodeFunctions, timeoutMs: number): Promise<Http> {
	const data = await functions.getCredentials(CREDENTIAL_TYPE);
	const account = readAccount(data);
	const { id, name } = functions.getNode().credentials?.[CREDENTIAL_TYPE] ?? {};
	const credential = { id: id ?? '', name: name ?? CREDENTIAL_TYPE, type: CREDENTIAL_TYPE, data };
	const request = async (options: IHttpRequestOptions): Promise<unknown> => {
		const { httpRequestWithAuthentication } = functions.helpers;
		return await httpRequestWithAuthentication.call(functions, CREDENTIAL_TYPE, options, {
			credentialsDecrypted: credential,
		});
	};
	return { account, send: sendThrough(request, account, timeoutMs) };
}

/**
 * As {@link openHttp}, with another function that makes requests.
 *
 * @param request makes one request and returns the full response, whatever its status
 */
export function sendThrough(
	request: (options: IHttpRequestOptions) => Promise<unknown>,
	account: Account,
	timeoutMs: number,
): Send {
	const timeLimit = new TimeLimit(timeoutMs);
	const limited = async (options: IHttpRequestOptions) => await timeLimit.within(request(options));
	return async (call) => await answerTo(call, account, timeoutMs, limited);
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
			headers: { 'User-Agent': USER_AGENT },
			...(query ? { qs: { ...query } satisfies IDataObject } : {}),
			...(body ? { body: { ...body } satisfies IDataObject } : {}),
			json: true,
			timeout: timeoutMs,
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			returnFullResponse: true,
		});
	} catch (thrown) {
		return await Promise.reject(errorFromThrown(thrown, timeoutMs));
	}
	return readResponse(response, token);
}

function readResponse(response: unknown, token: string): Answer {
	const { statusCode: status, body, headers } = isWireObject(response) ? response : {};
	if (typeof status !== 'number') throw unreadable(0, 'it has no status');
	const isSuccess = status >= 200 && status <= 299;
	const secret = tokenIn(token);
	const isLeft = isSuccess && token.length < SHORTEST_TOKEN;
	const parsed = isLeft ? parseBody(body) : hide(secret, parseBody(body));
	if (!isSuccess) throw errorFromStatus(status, parsed, readHeaders(headers, secret));
	if (isMarkup(parsed)) throw webPage(status);
	if (typeof parsed === 'string') throw garbled(status);
	return { status, body: parsed };
}

/** A shorter token, which only tests have, can be a part of other texts: so data is left as it is. */
const SHORTEST_TOKEN = 8;

/** How a server may echo the token: as it is, or as a part of an address. In any case, as hosts are lower case. */
function tokenIn(token: string): RegExp {
	const spellings = [token, encodeURIComponent(token)];
	const patterns = spellings.map((text) => text.replace(/[^\w]/g, '\\$&'));
	return new RegExp(patterns.join('|'), 'gi');
}

/** Replaces what matches in all texts of a response, in place. Not recursive: JSON can be deeper than the stack. */
function hide(secret: RegExp, body: unknown): unknown {
	if (typeof body === 'string') return body.replace(secret, '***');
	const open: object[] = isHolder(body) ? [body] : [];
	for (const holder of open) {
		for (const [key, value] of Object.entries(holder)) {
			if (isHolder(value)) open.push(value);
			else if (typeof value === 'string' && value.search(secret) >= 0) {
				Reflect.set(holder, key, value.replace(secret, '***'));
			}
		}
	}
	return body;
}

function isHolder(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

function readHeaders(headers: unknown, secret: RegExp): AnswerHeaders {
	if (!isWireObject(headers)) return {};
	const { location, date } = headers;
	const now = Date.now();
	const waits = ['retry-after', 'ratelimit-reset', 'x-ratelimit-reset'].map((name) =>
		parseRetryAfter(headers[name], date, now),
	);
	return {
		location: typeof location === 'string' ? location.replace(secret, '***') : undefined,
		retryAfterMs: waits.find((wait) => wait !== undefined),
	};
}

/** Parsed JSON, or the text if it is not JSON. */
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

/** The length of a tick in ms. n8n's `sleep` cannot be canceled, so one short timer serves all calls. */
const TICK_MS = 250;

interface Awaited {
	ticksLeft: number;
	giveUp: () => void;
}

/**
 * A time limit for calls that n8n's own timeout does not end. That timeout ends a call only if nothing
 * arrives. It does not end a response that arrives slowly or, in n8n 2.8, one that claims to be compressed
 * but is not.
 *
 * The limit counts ticks instead of reading a clock: while n8n is busy, responses may arrive that it has not
 * processed yet, and their calls must not fail.
 */
class TimeLimit {
	private readonly inFlight = new Set<Awaited>();
	private readonly ticks: number;
	private isCounting = false;

	/** @param limitMs how long a call may take, in ms; n8n's own timeout, if it works, ends it earlier */
	constructor(private readonly limitMs: number) {
		this.ticks = Math.ceil(limitMs / TICK_MS) + 1;
	}

	/** @throws {ApiError} if the call takes too long; its later result is ignored */
	async within<T>(call: Promise<T>): Promise<T> {
		return await new Promise((resolve, reject) => {
			const awaited = { ticksLeft: this.ticks, giveUp: () => reject(timedOut(this.limitMs)) };
			this.inFlight.add(awaited);
			if (!this.isCounting) void this.countTicks();
			void call.finally(() => this.inFlight.delete(awaited)).then(resolve, reject);
		});
	}

	private async countTicks(): Promise<void> {
		this.isCounting = true;
		for (; this.inFlight.size > 0; await sleep(TICK_MS)) {
			for (const awaited of this.inFlight) {
				if (awaited.ticksLeft <= 0) {
					this.inFlight.delete(awaited);
					awaited.giveUp();
				}
				awaited.ticksLeft -= 1;
			}
		}
		this.isCounting = false;
	}
}
