const SECOND_MS = 1000; // What a bucket keeps of a pause; the first pause without Retry-After.
const LATE_MS = 4; // What is made up for of a late timer, even if the service keeps nothing.
const PAUSE_GROWTH = 4; // 1, 1, 4, 16, 64 s are few calls, and outlast a minute that each prolongs.
const ENOUGH_CALLS = 8; // Fewer measure nothing:
const FIRST_RATE = 10 / SECOND_MS; // then the rate, in calls a ms, starts here and grows.
const BELOW_MEASURED = 0.99; // A measurement is a little too high at times.
const BELOW_REJECTED = 0.8; // A rate has grown some 20 % too high when the 429 comes.
const FAR = 4; // Emptying a full bucket, a rate grows to thrice the limit: more is another limit.
const GROWTH_CALLS = 12; // A rate grows e-fold in a second, but in so many calls at least,
const HELD_CALLS = 200; // once held for so many calls, so that one 429 is 0.5 % of them,
const HELD_MS = 6000; // and for so long, less after a 429 while it is held,
const HELD_IF_LOST_MS = 9000; // more if each pause loses calls.

/**
 * What 429s show of a limit: a rate that is measured from one 429 to the next, held, and then grows. After
 * a 429 no call leaves before Retry-After or a pause is over; then one is tried. Times are in ms.
 */
export class Rate {
	/** When the call was sent whose 429 began the block; undefined while calls get through. */
	blockedSince: number | undefined;
	private blockedUntil = 0;
	private pauseMs = 0;
	private heardAt = -Infinity; // The last 429 that was news.
	private rate = Infinity;
	private dueAt = 0; // When the next call may leave.
	private count = 0; // Calls that got through,
	private countedFrom = -Infinity; // since then.
	private strays = 0; // Of the next count: they got through during a block.
	private keeps = true; // Whether the service makes up for a pause.
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
			this.blockedUntil = now + SECOND_MS; // Then another is tried.
			return;
		}
		if (now - this.dueAt > 2 * SECOND_MS) {
			// Nothing was sent for so long that a bucket of a second is full.
			this.holdMs = Math.max(this.holdMs, HELD_MS);
			this.begin(now, now - SECOND_MS);
		}
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
		// A service that is called for the first time stays full until it has answered.
		if (this.countedFrom === -Infinity) this.countedFrom = now - SECOND_MS;
		if (sentAt > (this.blockedSince ?? sentAt)) this.strays += 1;
		else if (sentAt >= this.countedFrom) this.count += 1;
	}

	rejected(sentAt: number, now: number, askedMs: number | undefined): void {
		const isKnown = sentAt < this.heardAt; // It was on its way before the last 429 was heard.
		const isAgain = !isKnown && this.blockedSince !== undefined;
		if (!isKnown) this.pauseMs = isAgain ? Math.max(this.pauseMs * PAUSE_GROWTH, SECOND_MS) : 0;
		const pauseMs = Math.max(askedMs ?? SECOND_MS, this.pauseMs);
		this.blockedUntil = Math.max(isAgain ? 0 : this.blockedUntil, now + pauseMs);
		if (isKnown) return;
		this.blockedSince ??= sentAt;
		this.heardAt = now;
	}

	/** Finds the rate to go on with, and how long to hold it. */
	private resume(sentAt: number, blockedSince: number): void {
		const { count, strays, rate, hasGrown } = this;
		const measured = (BELOW_MEASURED * count) / (blockedSince - this.countedFrom);
		this.holdMs = Math.max(this.holdMs * (hasGrown ? 3 : 0.5), SECOND_MS);
		if (rate === Infinity && count < ENOUGH_CALLS) {
			[this.rate, this.keeps, this.holdMs] = [FIRST_RATE, false, 0];
		} else if (this.keeps && (rate === Infinity || measured > rate / FAR)) this.rate = measured;
		else if (this.keeps && !hasGrown) [this.rate, this.keeps] = [rate / FAR, false];
		else this.rate = rate * BELOW_REJECTED;
		const mostMs = Math.max(this.keeps ? HELD_MS : HELD_IF_LOST_MS, HELD_CALLS / this.rate);
		this.holdMs = Math.min(this.holdMs, mostMs);
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
