import { withoutAbsent, type Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import type { GivenAmount } from '../../nodes/AffilaeConversions/domain/money';
import type { Circumstances } from '../../nodes/AffilaeConversions/domain/outcome';
import type { Reconcile } from '../../nodes/AffilaeConversions/domain/reconcile';

/** The current time of the tests, and a time before and after it. */
export const NOW_MS = Date.UTC(2026, 10, 1, 9);
export const PAST = '2026-10-31T09:00:00.000Z';
export const FUTURE = '2026-11-20T09:00:00.000Z';

export const LENIENT: Circumstances = { ifAlreadyProcessed: 'succeed', nowMs: NOW_MS };
export const STRICT: Circumstances = { ifAlreadyProcessed: 'fail', nowMs: NOW_MS };

export const SHOES = '5f2d1c0b9a8e7f6d5c4b3a01';
export const BAGS = '5f2d1c0b9a8e7f6d5c4b3a02';

/** Parts of a conversion; `undefined` leaves one out. */
export type Parts = { [K in keyof Conversion]?: Conversion[K] | undefined };

/** A conversion ID in Affilae's format. */
export function conversionId(number: number): string {
	return `64d0f1c2b3a49586${number.toString(16).padStart(8, '0')}`;
}

/** Order 1042: 84.90 EUR in program `SHOES` by the rule Sale, pending by default. */
export function aConversion(differing: Parts = {}): Conversion {
	const parts = {
		externalId: '1042',
		status: 'pending',
		amountCents: 8490,
		currency: 'EUR',
		ruleId: 'r1',
		ruleName: 'Sale',
		programId: SHOES,
		programName: 'Shoes',
		...differing,
	};
	const { id = conversionId(1), row = { id }, ...rest } = parts;
	return { id, row, ...withoutAbsent(rest) };
}

/** Order 1042 with one conversion per commission rule: Rule 1, Rule 2, … */
export function anOrder(...conversions: readonly Parts[]): Conversion[] {
	return conversions.map((differing, index) =>
		aConversion({
			id: conversionId(index + 1),
			ruleId: `r${index + 1}`,
			ruleName: `Rule ${index + 1}`,
			...differing,
		}),
	);
}

/** An amount without a currency beside it, in currency units. */
export function given(amountCents: number, differing: Partial<GivenAmount> = {}): GivenAmount {
	return { amountCents, amountsIn: 'units', ...differing };
}

/** What the customer kept, in cents; the return period has ended by default. */
export function kept(amountCents: number, differing: Partial<Reconcile> = {}): Reconcile {
	return {
		to: 'reconcile',
		kept: given(amountCents),
		isSettled: true,
		toleranceCents: 0,
		severalConversions: 'ask',
		reason: 'Returned',
		...differing,
	};
}

/** What no message may contain: gaps in a template, invalid numbers, two full stops. */
export const NEVER_SAID = /undefined|null|NaN|\[object|\.\.|\. \.|,\s*,|\s\s|: ?\.|^[a-z]|^\s|\s$/;
