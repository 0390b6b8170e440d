import { Allowance } from './allowance';

/** A call on its way. */
export interface Departure {
	readonly sentAt: number;
	readonly rate: number;
}

const FEW = 2;
const GROWTH_MS = 250;
const SMOOTHING = 1 / 16;
const FORGET_MS = 10_000;

export class Pace {
	private inFlight = 0;
	private blockedUntil = 0;
	private readonly line: Line;
	private readonly allowance = new Allowance();

	constructor(mostInFlight: number) {
		this.line = new Line(mostInFlight);
	}

	waitMs(now: number): number {
		if (this.inFlight >= this.line.width) return Infinity;
		if (now < this.blockedUntil) return this.blockedUntil - now;
		return this.allowance.waitMs(now);
	}

	depart(now: number): Departure {
		this.inFlight += 1;
		this.allowance.spend(now);
		return { sentAt: now, rate: this.allowance.rate };
	}

	arrive({ sentAt }: Departure, now: number): void {
		this.line.arrive(now - sentAt, now, this.inFlight);
		this.inFlight -= 1;
		this.allowance.grant(sentAt, now);
	}

	falter({ sentAt }: Departure, now: number): void {
		this.line.falter();
		this.inFlight -= 1;
		this.allowance.grant(sentAt, now);
	}

	limit({ sentAt, rate }: Departure, now: number, waitMs = 0): void {
		this.inFlight -= 1;
		this.blockedUntil = Math.max(this.blockedUntil, now + waitMs);
		this.allowance.refuse(sentAt, rate, now, this.blockedUntil, this.inFlight);
	}

	abandon(): void {
		this.inFlight -= 1;
	}
}

class Line {
	width = 1;
	private smoothed: number | undefined;
	private usual = Infinity;
	private usualAt = 0;
	private flow = 0;
	private answers = 0;

	constructor(private readonly most: number) {}

	arrive(tookMs: number, now: number, inFlight: number): void {
		const took = Math.max(tookMs, 0.1);
		this.smoothed = this.smoothed === undefined ? took : this.smoothed + (took - this.smoothed) * SMOOTHING;
		this.answers += 1;
		if (this.answers >= 12 && this.smoothed < this.usual || now - this.usualAt > FORGET_MS) {
			this.usual = this.smoothed;
			this.usualAt = now;
		}
		if (inFlight < Math.floor(this.width)) return;
		this.flow = inFlight / this.smoothed;
		const enough = Math.min((this.answers < 12 ? Infinity : 1.5 * this.flow * this.usual + 2), this.most);
		const grown = Math.max(this.width + Math.min(took / GROWTH_MS, 1), FEW);
		this.width = Math.max(this.width, Math.min(grown, enough));
	}

	falter(): void {
		this.width = Math.max(1, this.width * 7 / 8);
	}
}
