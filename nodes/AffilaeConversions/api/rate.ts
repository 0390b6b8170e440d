const SECOND_MS = 1000; // A bucket saves the calls of a second. Also the shortest pause.
const PAUSE_GROWTH = 4; // 1, 1, 4, 16, 64 s: few calls, and soon longer than a minute that each of them prolongs.
const LONGEST_PAUSE_MS = 64 * SECOND_MS; // Longer, and a later execution fails although nothing asked it to wait.
const ENOUGH_CALLS = 8; // Fewer calls before the first 429 are no measurement.
const FIRST_RATE = 10 / SECOND_MS; // In calls per ms: where the rate starts without a measurement, and grows from.
const BELOW_MEASURED = 0.99; // Some measurements are slightly too high.
const BELOW_REJECTED = 0.8; // A rate is about 20 % too high when the 429 comes.
const PROVING_MS = 3000; // Where nothing is saved, a rate that is too high gets its 429 sooner.
const FAR = 4; // A full bucket lets a rate grow to 3 times the limit: a larger gap is another limit.
const GROWTH_CALLS = 12; // A rate grows e-fold per second, but over at least this many calls.
const HELD_CALLS = 200; // A rate is held for up to this many calls, so that one 429 is 0.5 % of them.
const HELD_MS = 9000; // A rate that makes so many calls in less time is held for up to this time.
export const LEAVING_MS = 4; // A call leaves within half of this; the other half is for a late timer.
const MOST_CALLS = 10_000; // So many are remembered for a measurement.

/**
 * Finds out a limit from its 429s. The rate is measured from one 429 to the next, held, and then grows. After a
 * 429, no call is sent until Retry-After or a pause is over; then one call tests the limit. Times are in ms.
 */
export class Rate {
	/** When the call was sent whose 429 started the block; undefined if there is no block. */
	blockedSince: number | undefined;
	/** Whether the service allows several calls at once after a pause, as a bucket does. */
	allowsBurst = true;
	private blockedUntil = 0;
	private pauseMs = 0;
	private stoppedAt = 0; // When the 429 arrived that started the block.
	private heardAt = -Infinity; // When the 429 arrived that started or prolonged it.
	private testedAt = -Infinity; // When the last call was sent that tested the limit.
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

	/** Notes that a call is sent now. If the process stands still, it leaves later. */
	sent(now: number): void {
		if (this.blockedSince !== undefined) {
			[this.testedAt, this.blockedUntil] = [now, now + SECOND_MS]; // Then another call tests the limit.
			return;
		}
		const lateMs = now - this.dueAt;
		if (lateMs > 2 * SECOND_MS) {
			this.sentAt = []; // A bucket is full again: what came before does not show its limit.
			[this.hasGrown, this.heldFrom] = [false, now];
		} else if (lateMs < 1 / this.rate && now > this.heldFrom + this.holdMs) {
			this.hasGrown = true;
			this.rate *= 1 + 1 / Math.max(this.rate * SECOND_MS, GROWTH_CALLS);
		}
		const keptMs = this.allowsBurst ? Math.max(SECOND_MS - 1 / this.rate, 0) : 0;
		this.dueAt = Math.max(this.dueAt, now - keptMs) + 1 / this.rate;
	}

	/** Notes that the last call has surely left. The next one waits for that, where the service allows no burst. */
	left(now: number): void {
		this.dueAt = Math.max(this.dueAt, now - LEAVING_MS + 1 / this.rate);
	}

	/** Notes that a call had no 429. */
	gotThrough(sentAt: number): void {
		if (this.blockedSince !== undefined && sentAt >= this.stoppedAt)
			this.resume(sentAt, this.blockedSince);
		this.sentAt.push(sentAt);
		if (this.sentAt.length > MOST_CALLS) this.sentAt.splice(0, MOST_CALLS / 2);
	}

	/** Notes a 429. @param askedMs the time that it asks to wait */
	rejected(sentAt: number, now: number, askedMs = 0): void {
		// Sent before the last 429 arrived, or to test a limit that another test has shown to be open.
		const isTest = this.blockedSince === undefined && sentAt <= this.testedAt;
		if (isTest || sentAt < this.heardAt) {
			this.blockedUntil = Math.max(this.blockedUntil, now + Math.max(askedMs, SECOND_MS));
			return;
		}
		const isAgain = this.blockedSince !== undefined;
		const longerMs = Math.min(this.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
		this.pauseMs = isAgain ? Math.max(longerMs, SECOND_MS) : 0;
		const until = now + Math.max(askedMs, this.pauseMs, SECOND_MS);
		this.blockedUntil = isAgain ? until : Math.max(this.blockedUntil, until);
		if (!isAgain) [this.blockedSince, this.stoppedAt] = [sentAt, now];
		this.heardAt = now;
	}

	private resume(now: number, blockedSince: number): void {
		// Where nothing is saved, a rate that was good for a while is not too high: this 429 is due to a late call.
		const isProven = !this.hasGrown && blockedSince - this.heldFrom > PROVING_MS;
		if (this.allowsBurst || !isProven) this.learn(blockedSince);
		this.sentAt = this.sentAt.filter((at) => at > blockedSince);
		[this.blockedSince, this.blockedUntil] = [undefined, 0];
		[this.hasGrown, this.heldFrom] = [false, now];
		const keptFrom = Math.max(this.heardAt + this.sentAt.length / this.rate, now - SECOND_MS);
		this.dueAt = (this.allowsBurst ? keptFrom + 1 / this.rate : now) + 1 / this.rate;
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
			[this.rate, this.allowsBurst, this.holdMs] = [FIRST_RATE, false, 0];
		} else if (this.allowsBurst && (rate === Infinity || measured > rate / FAR))
			this.rate = measured;
		else if (this.allowsBurst && !hasGrown) [this.rate, this.allowsBurst] = [rate / FAR, false];
		else this.rate = rate * BELOW_REJECTED;
		this.holdMs = Math.min(this.holdMs, Math.max(HELD_MS, HELD_CALLS / this.rate));
	}
}

/**
 * The limit, in calls per ms. In no period before a 429 has a bucket allowed more than its limit for the period and
 * one second; in the period since it was last full, just that. Both are rounded down to whole calls, so half a call
 * is added.
 *
 * @param sentAt when the calls were sent that succeeded
 * @param until when the first one was sent that did not
 */
function measure(sentAt: readonly number[], until: number): number {
	const sorted = [...sentAt].sort((a, b) => a - b);
	const limitFrom = (at: number, index: number) =>
		(sorted.length - index + 0.5) / (until - at + SECOND_MS);
	return Math.max(0, ...sorted.map(limitFrom));
}
