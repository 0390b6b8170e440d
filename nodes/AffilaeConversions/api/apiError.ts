import { isWireObject } from '../domain/conversion';
import { UserError } from '../domain/userError';

/**
 * What a failed call says about the write it carried:
 * `none` it was not carried out, `unknown` it may have been.
 */
export type Effect = 'none' | 'unknown';

/**
 * Whether the same call can succeed later: `never`; `briefly` where it may be a moment's fault but is
 * more likely a wrong address; `patiently` where the service itself is in trouble or asks to wait.
 */
export type Retry = 'never' | 'briefly' | 'patiently';

interface CallDetails {
	effect: Effect;
	retry?: Retry;
	status?: number;
	keys?: readonly string[];
	affilaeSays?: string;
	retryAfterMs?: number | undefined;
}

/** A call to Affilae that did not end well. */
export class ApiError extends UserError {
	override readonly name = 'ApiError';
	readonly effect: Effect;
	readonly retry: Retry;
	/** What Retry-After asked for, in milliseconds from the answer on (API page: guess). */
	readonly retryAfterMs?: number;
	/** HTTP status, where there was an answer. */
	readonly status?: number;
	/** The keys that Affilae did not like (API page: error shape, `validation.keys`, seen). */
	readonly keys: readonly string[];
	/** Affilae's own words, where it gave some. */
	readonly affilaeSays?: string;

	constructor(what: string, advice: string, details: CallDetails) {
		super(what, advice);
		this.effect = details.effect;
		this.retry = details.retry ?? 'never';
		if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
		this.keys = details.keys ?? [];
		if (details.status !== undefined) this.status = details.status;
		if (details.affilaeSays !== undefined) this.affilaeSays = details.affilaeSays;
	}

	/** Whether no other call of this execution can succeed either: the token is not accepted. */
	get endsRun(): boolean {
		return this.status === 401 || this.status === 403;
	}
}

/** An execution that a person stopped. */
export class Cancelled extends UserError {
	override readonly name = 'Cancelled';

	/** @param effect what is known of the call that it ended or held back */
	constructor(readonly effect: Effect = 'none') {
		super('The execution was canceled', 'Run it again to go on: what is done is not done twice.');
	}
}

/** A call that was not sent because the run ends at another item. */
export class NotSent extends UserError {
	override readonly name = 'NotSent';

	constructor() {
		super(
			'Nothing was sent for this item',
			'Run the workflow again once the other item is mended.',
		);
	}
}

/** A first write for an item was carried out, and the next was not, or nobody knows. */
export class HalfDone extends UserError {
	override readonly name = 'HalfDone';

	/**
	 * @param what how far it came, without a final full stop
	 * @param reason why it came no further
	 */
	constructor(
		what: string,
		readonly reason: unknown,
	) {
		super(
			what,
			`${reason instanceof UserError ? reason.message : 'The next call did not go through.'} Running the workflow again goes on from there.`,
		);
	}
}

/** Why an item could not go on, whatever had been done for it before. */
export function lastReason(reason: unknown): unknown {
	return reason instanceof HalfDone ? reason.reason : reason;
}

/** Whether the call that ended an item's way may have been carried out all the same. */
export function mayBeDone(reason: unknown): boolean {
	const last = lastReason(reason);
	const tellsEffect = last instanceof ApiError || last instanceof Cancelled;
	return tellsEffect && last.effect === 'unknown';
}

const LONGEST_QUOTE = 300;

/** What the headers of an answer say that matters here. */
export interface AnswerHeaders {
	location?: string | undefined;
	retryAfterMs?: number | undefined;
}

/**
 * What an answer outside 200–299 means.
 *
 * @param body the parsed JSON, or text that is none
 * @param quotable makes a text of the server's fit to be shown: should it echo the token, that is left out
 */
export function errorOfStatus(
	status: number,
	body: unknown,
	{ location, retryAfterMs }: AnswerHeaders = {},
	quotable: (text: string) => string = (text) => text,
): ApiError {
	const affilaeSays = messageIn(body, quotable);
	const keys = keysIn(body).map(quotable);
	const quote = affilaeSays ? `: "${affilaeSays}"` : '';
	const refuse = (what: string, advice: string, more: Partial<CallDetails> = {}) =>
		new ApiError(what, advice, {
			effect: 'none',
			status,
			keys,
			...(affilaeSays ? { affilaeSays } : {}),
			...more,
		});

	if (status === 401) {
		return refuse(
			`Affilae does not accept the token (401)${quote}`,
			'Check the token and the environment in the credential. Nothing more was sent.',
		);
	}
	if (status === 403) {
		return refuse(
			`Affilae does not allow this with your token (403)${quote}`,
			'Check in Affilae what the token may do. Nothing more was sent.',
		);
	}
	if (status >= 300 && status < 400) {
		return refuse(
			`Affilae answered with a redirect (${status})${quotable(hostOf(location))}, which is not followed so that the token goes nowhere else`,
			'Check the environment or the base URL in the credential.',
		);
	}
	if (status === 429) {
		return refuse(
			`Affilae asked to slow down (429)${quote}`,
			'Run the workflow again a little later: what is done is not done twice.',
			{ retry: 'patiently', retryAfterMs },
		);
	}
	if (status >= 500 || status === 408) {
		return refuse(
			`Affilae could not answer (${status})${isMarkup(body) ? ', a web page came instead' : quote}`,
			'Run the workflow again later: what is done is not done twice.',
			{ effect: 'unknown', retry: 'patiently', retryAfterMs },
		);
	}
	if (isMarkup(body)) return webPage(status);
	if (status === 404 && !quote) {
		return refuse(
			'Affilae has nothing at this address (404)',
			'Check the environment or the base URL in the credential.',
		);
	}
	return refuse(
		`Affilae refused the request (${status})${quote}${keys.length ? ` [${keys.join(', ')}]` : ''}`,
		'Check the values given for this item.',
	);
}

/** An answer that is a web page: something in front of Affilae spoke. */
export function webPage(status: number): ApiError {
	return new ApiError(
		`A web page came instead of an answer from Affilae (${status})`,
		'Check the base URL in the credential. If it is right, something in front of Affilae answered: try again later.',
		// In answer to a call that succeeds it is a moment's fault; in answer to one that is refused it stays.
		status < 300
			? { effect: 'unknown', retry: 'briefly', status }
			: { effect: 'none', retry: 'never', status },
	);
}

/** An answer with status 200–299 that broke off or was garbled on its way. */
export function garbled(status: number): ApiError {
	return new ApiError(
		'Affilae’s answer cannot be read: it is not JSON',
		'Check the base URL in the credential. If it is right, try again later.',
		{ effect: 'unknown', retry: 'briefly', status },
	);
}

/** An answer with status 200–299 that is none of the shapes known (API page: Responses). */
export function unreadable(status: number, why: string): ApiError {
	return new ApiError(
		`Affilae’s answer cannot be read: ${why}`,
		'Please report this to the maintainers of this node: Affilae’s API may have changed.',
		{ effect: 'unknown', status },
	);
}

const NEVER_SENT: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nothing listens there',
	ENOTFOUND: 'its name is not known',
	EAI_AGAIN: 'its name could not be looked up',
	EHOSTUNREACH: 'there is no way to it',
	ENETUNREACH: 'there is no way to it',
};
const TIMED_OUT = ['ECONNABORTED', 'ETIMEDOUT', 'ESOCKETTIMEDOUT'];
const CERTIFICATE = /CERT|SIGNATURE|^EPROTO$|^ERR_TLS|^ERR_SSL/;

/**
 * What a call means that got no answer. Only its code is looked at: the object itself
 * holds the request, and with it the token.
 */
export function errorOfThrown(thrown: unknown, timeoutMs: number): UserError {
	const refusal = causeOf(thrown, (error) => error instanceof UserError);
	if (refusal instanceof UserError) return refusal;
	const code = codeOf(thrown);
	if (code === 'ERR_CANCELED' || code === 'ABORT_ERR') return new Cancelled('unknown');
	if (code !== undefined && NEVER_SENT[code] !== undefined) {
		return new ApiError(
			`Affilae could not be reached: ${NEVER_SENT[code]}`,
			'Check the base URL in the credential and the network of your n8n.',
			{ effect: 'none', retry: 'briefly' },
		);
	}
	if (code !== undefined && CERTIFICATE.test(code)) {
		return new ApiError(
			'Affilae could not be reached: the encrypted connection was not trusted',
			'Check the base URL in the credential, and the clock and the certificates of your n8n.',
			{ effect: 'none' },
		);
	}
	if (code !== undefined && TIMED_OUT.includes(code)) return tooLate(timeoutMs);
	return new ApiError(
		// Without its code: for a message that holds one, n8n puts words of its own.
		'The connection to Affilae broke off',
		'Run the workflow again later: what is done is not done twice.',
		{ effect: 'unknown', retry: 'patiently' },
	);
}

/** A call that took longer than it may, in milliseconds. */
export function tooLate(limitMs: number): ApiError {
	return new ApiError(
		`Affilae did not answer within ${limitMs / 1000} s`,
		'Run the workflow again later: what is done is not done twice. Raise Timeout in the options if this recurs.',
		{ effect: 'unknown', retry: 'patiently' },
	);
}

/** The code of a broken connection; n8n 1.123 keeps it as `httpCode` alone. */
function codeOf(thrown: unknown): string | undefined {
	const holder = causeOf(thrown, (error) => codeIn(error) !== undefined);
	return holder && codeIn(holder);
}

function codeIn(error: object): string | undefined {
	const { code, httpCode } = { code: undefined, httpCode: undefined, ...error };
	return [code, httpCode].find((value) => typeof value === 'string' && value !== '');
}

/** The first of an error and its causes that is meant. */
function causeOf(thrown: unknown, isMeant: (error: object) => boolean): object | undefined {
	let error = thrown;
	for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth += 1) {
		if (isMeant(error)) return error;
		error = 'cause' in error ? error.cause : undefined;
	}
	return undefined;
}

/** Whether an answer is markup where JSON was due. */
export function isMarkup(body: unknown): boolean {
	return typeof body === 'string' && /^\s*</.test(body);
}

function messageIn(body: unknown, quotable: (text: string) => string): string | undefined {
	if (!isWireObject(body)) return undefined;
	const message = body['message'] ?? body['error'];
	if (typeof message !== 'string' || !message) return undefined;
	return quotable(message).slice(0, LONGEST_QUOTE);
}

function keysIn(body: unknown): string[] {
	const validation = isWireObject(body) ? body['validation'] : undefined;
	const keys = isWireObject(validation) ? validation['keys'] : undefined;
	return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
}

function hostOf(location: string | undefined): string {
	return location && URL.canParse(location) ? ` to ${new URL(location).hostname}` : '';
}

/** What is said where Affilae asks to wait longer than the operator wants to. */
export function waitTooLong(ms: number): ApiError {
	return new ApiError(
		`Affilae asks to wait ${Math.ceil(ms / 1000)} s before the next call (429)`,
		'Run the workflow again after that, or raise Retry For in the options. What is done is not done twice.',
		{ effect: 'none', status: 429 },
	);
}
