import { UserError } from './userError';
import type { Write } from './write';

/** What an instruction comes to. `needsAttention`: nothing can be sent, a person must act. */
export const OUTCOMES = [
	'accepted',
	'refused',
	'updated',
	'unchanged',
	'notFound',
	'needsAttention',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What follows from an instruction for one conversion as it is. */
export interface Decision {
	/** What to send, in this order; nothing if the conversion is as wanted, or a person must act. */
	writes: readonly Write[];
	/** What it has come to once the writes are done. */
	outcome: Outcome;
	/** What is worth telling the operator. */
	message?: string;
	/** Set if more was kept than Affilae tracked, both net and in integer cents. */
	above?: { keptCents: number; trackedCents: number };
}

/** What a decision depends on beside conversion and instruction. */
export interface Circumstances {
	/** Whether a conversion that is already as wanted counts as done (`succeed`) or not (`fail`). */
	ifAlreadyProcessed: 'succeed' | 'fail';
	/** Milliseconds since 1970, UTC: tells whether a lock date has passed. */
	nowMs: number;
}

/** Nothing to send: the conversion is as wanted. @throws {UserError} if that counts as a mistake */
export function alreadyAsWanted(what: string, { ifAlreadyProcessed }: Circumstances): Decision {
	if (ifAlreadyProcessed === 'succeed') {
		return { writes: [], outcome: 'unchanged', message: what };
	}
	throw new UserError(what, "If that is fine, set 'If Already Processed' to Succeed.");
}

/** Nothing to send: a person must act. @param advice what the person can do */
export function needsAttention(what: string, advice: string): Decision {
	return { writes: [], outcome: 'needsAttention', message: `${what}. ${advice}` };
}
