import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UserError, formatValue } from '../../nodes/AffilaeConversions/domain/userError';

test('an error says what happened, and then what to do', () => {
	const error = new UserError('There is no amount', 'Give one.');
	expect(error).toBeInstanceOf(Error);
	expect(error.message).toBe('There is no amount. Give one.');
	expect(error.advice).toBe('Give one.');
});

describe('a value in a message', () => {
	test.each([
		['1042', '"1042"'],
		['', '""'],
		['x'.repeat(60), `"${'x'.repeat(60)}"`],
		['x'.repeat(61), `"${'x'.repeat(57)}…"`],
		[19.99, '19.99'],
		[NaN, 'NaN'],
		[true, 'true'],
		[12n, '12'],
		[null, 'null'],
		[undefined, 'undefined'],
		[[1, 2], 'a list'],
		[{ secret: 'personal' }, 'an object'],
		[new Date(0), 'an object'],
	])('%p is shown as %s', (value, text) => {
		expect(formatValue(value)).toBe(text);
	});

	test('is short, whatever the value', () => {
		fc.assert(
			fc.property(fc.anything(), (value) => {
				const text = formatValue(value);
				expect(text).not.toBe('');
				expect(text.length).toBeLessThanOrEqual(typeof value === 'bigint' ? 100 : 62);
			}),
		);
	});
});
