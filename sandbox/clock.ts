/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { performance } from 'node:perf_hooks';

/** Milliseconds since 1970, UTC, that never go back, even if the machine's clock is changed. */
export function machineTime(): number {
	return performance.timeOrigin + performance.now();
}

/**
 * The time of the sandbox. It runs as fast as its source, can start at any time, and can be moved
 * forward, so that a grace period ends without a wait.
 */
export class SandboxClock {
	private readonly source: () => number;
	private readonly madeAtMs: number;
	private readonly openedAtMs: number;
	private offsetMs = 0;

	/**
	 * @param source milliseconds since 1970, UTC, never going back
	 * @param openedAtMs the time in the sandbox at its creation; default the source's
	 */
	constructor(source: () => number, openedAtMs?: number) {
		this.source = source;
		this.madeAtMs = source();
		this.openedAtMs = openedAtMs ?? this.madeAtMs;
	}

	/** The current time in the sandbox: milliseconds since 1970, UTC. */
	now(): number {
		return Math.round(this.openedAtMs + this.elapsed() + this.offsetMs);
	}

	/** Milliseconds since the sandbox was created, without moves of the clock. */
	elapsed(): number {
		return this.source() - this.madeAtMs;
	}

	/** As `elapsed`, with moves of the clock. Rate limits use it. */
	elapsedWithMoves(): number {
		return this.elapsed() + this.offsetMs;
	}

	/** The current time for clients of the sandbox: milliseconds since 1970, UTC. */
	outside(): number {
		return this.source();
	}

	/**
	 * Moves the clock forward.
	 *
	 * @throws RangeError if `ms` is negative or not a number
	 */
	advance(ms: number): void {
		if (!(ms >= 0 && Number.isFinite(ms))) {
			throw new RangeError(`The clock goes forward only, not by ${ms} ms`);
		}
		this.offsetMs += ms;
	}

	/** Undoes all moves. */
	reset(): void {
		this.offsetMs = 0;
	}
}
