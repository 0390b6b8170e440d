import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	centsToUnits,
	formatCents,
	netOfTax,
	parseAmount,
	parseTaxRate,
	type AmountsIn,
	type GivenAmount,
} from '../../nodes/AffilaeConversions/domain/money';
import { valueOrMessage } from './thrown';

/** The amount that is read, or the message of the error. */
function read(value: unknown, amountsIn: AmountsIn = 'units'): GivenAmount | string {
	return valueOrMessage(() => parseAmount(value, amountsIn, 'Amount'));
}

const NBSP = '\u00a0';
const ZERO_WIDTH = '\u200b';
const BOM = '\ufeff';
const RIGHT_TO_LEFT = '\u200f';
const NARROW_NBSP = '\u202f';

describe('amounts in currency units', () => {
	test.each([
		[19.99, 1999],
		[19.989999999999998, 1999],
		[0.1 + 0.2, 30],
		[1.005 * 100, 10050],
		[84.9, 8490],
		[84.9 * 3, 25470],
		[100, 10000],
		[0, 0],
		[-0, 0],
		[0.01, 1],
		[0.29, 29],
		[1.1 + 2.2, 330],
		[4.35 * 100 - 400, 3500],
		[9_999_999_999.99, 999_999_999_999],
		['19.99', 1999],
		['19.989999999999998', 1999],
		['84,90', 8490],
		['84.9', 8490],
		['84,9', 8490],
		['84', 8400],
		['0', 0],
		['0.00', 0],
		['00', 0],
		['007.50', 750],
		['.5', 50],
		[',50', 50],
		['0,12', 12],
		['  19.99  ', 1999],
		['84.900000000', 8490],
		['84,900000', 8490],
		['12.3400', 1234],
		['1 234,56', 123456],
		[`1${NBSP}234,56`, 123456],
		[`1${NARROW_NBSP}234,56`, 123456],
		['1 234', 123400],
		['12 345 678.90', 1234567890],
		['1,234.56', 123456],
		['1.234,56', 123456],
		["1'234.50", 123450],
		['1’234.50', 123450],
		['1,234,567', 123456700],
		['1.234.567', 123456700],
		['1.234.567,89', 123456789],
		['1234.56', 123456],
		['1234,56', 123456],
		['9999999999.99', 999_999_999_999],
		['-0.00', 0],
		['-0,00', 0],
		['(0.00)', 0],
		[0.1 + 0.2 - 0.3, 0],
		[0.3 - (0.1 + 0.2), 0],
		['5.551115123125783e-17', 0],
		['-5.551115123125783E-17', 0],
		['5,551115123125783e-17', 0],
		['1e-2', 1],
		[33.333333333 * 3, 10000],
		[`19.99${ZERO_WIDTH}`, 1999],
		[`${BOM}19${ZERO_WIDTH}.99`, 1999],
		[`${RIGHT_TO_LEFT}19.99\u202c`, 1999],
		[`${' '.repeat(60_000)}19.99${'\n'.repeat(60_000)}`, 1999],
	])('%j is %d cents', (value, amountCents) => {
		expect(read(value)).toEqual({ amountCents, amountsIn: 'units' });
	});

	test.each([
		['1 234,56 €', 123456, '€'],
		[`1${NARROW_NBSP}234,56${NBSP}€`, 123456, '€'],
		['€ 12', 1200, '€'],
		['€12.50', 1250, '€'],
		['12 EUR', 1200, 'EUR'],
		['12 eur', 1200, 'EUR'],
		['12USD', 1200, 'USD'],
		['USD 1,234.56', 123456, 'USD'],
		['£12.30', 1230, '£'],
		['CHF 12.30', 1230, 'CHF'],
		['€ 12 EUR', 1200, 'EUR'],
		['EUR 12 €', 1200, 'EUR'],
		['CAD 12 $', 1200, 'CAD'],
		['€ 12 €', 1200, '€'],
		['$12', 1200, '$'],
		['12 $', 1200, '$'],
		['12 ₹', 1200, '₹'],
		['-0,00 €', 0, '€'],
		['€ -0.00', 0, '€'],
		['5.551115123125783e-17 EUR', 0, 'EUR'],
		['EUR5.551115123125783e-17', 0, 'EUR'],
		['19.989999999999998 €', 1999, '€'],
		[`${BOM}19.99${NBSP}EUR${ZERO_WIDTH}`, 1999, 'EUR'],
	])('%j is %d cents with the currency %s', (value, amountCents, mark) => {
		expect(read(value)).toEqual({ amountCents, mark, amountsIn: 'units' });
	});

	test.each([['1200 JPY'], ['12.50 kwd'], ['TND 12']])(
		'%j is rejected, because the unit of its amounts in Affilae is unknown',
		(value) => {
			expect(read(value)).toContain("Set 'Amounts In' to Cents");
		},
	);

	test.each([
		['1,234', '1.234', '1234'],
		['1.234', '1.234', '1234'],
		['12,345', '12.345', '12345'],
		['123.456 €', '123.456', '123456'],
		['1,000', '1.000', '1000'],
	])('%j is rejected as ambiguous: %s or %s', (value, one, other) => {
		const message = read(value);
		expect(message).toContain(`"${value}"`);
		expect(message).toMatch(new RegExp(`\\b${one.replace('.', '\\.')} or as ${other}\\b`));
	});

	test.each([
		[12.345],
		[0.001],
		[0.005],
		[19.9901],
		[84.999],
		['12.345678'],
		['0,123'],
		['0.125'],
		['1234.567'],
		['1 234.567'],
	])('%j is rejected for its fraction of a cent', (value) => {
		expect(read(value)).toContain('fraction of a cent');
	});

	test.each([
		[NaN, 'NaN'],
		[Infinity, 'Infinity'],
		[-Infinity, '-Infinity'],
		[-1, 'negative'],
		[-0.01, 'negative'],
		['-5', 'negative'],
		['5-', 'negative'],
		['–5', 'negative'],
		['(19.99)', 'negative'],
		['(19,99 €)', 'negative'],
		['€ (19.99)', 'negative'],
		['(19.99) EUR', 'negative'],
		['-5.00 EUR', 'negative'],
		['−5', 'negative'],
		['-5,00 €', 'negative'],
		['€ -5', 'negative'],
		['', "'Amount' is empty."],
		[' ', "'Amount' is empty."],
		['\n', "'Amount' is empty."],
		[ZERO_WIDTH, "'Amount' is empty."],
		[null, "'Amount' is empty: its expression returns nothing for this item"],
		[undefined, "'Amount' is empty: its expression returns nothing for this item"],
		[true, 'true, which is not an amount'],
		[false, 'false, which is not an amount'],
		[{}, 'an object, which is not an amount'],
		[[], 'a list, which is not an amount'],
		[[19.99], 'a list, which is not an amount'],
		[12n, '12, which is not an amount'],
		['1e3', '"1e3", which is shortened'],
		['1.2E+03 EUR', '"1.2E+03 EUR", which is shortened'],
		['1.5e-3', 'fraction of a cent'],
		['1.5e-5 EUR', 'fraction of a cent'],
		['12,00 TTC', 'TTC is not a currency'],
		['3 pcs', 'PCS is not a currency'],
		['(19.99', '"(19.99"'],
		['19.99)', '"19.99)"'],
		['19.99 / 24.99', '"19.99 / 24.99"'],
		[`abc${' '.repeat(60_000)}!`, 'which is not an amount'],
		[`1${' '.repeat(60_000)}1`, 'which is not an amount'],
		['9'.repeat(60_000), 'which is not an amount'],
		['abc', '"abc"'],
		['12 34', '"12 34"'],
		['40\n100', 'which is not an amount'],
		['40\r\n100', 'which is not an amount'],
		['40\t100', 'which is not an amount'],
		['1\t234,56 €', 'which is not an amount'],
		['1\u2028234', 'which is not an amount'],
		['1,23,456.00', '"1,23,456.00"'],
		['1,234.567,89', '"1,234.567,89"'],
		['1.234.56', '"1.234.56"'],
		['1,234,56', '"1,234,56"'],
		['12.', '"12."'],
		['.', '"."'],
		['€', '"€"'],
		['12 %', '"12 %"'],
		['0x10', '"0x10"'],
		['12 euros', '"12 euros"'],
		['Infinity', '"Infinity"'],
		['NaN', '"NaN"'],
		['+5', '"+5"'],
		['12;50', '"12;50"'],
		['01.234.567', '"01.234.567"'],
		['１２', '"１２"'],
	])('%j is rejected, and the message says why', (value, told) => {
		expect(read(value)).toContain(told);
	});

	test('a number with two different currencies is rejected', () => {
		expect(read('USD 12 EUR')).toContain('two currencies');
		expect(read('€ 12 GBP')).toContain('two currencies');
		expect(read('$ 12 €')).toContain('two currencies');
		expect(read('$ 12 EUR')).toContain('two currencies');
	});

	test('a number with two currencies after it is rejected', () => {
		expect(read('12 USD EUR')).toContain('"12 USD EUR"');
	});

	test.each([
		[1e10 + 1],
		[1e12],
		[1e15],
		[1e21],
		[Number.MAX_VALUE],
		['10000000001'],
		['9'.repeat(30)],
	])('%j is rejected as too large', (value) => {
		expect(read(value)).toContain('too large');
	});

	test('the message shows only the beginning of a long text', () => {
		const message = read(`x${'1'.repeat(500)}`);
		expect(String(message).length).toBeLessThan(200);
	});
});

describe('amounts in cents', () => {
	test.each([
		[1999, 1999],
		['1999', 1999],
		[0, 0],
		['1999.00', 1999],
		['1 999', 1999],
		['199900', 199900],
		[1998.9999999999998, 1999],
		['1999 EUR', 1999],
		['1 999 €', 1999],
		['1200 JPY', 1200],
		['5.551115123125783e-17 EUR', 0],
	])('%j is %d cents', (value, amountCents) => {
		expect(read(value, 'cents')).toMatchObject({ amountCents, amountsIn: 'cents' });
	});

	test.each([['84,00 €'], ['84.00 EUR'], ['EUR 84.90'], ['$0.00'], ['1,234.00 USD'], ['84.0 €']])(
		'%j is rejected, because decimals beside a currency are not cents',
		(value) => {
			expect(read(value, 'cents')).toContain('not a whole number of cents');
		},
	);

	test.each([[19.99], ['19.99'], ['19,99'], [0.5], ['0.5']])(
		'%j is rejected, because it is not a whole number of cents',
		(value) => {
			expect(read(value, 'cents')).toContain('not a whole number of cents');
		},
	);

	test.each([
		[-5, 'negative'],
		[NaN, 'NaN'],
		['', "'Amount' is empty"],
		[null, "'Amount' is empty"],
		['abc', '"abc"'],
		['1,234', '1.234 or as 1234'],
		['(1999)', 'negative'],
		[1e12 + 1, 'too large'],
	])('%j is rejected', (value, told) => {
		expect(read(value, 'cents')).toContain(told);
	});
});

describe('for every amount', () => {
	const cents = fc.integer({ min: 0, max: 100_000_000_000 });

	test('cents that are converted to units and back are the same', () => {
		fc.assert(
			fc.property(cents, (amountCents) => {
				const inUnits: GivenAmount = { amountCents, amountsIn: 'units' };
				expect(read(centsToUnits(amountCents))).toEqual(inUnits);
				expect(read(formatCents(amountCents))).toEqual(inUnits);
				expect(read(formatCents(amountCents, 'EUR'))).toEqual({ ...inUnits, mark: 'EUR' });
				expect(read(amountCents, 'cents')).toEqual({ amountCents, amountsIn: 'cents' });
			}),
		);
	});

	test('a sum that an expression computes in floating point is read to the cent', () => {
		const prices = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 200 });
		fc.assert(
			fc.property(prices, (each) => {
				const sum = each.reduce((total, price) => total + price / 100, 0);
				const amountCents = each.reduce((total, price) => total + price, 0);
				expect(read(sum)).toMatchObject({ amountCents });
				expect(read(String(sum))).toMatchObject({ amountCents });
				expect(read(`${sum} EUR`)).toMatchObject({ amountCents, mark: 'EUR' });
			}),
		);
	});

	test('a product or difference that an expression computes in floating point is read to the cent', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 10_000_000 }),
				fc.integer({ min: 0, max: 1000 }),
				(price, quantity) => {
					expect(read((price / 100) * quantity)).toMatchObject({ amountCents: price * quantity });
					const left = (price + quantity) / 100 - quantity / 100;
					expect(read(left)).toMatchObject({ amountCents: price });
					expect(read(`${left} €`)).toMatchObject({ amountCents: price });
				},
			),
		);
	});

	test('a third decimal is rejected, never rounded away', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 100_000_000 }),
				fc.integer({ min: 1, max: 9 }),
				(amountCents, mill) => {
					const text = `${formatCents(amountCents)}${mill}`;
					expect(read(Number(text))).toContain('fraction of a cent');
					const mayBeThousands = /^[1-9]\d{0,2}\.\d{3}$/.test(text);
					expect(read(text)).toContain(mayBeThousands ? 'can be read as' : 'fraction of a cent');
				},
			),
		);
	});

	const NOTATIONS = [
		{ notation: 'French', group: NARROW_NBSP, decimal: ',' },
		{ notation: 'French, typed', group: ' ', decimal: ',' },
		{ notation: 'English', group: ',', decimal: '.' },
		{ notation: 'German', group: '.', decimal: ',' },
		{ notation: 'Swiss', group: '’', decimal: '.' },
		{ notation: 'Swiss, typed', group: "'", decimal: '.' },
		{ notation: 'plain', group: '', decimal: '.' },
		{ notation: 'plain with a comma', group: '', decimal: ',' },
	];

	function written(amountCents: number, group: string, decimal: string): string {
		const [whole = '', decimals = ''] = formatCents(amountCents).split('.');
		return `${whole.replace(/\B(?=(\d{3})+$)/g, group)}${decimal}${decimals}`;
	}

	test.each(NOTATIONS)(
		'$notation notation with two decimals is read to the cent',
		({ group, decimal }) => {
			fc.assert(
				fc.property(cents, (amountCents) => {
					expect(read(written(amountCents, group, decimal))).toMatchObject({ amountCents });
				}),
			);
		},
	);

	test.each(NOTATIONS)(
		'a whole amount in $notation notation is read correctly, or rejected as ambiguous',
		({ group }) => {
			fc.assert(
				fc.property(fc.integer({ min: 0, max: 100_000_000 }), (units) => {
					const text = String(units).replace(/\B(?=(\d{3})+$)/g, group);
					const isAmbiguous = /^\d{1,3}[.,]\d{3}$/.test(text);
					expect(read(text)).toEqual(
						isAmbiguous
							? expect.stringContaining(` or as ${units}.`)
							: { amountCents: units * 100, amountsIn: 'units' },
					);
				}),
			);
		},
	);

	test('any value is read as a safe number of cents, or rejected with a message', () => {
		const texts = fc.stringMatching(/^[-€$£ ]?[0-9.,' ]{0,14}( ?[A-Z€]{0,3})$/);
		fc.assert(
			fc.property(
				fc.oneof(fc.anything(), texts, fc.double(), fc.bigInt()),
				fc.constantFrom<AmountsIn>('units', 'cents'),
				(value, amountsIn) => {
					const result = read(value, amountsIn);
					if (typeof result === 'string') return;
					expect(Number.isSafeInteger(result.amountCents)).toBe(true);
					expect(result.amountCents).toBeGreaterThanOrEqual(0);
					expect(Object.is(result.amountCents, -0)).toBe(false);
				},
			),
			{ numRuns: 2000 },
		);
	});

	test('units and the text in messages show the same amount', () => {
		fc.assert(
			fc.property(fc.integer({ min: -1e9, max: 1e11 }), (amountCents) => {
				expect(centsToUnits(amountCents)).toBe(Number((amountCents / 100).toFixed(2)));
				expect(formatCents(amountCents, 'EUR')).toBe(`${(amountCents / 100).toFixed(2)} EUR`);
			}),
		);
	});
});

test.each([
	[1999, '19.99'],
	[0, '0.00'],
	[5, '0.05'],
	[-5, '-0.05'],
	[-1999, '-19.99'],
	[100, '1.00'],
	[123456789, '1234567.89'],
])('%d cents are shown as %s', (cents, text) => {
	expect(formatCents(cents)).toBe(text);
	expect(formatCents(cents, 'EUR')).toBe(`${text} EUR`);
	expect(centsToUnits(cents)).toBe(Number(text));
});

test('an amount in a currency without cents is shown as the number that Affilae stores', () => {
	expect(formatCents(1999, 'JPY')).toBe('1999 cents (JPY)');
	expect(formatCents(-5, 'KWD')).toBe('-5 cents (KWD)');
});

describe('tax rates', () => {
	test.each([
		[0, 0],
		[20, 200_000],
		['20', 200_000],
		['20 %', 200_000],
		['20%', 200_000],
		[`20${NARROW_NBSP}%`, 200_000],
		[`${BOM}20${ZERO_WIDTH}`, 200_000],
		[5.5, 55_000],
		['5.5', 55_000],
		['5,5', 55_000],
		['5,50 %', 55_000],
		[0.07 * 100, 70_000],
		['8.125', 81_250],
		['14.9751', 149_751],
		['0.0', 0],
		['0.5 %', 5_000],
		[1, 10_000],
		[100, 1_000_000],
	])('%j is %d millionths', (value, millionths) => {
		expect(parseTaxRate(value, 'Tax in Kept Amount')).toEqual({ millionths });
	});

	test.each([
		['', '""'],
		[' ', '" "'],
		['abc', '"abc"'],
		[-1, '-1'],
		['-20', '"-20"'],
		[100.1, '100.1'],
		[999, '999'],
		['1000', '"1000"'],
		[NaN, 'NaN'],
		[Infinity, 'Infinity'],
		[5.00001, '5.00001'],
		['20 EUR', '"20 EUR"'],
		['20 % 5', '"20 % 5"'],
		['2e1', '"2e1"'],
		[`2${' '.repeat(60_000)}!`, '"2 '],
		[true, 'true'],
		[{}, 'an object'],
		[[20], 'a list'],
		[undefined, 'empty: its expression returns nothing'],
		[null, 'empty: its expression returns nothing'],
	])('%j is rejected', (value, told) => {
		const message = valueOrMessage(() => parseTaxRate(value, 'Tax in Kept Amount'));
		expect(message).toContain(`'Tax in Kept Amount' is ${told}`);
	});

	test.each([
		[0.2, '0.2% or as 20%'],
		['0,055', '0.055% or as 5.5%'],
		['0.07', '0.07% or as 7%'],
	])('%j is rejected as ambiguous: a percentage or a fraction', (value, readings) => {
		expect(valueOrMessage(() => parseTaxRate(value, 'Rate'))).toContain(readings);
	});
});

describe('an amount net of tax', () => {
	test.each([
		[12000, 20, 10000],
		[9990, 20, 8325],
		[1999, 20, 1666],
		[1055, '5.5', 1000],
		[1, 20, 1],
		[0, 20, 0],
		[1999, 0, 1999],
		[1999, 100, 1000],
		[3, 100, 2],
		[1_000_000_000_000, 20, 833_333_333_333],
		[999_999_999_999, '14.9751', 869_753_537_939],
	])('of %d cents including %s %% is %d cents', (gross, rate, net) => {
		expect(netOfTax(gross, parseTaxRate(rate, 'Rate'))).toBe(net);
	});

	test('is the exact quotient rounded to whole cents, halves up', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 1_000_000_000_000 }),
				fc.integer({ min: 0, max: 1_000_000 }),
				(gross, millionths) => {
					const net = BigInt(netOfTax(gross, { millionths }));
					const divisor = 1_000_000n + BigInt(millionths);
					const twiceTheDistance = 2n * (net * divisor - BigInt(gross) * 1_000_000n);
					expect(twiceTheDistance > -divisor && twiceTheDistance <= divisor).toBe(true);
				},
			),
		);
	});

	test('is the same after the tax is added and removed again', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 1_000_000_000 }),
				fc.constantFrom(55_000, 100_000, 190_000, 200_000, 210_000),
				(net, millionths) => {
					const gross = Math.round((net * (1_000_000 + millionths)) / 1_000_000);
					expect(netOfTax(gross, { millionths })).toBe(net);
				},
			),
		);
	});
});
