import { Sharing } from './sharing';

/** A call on its way, as it was seen to leave. */
export interface Departure {
	/** Milliseconds, on the clock that all times given to the pace are of. */
	readonly sentAt: number;
}

/** A service that keeps unused allowance keeps this much of it; the other kind next to nothing. */
const KEPT_MS = 1000;
const NEXT_TO_NOTHING_MS = 10;
/** Of what it keeps, how much is counted on: a pause is never known to the millisecond. */
const COUNTED_ON = 0.98;
/** A call that left late is made up for by so much, where nothing else is kept: timers are coarse. */
const SLACK_MS = 4;
/** Calls per millisecond: no limit is believed to be lower than one a second, or a rate never recovers. */
const SLOWEST = 1 / 1000;
/** Calls per millisecond to begin with where not a single call was granted before the first 429. */
const MODEST = 5 / 1000;
/** Of the limit, how much is used: where nothing is kept a 429 is dear, so further from the edge. */
const USED_WHERE_KEPT = 0.99;
const USED_WHERE_LOST = 0.96;
/** So many calls granted before the first 429 must have been kept for them. */
const SHOWS_KEPT = 50;
/** Refused at less than this share of what was granted before: the calls then had been kept. */
const CONTRADICTION = 0.75;
/** Less than this share of what a pause should have brought: the service kept nothing of it. */
const HARDLY_ANY = 0.2;
/** Two measurements nearer than this to one another are the same limit. */
const AGREEMENT = 0.25;
/** Fewer tokens than this measure nothing. */
const ENOUGH_TOKENS = 4;
/** Calls remembered since the latest 429, and how many of them are compared with one another. */
const MOST_REMEMBERED = 1000;
const MOST_COMPARED = 50;

/** A limit is known once its lower bound is this share of its upper one. */
const NARROW = 0.8;
/** Until then the rate climbs from one share of the upper bound, or from the lower bound, to another. */
const SEARCH_FROM = 1 / 3;
const SEARCH_UP_TO = 0.9;
/** It doubles within both a time and some round trips, as a 429 is heard of a round trip late. */
const SEARCH_DOUBLES_MS = 200;
const SEARCH_DOUBLES_ROUND_TRIPS = 2;
/** While the kind of service is not known, at most so many calls leave within a round trip. */
const SEARCH_IN_FLIGHT = 4;
/** A rate that was refused without having been raised is tried again from this share of it. */
const STEP_BACK = 0.5;

/** The rate grows by at most so much from one call to the next, so that a 429 tells something. */
const STEP_UP = 1 / NARROW;
const GROWTH_PER_ROUND_TRIP = 0.12;
const GROWTH_DOUBLES_MS = 600;
/** Holding for a number of calls takes no longer than this, however few may leave. */
const LONGEST_HOLD_MS = 30_000;

/**
 * How to feel for more, by how far the limit is trusted: first hold for a time, for a number of calls
 * and, where a 429 costs its pause, for a number of pauses, then grow at `growth` (per millisecond, as
 * an exponent), ever faster up to `fastest`.
 */
const UNKNOWN = { holdMs: 300, holdCalls: 2, holdPauses: 0, growth: 0.0023, fastest: 0.0023 };
const FEELING_UP = [
	UNKNOWN,
	{ holdMs: 1200, holdCalls: 25, holdPauses: 5, growth: 0.00046, fastest: 0.0023 },
	{ holdMs: 2400, holdCalls: 30, holdPauses: 10, growth: 0.00009, fastest: 0.001 },
	{ holdMs: 3000, holdCalls: 120, holdPauses: 40, growth: 0.00008, fastest: 0.002 },
];
/** The same where the limit is shared: what others leave must not lie idle for long. */
const SHARED_WHERE_KEPT = {
	holdMs: 1100,
	holdCalls: 0,
	holdPauses: 0,
	growth: 0.0006,
	fastest: 0.003,
};
const SHARED_WHERE_LOST = { ...SHARED_WHERE_KEPT, holdCalls: 12 };
/** Nothing is known; bounds are; it was measured; it was measured time and again. */
const NO_TRUST = 0;
const LITTLE_TRUST = 1;
const SOME_TRUST = 2;
const FULL_TRUST = 3;

/**
 * What a service's limit allows, as far as its 429s have shown it. Until the first there is no limit.
 *
 * Such services count with a bucket: it fills evenly up to its brim, and each call takes a token. A 429
 * says that the bucket is empty. There are two kinds:
 * - those that keep a second's worth: nothing is lost in a pause, so what was granted from one 429 to
 *   the next, by the time between them, is the limit, unless the bucket overflowed;
 * - those that keep next to nothing: what a pause brings is lost, and calls leave one by one. Each run
 *   of calls up to a 429 bounds the limit from both sides, and between the bounds it is searched.
 *
 * A service is taken for the second kind until its 429s contradict that, as a wrong guess shows soonest
 * that way.
 *
 * A copy of the bucket, `credit`, says when a call may leave. It fills at the limit times `lead`, which
 * is below 1 in a search, and above 1 when the pace feels for more.
 */
export class Allowance {
	/** Calls per millisecond: as measured, or in a search the upper bound. */
	private limit: number | undefined;
	private keepsUnused = false;
	private trust = NO_TRUST;
	private lead = 1;
	private grownAt = 0;

	/** Calls that may leave now; less than none where calls on their way will take what comes in. */
	private credit = 0;
	private creditAt = 0;

	/** Calls granted of those that left since `measuredFrom`, and when the latest of them left. */
	private granted = 0;
	private calls: number[] = [];
	private measuredFrom = 0;
	/** When the latest refused call left, and when calls could leave again. */
	private emptyAt = 0;
	private resumedAt = 0;
	private pauseWasAsked = true;
	/** From when on the limit was held to. */
	private heldFrom = 0;
	/** When the latest 429 that taught something was heard of: what left before could not know. */
	private learntAt = -1;
	/** 429s in a row that came too soon to measure anything. */
	private tooSoon = 0;
	private readonly sharing = new Sharing();

	/** What the first 429 says of the limit if the service keeps a second's worth. */
	private ifKept = MODEST;
	/** The latest lower bound of the limit if it keeps next to nothing. */
	private leastIfLost = 0;
	/** After the first 429: so many calls granted on end show that they were not kept. */
	private testCalls = 0;

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
		if (sentAt >= this.measuredFrom) this.remember(sentAt);
		if (this.limit === undefined) return;
		this.fill(now);
		// With credit to spare it is not the limit that holds us back: nothing would be learnt.
		if (this.credit < 1.5) {
			if (this.lead < 1) this.search(this.limit, now, now - sentAt);
			else this.feelUp(this.limit, now, now - sentAt);
		}
		this.grownAt = now;
	}

	/**
	 * The service refused a call with 429.
	 *
	 * @param resumesAt when calls may leave again: `now`, or later where the service said so
	 * @param inFlight calls still on their way
	 */
	refuse({ sentAt }: Departure, now: number, resumesAt: number, inFlight: number): void {
		if (sentAt > this.learntAt) {
			this.limit = Math.max(this.learn(sentAt, now - sentAt), SLOWEST);
			this.learntAt = now;
		}
		this.pauseWasAsked = resumesAt > now;
		this.measureAnew(sentAt, resumesAt);
		this.emptyBucket(sentAt, now, inFlight);
	}

	private remember(sentAt: number): void {
		this.granted += 1;
		this.calls.push(sentAt);
		if (this.calls.length > MOST_REMEMBERED) this.calls.splice(0, MOST_REMEMBERED / 2);
	}

	/** What the limit is, now that this call was refused. Sets `lead` and `trust` to go with it. */
	private learn(sentAt: number, roundTripMs: number): number {
		const ledBy = this.lead;
		this.lead = 1;
		if (this.limit === undefined) return this.firstGuess(sentAt, roundTripMs);
		if (this.keepsUnused) {
			if (!this.keptNothing(this.limit, sentAt)) return this.ifItKeeps(this.limit, sentAt, ledBy);
			this.keepsUnused = false;
			this.trust = Math.min(this.trust, LITTLE_TRUST);
		} else if (this.mustHaveKept(sentAt)) {
			this.keepsUnused = true;
			return this.keptAfterAll(sentAt);
		}
		return this.ifItLoses(this.limit, sentAt, ledBy);
	}

	private firstGuess(sentAt: number, roundTripMs: number): number {
		const granted = this.calls.length;
		if (granted === 0) {
			this.sharing.firstCallRefused();
			return MODEST;
		}
		this.ifKept = highestLimit(this.calls, sentAt, KEPT_MS);
		if (granted >= SHOWS_KEPT) {
			this.keepsUnused = true;
			this.trust = FULL_TRUST;
			return this.ifKept;
		}
		const limit = this.ifItLoses(MODEST, sentAt, 0);
		// So slow that a service of this kind grants them, while the other runs out of what it kept.
		this.testCalls = granted + 2;
		this.lead = Math.max(SEARCH_FROM, this.leastIfLost / limit / 2);
		this.lead = Math.min(this.lead, SEARCH_IN_FLIGHT / roundTripMs / limit);
		return limit;
	}

	/** Refused before even a little of what a pause should have brought was used. */
	private keptNothing(limit: number, sentAt: number): boolean {
		const pauseMs = this.resumedAt - this.emptyAt;
		const openMs = sentAt - this.resumedAt;
		const expected = limit * Math.min(pauseMs, KEPT_MS);
		const kept = this.granted - openMs * limit;
		return expected > ENOUGH_TOKENS && openMs < pauseMs && kept < HARDLY_ANY * expected;
	}

	/** Refused at a rate well below what was granted on end before. */
	private mustHaveKept(sentAt: number): boolean {
		const most = highestLimit(this.sinceEmpty(), sentAt, NEXT_TO_NOTHING_MS);
		if (most === 0 || most >= CONTRADICTION * this.leastIfLost) return false;
		// Later on it may be the limit that has become lower: then a pause brings one call at most.
		return this.testCalls > 0 || this.granted > 1;
	}

	private keptAfterAll(sentAt: number): number {
		const measured = Math.max(
			(this.granted - 0.5) / (sentAt - this.emptyAt),
			highestLimit(this.calls, sentAt, KEPT_MS),
		);
		const agrees = Math.abs(measured / this.ifKept - 1) < AGREEMENT;
		const isTooSoon = this.granted < ENOUGH_TOKENS;
		this.trust = this.testCalls > 0 && (agrees || isTooSoon) ? SOME_TRUST : NO_TRUST;
		return this.testCalls > 0 && isTooSoon ? this.ifKept : measured;
	}

	private ifItKeeps(limit: number, sentAt: number, ledBy: number): number {
		const elapsed = Math.max(sentAt - this.measuredFrom, 1);
		if (Math.max(this.granted, limit * elapsed) < ENOUGH_TOKENS) return this.refusedTooSoon(limit);
		this.tooSoon = 0;
		const measured = (this.granted - 0.5) / elapsed;
		const agrees = Math.abs(measured / limit - 1) < AGREEMENT;
		this.sharing.refusedWhereKept({ ledBy, allowed: limit * elapsed, granted: this.granted });
		if (!agrees) this.trust = Math.max(NO_TRUST, Math.min(this.trust, SOME_TRUST) - 1);
		else if (ledBy > 1) this.trust = Math.min(this.trust + 1, FULL_TRUST);
		else this.trust = Math.max(Math.min(this.trust, LITTLE_TRUST), this.trust - 1);
		// A bucket that overflowed makes the measurement too low, nothing makes it too high.
		if (ledBy > 1) return Math.max(measured, highestLimit(this.calls, sentAt, KEPT_MS));
		return Math.max(measured, agrees ? (limit + measured) / 2 : limit / 4);
	}

	private ifItLoses(limit: number, sentAt: number, ledBy: number): number {
		const calls = this.calls.slice(-MOST_COMPARED);
		const most = highestLimit(this.sinceEmpty(), sentAt, NEXT_TO_NOTHING_MS);
		if (most === 0) return this.refusedTooSoon(limit);
		this.tooSoon = 0;
		this.testCalls = 0;
		if (most < CONTRADICTION * this.leastIfLost) this.leastIfLost = 0;
		const least = calls.reduce((highest, at, count) => {
			return Math.max(highest, highestLimit(calls.slice(0, count), at, NEXT_TO_NOTHING_MS));
		}, 0);
		this.leastIfLost = Math.max(this.leastIfLost, least);
		if (least < NARROW * most) {
			this.trust = least > 0 ? LITTLE_TRUST : NO_TRUST;
			this.lead = Math.max(SEARCH_FROM, least / most);
			return most;
		}
		const middle = (least + most) / 2;
		this.sharing.refusedWhereLost(ledBy, middle / limit, this.trust > LITTLE_TRUST);
		if (ledBy === 1 && this.trust > LITTLE_TRUST) {
			this.trust -= 1;
			this.lead = STEP_BACK;
		} else {
			const agrees = ledBy > 1 && Math.abs(middle / limit - 1) < AGREEMENT;
			this.trust = agrees ? FULL_TRUST : SOME_TRUST;
		}
		return middle;
	}

	/** The calls granted since the bucket was last known to be full, or to be empty. */
	private sinceEmpty(): number[] {
		return this.pauseWasAsked ? this.calls : [this.emptyAt, ...this.calls];
	}

	private refusedTooSoon(limit: number): number {
		this.tooSoon += 1;
		if (this.tooSoon === 1) return limit;
		this.trust = Math.max(NO_TRUST, this.trust - 1);
		return limit * 0.6;
	}

	private measureAnew(emptyAt: number, resumesAt: number): void {
		this.granted = 0;
		this.calls = [];
		this.emptyAt = emptyAt;
		this.resumedAt = resumesAt;
		this.heldFrom = resumesAt;
		this.grownAt = resumesAt;
		// A hundredth of a millisecond later, so that calls which left with the refused one do not count.
		const sinceEmpty = Math.max(emptyAt + 0.01, resumesAt - KEPT_MS);
		this.measuredFrom = this.pauseWasAsked && !this.keepsUnused ? resumesAt : sinceEmpty;
	}

	/** Nothing was left at `emptyAt`; what came in since is for the calls on their way first. */
	private emptyBucket(emptyAt: number, now: number, inFlight: number): void {
		const cameIn = (now - emptyAt) * this.rate;
		this.credit = Math.min(cameIn, this.pauseWasAsked ? this.brim() : 1) - inFlight;
		this.creditAt = now;
	}

	private search(limit: number, now: number, roundTripMs: number): void {
		if (this.granted <= this.testCalls) return;
		const doublesMs = Math.max(SEARCH_DOUBLES_MS, SEARCH_DOUBLES_ROUND_TRIPS * roundTripMs);
		this.lead *= Math.min(2 ** ((now - this.grownAt) / doublesMs), STEP_UP);
		if (this.lead < SEARCH_UP_TO) return;
		this.limit = limit * SEARCH_UP_TO;
		this.lead = 1;
		this.heldFrom = now;
	}

	private feelUp(limit: number, now: number, roundTripMs: number): void {
		const step = this.stepUp();
		const feelingForMs = now - this.heldFrom - this.holdMs(step, limit);
		if (feelingForMs <= 0) return;
		const fastest = Math.min(step.fastest, GROWTH_PER_ROUND_TRIP / roundTripMs);
		const growth = Math.min(step.growth * 2 ** (feelingForMs / GROWTH_DOUBLES_MS), fastest);
		this.lead *= Math.min(Math.exp(growth * (now - this.grownAt)), STEP_UP);
	}

	private stepUp(): typeof UNKNOWN {
		if (this.sharing.isLikely) return this.keepsUnused ? SHARED_WHERE_KEPT : SHARED_WHERE_LOST;
		return FEELING_UP[this.trust] ?? UNKNOWN;
	}

	private holdMs(step: typeof UNKNOWN, limit: number): number {
		const forPauses = this.keepsUnused ? 0 : step.holdPauses * (this.resumedAt - this.emptyAt);
		return Math.max(step.holdMs, forPauses, Math.min(step.holdCalls / limit, LONGEST_HOLD_MS));
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

/**
 * The highest limit, in calls per millisecond, at which a bucket is empty once these calls have left: at
 * some moment it was full, and since then what it keeps and what came in has gone. The moment is the
 * one that gives the highest limit: before it the bucket overflowed.
 */
function highestLimit(calls: readonly number[], emptyAt: number, keptMs: number): number {
	// Where a second's worth is kept the last token was taken between the last two calls.
	const extra = keptMs === KEPT_MS ? 0.5 : 0;
	return calls.reduce((highest, at, before) => {
		const gone = calls.length - before + extra;
		return Math.max(highest, gone / (Math.max(emptyAt - at, 0) + keptMs));
	}, 0);
}
