import type { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import type { Instruction } from '../../domain/decision';
import { orderOf } from '../../domain/order';
import { describeConversion, NotFound, type Reference } from '../../domain/reference';
import { UserError } from '../../domain/userError';

/** The conversions that an item is about. */
export interface Subjects {
	/** Those that it names, and that may be written to. */
	named: readonly Conversion[];
	/** Those that are decided together: the named ones, and for Reconcile all others of the order. */
	order: readonly Conversion[];
	/** IDs of possible duplicates of the named one: no other item may name them. */
	rivals: readonly string[];
}

/**
 * Finds the conversions that an item is about. A customer ID stands for the customer's only order, with all
 * of its conversions. A kept amount belongs to an order: if the item names one conversion by its ID, it is
 * compared together with the others of its order, unless Commission Rule selects it.
 *
 * @throws {NotFound} if there is none
 * @throws {UserError} if a person must choose, or Affilae's answers disagree
 */
export async function findSubjects(
	lookup: Lookup,
	reference: Reference,
	instruction: Instruction,
): Promise<Subjects> {
	const named = withProgram(orderOf(reference, await lookup.find(reference)), reference);
	const alone: Subjects = { named, order: named, rivals: [] };
	const [first] = named;
	if (first?.externalId === undefined || reference.by === 'externalId') return alone;
	const { by, rule, programId = first.programId } = reference;
	if (by === 'id' && (instruction.to !== 'reconcile' || rule !== undefined)) return alone;
	const byOrder: Reference = {
		by: 'externalId',
		value: first.externalId,
		...(programId === undefined ? {} : { programId }),
		...(rule === undefined ? {} : { rule }),
	};
	const found = withProgram(await lookup.find(byOrder).catch(noneIfNotFound), byOrder);
	const isThere = ({ id }: Conversion) => found.some((one) => one.id === id);
	if (!named.every(isThere)) throw disagreement(first);
	if (by === 'customerId') {
		const order = orderOf(byOrder, found);
		return { named: order, order, rivals: [] };
	}
	const isOneRule = found.every(
		({ ruleId, ruleName }) => ruleId === first.ruleId && ruleName === first.ruleName,
	);
	if (isOneRule) {
		return { ...alone, rivals: found.flatMap(({ id }) => (id === first.id ? [] : id)) };
	}
	return { ...alone, order: orderOf(byOrder, found) };
}

/** Adds the program of the request to rows without a program: writes need it. */
function withProgram(found: readonly Conversion[], { programId }: Reference): Conversion[] {
	return found.map((conversion) =>
		conversion.programId === undefined && programId !== undefined
			? { ...conversion, programId }
			: conversion,
	);
}

async function noneIfNotFound(thrown: unknown): Promise<Conversion[]> {
	return thrown instanceof NotFound ? [] : await Promise.reject(thrown);
}

function disagreement(conversion: Conversion): UserError {
	return new UserError(
		`Affilae does not list conversion ${conversion.id} under ${describeConversion(conversion)}, although it belongs to it`,
		'Run the workflow again. If it happens again, look at the order in Affilae.',
	);
}
