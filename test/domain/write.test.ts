import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	isReadable,
	parseConversion,
	type Conversion,
} from '../../nodes/AffilaeConversions/domain/conversion';
import {
	afterWrite,
	isAfter,
	whatShows,
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
	test.each<{ write: Write; changed: { status: string } }>([
		{ write: ACCEPT, changed: { status: 'accepted' } },
		{ write: REFUSE, changed: { status: 'refused' } },
	])('to $write.do has the new status, no lock date, and all else as before', (tried) => {
		const { write, changed } = tried;
		const before = parsed(ROW);
		const untouched = structuredClone(before);
		const row: Record<string, unknown> = { ...before.row };
		delete row['lockedAt'];
		const known = { ...before, row };
		delete known.lockedAt;
		const after = afterWrite(before, write);
		expect(after).toEqual({ ...known, ...changed, row: { ...row, ...changed } });
		expect(before).toEqual(untouched);
		expect(isAfter(before, write)).toBe(false);
		expect(isAfter(after, write)).toBe(true);
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

describe('a response to a write shows', () => {
	const BEFORE: Conversion = { id: 'a', status: 'pending', amountCents: 8490, row: {} };

	test.each<{ shown: Partial<Conversion>; write: Write; shows: string }>([
		{ shown: { status: 'accepted' }, write: ACCEPT, shows: 'change' },
		{ shown: { status: 'accepted', amountCents: 8490 }, write: ACCEPT, shows: 'change' },
		{ shown: { status: 'accepted', amountCents: 1 }, write: ACCEPT, shows: 'contradiction' },
		{ shown: { status: 'pending' }, write: ACCEPT, shows: 'contradiction' },
		{ shown: { status: 'refused' }, write: ACCEPT, shows: 'contradiction' },
		{ shown: { status: 'archived' }, write: ACCEPT, shows: 'contradiction' },
		{ shown: { amountCents: 8490 }, write: ACCEPT, shows: 'nothing' },
		{ shown: { status: 'refused' }, write: REFUSE, shows: 'change' },
		{ shown: { status: 'pending' }, write: REFUSE, shows: 'contradiction' },
		{ shown: {}, write: REFUSE, shows: 'nothing' },
		{ shown: { amountCents: 6000 }, write: LOWER, shows: 'change' },
		{ shown: { amountCents: 6000, status: 'pending' }, write: LOWER, shows: 'change' },
		{ shown: { amountCents: 6000, status: 'refused' }, write: LOWER, shows: 'contradiction' },
		{ shown: { amountCents: 8490 }, write: LOWER, shows: 'contradiction' },
		{ shown: { amountCents: 0 }, write: LOWER, shows: 'contradiction' },
		{ shown: { status: 'pending' }, write: LOWER, shows: 'nothing' },
		{ shown: {}, write: LOWER, shows: 'nothing' },
	])('$shows if $write.do is answered with $shown', ({ shown, write, shows }) => {
		expect(whatShows({ id: 'a', row: {}, ...shown }, BEFORE, write)).toBe(shows);
	});

	test('the change also with the status in capitals, and if it was unknown before', () => {
		const shown = parsed({ id: 'a', status: 'REFUSED', amount: 8490 });
		expect(whatShows(shown, BEFORE, REFUSE)).toBe('change');
		const lowered = parsed({ id: 'a', status: 'pending', amount: 6000 });
		expect(whatShows(lowered, { id: 'a', amountCents: 8490, row: {} }, LOWER)).toBe('change');
	});

	test('the change if it shows the conversion as it is after the write, and no contradiction if it shows a part', () => {
		const conversions = fc
			.record({
				status: fc.constantFrom('pending', 'accepted', 'refused', 'archived', undefined),
				amountCents: fc.constantFrom(0, 6000, 8490, undefined),
			})
			.map(aConversion);
		fc.assert(
			fc.property(conversions, fc.constantFrom(ACCEPT, REFUSE, LOWER), (before, write) => {
				const after = afterWrite(before, write);
				expect(whatShows(after, before, write)).toBe('change');
				expect(whatShows({ id: before.id, row: {} }, before, write)).toBe('nothing');
			}),
		);
	});
});
