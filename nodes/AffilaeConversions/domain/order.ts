import type { Conversion } from './conversion';
import { isConversionId } from './ids';
import {
	describeCandidate,
	describeReference,
	notFound,
	ruleOf,
	type Reference,
} from './reference';
import { isSameId } from './matches';
import { formatValue, UserError } from './userError';

/**
 * The conversions that a write for a reference acts on: one order in one program, with one conversion
 * per commission rule (API page: what an order is). Anything else is ambiguous, and a person must choose: a
 * commission rule narrows an order, but does not choose between orders or programs.
 *
 * @param found all conversions that match the reference
 * @throws {NotFound} if there is none
 * @throws {UserError} for several orders, several programs, or the same rule twice; it lists all of them
 */
export function orderOf(reference: Reference, found: readonly Conversion[]): Conversion[] {
	if (found.length === 0) throw notFound(reference);
	const order = ofRule(reference, found);
	mustBeOneOrder(reference, reference.by === 'customerId' ? found : order);
	// Another program's rule may have the same name, but not the same ID.
	mustBeOneProgram(reference, isConversionId(reference.rule?.trim() ?? '') ? order : found);
	if (order.length === 1) return order;
	// An ID and a name may mean the same rule, so compare IDs, or names if no conversion has a rule ID.
	const hasIds = order.some(({ ruleId }) => ruleId !== undefined);
	const rules = order.map(({ ruleId, ruleName }) => (hasIds ? ruleId : ruleName)?.toLowerCase());
	if (rules.includes(undefined)) {
		const what = 'several conversions without a commission rule';
		throw candidates(reference, order, what, DECIDE_EACH);
	}
	if (new Set(rules).size < rules.length) {
		throw candidates(
			reference,
			order,
			'several conversions of the same commission rule',
			LOOK_AT_THEM,
		);
	}
	return order;
}

function mustBeOneOrder(reference: Reference, found: readonly Conversion[]): void {
	if (found.length > 1 && found.every(({ externalId }) => externalId === undefined)) {
		// Bonuses, for example, are not one order.
		const advice = 'Use the conversion ID of the right one.';
		throw candidates(reference, found, 'several conversions without an order', advice);
	}
	if (countOf(found, ({ externalId }) => externalId?.trim()) > 1) {
		throw candidates(reference, found, 'several orders', 'Use the order ID of the right one.');
	}
}

function mustBeOneProgram(reference: Reference, found: readonly Conversion[]): void {
	if (countOf(found, ({ programId }) => programId) < 2) return;
	const advice = "Fill in 'Program', or use the conversion ID of the right one.";
	throw candidates(reference, found, 'several programs', advice);
}

const LOOK_AT_THEM =
	'One of them may be a duplicate. Look at them in Affilae, and use the conversion ID of the right one.';

/** By a conversion ID too, Reconcile compares the kept amount with all of them. */
const DECIDE_EACH =
	'One of them may be a duplicate. Look at them in Affilae, and accept or refuse each there, or by its conversion ID.';

/**
 * The conversions of one commission rule, if the reference names one; otherwise all.
 *
 * @throws {UserError} listing the rules of the order
 */
export function ofRule(reference: Reference, found: readonly Conversion[]): Conversion[] {
	const { rule } = reference;
	if (rule === undefined) return [...found];
	const order = found.filter(
		({ ruleId, ruleName }) => isSameWord(ruleId, rule) || isSameWord(ruleName, rule),
	);
	if (order.length > 0) return order;
	const rules = [...new Set(found.map((conversion) => ruleOf(conversion) ?? 'unknown'))];
	throw new UserError(
		`No conversion of ${describeReference(reference)} has the commission rule ${formatValue(rule)}`,
		`Its commission rules: ${rules.join(', ')}. Change 'Commission Rule', or leave it empty.`,
	);
}

/**
 * Divides a kept amount among the conversions of an order in proportion to their amounts. The shares
 * add up exactly. Remaining cents go to the largest remainders; if these are equal, first to a share of
 * zero, then to the earlier conversion.
 *
 * @param amounts integer cents, with a sum above 0
 * @param keptCents integer cents, at most the sum
 * @returns integer cents, in the order of `amounts`
 */
export function sharesOf(amounts: readonly number[], keptCents: number): number[] {
	const sum = amounts.reduce((total, amount) => total + BigInt(amount), 0n);
	const products = amounts.map((amount) => BigInt(amount) * BigInt(keptCents));
	const shares = products.map((product) => Number(product / sum));
	const left = keptCents - shares.reduce((total, share) => total + share, 0);
	const byRemainder = products
		.map((product, index) => ({ index, remainder: product % sum, isNothing: shares[index] === 0 }))
		.sort(
			(a, b) =>
				Number(b.remainder - a.remainder) ||
				Number(b.isNothing) - Number(a.isNothing) ||
				a.index - b.index,
		);
	for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
	return shares;
}

function candidates(
	reference: Reference,
	found: readonly Conversion[],
	what: string,
	advice: string,
): UserError {
	return new UserError(
		`Affilae has ${what} for ${describeReference(reference)}: ${found.map(describeCandidate).join('; ')}`,
		advice,
	);
}

function countOf<T>(values: readonly T[], keyOf: (value: T) => unknown): number {
	return new Set(values.map(keyOf)).size;
}

function isSameWord(one: string | undefined, other: string): boolean {
	return isSameId(one?.toLowerCase(), other.toLowerCase());
}
