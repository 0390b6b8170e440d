import { sleep } from 'n8n-workflow';
import { Cancelled, waitTooLong, type CallRefusal } from './errors';
import type { Departure, Pace } from './pace';

/** Milliseconds: timers cannot be taken back, so long waits are made of short ones. */
const LONGEST_NAP_MS = 1000;

/** Lets calls through one after the other, each when the pace allows. */
export class Gate {
	private queue: Promise<unknown> = Promise.resolve();
	private closedBy: CallRefusal | undefined;
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
	 * @throws {Cancelled} once the execution is stopped
	 * @throws {CallRefusal} where the gate is closed, or the wait would be too long
	 */
	async enter(longestMs: number): Promise<Departure> {
		const turn = this.queue.then(async () => await this.pass(longestMs));
		this.queue = turn.catch(() => undefined);
		return await turn;
	}

	/** Tells the first in line that a call has come back. */
	callIsBack(): void {
		this.wakeFirst?.();
	}

	/** No call can succeed any more, so none leaves: each gets this refusal. */
	close(refusal: CallRefusal): void {
		this.closedBy ??= refusal;
		this.wakeAll();
	}

	/**
	 * Waits some milliseconds, but not past the end of the execution.
	 *
	 * @throws {Cancelled|CallRefusal} as {@link enter}
	 */
	async pause(ms: number): Promise<void> {
		const until = this.now() + ms;
		for (let rest = ms; rest > 0; rest = until - this.now()) {
			this.mustBeOpen();
			await this.nap(rest);
		}
		this.mustBeOpen();
	}

	private async pass(longestMs: number): Promise<Departure> {
		for (;;) {
			this.mustBeOpen();
			const now = this.now();
			const wait = this.pace.waitMs(now);
			if (wait <= 0) return this.pace.depart(now);
			if (wait === Infinity) await new Promise<void>((resolve) => (this.wakeFirst = resolve));
			else if (wait > longestMs) throw waitTooLong(wait);
			else await this.nap(wait);
		}
	}

	private mustBeOpen(): void {
		if (this.closedBy) throw this.closedBy;
		if (this.signal?.aborted) throw new Cancelled();
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
