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
	 * Whether there is also what is rare in a shop and plenty in the world: the cases of unusual.ts,
	 * and one conversion in three without a customer; default false.
	 */
	unusual?: boolean;
	/** Default {@link PROGRAMS}; others with `orders: false` only, whose conversions are of those. */
	programs?: readonly Program[];
	/**
	 * `mixed` (default): mostly processed when older than a month, mostly pending when younger. A
	 * status: all conversions beside those of the orders have it.
	 */
	status?: 'mixed' | ConversionStatus;
}

export interface Shop {
	programs: readonly Program[];
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

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const SPAN_MS = 90 * DAY_MS;
const FIRST_EXTERNAL_ID = 20_001;
/** Of 100 conversions so many are a second program's tracking of the sale before. */
const DUPLICATES_IN_100 = 2;
/** In an unusual shop: how many of the conversions have no customer. */
const NAMELESS_SHARE = 1 / 3;
/** A conversion that was decided before the sandbox began was decided so long after the sale. */
const DECIDED_AFTER_MS = 7 * DAY_MS;
/** The orders' conversions that were decided before were so long before the sandbox began. */
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
	// Drawn apart, so that the rest of the shop is the same with and without the unusual.
	const nameless = seededRandom(options.seed + 5);
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
		if (options.unusual === true && nameless() < NAMELESS_SHARE) sale.customerId = '';
		conversions.push(makeConversion(random, sale));
	}
	return conversions;
}

/**
 * A believable shop, invented throughout: three affiliate programs in EUR, GBP and USD, twelve
 * affiliates, conversions of the last 90 days, some of which share an order id across programs, some
 * a customer, and 66 orders. Programs, affiliates, orders and the conversions of the orders are the
 * same for every seed; the orders' conversions have the orders' own fixed dates. What was decided was
 * so seven days after the sale, of the orders' conversions ten days before `now`.
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
