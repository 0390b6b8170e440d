import type { Reference } from '../domain/reference';
import type { Call } from './http';

/** One call to Affilae as an operator may see it: no token, no personal data, no query. */
export interface LoggedCall {
	/** When it first left, UTC ISO 8601. */
	at: string;
	method: string;
	path: string;
	/** HTTP status of the last answer; null if none came. */
	status: number | null;
	/** From when it first left to its last answer, waits between attempts included. */
	milliseconds: number;
	/** How often it was sent. */
	attempts: number;
}

/** What a call is about, as far as the call itself tells. */
export type Subject = Pick<Reference, 'by' | 'value'>;

/** Stands for the calls that were made for many items at once. */
export const FOR_ALL = 'all';

interface Numbered {
	number: number;
	call: LoggedCall;
}

/** The calls of one execution, to be handed to the items that they were made for. */
export class CallLog {
	private readonly bySubject = new Map<string, Numbered[]>();
	private readonly inFlight = new Map<Call, LoggedCall>();

	/** A call leaves, for the first time or again. */
	left(call: Call): void {
		const entry = this.inFlight.get(call) ?? this.begin(call);
		entry.attempts += 1;
	}

	/** A call came back; `status` if there was an answer. */
	cameBack(call: Call, status: number | undefined): void {
		const entry = this.inFlight.get(call);
		if (entry === undefined) return;
		entry.status = status ?? null;
		entry.milliseconds = Date.now() - Date.parse(entry.at);
	}

	/**
	 * Takes the calls that are about something out of the log.
	 *
	 * @returns in the order in which they first left
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
		this.inFlight.set(call, entry);
		const key = keyOf(subjectOf(body) ?? subjectOf(query) ?? FOR_ALL);
		const numbered = { number: this.inFlight.size, call: entry };
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
	return subject === FOR_ALL ? FOR_ALL : JSON.stringify([subject.by, subject.value.trim()]);
}
