import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	isConversionId,
	readOrderId,
	readProgramId,
	readProgramIds,
	TEXT_OF_NOTHING,
} from '../../nodes/AffilaeConversions/domain/ids';
import { messageOf } from './thrown';

const RULE = '5f2d1c0b9a8e7f6d5c4b3a20';
const PROGRAM = '5f2d1c0b9a8e7f6d5c4b3a29';
const OTHER = '5f2d1c0b9a8e7f6d5c4b3a30';

describe('an order ID', () => {
	test.each([
		['1042', '1042'],
		['#1042', '#1042'],
		['S-77 ', 'S-77 '],
		[' S-77', ' S-77'],
		['Commande 12', 'Commande 12'],
		['XKBKNABJK', 'XKBKNABJK'],
		['12E5', '12E5'],
		['4e5', '4e5'],
		['NAN-1042', 'NAN-1042'],
		['Nullarbor-7', 'Nullarbor-7'],
		['nullarbor', 'nullarbor'],
		['#42!', '#42!'],
		['注文-7', '注文-7'],
		['1161888007138312192', '1161888007138312192'],
		['\ufeff1042\u200b', '1042'],
		['10\u200e42\u00ad', '1042'],
		[1042, '1042'],
		[0, '0'],
		[9007199254740991, '9007199254740991'],
		[1161888007138312192n, '1161888007138312192'],
	])('%p is read as %j', (value, id) => {
		expect(readOrderId(value, 'Order ID')).toBe(id);
	});

	test.each([
		[undefined, 'empty: its expression returns nothing for this item'],
		[null, 'empty: its expression returns nothing for this item'],
		['', 'empty'],
		['  ', 'empty'],
		['\u200b', 'empty'],
		[true, 'true, which is not an ID'],
		[false, 'false, which is not an ID'],
		[{ id: 1 }, 'an object, which is not an ID'],
		[['1042'], 'a list, which is not an ID'],
		[NaN, 'NaN, which is not an ID'],
		[Infinity, 'Infinity, which is not an ID'],
		[10.5, '10.5, which is not an ID'],
		[Number('1161888007138312193'), 'the number 1161888007138312200, which has lost'],
		[9007199254740992, 'the number 9007199254740992, which has lost'],
		['4.68769E+17', '"4.68769E+17": a spreadsheet shortened the number'],
		['4,68769E+17', '"4,68769E+17": a spreadsheet shortened the number'],
		['1e+21 ', '"1e+21 ": a spreadsheet shortened the number'],
		['4.68769e17', '"4.68769e17": a spreadsheet shortened the number'],
		['{{ $json.order }}', '"{{ $json.order }}": its expression returns nothing'],
		['{"id":1042}', '"{"id":1042}": its expression returns nothing'],
		['7'.repeat(256), `"${'7'.repeat(57)}…", with 256 characters, which is not an ID`],
		['#undefined', '"#undefined": its expression returns nothing'],
		['undefined', '"undefined": its expression returns nothing'],
		['order_undefined', '"order_undefined": its expression returns nothing'],
		['1042undefined', '"1042undefined": its expression returns nothing'],
		['[object Object]', '"[object Object]": its expression returns nothing'],
		['#[object Object]', '"#[object Object]": its expression returns nothing'],
		['null', '"null": its expression returns nothing'],
		['#null', '"#null": its expression returns nothing'],
		['null-42', '"null-42": its expression returns nothing'],
		[' NULL', '" NULL": its expression returns nothing'],
		['NaN', '"NaN": its expression returns nothing'],
		['#NaN', '"#NaN": its expression returns nothing'],
		['nan', '"nan": its expression returns nothing'],
		['None', '"None": its expression returns nothing'],
		['#N/A', '"#N/A": its expression returns nothing'],
		['N/A', '"N/A": its expression returns nothing'],
		['#NV', '"#NV": its expression returns nothing'],
		['#REF!', '"#REF!": its expression returns nothing'],
		['#VALEUR!', '"#VALEUR!": its expression returns nothing'],
		['#NAME?', '"#NAME?": its expression returns nothing'],
		['#DIV/0!', '"#DIV/0!": its expression returns nothing'],
		['Invalid DateTime', '"Invalid DateTime": its expression returns nothing'],
		['#', '"#", without a letter or a digit'],
		[' - ', '" - ", without a letter or a digit'],
	])('%p is rejected', (value, told) => {
		expect(messageOf(() => readOrderId(value, 'Order ID'))).toContain(`'Order ID' is ${told}`);
	});

	test('that lost digits as a number is rejected with the advice to pass it as text', () => {
		const advice = messageOf(() => readOrderId(Number('1161888007138312193'), 'Order ID'));
		expect(advice).toContain('Pass the ID as text');
	});

	test('keeps all its letters and digits', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^[A-Za-z]?\d{1,12}[-_/. ]?\d{0,6} ?$/), (text) => {
				expect(readOrderId(text, 'Order ID')).toBe(text);
				expect(TEXT_OF_NOTHING.test(text)).toBe(false);
			}),
		);
	});
});

describe('a program ID', () => {
	test.each([
		[PROGRAM, PROGRAM],
		[PROGRAM.toUpperCase(), PROGRAM],
		[` ${PROGRAM}\n`, PROGRAM],
		[`\ufeff${PROGRAM.slice(0, 12)}\u200b\u00a0${PROGRAM.slice(12)}`, PROGRAM],
		[`${RULE}-${PROGRAM}`, PROGRAM],
		[`${RULE}-${PROGRAM}`.toUpperCase(), PROGRAM],
		['', undefined],
	])('%j is read as %j', (value, programId) => {
		expect(readProgramId(value, 'Program')).toBe(programId);
	});

	test.each([
		['Summer Shop', '"Summer Shop", which is not a program ID'],
		['undefined', '"undefined", which is not a program ID'],
		['https://app.affilae.com/programs/1', 'which is an address, not a program ID'],
		['www.shop.fr', 'which is an address, not a program ID'],
		['1042', '"1042", which is a number, not a program ID'],
		[1042, '1042, which is a number, not a program ID'],
		[NaN, 'NaN, which is a number, not a program ID'],
		[' ', '" ", which is not a program ID'],
		['\u200b', 'which is not a program ID'],
		[PROGRAM.slice(1), 'which is not a program ID'],
		[`${PROGRAM}0`, 'which is not a program ID'],
		[`${RULE}-${PROGRAM}-${OTHER}`, 'which is not a program ID'],
		[`${RULE}-`, 'which is not a program ID'],
		[{ id: PROGRAM }, 'an object, which is not a program ID'],
		[[PROGRAM], 'a list, which is not a program ID'],
		[true, 'true, which is not a program ID'],
		[undefined, 'empty: its expression returns nothing'],
		[null, 'empty: its expression returns nothing'],
	])('%j is rejected, never ignored', (value, told) => {
		const message = messageOf(() => readProgramId(value, 'Program'));
		expect(message).toContain("'Program' is ");
		expect(message).toContain(told);
	});

	test('that is the name of a program is rejected with the place where IDs are shown', () => {
		const message = messageOf(() => readProgramId('Summer Shop', 'Program'));
		expect(message).toContain('Configuration > Tracking');
		expect(message).toContain('the part of the tracking key after the dash');
	});
});

describe('a list of program IDs', () => {
	test.each([
		[undefined, []],
		['', []],
		[' , ;\n', []],
		[PROGRAM, [PROGRAM]],
		[`${PROGRAM},${OTHER}`, [PROGRAM, OTHER]],
		[` ${PROGRAM.toUpperCase()} ;\r\n${OTHER},, ${PROGRAM}`, [PROGRAM, OTHER]],
		[`${RULE}-${PROGRAM}, ${RULE}-${OTHER}`, [PROGRAM, OTHER]],
	])('%j is read as %j', (value, programIds) => {
		expect(readProgramIds(value, 'Program IDs')).toEqual(programIds);
	});

	test.each([
		[`${PROGRAM}, shop`, '"shop"'],
		[null, 'empty'],
		[42, '42'],
		[[PROGRAM], 'a list'],
		[{}, 'an object'],
	])('%j is rejected', (value, told) => {
		const message = messageOf(() => readProgramIds(value, 'Program IDs'));
		expect(message).toContain(`'Program IDs' is ${told}`);
	});
});

test.each([
	[PROGRAM, true],
	[PROGRAM.toUpperCase(), true],
	['1042', false],
	[`${PROGRAM}0`, false],
	[` ${PROGRAM}`, false],
	['', false],
])('%j has the form of a conversion ID: %s', (text, expected) => {
	expect(isConversionId(text)).toBe(expected);
});
