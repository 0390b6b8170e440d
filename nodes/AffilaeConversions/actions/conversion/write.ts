import { ApiError, Canceled, contradiction, RUN_AGAIN } from '../../api/apiError';
import type { Client, Reader } from '../../api/client';
import { lookAgain } from '../../api/lookup';
import { afterFailure, retriesFrom, type RetryState } from '../../api/retry';
import { sendWrite } from '../../api/sendWrite';
import type { Conversion } from '../../domain/conversion';
import { capitalize, describeConversion } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import { afterWrite, isAfter, whatShows, type Write } from '../../domain/write';
import { formatCents } from '../../domain/money';

/** A finished write: the conversion as it is now, and whether this run made the change. */
export interface Written {
	conversion: Conversion;
	isOurs: boolean;
}

/**
 * Carries out one write, so that it takes effect once however often it is sent. It trusts what Affilae shows
 * more than how Affilae responds:
 *
 * ```
 * attempt ── success ────────────────────────────────────────────────────────────────────> done
 *    │  ├─── success, but contradicted, or to be shown and silent ──> look, up to four times
 *    │  │                                                              ├── as wanted ──────> done
 *    │  │                                                              └── otherwise ──────> not done
 *    │  ├─── not carried out for sure (429, connection refused, 401, 403, 404) ──> attempt again, or not done
 *    │  ├─── rejected (other 4xx; after an unknown attempt all of them) ──> look
 *    │  │                                          ├── as wanted already ─────────────────> done by somebody else
 *    │  │                                          └── otherwise ─────────────────────────> not done
 *    │  └─── unknown (no answer, 5xx, 3xx, or a failure with 200) ──> wait, look
 *    │                                                            ├── as wanted ──────────> done
 *    └───────────────────── as before, and may retry <────────────┤
 *                                                                 ├── something else ─────> changed by somebody else
 *                                                                 └── cannot be seen ─────> unknown
 * ```
 *
 * All attempts and looks share one retry budget. Nothing is sent again before a look shows that it was not done.
 *
 * @param mustShow whether Affilae must show the result: an accepted amount cannot be lowered later
 * @throws {ApiError} with effect `none` if it was not done, `unknown` if that is unknown
 * @throws {UserError} if somebody else changed the conversion in the meantime
 * @throws {Canceled} if the execution was stopped
 */
export async function carryOutWrite(
	client: Client,
	before: Conversion,
	write: Write,
	mustShow: boolean,
): Promise<Written> {
	let budget: RetryState | undefined;
	let mayBeOurs = false;
	for (let isAgain = false; ; isAgain = true) {
		const attempt = await attemptOnce(client, before, write, isAgain);
		if (!(attempt instanceof UserError)) {
			const { shows, conversion, problem } = attempt;
			const isClear = shows === 'change' || (shows === 'nothing' && !mustShow);
			return {
				conversion: isClear ? conversion : await seeEffect(client, before, write, budget, problem),
				isOurs: true,
			};
		}
		if (!(attempt instanceof ApiError)) throw attempt;
		const unknown = attempt.effect === 'unknown' ? attempt : undefined;
		mayBeOurs ||= unknown !== undefined;

		budget = afterFailure(budget, client.now());
		const mayRetry = !attempt.isRejection && (await waitToRetry(client, attempt, budget, unknown));
		// A rejection after an attempt that may have arrived can mean that it did.
		const isTelling = attempt.isRejection || (mayBeOurs && attempt.retry === 'never');
		if (unknown === undefined && !isTelling) {
			if (mayRetry) continue;
			throw attempt;
		}
		const conversion = await lookForEffect(client, before, write, attempt, budget);
		if (conversion) return { conversion, isOurs: mayBeOurs };
		if (!mayRetry) throw notDone(attempt);
	}
}

/** What the response to a successful attempt shows, and the conversion as it then is. */
interface Attempt {
	shows: ReturnType<typeof whatShows>;
	conversion: Conversion;
	/** The error of an unclear response, to report if no look shows the change. */
	problem?: ApiError;
}

async function attemptOnce(
	client: Client,
	before: Conversion,
	write: Write,
	isAgain: boolean,
): Promise<Attempt | UserError> {
	try {
		const shown = await sendWrite(client, before, write, isAgain);
		if (shown instanceof ApiError) {
			return { shows: 'contradiction', conversion: before, problem: shown };
		}
		const shows = shown === undefined ? 'nothing' : whatShows(shown, before, write);
		const conversion = afterWrite(before, write, shown);
		return { shows, conversion };
	} catch (thrown) {
		return thrown instanceof UserError ? thrown : await Promise.reject(thrown);
	}
}

/** How often to look: the list may lag behind. */
const MOST_LOOKS = 4;

/** Looks several times for a change that Affilae has not shown, although the call succeeded. */
async function seeEffect(
	client: Client,
	before: Conversion,
	write: Write,
	sharedBudget: RetryState | undefined,
	problem = contradiction(200),
): Promise<Conversion> {
	const notSeen = problem.with({ effect: 'unknown', retry: 'briefly' });
	let budget = sharedBudget ?? retriesFrom(client.now());
	for (let looks = 1; ; looks += 1) {
		const conversion = await lookForEffect(client, before, write, notSeen, budget);
		if (conversion) return conversion;
		budget = afterFailure(budget, client.now());
		if (looks === MOST_LOOKS || !(await waitToRetry(client, notSeen, budget, notSeen)))
			throw notDone(notSeen);
	}
}

async function waitToRetry(
	client: Client,
	attempt: ApiError,
	budget: RetryState,
	unknown: ApiError | undefined,
): Promise<boolean> {
	try {
		return await client.waitToRetry(attempt, budget);
	} catch (thrown) {
		if (unknown && thrown instanceof UserError && !(thrown instanceof Canceled)) return false;
		return await Promise.reject(withEffect(unknown, thrown));
	}
}

/**
 * Looks once whether a write is in effect.
 *
 * @param failure why that is not known
 * @returns the changed conversion; undefined if it is as before
 * @throws {UserError} if it cannot be seen, or somebody else changed it
 */
async function lookForEffect(
	client: Client,
	before: Conversion,
	write: Write,
	failure: ApiError,
	{ beganAt }: RetryState,
): Promise<Conversion | undefined> {
	const unknown = failure.effect === 'unknown' ? failure : undefined;
	const seen = await look(client.within(beganAt), before, unknown);
	if (seen === undefined) throw unseen(failure);
	if (isAfter(seen, write)) return seen;
	if (!isSame(seen, before)) throw changedMeanwhile(before, seen);
	return undefined;
}

/** The conversion as it is now; undefined if it cannot be seen. */
async function look(
	client: Reader,
	conversion: Conversion,
	unknown: ApiError | undefined,
): Promise<Conversion | undefined> {
	try {
		return await lookAgain(client, conversion);
	} catch (thrown) {
		if (thrown instanceof UserError && !(thrown instanceof Canceled)) return undefined;
		return await Promise.reject(withEffect(unknown, thrown));
	}
}

/** The error; a cancellation gets the effect `unknown` if an earlier attempt may have succeeded. */
function withEffect(unknown: ApiError | undefined, thrown: unknown): unknown {
	return thrown instanceof Canceled && unknown ? new Canceled('unknown') : thrown;
}

function isSame(one: Conversion, other: Conversion): boolean {
	return one.status === other.status && one.amountCents === other.amountCents;
}

/** The error if a conversion has changed since the decision. */
export function changedMeanwhile(before: Conversion, now: Conversion): UserError {
	const { status = 'changed', amountCents, currency } = now;
	const at = amountCents === undefined ? '' : ` at ${formatCents(amountCents, currency)}`;
	return new UserError(
		`${capitalize(describeConversion(before))} was changed by somebody else in the meantime: it is now ${status}${at}`,
		'Run the workflow again. It then uses the conversion as it is now.',
	);
}

/** The same error with the effect `none`: a look has shown that nothing was done. */
function notDone(attempt: ApiError): ApiError {
	return attempt.with({ effect: 'none', retry: 'never' });
}

/** The same error if no look was possible: its advice says that the change may have been made. */
function unseen(attempt: ApiError): ApiError {
	const { advice, effect } = attempt;
	if (effect === 'none' || advice.includes(RUN_AGAIN)) return attempt;
	const told = `${advice} It is unknown whether the change was made. ${RUN_AGAIN}`;
	return attempt.with({ advice: told, retry: 'never' });
}
