/** The first pause if the service does not say how long, and what a bucket is taken to hold. */
const SECOND_MS = 1000;
/** Pauses grow by this while nothing gets through: 1, 4, 16 and 64 s are few calls and pass a minute. */
const PAUSE_GROWTH = 4;
const LONGEST_PAUSE_MS = 64_000;
/** Slower than measured by this, so that what was measured too high does not soon run out. */
const BELOW_MEASURED = 0.99;
/** What is left of a rate that was rejected, if a pause brought nothing back. */
const DECREASE = 0.9;
const STEEP_DECREASE = 0.7;
/** Fewer calls than this measure nothing. */
const ENOUGH_CALLS = 4;
/** How many pauses a rate is held before it grows; times this with each 429 that growth led to. */
const FIRST_HOLD = 2;
const HOLD_GROWTH = 3;
/** The longest hold: 8 pauses, so that a raised limit is found within 10 s, or one 429 in 200 calls. */
const LONGEST_HOLD = 8;
const CALLS_PER_429 = 200;
/** After so long without a call the service's bucket is full again, and others may have come. */
const IDLE_MS = 2000;

/** What 429s have shown of a service's limit. Times are given, in ms; nothing here waits. */
export class Rate {
	/** Calls per ms; Infinity until the first 429. */
	private base = Infinity;
	private tokens = 0;
	private filledAt = 0;
	/** How much of what a pause brings the service keeps, in ms. */
	private keepsMs = SECOND_MS;

	/** Time in which the rate held calls back, since it was set. */
	private workMs = 0;
	private hold = FIRST_HOLD;
	private blockMs = SECOND_MS;
	private lastSentAt = -Infinity;

	private blockedUntil = 0;
	private pauseMs = SECOND_MS;
	/** While nothing has got through since a 429: when that was heard. */
	blockedSince: number | undefined;
	private learntAt = -Infinity;
	private rejectedAt = 0;
	private failedProbeAt: number | undefined;
	private rejectedRate = Infinity;
	/** Since when calls are counted that got through: the service's bucket was full then. */
	private countedFrom = 0;
	private count = 0;

	private get holdMs(): number {
		const longest = Math.max(LONGEST_HOLD * this.blockMs, CALLS_PER_429 / this.base);
		return Math.min(this.hold * this.blockMs, longest);
	}

	private get current(): number {
		return this.base * Math.exp(Math.max(0, this.workMs - this.holdMs) / this.blockMs);
	}

	/** How long until a call may be sent. */
	waitMs(now: number): number {
		if (now < this.blockedUntil) return this.blockedUntil - now;
		if (this.base === Infinity || this.blockedSince !== undefined) return 0;
		this.fill(now);
		return Math.max(0, (1 - this.tokens) / this.current);
	}

	/** @param isIdle whether nothing else is in flight */
	sent(now: number, isIdle: boolean): void {
		if (isIdle && now - this.lastSentAt > IDLE_MS && this.blockedSince === undefined) {
			this.countedFrom = now;
			this.count = 0;
			this.workMs = 0;
			this.hold = Math.min(this.hold, LONGEST_HOLD);
		} else if (this.tokens < 2) {
			this.workMs += now - this.lastSentAt;
		}
		this.lastSentAt = now;
		this.tokens -= 1;
	}

	gotThrough(sentAt: number): void {
		if (this.blockedSince !== undefined && sentAt > this.learntAt) this.resume(sentAt);
		this.count += 1;
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		this.blockedUntil = Math.max(this.blockedUntil, now + (askedMs ?? 0));
		if (sentAt <= this.learntAt) return;
		this.learntAt = now;
		if (this.blockedSince === undefined) this.firstRejected(sentAt, now);
		else {
			this.failedProbeAt = sentAt;
			this.pauseMs = Math.min(this.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
		}
		const isFirst = this.failedProbeAt === undefined;
		const pauseMs = isFirst ? (askedMs ?? this.pauseMs) : Math.max(askedMs ?? 0, this.pauseMs);
		this.blockedUntil = Math.max(this.blockedUntil, now + pauseMs);
	}

	private firstRejected(sentAt: number, now: number): void {
		this.blockedSince = now;
		this.pauseMs = SECOND_MS;
		this.failedProbeAt = undefined;
		this.rejectedAt = sentAt;
		const burst = this.base * this.keepsMs;
		const keptNothing = burst > ENOUGH_CALLS && sentAt - this.countedFrom < this.keepsMs / 2;
		if (keptNothing) {
			this.keepsMs = 0;
			this.base = this.rejectedRate;
		} else {
			const wasGrowing = this.workMs > this.holdMs;
			this.rejectedRate = this.current;
			if (this.base !== Infinity) {
				this.hold = wasGrowing ? this.hold * HOLD_GROWTH : Math.max(this.hold / 2, 1);
			}
		}
		// For the burst after the pause.
		if (this.base === Infinity) this.base = this.count / (sentAt - this.countedFrom + SECOND_MS);
		this.tokens = -1;
		this.filledAt = now;
	}

	private resume(sentAt: number): void {
		const wasFirst = this.rejectedRate === Infinity;
		// The block ended between the last call that was rejected and this one.
		const until = this.failedProbeAt === undefined ? sentAt : (this.failedProbeAt + sentAt) / 2;
		const blockMs = Math.max(until - this.rejectedAt, SECOND_MS);
		const measured = this.count / (this.rejectedAt - this.countedFrom + blockMs);
		if (wasFirst) this.base = Math.max(measured, 1 / SECOND_MS);
		else if (blockMs <= 1.5 * this.keepsMs && this.count >= ENOUGH_CALLS)
			this.base = measured * BELOW_MEASURED;
		else this.base = this.rejectedRate * (this.workMs > this.holdMs ? DECREASE : STEEP_DECREASE);
		this.blockMs = blockMs;
		if (this.count < ENOUGH_CALLS && wasFirst) this.hold = 0;
		this.blockedSince = undefined;
		this.countedFrom = sentAt;
		this.count = 0;
		this.workMs = 0;
	}

	private fill(now: number): void {
		const most = 1 + this.current * Math.max(this.keepsMs * 0.98, 4);
		this.tokens = Math.min(this.tokens + (now - this.filledAt) * this.current, most);
		this.filledAt = now;
	}

	get resumesAt(): number {
		return this.blockedUntil;
	}
}
