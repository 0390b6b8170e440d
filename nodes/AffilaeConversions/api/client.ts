import { openDoor, type NodeFunctions, type Send } from './request';

/** How the calls of one execution are made. */
export interface CallSettings {
	/** How long one answer may take, in milliseconds. */
	timeoutMs: number;
}

/** What the calls of one execution share. It lives as long as the execution, never longer. */
export interface Client {
	send: Send;
	/** Query keys that Affilae refused in this execution, and that are left out since. */
	readonly refusedKeys: Set<string>;
}

/** Answers sometimes take more than 10 s (API page: Service, seen). */
export const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Makes the client of one execution.
 *
 * @throws {Refusal} for a credential that cannot be used
 */
export async function openClient(
	functions: NodeFunctions,
	settings: CallSettings = { timeoutMs: DEFAULT_TIMEOUT_MS },
): Promise<Client> {
	return {
		send: await openDoor(functions, settings.timeoutMs),
		refusedKeys: new Set(),
	};
}
