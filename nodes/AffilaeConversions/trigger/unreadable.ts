import type { UnreadableRow } from '../domain/conversion';
import { MOST_UNREADABLE } from './cursor';

/** The rows of one round that cannot be read, and what the log has said of such rows before. */
export class UnreadableRows {
	private readonly reasons = new Map<string, string>();

	/** @param told what a poll before has told of */
	constructor(private readonly told: readonly string[] = []) {}

	get isEmpty(): boolean {
		return this.reasons.size === 0;
	}

	add({ id, externalId, unreadable }: UnreadableRow): void {
		const why = externalId === undefined ? unreadable : `order ${externalId.trim()}: ${unreadable}`;
		this.reasons.set((id ?? unreadable).slice(0, LONGEST_KEY), why);
	}

	/** Why rows cannot be read of which no round before has told; nothing once they are too many to remember. */
	newReasons(): string[] {
		const told = new Set(this.told);
		if (told.size >= MOST_UNREADABLE) return [];
		return [...this.reasons].flatMap(([key, why]) => (told.has(key) ? [] : [why]));
	}

	/** What is told of after this round. */
	reportedKeys(): string[] {
		return [...new Set([...this.reasons.keys(), ...this.told])].slice(0, MOST_UNREADABLE);
	}
}

/** An ID is shorter; what is longer is cut off. */
const LONGEST_KEY = 100;
