import { UserError } from '../domain/userError';

/**
 * What a failed call says about the write it carried:
 * `none` it was not carried out, `unknown` it may have been.
 */
export type Effect = 'none' | 'unknown';

/**
 * Whether the same call can succeed later: `never`; `briefly` for what may be temporary but is more
 * likely a wrong address; `patiently` if the service itself has a problem or asks to wait.
 */
export type Retry = 'never' | 'briefly' | 'patiently';

/** What is known about a failed call. */
export interface ApiErrorDetails {
	effect: Effect;
	retry?: Retry;
	status?: number;
	keys?: readonly string[];
	affilaeSays?: string;
	retryAfterMs?: number | undefined;
	endsRun?: boolean;
}

/** Statuses 4xx about the token, the address, a delay or a limit rather than about what was requested. */
const NO_REJECTION = new Set([401, 403, 404, 408, 429]);

/** A failed call to Affilae. */
export class ApiError extends UserError {
	override readonly name = 'ApiError';
	readonly effect: Effect;
	readonly retry: Retry;
	/** How long Affilae asked to wait, in milliseconds (API page: guess). */
	readonly retryAfterMs?: number;
	/** HTTP status, if there was an answer. */
	readonly status?: number;
	/** The query or body keys that Affilae rejected (API page: Answers, `validation.keys`, run). */
	readonly keys: readonly string[];
	/** Affilae's own message, if there is one. */
	readonly affilaeSays?: string;
	/** Whether no other call of this execution can succeed either. */
	readonly endsRun: boolean;

	constructor(what: string, advice: string, details: ApiErrorDetails) {
		super(what, advice);
		this.effect = details.effect;
		this.retry = details.retry ?? 'never';
		this.keys = details.keys ?? [];
		this.endsRun = details.endsRun ?? false;
		if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
		if (details.status !== undefined) this.status = details.status;
		if (details.affilaeSays !== undefined) this.affilaeSays = details.affilaeSays;
	}

	/** The same error with changes. */
	with({
		advice = this.advice,
		...changes
	}: Partial<ApiErrorDetails> & { advice?: string }): ApiError {
		return new ApiError(this.what, advice, { ...this, ...changes });
	}

	/** Whether Affilae itself checked the request and rejected it. */
	get isRejection(): boolean {
		const { status = 0 } = this;
		return status >= 400 && status < 500 && !NO_REJECTION.has(status);
	}

	/** Whether Affilae says that there is no such conversion. A 404 about an address does not. */
	get isNotFound(): boolean {
		return this.status === 404 && this.affilaeSays !== undefined;
	}

	/** Whether Affilae rejected a key of the request, or the lack of it. Its message counts if it lists no keys. */
	rejects(key: string): boolean {
		if (!this.isRejection) return false;
		if (this.keys.length > 0) return this.keys.includes(key);
		const isValidation = this.status === 400 || this.status === 422;
		return isValidation && new RegExp(`\\b${key}`, 'i').test(this.affilaeSays ?? '');
	}

	/** Whether Affilae rejected the program, or the lack of one. */
	get isAboutProgram(): boolean {
		return this.rejects('program');
	}
}

/** An execution that a person stopped. */
export class Canceled extends UserError {
	override readonly name = 'Canceled';

	/** @param effect what is known of the call that was in flight or waiting */
	constructor(readonly effect: Effect = 'none') {
		super('The execution was canceled', 'Run it again to continue: nothing is done twice.');
	}
}

/** The advice for a temporary problem. */
export const RUN_AGAIN = 'Run the workflow again later: nothing is done twice.';

/** The same 403, if no such call was ever allowed: the cause is the token, not this conversion. */
export function forbiddenForAll(error: ApiError): ApiError {
	const advice = `${error.advice} Nothing more of this kind was sent.`;
	return error.with({ advice, effect: 'none' });
}

/** The response is a web page: something in front of Affilae sent it. */
export function webPage(status: number): ApiError {
	return new ApiError(
		'A web page came instead of a response from Affilae, for example from a firewall or a login page',
		"Check 'Base URL' in the credential. If it is right, try again later, or ask your network administrator.",
		// With a success status this is temporary; with an error status it lasts.
		status < 300
			? { effect: 'unknown', retry: 'briefly', status }
			: { effect: 'none', retry: 'never', status },
	);
}

/** A response with status 200–299 that is incomplete or not JSON. */
export function garbled(status: number): ApiError {
	return new ApiError(
		'Affilae’s response cannot be read: it is not JSON',
		"Check 'Base URL' in the credential. If it is right, try again later.",
		{ effect: 'unknown', retry: 'briefly', status },
	);
}

/** An answer with status 200–299 that has none of the known shapes (API page: Answers). */
export function unreadable(status: number, why: string): ApiError {
	return new ApiError(
		`Affilae’s response cannot be read: ${why}`,
		'Please report this to the maintainers of this node: Affilae’s API may have changed.',
		{ effect: 'unknown', status },
	);
}

/** A response with status 200–299 to a read that reports a failure. */
export function reportedFailure(status: number, affilaeSays?: string): ApiError {
	return new ApiError(
		`Affilae responded, but reported a problem${affilaeSays === undefined ? '' : `: "${affilaeSays}"`}`,
		RUN_AGAIN,
		{ effect: 'none', retry: 'patiently', status },
	);
}

/** An answer with status 200–299 that says, or shows, that a write was not carried out. */
export function contradiction(status: number, affilaeSays?: string): ApiError {
	return new ApiError(
		`Affilae responded, but did not make the change${affilaeSays === undefined ? '' : `: "${affilaeSays}"`}`,
		'Look at the conversion in Affilae.',
		{ effect: 'unknown', status, ...(affilaeSays === undefined ? {} : { affilaeSays }) },
	);
}

/** A call that took longer than it may, in milliseconds. */
export function timedOut(limitMs: number): ApiError {
	return new ApiError(
		`Affilae did not respond within ${limitMs / 1000} s`,
		`${RUN_AGAIN} If this happens again, raise 'Timeout (Seconds)' if the node has this option.`,
		{ effect: 'unknown', retry: 'patiently' },
	);
}

/** Affilae asks to wait longer than the operator allows. */
export function waitTooLong(ms: number): ApiError {
	return new ApiError(
		`Affilae’s rate limit requires a wait of ${Math.ceil(ms / 1000)} s before the next call`,
		"Run the workflow again after that time, or raise 'Retry For (Seconds)' if the node has this option. Nothing is done twice.",
		{ effect: 'none', status: 429 },
	);
}
