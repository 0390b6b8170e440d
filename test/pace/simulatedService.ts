import { Pace } from '../../nodes/AffilaeConversions/api/pace';

/** How the service counts, how it answers, and how its clients call it. Times are milliseconds. */
export interface Scenario {
	/** Calls a second that the service grants. */
	readonly limit: number;
	/** What the service keeps of unused allowance: one second's worth, or next to nothing. */
	readonly burst: 'second' | 'none';
	/** How a 429 says when to come back. */
	readonly retryAfter: 'seconds' | 'date' | 'absent';
	/** There and back; two numbers are the bounds of a uniform spread. */
	readonly latency: number | readonly [number, number];
	/** Calls that each client has to make. */
	readonly calls: number;
	/** Processor time of one call at the client, which makes one after the other. */
	readonly cpuMs?: number;
	/** When each client starts; one client at 0 if not given. */
	readonly starts?: readonly number[];
	/** From `at` on the limit is `limit`. */
	readonly change?: { readonly at: number; readonly limit: number };
	readonly mostInFlight?: number;
	/** Share of the granted calls that end in a 5xx, and are made again. */
	readonly faltering?: number;
	/** One answer in `every` takes `ms` longer. */
	readonly slow?: { readonly every: number; readonly ms: number };
	/** Timers fire up to this much late. */
	readonly timersLate?: number;
	readonly seed?: number;
}

export interface Outcome {
	/** When each client had its last answer. */
	readonly finishedAt: readonly number[];
	/** When the service granted a call, in order. */
	readonly grantedAt: readonly number[];
	/** When the service refused a call with 429, in order. */
	readonly refusedAt: readonly number[];
	/** When each number of calls in flight was first seen at the first client. */
	readonly firstInFlightAt: ReadonlyMap<number, number>;
	/** The time in which nobody could do better, by the time taken. */
	readonly share: number;
	/** 429s among all answers of the service. */
	readonly refusedShare: number;
}

/** Runs the scenario to its end; the same scenario gives the same outcome. */
export function simulate(scenario: Scenario): Outcome {
	const agenda = new Agenda();
	const random = seeded(scenario.seed ?? 1);
	const service = new Service(scenario, random() * 1000);
	const starts = scenario.starts ?? [0];
	const clients = starts.map((start) => new Client(scenario, service, agenda, random, start));
	agenda.run(() => clients.every((client) => client.finishedAt !== undefined));
	const finishedAt = clients.map((client) => client.finishedAt ?? Infinity);
	const { grantedAt, refusedAt } = service;
	return {
		finishedAt,
		grantedAt,
		refusedAt,
		firstInFlightAt: clients[0]?.firstInFlightAt ?? new Map<number, number>(),
		share: leastMs(scenario) / Math.max(...finishedAt),
		refusedShare: refusedAt.length / (grantedAt.length + refusedAt.length),
	};
}

/** Grants in a stretch of time, by what the limit allows in it. */
export function shareBetween(outcome: Outcome, from: number, to: number, limit: number): number {
	const grants = outcome.grantedAt.filter((at) => at >= from && at < to).length;
	return grants / (((to - from) / 1000) * limit);
}

/** The least time in which the calls can be made, by the limit, the processor and the line. */
function leastMs(scenario: Scenario): number {
	const calls = scenario.calls * (scenario.starts?.length ?? 1);
	const kept = capacity(scenario, scenario.limit);
	const { change, limit } = scenario;
	const beforeChange = change ? kept + (limit * change.at) / 1000 : Infinity;
	const byLimit =
		change && calls > beforeChange
			? change.at + ((calls - beforeChange) / change.limit) * 1000
			: ((calls - kept) / limit) * 1000;
	const latency =
		typeof scenario.latency === 'number'
			? scenario.latency
			: (scenario.latency[0] + scenario.latency[1]) / 2;
	const byLine = (scenario.calls * latency) / (scenario.mostInFlight ?? 50);
	return Math.max(byLimit, byLine, scenario.calls * (scenario.cpuMs ?? 2.9));
}

function capacity(scenario: Scenario, limit: number): number {
	return scenario.burst === 'second' ? limit : 1 + limit / 100;
}

/** What is to happen, in the order of time. */
class Agenda {
	now = 0;
	private readonly entries: { at: number; happen: () => void }[] = [];

	add(at: number, happen: () => void): void {
		let place = this.entries.length;
		while (place > 0 && (this.entries[place - 1]?.at ?? 0) <= at) place -= 1;
		this.entries.splice(place, 0, { at, happen });
	}

	/** Until `done`, or until so much has happened that nothing will come of it. */
	run(done: () => boolean): void {
		for (let steps = 0; steps < 2_000_000 && !done(); steps += 1) {
			const next = this.entries.pop();
			if (next === undefined) return;
			this.now = next.at;
			next.happen();
		}
	}
}

/** A token bucket that fills evenly. */
class Service {
	readonly grantedAt: number[] = [];
	readonly refusedAt: number[] = [];
	private tokens: number;
	private filledAt = 0;

	constructor(
		private readonly scenario: Scenario,
		/** How far the service's clock is into its second at 0. */
		private readonly clockOffset: number,
	) {
		this.tokens = capacity(scenario, scenario.limit);
	}

	/** Whether the call is granted. */
	ask(now: number): boolean {
		this.fill(now);
		if (this.tokens < 1) {
			this.refusedAt.push(now);
			return false;
		}
		this.tokens -= 1;
		this.grantedAt.push(now);
		return true;
	}

	/** How long the 429 of this moment bids a client wait that hears of it at `heardAt`. */
	retryAfterMs(now: number, heardAt: number): number | undefined {
		const enoughInMs = ((1 - this.tokens) / this.limitAt(now)) * 1000;
		switch (this.scenario.retryAfter) {
			case 'absent':
				return undefined;
			case 'seconds':
				return Math.ceil(enoughInMs / 1000) * 1000;
			case 'date': {
				const clock = now + enoughInMs + this.clockOffset;
				return Math.ceil(clock / 1000) * 1000 - this.clockOffset - heardAt;
			}
		}
	}

	private limitAt(now: number): number {
		const { change, limit } = this.scenario;
		return change && now >= change.at ? change.limit : limit;
	}

	private fill(now: number): void {
		const limit = this.limitAt(now);
		const filled = this.tokens + ((now - this.filledAt) * limit) / 1000;
		this.tokens = Math.min(filled, capacity(this.scenario, limit));
		this.filledAt = now;
	}
}

/** An execution with its own pace, and a processor that does one thing after the other. */
class Client {
	finishedAt: number | undefined;
	readonly firstInFlightAt = new Map<number, number>();
	private readonly pace: Pace;
	private readonly cpuMs: number;
	private unsent: number;
	private unanswered: number;
	private inFlight = 0;
	private asked = 0;
	private busyUntil = 0;
	private wakesAt = Infinity;

	constructor(
		private readonly scenario: Scenario,
		private readonly service: Service,
		private readonly agenda: Agenda,
		private readonly random: () => number,
		start: number,
	) {
		this.pace = new Pace(scenario.mostInFlight ?? 50);
		this.cpuMs = scenario.cpuMs ?? 2.9;
		this.unsent = scenario.calls;
		this.unanswered = scenario.calls;
		agenda.add(start, () => this.sendWhatMayGo());
	}

	private sendWhatMayGo(): void {
		while (this.unsent > 0) {
			const waitMs = this.pace.waitMs(this.agenda.now);
			if (waitMs > 0) return this.wakeIn(waitMs);
			this.send();
		}
	}

	private wakeIn(waitMs: number): void {
		if (waitMs === Infinity) return;
		const late = this.random() * (this.scenario.timersLate ?? 0);
		const wakesAt = this.agenda.now + Math.max(waitMs, 1) + late;
		if (wakesAt >= this.wakesAt && this.wakesAt > this.agenda.now) return;
		this.wakesAt = wakesAt;
		this.agenda.add(wakesAt, () => {
			if (this.wakesAt !== wakesAt) return;
			this.wakesAt = Infinity;
			this.sendWhatMayGo();
		});
	}

	private send(): void {
		const departure = this.pace.depart(this.agenda.now);
		this.unsent -= 1;
		this.inFlight += 1;
		if (!this.firstInFlightAt.has(this.inFlight)) {
			this.firstInFlightAt.set(this.inFlight, this.agenda.now);
		}
		this.asked += 1;
		const { slow } = this.scenario;
		const stalled = slow && this.asked % slow.every === 0 ? slow.ms : 0;
		const oneWay = this.latency() / 2;
		this.agenda.add(this.afterWork() + oneWay, () => {
			const { now } = this.agenda;
			const granted = this.service.ask(now);
			const heardAt = now + oneWay + stalled;
			const retryAfterMs = this.service.retryAfterMs(now, heardAt);
			this.agenda.add(heardAt, () =>
				this.agenda.add(this.afterWork(), () => this.take(departure, granted, retryAfterMs)),
			);
		});
	}

	private take(
		departure: ReturnType<Pace['depart']>,
		granted: boolean,
		retryAfterMs: number | undefined,
	): void {
		const { now } = this.agenda;
		this.inFlight -= 1;
		if (!granted) {
			this.pace.limit(departure, now, retryAfterMs);
			this.unsent += 1;
		} else if (this.random() < (this.scenario.faltering ?? 0)) {
			this.pace.falter(departure, now);
			this.unsent += 1;
		} else {
			this.pace.arrive(departure, now);
			this.unanswered -= 1;
			if (this.unanswered === 0) this.finishedAt = now;
		}
		this.sendWhatMayGo();
	}

	/** When the processor is through with half a call's work. */
	private afterWork(): number {
		this.busyUntil = Math.max(this.busyUntil, this.agenda.now) + this.cpuMs / 2;
		return this.busyUntil;
	}

	private latency(): number {
		const { latency } = this.scenario;
		if (typeof latency === 'number') return latency;
		return latency[0] + this.random() * (latency[1] - latency[0]);
	}
}

/** Even numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
