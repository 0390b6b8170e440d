import { describe, expect, test } from '@jest/globals';
import {
	hasCents,
	isCurrency,
	matchesCurrency,
} from '../../nodes/AffilaeConversions/domain/currency';

describe('whether a currency is divided into cents', () => {
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
	])('%s: %s', (currency, expected) => {
		expect(hasCents(currency)).toBe(expected);
	});

	test('a currency that is not known is taken to have them', () => {
		expect(hasCents(undefined)).toBe(true);
	});
});

describe('whether what stands beside a number fits a currency', () => {
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
	])('%s fits %s', (mark, currency) => {
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
	])('%s does not fit %s', (mark, currency) => {
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
])('%s is the code of a currency: %s', (word, expected) => {
	expect(isCurrency(word)).toBe(expected);
});
