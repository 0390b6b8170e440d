import { FAR_LOOK_BACK_MS, NO_FLOOR_MS } from './cursor';
import type { Descent } from './descent';

/**
 * After a first poll: all conversions created later, in any status, are known if they exist. In milliseconds since
 * 1970, UTC.
 *
 * @param nowMs when the poll began, in milliseconds since 1970, UTC
 * @param newestMs the date of the newest conversion that was read, likewise; -Infinity if there is none
 */
export function firstFloorMs(since: Descent, nowMs: number, newestMs: number): number {
	const farMs = nowMs - FAR_LOOK_BACK_MS;
	if (since.isDone) return farMs;
	// Conversions that a first poll did not read exist already, and must not count as new later.
	const reachedMs = since.hasMoved && newestMs !== -Infinity ? newestMs : nowMs;
	return Math.max(farMs, since.covered?.afterMs ?? reachedMs);
}

/**
 * The next `floorMs`: all conversions created later, in any status, are known if they exist. It falls while rounds read
 * what the first one left. In milliseconds since 1970, UTC.
 *
 * @param beforeMs the previous one, likewise
 * @param covered what the round has read of the conversions in every status
 * @param fromMs how far back it reads at most, likewise
 */
export function floorAfter(beforeMs: number, covered: Descent['covered'], fromMs: number): number {
	if (covered === undefined || covered.toMs < beforeMs) return beforeMs;
	return Math.min(beforeMs, Math.max(covered.afterMs, fromMs));
}

/**
 * The next `pendingFloorMs`: all pending conversions created later are known. In milliseconds since 1970, UTC.
 *
 * @param beforeMs the previous one, likewise
 * @param covered what the round has read of the pending conversions
 */
export function pendingFloorAfter(beforeMs: number, covered: Descent['covered']): number {
	if (covered === undefined || covered.toMs < beforeMs) return beforeMs;
	return Math.max(NO_FLOOR_MS, Math.min(beforeMs, covered.afterMs));
}
