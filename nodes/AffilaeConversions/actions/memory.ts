import type { IExecuteFunctions } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import type { Outcome } from '../domain/decision';

/** What an execution remembers of its writes, across the tries of Retry On Fail. */
export interface WriteMemory {
	/** What a wish came to in an earlier try; undefined where none has carried it out. */
	outcomeOf(wish: string): Outcome | undefined;
	/** Notes what a wish came to. */
	note(wish: string, outcome: Outcome): void;
}

/**
 * Opens the memory of a node in an execution. Retry On Fail runs the whole node again, items that
 * succeeded included; without it nothing needs to be remembered, and nothing is.
 */
export function openMemory(functions: IExecuteFunctions): WriteMemory {
	if (functions.getNode().retryOnFail !== true) {
		return { outcomeOf: () => undefined, note: () => undefined };
	}
	const context = functions.getContext('node');
	// A node in a loop runs many times in one execution; a try repeats one of these runs.
	const run = `affilaeWrites${String(functions.evaluateExpression('{{ $runIndex }}', 0))}`;
	const stored: unknown = context[run];
	const earlier = new Map(Object.entries(isWireObject(stored) ? stored : {}));
	const noted: Record<string, unknown> = Object.fromEntries(earlier);
	context[run] = noted;
	return {
		outcomeOf: (wish) => DONE.find((outcome) => outcome === earlier.get(wish)),
		note(wish, outcome) {
			noted[wish] = outcome;
		},
	};
}

/** The outcomes that are remembered: something was written. */
const DONE = ['accepted', 'refused', 'updated'] as const satisfies readonly Outcome[];
