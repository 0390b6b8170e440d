import { MARKETS, type StorefrontCurrency } from './catalog';
import { decimal, instant, type Line, portion, taxCentsOf } from './orderLines';
import type { Plan } from './orderPlans';
import type { ShopifyOrderAdjustment, ShopifyRefund, ShopifyRefundLineItem } from './shopifyOrder';

export interface Back {
	refund: ShopifyRefund;
	/** With tax if prices include it. */
	goodsCents: number;
	/** The tax on top of the goods, or included in them. */
	taxCents: number;
	extraCents: number;
	/** The tax in refunds other than goods. */
	extraTaxCents: number;
}

export interface RefundSpec {
	orderId: number;
	orderIndex: number;
	index: number;
	currency: StorefrontCurrency;
	atMs: number;
	note: string | null;
	restock: ShopifyRefundLineItem['restock_type'];
	paid: boolean;
	taxesIncluded: boolean;
	extra: { kind: ShopifyOrderAdjustment['kind']; reason: string; cents: number } | null;
}

export function makeRefund(spec: RefundSpec, units: readonly Line[]): Back {
	const id = 980_000_000_000 + spec.orderIndex * 100 + spec.index;
	const at = instant(spec.atMs, MARKETS[spec.currency].zone);
	let goodsCents = 0;
	let taxCents = 0;
	const items = [...new Set(units)].map((line, index): ShopifyRefundLineItem => {
		const quantity = units.filter((unit) => unit === line).length;
		const subtotalCents = portion(line.subtotalCents, line, quantity);
		const lineTaxCents = portion(line.taxCents, line, quantity);
		line.returned += quantity;
		goodsCents += subtotalCents;
		taxCents += lineTaxCents;
		return {
			id: 610_000_000_000 + spec.orderIndex * 1000 + spec.index * 50 + index,
			line_item_id: line.item.id,
			quantity,
			restock_type: spec.restock,
			location_id: spec.restock === 'no_restock' ? null : 70_300_000_001,
			subtotal: Number(decimal(subtotalCents)),
			total_tax: Number(decimal(lineTaxCents)),
			line_item: line.item,
		};
	});
	const extraCents = spec.extra?.cents ?? 0;
	const extraTaxCents =
		spec.extra?.kind === 'shipping_refund' && spec.taxesIncluded
			? taxCentsOf(extraCents, MARKETS[spec.currency].tax, true)
			: 0;
	const addedTaxCents = spec.taxesIncluded ? 0 : taxCents;
	return {
		goodsCents,
		taxCents,
		extraCents,
		extraTaxCents,
		refund: {
			id,
			admin_graphql_api_id: `gid://shopify/Refund/${id}`,
			order_id: spec.orderId,
			created_at: at,
			processed_at: at,
			note: spec.note,
			restock: spec.restock !== 'no_restock',
			user_id: 91_200_000_001,
			refund_line_items: items,
			transactions: spec.paid
				? [
						{
							id: 7_300_000_000_000 + spec.orderIndex * 100 + spec.index,
							order_id: spec.orderId,
							parent_id: 7_200_000_000_000 + spec.orderIndex,
							kind: 'refund',
							gateway: 'shopify_payments',
							status: 'success',
							message: null,
							amount: decimal(goodsCents + addedTaxCents + extraCents),
							currency: spec.currency,
							created_at: at,
							test: false,
						},
					]
				: [],
			order_adjustments:
				spec.extra === null
					? []
					: [
							{
								id: 330_000_000_000 + spec.orderIndex,
								order_id: spec.orderId,
								refund_id: id,
								amount: decimal(extraTaxCents - spec.extra.cents),
								tax_amount: decimal(-extraTaxCents),
								kind: spec.extra.kind,
								reason: spec.extra.reason,
							},
						],
		},
	};
}

export function extraOf(
	plan: Plan,
	{ shippingCents, totalCents }: { shippingCents: number; totalCents: number },
): RefundSpec['extra'] {
	if (plan.byAmount === true) {
		return { kind: 'refund_discrepancy', reason: 'Refund discrepancy', cents: totalCents };
	}
	if (plan.extra === 'goodwill') {
		return { kind: 'refund_discrepancy', reason: 'Refund discrepancy', cents: 1000 };
	}
	// If a paid order is canceled, the delivery is refunded as well.
	const paysShippingBack =
		plan.extra === 'shipping' || (plan.group === 'cancelled' && plan.cancelled !== 'beforePayment');
	return paysShippingBack && shippingCents > 0
		? { kind: 'shipping_refund', reason: 'Shipping refund', cents: shippingCents }
		: null;
}
