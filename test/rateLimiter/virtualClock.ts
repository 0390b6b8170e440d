/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import type { Clock } from '../../nodes/AffilaeConversions/api/clock';

interface Entry {
	readonly at: number;
	readonly happen: () => void;
}

/** A clock that does not move until it is run. Servers and clients of a test share one. */
export class VirtualClock implements Clock {
	private time = 0;
	/** Sorted by time, the next one last. */
	private readonly entries: Entry[] = [];

	/** @param lateness returns how late a timer fires, in ms, given when it should; called for each timer */
	constructor(private readonly lateness: (at: number) => number = () => 0) {}

	now(): number {
		return this.time;
	}

	async sleep(ms: number): Promise<void> {
		await new Promise<void>((happen) => {
			// Node.js counts whole milliseconds, at least one.
			const at = this.time + Math.max(Math.ceil(ms), 1);
			this.at(at + this.lateness(at), happen);
		});
	}

	/** Runs something at a given time, never late. */
	at(at: number, happen: () => void): void {
		let [low, high] = [0, this.entries.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.entries[middle]?.at ?? 0) > at) low = middle + 1;
			else high = middle;
		}
		this.entries.splice(low, 0, { at, happen });
	}

	/** Runs until the work is done, until nothing is left to do, or until a given time. */
	async run({
		until = Infinity,
		isDone = () => false,
	}: { until?: number; isDone?: () => boolean } = {}): Promise<void> {
		await settled();
		while (!isDone()) {
			const next = this.entries.at(-1);
			if (next === undefined || next.at > until) break;
			this.entries.pop();
			this.time = Math.max(this.time, next.at);
			next.happen();
			await settled();
		}
		if (until !== Infinity && !isDone()) this.time = Math.max(this.time, until);
	}
}

/** Resolves when all resolved promises have been handled. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}
