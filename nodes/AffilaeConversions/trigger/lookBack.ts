import {
	DAY_MS,
	FAR_LOOK_BACK_MS,
	HOUR_MS,
	LOOK_BACK_MS,
	SHORT_LOOK_BACK_MS,
	type Cursor,
} from './cursor';

const LOOK_BACK_EVERY_MS = HOUR_MS;
const FAR_LOOK_BACK_EVERY_MS = DAY_MS;

/** How far back one round reads the conversions in every status. */
export class LookBack {
	/** Milliseconds since 1970, UTC, on Affilae's clock. */
	readonly fromMs: number;
	/** When reading began (in an earlier round, if this one continues it), on n8n's clock. */
	readonly startedAtMs: number;

	/**
	 * @param nowMs milliseconds since 1970, UTC, on n8n's clock
	 * @param isNewlyWatched whether this is the first round that watches changes
	 */
	constructor(
		private readonly cursor: Cursor | undefined,
		private readonly nowMs: number,
		isNewlyWatched: boolean,
	) {
		const backMs = isNewlyWatched ? FAR_LOOK_BACK_MS : dueLookBackMs(cursor, nowMs);
		this.fromMs = Math.min(this.lookBackTo(backMs), cursor?.rest?.fromMs ?? Infinity);
		this.startedAtMs = cursor?.rest?.startedAtMs ?? nowMs;
	}

	/**
	 * When rounds last looked back, after this one.
	 *
	 * @param isRead whether this round has read as far back as it must
	 */
	lookedAfter(isRead: boolean): Pick<Cursor, 'lookedBackAtMs' | 'lookedFarBackAtMs'> {
		const { lookedBackAtMs = 0, lookedFarBackAtMs = 0 } = this.cursor ?? {};
		const hasLooked = (backMs: number) => isRead && this.fromMs <= this.lookBackTo(backMs);
		return {
			lookedBackAtMs: hasLooked(LOOK_BACK_MS) ? this.startedAtMs : lookedBackAtMs,
			lookedFarBackAtMs: hasLooked(FAR_LOOK_BACK_MS) ? this.startedAtMs : lookedFarBackAtMs,
		};
	}

	private lookBackTo(backMs: number): number {
		if (this.cursor === undefined) return this.nowMs - FAR_LOOK_BACK_MS;
		return Math.max(this.cursor.floorMs, this.cursor.horizonMs - backMs);
	}
}

/** How far a round must look back from the newest conversion, in milliseconds. */
function dueLookBackMs(cursor: Cursor | undefined, nowMs: number): number {
	const { lookedBackAtMs = -Infinity, lookedFarBackAtMs = -Infinity } = cursor ?? {};
	// If the clock was set back, look back now: otherwise, it would not be due for a long time.
	const isDue = (atMs: number, everyMs: number) => nowMs - atMs >= everyMs || nowMs < atMs;
	if (isDue(lookedFarBackAtMs, FAR_LOOK_BACK_EVERY_MS)) return FAR_LOOK_BACK_MS;
	return isDue(lookedBackAtMs, LOOK_BACK_EVERY_MS) ? LOOK_BACK_MS : SHORT_LOOK_BACK_MS;
}
