import { describe, expect, it } from '@jest/globals';
import { buildShop } from '../../sandbox/shop';
import { NOW } from './opened';

const NINETY_DAYS_MS = 90 * 86_400_000;

function own(seed: number, conversions = 400) {
	return buildShop({ seed, conversions, now: NOW, orders: false }).conversions.map(
		({ conversion }) => conversion,
	);
}

describe('the invented shop', () => {
	it('has three programs, each with another currency in its first rule', () => {
		const { programs } = buildShop({ seed: 1, conversions: 0, now: NOW });
		expect(programs.map(({ rules }) => rules[0].currency)).toEqual(['EUR', 'GBP', 'USD']);
		for (const { id } of programs) expect(id).toMatch(/^[0-9a-f]{24}$/);
	});

	it('is the same for the same seed, and different for another', () => {
		expect(own(7)).toEqual(own(7));
		expect(own(7)).not.toEqual(own(8));
	});

	it('has exactly the requested number of conversions, including those of the orders', () => {
		expect(own(1, 400)).toHaveLength(400);
		expect(buildShop({ seed: 1, conversions: 400, now: NOW }).conversions).toHaveLength(400);
		expect(buildShop({ seed: 1, conversions: 0, now: NOW }).conversions).toHaveLength(59);
	});

	it('has conversions over 90 days, with the statuses, programs and IDs of the API', () => {
		const conversions = own(1);
		for (const { id, createdAt, currency, program, customerId } of conversions) {
			const ageMs = NOW - Date.parse(createdAt);
			expect(ageMs).toBeGreaterThanOrEqual(0);
			expect(ageMs).toBeLessThanOrEqual(NINETY_DAYS_MS);
			expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
			expect(id).toMatch(/^[0-9a-f]{24}$/);
			expect(customerId).toMatch(/^\d{13}$/);
			expect(['EUR', 'GBP', 'USD']).toContain(currency);
			expect(program.name).toContain('Halden & Fig');
		}
		for (const status of ['pending', 'accepted', 'refused']) {
			const share = conversions.filter((one) => one.status === status).length / 400;
			expect(share).toBeGreaterThan(0.05);
		}
		expect(new Set(conversions.map(({ id }) => id)).size).toBe(400);
	});

	it('has order IDs that two programs share, and customers with several conversions', () => {
		const conversions = own(1);
		const programsOf = new Map<string, string[]>();
		for (const { externalId, program } of conversions) {
			programsOf.set(externalId, [...(programsOf.get(externalId) ?? []), program.id]);
		}
		const shared = [...programsOf.values()].filter((programs) => programs.length > 1);
		expect(shared.length).toBeGreaterThan(2);
		for (const programs of shared) expect(new Set(programs).size).toBe(programs.length);
		const customers = new Set(conversions.map(({ customerId }) => customerId));
		expect(customers.size).toBeLessThan(380);
	});

	it('has commissions that match the amount and the affiliates', () => {
		for (const conversion of own(1)) {
			const { amount, events, commissionsTotal } = conversion;
			const total = (amounts: number[]) => amounts.reduce((all, cents) => all + cents, 0);
			expect(total(events.map(({ partOfRevenue }) => partOfRevenue))).toBe(amount);
			expect(total(events.map(({ percent }) => percent))).toBe(100);
			expect(total(events.map(({ commission }) => commission))).toBe(commissionsTotal);
			expect(commissionsTotal).toBeGreaterThan(0);
			expect(Number.isInteger(conversion.commissionsTotalConverted)).toBe(true);
		}
	});

	it('can have the same status everywhere, for a long run of decisions', () => {
		const { conversions } = buildShop({
			seed: 1,
			conversions: 500,
			now: NOW,
			orders: false,
			status: 'pending',
		});
		expect(conversions.every(({ conversion }) => conversion.status === 'pending')).toBe(true);
	});
});
