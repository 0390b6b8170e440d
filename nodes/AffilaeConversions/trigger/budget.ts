import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../api/client';

/** How a poll uses the time that n8n allows, so that even a last call with its retries ends in time. */
export interface Budget {
	/** When to stop reading the first list, in milliseconds since 1970, UTC. */
	stopReadingAt: number;
	/** When to return what was found, in milliseconds since 1970, UTC. */
	endAt: number;
	calls: CallSettings;
}

/** The time for a poll if n8n does not state one, in milliseconds. */
const USUAL_BUDGET_MS = 300_000;
/** How long to retry a call or to wait for the rate limit while n8n starts, in ms: other workflows are waiting. */
const START_RETRY_MS = 10_000;

/** A poll ends a little before its time is over, because n8n needs some of it, too. */
const USABLE = 0.95;
/** The most that one response may take. Two of them, and a wait, must fit in after reading has ended. */
const TIMEOUT = 0.3;
/** The most that retries of a call may take: less than a wait, because retrying is of no use if Affilae is down. */
const RETRIES = 0.15;
/** The most that the rate limit may make a call wait: of the usual time, more than a window of a minute. */
const WAIT = 0.22;
/** How much of the reading time the first list may take, so that the second one gets its turn. */
const FIRST_LIST = 0.6;

/**
 * Divides the time of a poll between reading and a last call with its retries.
 *
 * @param budgetMs the time that n8n allows for the poll, in milliseconds; older versions do not state one
 * @param startedAt milliseconds since 1970, UTC
 * @param isStart whether this poll starts the trigger
 */
export function budgetOf(
	budgetMs: number = USUAL_BUDGET_MS,
	startedAt: number,
	isStart: boolean,
): Budget {
	const timeoutMs = Math.min(DEFAULT_CALL_SETTINGS.timeoutMs, TIMEOUT * budgetMs);
	const mostMs = isStart ? START_RETRY_MS : DEFAULT_CALL_SETTINGS.retryForMs;
	const retryForMs = Math.min(mostMs, RETRIES * budgetMs);
	const maxWaitMs = Math.min(mostMs, WAIT * budgetMs);
	const readingMs = USABLE * budgetMs - 2 * timeoutMs - maxWaitMs;
	return {
		stopReadingAt: startedAt + FIRST_LIST * readingMs,
		endAt: startedAt + readingMs,
		calls: { ...DEFAULT_CALL_SETTINGS, timeoutMs, retryForMs, maxWaitMs },
	};
}
