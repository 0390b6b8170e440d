import { UserError, shown } from './userError';

/** What the numbers in a workflow count: currency units (`19.99`) or cents (`1999`). */
export type AmountsIn = 'units' | 'cents';

/** An amount as an operator gave it. */
export interface GivenAmount {
	/** Integer cents, 0 or more. */
	amountCents: number;
	/** ISO 4217 code, where one was written beside the number; a `$` alone names no currency. */
	currency?: string;
}

/** The largest amount taken, in cents: ten billion currency units. Above it a double loses cents. */
const LARGEST_CENTS = 1_000_000_000_000;

const CURRENCY_OF_SYMBOL: Readonly<Record<string, string | undefined>> = { '€': 'EUR', '£': 'GBP' };
const AMOUNT_WITH_CURRENCY =
	/^(?<before>[€£$]|[a-z]{3})?\s*(?<number>[0-9.,'’\s]*[0-9])\s*(?<after>[€£$]|[a-z]{3})?$/iu;

/** Each way of writing a number: how whole digits are grouped, and what comes before the decimals. */
const NOTATIONS: readonly RegExp[] = [
	/^(?<whole>\d*)(?:[.,](?<decimals>\d+))?$/,
	/^(?<whole>\d{1,3}(?:[\s'’]\d{3})+)(?:[.,](?<decimals>\d+))?$/u,
	/^(?<whole>\d{1,3}(?:,\d{3})+)(?:\.(?<decimals>\d+))?$/,
	/^(?<whole>\d{1,3}(?:\.\d{3})+)(?:,(?<decimals>\d+))?$/,
];

/**
 * Reads an amount that an operator or an expression gave.
 *
 * Numbers and decimal text are read digit by digit. The noise of binary fractions
 * (`19.989999999999998`) is taken as the cent it means; a third real decimal is not.
 *
 * @param value anything an expression can return: `19.99`, `"84,90"`, `"1 234,56 €"`, `"1,234.56"`
 * @param amountsIn what the number counts
 * @throws {UserError} for anything that is no amount, or that could mean two amounts
 */
export function parseAmount(value: unknown, amountsIn: AmountsIn): GivenAmount {
	if (value === undefined || value === null || (typeof value === 'string' && !value.trim())) {
		throw new UserError('There is no amount', `Give one such as ${example(amountsIn)}.`);
	}
	if (typeof value === 'number') {
		return { amountCents: centsOfNumber(value, amountsIn, shown(value)) };
	}
	if (typeof value !== 'string') {
		throw new UserError(
			`The amount is ${shown(value)}, not a number`,
			`Give one such as ${example(amountsIn)}.`,
		);
	}
	return parseAmountText(value, amountsIn);
}

/** Cents as currency units: `1999` is `19.99`. The decimal text is built first, never a product. */
export function centsToUnits(cents: number): number {
	return Number(decimalText(cents));
}

/** Cents as a person reads them: `19.99 EUR`, or `19.99` where the currency is not known. */
export function formatCents(cents: number, currency?: string): string {
	return currency ? `${decimalText(cents)} ${currency}` : decimalText(cents);
}

function decimalText(cents: number): string {
	const digits = String(Math.abs(cents)).padStart(3, '0');
	return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function example(amountsIn: AmountsIn): string {
	return amountsIn === 'units' ? '19.99 (currency units)' : '1999 (cents)';
}

function parseAmountText(text: string, amountsIn: AmountsIn): GivenAmount {
	const given = shown(text);
	const parts = AMOUNT_WITH_CURRENCY.exec(text.trim())?.groups;
	const number = parts?.['number'];
	if (parts === undefined || number === undefined) {
		throw /^\D*[-−]/u.test(text)
			? negative(given)
			: new UserError(`${given} is not an amount`, `Give one such as ${example(amountsIn)}.`);
	}
	const currencies = [parts['before'], parts['after']].flatMap((mark) => currencyOf(mark) ?? []);
	if (new Set(currencies).size > 1) {
		throw new UserError(`The amount ${given} names two currencies`, 'Give the amount in one.');
	}

	const readings = [...new Set(NOTATIONS.flatMap((notation) => plainDecimals(number, notation)))];
	if (readings.length > 1) {
		throw new UserError(
			`The amount ${given} can be read as ${readings.join(' or as ')}`,
			'Write it without a thousands separator and with two decimals.',
		);
	}
	const [reading] = readings;
	if (reading === undefined) {
		throw new UserError(`${given} is not an amount`, `Give one such as ${example(amountsIn)}.`);
	}
	const amountCents = centsOfText(reading, amountsIn, given);
	const [currency] = currencies;
	return currency === undefined ? { amountCents } : { amountCents, currency };
}

function currencyOf(mark: string | undefined): string | undefined {
	if (mark === undefined) return undefined;
	return mark.length === 3 ? mark.toUpperCase() : CURRENCY_OF_SYMBOL[mark];
}

/** The number in one notation as `digits.digits`, or nothing where it is not written that way. */
function plainDecimals(number: string, notation: RegExp): string[] {
	const parts = notation.exec(number.trim())?.groups;
	if (parts === undefined) return [];
	const whole = (parts['whole'] ?? '').replace(/\D/gu, '');
	const grouped = /\D/u.test(parts['whole'] ?? '');
	// A group of thousands never starts with a zero: "0,123" has three decimals.
	if (grouped && whole.startsWith('0')) return [];
	const decimals = parts['decimals'];
	if (whole === '' && decimals === undefined) return [];
	return [decimals === undefined ? whole || '0' : `${whole || '0'}.${decimals}`];
}

function centsOfText(decimal: string, amountsIn: AmountsIn, given: string): number {
	const [whole = '', decimals = ''] = decimal.split('.');
	const places = amountsIn === 'units' ? 2 : 0;
	const beyond = decimals.slice(places);
	// Beyond the cent only zeros are exact; anything else is noise or a real decimal, told apart as a number.
	if (/[^0]/.test(beyond)) return centsOfNumber(Number(decimal), amountsIn, given);
	return withinRange(Number(whole + decimals.slice(0, places).padEnd(places, '0')), given);
}

function centsOfNumber(amount: number, amountsIn: AmountsIn, given: string): number {
	if (!Number.isFinite(amount)) {
		throw new UserError(`The amount is ${given}`, `Give one such as ${example(amountsIn)}.`);
	}
	const size = Math.abs(amount);
	// `toFixed` writes large numbers with an exponent, which holds no cents.
	if (size >= LARGEST_CENTS) throw tooLarge(given);
	const rounded = size.toFixed(amountsIn === 'units' ? 2 : 0);
	if (Math.abs(size - Number(rounded)) > noise(size)) {
		throw new UserError(
			amountsIn === 'units'
				? `The amount ${given} has a fraction of a cent`
				: `The amount ${given} is not a whole number of cents`,
			amountsIn === 'units'
				? 'Round it to two decimals where it is computed.'
				: 'Give whole cents such as 1999, or set Amounts In to Currency Units.',
		);
	}
	const cents = Number(rounded.replace('.', ''));
	if (amount < 0 && cents !== 0) throw negative(given);
	return withinRange(cents, given);
}

/** How far a computed number may lie from the cent it means: what a long sum of doubles can gather. */
function noise(size: number): number {
	return Math.min(1e-9 + size * 2 ** -40, 1e-4);
}

function withinRange(cents: number, given: string): number {
	if (cents > LARGEST_CENTS) throw tooLarge(given);
	return cents;
}

function negative(given: string): UserError {
	return new UserError(
		`The amount ${given} is negative`,
		'Give what the order is worth now: 0 or more.',
	);
}

function tooLarge(given: string): UserError {
	return new UserError(
		`The amount ${given} is too large`,
		'Give an amount below ten billion currency units.',
	);
}
