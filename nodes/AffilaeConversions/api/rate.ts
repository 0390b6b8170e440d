const SECOND_MS = 1000; // What a bucket saves during a pause, and the shortest pause.
const PAUSE_GROWTH = 4; // 1, 1, 4, 16, 64 s: few calls, and longer than a minute that each one prolongs.
const ENOUGH_CALLS = 8; // Fewer are no measurement:
const FIRST_RATE = 10 / SECOND_MS; // then the rate, in calls per ms, starts here and grows.
const BELOW_MEASURED = 0.99; // Some measurements are slightly too high.
const BELOW_REJECTED = 0.8; // A rate is about 20 % too high when the 429 comes.
const PROVING_MS = 3000; // Where nothing is saved, a rate that is too high gets its 429 sooner.
const FAR = 4; // A full bucket lets a rate grow to 3 times the limit: a larger gap is another limit.
const GROWTH_CALLS = 12; // A rate grows e-fold per second, over at least this many calls,
const HELD_CALLS = 200; // after a hold of up to this many calls, so that one 429 is 0.5 % of them,
const HELD_MS = 9000; // or up to this time, whichever is longer.
export const LEAVING_MS = 4; // A call leaves within half of this; the other half is for a late timer.
const MOST_CALLS = 10_000; // So many are remembered for a measurement.

/**
 * Finds out a limit from its 429s. The rate is measured from one 429 to the next, held, and then grows.
 * After a 429, no call is sent until Retry-After or a pause is over; then one call tests the limit. Times
 * are in ms.
 */
export class Rate {
	/** When the call was sent whose 429 started the block; undefined if there is no block. */
	blockedSince: number | undefined;
	/** Whether the service allows more calls after a pause. */
	keeps = true;
	private blockedUntil = 0;
	private pauseMs = 0;
	private heardAt = -Infinity; // When the 429 arrived that started or prolonged the block.
	private rate = Infinity;
	private dueAt = 0; // When the next call may be sent.
	private sentAt: number[] = []; // When the calls were sent that succeeded since the last 429.
	private hasGrown = false;
	private holdMs = Infinity;
	private heldFrom = 0;

	/** How long until a call may be sent. */
	waitMs(now: number): number {
		const dueAt = this.blockedSince === undefined ? this.dueAt : 0;
		return Math.max(this.blockedUntil - now, dueAt - now, 0);
	}

	sent(now: number): void {
		const isOnTime = now - this.dueAt < 1 / this.rate;
		if (this.blockedSince !== undefined) {
			this.blockedUntil = now + SECOND_MS; // Then another call tests the limit.
			return;
		}
		if (now - this.dueAt > 2 * SECOND_MS) {
			this.sentAt = []; // A bucket is full again: what came before does not show its limit.
			this.hold(now);
		}
		if (isOnTime && now > this.heldFrom + this.holdMs) {
			this.hasGrown = true;
			this.rate *= 1 + 1 / Math.max(this.rate * SECOND_MS, GROWTH_CALLS);
		}
		const keptMs = this.keeps ? Math.max(SECOND_MS - 1 / this.rate, 0) : 0;
		this.dueAt = Math.max(this.dueAt, now - keptMs) + 1 / this.rate;
	}

	/** If the process stands still, a sent call leaves late. Where nothing is saved, the next one then waits longer. */
	left(now: number): void {
		this.dueAt = Math.max(this.dueAt, now - LEAVING_MS + 1 / this.rate);
	}

	gotThrough(sentAt: number): void {
		const { blockedSince } = this;
		if (blockedSince !== undefined && sentAt >= this.heardAt) this.resume(sentAt, blockedSince);
		this.sentAt.push(sentAt);
		if (this.sentAt.length > MOST_CALLS) this.sentAt.splice(0, MOST_CALLS / 2);
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		const isKnown = sentAt < this.heardAt; // Sent before the last 429 arrived.
		const isAgain = !isKnown && this.blockedSince !== undefined;
		if (!isKnown) this.pauseMs = isAgain ? Math.max(this.pauseMs * PAUSE_GROWTH, SECOND_MS) : 0;
		const pauseMs = Math.max(askedMs ?? 0, this.pauseMs, SECOND_MS);
		this.blockedUntil = Math.max(isAgain ? 0 : this.blockedUntil, now + pauseMs);
		if (isKnown) return;
		this.blockedSince ??= sentAt;
		this.heardAt = now;
	}

	private resume(now: number, blockedSince: number): void {
		// Where nothing is saved, a rate that was good for a while is not too high: this 429 is due to a late call.
		const isProven = !this.hasGrown && blockedSince - this.heldFrom > PROVING_MS;
		if (this.keeps || !isProven) this.learn(blockedSince);
		this.sentAt = this.sentAt.filter((at) => at > blockedSince);
		[this.blockedSince, this.blockedUntil] = [undefined, 0];
		this.hold(now);
		const keptFrom = Math.max(this.heardAt + this.sentAt.length / this.rate, now - SECOND_MS);
		this.dueAt = (this.keeps ? keptFrom + 1 / this.rate : now) + 1 / this.rate;
	}

	/** Sets the new rate, and how long to hold it. */
	private learn(blockedSince: number): void {
		const { rate, hasGrown } = this;
		const calls = this.sentAt.filter((at) => at <= blockedSince);
		const measured = BELOW_MEASURED * measure(calls, blockedSince);
		// holdMs is 0 while the rate has grown without a pause since FIRST_RATE.
		const holdMs = hasGrown ? this.holdMs * 3 || Infinity : this.holdMs / 2;
		this.holdMs = Math.max(holdMs, SECOND_MS);
		if (rate === Infinity && calls.length < ENOUGH_CALLS) {
			[this.rate, this.keeps, this.holdMs] = [FIRST_RATE, false, 0];
		} else if (this.keeps && (rate === Infinity || measured > rate / FAR)) this.rate = measured;
		else if (this.keeps && !hasGrown) [this.rate, this.keeps] = [rate / FAR, false];
		else this.rate = rate * BELOW_REJECTED;
		this.holdMs = Math.min(this.holdMs, Math.max(HELD_MS, HELD_CALLS / this.rate));
	}

	private hold(now: number): void {
		[this.hasGrown, this.heldFrom] = [false, now];
	}
}

/**
 * The limit, in calls per ms. In no period before a 429 has a bucket allowed more than its limit for the period
 * and one second; in the period since it was last full, just that. Both are rounded down to whole calls, so half a
 * call is added.
 *
 * @param sentAt when the calls were sent that succeeded
 * @param until when the first one was sent that did not
 */
function measure(sentAt: readonly number[], until: number): number {
	const sorted = [...sentAt].sort((a, b) => a - b);
	const limits = sorted.map(
		(at, index) => (sorted.length - index + 0.5) / (until - at + SECOND_MS),
	);
	return limits.reduce((highest, limit) => Math.max(highest, limit), 0);
}
