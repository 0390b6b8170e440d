import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	centsToUnits,
	formatCents,
	parseAmount,
	type AmountsIn,
	type GivenAmount,
} from '../../nodes/AffilaeConversions/domain/money';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';

/** What an amount is read as, or the message of its refusal. */
function read(value: unknown, amountsIn: AmountsIn = 'units'): GivenAmount | string {
	let thrown: unknown;
	try {
		return parseAmount(value, amountsIn);
	} catch (error) {
		thrown = error;
	}
	expect(thrown).toBeInstanceOf(UserError);
	return thrown instanceof UserError ? thrown.message : '';
}

const NBSP = '\u00a0';
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
	])('%j is %d cents', (value, amountCents) => {
		expect(read(value)).toEqual({ amountCents });
	});

	test.each([
		['1 234,56 €', 123456, 'EUR'],
		[`1${NARROW_NBSP}234,56${NBSP}€`, 123456, 'EUR'],
		['€ 12', 1200, 'EUR'],
		['€12.50', 1250, 'EUR'],
		['12 EUR', 1200, 'EUR'],
		['12 eur', 1200, 'EUR'],
		['12USD', 1200, 'USD'],
		['USD 1,234.56', 123456, 'USD'],
		['£12.30', 1230, 'GBP'],
		['CHF 12.30', 1230, 'CHF'],
		['€ 12 EUR', 1200, 'EUR'],
	])('%j is %d cents of %s', (value, amountCents, currency) => {
		expect(read(value)).toEqual({ amountCents, currency });
	});

	test('a $ alone names no currency: many have one', () => {
		expect(read('$12')).toEqual({ amountCents: 1200 });
		expect(read('12 $')).toEqual({ amountCents: 1200 });
	});

	test.each([
		['1,234', '1.234', '1234'],
		['1.234', '1.234', '1234'],
		['12,345', '12.345', '12345'],
		['123.456 €', '123.456', '123456'],
		['1,000', '1.000', '1000'],
	])('%j is refused with both readings, %s and %s', (value, one, other) => {
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
	])('%j is refused for its fraction of a cent', (value) => {
		expect(read(value)).toContain('fraction of a cent');
	});

	test.each([
		[NaN, 'NaN'],
		[Infinity, 'Infinity'],
		[-Infinity, '-Infinity'],
		[-1, 'negative'],
		[-0.01, 'negative'],
		['-5', 'negative'],
		['−5', 'negative'],
		['-5,00 €', 'negative'],
		['€ -5', 'negative'],
		['', 'no amount'],
		[' ', 'no amount'],
		['\n', 'no amount'],
		[null, 'no amount'],
		[undefined, 'no amount'],
		[true, 'true, not a number'],
		[false, 'false, not a number'],
		[{}, 'an object, not a number'],
		[[], 'a list, not a number'],
		[[19.99], 'a list, not a number'],
		[12n, '12, not a number'],
		['1e3', '"1e3"'],
		['abc', '"abc"'],
		['12 34', '"12 34"'],
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
	])('%j is refused, and the message says what it was', (value, told) => {
		expect(read(value)).toContain(told);
	});

	test('two different currencies are refused', () => {
		expect(read('USD 12 EUR')).toContain('two currencies');
		expect(read('€ 12 GBP')).toContain('two currencies');
	});

	test('what names a currency twice over behind the number is refused', () => {
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
	])('%j is refused as too large', (value) => {
		expect(read(value)).toContain('too large');
	});

	test('a refusal shows no more than the beginning of a long text', () => {
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
	])('%j is %d cents', (value, amountCents) => {
		expect(read(value, 'cents')).toMatchObject({ amountCents });
	});

	test.each([[19.99], ['19.99'], ['19,99'], [0.5], ['0.5']])(
		'%j is refused: it is no whole number of cents',
		(value) => {
			expect(read(value, 'cents')).toContain('not a whole number of cents');
		},
	);

	test.each([
		[-5, 'negative'],
		[NaN, 'NaN'],
		['', 'no amount'],
		[null, 'no amount'],
		['abc', '"abc"'],
		[1e12 + 1, 'too large'],
	])('%j is refused', (value, told) => {
		expect(read(value, 'cents')).toContain(told);
	});
});

describe('for every amount', () => {
	const cents = fc.integer({ min: 0, max: 100_000_000_000 });

	test('cents survive the way to units and back exactly', () => {
		fc.assert(
			fc.property(cents, (amountCents) => {
				expect(parseAmount(centsToUnits(amountCents), 'units')).toEqual({ amountCents });
				expect(parseAmount(formatCents(amountCents), 'units')).toEqual({ amountCents });
				expect(parseAmount(amountCents, 'cents')).toEqual({ amountCents });
			}),
		);
	});

	test('a sum of amounts, computed in doubles as expressions do, is taken as the cents it means', () => {
		const prices = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 200 });
		fc.assert(
			fc.property(prices, (each) => {
				const sum = each.reduce((total, price) => total + price / 100, 0);
				const amountCents = each.reduce((total, price) => total + price, 0);
				expect(parseAmount(sum, 'units')).toEqual({ amountCents });
				expect(parseAmount(String(sum), 'units')).toEqual({ amountCents });
			}),
		);
	});

	test('a product or a difference, computed in doubles, is taken as the cents it means', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 10_000_000 }),
				fc.integer({ min: 0, max: 1000 }),
				(price, quantity) => {
					expect(parseAmount((price / 100) * quantity, 'units')).toEqual({
						amountCents: price * quantity,
					});
					const total = price + quantity;
					expect(parseAmount(total / 100 - quantity / 100, 'units')).toEqual({
						amountCents: price,
					});
				},
			),
		);
	});

	test('a real third decimal is never rounded away', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 100_000_000 }),
				fc.integer({ min: 1, max: 9 }),
				(amountCents, mill) => {
					const text = `${formatCents(amountCents)}${mill}`;
					expect(() => parseAmount(Number(text), 'units')).toThrow(UserError);
					expect(() => parseAmount(text, 'units')).toThrow(UserError);
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
					expect(read(written(amountCents, group, decimal))).toEqual({ amountCents });
				}),
			);
		},
	);

	test.each(NOTATIONS)(
		'a whole amount in $notation notation is read, or refused with both readings: never misread',
		({ group }) => {
			fc.assert(
				fc.property(fc.integer({ min: 0, max: 100_000_000 }), (units) => {
					const text = String(units).replace(/\B(?=(\d{3})+$)/g, group);
					const isTwoFold = /^\d{1,3}[.,]\d{3}$/.test(text);
					expect(read(text)).toEqual(
						isTwoFold ? expect.stringContaining(` or as ${units}.`) : { amountCents: units * 100 },
					);
				}),
			);
		},
	);

	test('whatever comes, it is a safe number of cents or a refusal', () => {
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

	test('units and the text a person reads show the same amount', () => {
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
])('%d cents read %s', (cents, text) => {
	expect(formatCents(cents)).toBe(text);
	expect(formatCents(cents, 'EUR')).toBe(`${text} EUR`);
	expect(centsToUnits(cents)).toBe(Number(text));
});
