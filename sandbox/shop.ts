import { type Conversion, type ConversionStatus, type Currency, setAmount } from './conversion';
import { externalIdOf, type OrderCase, orderCases } from './orders';
import { ADVERTISER_ID, type Partnership, type Program, programOf, PROGRAMS } from './programs';
import { hexId, pick, randomInteger, type Random, seededRandom } from './random';
import type { ShopifyOrder } from './shopifyOrder';

export interface ShopOptions {
	/** Same seed, same `now`: same shop. */
	seed: number;
	/**
	 * How many conversions in all, those of the orders among them. Where it is lower than the number
	 * of the orders' conversions (59), only those are there.
	 */
	conversions: number;
	/** Milliseconds since 1970, UTC: the conversions are spread over the 90 days before it. */
	now: number;
	/** Whether the conversions of the 66 orders are there; default true. */
	orders?: boolean;
	/**
	 * `mixed` (default): mostly processed when older than a month, mostly pending when younger. A
	 * status: all conversions beside those of the orders have it.
	 */
	status?: 'mixed' | ConversionStatus;
}

/** A conversion as tracked, with the amount in cents that it was tracked with. */
export interface TrackedConversion {
	conversion: Conversion;
	initialAmountCents: number;
}

export interface Shop {
	programs: readonly [Program, Program, Program];
	/** In no particular order. */
	conversions: TrackedConversion[];
	/** The orders as Shopify gives them; the same for every seed. */
	orders: ShopifyOrder[];
	/** The orders with what is to be known of each; the same for every seed. */
	orderCases: OrderCase[];
}

export const REFUSE_REASONS = [
	'Order returned',
	'Order cancelled',
	'Payment declined',
	'Test order',
	'Own employee',
] as const;

const USER_AGENTS = [
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
	'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
	'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
] as const;
const PAYMENT_METHODS = ['card', 'paypal', 'klarna', 'apple_pay'] as const;
const LANDING_PAGES = ['bed-linen', 'throws', 'table', 'lighting', 'sale', 'gifts'] as const;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const SPAN_MS = 90 * DAY_MS;
const FIRST_EXTERNAL_ID = 20_001;
/** Of 100 conversions so many are a second program's tracking of the sale before. */
const DUPLICATES_IN_100 = 2;

interface Sale {
	program: Program;
	externalId: string;
	customerId: string;
	createdAtMs: number;
	amountCents: number;
	status: ConversionStatus;
	refuseReason: string | null;
}

function makeEvent(
	random: Random,
	sale: Sale,
	{ affiliateProfile, commissionRate, ...partnership }: Partnership,
	percent: number,
): Conversion['events'][number] {
	const clickedAtMs = sale.createdAtMs - randomInteger(random, 60, 172_800) * SECOND_MS;
	const subId = random() < 0.3 ? `post-${randomInteger(random, 1, 400)}` : null;
	return {
		id: hexId(random, sale.createdAtMs),
		source: 'click',
		kind: 'sale',
		partnership,
		affiliateProfile,
		percent,
		commission: 0,
		commissionConverted: 0,
		commissionRate,
		percentOfRevenue: percent,
		partOfRevenue: 0,
		createdAt: new Date(sale.createdAtMs).toISOString(),
		click: {
			id: hexId(random, clickedAtMs),
			cpc: 0,
			currency: sale.program.currency,
			referrer: `https://${partnership.trackingId}.example.com/`,
			landingPage: sale.program.storefront + pick(random, LANDING_PAGES),
			subId,
		},
	};
}

/** The conversion that Affilae would hold of a sale; amounts in the program's currency. */
function makeConversion(random: Random, sale: Sale): Conversion {
	const { program } = sale;
	const first = makeEvent(random, sale, pick(random, program.partnerships), 100);
	const events = [first];
	if (random() < 0.1) {
		const partnership = pick(random, program.partnerships);
		if (partnership.affiliateProfile.id !== first.affiliateProfile.id) {
			events.push(makeEvent(random, sale, partnership, 40));
			first.percent = 60;
			first.percentOfRevenue = 60;
		}
	}
	const createdAt = new Date(sale.createdAtMs).toISOString();
	const conversion: Conversion = {
		id: hexId(random, sale.createdAtMs),
		advertiser: ADVERTISER_ID,
		program: { id: program.id, name: program.name },
		rule: program.rule,
		externalId: sale.externalId,
		amount: 0,
		payoutKind: 'percent',
		commissionsTotal: 0,
		commissionsTotalConverted: 0,
		exchangeRate: program.exchangeRate,
		paymentMethod: pick(random, PAYMENT_METHODS),
		// 203.0.113.0/24 is reserved for documentation: nobody's address.
		ipAddress: `203.0.113.${randomInteger(random, 1, 254)}`,
		ua: pick(random, USER_AGENTS),
		attribution: events.length > 1 ? 'shared' : 'last-click',
		currency: program.currency,
		trackingMethod: random() < 0.85 ? 'javascript' : 'server',
		subId: first.click.subId,
		status: sale.status,
		refuseReason: sale.refuseReason,
		lockedAt: null,
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
	return conversion;
}

function drawProgram(random: Random): Program {
	const draw = random();
	const currency: Currency = draw < 0.5 ? 'EUR' : draw < 0.8 ? 'GBP' : 'USD';
	return programOf(currency);
}

function drawStatus(random: Random, ageMs: number): ConversionStatus {
	const draw = random();
	const pendingShare = ageMs > 30 * DAY_MS ? 0.12 : 0.85;
	if (draw < pendingShare) return 'pending';
	return draw < pendingShare + (1 - pendingShare) * 0.8 ? 'accepted' : 'refused';
}

/** Between 9 and about 400 units of money, most of them below 100. */
function drawAmountCents(random: Random): number {
	return Math.round(900 + 39_000 * random() ** 3 + 6000 * random());
}

function conversionsOfOrders(cases: readonly OrderCase[]): TrackedConversion[] {
	const random = seededRandom(59);
	return cases.flatMap(({ order, conversions }) =>
		conversions.map((ordered, index) => ({
			initialAmountCents: ordered.trackedCents,
			conversion: makeConversion(random, {
				program: programOf(ordered.currency),
				externalId: externalIdOf(order),
				customerId: String(order.customer.id),
				createdAtMs: Date.parse(order.created_at) + (2 + index) * SECOND_MS,
				amountCents: ordered.amountCents,
				status: ordered.status,
				refuseReason: ordered.status === 'refused' ? 'Order returned' : null,
			}),
		})),
	);
}

/**
 * A believable shop, invented throughout: three affiliate programs in EUR, GBP and USD, twelve
 * affiliates, conversions of the last 90 days, some of which share an order id across programs, some
 * a customer, and 66 orders. Programs, affiliates, orders and the conversions of the orders are the
 * same for every seed; the orders' conversions have the orders' own fixed dates.
 */
export function buildShop(options: ShopOptions): Shop {
	const random = seededRandom(options.seed);
	const cases = orderCases();
	const conversions = options.orders === false ? [] : conversionsOfOrders(cases);
	const count = Math.max(0, options.conversions - conversions.length);
	const times = new Float64Array(count);
	for (let index = 0; index < count; index += 1) {
		times[index] = Math.floor(options.now - random() * SPAN_MS);
	}
	times.sort();

	const customers = Math.max(1, Math.ceil(count * 0.7));
	let externalId = FIRST_EXTERNAL_ID;
	let previous: Sale | null = null;
	for (const createdAtMs of times) {
		const status =
			options.status === undefined || options.status === 'mixed'
				? drawStatus(random, options.now - createdAtMs)
				: options.status;
		const sale: Sale = {
			program: drawProgram(random),
			externalId: String(externalId),
			customerId: String(8_100_000_000_000 + randomInteger(random, 1, customers) * 512),
			createdAtMs,
			amountCents: drawAmountCents(random),
			status,
			refuseReason: status === 'refused' ? pick(random, REFUSE_REASONS) : null,
		};
		const twin: Sale | null = random() * 100 < DUPLICATES_IN_100 ? previous : null;
		if (twin === null) {
			externalId += 1;
		} else {
			sale.externalId = twin.externalId;
			sale.customerId = twin.customerId;
			sale.program = pick(
				random,
				PROGRAMS.filter((program) => program.id !== twin.program.id),
			);
		}
		// A sale is tracked by two programs at most.
		previous = twin === null ? sale : null;
		const conversion = makeConversion(random, sale);
		conversions.push({ conversion, initialAmountCents: sale.amountCents });
	}
	return {
		programs: PROGRAMS,
		conversions,
		orders: cases.map(({ order }) => order),
		orderCases: cases,
	};
}

/** A conversion to be added; what is absent is made up. */
export interface NewConversion {
	externalId?: string;
	customerId?: string;
	/** The id of one of the three programs. */
	program?: string;
	/** Whole cents in the program's currency. */
	amount?: number;
	status?: ConversionStatus;
	refuseReason?: string;
	/** Milliseconds since 1970, UTC; default now. */
	createdAtMs?: number;
}

/** Makes the conversions that arrive while the sandbox runs. Same seed: same ones. */
export class Arrivals {
	private readonly random: Random;
	private readonly now: () => number;
	private externalId = 900_001;

	/** @param now milliseconds since 1970, UTC */
	constructor(seed: number, now: () => number) {
		this.random = seededRandom(seed + 1);
		this.now = now;
	}

	/** @throws RangeError when `program` is none of the three */
	next(wanted: NewConversion = {}): TrackedConversion {
		const drawn = drawProgram(this.random);
		const program =
			wanted.program === undefined ? drawn : PROGRAMS.find(({ id }) => id === wanted.program);
		if (program === undefined) throw new RangeError(`There is no program ${wanted.program}`);
		const status = wanted.status ?? 'pending';
		const initialAmountCents = wanted.amount ?? drawAmountCents(this.random);
		const conversion = makeConversion(this.random, {
			program,
			externalId: wanted.externalId ?? String(this.externalId++),
			customerId:
				wanted.customerId ?? String(9_000_000_000_000 + randomInteger(this.random, 1, 1e9)),
			createdAtMs: wanted.createdAtMs ?? this.now(),
			amountCents: initialAmountCents,
			status,
			refuseReason: status === 'refused' ? (wanted.refuseReason ?? 'Order returned') : null,
		});
		return { conversion, initialAmountCents };
	}
}
