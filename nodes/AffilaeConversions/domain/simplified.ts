import { withoutAbsent, type Conversion } from './conversion';
import { hasCents } from './currency';
import { centsToUnits, type AmountsIn } from './money';
import { ruleOf } from './reference';

/** A conversion as simplified output, without IP address and user agent. */
export interface SimplifiedConversion {
	id: string;
	externalId?: string;
	customerId?: string;
	status?: string;
	/** In cents or currency units, as Amounts In says. */
	amount?: number;
	currency?: string;
	/** In cents or currency units, as Amounts In says. */
	commission?: number;
	/** Names of the affiliates that are paid, separated by commas. */
	affiliate?: string;
	/** Name of the commission rule, or its ID if it has none. */
	rule?: string;
	programId?: string;
	/** UTC ISO 8601. */
	createdAt?: string;
	/** UTC ISO 8601; may lie in the future. */
	lockedAt?: string;
}

/**
 * The few fields an operator works with. What is absent in the conversion is absent here, and so is an
 * amount in currency units if the currency has no cents: the unit of its amounts in Affilae is unknown then.
 */
export function simplify(conversion: Conversion, amountsIn: AmountsIn): SimplifiedConversion {
	const { id, externalId, customerId, status, amountCents, currency, commissionCents } = conversion;
	const inUnit = (cents: number | undefined) => {
		if (cents === undefined || amountsIn === 'cents') return cents;
		return hasCents(currency) ? centsToUnits(cents) : undefined;
	};
	return withoutAbsent({
		id,
		externalId,
		customerId,
		status,
		amount: inUnit(amountCents),
		currency,
		commission: inUnit(commissionCents),
		affiliate: conversion.affiliates?.join(', '),
		rule: ruleOf(conversion),
		programId: conversion.programId,
		createdAt: conversion.createdAt,
		lockedAt: conversion.lockedAt,
	});
}
