import { MARKETS, NAMES, RETURN_NOTES, type StorefrontCurrency } from './catalog';
import type { ConversionStatus } from './conversion';
import { decimal, heaps, instant, type Line, makeLines, taxCentsOf } from './orderLines';
import { type OrderGroup, type Plan, PLANS } from './orderPlans';
import { type Back, extraOf, makeRefund } from './orderRefunds';
import { pick, randomInteger, type Random, seededRandom, shuffled } from './random';
import type { ShopifyOrder, ShopifyTaxLine } from './shopifyOrder';

export type { OrderGroup } from './orderPlans';

/**
 * The ID that finds an order's conversion: Affilae's `externalId` is the digits of the order's number,
 * `1042` for the order named `#1042`. `customerId` is the digits of the customer's ID.
 */
export function externalIdOf(order: ShopifyOrder): string {
	return String(order.order_number);
}

/** A conversion that an order earned. Amounts in cents of `currency`. */
export interface OrderedConversion {
	/** The program's currency; each program has another. */
	currency: StorefrontCurrency;
	/** The amount tracked at the sale. */
	trackedCents: number;
	/** The current amount; lower if somebody already corrected it. */
	amountCents: number;
	status: ConversionStatus;
}

/** One order with the expected results. Amounts in cents of the order's currency. */
export interface OrderCase {
	order: ShopifyOrder;
	group: OrderGroup;
	/** The tracked amount: the ordered goods after discounts, without tax and shipping. */
	orderedCents: number;
	/** What the customer kept, without tax and shipping. */
	keptCents: number;
	/** Empty if no affiliate was involved; two if two programs tracked the same sale. */
	conversions: OrderedConversion[];
}

const FIRST_ORDER_NUMBER = 1001;
const FIRST_ORDER_AT_MS = Date.UTC(2026, 9, 1, 7);
const LAST_ORDER_AT_MS = Date.UTC(2026, 10, 14, 19);
/** When the orders were exported. */
const EXPORTED_AT_MS = Date.UTC(2026, 10, 21, 18);
/** Prices in euros include tax; prices in pounds do from this time on. */
const POUNDS_WITH_TAX_FROM_MS = Date.UTC(2026, 9, 23, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function conversionsOf(
	plan: Plan,
	currency: StorefrontCurrency,
	orderedCents: number,
	keptCents: number,
): OrderedConversion[] {
	if (plan.tracking === 'none') return [];
	const first: OrderedConversion = {
		currency,
		trackedCents: orderedCents,
		amountCents: orderedCents,
		status: 'pending',
	};
	if (plan.decided === 'rightly') {
		first.status = keptCents === 0 ? 'refused' : 'accepted';
		first.amountCents = keptCents === 0 ? orderedCents : keptCents;
	}
	if (plan.decided === 'wrongly') {
		first.status = keptCents === orderedCents ? 'refused' : 'accepted';
	}
	if (plan.tracking === 'once') return [first];
	const second = currency === 'EUR' ? 'GBP' : 'EUR';
	const secondCents = Math.round(orderedCents * (second === 'GBP' ? 0.87 : 1.15));
	return [
		first,
		{ currency: second, trackedCents: secondCents, amountCents: secondCents, status: 'pending' },
	];
}

/** The order's taxes, one line per rate. */
function taxLinesOf(
	lines: readonly Line[],
	title: string,
	shippingTax: { cents: number; rate: number },
): ShopifyTaxLine[] {
	const centsOf = new Map<number, number>();
	const taxes = lines.map(({ taxCents: cents, item }) => ({
		cents,
		rate: item.tax_lines[0]?.rate ?? 0,
	}));
	for (const { cents, rate } of [...taxes, shippingTax]) {
		if (cents > 0) centsOf.set(rate, (centsOf.get(rate) ?? 0) + cents);
	}
	return [...centsOf].map(([rate, cents]) => ({ title, price: decimal(cents), rate }));
}

function makeCase(random: Random, plan: Plan, index: number, createdAtMs: number): OrderCase {
	const currency = pick<StorefrontCurrency>(random, [
		'EUR',
		'EUR',
		'EUR',
		'GBP',
		'GBP',
		'USD',
		'USD',
	]);
	const market = MARKETS[currency];
	const id = 6_210_000_000_000 + index * 32_768;
	const taxesIncluded =
		currency === 'EUR' || (currency === 'GBP' && createdAtMs >= POUNDS_WITH_TAX_FROM_MS);
	const lines = makeLines(random, currency, index, plan.refunds + 2, taxesIncluded);
	const goesBack =
		plan.group === 'cancelled' ||
		plan.group === 'fullyRefunded' ||
		(plan.group === 'partlyRefunded' && plan.refunds > 0);
	const allUnits = shuffled(
		random,
		lines.flatMap((line) => Array.from({ length: line.quantity }, () => line)),
	);
	const returnedUnits = !goesBack
		? []
		: plan.group === 'partlyRefunded'
			? allUnits.slice(0, randomInteger(random, plan.refunds, allUnits.length - 1))
			: allUnits;
	const shippingCents =
		plan.extra === 'shipping' ? market.shipping[1] : pick<number>(random, market.shipping);

	const sum = (amounts: readonly number[]) => amounts.reduce((total, cents) => total + cents, 0);
	const subtotalCents = sum(lines.map((line) => line.subtotalCents));
	const goodsTaxCents = sum(lines.map((line) => line.taxCents));
	const orderedCents = subtotalCents - (taxesIncluded ? goodsTaxCents : 0);
	const shippingTaxCents = taxesIncluded ? taxCentsOf(shippingCents, market.tax, true) : 0;
	const taxCents = goodsTaxCents + shippingTaxCents;
	const totalCents = subtotalCents + (taxesIncluded ? 0 : goodsTaxCents) + shippingCents;

	const endOfSpan = Math.min(createdAtMs + 21 * DAY_MS, EXPORTED_AT_MS);
	const firstBackAtMs =
		plan.group === 'cancelled' && plan.cancelled !== 'afterFulfillment'
			? createdAtMs + randomInteger(random, 1, 20) * HOUR_MS
			: createdAtMs + 5 * DAY_MS + randomInteger(random, 0, DAY_MS);
	const refundCount = Math.max(plan.refunds, plan.extra === undefined ? 0 : 1);
	const backs: Back[] = [];
	heaps(random, returnedUnits, refundCount).forEach((units, refundIndex) => {
		const share = refundCount === 1 ? 0 : refundIndex / (refundCount - 1);
		const lastAtMs = plan.group === 'cancelled' ? firstBackAtMs : endOfSpan;
		backs.push(
			makeRefund(
				{
					orderId: id,
					orderIndex: index,
					index: refundIndex,
					currency,
					atMs: Math.round(firstBackAtMs + (lastAtMs - firstBackAtMs) * share),
					note:
						plan.group === 'cancelled'
							? null
							: units.length === 0
								? 'Late delivery'
								: pick<string | null>(random, RETURN_NOTES),
					restock:
						plan.group === 'cancelled' && plan.cancelled !== 'afterFulfillment'
							? 'cancel'
							: random() < 0.85
								? 'return'
								: 'no_restock',
					paid: plan.cancelled !== 'beforePayment',
					taxesIncluded,
					extra:
						refundIndex === refundCount - 1 ? extraOf(plan, { shippingCents, totalCents }) : null,
				},
				plan.byAmount === true ? [] : units,
			),
		);
	});

	const backGoodsCents = sum(backs.map((back) => back.goodsCents));
	const backTaxCents = sum(backs.map((back) => back.taxCents));
	const backExtraCents = sum(backs.map((back) => back.extraCents));
	const backExtraTaxCents = sum(backs.map((back) => back.extraTaxCents));
	const currentSubtotalCents = subtotalCents - backGoodsCents;
	const currentGoodsTaxCents = goodsTaxCents - backTaxCents;
	const keptCents =
		plan.byAmount === true ? 0 : currentSubtotalCents - (taxesIncluded ? currentGoodsTaxCents : 0);
	const isVoided = plan.cancelled === 'beforePayment';
	// Nobody pays the delivery of a canceled order.
	const dueShippingCents = isVoided ? 0 : shippingCents;
	const dueShippingTaxCents = isVoided ? 0 : shippingTaxCents;
	const currentTotalCents =
		currentSubtotalCents +
		(taxesIncluded ? 0 : currentGoodsTaxCents) +
		dueShippingCents -
		backExtraCents;

	const isFulfilled =
		(plan.group !== 'cancelled' || plan.cancelled === 'afterFulfillment') &&
		plan.unpaid === undefined;
	for (const line of lines) {
		line.item.current_quantity = line.quantity - line.returned;
		line.item.fulfillment_status = isFulfilled ? 'fulfilled' : null;
	}
	const createdAt = instant(createdAtMs, market.zone);
	const lastRefund = backs.at(-1)?.refund;
	const cancelledAt = plan.group === 'cancelled' ? (lastRefund?.created_at ?? createdAt) : null;
	const customerIndex = randomInteger(random, 0, 3 * NAMES.length - 1);
	const firstName = NAMES[customerIndex % NAMES.length]?.[0] ?? '';
	const lastName =
		NAMES[(5 * customerIndex + Math.floor(customerIndex / NAMES.length)) % NAMES.length]?.[1] ?? '';
	const address = `${firstName}.${lastName}`
		.normalize('NFD')
		.replace(/ı/g, 'i')
		.replace(/[^A-Za-z.]/g, '')
		.toLowerCase();
	const grossCents = sum(
		lines.map((line) => line.quantity * Number(line.item.price.replace('.', ''))),
	);
	const discountsCents = grossCents - subtotalCents;
	const orderNumber = FIRST_ORDER_NUMBER + index;

	const order: ShopifyOrder = {
		id,
		admin_graphql_api_id: `gid://shopify/Order/${id}`,
		name: `#${orderNumber}`,
		number: orderNumber - 1000,
		order_number: orderNumber,
		created_at: createdAt,
		processed_at: createdAt,
		updated_at: lastRefund?.created_at ?? instant(createdAtMs + 2 * DAY_MS, market.zone),
		closed_at: cancelledAt,
		cancelled_at: cancelledAt,
		cancel_reason: isVoided
			? 'declined'
			: plan.group === 'cancelled'
				? pick<'customer' | 'inventory'>(random, ['customer', 'customer', 'inventory'])
				: null,
		confirmed: true,
		test: plan.test === true,
		currency,
		presentment_currency: currency,
		financial_status: isVoided
			? 'voided'
			: currentTotalCents === 0
				? 'refunded'
				: backs.length > 0
					? 'partially_refunded'
					: (plan.unpaid ?? 'paid'),
		fulfillment_status: isFulfilled ? 'fulfilled' : null,
		taxes_included: taxesIncluded,
		total_line_items_price: decimal(grossCents),
		total_discounts: decimal(discountsCents),
		subtotal_price: decimal(subtotalCents),
		total_tax: decimal(taxCents),
		total_price: decimal(totalCents),
		current_subtotal_price: decimal(currentSubtotalCents),
		current_total_tax: decimal(currentGoodsTaxCents + dueShippingTaxCents - backExtraTaxCents),
		current_total_price: decimal(currentTotalCents),
		total_outstanding: decimal(plan.unpaid === undefined ? 0 : totalCents),
		source_name: 'web',
		landing_site: plan.tracking === 'none' ? '/' : '/?utm_medium=affiliate',
		referring_site: '',
		note: null,
		tags: '',
		email: `${address}@example.com`,
		customer: {
			id: 7_350_000_000_000 + customerIndex * 1024,
			email: `${address}@example.com`,
			first_name: firstName,
			last_name: lastName,
			verified_email: true,
		},
		discount_codes:
			discountsCents === 0
				? []
				: [{ code: 'AUTUMN', amount: decimal(discountsCents), type: 'percentage' }],
		tax_lines: taxLinesOf(lines, market.taxTitle, { cents: shippingTaxCents, rate: market.tax }),
		line_items: lines.map((line) => line.item),
		shipping_lines: [
			{
				id: 5_100_000_000_000 + index,
				code: 'standard',
				title: shippingCents === 0 ? 'Free delivery' : 'Standard delivery',
				price: decimal(shippingCents),
				discounted_price: decimal(shippingCents),
				source: 'shopify',
				tax_lines:
					shippingTaxCents === 0
						? []
						: [{ title: market.taxTitle, price: decimal(shippingTaxCents), rate: market.tax }],
			},
		],
		refunds: backs.map((back) => back.refund),
	};
	return {
		order,
		group: plan.group,
		orderedCents,
		keptCents,
		conversions: conversionsOf(plan, currency, orderedCents, keptCents),
	};
}

let made: readonly OrderCase[] | undefined;

/**
 * The 66 orders of the invented shop, numbers 1001 to 1066, sold from 1 Oct to 14 Nov 2026 and
 * exported on 21 Nov 2026. They are the same for every seed of the sandbox, so that the file
 * `examples/shopify-returns/data/orders-from-shopify.json` matches every sandbox:
 *
 * - 20 untouched, 3 of them unpaid and 1 a test;
 * - 22 partly refunded, 5 of them in several refunds, 2 of them without returned goods (only delivery
 *   or goodwill: the customer kept everything);
 * - 13 fully refunded, 6 of them including delivery, 1 as a sum without goods;
 * - 11 canceled, 2 of them before payment (voided), 7 before and 2 after fulfillment.
 *
 * The prices of 33 include tax, in France at two rates. 10 of the 66 have no conversion. 3 (one untouched,
 * one partly, one fully refunded) have one in each of two programs. The conversions of 6 are already
 * decided: 3 rightly, 3 wrongly.
 *
 * Made once in a process: change no object of them.
 */
export function orderCases(): readonly OrderCase[] {
	made ??= makeCases();
	return made;
}

function makeCases(): OrderCase[] {
	const random = seededRandom(1066);
	const plans = shuffled(
		random,
		PLANS.flatMap(([count, plan]) => Array.from({ length: count }, () => plan)),
	);
	const stepMs = (LAST_ORDER_AT_MS - FIRST_ORDER_AT_MS) / plans.length;
	return plans.map((plan, index) =>
		makeCase(
			random,
			plan,
			index,
			Math.round(FIRST_ORDER_AT_MS + (index + random() * 0.9) * stepMs),
		),
	);
}
