/** What a conversion can be (API page, doc). Only `pending` may be changed. */
export const STATUSES = ['pending', 'accepted', 'refused'] as const;
export type ConversionStatus = (typeof STATUSES)[number];

/** The three currencies of the invented shop, ISO 4217. */
export const CURRENCIES = ['EUR', 'GBP', 'USD'] as const;
export type Currency = (typeof CURRENCIES)[number];

export interface Reference {
	id: string;
	name: string;
}

/** The click that led to a sale (API page, seen). `cpc` is in cents. */
export interface Click {
	id: string;
	cpc: number;
	currency: Currency;
	referrer: string;
	landingPage: string;
	subId: string | null;
}

/**
 * The part that one affiliate has in a conversion (API page, seen). In cents: `commission`,
 * `commissionConverted`, `partOfRevenue`. In percent: `percent` and `percentOfRevenue` (the share of
 * the sale), `commissionRate` (what the affiliate earns of it).
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
 * A conversion with every field of the API page's row (seen); the values of the fields whose meaning
 * is not documented are guesses. In cents: `amount`, `commissionsTotal`, `commissionsTotalConverted`
 * (the latter in the account's currency, EUR). Instants are UTC, ISO 8601 with milliseconds.
 */
export interface Conversion {
	id: string;
	advertiser: string;
	program: Reference;
	rule: Reference;
	externalId: string;
	amount: number;
	payoutKind: string;
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
	lockedAt: string | null;
	isLocked: boolean;
	isCapped: boolean;
	customerId: string;
	revenueShare: boolean;
	createdAt: string;
	firstEventAt: string;
	lastEventAt: string;
	isVoucherBlacklisted: boolean;
	events: ConversionEvent[];
}

/**
 * Gives the conversion a new amount and works out all that hangs on it: each affiliate's part of the
 * sale (the parts add up to the amount) and the commissions.
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
		event.commission = Math.round((event.partOfRevenue * event.commissionRate) / 100);
		event.commissionConverted = Math.round(event.commission * conversion.exchangeRate);
		conversion.commissionsTotal += event.commission;
		conversion.commissionsTotalConverted += event.commissionConverted;
	});
}
