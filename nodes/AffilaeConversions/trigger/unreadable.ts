import type { UnreadableRow } from '../domain/conversion';
import { MOST_UNREADABLE } from './cursor';

/** The rows of one round that cannot be read, and those that the log has already reported. */
export class UnreadableRows {
	private readonly reasons = new Map<string, string>();

	/** @param reported the keys of rows that earlier polls have reported */
	constructor(private readonly reported: readonly string[] = []) {}

	get isEmpty(): boolean {
		return this.reasons.size === 0;
	}

	add({ id, externalId, unreadable }: UnreadableRow): void {
		const why = externalId === undefined ? unreadable : `order ${externalId.trim()}: ${unreadable}`;
		this.reasons.set((id ?? unreadable).slice(0, LONGEST_KEY), why);
	}

	/** Why rows cannot be read that no earlier round has reported; empty if there are too many to store. */
	newReasons(): string[] {
		const reported = new Set(this.reported);
		if (reported.size >= MOST_UNREADABLE) return [];
		return [...this.reasons].flatMap(([key, why]) => (reported.has(key) ? [] : [why]));
	}

	/** The keys of all rows reported after this round. */
	reportedKeys(): string[] {
		return [...new Set([...this.reasons.keys(), ...this.reported])].slice(0, MOST_UNREADABLE);
	}
}

/** Longer keys are cut off; an ID is shorter. */
const LONGEST_KEY = 100;
