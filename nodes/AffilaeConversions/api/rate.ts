const SECOND_MS = 1000; // What a bucket saves during a pause; the first pause without Retry-After.
const LATE_MS = 4; // A late timer is made up for, even if the service makes up for nothing.
const PAUSE_GROWTH = 4; // 1, 1, 4, 16, 64 s: few calls, and longer than a minute that each one prolongs.
const ENOUGH_CALLS = 8; // Fewer are no measurement:
const FIRST_RATE = 10 / SECOND_MS; // then the rate, in calls per ms, starts here and grows.
const BELOW_MEASURED = 0.99; // Some measurements are slightly too high.
const BELOW_REJECTED = 0.8; // A rate is about 20 % too high when the 429 comes.
const FAR = 4; // A full bucket lets a rate grow to 3 times the limit: a larger gap is another limit.
const GROWTH_CALLS = 12; // A rate grows e-fold per second, over at least this many calls,
const HELD_CALLS = 200; // after a hold of up to this many calls, so that one 429 is 0.5 % of them,
const HELD_MS = 9000; // or up to this time, whichever is longer.

/**
 * Finds out a limit from its 429s. The rate is measured from one 429 to the next, held, and then grows.
 * After a 429, no call is sent until Retry-After or a pause is over; then one call tests the limit. Times
 * are in ms.
 */
export class Rate {
	/** When the call was sent whose 429 started the block; undefined if there is no block. */
	blockedSince: number | undefined;
	private blockedUntil = 0;
	private pauseMs = 0;
	private heardAt = -Infinity; // When the 429 arrived that started or prolonged the block.
	private rate = Infinity;
	private dueAt = 0; // When the next call may be sent.
	private count = 0; // Calls that succeeded,
	private countedFrom = -Infinity; // since then.
	private strays = 0; // Calls that succeeded during a block: part of the next count.
	private keeps = true; // Whether the service allows more calls after a pause.
	private hasGrown = false;
	private holdMs = Infinity;
	private heldUntil = 0;

	/** How long until a call may be sent. */
	waitMs(now: number): number {
		const dueAt = this.blockedSince === undefined ? this.dueAt : 0;
		return Math.max(this.blockedUntil - now, dueAt - now, 0);
	}

	sent(now: number): void {
		if (this.blockedSince !== undefined) {
			this.blockedUntil = now + SECOND_MS; // Then another call tests the limit.
			return;
		}
		// After so long a pause, a bucket that holds one second is full.
		if (now - this.dueAt > 2 * SECOND_MS) this.begin(now, now - SECOND_MS);
		if (now - this.dueAt < 1 / this.rate && now > this.heldUntil) {
			this.hasGrown = true;
			this.rate *= Math.exp(Math.min(1 / (this.rate * SECOND_MS), 1 / GROWTH_CALLS));
		}
		const keptMs = this.keeps ? SECOND_MS - 1 / this.rate : 0;
		this.dueAt = Math.max(this.dueAt, now - Math.max(keptMs, LATE_MS)) + 1 / this.rate;
	}

	gotThrough(sentAt: number, now: number): void {
		const { blockedSince } = this;
		if (blockedSince !== undefined && sentAt >= this.heardAt) this.resume(sentAt, blockedSince);
		// Before the first response, the bucket counts as full.
		if (this.countedFrom === -Infinity) this.countedFrom = now - SECOND_MS;
		if (sentAt > (this.blockedSince ?? sentAt)) this.strays += 1;
		else if (sentAt >= this.countedFrom) this.count += 1;
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		const isKnown = sentAt < this.heardAt; // Sent before the last 429 arrived.
		const isAgain = !isKnown && this.blockedSince !== undefined;
		if (!isKnown) this.pauseMs = isAgain ? Math.max(this.pauseMs * PAUSE_GROWTH, SECOND_MS) : 0;
		const pauseMs = Math.max(askedMs ?? SECOND_MS, this.pauseMs);
		this.blockedUntil = Math.max(isAgain ? 0 : this.blockedUntil, now + pauseMs);
		if (isKnown) return;
		this.blockedSince ??= sentAt;
		this.heardAt = now;
	}

	/** Sets the new rate, and how long to hold it. */
	private resume(sentAt: number, blockedSince: number): void {
		const { count, strays, rate, hasGrown } = this;
		const measured = (BELOW_MEASURED * count) / (blockedSince - this.countedFrom);
		this.holdMs = Math.max(this.holdMs * (hasGrown ? 3 : 0.5), SECOND_MS);
		if (rate === Infinity && count < ENOUGH_CALLS) {
			[this.rate, this.keeps, this.holdMs] = [FIRST_RATE, false, 0];
		} else if (this.keeps && (rate === Infinity || measured > rate / FAR)) this.rate = measured;
		else if (this.keeps && !hasGrown) [this.rate, this.keeps] = [rate / FAR, false];
		else this.rate = rate * BELOW_REJECTED;
		this.holdMs = Math.min(this.holdMs, Math.max(HELD_MS, HELD_CALLS / this.rate));
		[this.blockedSince, this.blockedUntil] = [undefined, 0];
		this.begin(sentAt, Math.max(blockedSince, sentAt - SECOND_MS));
		[this.count, this.strays] = [strays, 0];
		const keptFrom = Math.max(this.heardAt + strays / this.rate, sentAt - SECOND_MS);
		this.dueAt = (this.keeps ? keptFrom + 1 / this.rate : sentAt) + 1 / this.rate;
	}

	private begin(now: number, countedFrom: number): void {
		[this.count, this.countedFrom, this.hasGrown] = [0, countedFrom, false];
		this.heldUntil = now + this.holdMs;
	}
}
