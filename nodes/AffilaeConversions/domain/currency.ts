/**
 * Currencies without hundredths in ISO 4217. `Intl` cannot be used: it follows what is printed on price
 * tags, and has no hundredths for HUF, IDR or PKR either.
 */
const WITHOUT_HUNDREDTHS = new Set(
	[
		'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', // whole units
		'BHD IQD JOD KWD LYD OMR TND', // thousandths
		'CLF UYW', // ten-thousandths
	].flatMap((codes) => codes.split(' ')),
);

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether a word is the ISO 4217 code of a currency in use; case does not matter. */
export function isCurrency(word: string): boolean {
	return CURRENCIES.has(word.toUpperCase());
}

/**
 * Whether a currency has hundredths, so that amounts in units can be converted to Affilae's cents. An absent
 * currency counts as having them; an unknown code does not: that would be a guess.
 *
 * @param currency ISO 4217 code in any case
 */
export function hasCents(currency: string | undefined): boolean {
	if (currency === undefined) return true;
	return isCurrency(currency) && !WITHOUT_HUNDREDTHS.has(currency.toUpperCase());
}

/**
 * Whether a code (in any case) or sign beside a number can mean a currency.
 * `$` fits each currency that is written with it, such as USD, CAD and MXN.
 *
 * @param mark ISO 4217 code or currency sign
 * @param currency ISO 4217 code in any case
 */
export function matchesCurrency(mark: string, currency: string): boolean {
	return mark.toUpperCase() === currency.toUpperCase() || mark === signOf(currency);
}

function signOf(currency: string): string | undefined {
	if (!isCurrency(currency)) return undefined;
	return new Intl.NumberFormat('en', {
		style: 'currency',
		currency,
		currencyDisplay: 'narrowSymbol',
	})
		.formatToParts(0)
		.find(({ type }) => type === 'currency')?.value;
}
