import type { Conversion } from './conversion';
import { formatCents } from './money';
import { UserError } from './userError';

/** How an operator names a conversion. */
export interface Reference {
	by: 'externalId' | 'customerId' | 'id';
	/** Compared to the letter: `1042` is not `#1042`. */
	value: string;
	/** Narrows the search to one program. */
	programId?: string;
}

const REFERENCE_WORDS: Readonly<Record<Reference['by'], string>> = {
	externalId: 'order ID',
	customerId: 'customer ID',
	id: 'conversion ID',
};

/** The reference as a message names it: `order ID "1042" in program 5f…`. */
export function describeReference({ by, value, programId }: Reference): string {
	return `${REFERENCE_WORDS[by]} "${value}"${programId ? ` in program ${programId}` : ''}`;
}

/** One text a reference, equal for equal references. */
export function referenceKey({ by, value, programId = '' }: Reference): string {
	return JSON.stringify([by, value, programId]);
}

/**
 * Whether a conversion is one that the reference asks for. Affilae's look-ups may answer with rows
 * that are not (design: never on a guess), so each row is checked.
 */
export function fits(conversion: Conversion, { by, value, programId }: Reference): boolean {
	if (conversion[by] !== value) return false;
	// Where Affilae leaves the program out, the one that was chosen goes with the write, and is judged there.
	const { programId: ofConversion = programId } = conversion;
	return programId === undefined || ofConversion === programId;
}

/**
 * The one conversion that a reference means.
 *
 * @param candidates conversions that fit the reference
 * @throws {UserError} where there is none, or more than one: then all are named
 */
export function theOnly(reference: Reference, candidates: readonly Conversion[]): Conversion {
	const [only, second] = candidates;
	if (only === undefined) throw nothingFits(reference);
	if (second === undefined) return only;
	throw new UserError(
		`${candidates.length} conversions have the ${describeReference(reference)}: ${candidates.map(describeCandidate).join('; ')}`,
		reference.by === 'externalId' && reference.programId === undefined
			? 'Choose the program, or name the conversion by its conversion ID.'
			: 'Name the conversion by its conversion ID.',
	);
}

/** That no conversion fits a reference. */
export class NothingFits extends UserError {
	override readonly name = 'NothingFits';
}

/** What is said where no conversion fits a reference. */
export function nothingFits(reference: Reference): NothingFits {
	return new NothingFits(
		`Affilae has no conversion with the ${describeReference(reference)}`,
		reference.by === 'externalId'
			? 'Check the order ID: it is the one that your tracking code sends to Affilae. An order that no affiliate brought has no conversion.'
			: 'Check the ID, and the program if one is chosen.',
	);
}

function describeCandidate(conversion: Conversion): string {
	const { id, programId, programName, status, amountCents, currency } = conversion;
	return [
		id,
		...(programId
			? [programName ? `program ${programName} (${programId})` : `program ${programId}`]
			: []),
		...(status ? [status] : []),
		...(amountCents === undefined ? [] : [formatCents(amountCents, currency)]),
	].join(', ');
}
