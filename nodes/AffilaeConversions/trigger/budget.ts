import { DEFAULT_CALL_SETTINGS, type CallSettings } from '../api/client';

/** How the time that n8n gives a poll is used: a last call may be tried again and still end within it. */
export interface Budget {
	/** When the longest list is broken off, in milliseconds since 1970, UTC. */
	stopReadingAt: number;
	/** When what was found is handed over, in milliseconds since 1970, UTC. */
	endAt: number;
	calls: CallSettings;
}

/** What n8n gives a poll if it does not say, in milliseconds. */
const USUAL_BUDGET_MS = 300_000;
/** How long a call is tried again while n8n starts: other workflows wait to be started. */
const START_RETRY_MS = 10_000;

/**
 * @param budgetMs what n8n gives the poll; older versions do not say
 * @param startedAt milliseconds since 1970, UTC
 * @param isStart whether n8n starts the trigger with this poll
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
