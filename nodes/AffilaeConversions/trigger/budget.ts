import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../api/client';

/** How a poll uses the time that n8n gives it, so that even a last call with its retries ends in time. */
export interface Budget {
	/** When to stop reading the longest list, in milliseconds since 1970, UTC. */
	stopReadingAt: number;
	/** When to return what was found, in milliseconds since 1970, UTC. */
	endAt: number;
	calls: CallSettings;
}

/** The time for a poll if n8n does not say, in milliseconds. */
const USUAL_BUDGET_MS = 300_000;
/** How long to retry a call while n8n starts: other workflows are waiting to start. */
const START_RETRY_MS = 10_000;

/**
 * @param budgetMs the time that n8n gives the poll; older versions do not say
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
