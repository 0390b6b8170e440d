import { Arrivals, type NewConversion } from './arrivals';
import { PROGRAMS } from './programs';
import type { TrackedConversion } from './tracking';

const DAY_MS = 86_400_000;
const [EUROPE, KINGDOM, STATES] = PROGRAMS;

/** The rare cases: order IDs of their conversions; null: a bonus, which has no order. */
export const UNUSUAL = {
	/** Two commission rules, each with its part of the amount. */
	inParts: '3001',
	/** Two commission rules, each with the whole amount. */
	inWholes: '3002',
	/** The same rule twice: the confirmation page was reloaded. */
	twice: '3003',
	/** One order number in two shops, and so in two programs. */
	twoPrograms: '3004',
	/** Two parts: one accepted, one pending. */
	halfDecided: '3005',
	/** A sale of Affilae's test affiliate. */
	testSale: '3006',
	/** Added manually today, backdated by two months. */
	backdated: '3007',
	/** A rule that accepts automatically. */
	acceptedByItself: '3008',
	/** Pending, with a rule without a grace period: locked as soon as it is accepted. */
	noGrace: '3009',
	acceptedUnlocked: '3010',
	acceptedLocked: '3011',
	refusedUnlocked: '3012',
	refusedLocked: '3013',
	yen: '3014',
	dinar: '3015',
	/** No amount was tracked. */
	nothing: '3016',
	bonus: null,
} as const;

function wanted(nowMs: number): NewConversion[] {
	const ago = (days: number) => nowMs - days * DAY_MS;
	const inEurope = (externalId: string | null, days: number, more: NewConversion) => ({
		program: EUROPE.id,
		externalId,
		customerId: null,
		createdAtMs: ago(days),
		addedAtMs: ago(days),
		...more,
	});
	return [
		inEurope(UNUSUAL.inParts, 12, { amount: 6400 }),
		inEurope(UNUSUAL.inParts, 12, { amount: 14_950, rule: 'Lighting' }),
		inEurope(UNUSUAL.inWholes, 11, { amount: 8490 }),
		inEurope(UNUSUAL.inWholes, 11, { amount: 8490, rule: 'New customer' }),
		inEurope(UNUSUAL.twice, 10, { amount: 3895 }),
		inEurope(UNUSUAL.twice, 10 - 1 / 1440, { amount: 3895 }),
		inEurope(UNUSUAL.twoPrograms, 9, { amount: 5980 }),
		inEurope(UNUSUAL.twoPrograms, 2, { amount: 2150, program: KINGDOM.id }),
		inEurope(UNUSUAL.halfDecided, 20, { amount: 9790, status: 'accepted', decidedAtMs: ago(5) }),
		inEurope(UNUSUAL.halfDecided, 20, { amount: 14_950, rule: 'Lighting' }),
		inEurope(UNUSUAL.testSale, 1, { amount: 1000, affiliate: 'Test Tracking Affilae' }),
		inEurope(UNUSUAL.backdated, 61, { amount: 7380, addedAtMs: nowMs }),
		inEurope(UNUSUAL.acceptedByItself, 6, { amount: 4750, rule: 'Paid by transfer' }),
		inEurope(UNUSUAL.noGrace, 5, { amount: 2690, rule: 'Voucher sites' }),
		inEurope(UNUSUAL.acceptedUnlocked, 25, {
			amount: 11_900,
			status: 'accepted',
			decidedAtMs: ago(8),
		}),
		inEurope(UNUSUAL.acceptedLocked, 80, {
			amount: 8490,
			status: 'accepted',
			decidedAtMs: ago(60),
		}),
		inEurope(UNUSUAL.refusedUnlocked, 24, {
			amount: 3250,
			status: 'refused',
			decidedAtMs: ago(4),
		}),
		inEurope(UNUSUAL.refusedLocked, 79, {
			amount: 1999,
			status: 'refused',
			decidedAtMs: ago(58),
		}),
		inEurope(UNUSUAL.yen, 7, { amount: 12_800, program: STATES.id, rule: 'Japan' }),
		inEurope(UNUSUAL.dinar, 7, { amount: 24_500, program: STATES.id, rule: 'Kuwait' }),
		inEurope(UNUSUAL.nothing, 3, { amount: 0 }),
		inEurope(UNUSUAL.bonus, 15, { amount: 0, rule: 'Bonus' }),
	];
}

/** The conversions of the rare cases, one each, all in the programs of the shop. */
export function unusualConversions(nowMs: number): TrackedConversion[] {
	const arrivals = new Arrivals(3000, PROGRAMS, () => nowMs);
	return wanted(nowMs).map((one) => arrivals.next(one));
}
