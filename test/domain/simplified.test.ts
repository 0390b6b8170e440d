import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isReadable, parseConversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	simplify,
	type SimplifiedConversion,
} from '../../nodes/AffilaeConversions/domain/simplified';
import { aConversion, FUTURE } from './anOrder';
import { ROW } from './rowOfTheApiPage';

function simplified(row: unknown, amountsIn: 'units' | 'cents' = 'units'): SimplifiedConversion {
	const conversion = parseConversion(row);
	if (!isReadable(conversion)) throw new Error(conversion.unreadable);
	return simplify(conversion, amountsIn);
}

describe('simplified output', () => {
	test('contains exactly the fields that the documentation names, and no IP address or user agent', () => {
		expect(simplified({ ...ROW, lockedAt: '2026-11-20T09:00:00' })).toStrictEqual({
			id: ROW.id,
			externalId: '1042',
			customerId: 'C-2087',
			status: 'pending',
			amount: 84.9,
			currency: 'EUR',
			commission: 8.49,
			affiliate: 'A blog',
			rule: 'Sale',
			programId: '5f2d1c0b9a8e7f6d5c4b3a01',
			createdAt: '2026-10-01T10:00:00.000Z',
			lockedAt: FUTURE,
		});
	});

	test('in cents contains amount and commission in cents', () => {
		expect(simplified(ROW, 'cents')).toMatchObject({ amount: 8490, commission: 849 });
	});

	test('leaves out what Affilae leaves out, and keeps amounts of 0', () => {
		expect(simplified({ id: 'a' })).toStrictEqual({ id: 'a' });
		expect(simplified({ id: 'a', amount: 0, commissionsTotal: 0 })).toStrictEqual({
			id: 'a',
			amount: 0,
			commission: 0,
		});
	});

	test.each([
		{ currency: 'EUR', units: 84.9 },
		{ currency: undefined, units: 84.9 },
		{ currency: 'JPY', units: undefined },
		{ currency: 'KWD', units: undefined },
		{ currency: 'QQQ', units: undefined },
	])(
		'in $currency: 8490 cents are $units in currency units, and 8490 in cents',
		({ currency, units }) => {
			const conversion = aConversion({ currency, commissionCents: 8490 });
			expect(simplify(conversion, 'units').amount).toBe(units);
			expect(simplify(conversion, 'units').commission).toBe(units);
			expect(simplify(conversion, 'cents')).toMatchObject({ amount: 8490, commission: 8490 });
		},
	);

	test('names all paid affiliates, and the rule by its ID if it has no name', () => {
		const conversion = aConversion({ affiliates: ['A blog', 'B news'], ruleName: undefined });
		expect(simplify(conversion, 'units')).toMatchObject({
			affiliate: 'A blog, B news',
			rule: 'r1',
		});
	});

	test('contains only text and numbers, whatever Affilae sends', () => {
		const rows = fc.record(
			{
				id: fc.constantFrom('a1', 7),
				amount: fc.integer(),
				commissionsTotal: fc.jsonValue(),
				currency: fc.constantFrom('EUR', 'JPY', 'QQQ', null),
				program: fc.jsonValue(),
				rule: fc.record({ id: fc.constant('r1'), name: fc.jsonValue() }),
				customerId: fc.jsonValue(),
				status: fc.jsonValue(),
				createdAt: fc.jsonValue(),
				lockedAt: fc.jsonValue(),
				events: fc.jsonValue(),
				ipAddress: fc.constant('203.0.113.7'),
				ua: fc.constant('Mozilla'),
			},
			{ requiredKeys: ['id'] },
		);
		fc.assert(
			fc.property(rows, fc.constantFrom('units' as const, 'cents' as const), (row, amountsIn) => {
				const conversion = parseConversion(row);
				if (!isReadable(conversion)) return;
				const values = Object.values(simplify(conversion, amountsIn));
				for (const value of values) expect(typeof value).toMatch(/^(?:string|number)$/);
				for (const value of values) expect(value).not.toBeNaN();
				expect(values).not.toContain('203.0.113.7');
				expect(values).not.toContain('Mozilla');
			}),
			{ numRuns: 300 },
		);
	});
});
