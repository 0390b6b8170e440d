import type { Account } from './account';
import { ApiError } from './apiError';
import { CallLog } from './callLog';
import { pause, systemClock } from './clock';
import { Dialect } from './dialect';
import { openHttp, type Answer, type Call, type NodeFunctions, type Send } from './http';
import type { CallOutcome, Participant, Permit } from './participant';
import { limiterFor } from './rateLimiter';
import { afterFailure, retriesFrom, retryDelay, type RetryState } from './retry';
import { Rights } from './rights';
import type { UserError } from '../domain/userError';

/** Settings for the calls of one execution. */
export interface CallSettings {
	/** How long one answer may take, in ms. Some take more than 10 s (API page: run). */
	timeoutMs: number;
	/** How long a call is retried after its first failure, in ms. All calls for one write count as one. */
	retryForMs: number;
	/** How long to wait for the rate limit if no call succeeds, in ms; as long as calls are retried if not given. */
	maxWaitMs?: number;
	/** How many calls may be in flight at once. The rate limiter allows fewer at first, and after a 429. */
	maxConcurrency: number;
	/** Whether to log the calls, so that the output items can show them. */
	isLogged: boolean;
}

export const DEFAULT_CALL_SETTINGS: Readonly<CallSettings> = {
	timeoutMs: 30_000,
	retryForMs: 120_000,
	maxConcurrency: 30,
	isLogged: false,
};

/** Short, because a person is waiting in the editor. */
export const INTERACTIVE_CALLS: Readonly<CallSettings> = {
	...DEFAULT_CALL_SETTINGS,
	timeoutMs: 15_000,
	retryForMs: 10_000,
};

/** What look-ups and lists use of a client. */
export interface Reader {
	readonly dialect: Dialect;
	/** As {@link Client.read}. */
	read(call: Call): Promise<Answer>;
	hasAnswered(path: string): boolean;
}

interface ClientParts {
	send: Send;
	participant: Participant;
	settings: CallSettings;
	account: Account;
}

/** Makes the calls of one execution as fast as the rate limit allows, and retries them if that is safe. */
export class Client implements Reader {
	readonly account: Account;
	/** What this execution has learned about which requests Affilae understands. */
	readonly dialect: Dialect;
	/** The calls made, if they are logged. */
	readonly log: CallLog | undefined;
	/** How many requests were sent. */
	requests = 0;
	/** How many 404s said that there is nothing. Something in front of Affilae may have sent them. */
	notFounds = 0;

	private readonly sendBare: Send;
	private readonly participant: Participant;
	private readonly settings: CallSettings;
	private readonly clock = systemClock;
	private readonly answered = new Set<string>();
	private readonly rights = new Map<string, Rights>();

	constructor({ send, participant, settings, account }: ClientParts) {
		this.sendBare = send;
		this.participant = participant;
		this.settings = settings;
		this.account = account;
		this.dialect = new Dialect(account.programs);
		this.log = settings.isLogged ? new CallLog() : undefined;
	}

	/** How long calls waited for the rate limit, in ms. Waits at the same time count once. */
	get waitedMs(): number {
		return this.participant.waitedMs;
	}

	/**
	 * Makes a call that only reads, and retries it as long as that can help.
	 *
	 * @param since when the time for retries began, on the client's clock; with the first failure if not given
	 * @throws {ApiError} the last one, if the call did not succeed
	 * @throws {Canceled} if the execution was stopped
	 */
	async read(call: Call, since?: number): Promise<Answer> {
		let state = since === undefined ? undefined : retriesFrom(since);
		for (;;) {
			try {
				return await this.sendOnce(call, true);
			} catch (thrown) {
				if (!(thrown instanceof ApiError)) return await Promise.reject(thrown);
				state = afterFailure(state, this.clock.now());
				if (!(await this.waitToRetry(thrown, state))) return await Promise.reject(thrown);
			}
		}
	}

	/** Reads for an undertaking whose time for retries began at `since`, on the client's clock. */
	within(since: number): Reader {
		return {
			dialect: this.dialect,
			read: async (call) => await this.read(call, since),
			hasAnswered: (path) => this.hasAnswered(path),
		};
	}

	/**
	 * Makes a call once, when the rate limit allows.
	 *
	 * @param isUrgent whether it goes before the execution's other calls, to finish work that has begun
	 * @throws {ApiError} if it did not succeed, or was not sent because the token may not make such calls
	 * @throws {Canceled} if the execution was stopped
	 */
	async sendOnce(call: Call, isUrgent: boolean): Promise<Answer> {
		const [rights, program] = [this.rightsTo(call.path), programOf(call)];
		rights.mustAllow(program);
		const permit = await this.participant.acquire(isUrgent);
		try {
			const send = async () => await this.sendWith(permit, call, rights);
			return await rights.use(program, send, this.participant.ended);
		} finally {
			// Has no effect if the call was sent: then the outcome is reported already.
			permit('abandoned');
		}
	}

	private async sendWith(permit: Permit, call: Call, rights: Rights): Promise<Answer> {
		this.requests += 1;
		this.log?.sent(call);
		try {
			const answer = await this.sendBare(call);
			this.log?.ended(call, answer.status);
			this.answered.add(call.path);
			rights.noteSuccess(programOf(call));
			permit('succeeded');
			return answer;
		} catch (thrown) {
			this.log?.ended(call, thrown instanceof ApiError ? thrown.status : undefined);
			if (thrown instanceof ApiError && thrown.isNotFound) this.notFounds += 1;
			// Before the permit is returned: if the run ends here, no waiting call may leave.
			if (thrown instanceof ApiError && thrown.endsRun) this.stop(thrown);
			const reason = rights.judge(programOf(call), thrown);
			permit(outcomeOf(thrown), thrown instanceof ApiError ? thrown.retryAfterMs : undefined);
			return await Promise.reject(reason);
		}
	}

	/**
	 * Waits until it is time to retry.
	 *
	 * @returns false, at once, if there should be no retry
	 * @throws {Canceled} if the execution was stopped
	 */
	async waitToRetry(error: ApiError, state: RetryState): Promise<boolean> {
		const { retryForMs } = this.settings;
		// After a 429, the limiter makes all calls wait, and fails them if none succeeds for too long.
		if (error.status === 429) return error.retry !== 'never' && retryForMs > 0;
		const now = this.clock.now();
		const isProven = this.answered.size > 0;
		const conditions = { now, retryForMs, isProven, random: Math.random() };
		const delay = retryDelay(error, state, conditions);
		if (delay === undefined) return false;
		await pause(this.clock, delay, this.participant.ended);
		return true;
	}

	/** Whether a call to a path has succeeded in this execution. */
	hasAnswered(path: string): boolean {
		return this.answered.has(path);
	}

	/** The time in ms, on the clock that retries use. */
	now(): number {
		return this.clock.now();
	}

	/** Sends no more calls: the run ends for this reason. Calls in flight finish. */
	stop(reason: UserError): void {
		this.participant.close(reason);
	}

	/** Leaves the rate limiter. Every execution calls this at its end. */
	close(): void {
		this.participant.leave();
	}

	private rightsTo(path: string): Rights {
		const rights = this.rights.get(path) ?? new Rights();
		this.rights.set(path, rights);
		return rights;
	}
}

function programOf({ query, body, about }: Call): string {
	return String(query?.['program'] ?? body?.['program'] ?? about ?? '');
}

function outcomeOf(thrown: unknown): CallOutcome {
	if (!(thrown instanceof ApiError)) return 'abandoned';
	if (thrown.status === 429) return 'limited';
	return thrown.retry === 'never' ? 'succeeded' : 'failed';
}

/**
 * Makes the client of one execution.
 *
 * @param signal aborted when a person stops the execution
 * @throws {UserError} for a credential that cannot be used
 */
export async function openClient(
	functions: NodeFunctions,
	settings: CallSettings = DEFAULT_CALL_SETTINGS,
	signal?: AbortSignal,
): Promise<Client> {
	const { account, send } = await openHttp(functions, settings.timeoutMs);
	const { maxConcurrency, retryForMs, maxWaitMs = retryForMs } = settings;
	const participant = limiterFor(account.baseUrl, account.token).join({
		maxConcurrency,
		maxWaitMs,
		...(signal ? { signal } : {}),
	});
	return new Client({ send, participant, settings, account });
}
