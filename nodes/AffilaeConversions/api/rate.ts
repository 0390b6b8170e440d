const SECOND_MS = 1000; // What buckets keep of a pause, and the first pause without Retry-After.
const SHORT_BLOCK_MS = 1500; // Longer, and the service does not count by the second.
const LONG_BLOCK_MS = 10_000; // Longer, and it counts by the minute.
const MINUTE_MS = 60_000;
const PAUSE_GROWTH = 4; // While nothing gets through: 1, 1, 4, 16, 64 s are few calls,
const LONGEST_PAUSE_MS = 64_000; // and outlast a minute that each rejected call prolongs.
const TRIAL_MS = 2000; // After a block one call is tried, and another if no answer comes for so long.
const ENOUGH_CALLS = 4; // Fewer measure nothing.
const FIRST_RATE = 10 / 1000; // Calls a ms to begin with, if nothing was measured.
const BELOW_MEASURED = 0.99; // A measurement is a little too high at times.
const BELOW_REJECTED = 0.8; // Of a rate that had grown some 15 % too high when the 429 came.
const GROWTH_CALLS = 12; // In so many calls at least, and in a pause's time, a rate grows e-fold,
const LEAST_HOLD = 0.25; // once held for so many pauses, or so many times twelve calls:
const MOST_HOLD = 20; // three times as many after a 429 that growth led to, half after another,
const LONGEST_HOLD = 6; // but so many pauses at most, that a raised limit is found in 10 s,
const LONGEST_HOLD_IF_LOST = 9; // more if pauses cost calls,
const HELD_CALLS = 200; // and at a low rate for so many calls: one 429 is 0.5 % of them.
const IDLE_MS = 2000; // Then a bucket of a second is full again.

/** What 429s show of a limit: tokens at a rate that is held, grows, and is found anew at each 429. */
export class Rate {
	/** When the 429 was heard since which nothing has got through. */
	blockedSince: number | undefined;
	private blockedUntil = 0;
	private triedUntil = 0;
	private pauseMs = 0;
	private rate = Infinity; // Calls a ms,
	private found = Infinity; // as found, before it grew,
	private ifBlocked = Infinity; // and to go on with after a block that is not short,
	private ifBlockedLong = 0; // or is long.
	private tokens = 0;
	private filledAt = 0;
	private lastSentAt = -Infinity;
	private keepsMs = SECOND_MS; // Of a pause, what the service makes up for: a second, or nothing.
	private hold = LEAST_HOLD;
	private blockMs = SECOND_MS;
	private countsBySecond: boolean | undefined; // As the first block shows; others cause longer ones.
	private workMs = 0; // How long the rate has held calls back since it was found.
	private resumedAt = 0;
	private learntAt = -Infinity;
	private count = 0; // Calls that got through,
	private countedFrom = 0; // since then,
	private keptMs = SECOND_MS; // when the service had kept so much.

	/** How long until a call may be sent. */
	waitMs(now: number): number {
		const until = Math.max(this.blockedUntil, this.triedUntil);
		if (now < until) return until - now;
		if (this.blockedSince !== undefined) return 0;
		if (now - this.lastSentAt > IDLE_MS + 2 / this.found) {
			this.rate = this.found;
			this.hold = Math.min(this.hold, LONGEST_HOLD);
			this.begin(now, SECOND_MS);
		}
		this.fill(now);
		return this.rate === Infinity ? 0 : Math.max(0, (1 - this.tokens) / this.rate);
	}

	sent(now: number): void {
		if (this.blockedSince !== undefined) this.triedUntil = now + TRIAL_MS;
		this.fill(now);
		const ms = now - Math.max(this.lastSentAt, this.resumedAt);
		if (this.tokens < 2) this.workMs += ms;
		if (this.tokens < 2 && this.hasGrown) {
			this.rate *= Math.exp(Math.min(ms / this.blockMs, 1 / GROWTH_CALLS));
		}
		this.lastSentAt = now;
		this.tokens -= 1;
	}

	gotThrough(sentAt: number, now: number): void {
		if (this.blockedSince !== undefined && sentAt >= this.learntAt) this.resume(sentAt);
		// A service that is called for the first time stays full until it has answered.
		if (this.found === Infinity && this.count === 0) this.countedFrom = now;
		if (sentAt >= this.countedFrom || this.found === Infinity) this.count += 1;
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		this.blockedUntil = Math.max(this.blockedUntil, now + (askedMs ?? 0));
		if (sentAt < this.learntAt) return; // It was on its way before the last 429 was heard.
		[this.learntAt, this.triedUntil] = [now, 0];
		if (this.blockedSince === undefined) {
			this.rate = this.found = this.learn(sentAt);
			this.begin(sentAt, 0);
			[this.blockedSince, this.pauseMs, this.tokens, this.filledAt] = [now, 0, -1, now];
		} else {
			const longer = Math.min(this.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
			this.pauseMs = Math.max(longer, SECOND_MS);
		}
		const pauseMs = Math.max(askedMs ?? SECOND_MS, this.pauseMs);
		this.blockedUntil = Math.max(this.blockedUntil, now + pauseMs);
	}

	/** The rate to go on with: measured if the service kept a pause's calls, else below the present one. */
	private learn(sentAt: number): number {
		const { count, rate, found, hasGrown } = this;
		const measured = (BELOW_MEASURED * count) / (sentAt - this.countedFrom + this.keptMs);
		const perMinute = Math.max(count, 10) / MINUTE_MS;
		if (found === Infinity) {
			[this.ifBlocked, this.ifBlockedLong] = [FIRST_RATE, perMinute];
			this.hold = Math.max(LEAST_HOLD, count / 5);
			if (count < ENOUGH_CALLS) this.keepsMs = 0;
			return count < ENOUGH_CALLS ? FIRST_RATE : measured;
		}
		const kept = found * this.keepsMs;
		if (kept > 2 && count < kept / 2 && sentAt - this.resumedAt < SECOND_MS / 2) {
			this.keepsMs = 0;
			return this.ifBlocked;
		}
		this.hold = Math.min(Math.max(this.hold * (hasGrown ? 3 : 0.5), LEAST_HOLD), MOST_HOLD);
		this.ifBlocked = rate * BELOW_REJECTED;
		this.ifBlockedLong = Math.min(this.ifBlocked, Math.max(perMinute, rate / 10));
		// A rate far above what got through means that the limit was raised on the way.
		const isMeasured = this.keepsMs > 0 && count >= ENOUGH_CALLS && rate < 4 * measured;
		return isMeasured ? measured : this.ifBlocked;
	}

	private resume(sentAt: number): void {
		const blockMs = sentAt - (this.blockedSince ?? 0);
		this.countsBySecond ??= blockMs <= SHORT_BLOCK_MS;
		if (blockMs > SHORT_BLOCK_MS) {
			const isWindow = blockMs > LONG_BLOCK_MS && !this.countsBySecond;
			this.rate = this.found = isWindow ? this.ifBlockedLong : this.ifBlocked;
			this.begin(sentAt, SECOND_MS);
		}
		this.ifBlocked = Math.max(this.found, this.ifBlocked);
		this.blockMs = this.countsBySecond ? SECOND_MS : Math.max(blockMs, SECOND_MS);
		[this.blockedSince, this.triedUntil, this.resumedAt, this.workMs] = [undefined, 0, sentAt, 0];
	}

	private begin(at: number, keptMs: number): void {
		[this.countedFrom, this.resumedAt, this.keptMs] = [at, at, keptMs];
		[this.count, this.workMs] = [0, 0];
	}

	private get hasGrown(): boolean {
		const pauses = this.keepsMs > 0 ? LONGEST_HOLD : LONGEST_HOLD_IF_LOST;
		const longestMs = Math.max(pauses * this.blockMs, HELD_CALLS / this.found);
		const holdMs = this.hold * Math.max(this.blockMs, GROWTH_CALLS / this.found);
		return this.workMs > Math.min(holdMs, longestMs);
	}

	private fill(now: number): void {
		if (this.rate === Infinity) return;
		// Late timers are made up for: 4 ms are, even if the service keeps nothing.
		const most = Math.max(1 + 4 * this.rate, this.rate * this.keepsMs * BELOW_MEASURED);
		this.tokens = Math.min(this.tokens + (now - this.filledAt) * this.rate, most);
		this.filledAt = now;
	}
}
