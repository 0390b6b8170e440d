const env = (k: string, d: number): number => Number(process.env[k] ?? d);
const KEPT_MS = 1000;
const SLACK_MS = env('SLACK', 4);
const SLOWEST = 0.2 / 1000;
const SHARE_KEPT = env('SK', 0.99);
const SHARE_LOST = env('SL', 0.98);
const AGREEMENT = 0.25;
const MEMORY = 300;
const FASTEST_GROWTH = env('FG', 2.3) / 1000;
const SLOWEST_GROWTH = env('SG', 0.02) / 1000;
const GROWTH_DOUBLES_MS = env('GD', 700);
const CALMER = env('CALMER', 5);
const FIRST_HOLD_MS = 300;
const LONGEST_HOLD_MS = env('LH', 8000);
const HOLD_CALLS = env('HC', 80);
const HOLD_PAUSES = env('HP', 40);
const RTTG = env('RTTG', 0.15);
const CALM_GROWTH = env('CG', 0.5) / 1000;
const FIRSTBACK = env('FB', 0.85);
const BR = env('BR', 0.4);
const PROOF = env('PROOF', 5);
const BACK = env('BACK', 0.6);

export class Allowance {
	/** Calls per millisecond; undefined until a limit showed. */
	private found: number | undefined;
	private memory = 0;
	private lead = 1;
	private credit = 0;
	private creditAt = 0;
	private keeps = true;

	private granted = 0;
	private measuredFrom: number | undefined;
	private resumedAt = 0;
	private knownAt = -1;
	private calm = 0;
	private grownAt = 0;
	private pauseMs = 0;
	private first: number[] = [];
	private early = 0;

	get rate(): number {
		return (this.found ?? 0) * this.lead * (this.keeps ? SHARE_KEPT : SHARE_LOST);
	}

	waitMs(now: number): number {
		if (this.found === undefined) return 0;
		this.accrue(now);
		return this.credit > 1 - 1e-6 ? 0 : (1 - this.credit) / this.rate;
	}

	spend(now: number): void {
		this.measuredFrom ??= now;
		if (this.found === undefined) return;
		this.accrue(now);
		this.credit -= 1;
	}

	grant(sentAt: number, now: number): void {
		if (sentAt >= (this.measuredFrom ?? 0)) this.granted += 1;
		if (this.found === undefined) { this.first.push(sentAt); if (this.first.length > 1000) this.first.splice(0, 500); }
		if (this.found !== undefined) this.grow(now, now - sentAt);
	}

	refuse(sentAt: number, sentRate: number, now: number, resumesAt: number, inFlight: number): void {
		if (sentAt > this.knownAt) {
			this.learn(sentAt, sentRate, resumesAt > now);
			this.found = Math.max(this.found ?? 0, SLOWEST);
			this.knownAt = now;
			this.lead = 1;
		}
		this.granted = 0;
		this.credit = -inFlight - (resumesAt > now ? 0 : 2 ** Math.min(this.early, 4) - 1);
		this.creditAt = sentAt;
		this.resumedAt = Math.max(resumesAt, now);
		this.pauseMs = this.resumedAt - sentAt;
		this.measuredFrom = this.keeps ? Math.max(sentAt + 1e-3, this.resumedAt - KEPT_MS) : this.resumedAt;
		this.grownAt = this.resumedAt;
	}

	private learn(sentAt: number, sentRate: number, told: boolean): void {
		const elapsed = Math.max(sentAt - (this.measuredFrom ?? sentAt), 1);
		if (this.found === undefined) {
			this.found = this.firstGuess(sentAt);
			this.memory = this.granted;
			this.keeps = this.granted >= PROOF && told;
			this.calm = Math.min(2, Math.floor(this.granted / PROOF));
			return;
		}
		const openMs = sentAt - this.resumedAt;
		const expected = this.found * Math.min(KEPT_MS, this.pauseMs);
		if (this.keeps && expected > 2.5 && this.granted - openMs * this.found < 0.5 * expected && openMs < this.pauseMs) {
			this.keeps = false;
			this.calm = 0;
			return;
		}
		if (this.keeps) this.measureKept(elapsed);
		else this.measureLost(elapsed, sentRate);
	}

	private firstGuess(sentAt: number): number {
		const n = this.first.length;
		const guesses = this.first.map((at, i) => (n - i + 0.5) / (Math.max(sentAt - at, 0) + KEPT_MS));
		this.first = [];
		return Math.max(0.5 / KEPT_MS, ...guesses);
	}

	private measureKept(elapsed: number): void {
		const found = this.found ?? SLOWEST;
		if (Math.max(this.granted, found * elapsed) < 4) return this.backOff(0.95);
		this.early = 0;
		const measured = (this.granted - 0.5) / elapsed;
		const agrees = Math.abs(measured / found - 1) < AGREEMENT;
		this.calm = agrees ? this.calm + 1 : Math.max(0, Math.min(this.calm, 2) - 1);
		this.memory = Math.min(this.memory, agrees ? MEMORY : 0);
		const sum = this.memory + this.granted - 0.5;
		this.found = Math.max(sum / (this.memory / found + elapsed), measured, found / 4);
		this.memory = sum;
	}

	private backOff(factor: number): void {
		this.found = (this.found ?? 0) * (this.early > 0 ? factor : FIRSTBACK);
		this.early += 1;
		if (this.early > 1) this.calm = Math.max(0, this.calm - 1);
	}

	private measureLost(elapsed: number, sentRate: number): void {
		const found = this.found ?? SLOWEST;
		if (this.granted < 2) return this.backOff(BACK);
		this.early = 0;
		const sure = (this.granted - 1) / elapsed;
		this.calm += sure < 1.5 * found ? 1 : 0;
		this.found = Math.min(sentRate, sure ** (1 - BR) * sentRate ** BR);
	}

	private holdMs(): number {
		const found = this.found ?? 1;
		const longest = Math.max(LONGEST_HOLD_MS, HOLD_CALLS / found, this.keeps ? 0 : HOLD_PAUSES * this.pauseMs);
		return Math.max(Math.min(FIRST_HOLD_MS * 4 ** this.calm, longest), 2 / found);
	}

	private grow(now: number, roundTripMs: number): void {
		const since = now - this.resumedAt - this.holdMs();
		this.accrue(now);
		if (since < 0 || this.credit > 1.5) {
			this.grownAt = now;
			return;
		}
		const slowest = Math.max(FASTEST_GROWTH / CALMER ** this.calm, SLOWEST_GROWTH);
		const fastest = Math.min(this.calm < 2 ? FASTEST_GROWTH : CALM_GROWTH, RTTG / roundTripMs);
		const growth = Math.min(slowest * 2 ** (since / GROWTH_DOUBLES_MS), fastest);
		this.lead *= Math.min(Math.exp(growth * (now - this.grownAt)), 2);
		this.grownAt = now;
	}

	private accrue(now: number): void {
		if (now <= this.creditAt || this.found === undefined) return;
		const most = this.keeps ? Math.max(this.rate * KEPT_MS * 0.95, 1) : 1 + this.rate * SLACK_MS;
		this.credit = Math.min(this.credit + (now - this.creditAt) * this.rate, most);
		this.creditAt = now;
	}
}
