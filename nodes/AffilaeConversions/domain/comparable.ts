import type { Conversion } from './conversion';
import { hasCents, isCurrency, matchesCurrency } from './currency';
import type { GivenAmount } from './money';
import { capitalize, describeConversion } from './reference';
import { UserError } from './userError';

/**
 * Checks that an amount is in the conversion's currency, and in a unit that is known for it. If Affilae does
 * not say the currency, only an amount without one can be compared.
 *
 * @param field the field with the amount, as the editor shows it
 * @throws {UserError} if it is not
 */
export function mustBeComparable(
	{ mark, amountsIn }: GivenAmount,
	field: string,
	conversion: Conversion,
): void {
	const { currency } = conversion;
	const name = describeConversion(conversion);
	if (currency === undefined) {
		if (mark === undefined) return;
		throw new UserError(
			`'${field}' is in ${mark}, but Affilae does not say the currency of ${name}`,
			'Enter the amount without a currency.',
		);
	}
	if (mark !== undefined && !matchesCurrency(mark, currency)) {
		throw new UserError(
			`'${field}' is in ${mark}, but ${name} is in ${currency}`,
			`Enter the amount in ${currency}.`,
		);
	}
	if (amountsIn === 'units' && !hasCents(currency)) {
		throw new UserError(
			`${capitalize(name)} is in ${currency}, which ${isCurrency(currency) ? 'has no cents' : 'is not a known currency'}: the unit of its amounts in Affilae is unknown`,
			"Set 'Amounts In' to Cents, and enter the whole number that Affilae shows for it.",
		);
	}
}
