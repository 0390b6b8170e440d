import { drawProgram } from './arrivals';
import type { ConversionStatus } from './conversion';
import { externalIdOf, type OrderCase, orderCases } from './orders';
import { type Program, programOf, PROGRAMS } from './programs';
import { pick, randomInteger, type Random, seededRandom } from './random';
import type { ShopifyOrder } from './shopifyOrder';
import { drawAmountCents, makeConversion, type Sale, type TrackedConversion } from './tracking';
import { unusualConversions } from './unusual';

export type { NewConversion } from './arrivals';
export type { TrackedConversion } from './tracking';

export interface ShopOptions {
	/** The same seed and `now` give the same shop. */
	seed: number;
	/**
	 * How many conversions in total, including those of the orders. If it is lower than the number of
	 * the orders' conversions (59), there are only those.
	 */
	conversions: number;
	/** Milliseconds since 1970, UTC: the conversions are spread over the 90 days before it. */
	now: number;
	/** Whether to include the conversions of the 66 orders; default true. */
	orders?: boolean;
	/**
	 * Whether to include rare cases: those of unusual.ts, and one conversion in three without a
	 * customer; default false.
	 */
	unusual?: boolean;
	/** Default {@link PROGRAMS}. Others require `orders: false`, because the orders belong to those. */
	programs?: readonly Program[];
	/**
	 * `mixed` (default): mostly decided if older than a month, mostly pending if younger. A status: all
	 * conversions except those of the orders have it.
	 */
	status?: 'mixed' | ConversionStatus;
}

export interface Shop {
	programs: readonly Program[];
	/** In no particular order. */
	conversions: TrackedConversion[];
	/** The orders as Shopify returns them; the same for every seed. */
	orders: ShopifyOrder[];
	/** The orders with the expected results; the same for every seed. */
	orderCases: readonly OrderCase[];
}

const REFUSE_REASONS = [
	'Order returned',
	'Order canceled',
	'Payment declined',
	'Test order',
	'Own employee',
] as const;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const SPAN_MS = 90 * DAY_MS;
const FIRST_EXTERNAL_ID = 20_001;
/** How many of 100 conversions are the previous sale, tracked by a second program. */
const DUPLICATES_IN_100 = 2;
/** With rare cases: the share of conversions without a customer. */
const NO_CUSTOMER_SHARE = 1 / 3;
/** Time from the sale to the decision, if it was decided before the sandbox started. */
const DECIDED_AFTER_MS = 7 * DAY_MS;
/** The same for the orders' conversions: time from the decision to the start of the sandbox. */
const ORDERS_DECIDED_BEFORE_MS = 10 * DAY_MS;

function drawStatus(random: Random, ageMs: number): ConversionStatus {
	const draw = random();
	const pendingShare = ageMs > 30 * DAY_MS ? 0.12 : 0.85;
	if (draw < pendingShare) return 'pending';
	return draw < pendingShare + (1 - pendingShare) * 0.8 ? 'accepted' : 'refused';
}

function conversionsOfOrders(cases: readonly OrderCase[], nowMs: number): TrackedConversion[] {
	const random = seededRandom(59);
	return cases.flatMap(({ order, conversions }) =>
		conversions.map((ordered, index) => {
			const program = programOf(ordered.currency);
			const tracked = makeConversion(random, {
				program,
				rule: program.rules[0],
				externalId: externalIdOf(order),
				customerId: String(order.customer.id),
				createdAtMs: Date.parse(order.created_at) + (2 + index) * SECOND_MS,
				amountCents: ordered.amountCents,
				status: ordered.status,
				refuseReason: ordered.status === 'refused' ? 'Order returned' : null,
				decidedAtMs: ordered.status === 'pending' ? null : nowMs - ORDERS_DECIDED_BEFORE_MS,
			});
			return { ...tracked, initialAmountCents: ordered.trackedCents };
		}),
	);
}

/** The conversions of the last 90 days, evenly spread over them. */
function drawnConversions(options: ShopOptions, count: number): TrackedConversion[] {
	const random = seededRandom(options.seed);
	const programs = options.programs ?? PROGRAMS;
	const times = new Float64Array(count);
	for (let index = 0; index < count; index += 1) {
		times[index] = Math.floor(options.now - random() * SPAN_MS);
	}
	times.sort();

	const customers = Math.max(1, Math.ceil(count * 0.7));
	// A separate generator, so that the rest of the shop is the same with and without rare cases.
	const customerRandom = seededRandom(options.seed + 5);
	const conversions: TrackedConversion[] = [];
	let externalId = FIRST_EXTERNAL_ID;
	let previous: Sale | null = null;
	for (const createdAtMs of times) {
		const status =
			options.status === undefined || options.status === 'mixed'
				? drawStatus(random, options.now - createdAtMs)
				: options.status;
		const program = drawProgram(random, programs);
		const sale: Sale = {
			program,
			rule: program.rules[0],
			externalId: String(externalId),
			customerId: String(8_100_000_000_000 + randomInteger(random, 1, customers) * 512),
			createdAtMs,
			amountCents: drawAmountCents(random),
			status,
			refuseReason: status === 'refused' ? pick(random, REFUSE_REASONS) : null,
			decidedAtMs:
				status === 'pending' ? null : Math.min(createdAtMs + DECIDED_AFTER_MS, options.now),
		};
		const isTwin = random() * 100 < DUPLICATES_IN_100 && programs.length > 1;
		const twin: Sale | null = isTwin ? previous : null;
		if (twin === null) {
			externalId += 1;
		} else {
			sale.externalId = twin.externalId;
			sale.customerId = twin.customerId;
			sale.program = pick(
				random,
				programs.filter(({ id }) => id !== twin.program.id),
			);
			sale.rule = sale.program.rules[0];
		}
		// A sale is tracked by two programs at most.
		previous = twin === null ? sale : null;
		if (options.unusual === true && customerRandom() < NO_CUSTOMER_SHARE) sale.customerId = '';
		conversions.push(makeConversion(random, sale));
	}
	return conversions;
}

/**
 * A realistic, invented shop: three affiliate programs in EUR, GBP and USD, twelve affiliates, 66
 * orders, and conversions of the last 90 days. Some conversions share an order ID across programs, or a
 * customer. Programs, affiliates, orders and the conversions of the orders are the same for every seed;
 * the orders have fixed dates. Conversions were decided seven days after the sale, those of the orders
 * ten days before `now`.
 */
export function buildShop(options: ShopOptions): Shop {
	const cases = orderCases();
	const conversions = options.orders === false ? [] : conversionsOfOrders(cases, options.now);
	if (options.unusual === true) conversions.push(...unusualConversions(options.now));
	const count = Math.max(0, options.conversions - conversions.length);
	return {
		programs: options.programs ?? PROGRAMS,
		conversions: [...conversions, ...drawnConversions(options, count)],
		orders: cases.map(({ order }) => order),
		orderCases: cases,
	};
}
