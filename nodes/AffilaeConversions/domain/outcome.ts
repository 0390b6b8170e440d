import { UserError } from './userError';
import type { Write } from './write';

/** The possible results of an instruction. `needsAttention`: nothing is sent, a person must act. */
export const OUTCOMES = [
	'accepted',
	'refused',
	'updated',
	'unchanged',
	'notFound',
	'needsAttention',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The outcomes of conversions that were written to. */
export const WRITTEN = ['accepted', 'refused', 'updated'] as const satisfies readonly Outcome[];

/** What to do with one conversion, given an instruction and its present state. */
export interface Decision {
	/** What to send, in this order; empty if nothing has to change, or a person must act. */
	writes: readonly Write[];
	/** The outcome after the writes. */
	outcome: Outcome;
	/** A message for the operator. */
	message?: string;
	/** Set if more was kept than the current amount, both net and in integer cents. */
	above?: { keptCents: number; currentCents: number };
}

/** What a decision depends on besides conversion and instruction. */
export interface Circumstances {
	/** Whether a conversion that needs no change is fine (`succeed`) or an error (`fail`). */
	ifAlreadyProcessed: 'succeed' | 'fail';
	/** Milliseconds since 1970, UTC, to compare with lock dates. */
	nowMs: number;
	/** IDs of the conversions that the item does not name, but that are decided together with those it names. */
	comparedOnly?: readonly string[];
}

/** Nothing to send: the conversion needs no change. @throws {UserError} if that is an error */
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
