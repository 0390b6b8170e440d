/** The statuses of a conversion (API page, doc). */
export const STATUSES = ['pending', 'accepted', 'refused'] as const;
export type ConversionStatus = (typeof STATUSES)[number];

/** ISO 4217. A program can have several currencies, a commission rule has one (API page, doc). */
export const CURRENCIES = ['EUR', 'GBP', 'USD', 'JPY', 'KWD'] as const;
export type Currency = (typeof CURRENCIES)[number];

export interface Reference {
	id: string;
	name: string;
}

/** The click that led to a sale (API page, run). `cpc` is in cents. */
export interface Click {
	id: string;
	cpc: number;
	currency: Currency;
	referrer: string;
	landingPage: string;
	subId: string | null;
}

/**
 * The part that one affiliate has in a conversion (API page, run). In cents: `commission`,
 * `commissionConverted`, `partOfRevenue`. In percent: `percent` and `percentOfRevenue` (the share of
 * the sale), `commissionRate` (the affiliate's commission on it; 0 if the commission is fixed).
 */
export interface ConversionEvent {
	id: string;
	source: string;
	kind: string;
	partnership: { id: string; trackingId: string; weight: number; group: string | null };
	affiliateProfile: Reference;
	percent: number;
	commission: number;
	commissionConverted: number;
	commissionRate: number;
	percentOfRevenue: number;
	partOfRevenue: number;
	createdAt: string;
	click: Click;
}

/**
 * A conversion with every field of the API page's row (run). The values of undocumented fields are
 * guesses. In cents: `amount`, `commissionsTotal`, `commissionsTotalConverted` (the latter in the
 * account's currency, EUR). Times are UTC, ISO 8601 with milliseconds. row.ts makes the row of a
 * response.
 */
export interface Conversion {
	id: string;
	advertiser: string;
	program: Reference;
	rule: Reference;
	/** `''` without an order, as for a bonus; the API then shows null. */
	externalId: string;
	amount: number;
	payoutKind: 'percent' | 'fixed';
	commissionsTotal: number;
	commissionsTotalConverted: number;
	exchangeRate: number;
	paymentMethod: string;
	ipAddress: string;
	ua: string;
	attribution: string;
	currency: Currency;
	trackingMethod: string;
	subId: string | null;
	status: ConversionStatus;
	refuseReason: string | null;
	/** The end of the grace period, past or future; null while pending. */
	lockedAt: string | null;
	/** Whether the grace period has ended; the store updates it each time it returns the conversion. */
	isLocked: boolean;
	isCapped: boolean;
	/** `''` if the shop sent no customer; the API then shows null. */
	customerId: string;
	revenueShare: boolean;
	createdAt: string;
	firstEventAt: string;
	lastEventAt: string;
	isVoucherBlacklisted: boolean;
	events: ConversionEvent[];
}

/**
 * Changes the amount and everything that depends on it: each affiliate's part of the sale (the parts add
 * up to the amount) and the commissions, unless they are fixed.
 *
 * @param amountCents whole cents in the conversion's own currency
 */
export function setAmount(conversion: Conversion, amountCents: number): void {
	conversion.amount = amountCents;
	conversion.commissionsTotal = 0;
	conversion.commissionsTotalConverted = 0;
	let leftCents = amountCents;
	conversion.events.forEach((event, index) => {
		const isLast = index === conversion.events.length - 1;
		event.partOfRevenue = isLast ? leftCents : Math.floor((amountCents * event.percent) / 100);
		leftCents -= event.partOfRevenue;
		if (conversion.payoutKind === 'percent') {
			event.commission = Math.round((event.partOfRevenue * event.commissionRate) / 100);
		}
		event.commissionConverted = Math.round(event.commission * conversion.exchangeRate);
		conversion.commissionsTotal += event.commission;
		conversion.commissionsTotalConverted += event.commissionConverted;
	});
}
