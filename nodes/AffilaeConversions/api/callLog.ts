import type { Call } from './request';

/** One call to Affilae as an operator may see it: no token, no personal data, no query. */
export interface LoggedCall {
	/** When it first left, UTC ISO 8601. */
	at: string;
	method: string;
	path: string;
	/** HTTP status of the last answer; null where none came. */
	status: number | null;
	/** From when it first left to its last answer, waits between attempts included. */
	milliseconds: number;
	/** How often it was sent. */
	attempts: number;
}

/** Whom a call is made for, as far as the call itself tells. */
export type CallSubject = 'id' | 'externalId' | 'customerId';

/** The calls of one execution, to be handed to the items that they were made for. */
export class CallLog {
	private readonly bySubject = new Map<string, LoggedCall[]>();
	private readonly underWay = new Map<Call, LoggedCall>();

	/** A call leaves, for the first time or again. */
	left(call: Call): void {
		const entry = this.underWay.get(call) ?? this.begin(call);
		entry.attempts += 1;
	}

	/** A call came back; `status` where there was an answer. */
	cameBack(call: Call, status: number | undefined): void {
		const entry = this.underWay.get(call);
		if (entry === undefined) return;
		entry.status = status ?? null;
		entry.milliseconds = Date.now() - Date.parse(entry.at);
	}

	/** Takes the calls that were made for something out of the log. */
	takeFor(subject: CallSubject, value: string): LoggedCall[] {
		return this.take(keyOf(subject, value));
	}

	/** Takes the calls that were made for many items at once out of the log. */
	takeForAll(): LoggedCall[] {
		return this.take(FOR_ALL);
	}

	private begin(call: Call): LoggedCall {
		const { method, path, query, body } = call;
		const at = new Date().toISOString();
		const entry: LoggedCall = { at, method, path, status: null, milliseconds: 0, attempts: 0 };
		const subject = subjectOf(body) ?? subjectOf(query) ?? FOR_ALL;
		this.bySubject.set(subject, [...(this.bySubject.get(subject) ?? []), entry]);
		this.underWay.set(call, entry);
		return entry;
	}

	private take(key: string): LoggedCall[] {
		const taken = this.bySubject.get(key) ?? [];
		this.bySubject.delete(key);
		return taken;
	}
}

const FOR_ALL = 'all';
const SUBJECTS: readonly CallSubject[] = ['id', 'externalId', 'customerId'];

function subjectOf(values: Call['query']): string | undefined {
	const subject = SUBJECTS.find((candidate) => values?.[candidate] !== undefined);
	return subject && keyOf(subject, String(values?.[subject]));
}

function keyOf(subject: CallSubject, value: string): string {
	return JSON.stringify([subject, value]);
}
