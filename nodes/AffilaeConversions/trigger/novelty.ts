import { addedAtMs } from '../domain/ids';
import type { Cursor } from './cursor';

/** The time in an ID may be a little later than n8n's clock. */
const CLOCK_SKEW_MS = 3_600_000;

/** Tells which conversions did not exist at the previous round, among those that it does not know. */
export class Novelty {
	/**
	 * @param isNewlyWatched whether this is the first round that watches changes
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 */
	constructor(
		private readonly cursor: Cursor,
		private readonly isNewlyWatched: boolean,
		private readonly nowMs: number,
	) {}

	/** @param createdAtMs milliseconds since 1970, UTC; undefined if Affilae returned no date */
	isNew(id: string, createdAtMs: number | undefined, status?: string): boolean {
		if (createdAtMs === undefined) return this.knewUndated(status) || this.isIdNew(id);
		const { floorMs, pendingFloorMs = Infinity } = this.cursor;
		return createdAtMs > floorMs || (status === 'pending' && createdAtMs > pendingFloorMs);
	}

	/** Whether the previous round knew all conversions without a date that existed then. */
	knewUndated(status?: string): boolean {
		return this.cursor.knowsUndated && !(status === 'pending' && this.isNewlyWatched);
	}

	private isIdNew(id: string): boolean {
		const atMs = addedAtMs(id) ?? -Infinity;
		return atMs > this.cursor.horizonMs && atMs <= this.nowMs + CLOCK_SKEW_MS;
	}
}
