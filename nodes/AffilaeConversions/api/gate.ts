import { sleep } from 'n8n-workflow';
import { Cancelled, waitTooLong } from './apiError';
import type { UserError } from '../domain/userError';
import type { Departure, Pace } from './pace';

/** Milliseconds: timers cannot be taken back, so long waits are made of short ones. */
const LONGEST_NAP_MS = 1000;

/** A call that waits for its turn. */
interface Waiting {
	let: (departure: Departure) => void;
	refuse: (refusal: UserError) => void;
	longestMs: number;
}

/** Lets calls through one after the other, each when the pace allows. */
export class Gate {
	private readonly urgent: Waiting[] = [];
	private readonly others: Waiting[] = [];
	/** How long the pace has held calls back, in milliseconds. */
	heldBackMs = 0;
	private isLettingThrough = false;
	private closedBy: UserError | undefined;
	private wakeFirst: (() => void) | undefined;
	private readonly napping = new Set<() => void>();

	/** @param signal aborted when a person stops the execution */
	constructor(
		private readonly pace: Pace,
		private readonly signal: AbortSignal | undefined,
	) {
		signal?.addEventListener('abort', () => this.wakeAll(), { once: true });
	}

	/** Milliseconds on the clock that the pace goes by. */
	now(): number {
		return performance.now();
	}

	/**
	 * Waits for this call's turn.
	 *
	 * @param longestMs how long the pace may hold a call back, in milliseconds
	 * @param isUrgent whether it goes before the others: what was begun is to be ended first
	 * @throws {Cancelled} once the execution is stopped
	 * @throws {UserError} where the gate is closed, or the wait would be too long
	 */
	async enter(longestMs: number, isUrgent: boolean): Promise<Departure> {
		return await new Promise((resolve, reject) => {
			const line = isUrgent ? this.urgent : this.others;
			line.push({ let: resolve, refuse: reject, longestMs });
			if (!this.isLettingThrough) void this.letThrough();
		});
	}

	/** Tells the first in line that a call has come back. */
	callIsBack(): void {
		this.wakeFirst?.();
	}

	/** No call leaves any more: each gets this refusal. */
	close(refusal: UserError): void {
		this.closedBy ??= refusal;
		this.wakeAll();
	}

	/**
	 * Waits some milliseconds, but not past the end of the execution.
	 *
	 * @throws {UserError} as {@link enter}
	 */
	async pause(ms: number): Promise<void> {
		const until = this.now() + ms;
		for (let rest = ms; rest > 0; rest = until - this.now()) {
			this.mustBeOpen();
			await this.nap(rest);
		}
		this.mustBeOpen();
	}

	private async letThrough(): Promise<void> {
		this.isLettingThrough = true;
		for (let line = this.firstLine(); line !== undefined; line = this.firstLine()) {
			const now = this.now();
			const wait = this.pace.waitMs(now);
			const refusal = this.refusalOf(wait, line[0]?.longestMs ?? Infinity);
			if (refusal) line.shift()?.refuse(refusal);
			else if (wait <= 0) line.shift()?.let(this.pace.depart(now));
			else if (wait === Infinity) await new Promise<void>((wake) => (this.wakeFirst = wake));
			else await this.holdBack(wait);
		}
		this.isLettingThrough = false;
	}

	private async holdBack(ms: number): Promise<void> {
		const since = this.now();
		await this.nap(ms);
		this.heldBackMs += this.now() - since;
	}

	private firstLine(): Waiting[] | undefined {
		return [this.urgent, this.others].find(({ length }) => length > 0);
	}

	private refusalOf(wait: number, longestMs: number): UserError | undefined {
		if (this.closedBy) return this.closedBy;
		if (this.signal?.aborted) return new Cancelled();
		return wait !== Infinity && wait > longestMs ? waitTooLong(wait) : undefined;
	}

	private mustBeOpen(): void {
		const refusal = this.refusalOf(0, Infinity);
		if (refusal) throw refusal;
	}

	private async nap(ms: number): Promise<void> {
		await new Promise<void>((resolve) => {
			this.napping.add(resolve);
			void sleep(Math.min(ms, LONGEST_NAP_MS)).then(() => {
				this.napping.delete(resolve);
				resolve();
			});
		});
	}

	private wakeAll(): void {
		this.wakeFirst?.();
		for (const wake of this.napping) wake();
	}
}
