import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	isReadable,
	parseConversion,
	type Conversion,
} from '../../nodes/AffilaeConversions/domain/conversion';
import {
	afterWrite,
	contradicts,
	isAfter,
	type Write,
} from '../../nodes/AffilaeConversions/domain/write';
import { aConversion } from './anOrder';
import { ROW } from './rowOfTheApiPage';

const ACCEPT: Write = { do: 'accept' };
const REFUSE: Write = { do: 'refuse', reason: 'Returned' };
const LOWER: Write = { do: 'update', amountCents: 6000, reason: 'Part returned' };

function parsed(row: object): Conversion {
	const conversion = parseConversion(row);
	if (!isReadable(conversion)) throw new Error(conversion.unreadable);
	return conversion;
}

describe('a conversion after a write', () => {
	test.each<{ write: Write; changed: Partial<Conversion>; row: object }>([
		{ write: ACCEPT, changed: { status: 'accepted' }, row: { status: 'accepted' } },
		{ write: REFUSE, changed: { status: 'refused' }, row: { status: 'refused' } },
	])('to $write.do has the new value, and is otherwise unchanged', ({ write, changed, row }) => {
		const before = parsed(ROW);
		const untouched = structuredClone(before);
		expect(afterWrite(before, write)).toEqual({ ...before, ...changed, row: { ...ROW, ...row } });
		expect(before).toEqual(untouched);
		expect(isAfter(before, write)).toBe(false);
		expect(isAfter(afterWrite(before, write), write)).toBe(true);
	});

	test('that lowered it has no commission until it is read again, because the old one is out of date', () => {
		const before = parsed(ROW);
		const after = afterWrite(before, LOWER);
		expect(after).toMatchObject({ amountCents: 6000, status: 'pending', externalId: '1042' });
		expect(after).not.toHaveProperty('commissionCents');
		expect(after.row).toMatchObject({ amount: 6000, id: ROW.id });
		expect(after.row).not.toHaveProperty('commissionsTotal');
		expect(after.row).not.toHaveProperty('commissionsTotalConverted');
		expect(before).toEqual(parsed(ROW));
		expect(isAfter(after, LOWER)).toBe(true);
	});

	test('has what the response shows of it, and is otherwise as it would be without', () => {
		const before = parsed(ROW);
		const shown = parsed({ id: ROW.id, amount: 6000, commissionsTotal: 600 });
		const after = afterWrite(before, LOWER, shown);
		const unseen = afterWrite(before, LOWER);
		expect(after).toEqual({ ...unseen, ...shown, row: { ...unseen.row, ...shown.row } });
		expect(after).toMatchObject({ externalId: '1042', commissionCents: 600 });
		expect(after.row).toMatchObject({ externalId: ROW.externalId, commissionsTotal: 600 });
	});
});

describe('an answer to a write that shows the conversion', () => {
	test.each<{ shows: Partial<Conversion>; write: Write; contradiction: boolean }>([
		{ shows: { status: 'accepted' }, write: ACCEPT, contradiction: false },
		{ shows: { status: 'pending' }, write: ACCEPT, contradiction: true },
		{ shows: { status: 'refused' }, write: ACCEPT, contradiction: true },
		{ shows: { status: 'archived' }, write: ACCEPT, contradiction: true },
		{ shows: { amountCents: 1 }, write: ACCEPT, contradiction: false },
		{ shows: { status: 'refused' }, write: REFUSE, contradiction: false },
		{ shows: { status: 'pending' }, write: REFUSE, contradiction: true },
		{ shows: {}, write: REFUSE, contradiction: false },
		{ shows: { amountCents: 6000 }, write: LOWER, contradiction: false },
		{ shows: { amountCents: 8490 }, write: LOWER, contradiction: true },
		{ shows: { amountCents: 0 }, write: LOWER, contradiction: true },
		{ shows: { status: 'accepted' }, write: LOWER, contradiction: false },
		{ shows: {}, write: LOWER, contradiction: false },
	])('as $shows contradicts $write.do: $contradiction', (row) => {
		const { shows, write, contradiction } = row;
		const shown: Conversion = { id: 'a', row: {}, ...shows };
		expect(contradicts(shown, write)).toBe(contradiction);
	});

	test('with the status in capitals does not contradict the write', () => {
		expect(contradicts(parsed({ id: 'a', status: 'REFUSED' }), REFUSE)).toBe(false);
	});

	test('never both confirms and contradicts the write', () => {
		const conversions = fc
			.record({
				status: fc.constantFrom('pending', 'accepted', 'refused', 'archived', undefined),
				amountCents: fc.constantFrom(0, 6000, 8490, undefined),
			})
			.map(aConversion);
		fc.assert(
			fc.property(conversions, fc.constantFrom(ACCEPT, REFUSE, LOWER), (conversion, write) => {
				expect(isAfter(conversion, write) && contradicts(conversion, write)).toBe(false);
				expect(contradicts(afterWrite(conversion, write), write)).toBe(false);
			}),
		);
	});
});
