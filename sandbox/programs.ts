import type { Currency, Reference } from './conversion';
import { hexId, type Random, seededRandom } from './random';

/** One affiliate's membership of one program, as the events of a conversion show it. */
export interface Partnership {
	id: string;
	trackingId: string;
	weight: number;
	group: string | null;
	affiliateProfile: Reference;
	/** The affiliate's commission, in percent of the sale. */
	commissionRate: number;
}

/** The commission: each affiliate's own percentage of the amount, or a fixed number of cents per conversion. */
export type Payout = { kind: 'percent' } | { kind: 'fixed'; cents: number };

/** A commission rule of a program (API page, doc). */
export interface Rule extends Reference {
	currency: Currency;
	/** The value of one unit of the currency in the account's currency, EUR; invented and fixed. */
	exchangeRate: number;
	payout: Payout;
	/** Days from a conversion's decision to its lock; 0: decisions are final at once. */
	graceDays: number;
	/** Whether new conversions are accepted automatically. */
	acceptsByItself: boolean;
}

/** One affiliate program. */
export interface Program extends Reference {
	/** At least one. The first is the default. */
	rules: readonly [Rule, ...Rule[]];
	/** The storefront that the program links to. */
	storefront: string;
	partnerships: readonly Partnership[];
}

interface Affiliate {
	name: string;
	site: string;
	group: string | null;
	commissionRate: number;
}

const AFFILIATES: readonly Affiliate[] = [
	{ name: 'The Linen Diary', site: 'linen-diary', group: 'Content', commissionRate: 9 },
	{ name: 'Slow Rooms', site: 'slow-rooms', group: 'Content', commissionRate: 9 },
	{ name: 'Penny & Page', site: 'penny-and-page', group: 'Vouchers', commissionRate: 4 },
	{ name: 'Cashleaf', site: 'cashleaf', group: 'Cashback', commissionRate: 5 },
	{ name: 'Dealwren', site: 'dealwren', group: 'Vouchers', commissionRate: 4 },
	{ name: 'Haus & Herd', site: 'haus-und-herd', group: 'Content', commissionRate: 8 },
	{ name: 'Kitchen at Noon', site: 'kitchen-at-noon', group: 'Influencers', commissionRate: 12 },
	{ name: 'Nora Unpacks', site: 'nora-unpacks', group: 'Influencers', commissionRate: 12 },
	{ name: 'Comparo', site: 'comparo', group: null, commissionRate: 6 },
	{ name: 'Giftlist Weekly', site: 'giftlist-weekly', group: 'Content', commissionRate: 7.5 },
	{ name: 'Old Oak Letters', site: 'old-oak-letters', group: 'Newsletters', commissionRate: 8 },
	{ name: 'Basket & Bloom', site: 'basket-and-bloom', group: null, commissionRate: 6 },
];

// Programs and affiliates are the same for every seed, so a workflow that names a program works in every sandbox.
const random = seededRandom(20260901);
const FOUNDED_AT_MS = Date.UTC(2025, 2, 3, 9);

/** The advertiser's account; its currency is EUR. */
export const ADVERTISER_ID = hexId(random, FOUNDED_AT_MS);

const PROFILES = AFFILIATES.map((affiliate) => ({
	...affiliate,
	profile: { id: hexId(random, FOUNDED_AT_MS), name: affiliate.name },
}));

/** The value of one unit of each currency in EUR; invented and fixed. */
const EXCHANGE_RATES: Readonly<Record<Currency, number>> = {
	EUR: 1,
	GBP: 1.15,
	USD: 0.86,
	JPY: 0.0058,
	KWD: 2.81,
};

/** A commission rule to create; missing fields get random values. */
export interface NewRule {
	id?: string;
	name?: string;
	/** Default EUR. */
	currency?: Currency;
	/** Cents per conversion; absent: each affiliate's own percentage. */
	fixedCents?: number;
	/** Default 30. */
	graceDays?: number;
	/** Default false. */
	acceptsByItself?: boolean;
}

/** A program to create; missing fields get random values. */
export interface NewProgram {
	id?: string;
	name?: string;
	/** Default: one rule in EUR. */
	rules?: readonly [NewRule, ...NewRule[]];
}

const DEFAULT_RULE_NAME = 'Sale, percentage by affiliate';

function makeRule(draws: Random, wanted: NewRule): Rule {
	const id = hexId(draws, FOUNDED_AT_MS);
	const currency = wanted.currency ?? 'EUR';
	return {
		id: wanted.id?.toLowerCase() ?? id,
		name: wanted.name ?? DEFAULT_RULE_NAME,
		currency,
		exchangeRate: EXCHANGE_RATES[currency],
		payout:
			wanted.fixedCents === undefined
				? { kind: 'percent' }
				: { kind: 'fixed', cents: wanted.fixedCents },
		graceDays: wanted.graceDays ?? 30,
		acceptsByItself: wanted.acceptsByItself ?? false,
	};
}

interface ProgramMaking {
	/** Generates the IDs of the program, its first rule and its partnerships. */
	draws: Random;
	id?: string | undefined;
	name: string;
	host: string;
	/** Part of each affiliate's tracking ID. */
	suffix: string;
	first: NewRule;
	others: readonly NewRule[];
}

function makeProgram({ draws, id, name, host, suffix, first, others }: ProgramMaking): Program {
	const ownId = hexId(draws, FOUNDED_AT_MS);
	const firstRule = makeRule(draws, first);
	// The other rules use their own generator, so that they do not change existing IDs.
	const otherDraws = seededRandom(Number.parseInt(ownId.slice(8, 16), 16));
	return {
		id: id?.toLowerCase() ?? ownId,
		name,
		rules: [firstRule, ...others.map((rule) => makeRule(otherDraws, rule))],
		storefront: `https://${host}/`,
		partnerships: PROFILES.map(({ site, group, commissionRate, profile }, index) => ({
			id: hexId(draws, FOUNDED_AT_MS + index * 86_400_000),
			trackingId: `${site}-${suffix}`,
			weight: 1,
			group,
			affiliateProfile: profile,
			commissionRate,
		})),
	};
}

/** The additional rules of each of the three programs. */
function furtherRules(currency: Currency): NewRule[] {
	return [
		{ name: 'Lighting', currency },
		{ name: 'New customer', currency, fixedCents: 500 },
		{ name: 'Voucher sites', currency, graceDays: 0 },
		{ name: 'Paid by transfer', currency, graceDays: 20, acceptsByItself: true },
		{ name: 'Bonus', currency, fixedCents: 2500 },
	];
}

function ownProgram(
	name: string,
	currency: 'EUR' | 'GBP' | 'USD',
	host: string,
	others: readonly NewRule[] = [],
): Program {
	return makeProgram({
		draws: random,
		name,
		host,
		suffix: currency.toLowerCase(),
		first: { currency },
		others: [...furtherRules(currency), ...others],
	});
}

/**
 * The three programs of the invented shop. Their IDs are the same in every sandbox. Most conversions have
 * the first rule of their program. The last program also has rules in other currencies.
 */
export const PROGRAMS: readonly [Program, Program, Program] = [
	ownProgram('Halden & Fig Europe', 'EUR', 'halden-and-fig.example.com'),
	ownProgram('Halden & Fig United Kingdom', 'GBP', 'uk.halden-and-fig.example.com'),
	ownProgram('Halden & Fig United States', 'USD', 'us.halden-and-fig.example.com', [
		{ name: 'Japan', currency: 'JPY' },
		{ name: 'Kuwait', currency: 'KWD' },
	]),
];

/** The program whose storefront sells in this currency. */
export function programOf(currency: 'EUR' | 'GBP' | 'USD'): Program {
	const [europe, kingdom, states] = PROGRAMS;
	return { EUR: europe, GBP: kingdom, USD: states }[currency];
}

/** Creates programs; the same description gives the same IDs. */
export function makePrograms(wanted: readonly NewProgram[]): Program[] {
	return wanted.map(({ id, name, rules: [first, ...others] = [{}] }, index) =>
		makeProgram({
			draws: seededRandom(4000 + index),
			id,
			name: name ?? `Program ${index + 1}`,
			host: `shop-${index + 1}.example.com`,
			suffix: String(index + 1),
			first,
			others,
		}),
	);
}

/** The affiliate of test sales, which are part of the normal list (API page, doc). */
export const TEST_PARTNERSHIP: Partnership = {
	id: '67c56c10aa00000000000001',
	trackingId: 'test-tracking',
	weight: 1,
	group: null,
	affiliateProfile: { id: '67c56c10aa00000000000002', name: 'Test Tracking Affilae' },
	commissionRate: 5,
};
