import type { IExecuteFunctions } from 'n8n-workflow';

/** What an execution remembers of its writes, across the tries of Retry On Fail. */
export interface WriteMemory {
	/** Whether this very write was done in an earlier try. */
	has(write: string): boolean;
	add(write: string): void;
}

/**
 * Opens the memory of a node in an execution. Retry On Fail runs the whole node again, items that
 * succeeded included; without it nothing needs to be remembered, and nothing is.
 */
export function openMemory(functions: IExecuteFunctions): WriteMemory {
	if (functions.getNode().retryOnFail !== true) return { has: () => false, add: () => undefined };
	const context = functions.getContext('node');
	// A node in a loop runs many times in one execution; a try repeats one of these runs.
	const run = `affilaeWrites${String(functions.evaluateExpression('{{ $runIndex }}', 0))}`;
	const stored: unknown = context[run];
	const writes = Array.isArray(stored) ? stored.filter((write) => typeof write === 'string') : [];
	const done = new Set(writes);
	context[run] = writes;
	return {
		has: (write) => done.has(write),
		add: (write) => void writes.push(write),
	};
}
