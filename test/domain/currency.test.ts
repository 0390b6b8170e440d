import { describe, expect, test } from '@jest/globals';
import {
	hasCents,
	isCurrency,
	matchesCurrency,
} from '../../nodes/AffilaeConversions/domain/currency';

describe('a currency', () => {
	test.each([
		['EUR', true],
		['eur', true],
		['USD', true],
		['GBP', true],
		['CHF', true],
		['PLN', true],
		['MAD', true],
		['HUF', true],
		['IDR', true],
		['PKR', true],
		['JPY', false],
		['jpy', false],
		['KRW', false],
		['XOF', false],
		['CLP', false],
		['KWD', false],
		['TND', false],
		['CLF', false],
		['ABC', false],
		['EURO', false],
		['', false],
	])('"%s" is divided into cents: %s', (currency, expected) => {
		expect(hasCents(currency)).toBe(expected);
	});

	test('that is missing is assumed to be divided into cents', () => {
		expect(hasCents(undefined)).toBe(true);
	});
});

describe('the currency beside a number', () => {
	test.each([
		['EUR', 'EUR'],
		['eur', 'EUR'],
		['EUR', 'eur'],
		['€', 'EUR'],
		['€', 'eur'],
		['$', 'USD'],
		['$', 'CAD'],
		['$', 'AUD'],
		['$', 'MXN'],
		['£', 'GBP'],
		['¥', 'JPY'],
		['¥', 'CNY'],
		['₹', 'INR'],
		['₺', 'TRY'],
		['ABC', 'abc'],
	])('%s matches %s', (mark, currency) => {
		expect(matchesCurrency(mark, currency)).toBe(true);
	});

	test.each([
		['$', 'EUR'],
		['$', 'GBP'],
		['$', 'CHF'],
		['€', 'USD'],
		['£', 'EUR'],
		['¥', 'KRW'],
		['USD', 'CAD'],
		['USD', 'EUR'],
		['$', 'ABC'],
		['$', 'EURO'],
		['$', ''],
	])('%s does not match "%s"', (mark, currency) => {
		expect(matchesCurrency(mark, currency)).toBe(false);
	});
});

test.each([
	['EUR', true],
	['usd', true],
	['KWD', true],
	['TTC', false],
	['PCS', false],
	['€', false],
])('%s is a currency code: %s', (word, expected) => {
	expect(isCurrency(word)).toBe(expected);
});
