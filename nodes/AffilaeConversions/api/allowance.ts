/** A call on its way, as it was seen to leave. */
export interface Departure {
	/** Milliseconds, on the clock that all times given to the pace are of. */
	readonly sentAt: number;
	/** Calls per millisecond that might leave then; 0 where no limit was known. */
	readonly rate: number;
}

/** A service that keeps unused allowance keeps this much of it. */
const KEPT_MS = 1000;
/** Of what it keeps, how much is counted on: a pause is never known to the millisecond. */
const COUNTED_ON = 0.98;
/** A call that left late is made up for by so much, where nothing else is kept: timers are coarse. */
const SLACK_MS = 4;
/** Calls per millisecond: no limit is believed to be lower than one a second, or a rate never recovers. */
const SLOWEST = 1 / 1000;
/** Calls per millisecond to begin with where not a single call was granted before the first 429. */
const MODEST = 2 / 1000;
/** Of the limit, how much is used: where nothing is kept a 429 is dear, so further from the edge. */
const USED_WHERE_KEPT = 0.99;
const USED_WHERE_LOST = 0.98;
/** As many calls granted on one 429 show that the service had kept them: few begin faster. */
const SHOWS_KEPT = 5;
/** Two measurements nearer than this to one another are the same limit. */
const AGREEMENT = 0.25;
/** Without Retry-After each 429 that came too soon doubles the tokens waited for, so many times. */
const LONGEST_OWN_PAUSE = 2;
/** Memory for the calls before the first 429. */
const MOST_FIRST_CALLS = 1000;
/** Holding for a number of calls takes no longer than this, however few may leave. */
const LONGEST_HOLD_MS = 12_000;
const LONGEST_TRUSTING_HOLD_MS = 40_000;
/** Where nothing is kept every 429 costs its pause: feeling up less often than once in so many. */
const PAUSES_BETWEEN_429 = 40;
/** The rate grows by at most this share within a round trip, as a 429 is heard of so late. */
const GROWTH_PER_ROUND_TRIP = 0.15;
const GROWTH_DOUBLES_MS = 700;

/**
 * How to feel for more, by how far the limit is trusted: first hold for both a time and a number of
 * calls, then grow at `growth` (per millisecond, as an exponent), ever faster up to `fastest`.
 */
const UNKNOWN = { holdMs: 300, holdCalls: 2, growth: 2.3 / 1000, fastest: 2.3 / 1000 };
const FEELING_UP = [
	UNKNOWN,
	{ holdMs: 1200, holdCalls: 25, growth: 0.46 / 1000, fastest: 2.3 / 1000 },
	{ holdMs: 2400, holdCalls: 40, growth: 0.09 / 1000, fastest: 1 / 1000 },
	{ holdMs: 3000, holdCalls: 80, growth: 0.04 / 1000, fastest: 1 / 1000 },
];
const FULL_TRUST = FEELING_UP.length - 1;

/**
 * What a service's limit allows, as far as its 429s have shown it. Until the first there is no limit.
 *
 * Such services count with a bucket: it fills evenly up to its brim, and each call takes a token. A 429
 * says that the bucket is empty. So what was granted from one 429 to the next, by the time between
 * them, is the limit, unless the bucket overflowed. There are two kinds:
 * - those that keep a second's worth: nothing is lost in a pause, and that measurement is exact;
 * - those that keep next to nothing: what a pause brings is lost, so only the time in which calls were
 *   free to leave is measured, and calls leave one by one.
 *
 * A copy of the bucket, `credit`, says when a call may leave. It fills at the limit times `lead`, which
 * is 1 but for the times when the pace feels for more.
 */
export class Allowance {
	/** Calls per millisecond, as last measured. */
	private limit: number | undefined;
	private keepsUnused = false;
	/** From 0, nothing is known, to FULL_TRUST: it was measured time and again. */
	private trust = 0;
	private lead = 1;
	private grownAt = 0;

	/** Calls that may leave now; less than none where calls on their way will take what comes in. */
	private credit = 0;
	private creditAt = 0;

	/** When the calls left that were granted before any 429 came. */
	private firstCalls: number[] = [];
	/** Calls granted of those that left since `measuredFrom`. */
	private granted = 0;
	private measuredFrom = 0;
	/** From the latest 429 to when calls could leave again. */
	private pauseMs = 0;
	private resumedAt = 0;
	/** When the latest 429 that taught something was heard of: what left before could not know. */
	private learntAt = -1;
	/** 429s in a row that came too soon to measure anything. */
	private tooSoon = 0;

	/** Calls per millisecond that may leave; 0 where no limit is known. */
	get rate(): number {
		const used = this.keepsUnused ? USED_WHERE_KEPT : USED_WHERE_LOST;
		return (this.limit ?? 0) * this.lead * used;
	}

	/** How long until a call may leave. */
	waitMs(now: number): number {
		if (this.limit === undefined) return 0;
		this.fill(now);
		return this.credit > 1 - 1e-6 ? 0 : (1 - this.credit) / this.rate;
	}

	/** A call leaves. */
	spend(now: number): void {
		if (this.limit === undefined) return;
		this.fill(now);
		this.credit -= 1;
	}

	/** The service let a call through. */
	grant({ sentAt }: Departure, now: number): void {
		if (this.limit === undefined) {
			this.rememberFirst(sentAt);
		} else {
			if (sentAt >= this.measuredFrom) this.granted += 1;
			this.feelUp(this.limit, now, now - sentAt);
		}
	}

	/**
	 * The service refused a call with 429.
	 *
	 * @param resumesAt when calls may leave again: `now`, or later where the service said so
	 * @param inFlight calls still on their way
	 */
	refuse(departure: Departure, now: number, resumesAt: number, inFlight: number): void {
		if (departure.sentAt > this.learntAt) {
			this.limit = Math.max(this.learn(departure, resumesAt > now), SLOWEST);
			this.learntAt = now;
			this.lead = 1;
		}
		this.measureAnew(departure.sentAt, resumesAt);
		this.emptyBucket(departure.sentAt, now, resumesAt > now, inFlight);
	}

	private rememberFirst(sentAt: number): void {
		this.firstCalls.push(sentAt);
		if (this.firstCalls.length > MOST_FIRST_CALLS) this.firstCalls.splice(0, MOST_FIRST_CALLS / 2);
	}

	/** What the limit is, now that this call was refused. */
	private learn({ sentAt, rate }: Departure, pauseWasAsked: boolean): number {
		if (this.limit === undefined) return this.firstGuess(sentAt, pauseWasAsked);
		if (this.keepsUnused && this.keptNothing(this.limit, sentAt)) {
			this.keepsUnused = false;
			this.trust = 0;
			return this.limit;
		}
		const elapsed = Math.max(sentAt - this.measuredFrom, 1);
		return this.keepsUnused
			? this.measuredWhereKept(this.limit, elapsed)
			: this.measuredWhereLost(this.limit, elapsed, rate);
	}

	/**
	 * At some moment the bucket was full, and since then a second's worth and what came in has gone. The
	 * moment is the one that gives the highest limit: before it the bucket overflowed.
	 */
	private firstGuess(sentAt: number, pauseWasAsked: boolean): number {
		const calls = this.firstCalls;
		this.firstCalls = [];
		this.keepsUnused = calls.length >= SHOWS_KEPT;
		// Only where there is a pause does the next 429 soon tell whether the service keeps anything.
		this.trust = Math.min(Math.floor(calls.length / SHOWS_KEPT), pauseWasAsked ? 2 : 1);
		const guesses = calls.map((at, before) => {
			return (calls.length - before + 0.5) / (Math.max(sentAt - at, 0) + KEPT_MS);
		});
		return Math.max(MODEST, ...guesses);
	}

	/** Refused before even what a pause should have brought was used. */
	private keptNothing(limit: number, sentAt: number): boolean {
		const openMs = sentAt - this.resumedAt;
		const expected = limit * Math.min(this.pauseMs, KEPT_MS);
		const kept = this.granted - openMs * limit;
		return expected > 2.5 && openMs < this.pauseMs && kept < 0.6 * expected;
	}

	private measuredWhereKept(limit: number, elapsed: number): number {
		if (Math.max(this.granted, limit * elapsed) < 4) return this.refusedTooSoon(limit);
		this.tooSoon = 0;
		const measured = (this.granted - 0.5) / elapsed;
		const agrees = Math.abs(measured / limit - 1) < AGREEMENT;
		this.settle(agrees);
		// A bucket that overflowed makes the measurement too low, nothing makes it too high.
		return Math.max(measured, agrees ? (limit + measured) / 2 : limit / 4);
	}

	private measuredWhereLost(limit: number, elapsed: number, refusedRate: number): number {
		if (this.granted < 2) return this.refusedTooSoon(limit);
		this.tooSoon = 0;
		const measured = (this.granted - 1) / elapsed;
		this.settle(measured < 1.5 * limit);
		if (this.lead === 1) {
			const withPause = (this.granted - 1) / (elapsed + this.pauseMs);
			return Math.min(limit * 0.95, Math.max(withPause, limit * 0.85));
		}
		// The limit lies between the average of a growing rate and the rate that was refused.
		const between = measured ** 0.6 * refusedRate ** 0.4;
		const agrees = Math.abs(measured / limit - 1) < AGREEMENT;
		return Math.min(between, refusedRate, agrees ? measured * 1.3 : Infinity);
	}

	private refusedTooSoon(limit: number): number {
		this.tooSoon += 1;
		if (this.tooSoon === 1) return limit * (this.keepsUnused ? 1 : 0.85);
		this.trust = Math.max(0, this.trust - 1);
		return limit * 0.6;
	}

	/** A 429 while feeling up confirms the limit; one while holding says that others want their part. */
	private settle(agrees: boolean): void {
		const least = Math.min(this.trust, this.keepsUnused ? 2 : 1);
		if (!agrees) this.trust = Math.max(0, Math.min(this.trust, 2) - 1);
		else if (this.lead > 1) this.trust = Math.min(this.trust + 1, FULL_TRUST);
		else this.trust = Math.max(least, this.trust - 1);
	}

	private measureAnew(emptyAt: number, resumesAt: number): void {
		this.granted = 0;
		this.resumedAt = resumesAt;
		this.grownAt = resumesAt;
		this.pauseMs = resumesAt - emptyAt;
		// A hundredth of a millisecond later, so that calls which left with the refused one do not count.
		const sinceEmpty = Math.max(emptyAt + 0.01, resumesAt - KEPT_MS);
		this.measuredFrom = this.keepsUnused ? sinceEmpty : resumesAt;
	}

	/** Nothing was left at `emptyAt`; what came in since is for the calls on their way first. */
	private emptyBucket(
		emptyAt: number,
		now: number,
		pauseWasAsked: boolean,
		inFlight: number,
	): void {
		const cameIn = Math.min((now - emptyAt) * this.rate, pauseWasAsked ? this.brim() : 1);
		const ownPause = pauseWasAsked ? 0 : 2 ** Math.min(this.tooSoon, LONGEST_OWN_PAUSE) - 1;
		this.credit = cameIn - inFlight - ownPause;
		this.creditAt = now;
	}

	private feelUp(limit: number, now: number, roundTripMs: number): void {
		const step = FEELING_UP[this.trust] ?? UNKNOWN;
		const feelingForMs = now - this.resumedAt - this.holdMs(step, limit);
		this.fill(now);
		// With credit to spare it is not the limit that holds us back: nothing would be learnt.
		if (feelingForMs > 0 && this.credit < 1.5) {
			const fastest = Math.min(step.fastest, GROWTH_PER_ROUND_TRIP / roundTripMs);
			const growth = Math.min(step.growth * 2 ** (feelingForMs / GROWTH_DOUBLES_MS), fastest);
			this.lead *= Math.min(Math.exp(growth * (now - this.grownAt)), 2);
		}
		this.grownAt = now;
	}

	private holdMs(step: typeof UNKNOWN, limit: number): number {
		const trusting = this.trust === FULL_TRUST;
		const longest = trusting ? LONGEST_TRUSTING_HOLD_MS : LONGEST_HOLD_MS;
		const forPauses = trusting && !this.keepsUnused ? PAUSES_BETWEEN_429 * this.pauseMs : 0;
		return Math.max(step.holdMs, forPauses, Math.min(step.holdCalls / limit, longest));
	}

	private fill(now: number): void {
		if (now <= this.creditAt) return;
		this.credit = Math.min(this.credit + (now - this.creditAt) * this.rate, this.brim());
		this.creditAt = now;
	}

	private brim(): number {
		if (!this.keepsUnused) return 1 + this.rate * SLACK_MS;
		return Math.max(this.rate * KEPT_MS * COUNTED_ON, 1);
	}
}
