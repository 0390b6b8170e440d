import type { Conversion } from './conversion';
import { formatCents } from './money';
import { UserError } from './userError';

/** How an operator names the conversions of one item. */
export interface Reference {
	by: 'externalId' | 'customerId' | 'id';
	/** An order or customer ID as it was given; a conversion ID in lower case. */
	value: string;
	/** Narrows the search to one program. */
	programId?: string;
	/** Narrows the search to one commission rule, by its name or ID. */
	rule?: string;
}

const WORDS: Readonly<Record<Reference['by'], string>> = {
	externalId: 'order',
	customerId: 'customer',
	id: 'conversion',
};

/** The reference as a message names it: `order 1042`, `customer C-7`, `conversion 64d0…`. */
export function describeReference({ by, value }: Reference): string {
	return `${WORDS[by]} ${value.trim()}`;
}

/** One text per question to Affilae: equal for references that ask the same. */
export function referenceKey({ by, value, programId = '' }: Reference): string {
	return JSON.stringify([by, value.trim(), programId]);
}

/** A conversion as a message names it: by its order if it has one, by its own ID otherwise. */
export function describeConversion({ id, externalId }: Conversion): string {
	return externalId === undefined ? `conversion ${id}` : `order ${externalId.trim()}`;
}

/** As {@link describeConversion}, telling it apart from the others of its order: by its rule. */
export function describeOneOf(conversion: Conversion, all: readonly Conversion[]): string {
	if (all.length < 2) return describeConversion(conversion);
	return `${describeConversion(conversion)}, rule ${ruleAmong(conversion, all)}`;
}

/** The commission rule as {@link ruleOf}, with its ID if another conversion of the order has a rule of that name. */
export function ruleAmong(conversion: Conversion, all: readonly Conversion[]): string {
	const rule = ruleOf(conversion);
	const isShared = all.some((other) => other !== conversion && ruleOf(other) === rule);
	const { ruleId } = conversion;
	return isShared && ruleId !== undefined ? `${rule} (${ruleId})` : (rule ?? 'unknown');
}

/** The amount as a person reads it, also if Affilae does not say it. */
export function describeAmount({ amountCents, currency }: Conversion): string {
	return amountCents === undefined ? 'unknown amount' : formatCents(amountCents, currency);
}

/** Program, rule, state, amount and ID: what tells candidates apart. */
export function describeCandidate(conversion: Conversion): string {
	const { id, externalId, programId, programName, status, amountCents, currency } = conversion;
	const rule = ruleOf(conversion);
	return [
		...(externalId === undefined ? [] : [`order ${externalId.trim()}`]),
		...(programId === undefined
			? []
			: [`program ${programName === undefined ? programId : `${programName} (${programId})`}`]),
		...(rule === undefined ? [] : [`rule ${rule}`]),
		...(status === undefined ? [] : [status]),
		...(amountCents === undefined ? [] : [formatCents(amountCents, currency)]),
		`conversion ${id}`,
	].join(', ');
}

/** The commission rule as a person knows it: its name, or its ID if it has none. */
export function ruleOf({ ruleName, ruleId }: Conversion): string | undefined {
	return ruleName ?? ruleId;
}

/** Affilae has no conversion that a reference asks for. */
export class NotFound extends UserError {
	override readonly name = 'NotFound';
}

/**
 * What is said if no conversion fits a reference.
 *
 * @param programs the programs that were asked, if only some were
 */
export function notFound(reference: Reference, programs: readonly string[] = []): NotFound {
	const asked = reference.programId === undefined ? programs : [reference.programId];
	const where =
		asked.length === 0
			? ''
			: ` in ${asked.length === 1 ? 'program' : 'programs'} ${asked.join(', ')}`;
	const which = reference.by === 'id' ? reference.value : `for ${describeReference(reference)}`;
	return new NotFound(
		`Affilae has no conversion ${which}${where}`,
		reference.by === 'id'
			? "Check the conversion ID, and 'Program' if it is filled in."
			: `Check that this is the ${WORDS[reference.by]} ID that your shop’s tracking sends to Affilae${asked.length === 0 ? '' : ', and the program ID'}. An order that no affiliate brought has no conversion.`,
	);
}

/** The first letter in upper case, as at the start of a sentence. */
export function capitalize(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
