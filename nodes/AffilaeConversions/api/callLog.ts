import type { Reference } from '../domain/reference';
import type { Call } from './http';

/** One call to Affilae as the operator sees it: without token, personal data and query. */
export interface LoggedCall {
	/** When it was first sent, UTC ISO 8601. */
	at: string;
	method: string;
	path: string;
	/** HTTP status of the last response; null if there was none. */
	status: number | null;
	/** From when it was first sent to its last response, including waits between attempts. */
	milliseconds: number;
	/** How often it was sent. */
	attempts: number;
}

/** What a call is about, as far as the call itself shows. */
export type Subject = Pick<Reference, 'by' | 'value' | 'programId'>;

/** Marks the calls that were made for many items at once. */
export const FOR_ALL = 'all';

interface Numbered {
	number: number;
	call: LoggedCall;
}

/** The calls of one execution, by the items that they were made for. */
export class CallLog {
	private readonly bySubject = new Map<string, Numbered[]>();
	private readonly entries = new Map<Call, LoggedCall>();

	/** A call is sent, for the first time or again. */
	sent(call: Call): void {
		const entry = this.entries.get(call) ?? this.begin(call);
		entry.attempts += 1;
	}

	/** A call has ended; `status` if there was a response. */
	ended(call: Call, status: number | undefined): void {
		const entry = this.entries.get(call);
		if (entry === undefined) return;
		entry.status = status ?? null;
		entry.milliseconds = Date.now() - Date.parse(entry.at);
	}

	/**
	 * Removes the calls about some subjects from the log, and returns them.
	 *
	 * @returns in the order in which they were first sent
	 */
	take(subjects: ReadonlyArray<Subject | typeof FOR_ALL>): LoggedCall[] {
		const taken = subjects.map(keyOf).flatMap((key) => {
			const calls = this.bySubject.get(key) ?? [];
			this.bySubject.delete(key);
			return calls;
		});
		return taken.sort((a, b) => a.number - b.number).map(({ call }) => call);
	}

	private begin(call: Call): LoggedCall {
		const { method, path, query, body } = call;
		const at = new Date().toISOString();
		const entry: LoggedCall = { at, method, path, status: null, milliseconds: 0, attempts: 0 };
		this.entries.set(call, entry);
		const key = keyOf(subjectOf(body) ?? subjectOf(query) ?? FOR_ALL);
		const numbered = { number: this.entries.size, call: entry };
		this.bySubject.set(key, [...(this.bySubject.get(key) ?? []), numbered]);
		return entry;
	}
}

const KINDS: ReadonlyArray<Subject['by']> = ['id', 'externalId', 'customerId'];

function subjectOf(values: Call['query']): Subject | undefined {
	const by = KINDS.find((kind) => values?.[kind] !== undefined);
	return by && { by, value: String(values?.[by]) };
}

function keyOf(subject: Subject | typeof FOR_ALL): string {
	return subject === FOR_ALL ? FOR_ALL : subjectKey(subject);
}

/** Equal for two subjects that name the same by the same ID, in whatever program. */
export function subjectKey({ by, value }: Subject): string {
	return JSON.stringify([by, value.trim()]);
}
