import type { Conversion } from './conversion';
import { formatCents } from './money';
import { UserError } from './userError';

/** How an item names its conversions. */
export interface Reference {
	by: 'externalId' | 'customerId' | 'id';
	/** An order or customer ID as entered; a conversion ID in lower case. */
	value: string;
	/** Narrows the search to one program. */
	programId?: string;
	/** Narrows the search to one commission rule, by its name or ID. */
	rule?: string;
	/** UTC ISO 8601: the order was placed at this time or later, so earlier conversions belong to others. */
	since?: string;
}

/** The IDs of a shop by which Affilae finds conversions. */
export type ShopIdKind = Exclude<Reference['by'], 'id'>;

const WORDS: Readonly<Record<Reference['by'], string>> = {
	externalId: 'order',
	customerId: 'customer',
	id: 'conversion',
};

/** The reference as a message names it: `order 1042`, `customer C-7`, `conversion 64d0…`. */
export function describeReference({ by, value }: Reference): string {
	return `${WORDS[by]} ${value.trim()}`;
}

/** A key for a look-up: equal for references that are looked up alike. Spaces may matter to Affilae. */
export function referenceKey({ by, value, programId = '' }: Reference): string {
	return JSON.stringify([by, value, programId]);
}

/** A conversion as a message names it: by its order if it has one, by its own ID otherwise. */
export function describeConversion({ id, externalId }: Conversion): string {
	return externalId === undefined ? `conversion ${id}` : `order ${externalId.trim()}`;
}

/** As {@link describeConversion}, with its rule if the order has several conversions. */
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

/** The amount for a message, also if Affilae does not give it. */
export function describeAmount({ amountCents, currency }: Conversion): string {
	return amountCents === undefined ? 'unknown amount' : formatCents(amountCents, currency);
}

/** Program, rule, status, amount and ID: what distinguishes candidates. */
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

/** The commission rule for a message: its name, or its ID if it has none. */
export function ruleOf({ ruleName, ruleId }: Conversion): string | undefined {
	return ruleName ?? ruleId;
}

/** Affilae has no conversion for a reference. */
export class NotFound extends UserError {
	override readonly name = 'NotFound';
}

/**
 * The error if Affilae has no conversion for a reference.
 *
 * @param programs the programs that were searched, if not all were
 */
export function notFound(reference: Reference, programs: readonly string[] = []): NotFound {
	const { by, programId } = reference;
	const asked = programId === undefined ? programs : [programId];
	const where =
		asked.length === 0
			? ''
			: ` in ${asked.length === 1 ? 'program' : 'programs'} ${asked.join(', ')}`;
	const which = by === 'id' ? reference.value : `for ${describeReference(reference)}`;
	const what = `Affilae has no conversion ${which}${where}`;
	if (by === 'id') {
		return new NotFound(what, "Check the conversion ID, and 'Program' if it is filled in.");
	}
	const program = asked.length === 0 ? '' : ', and the program ID';
	return new NotFound(
		what,
		`Check that this is the ${WORDS[by]} ID that your shop’s tracking sends to Affilae${program}. An order that no affiliate brought has no conversion.`,
	);
}

/** The first letter in upper case, as at the start of a sentence. */
export function capitalize(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
