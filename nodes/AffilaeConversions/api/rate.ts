/** How long one call alone is waited for after a block, before another is sent. */
const PROBE_MS = 2000;
/** The first pause if the service does not say how long, and what a bucket is taken to keep. */
const SECOND_MS = 1000;
/** A longer block is that of a window; services count by the minute then. */
const LONG_BLOCK_MS = 1500;
const MINUTE_MS = 60_000;
/** Pauses grow by this while nothing gets through: 1, 4, 16 and 64 s are few calls and pass a minute. */
const PAUSE_GROWTH = 4;
const LONGEST_PAUSE_MS = 64_000;
/** Fewer calls than this measure nothing; then this rate, in calls per ms, is where to start. */
const ENOUGH_CALLS = 4;
const MODEST = 10 / 1000;
/** Slower than measured by this, so that what was measured too high does not soon run out. */
const BELOW_MEASURED = 0.99;
/** What is left of a rate that was rejected, if the service makes up for nothing. */
const DECREASE = 0.8;
/** A rate is held, then grows e-fold in the time of a block, and in so many calls at least. */
const GROWTH_CALLS = 15;
const LEAST_HOLD = 0.25;
/** How many pauses a rate is held before it grows; times this with each 429 that growth led to. */
const HOLD_GROWTH = 3;
/** The longest hold: 8 pauses, so that a raised limit is found within 10 s, or one 429 in 200 calls. */
const LONGEST_HOLD = 6;
const LONGEST_HOLD_IF_LOST = 9;
const CALLS_PER_429 = 200;
/** After so long without a call the service's bucket is full again, and others may have come. */
const IDLE_MS = 2000;

/** What 429s have shown of a service's limit. Times are given, in ms; nothing here waits. */
export class Rate {
	/** While nothing has got through since a 429: when that was heard. */
	blockedSince: number | undefined;
	private blockedUntil = 0;
	private probedUntil = 0;
	private pauseMs = 0;
	/** Calls per ms as found, Infinity until the first 429, and what it has grown to. */
	private base = Infinity;
	private rate = Infinity;
	/** The rate to go on with if a pause brought nothing, or was long. */
	private fallback = Infinity;
	private tokens = 0;
	private filledAt = 0;
	private lastSentAt = -Infinity;
	/** How much of a pause the service makes up for afterwards. */
	private keepsMs = SECOND_MS;
	/** Time in which the rate held calls back since it was found; how many blocks it is held. */
	private workMs = 0;
	private hold = LEAST_HOLD;
	private blockMs = SECOND_MS;
	private resumedAt = 0;
	private learntAt = -Infinity;
	/** Calls that got through, since when, and what the service had kept then. */
	private count = 0;
	private countedFrom = 0;
	private isAnswered = false;
	private ifLong = 0;
	private keptMs = SECOND_MS;

	/** How long until a call may be sent. */
	waitMs(now: number): number {
		const until = Math.max(this.blockedUntil, this.probedUntil);
		if (now < until) return until - now;
		if (this.blockedSince !== undefined) return 0;
		if (now - this.lastSentAt > IDLE_MS + 2 / this.base) this.restart(now);
		if (this.base === Infinity) return 0;
		this.fill(now);
		return Math.max(0, (1 - this.tokens) / this.rate);
	}

	sent(now: number): void {
		if (this.blockedSince !== undefined) this.probedUntil = now + PROBE_MS;
		this.fill(now);
		const ms = now - Math.max(this.lastSentAt, this.resumedAt);
		if (this.tokens < 2) {
			this.workMs += ms;
			if (this.workMs > this.holdMs)
				this.rate *= Math.exp(Math.min(ms / this.blockMs, 1 / GROWTH_CALLS));
		}
		this.lastSentAt = now;
		this.tokens -= 1;
	}

	gotThrough(sentAt: number, now: number): void {
		if (this.blockedSince !== undefined && sentAt >= this.learntAt) this.resume(sentAt);
		if (!this.isAnswered) this.countedFrom = now;
		this.isAnswered = true;
		if (sentAt >= this.countedFrom || this.base === Infinity) this.count += 1;
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		this.blockedUntil = Math.max(this.blockedUntil, now + (askedMs ?? 0));
		if (sentAt < this.learntAt) return;
		if ((globalThis as any).TRACE)
			console.log(
				'rejected sent',
				Math.round(sentAt),
				'now',
				Math.round(now),
				'count',
				this.count,
				'rate/s',
				(this.rate * 1000).toFixed(2),
				'base',
				(this.base * 1000).toFixed(2),
				'work',
				Math.round(this.workMs),
				'hold',
				Math.round(this.holdMs),
				this.hold.toFixed(2),
				'keeps',
				this.keepsMs,
				'tokens',
				this.tokens.toFixed(1),
			);
		this.learntAt = now;
		if (this.blockedSince === undefined) {
			this.blockedSince = now;
			this.pauseMs = 0;
			this.rate = this.base = this.learn(sentAt);
			this.countedFrom = sentAt;
			this.keptMs = this.count = this.workMs = 0;
			this.tokens = -1;
			this.filledAt = now;
		} else {
			this.probedUntil = 0;
			this.pauseMs = Math.min(Math.max(this.pauseMs * PAUSE_GROWTH, SECOND_MS), LONGEST_PAUSE_MS);
		}
		this.blockedUntil = Math.max(
			this.blockedUntil,
			now + Math.max(askedMs ?? SECOND_MS, this.pauseMs),
		);
	}

	/** The rate to go on with. */
	private learn(sentAt: number): number {
		const isFew = this.count < ENOUGH_CALLS;
		const perMinute = Math.max(this.count, 10) / MINUTE_MS;
		this.ifLong =
			this.base === Infinity
				? perMinute
				: Math.min(this.rate * DECREASE, Math.max(perMinute, this.rate / 10));
		const measured = this.count / (sentAt - this.countedFrom + this.keptMs);
		if (this.base === Infinity) {
			this.keepsMs = isFew ? 0 : SECOND_MS;
			this.hold = Math.max(LEAST_HOLD, this.count / 5);
			this.fallback = MODEST;
			return isFew ? MODEST : measured * BELOW_MEASURED;
		}
		const burst = this.base * this.keepsMs;
		if (burst > 2 && sentAt - this.resumedAt < SECOND_MS / 2 && this.count < burst / 2) {
			this.keepsMs = 0;
			return this.fallback;
		}
		const hasGrown = this.workMs > this.holdMs;
		this.hold = hasGrown
			? Math.min(this.hold * HOLD_GROWTH, 20)
			: Math.max(this.hold / 2, LEAST_HOLD);
		this.fallback = this.rate * DECREASE;
		const isNear = this.rate < 4 * measured;
		return this.keepsMs > 0 && isNear && !isFew ? measured * BELOW_MEASURED : this.fallback;
	}

	private resume(sentAt: number): void {
		const blockMs = sentAt - (this.blockedSince ?? 0);
		this.blockMs = Math.max(blockMs, SECOND_MS);
		this.probedUntil = 0;
		this.blockedSince = undefined;
		this.resumedAt = sentAt;
		this.workMs = 0;
		if (blockMs > LONG_BLOCK_MS) {
			this.rate = this.base = blockMs > 10_000 ? this.ifLong : this.fallback;
			this.countedFrom = sentAt;
			this.keptMs = SECOND_MS;
		} else this.fallback = Math.max(this.base, this.fallback);

		if ((globalThis as any).TRACE)
			console.log(
				'  resume',
				Math.round(sentAt),
				'base',
				(this.base * 1000).toFixed(2),
				'block',
				Math.round(blockMs),
			);
	}

	private restart(now: number): void {
		this.countedFrom = this.resumedAt = now;
		this.keptMs = SECOND_MS;
		this.count = this.workMs = 0;
		this.rate = this.base;
		this.hold = Math.min(this.hold, LONGEST_HOLD);
	}

	private get holdMs(): number {
		const longest = Math.max(
			(this.keepsMs > 0 ? LONGEST_HOLD : LONGEST_HOLD_IF_LOST) * this.blockMs,
			CALLS_PER_429 / this.base,
		);
		return Math.min(this.hold * Math.max(this.blockMs, 10 / this.base), longest);
	}

	private fill(now: number): void {
		if (this.base === Infinity) return;
		const most = Math.max(1 + 4 * this.rate, this.rate * this.keepsMs * 0.99);
		this.tokens = Math.min(this.tokens + (now - this.filledAt) * this.rate, most);
		this.filledAt = now;
	}
}
