import type { IExecuteFunctions } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import type { Outcome } from '../domain/outcome';

/** What an execution remembers of its writes, across the tries of Retry On Fail. */
export interface RetryMemory {
	/** The outcome of an instruction in an earlier try; undefined if none can have carried it out. */
	outcomeOf(instruction: string): Outcome | undefined;
	/** Notes the outcome of an instruction, also if it is unknown whether it was carried out. */
	note(instruction: string, outcome: Outcome): void;
	/** The share of a conversion of a divided order in an earlier try, in integer cents. */
	shareOf(instruction: string): number | undefined;
	/** Notes the share of a conversion, in integer cents, before the first write. */
	noteShare(instruction: string, cents: number): void;
}

/**
 * Opens the memory of a node in an execution. Retry On Fail runs the whole node again, items that
 * succeeded included. Without this memory, a second try would report what the first one did as `unchanged`,
 * or fail it because of If Already Processed. Without Retry On Fail nothing is remembered.
 */
export function openRetryMemory(functions: IExecuteFunctions): RetryMemory {
	if (functions.getNode().retryOnFail !== true) {
		return {
			outcomeOf: () => undefined,
			note: () => undefined,
			shareOf: () => undefined,
			noteShare: () => undefined,
		};
	}
	const context = functions.getContext('node');
	// A node in a loop runs many times in one execution; a try repeats one of these runs.
	const run = `affilaeWrites${String(functions.evaluateExpression('{{ $runIndex }}', 0))}`;
	const stored: unknown = context[run];
	const earlier = new Map(Object.entries(isWireObject(stored) ? stored : {}));
	const noted: Record<string, unknown> = Object.fromEntries(earlier);
	context[run] = noted;
	return {
		outcomeOf: (instruction) => DONE.find((outcome) => outcome === earlier.get(instruction)),
		note(instruction, outcome) {
			noted[instruction] = outcome;
		},
		shareOf(instruction) {
			const cents = earlier.get(shareKey(instruction));
			return typeof cents === 'number' ? cents : undefined;
		},
		noteShare(instruction, cents) {
			noted[shareKey(instruction)] = cents;
		},
	};
}

function shareKey(instruction: string): string {
	return `share of ${instruction}`;
}

/** The outcomes that are remembered: something was written. */
const DONE = ['accepted', 'refused', 'updated'] as const satisfies readonly Outcome[];
