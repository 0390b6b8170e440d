import type { FaultKind } from './faults';

/** One request to the API. The token is never recorded. */
export interface RequestEntry {
	/** Counted from 1 in order of arrival. */
	order: number;
	method: string;
	path: string;
	query: Record<string, unknown>;
	payload: unknown;
	/** How often the same request (method, path, query, body) was received, counted from 1. */
	attempt: number;
	/** Milliseconds since the sandbox was created. */
	atMs: number;
	/** Milliseconds until the response was sent; null until then. */
	tookMs: number | null;
	/** null if no response is sent. */
	status: number | null;
	/** The fault of this request. */
	fault: FaultKind | null;
}

/** The latest requests, up to `capacity`. */
export class RequestLog {
	private kept: RequestEntry[] = [];
	private readonly attempts = new Map<string, number>();
	private count = 0;

	/** If off, nothing is recorded, which saves time and memory in long measurements. */
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

	/** How many requests were recorded since the start, including dropped ones. */
	get total(): number {
		return this.count;
	}

	/** Records a request; null if the log is off. */
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
		// Cutting only at twice the size keeps the cost low.
		if (this.kept.length >= this.capacity * 2) {
			this.kept = this.kept.slice(-this.capacity);
			this.attempts.clear();
		}
		return entry;
	}

	/** Records how the request ended. */
	close(entry: RequestEntry, status: number | null, atMs: number): void {
		entry.status = status;
		entry.tookMs = atMs - entry.atMs;
	}

	/** Records the body after it was read, and how often the same request was received. */
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
