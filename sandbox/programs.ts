import type { Currency, Reference } from './conversion';
import { hexId, seededRandom } from './random';

/** One affiliate's entry into one program: what the events of a conversion carry of it. */
export interface Partnership {
	id: string;
	trackingId: string;
	weight: number;
	group: string | null;
	affiliateProfile: Reference;
	/** What the affiliate earns of a sale, in percent. */
	commissionRate: number;
}

/** One affiliate program of the invented shop. */
export interface Program extends Reference {
	currency: Currency;
	/** What one unit of the currency is worth in the account's currency, EUR; invented and fixed. */
	exchangeRate: number;
	rule: Reference;
	/** The storefront the program sends people to. */
	storefront: string;
	partnerships: Partnership[];
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

// The cast is the same for every seed, so a workflow that names a program works in every sandbox.
const random = seededRandom(20260901);
const FOUNDED_AT_MS = Date.UTC(2025, 2, 3, 9);

/** The advertiser's account; its currency is EUR. */
export const ADVERTISER_ID = hexId(random, FOUNDED_AT_MS);

const PROFILES = AFFILIATES.map((affiliate) => ({
	...affiliate,
	profile: { id: hexId(random, FOUNDED_AT_MS), name: affiliate.name },
}));

function program(name: string, currency: Currency, exchangeRate: number, host: string): Program {
	return {
		id: hexId(random, FOUNDED_AT_MS),
		name,
		currency,
		exchangeRate,
		rule: { id: hexId(random, FOUNDED_AT_MS), name: 'Sale, percentage by affiliate' },
		storefront: `https://${host}/`,
		partnerships: PROFILES.map(({ site, group, commissionRate, profile }, index) => ({
			id: hexId(random, FOUNDED_AT_MS + index * 86_400_000),
			trackingId: `${site}-${currency.toLowerCase()}`,
			weight: 1,
			group,
			affiliateProfile: profile,
			commissionRate,
		})),
	};
}

/** The three programs, one for each currency. Their ids are the same in every sandbox. */
export const PROGRAMS: readonly [Program, Program, Program] = [
	program('Halden & Fig Europe', 'EUR', 1, 'halden-and-fig.example.com'),
	program('Halden & Fig United Kingdom', 'GBP', 1.15, 'uk.halden-and-fig.example.com'),
	program('Halden & Fig United States', 'USD', 0.86, 'us.halden-and-fig.example.com'),
];

/** The program that pays in this currency. */
export function programOf(currency: Currency): Program {
	const [europe, kingdom, states] = PROGRAMS;
	return { EUR: europe, GBP: kingdom, USD: states }[currency];
}
