import { isWireObject } from '../domain/conversion';
import { UserError } from '../domain/userError';
import { ApiError, Canceled, RUN_AGAIN, timedOut, webPage, type ApiErrorDetails } from './apiError';

const LONGEST_QUOTE = 300;

/** The response headers that matter here. */
export interface AnswerHeaders {
	location?: string | undefined;
	retryAfterMs?: number | undefined;
}

/**
 * The error for a response with a status outside 200–299.
 *
 * @param body the parsed JSON, or text that is none
 */
export function errorFromStatus(
	status: number,
	body: unknown,
	{ location, retryAfterMs }: AnswerHeaders,
): ApiError {
	const said = messageIn(body);
	const affilaeSays = said && status === 404 && isAboutAddress(said) ? undefined : said;
	const keys = keysIn(body);
	const quote = said ? `: "${said}"` : '';
	const make = (what: string, advice: string, more: Partial<ApiErrorDetails> = {}) =>
		new ApiError(what, advice, {
			effect: 'none',
			status,
			keys,
			...(affilaeSays ? { affilaeSays } : {}),
			...more,
		});

	if (status === 401) {
		return make(
			`Affilae does not accept the API token${quote}`,
			"Check 'API Token' and 'Environment' in the credential. Nothing more was sent.",
			{ endsRun: true },
		);
	}
	if (status >= 300 && status < 400) {
		return make(
			`Affilae answered with a redirect${hostOf(location)}. The node does not follow redirects, so that it sends the token nowhere else`,
			"Check 'Environment' and 'Base URL' in the credential.",
			// Some servers redirect after they have carried out a write.
			{ effect: 'unknown' },
		);
	}
	if (status === 429) {
		return make(`Affilae asked to slow down${quote}`, RUN_AGAIN, {
			retry: 'patiently',
			retryAfterMs,
		});
	}
	if (status >= 500 || status === 408) {
		return make(
			`Affilae could not respond${isMarkup(body) ? ': a web page came instead' : quote}`,
			RUN_AGAIN,
			{ effect: 'unknown', retry: 'patiently', retryAfterMs },
		);
	}
	if (isMarkup(body)) return webPage(status);
	if (status === 403) {
		return make(
			`Affilae does not allow this with your API token${quote}`,
			'Check in Affilae what the user of this token may do, and whether it is an advertiser’s token.',
		);
	}
	if (status === 404 && !affilaeSays) {
		return make(
			`Affilae’s API is not at this address${quote}`,
			"Check 'Environment' and 'Base URL' in the credential: the base URL ends before /advertiser.",
		);
	}
	return make(
		`Affilae rejected the request${quote}${keys.length ? ` [${keys.join(', ')}]` : ''}`,
		'Check the values that you entered.',
	);
}

const NEVER_SENT: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'connection refused',
	ENOTFOUND: 'the host name is unknown',
	EAI_AGAIN: 'the host name could not be looked up',
	EHOSTUNREACH: 'no route to the host',
	ENETUNREACH: 'no route to the host',
};
const TIMED_OUT = ['ECONNABORTED', 'ETIMEDOUT', 'ESOCKETTIMEDOUT'];
const CERTIFICATE = /CERT|SIGNATURE|^EPROTO$|^ERR_TLS|^ERR_SSL/;

/**
 * The error for a call without a response. Uses only the code of what was thrown: the object itself
 * contains the request, and with it the token.
 */
export function errorFromThrown(thrown: unknown, timeoutMs: number): UserError {
	const known = causeOf(thrown, (error) => error instanceof UserError);
	if (known instanceof UserError) return known;
	const code = codeOf(thrown);
	if (code === 'ERR_CANCELED' || code === 'ABORT_ERR') return new Canceled('unknown');
	if (code !== undefined && NEVER_SENT[code] !== undefined) {
		return new ApiError(
			`Affilae could not be reached: ${NEVER_SENT[code]}`,
			"Check 'Base URL' in the credential, and the network of your n8n.",
			{ effect: 'none', retry: 'briefly' },
		);
	}
	if (code !== undefined && CERTIFICATE.test(code)) {
		return new ApiError(
			'Affilae could not be reached: the encrypted connection was not trusted',
			"Check 'Base URL' in the credential, and the clock and the certificates of your n8n.",
			{ effect: 'none' },
		);
	}
	if (code !== undefined && TIMED_OUT.includes(code)) return timedOut(timeoutMs);
	return new ApiError(
		// Without the code: n8n replaces a message that contains one.
		'The connection to Affilae was interrupted',
		RUN_AGAIN,
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

/** The first of an error and its causes that matches. */
function causeOf(thrown: unknown, matches: (error: object) => boolean): object | undefined {
	let error = thrown;
	for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth += 1) {
		if (matches(error)) return error;
		error = 'cause' in error ? error.cause : undefined;
	}
	return undefined;
}

/** Whether a response is HTML or XML instead of JSON. */
export function isMarkup(body: unknown): boolean {
	return typeof body === 'string' && /^\s*</.test(body);
}

/** Where servers put what they say about a failure, besides a plain text. */
const MESSAGE_FIELDS = ['message', 'error', 'errors', 'detail', 'title'];

/** Affilae's own message in a response. Hapi's bare "Not Found" does not count: it means that there is no such route. */
export function messageIn(body: unknown): string | undefined {
	if (!isWireObject(body)) return undefined;
	const text = MESSAGE_FIELDS.map((field) => textIn(body[field])).find(Boolean);
	return text === undefined || NOT_FOUND.test(text) ? undefined : text.slice(0, LONGEST_QUOTE);
}

const NOT_FOUND = /^not[ _]found$/i;

/** A text, the texts of a list, or the message in an object; `''` if there is none. */
function textIn(value: unknown): string {
	if (typeof value === 'string') return value;
	if (Array.isArray(value)) return value.map(textIn).filter(Boolean).join('; ');
	return isWireObject(value)
		? textIn(MESSAGE_FIELDS.map((field) => value[field]).find(Boolean))
		: '';
}

/** What gateways and servers in front of an API miss (404), in English or French. */
const ADDRESS =
	/\b(?:routes?|paths?|chemin|endpoints?|urls?|resources?|ressources?|accounts?|comptes?|hosts?|hôte|upstreams?|services?|pages?)\b|\bcannot (?:get|post)\b/i;
/** What Affilae has, in English or French; not the name of a call, such as `conversions.list`. */
const SUBJECT = /\b(?:conversions?|orders?|commandes?|customers?|clients?)\b(?!\.\w)/i;

/** Whether a 404 speaks of an address: then it is not Affilae's word about a conversion. */
function isAboutAddress(said: string): boolean {
	return ADDRESS.test(said) && !SUBJECT.test(said);
}

function keysIn(body: unknown): string[] {
	const validation = isWireObject(body) ? body['validation'] : undefined;
	if (!isWireObject(validation)) return [];
	// Newer versions of hapi's validation have an entry for each source.
	return [validation, ...Object.values(validation)].flatMap((place) => {
		const keys = isWireObject(place) ? place['keys'] : undefined;
		return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
	});
}

function hostOf(location: string | undefined): string {
	return location && URL.canParse(location) ? ` to ${new URL(location).hostname}` : '';
}
