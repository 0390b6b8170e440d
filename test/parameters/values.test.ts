import { describe, expect, test } from '@jest/globals';
import {
	readAmountsIn,
	readChoice,
	readFlag,
	readLocated,
	readNumber,
	readStatus,
	readText,
} from '../../nodes/AffilaeConversions/parameters/values';
import { messageOf } from '../domain/thrown';

const NOTHING = "'Field' is empty: its expression returns nothing for this item";

describe('a boolean', () => {
	const yes = [
		true,
		1,
		'1',
		'true',
		'TRUE',
		'True',
		'yes',
		'VRAI',
		'oui',
		'WAHR',
		'VERDADERO',
		'VERO',
	];
	const no = [false, 0, '0', 'false', 'FALSE', 'no', 'No', 'FAUX', 'non', 'FALSCH', 'FALSO'];

	test.each(yes)('%p is true', (value) => {
		expect(readFlag(value, 'Field')).toBe(true);
	});

	test.each(no)('%p is false', (value) => {
		expect(readFlag(value, 'Field')).toBe(false);
	});

	test('is read without surrounding spaces and invisible characters', () => {
		expect(readFlag(' VRAI\u00a0', 'Field')).toBe(true);
		expect(readFlag('\ufefffal\u200bse\r\n', 'Field')).toBe(false);
	});

	test.each([
		[undefined, NOTHING],
		[null, NOTHING],
		['', "'Field' is empty."],
		[' ', '\'Field\' is " "'],
		[2, "'Field' is 2"],
		[-1, "'Field' is -1"],
		[NaN, "'Field' is NaN"],
		['maybe', '\'Field\' is "maybe"'],
		['undefined', '\'Field\' is "undefined"'],
		['null', '\'Field\' is "null"'],
		[{}, "'Field' is an object"],
		[[true], "'Field' is a list"],
		[['true'], "'Field' is a list"],
	])('%j is rejected', (value, told) => {
		expect(messageOf(() => readFlag(value, 'Field'))).toContain(told);
	});
});

describe('text', () => {
	test.each([
		['a', 'a'],
		['  a b\u200b ', 'a b'],
		['', ''],
		[7, '7'],
	])('%j is read as %j', (value, text) => {
		expect(readText(value, 'Field')).toBe(text);
	});

	test.each([
		[undefined, NOTHING],
		[null, NOTHING],
		[true, "'Field' is true, which is not text"],
		[1.5, "'Field' is 1.5, which is not text"],
		[{}, "'Field' is an object, which is not text"],
	])('%j is rejected', (value, told) => {
		expect(messageOf(() => readText(value, 'Field'))).toContain(told);
	});
});

describe('a resource locator', () => {
	test.each([
		[
			{ __rl: true, mode: 'id', value: 'a ' },
			{ mode: 'id', value: 'a ' },
		],
		[
			{ mode: 'list', value: '' },
			{ mode: 'list', value: '' },
		],
		[
			{ mode: 'externalId', value: 1042 },
			{ mode: 'externalId', value: 1042 },
		],
		[
			{ mode: 7, value: 'a' },
			{ mode: '7', value: 'a' },
		],
		['a', { mode: '', value: 'a' }],
		[1042, { mode: '', value: 1042 }],
		['', { mode: '', value: '' }],
		[{ id: 1 }, { mode: '', value: { id: 1 } }],
		[{ value: 'a' }, { mode: '', value: 'a' }],
	])('%j is read as %j', (value, located) => {
		expect(readLocated(value, 'Field')).toEqual(located);
	});

	test.each([
		[undefined],
		[null],
		[{ mode: 'id' }],
		[{ mode: 'id', value: undefined }],
		[{ mode: 'id', value: null }],
	])('%j is rejected as empty', (value) => {
		expect(messageOf(() => readLocated(value, 'Field'))).toBe(
			`${NOTHING}. Check that the field it reads exists in this item.`,
		);
	});
});

describe('a status', () => {
	test.each([
		['pending', 'pending'],
		['ACCEPTED', 'accepted'],
		[' Refused\u200b', 'refused'],
		['', undefined],
	])('%j is read as %j', (value, status) => {
		expect(readStatus(value)).toBe(status);
	});

	test.each([
		['done', '"done", which is not a status'],
		[' ', '" ", which is not a status'],
		[1, '1, which is not a status'],
		[['pending'], 'a list, which is not text'],
		[undefined, 'empty: its expression returns nothing'],
		[null, 'empty: its expression returns nothing'],
	])('%j is rejected', (value, told) => {
		expect(messageOf(() => readStatus(value))).toContain(`'Status' is ${told}`);
	});
});

describe('a choice', () => {
	test('is one of the allowed words, and the first one by default', () => {
		expect(readChoice('fail', 'Field', ['succeed', 'fail'])).toBe('fail');
		expect(readChoice('', 'Field', ['succeed', 'fail'])).toBe('succeed');
		expect(readChoice(undefined, 'Field', ['succeed', 'fail'])).toBe('succeed');
		expect(readAmountsIn({})).toBe('units');
		expect(readAmountsIn({ amountsIn: 'cents' })).toBe('cents');
	});

	test.each([['other'], ['Fail'], [null], [0], [false], [{}], [['fail']]])(
		'%j is rejected with the allowed words',
		(value) => {
			const message = messageOf(() => readChoice(value, 'Field', ['succeed', 'fail']));
			expect(message).toContain("'Field' is ");
			expect(message).toContain('In an expression, use succeed or fail.');
		},
	);
});

describe('a number', () => {
	const range = { default: 20, least: 1, most: 50 };

	test.each([
		[7, 7],
		[1, 1],
		[50, 50],
		['7', 7],
		[' 7\u200b ', 7],
		['7.5', 7.5],
		['7,5', 7.5],
		['', 20],
		[undefined, 20],
	])('%j is read as %j', (value, number) => {
		expect(readNumber(value, 'Field', range)).toBe(number);
	});

	test.each([
		[0, "'Field' is 0. Enter a number from 1 to 50."],
		[51, "'Field' is 51. Enter a number from 1 to 50."],
		['-3', '\'Field\' is "-3". Enter a number'],
		[NaN, "'Field' is NaN"],
		[Infinity, "'Field' is Infinity"],
		['many', '\'Field\' is "many"'],
		['0x10', '\'Field\' is "0x10"'],
		['1e1', '\'Field\' is "1e1"'],
		[' ', '\'Field\' is " "'],
		[true, "'Field' is true"],
		[{}, "'Field' is an object"],
		[[7], "'Field' is a list"],
		[null, NOTHING],
	])('%j is rejected', (value, told) => {
		expect(messageOf(() => readNumber(value, 'Field', range))).toContain(told);
	});

	test('that must be whole is rejected with a message that says so', () => {
		const whole = { ...range, isWhole: true };
		expect(readNumber('7', 'Field', whole)).toBe(7);
		expect(messageOf(() => readNumber(7.5, 'Field', whole))).toContain(
			'Enter a whole number from 1 to 50.',
		);
	});
});
