import { hasCents, isCurrency, matchesCurrency } from './currency';
import { emptyExpressionError, withoutInvisible } from './text';
import { UserError, formatValue } from './userError';

/** The unit of amounts in a workflow: currency units (`19.99`) or cents (`1999`). */
export type AmountsIn = 'units' | 'cents';

/** An amount that an operator or an expression gave. */
export interface GivenAmount {
	/** Integer cents, 0 or more. */
	amountCents: number;
	/** The currency as written beside the number: an ISO 4217 code in upper case, or a sign such as `€`. */
	mark?: string;
	/** The unit of the number: matters for currencies without two decimals. */
	amountsIn: AmountsIn;
}

/** A rate of tax, exact to four decimals of a percent. */
export interface TaxRate {
	/** The rate in millionths: 20% is 200,000. */
	millionths: number;
}

/** The largest amount allowed, in cents: ten billion currency units. Above it, a double loses cents. */
const LARGEST_CENTS = 1_000_000_000_000;

/** No real amount is longer. The limit keeps the regular expression away from very long text. */
const LONGEST_TEXT = 64;

/**
 * A minus may stand at either end, or between the currency and the number. Any kind of space may group digits,
 * but a tab or a line break separates two numbers.
 */
const AMOUNT_TEXT =
	/^(?:(?<first>[-−–])\s*)?(?:(?<before>\p{Sc}|[a-z]{3})\s*)?(?:(?<second>[-−–])\s*)?(?<number>[\d.,](?:[\d.,'’\p{Zs}]*\d)?(?:e[+-]?\d+)?)(?:\s*(?<after>\p{Sc}|[a-z]{3}))?(?:\s*(?<last>[-−–]))?$/iu;

/** Accountants write a minus as brackets: `(19.99) €`. */
const BRACKETS = /\(([^()]*)\)/u;

const EXPONENT_FORM = /^\d+(?:[.,]\d+)?e(?<exponent>[+-]?\d+)$/i;

/** Each way of writing a number: how whole digits are grouped, and what comes before the decimals. */
const NOTATIONS: readonly RegExp[] = [
	/^(?<whole>\d*)(?:[.,](?<decimals>\d+))?$/,
	/^(?<whole>\d{1,3}(?:[\p{Zs}'’]\d{3})+)(?:[.,](?<decimals>\d+))?$/u,
	/^(?<whole>\d{1,3}(?:,\d{3})+)(?:\.(?<decimals>\d+))?$/,
	/^(?<whole>\d{1,3}(?:\.\d{3})+)(?:,(?<decimals>\d+))?$/,
];

/**
 * Reads an amount that an operator or an expression gave.
 *
 * Numbers and decimal text are read digit by digit. The noise of binary fractions
 * (`19.989999999999998`, `5.55e-17`) is rounded to the cent it means; a third real decimal is an error.
 *
 * @param value anything an expression can return: `19.99`, `"84,90"`, `"1 234,56 €"`, `"1,234.56"`
 * @param amountsIn what the number counts
 * @param field the field's name as the editor shows it
 * @throws {UserError} if the value is not an amount, is negative, or could mean two amounts
 */
export function parseAmount(value: unknown, amountsIn: AmountsIn, field: string): GivenAmount {
	if (value === undefined || value === null) throw emptyExpressionError(field);
	const given: Given = { amountsIn, is: `'${field}' is ${formatValue(value)}` };
	if (typeof value === 'number') return { amountCents: centsOfNumber(value, given), amountsIn };
	if (typeof value !== 'string') throw noAmount(given);
	const text = withoutInvisible(value).trim();
	if (text === '') throw new UserError(`'${field}' is empty`, exampleOf(amountsIn));
	return parseAmountText(text, given);
}

/**
 * The amount without the tax that it includes: `cents / (1 + rate)`, exact,
 * rounded half up to the cent.
 *
 * @param cents integer cents, 0 or more
 */
export function netOfTax(cents: number, { millionths }: TaxRate): number {
	const gross = BigInt(cents) * 1_000_000n;
	const divisor = 1_000_000n + BigInt(millionths);
	return Number((2n * gross + divisor) / (2n * divisor));
}

/**
 * Reads a tax rate in percent: `20`, `"5.5"`, `"5,5 %"`. From 0 to 100, with at most four decimals.
 *
 * A bare number between 0 and 1 could be a fraction (0.2 for 20%), so it must be written with its `%`.
 *
 * @param field the field's name as the editor shows it
 * @throws {UserError} for anything else
 */
export function parseTaxRate(value: unknown, field: string): TaxRate {
	if (value === undefined || value === null) throw emptyExpressionError(field);
	const text = typeof value === 'number' ? String(value) : value;
	const parts =
		typeof text === 'string'
			? /^(?<number>\d{1,3}(?:[.,]\d{1,20})?)\s*(?<sign>%)?$/u.exec(withoutInvisible(text).trim())
			: null;
	const percent = Number(parts?.groups?.['number']?.replace(',', '.') ?? NaN);
	const rounded = percent.toFixed(4);
	if (!(percent <= 100) || Math.abs(percent - Number(rounded)) > 1e-9) {
		throw new UserError(
			`'${field}' is ${formatValue(value)}, which is not a tax rate`,
			'Enter a percentage from 0 to 100 such as 20 or 5.5, with at most four decimals.',
		);
	}
	if (percent > 0 && percent < 1 && parts?.groups?.['sign'] === undefined) {
		throw new UserError(
			`'${field}' is ${formatValue(value)}, which can be read as ${percent}% or as ${Number((percent * 100).toFixed(2))}%`,
			`Enter 20 for 20%. For less than one percent, add the sign: "${percent}%".`,
		);
	}
	return { millionths: Number(rounded.replace('.', '')) };
}

/** Cents as currency units: `1999` is `19.99`. The decimal text is built first, never a product. */
export function centsToUnits(cents: number): number {
	return Number(decimalText(cents));
}

/**
 * Cents as a person reads them: `19.99 EUR`, or `19.99` if the currency is not known. A currency
 * without hundredths is shown as Affilae counts it: `1999 cents (JPY)`.
 */
export function formatCents(cents: number, currency?: string): string {
	if (!currency) return decimalText(cents);
	return hasCents(currency) ? `${decimalText(cents)} ${currency}` : `${cents} cents (${currency})`;
}

/** An amount while it is read: its unit, and the beginning of a message about it. */
interface Given {
	amountsIn: AmountsIn;
	is: string;
}

function decimalText(cents: number): string {
	const digits = String(Math.abs(cents)).padStart(3, '0');
	return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function parseAmountText(text: string, given: Given): GivenAmount {
	const { amountsIn, is } = given;
	const plain = text.length > LONGEST_TEXT ? '' : text.replace(BRACKETS, '-$1');
	const parts = AMOUNT_TEXT.exec(plain)?.groups;
	const number = parts?.['number'];
	if (parts === undefined || number === undefined) throw noAmount(given);
	const mark = markOf(parts['before'], parts['after'], given);
	if (mark !== undefined && amountsIn === 'units' && isCurrency(mark) && !hasCents(mark)) {
		throw new UserError(
			`${is}, but ${mark} has no cents: the unit of its amounts in Affilae is unknown`,
			"Set 'Amounts In' to Cents, and enter the whole number that Affilae shows for it.",
		);
	}
	const reading = theReading(number, given);
	// "84,00 €" is hardly 84 cents.
	const isInUnits = amountsIn === 'cents' && mark !== undefined && /^\d*\.\d+$/.test(reading);
	if (isInUnits) throw notWhole(given);
	const amountCents = centsOfText(reading, given);
	const isNegative = ['first', 'second', 'last'].some((place) => parts[place] !== undefined);
	if (isNegative && amountCents !== 0) throw negative(given);
	return { amountCents, ...(mark === undefined ? {} : { mark }), amountsIn };
}

/** The currency beside a number; a code says more than a sign. */
function markOf(
	before: string | undefined,
	after: string | undefined,
	{ is }: Given,
): string | undefined {
	const marks = [before, after].flatMap((mark) => mark?.toUpperCase() ?? []);
	const noCurrency = marks.find((mark) => /^[A-Z]{3}$/.test(mark) && !isCurrency(mark));
	if (noCurrency !== undefined) {
		throw new UserError(
			`${is}, and ${noCurrency} is not a currency`,
			'Write the currency as a code such as EUR, or leave it out.',
		);
	}
	const [one, other = one] = marks;
	if (one === undefined || other === undefined || one === other) return one;
	if (isCurrency(other) && matchesCurrency(one, other)) return other;
	if (isCurrency(one) && matchesCurrency(other, one)) return one;
	throw new UserError(`${is}, which names two currencies`, 'Enter the amount in one currency.');
}

/** The one way to read a number, as `digits.digits`, or with an exponent below 0. */
function theReading(number: string, given: Given): string {
	const exponent = EXPONENT_FORM.exec(number)?.groups?.['exponent'];
	if (exponent !== undefined) {
		if (Number(exponent) < 0) return number.replace(',', '.');
		throw new UserError(
			`${given.is}, which is shortened with an exponent`,
			'Write all digits of the amount.',
		);
	}
	const readings = [...new Set(NOTATIONS.flatMap((notation) => plainDecimals(number, notation)))];
	if (readings.length > 1) {
		throw new UserError(
			`${given.is}, which can be read as ${readings.join(' or as ')}`,
			given.amountsIn === 'units'
				? 'Write it without a thousands separator and with two decimals.'
				: 'Write it without a separator.',
		);
	}
	const [reading] = readings;
	if (reading === undefined) throw noAmount(given);
	return reading;
}

/** The number in one notation as `digits.digits`, or nothing if it is not written that way. */
function plainDecimals(number: string, notation: RegExp): string[] {
	const parts = notation.exec(number)?.groups;
	if (parts === undefined) return [];
	const whole = (parts['whole'] ?? '').replace(/\D/gu, '');
	const isGrouped = /\D/u.test(parts['whole'] ?? '');
	// A group of thousands never starts with a zero: "0,123" has three decimals.
	if (isGrouped && whole.startsWith('0')) return [];
	const decimals = parts['decimals'];
	return [decimals === undefined ? whole : `${whole || '0'}.${decimals}`];
}

function centsOfText(decimal: string, given: Given): number {
	const places = given.amountsIn === 'units' ? 2 : 0;
	const [whole = '', decimals = ''] = decimal.split('.');
	// Beyond the cent only zeros are exact; anything else is noise or a real decimal, told apart as a number.
	if (/e/i.test(decimal) || /[^0]/.test(decimals.slice(places))) {
		return centsOfNumber(Number(decimal), given);
	}
	const cents = Number(whole + decimals.slice(0, places).padEnd(places, '0'));
	if (cents > LARGEST_CENTS) throw tooLarge(given);
	return cents;
}

function centsOfNumber(amount: number, given: Given): number {
	const { amountsIn, is } = given;
	if (Number.isNaN(amount)) {
		throw new UserError(
			`${is}: its expression calculates with a value that is not a number`,
			'Check that the fields it reads exist in this item and contain numbers.',
		);
	}
	const size = Math.abs(amount);
	// `toFixed` writes large numbers with an exponent, which holds no cents.
	if (size >= LARGEST_CENTS) throw tooLarge(given);
	const rounded = size.toFixed(amountsIn === 'units' ? 2 : 0);
	if (Math.abs(size - Number(rounded)) > noise(size)) throw notWhole(given);
	const cents = Number(rounded.replace('.', ''));
	if (amount < 0 && cents !== 0) throw negative(given);
	if (cents > LARGEST_CENTS) throw tooLarge(given);
	return cents;
}

/**
 * How far a calculated number may be from the cent it means: the error of a long sum of doubles. A price
 * has no seventh decimal.
 */
function noise(size: number): number {
	return Math.min(1e-7 + size * 2 ** -40, 1e-4);
}

function notWhole({ is, amountsIn }: Given): UserError {
	return amountsIn === 'units'
		? new UserError(
				`${is}, which has a fraction of a cent`,
				'Round it to two decimals where it is calculated.',
			)
		: new UserError(
				`${is}, which is not a whole number of cents`,
				"Enter whole cents such as 1999, or set 'Amounts In' to Currency Units.",
			);
}

function noAmount({ is, amountsIn }: Given): UserError {
	return new UserError(`${is}, which is not an amount`, exampleOf(amountsIn));
}

function exampleOf(amountsIn: AmountsIn): string {
	return `Enter an amount such as ${amountsIn === 'units' ? '19.99 (currency units)' : '1999 (cents)'}.`;
}

function negative({ is }: Given): UserError {
	return new UserError(`${is}, which is negative`, 'Enter what the order is worth now: 0 or more.');
}

function tooLarge({ is }: Given): UserError {
	return new UserError(
		`${is}, which is too large`,
		'Enter an amount below ten billion currency units.',
	);
}
