import { Allowance, type Departure } from './allowance';

export type { Departure };

/** Calls in flight once the first was answered. */
const FEW = 2;
/** The line widens by a factor e in this time, so that 50 are in flight within a second or two. */
const WIDENS_MS = 250;
/** Of each round trip, how much goes into the smoothed one. */
const SMOOTHING = 1 / 16;
/** Answers before the smoothed round trip says anything. */
const ENOUGH_ANSWERS = 12;
/** After so long a shortest round trip is forgotten: the service may have become slower. */
const FORGET_MS = 10_000;
/** More in flight than the line holds only wait, and are refused together once a limit shows. */
const SPARE_SHARE = 1.3;
const SPARE_CALLS = 2;
/** After so many answers without a limit there hardly is one: then one more for each few answers. */
const LIKELY_FREE_AFTER = 300;
const ANSWERS_PER_SPARE = 15;
const MOST_SPARE_CALLS = 16;
/** What is left of the line's width when a call falters: at 5% faltering it widens faster. */
const NARROWED = 7 / 8;

/**
 * How fast to call a service whose limit nobody knows.
 *
 * Two things hold a call back: the line, which is full when enough calls are in flight, and the
 * allowance, which is what the service's 429s have shown of its limit. Retry-After stands above both.
 *
 * Nothing here reads a clock or waits: all times are given, in milliseconds. Each departure is
 * followed by one of arrive, falter, limit or abandon.
 */
export class Pace {
	private readonly inFlight = new Set<Departure>();
	private blockedUntil = 0;
	private readonly line: Line;
	private readonly allowance = new Allowance();

	constructor(mostInFlight: number) {
		this.line = new Line(mostInFlight);
	}

	/** How long the next call must wait: 0 for not at all, Infinity for until an answer has come. */
	waitMs(now: number): number {
		if (!this.line.hasRoom(this.inFlight.size)) return Infinity;
		if (now < this.blockedUntil) return this.blockedUntil - now;
		return this.allowance.waitMs(now);
	}

	/** A call leaves. */
	depart(now: number): Departure {
		this.allowance.spend(now);
		const departure = { sentAt: now };
		this.inFlight.add(departure);
		return departure;
	}

	/** An answer came that was no 429. */
	arrive(departure: Departure, now: number): void {
		this.line.widen(now - departure.sentAt, now, this.inFlight.size, this.allowance.rate > 0);
		this.inFlight.delete(departure);
		this.allowance.grant(departure, now);
	}

	/** A call got no answer, or one that says the service is in trouble: fewer at once. */
	falter(departure: Departure, now: number): void {
		this.line.narrow();
		this.inFlight.delete(departure);
		// What counts calls stands in front of what is in trouble, so the call was counted.
		this.allowance.grant(departure, now);
	}

	/**
	 * A 429 came.
	 *
	 * @param waitMs what Retry-After asked for, where it was there
	 */
	limit(departure: Departure, now: number, waitMs = 0): void {
		this.inFlight.delete(departure);
		this.blockedUntil = Math.max(this.blockedUntil, now + waitMs);
		const resumesAt = Math.max(this.blockedUntil, now);
		this.allowance.refuse(departure, now, resumesAt, this.inFlight.size);
	}

	/** A call was cancelled: its place is free, and nothing was learnt. */
	abandon(departure: Departure): void {
		this.inFlight.delete(departure);
	}
}

/** How many calls to have in flight: as many as make the answers come no faster, and few more. */
class Line {
	private width = 1;
	private answers = 0;
	private smoothedMs = 0;
	private shortestMs = Infinity;
	private shortestAt = 0;

	constructor(private readonly mostInFlight: number) {}

	hasRoom(inFlight: number): boolean {
		return inFlight < Math.floor(this.width);
	}

	/** An answer came after `tookMs`; if the line was full, it may be worth widening. */
	widen(tookMs: number, now: number, inFlight: number, isLimited: boolean): void {
		this.measure(tookMs, now);
		if (this.hasRoom(inFlight)) return;
		const wider = Math.max(this.width + Math.min(tookMs / WIDENS_MS, 1), FEW);
		const enough = this.enough(inFlight, isLimited);
		this.width = Math.max(this.width, Math.min(wider, enough, this.mostInFlight));
	}

	narrow(): void {
		this.width = Math.max(1, this.width * NARROWED);
	}

	private measure(tookMs: number, now: number): void {
		this.answers += 1;
		const weight = Math.max(SMOOTHING, 1 / this.answers);
		this.smoothedMs += (tookMs - this.smoothedMs) * weight;
		if (this.answers < ENOUGH_ANSWERS) return;
		if (this.smoothedMs > this.shortestMs && now - this.shortestAt < FORGET_MS) return;
		this.shortestMs = this.smoothedMs;
		this.shortestAt = now;
	}

	/** What the present flow of answers would need at the shortest round trip, and some to spare. */
	private enough(inFlight: number, isLimited: boolean): number {
		if (this.answers < ENOUGH_ANSWERS || this.smoothedMs === 0) return Infinity;
		const flow = inFlight / this.smoothedMs;
		const more = isLimited ? 0 : (this.answers - LIKELY_FREE_AFTER) / ANSWERS_PER_SPARE;
		const spare = Math.min(SPARE_CALLS + Math.max(more, 0), MOST_SPARE_CALLS);
		return SPARE_SHARE * flow * this.shortestMs + spare;
	}
}
