import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../api/client';

/** How a poll uses the time that n8n allows, so that even a last call with its retries ends in time. */
export interface Budget {
	/** When to stop reading the longest list, in milliseconds since 1970, UTC. */
	stopReadingAt: number;
	/** When to return what was found, in milliseconds since 1970, UTC. */
	endAt: number;
	calls: CallSettings;
}

/** The time for a poll if n8n does not state one, in milliseconds. */
const USUAL_BUDGET_MS = 300_000;
/** How long to retry a call while n8n starts, in ms: other workflows are waiting to start. */
const START_RETRY_MS = 10_000;

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
	const timeoutMs = Math.min(DEFAULT_CALL_SETTINGS.timeoutMs, 0.3 * budgetMs);
	const retryForMs = Math.min(
		isStart ? START_RETRY_MS : DEFAULT_CALL_SETTINGS.retryForMs,
		0.15 * budgetMs,
	);
	const readingMs = 0.95 * budgetMs - 2 * timeoutMs - retryForMs;
	return {
		stopReadingAt: startedAt + 0.6 * readingMs,
		endAt: startedAt + readingMs,
		calls: { ...DEFAULT_CALL_SETTINGS, timeoutMs, retryForMs },
	};
}
