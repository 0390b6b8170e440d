import type { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import type { Instruction } from '../../domain/decision';
import { ofRule, orderOf } from '../../domain/order';
import {
	capitalize,
	describeConversion,
	describeReference,
	NotFound,
	ruleOf,
	type Reference,
} from '../../domain/reference';
import { UserError } from '../../domain/userError';

/** The conversions that an item is about. */
export interface Subjects {
	/** Those that it names, and that may be written to. */
	named: readonly Conversion[];
	/** Those that are decided together: the named ones, and for Reconcile all others of the order. */
	order: readonly Conversion[];
	/** Possible duplicates of the named one: no other item may name them, and only one of all may be paid. */
	rivals: readonly Conversion[];
}

/**
 * Finds the conversions that an item is about. A customer ID stands for the customer's only order, with all
 * of its conversions. A kept amount belongs to an order: if the item names one conversion by its ID, it is
 * compared together with the others of its order, or of its order and Commission Rule.
 *
 * @throws {NotFound} if there is none
 * @throws {UserError} if a person must choose, or Affilae's answers disagree
 */
export async function findSubjects(
	lookup: Lookup,
	reference: Reference,
	instruction: Instruction,
): Promise<Subjects> {
	const named = orderOf(reference, await lookup.find(reference));
	const alone: Subjects = { named, order: named, rivals: [] };
	const [first] = named;
	const { by, rule, since, programId = first?.programId } = reference;
	const isReconcile = instruction.to === 'reconcile';
	if (first === undefined || by === 'externalId' || (by === 'id' && !isReconcile)) return alone;
	if (first.externalId === undefined) {
		if (by === 'customerId' && isReconcile) throw withoutOrder(reference, first);
		return alone;
	}
	const byOrder: Reference = {
		by: 'externalId',
		value: first.externalId,
		...(programId === undefined ? {} : { programId }),
		...(rule === undefined ? {} : { rule }),
		...(since === undefined ? {} : { since }),
	};
	const found = await lookup.find(byOrder).catch(noneIfNotFound);
	const isThere = ({ id }: Conversion) => found.some((one) => one.id === id);
	if (!named.every(isThere)) throw disagreement(first);
	if (by === 'customerId') {
		const order = orderOf(byOrder, found);
		return { named: order, order, rivals: [] };
	}
	const compared = ofRule(byOrder, found);
	const rivals = compared.filter(({ id }) => id !== first.id);
	const isOneRule = rivals.every(
		(rival) =>
			ruleOf(rival) !== undefined &&
			rival.ruleId === first.ruleId &&
			rival.ruleName === first.ruleName,
	);
	if (isOneRule) return { ...alone, rivals };
	return { ...alone, order: orderOf(byOrder, found) };
}

async function noneIfNotFound(thrown: unknown): Promise<Conversion[]> {
	return thrown instanceof NotFound ? [] : await Promise.reject(thrown);
}

/** The error for a kept amount that is about an order, and a conversion that is about none, such as a bonus. */
function withoutOrder(reference: Reference, conversion: Conversion): UserError {
	return new UserError(
		`${capitalize(describeReference(reference))} has no order in Affilae, only conversion ${conversion.id} without an order ID`,
		'If the kept amount is about that conversion, use the conversion ID.',
	);
}

function disagreement(conversion: Conversion): UserError {
	return new UserError(
		`Affilae does not list conversion ${conversion.id} under ${describeConversion(conversion)}, although it belongs to it`,
		'Run the workflow again. If it happens again, look at the order in Affilae.',
	);
}
