import { CallLog } from './callLog';
import { PAGE_SIZE } from './constants';
import { ApiError, NotSent } from './apiError';
import { Gate } from './gate';
import { Pace } from './pace';
import { openDoor, type Answer, type Call, type NodeFunctions, type Send } from './http';
import { Patience } from './retry';

/** How the calls of one execution are made. */
export interface CallSettings {
	/** How long one answer may take, in milliseconds. Answers sometimes take more than 10 s (API page: seen). */
	timeoutMs: number;
	/** How long a call is tried again after its first refusal, in milliseconds. */
	retryForMs: number;
	/** How many calls may be under way at once; fewer are where they would bring nothing. */
	mostInFlight: number;
	/** Whether the calls are noted, to be shown with the items. */
	isLogged: boolean;
}

export const DEFAULT_CALL_SETTINGS: Readonly<CallSettings> = {
	timeoutMs: 30_000,
	retryForMs: 120_000,
	mostInFlight: 50,
	isLogged: false,
};

/** By which key a list goes on: the next rows, the next page, or neither; then periods are asked for. */
export type Paging = 'offset' | 'page' | 'period';

/** Page sizes to try where a larger one was refused. */
const LOWER_LIMITS = [50, 25, 10] as const;

/**
 * What the calls of one execution share: the door, the pace, and what was learned of the API on the
 * way. It lives as long as the execution, never longer.
 */
export class Client {
	/** How lists go on after their first page, as far as was found out in this execution. */
	paging: Paging = 'offset';
	/** The calls made, where they are noted. */
	readonly log: CallLog | undefined;
	/** How many requests have left. */
	requests = 0;

	/** Undocumented query keys that Affilae refused, and that are left out since. */
	private readonly refusedKeys = new Set<string>();
	private largestLimit: number = PAGE_SIZE;
	private readonly pace: Pace;
	private readonly gate: Gate;
	private grantedAt = 0;
	private isProven = false;

	/**
	 * @param door sends one call once
	 * @param signal aborted when a person stops the execution
	 */
	constructor(
		private readonly door: Send,
		private readonly settings: CallSettings,
		signal?: AbortSignal,
	) {
		this.log = settings.isLogged ? new CallLog() : undefined;
		this.pace = new Pace(settings.mostInFlight);
		this.gate = new Gate(this.pace, signal);
	}

	/**
	 * Makes a call, at the pace that Affilae allows, and again where that is safe: a write only as
	 * long as none of its tries can have been carried out.
	 *
	 * @param isAgain whether this was begun before: then it goes before what was not
	 * @throws {ApiError} the last one, where the call did not succeed
	 * @throws {Cancelled} where the execution was stopped
	 */
	async send(call: Call, isAgain = false): Promise<Answer> {
		const patience = this.patience();
		for (let isUrgent = isAgain || call.method === 'GET'; ; isUrgent = true) {
			try {
				return await this.sendOnce(call, isUrgent);
			} catch (refusal) {
				const isSafe =
					refusal instanceof ApiError && (call.method === 'GET' || refusal.effect === 'none');
				if (!isSafe || !(await this.waitAfter(refusal, patience))) {
					return await Promise.reject(refusal);
				}
			}
		}
	}

	/** How long calls had to wait for the rate limit, in milliseconds; waits at the same time count once. */
	get heldBackMs(): number {
		return this.gate.heldBackMs;
	}

	/** An undocumented query key as it may be sent: not at all, or lower than was refused. */
	allowed(key: string, value: string | number): Array<[string, string | number]> {
		if (this.refusedKeys.has(key)) return [];
		return [[key, key === 'limit' ? Math.min(Number(value), this.largestLimit) : value]];
	}

	/** Notes that Affilae refused an undocumented query key, or a limit for being too high. */
	refuse(key: string, value: string | number): void {
		const lower = key === 'limit' ? LOWER_LIMITS.find((limit) => limit < Number(value)) : undefined;
		if (lower === undefined) this.refusedKeys.add(key);
		else this.largestLimit = lower;
	}

	/** Lets no other call leave: the run ends. Those under way come to their end. */
	stop(): void {
		this.gate.close(new NotSent());
	}

	/** How often and how long one undertaking is tried. */
	patience(): Patience {
		return new Patience(this.settings.retryForMs);
	}

	/**
	 * Waits until it is time for another try.
	 *
	 * @returns false, at once, where there is to be no other try
	 * @throws {Cancelled} where the execution was stopped
	 */
	async waitAfter(refusal: ApiError, patience: Patience): Promise<boolean> {
		const now = this.gate.now();
		if (refusal.status === 429) {
			// The pace makes all calls wait. As long as any gets through, the others' turn comes.
			return refusal.retry !== 'never' && now - this.grantedAt <= this.settings.retryForMs;
		}
		const wait = patience.waitMs(refusal, now, this.isProven);
		if (wait === undefined) return false;
		await this.gate.pause(wait);
		return true;
	}

	private async sendOnce(call: Call, isUrgent: boolean): Promise<Answer> {
		const departure = await this.gate.enter(this.settings.retryForMs, isUrgent);
		this.grantedAt ||= departure.sentAt;
		this.requests += 1;
		this.log?.left(call);
		try {
			const answer = await this.door(call);
			this.log?.cameBack(call, answer.status);
			this.grantedAt = this.gate.now();
			this.isProven = true;
			this.pace.arrive(departure, this.grantedAt);
			return answer;
		} catch (refusal) {
			const now = this.gate.now();
			this.log?.cameBack(call, refusal instanceof ApiError ? refusal.status : undefined);
			if (!(refusal instanceof ApiError)) this.pace.abandon(departure);
			else if (refusal.status === 429) this.pace.limit(departure, now, refusal.retryAfterMs);
			else if (refusal.retry !== 'never') this.pace.falter(departure, now);
			else this.pace.arrive(departure, now);
			if (refusal instanceof ApiError && refusal.endsRun) this.gate.close(refusal);
			return await Promise.reject(refusal);
		} finally {
			this.gate.callIsBack();
		}
	}
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
	return new Client(await openDoor(functions, settings.timeoutMs), settings, signal);
}
