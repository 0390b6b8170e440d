/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { performance } from 'node:perf_hooks';

/** Milliseconds since 1970, UTC, that never go back, even if the machine's clock is set. */
export function machineTime(): number {
	return performance.timeOrigin + performance.now();
}

/**
 * The time of the sandbox. It runs as its source does, from a moment of its own choice, and can be
 * moved forward, so that a grace period ends without anybody waiting for it.
 */
export class SandboxClock {
	private readonly source: () => number;
	private readonly madeAtMs: number;
	private readonly openedAtMs: number;
	private offsetMs = 0;

	/**
	 * @param source milliseconds since 1970, UTC, never going back
	 * @param openedAtMs the moment that it is in the sandbox as it is made; default the source's
	 */
	constructor(source: () => number, openedAtMs?: number) {
		this.source = source;
		this.madeAtMs = source();
		this.openedAtMs = openedAtMs ?? this.madeAtMs;
	}

	/** The moment that it is in the sandbox: milliseconds since 1970, UTC. */
	now(): number {
		return Math.round(this.openedAtMs + this.elapsed() + this.offsetMs);
	}

	/** Milliseconds since the sandbox was made, however the clock was moved. */
	elapsed(): number {
		return this.source() - this.madeAtMs;
	}

	/** As `elapsed`, with what the clock was moved by: what rate limits follow. */
	elapsedWithMoves(): number {
		return this.elapsed() + this.offsetMs;
	}

	/** The moment that it is for the clients of the sandbox: milliseconds since 1970, UTC. */
	outside(): number {
		return this.source();
	}

	/**
	 * Moves the clock forward.
	 *
	 * @throws RangeError when the span is negative or no number
	 */
	advance(ms: number): void {
		if (!(ms >= 0 && Number.isFinite(ms))) {
			throw new RangeError(`The clock goes forward only, not by ${ms} ms`);
		}
		this.offsetMs += ms;
	}

	/** Takes back all moves. */
	reset(): void {
		this.offsetMs = 0;
	}
}
