import { createHash } from 'crypto';
import { waitTooLong } from './apiError';
import { LONGEST_SLEEP_MS, systemClock, type Clock } from './clock';
import { Participant, type JoinOptions, type Permit } from './participant';
import { LEAVING_MS, Rate } from './rate';

const FIRST_CONCURRENCY = 8; // About so many get a 429 when a burst ends.
const FIRST_BURST = 110; // One more call at once after so many successes. A burst of 100 has then surely ended.
const FIRST_MS = 3000; // After so long without a 429, responses are too slow to use up a burst.
const ORDINARY_WAIT_MS = 5000; // Queueing, not retrying: no call fails for it, whatever Retry For says.
const REMEMBERED_MS = 10 * 60_000; // Loops and webhooks call again within minutes.

/** Decides when calls to one account are sent. Participants take turns. */
export class RateLimiter {
	readonly participants = new Set<Participant>();
	servedAt = 0;
	private readonly rate = new Rate();
	private inFlight = 0;
	private maxConcurrency = 1;
	private successes = 0; // Infinity as soon as a burst is surely over, until the next 429.
	private burstFrom = 0; // Since then, several calls were always in flight.
	private wakesAt = Infinity;
	private held: Participant[] = [];

	constructor(readonly clock: Clock) {}

	/** Adds an execution, which must leave at its end. */
	join(options: JoinOptions): Participant {
		this.maxConcurrency = Math.max(this.maxConcurrency, options.maxConcurrency);
		return new Participant(this, options);
	}

	/** Sends the calls that may be sent now, and schedules itself for the next ones. */
	serve(): void {
		const now = this.clock.now();
		for (const participant of this.held.splice(0)) participant.waitedMs += now - this.servedAt;
		this.servedAt = now;
		while (this.inFlight < this.places) {
			const ready = [...this.participants].filter(({ waiting }) => waiting.length > 0);
			const next = ready.find(({ inFlight, options }) => inFlight.size < options.maxConcurrency);
			if (!next) return;
			const waitMs = this.rate.waitMs(now);
			if (waitMs > 0) return this.holdBack(ready, now, waitMs);
			this.participants.delete(next);
			this.participants.add(next); // As the last in turn.
			next.waiting.shift()?.send(this.permit(next, now));
		}
	}

	private holdBack(participants: Participant[], now: number, waitMs: number): void {
		for (const one of participants) {
			const mostMs = Math.max(one.options.maxWaitMs, ORDINARY_WAIT_MS);
			const latest = Math.max(this.rate.blockedSince ?? now, one.joinedAt) + mostMs;
			if (now + waitMs <= latest) this.held.push(one);
			else one.reject(waitTooLong(waitMs));
		}
		const wakesAt = now + Math.min(waitMs, LONGEST_SLEEP_MS);
		if (this.held.length === 0 || wakesAt >= this.wakesAt) return;
		this.wakesAt = wakesAt;
		void this.clock.sleep(wakesAt - now).then(() => {
			if (this.wakesAt === wakesAt) this.wakesAt = Infinity;
			this.serve();
		});
	}

	/** One call alone first, which shows whether address and token work; then few, until a burst is over. */
	private get places(): number {
		const most = FIRST_CONCURRENCY + this.successes / FIRST_BURST;
		return Math.min(1 + this.successes / 2, most, this.maxConcurrency);
	}

	private permit({ inFlight }: Participant, sentAt: number): Permit {
		const permit: Permit = (outcome, retryAfterMs) => {
			if (!inFlight.delete(permit)) return;
			const now = this.clock.now();
			if (outcome === 'limited') this.rate.rejected(sentAt, now, retryAfterMs);
			else if (outcome !== 'abandoned') this.rate.gotThrough(sentAt);
			const passedMs = now - this.burstFrom;
			const isOver = this.successes > FIRST_BURST * (1 + passedMs / 1000) || passedMs > FIRST_MS;
			if (outcome === 'succeeded') this.successes = isOver ? Infinity : this.successes + 1;
			else if (outcome === 'limited') this.successes = Math.min(this.successes, FIRST_CONCURRENCY);
			this.inFlight -= 1;
			this.serve();
		};
		this.rate.sent(sentAt);
		if (!this.rate.allowsBurst) {
			void this.clock.sleep(LEAVING_MS / 2).then(() => this.rate.left(this.clock.now()));
		}
		if (this.inFlight < FIRST_CONCURRENCY / 2 && this.successes !== Infinity) {
			this.burstFrom = sentAt;
			this.successes = Math.min(this.successes, FIRST_CONCURRENCY);
		}
		inFlight.add(permit);
		this.inFlight += 1;
		return permit;
	}
}

const limiters = new Map<string, RateLimiter>();

/** The one limiter of an account in this process. Its key is a hash: the token is not kept. */
export function limiterFor(baseUrl: string, token: string, clock = systemClock): RateLimiter {
	for (const [key, { participants, servedAt }] of limiters) {
		if (participants.size === 0 && clock.now() - servedAt > REMEMBERED_MS) limiters.delete(key);
	}
	const key = createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
	const limiter = limiters.get(key) ?? new RateLimiter(clock);
	limiters.set(key, limiter);
	return limiter;
}
