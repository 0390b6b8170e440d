import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import { WRITTEN, type Outcome } from '../domain/outcome';

/**
 * What an execution remembers of its writes, across the tries of Retry On Fail. A key stands for an
 * instruction to one conversion.
 */
export interface RetryMemory {
	/** The outcome that was noted in an earlier try; undefined if nothing can have been written then. */
	outcomeOf(key: string): Outcome | undefined;
	/** Notes an outcome, also if it is unknown whether it was carried out. */
	note(key: string, outcome: Outcome): void;
	/** The share of a conversion of a divided order in an earlier try, in integer cents. */
	shareOf(key: string): number | undefined;
	/** Notes the share of a conversion, in integer cents, before the first write. */
	noteShare(key: string, cents: number): void;
}

/**
 * Opens the memory of a node in an execution. Retry On Fail runs the whole node again, items that
 * succeeded included. Without this memory, a second try would report what the first one did as `unchanged`,
 * or fail it because of If Already Processed. Without Retry On Fail nothing is remembered.
 */
export function openRetryMemory(functions: IExecuteFunctions): RetryMemory {
	const remembers = functions.getNode().retryOnFail === true;
	const context: IDataObject = remembers ? functions.getContext('node') : {};
	// A node in a loop runs many times in one execution; a try repeats one of these runs.
	const index = remembers ? functions.evaluateExpression('{{ $runIndex }}', 0) : 0;
	const run = `affilaeWrites${String(index)}`;
	const stored: unknown = context[run];
	const earlier = new Map(Object.entries(isWireObject(stored) ? stored : {}));
	const noted: Record<string, unknown> = Object.fromEntries(earlier);
	context[run] = noted;
	return {
		outcomeOf: (key) => WRITTEN.find((outcome) => outcome === earlier.get(key)),
		note(key, outcome) {
			noted[key] = outcome;
		},
		shareOf(key) {
			const cents = earlier.get(shareKey(key));
			return typeof cents === 'number' ? cents : undefined;
		},
		noteShare(key, cents) {
			noted[shareKey(key)] = cents;
		},
	};
}

function shareKey(key: string): string {
	return `share of ${key}`;
}
