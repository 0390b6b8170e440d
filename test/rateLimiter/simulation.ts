import type { Permit } from '../../nodes/AffilaeConversions/api/participant';
import { RateLimiter } from '../../nodes/AffilaeConversions/api/rateLimiter';
import { VirtualClock } from './virtualClock';

/** How the service counts calls. Times are in ms. */
export interface Limit {
	readonly calls: number;
	readonly perMs: number;
	/**
	 * - `bucket`: a token bucket of size `calls`
	 * - `noBurst`: a token bucket with almost no burst
	 * - `fixed`: the count restarts every `perMs` of the service's clock
	 * - `sliding`: counts the calls of the last `perMs`; `counting` also counts rejected calls;
	 *   `prolonging`: after one rejection, rejects all calls until none came for `perMs`
	 */
	readonly kind: 'bucket' | 'noBurst' | 'fixed' | 'sliding' | 'counting' | 'prolonging';
}

export interface Execution {
	readonly startMs?: number;
	readonly calls: number;
}

export interface Scenario {
	readonly limit?: Limit;
	/** A different limit from a given time on. */
	readonly change?: { readonly at: number; readonly limit: Limit };
	readonly retryAfter?: 'seconds' | 'date' | 'absent';
	/** Round trip; two numbers are the bounds of a uniform distribution. */
	readonly latency?: number | readonly [number, number];
	/** How much longer the service takes for the answer to a call that it grants, or rejects with 429. */
	readonly answerMs?: { readonly granted?: number; readonly rejected?: number };
	/** The executions of each process. Executions of one process share a limiter and a processor. */
	readonly processes: ReadonlyArray<readonly Execution[]>;
	/** Processor time of one call. */
	readonly cpuMs?: number;
	readonly maxConcurrency?: number;
	readonly maxWaitMs?: number;
	/** Share of the granted calls that get a 5xx and are retried. */
	readonly failing?: number;
	/** The service rejects one call in so many although the limit allows it. */
	readonly stray?: number;
	/** One response in `every` takes `ms` longer. */
	readonly slow?: { readonly every: number; readonly ms: number };
	/** Timers fire up to this many ms late. */
	readonly timersLate?: number;
	/** A process stands still for `ms` once in every period of `every` ms, such as to collect garbage. */
	readonly stalls?: { readonly every: number; readonly ms: number };
	readonly seed?: number;
}

export interface Outcome {
	/** When the service granted calls, and when it rejected calls with 429, in order. */
	readonly grantedAt: readonly number[];
	readonly rejectedAt: readonly number[];
	/** Each execution, in the order of the processes. */
	readonly executions: ReadonlyArray<{
		readonly startedAt: number;
		readonly finishedAt: number;
		readonly done: number;
		readonly failed: number;
		readonly waitedMs: number;
	}>;
	/** The share of 429s among all responses of the service. */
	readonly rejectedShare: number;
	readonly mostInFlight: number;
}

/** Runs the scenario to its end. The same scenario gives the same outcome. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
	const random = seeded(scenario.seed ?? 1);
	const clock = new VirtualClock(
		// Timers that are due while the process stands still fire together, in order, when it continues.
		(at) => stallMs(scenario, at) || random() * (scenario.timersLate ?? 1),
	);
	const service = new Service(scenario, random());
	const gauge = { inFlight: 0, most: 0 };
	const running = scenario.processes.flatMap((executions) => {
		const limiter = new RateLimiter(clock);
		const processor = { busyUntil: 0 };
		return executions.map(async (execution) => {
			const client = new Client(scenario, clock, service, processor, random, gauge);
			return await client.run(limiter, execution);
		});
	});
	const end = { isReached: false };
	const all = Promise.all(running).finally(() => (end.isReached = true));
	await clock.run({ isDone: () => end.isReached });
	const { grantedAt, rejectedAt } = service;
	return {
		grantedAt,
		rejectedAt,
		executions: await all,
		rejectedShare: rejectedAt.length / (grantedAt.length + rejectedAt.length),
		mostInFlight: gauge.most,
	};
}

/** How much longer a process stands still at a given time, in ms. */
function stallMs({ stalls }: Scenario, at: number): number {
	return stalls ? Math.max(stalls.ms - (at % stalls.every), 0) : 0;
}

/** The minimum time in which a bucket, or a sliding window, allows `calls`. */
export function leastMs({ calls, perMs, kind }: Limit, wanted: number): number {
	if (kind !== 'bucket') return (Math.ceil(wanted / calls) - 1) * perMs;
	return ((wanted - calls) / calls) * perMs;
}

/** The granted calls in a period, as a share of what the limit allows in it. */
export function shareBetween(
	{ grantedAt }: Outcome,
	from: number,
	to: number,
	{ calls, perMs }: Limit,
): number {
	const grants = grantedAt.filter((at) => at >= from && at < to).length;
	return grants / (((to - from) / perMs) * calls);
}

/** The granted calls as a share of what the fixed windows allow, without the incomplete last window. */
export function windowsUsed({ grantedAt }: Outcome, { calls, perMs }: Limit, seed: number): number {
	// The service's clock uses the first random number.
	const phase = seeded(seed)();
	const windowOf = (at: number) => Math.floor(at / perMs + phase);
	const last = windowOf(grantedAt.at(-1) ?? 0);
	const before = grantedAt.filter((at) => windowOf(at) < last).length;
	return before / ((last - windowOf(0)) * calls);
}

class Service {
	readonly grantedAt: number[] = [];
	readonly rejectedAt: number[] = [];
	private asked = 0;
	private tokens = Infinity;
	private filledAt = 0;
	/** The calls that `sliding`, `counting` and `prolonging` count. */
	private counted: number[] = [];
	private blockedUntil = 0;

	/** @param phase how far the service's clock is into its second and into its window, from 0 to 1 */
	constructor(
		private readonly scenario: Scenario,
		private readonly phase: number,
	) {}

	/** @returns undefined if the call is granted, else how long until another can be */
	ask(now: number): number | undefined {
		const { change, stray = Infinity } = this.scenario;
		const limit = change && now >= change.at ? change.limit : this.scenario.limit;
		this.asked += 1;
		const waitMs = this.asked % stray === 0 ? 1 : limit ? this.waitMs(now, limit) : 0;
		(waitMs > 0 ? this.rejectedAt : this.grantedAt).push(now);
		return waitMs > 0 ? waitMs : undefined;
	}

	private waitMs(now: number, limit: Limit): number {
		const { kind, calls, perMs } = limit;
		switch (kind) {
			case 'bucket':
			case 'noBurst': {
				const rate = calls / perMs;
				const holds = kind === 'bucket' ? calls : 1 + rate * 10;
				this.tokens = Math.min(this.tokens + (now - this.filledAt) * rate, holds);
				this.filledAt = now;
				if (this.tokens < 1) return (1 - this.tokens) / rate;
				this.tokens -= 1;
				return 0;
			}
			case 'fixed': {
				const intoWindow = (now + this.phase * perMs) % perMs;
				const used = this.grantedAt.filter((at) => at >= now - intoWindow).length;
				return used < calls ? 0 : perMs - intoWindow;
			}
			case 'prolonging':
				if (now < this.blockedUntil) return this.block(now, perMs);
				if (this.inLast(now, perMs).length >= calls) return this.block(now, perMs);
				this.counted.push(now);
				return 0;
			case 'sliding':
			case 'counting': {
				const isFull = this.inLast(now, perMs).length >= calls;
				if (!isFull || kind === 'counting') this.counted.push(now);
				return isFull ? (this.counted.at(-calls) ?? now) + perMs - now : 0;
			}
		}
	}

	private block(now: number, perMs: number): number {
		this.blockedUntil = now + perMs;
		return perMs;
	}

	private inLast(now: number, perMs: number): number[] {
		this.counted = this.counted.filter((at) => at > now - perMs);
		return this.counted;
	}

	/** The Retry-After that a client receives at `heardAt`. */
	retryAfterMs(now: number, waitMs: number, heardAt: number): number | undefined {
		switch (this.scenario.retryAfter ?? 'absent') {
			case 'absent':
				return undefined;
			case 'seconds':
				return Math.ceil(waitMs / 1000) * 1000;
			case 'date': {
				const offset = this.phase * 1000;
				return Math.max(Math.ceil((now + waitMs + offset) / 1000) * 1000 - offset - heardAt, 0);
			}
		}
	}
}

/** An execution. All its calls wait at once, and are retried after a 429 or a 5xx. */
class Client {
	private asked = 0;

	constructor(
		private readonly scenario: Scenario,
		private readonly clock: VirtualClock,
		private readonly service: Service,
		private readonly processor: { busyUntil: number },
		private readonly random: () => number,
		private readonly gauge: { inFlight: number; most: number },
	) {}

	async run(limiter: RateLimiter, { startMs = 0, calls }: Execution) {
		await this.until(startMs);
		const { maxConcurrency = 30, maxWaitMs = 120_000 } = this.scenario;
		const participant = limiter.join({ maxConcurrency, maxWaitMs });
		const startedAt = this.clock.now();
		const results = await Promise.allSettled(
			Array.from({ length: calls }, async () => {
				for (let isAgain = false; ; isAgain = true) {
					if (await this.call(await participant.acquire(isAgain))) return;
				}
			}),
		);
		const { waitedMs } = participant;
		participant.leave();
		const done = results.filter(({ status }) => status === 'fulfilled').length;
		return {
			startedAt,
			finishedAt: this.clock.now(),
			done,
			failed: calls - done,
			waitedMs,
		};
	}

	private async call(permit: Permit): Promise<boolean> {
		this.gauge.inFlight += 1;
		this.gauge.most = Math.max(this.gauge.most, this.gauge.inFlight);
		this.asked += 1;
		const { slow, failing = 0, answerMs = {} } = this.scenario;
		const stalled = slow && this.asked % slow.every === 0 ? slow.ms : 0;
		const oneWay = this.latency() / 2;
		await this.until(this.afterWork() + oneWay);
		const askedAt = this.clock.now();
		const waitMs = this.service.ask(askedAt);
		const { granted = 0, rejected = 0 } = answerMs;
		const workMs = waitMs === undefined ? granted : rejected;
		await this.until(askedAt + oneWay + stalled + workMs);
		const heardAt = this.clock.now();
		await this.until(this.afterWork());
		this.gauge.inFlight -= 1;
		if (waitMs !== undefined) {
			permit('limited', this.service.retryAfterMs(askedAt, waitMs, heardAt));
			return false;
		}
		const hasFailed = this.random() < failing;
		permit(hasFailed ? 'failed' : 'succeeded');
		return !hasFailed;
	}

	/** When the processor has finished half of a call's work. */
	private afterWork(): number {
		const from = Math.max(this.processor.busyUntil, this.clock.now());
		this.processor.busyUntil =
			from + stallMs(this.scenario, from) + (this.scenario.cpuMs ?? 2.9) / 2;
		return this.processor.busyUntil;
	}

	private async until(at: number): Promise<void> {
		await new Promise<void>((happen) => this.clock.at(at, happen));
	}

	private latency(): number {
		const { latency = 20 } = this.scenario;
		if (typeof latency === 'number') return latency;
		return latency[0] + this.random() * (latency[1] - latency[0]);
	}
}

/** Uniform random numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
