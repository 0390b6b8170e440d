import {
	type Conversion,
	type ConversionEvent,
	type ConversionStatus,
	setAmount,
} from './conversion';
import { ADVERTISER_ID, type Partnership, type Program, type Rule } from './programs';
import { hexId, pick, randomInteger, type Random } from './random';

/** A tracked conversion, with data that the API does not show. */
export interface TrackedConversion {
	conversion: Conversion;
	/** The tracked amount, in cents. */
	initialAmountCents: number;
	/** Days from a decision to the lock, from its commission rule. */
	graceDays: number;
	/** Values that replace fields of its row. */
	shownFields?: Readonly<Record<string, unknown>>;
}

/** The sale that a conversion is created from. */
export interface Sale {
	program: Program;
	rule: Rule;
	/** `''` if there is none. */
	externalId: string;
	/** `''` if there is none. */
	customerId: string;
	/** Milliseconds since 1970, UTC. */
	createdAtMs: number;
	/** When Affilae received it, if later; its ID shows this time. */
	addedAtMs?: number;
	/** In cents of the rule's currency. */
	amountCents: number;
	status: ConversionStatus;
	refuseReason: string | null;
	/** When it was accepted or refused; null while pending. */
	decidedAtMs: number | null;
	/** Default: a random one of the program. */
	partnership?: Partnership;
}

const USER_AGENTS = [
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
	'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
	'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
] as const;
const PAYMENT_METHODS = ['card', 'paypal', 'klarna', 'apple_pay'] as const;
const LANDING_PAGES = ['bed-linen', 'throws', 'table', 'lighting', 'sale', 'gifts'] as const;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** When the grace period of a decision ends: milliseconds since 1970, UTC. */
export function lockAfter(decidedAtMs: number, graceDays: number): number {
	return decidedAtMs + graceDays * DAY_MS;
}

function makeEvent(
	random: Random,
	sale: Sale,
	{ affiliateProfile, commissionRate, ...partnership }: Partnership,
	percent: number,
): ConversionEvent {
	const clickedAtMs = sale.createdAtMs - randomInteger(random, 60, 172_800) * SECOND_MS;
	const fixedCents = sale.rule.payout.kind === 'fixed' ? sale.rule.payout.cents : null;
	const subId = random() < 0.3 ? `post-${randomInteger(random, 1, 400)}` : null;
	return {
		id: hexId(random, sale.createdAtMs),
		source: 'click',
		kind: 'sale',
		partnership,
		affiliateProfile,
		percent,
		commission: fixedCents === null ? 0 : Math.round((fixedCents * percent) / 100),
		commissionConverted: 0,
		commissionRate: fixedCents === null ? commissionRate : 0,
		percentOfRevenue: percent,
		partOfRevenue: 0,
		createdAt: new Date(sale.createdAtMs).toISOString(),
		click: {
			id: hexId(random, clickedAtMs),
			cpc: 0,
			currency: sale.rule.currency,
			referrer: `https://${partnership.trackingId}.example.com/`,
			landingPage: sale.program.storefront + pick(random, LANDING_PAGES),
			subId,
		},
	};
}

/** The conversion that Affilae would store for a sale; amounts in the rule's currency. */
export function makeConversion(random: Random, sale: Sale): TrackedConversion {
	const { program, rule, decidedAtMs } = sale;
	const drawn = pick(random, program.partnerships);
	const first = makeEvent(random, sale, sale.partnership ?? drawn, 100);
	const events = [first];
	if (random() < 0.1 && rule.payout.kind === 'percent' && sale.partnership === undefined) {
		const partnership = pick(random, program.partnerships);
		if (partnership.affiliateProfile.id !== first.affiliateProfile.id) {
			events.push(makeEvent(random, sale, partnership, 40));
			first.percent = 60;
			first.percentOfRevenue = 60;
		}
	}
	const createdAt = new Date(sale.createdAtMs).toISOString();
	const conversion: Conversion = {
		id: hexId(random, sale.addedAtMs ?? sale.createdAtMs),
		advertiser: ADVERTISER_ID,
		program: { id: program.id, name: program.name },
		rule: { id: rule.id, name: rule.name },
		externalId: sale.externalId,
		amount: 0,
		payoutKind: rule.payout.kind,
		commissionsTotal: 0,
		commissionsTotalConverted: 0,
		exchangeRate: rule.exchangeRate,
		paymentMethod: pick(random, PAYMENT_METHODS),
		// 203.0.113.0/24 is reserved for documentation.
		ipAddress: `203.0.113.${randomInteger(random, 1, 254)}`,
		ua: pick(random, USER_AGENTS),
		attribution: events.length > 1 ? 'shared' : 'last-click',
		currency: rule.currency,
		trackingMethod: random() < 0.85 ? 'javascript' : 'server',
		subId: first.click.subId,
		status: sale.status,
		refuseReason: sale.refuseReason,
		lockedAt:
			decidedAtMs === null ? null : new Date(lockAfter(decidedAtMs, rule.graceDays)).toISOString(),
		isLocked: false,
		isCapped: false,
		customerId: sale.customerId,
		revenueShare: events.length > 1,
		createdAt,
		firstEventAt: createdAt,
		lastEventAt: createdAt,
		isVoucherBlacklisted: false,
		events,
	};
	setAmount(conversion, sale.amountCents);
	return { conversion, initialAmountCents: sale.amountCents, graceDays: rule.graceDays };
}

/** Between 9 and about 400 currency units, mostly below 100. */
export function drawAmountCents(random: Random): number {
	return Math.round(900 + 39_000 * random() ** 3 + 6000 * random());
}
