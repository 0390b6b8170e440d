import type { FaultKind } from './faults';

/** One request of the API as it was met. The token is never kept. */
export interface RequestEntry {
	/** Counted from 1 in order of arrival. */
	order: number;
	method: string;
	path: string;
	query: Record<string, unknown>;
	payload: unknown;
	/** How often this very request (method, path, query, body) has come, counted from 1. */
	attempt: number;
	/** Milliseconds since the sandbox was made. */
	atMs: number;
	/** Milliseconds until the answer was given over to be sent; null while it is not. */
	tookMs: number | null;
	/** null where no answer was or will be sent. */
	status: number | null;
	/** The fault that was played on it. */
	fault: FaultKind | null;
}

/** The requests of late: up to `capacity`, the oldest are forgotten first. */
export class RequestLog {
	private kept: RequestEntry[] = [];
	private readonly attempts = new Map<string, number>();
	private count = 0;

	/** Off: nothing is kept, which saves time and memory in long measurements. */
	enabled: boolean;
	readonly capacity: number;

	constructor(enabled: boolean, capacity: number) {
		this.enabled = enabled;
		this.capacity = capacity;
	}

	/** Oldest first. */
	list(): readonly RequestEntry[] {
		return this.kept.slice(-this.capacity);
	}

	/** How many requests were noted since the start, forgotten ones included. */
	get total(): number {
		return this.count;
	}

	/** Notes a request; null while the log is off. */
	open(
		method: string,
		path: string,
		query: Record<string, unknown>,
		atMs: number,
	): RequestEntry | null {
		if (!this.enabled) return null;
		this.count += 1;
		const entry: RequestEntry = {
			order: this.count,
			method,
			path,
			query,
			payload: null,
			attempt: 1,
			atMs,
			tookMs: null,
			status: null,
			fault: null,
		};
		this.kept.push(entry);
		// Cutting at twice the size makes the cost of forgetting small.
		if (this.kept.length >= this.capacity * 2) {
			this.kept = this.kept.slice(-this.capacity);
			this.attempts.clear();
		}
		return entry;
	}

	/** Notes how the request ended. */
	close(entry: RequestEntry, status: number | null, atMs: number): void {
		entry.status = status;
		entry.tookMs = atMs - entry.atMs;
	}

	/** Notes the body, once it has been read, and how often this very request has come. */
	read(entry: RequestEntry, payload: unknown): void {
		const key = JSON.stringify([entry.method, entry.path, entry.query, payload ?? null]);
		entry.attempt = (this.attempts.get(key) ?? 0) + 1;
		entry.payload = payload ?? null;
		this.attempts.set(key, entry.attempt);
	}

	clear(): void {
		this.kept = [];
		this.attempts.clear();
		this.count = 0;
	}
}
