import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readReason } from '../../nodes/AffilaeConversions/domain/reason';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';

describe('a reason', () => {
	test.each([
		['Returned by the customer', 'Returned by the customer'],
		['  Returned  ', 'Returned'],
		['Returned\r\nby\tthe\n\ncustomer', 'Returned by the customer'],
		['Returned\u2028by\u00a0the\u202fcustomer', 'Returned by the customer'],
		['\ufeffReturned \u200b by the\u0000 customer\u0007', 'Returned by the customer'],
		['Retourné « défectueux » 📦', 'Retourné « défectueux » 📦'],
		['The offer was null and void', 'The offer was null and void'],
		[404, '404'],
		['', ''],
		[' ', ''],
		['\n\u200b', ''],
		['x'.repeat(1024), 'x'.repeat(1024)],
		[`${'x '.repeat(512)}${' '.repeat(60_000)}`, 'x '.repeat(512).trim()],
	])('%j is read as %j', (value, reason) => {
		expect(readReason(value)).toBe(reason);
	});

	test('of more than 1,024 characters is rejected with the number of characters', () => {
		expect(() => readReason('x'.repeat(1030))).toThrow(
			"'Reason' has 1,030 characters. Shorten it: Affilae allows at most 1,024.",
		);
	});

	test.each([
		[undefined, "'Reason' is empty: its expression returns nothing for this item"],
		[null, "'Reason' is empty: its expression returns nothing for this item"],
		[true, "'Reason' is true, which is not text"],
		[NaN, "'Reason' is NaN, which is not text"],
		[{}, "'Reason' is an object, which is not text"],
		[['a'], "'Reason' is a list, which is not text"],
		['undefined', 'an expression in it returns nothing'],
		['Returned: undefined', 'an expression in it returns nothing'],
		['Returned: [object Object]', 'an expression in it returns nothing'],
		[' null ', 'an expression in it returns nothing'],
		['NaN', 'an expression in it returns nothing'],
		['Order {{ $json.order }} returned', 'an expression in it returns nothing'],
		['Refund: null', 'an expression in it returns nothing'],
		['Returned on Invalid DateTime', 'an expression in it returns nothing'],
		['By function trim() { [native code] }', 'an expression in it returns nothing'],
	])('%j is rejected', (value, told) => {
		expect(() => readReason(value)).toThrow(UserError);
		expect(() => readReason(value)).toThrow(told);
	});

	test('is one trimmed line, whatever the text, and the same if it is read again', () => {
		const anyText = fc.oneof(
			fc.string({ unit: 'binary', maxLength: 200 }),
			fc.stringMatching(/^[ -~\s\u200b\u00a0\u2028]{0,60}$/),
		);
		fc.assert(
			fc.property(anyText, (text) => {
				const reason = readReason(`x${text}`);
				expect(reason).not.toMatch(/^\s|\s$|\s\s|[^\S ]|\p{Cc}/u);
				expect(readReason(reason)).toBe(reason);
			}),
		);
	});
});
