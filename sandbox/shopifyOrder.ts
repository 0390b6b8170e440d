import type { StorefrontCurrency } from './catalog';

/**
 * An order as Shopify's Admin REST API returns it (resource `order`). Amounts are decimal strings in the
 * order's currency, except in `refund_line_items`, where Shopify returns JSON numbers. Times are ISO 8601
 * with the shop's offset. Without fields that no affiliate program needs (addresses, the `*_set` copy of
 * each amount, fulfillments, and all lists of plain values).
 */
export interface ShopifyOrder {
	id: number;
	admin_graphql_api_id: string;
	name: string;
	number: number;
	order_number: number;
	created_at: string;
	processed_at: string;
	updated_at: string;
	closed_at: string | null;
	cancelled_at: string | null;
	cancel_reason: 'customer' | 'inventory' | 'declined' | null;
	confirmed: boolean;
	test: boolean;
	currency: StorefrontCurrency;
	presentment_currency: StorefrontCurrency;
	financial_status:
		| 'pending'
		| 'authorized'
		| 'paid'
		| 'partially_refunded'
		| 'refunded'
		| 'voided';
	fulfillment_status: 'fulfilled' | null;
	/** Whether prices and subtotals include tax; it depends on the market. */
	taxes_included: boolean;
	total_line_items_price: string;
	total_discounts: string;
	subtotal_price: string;
	total_tax: string;
	total_price: string;
	current_subtotal_price: string;
	current_total_tax: string;
	current_total_price: string;
	total_outstanding: string;
	source_name: string;
	landing_site: string;
	referring_site: string;
	note: string | null;
	tags: string;
	email: string;
	customer: ShopifyCustomer;
	discount_codes: Array<{ code: string; amount: string; type: string }>;
	tax_lines: ShopifyTaxLine[];
	line_items: ShopifyLineItem[];
	shipping_lines: ShopifyShippingLine[];
	refunds: ShopifyRefund[];
}

export interface ShopifyCustomer {
	id: number;
	email: string;
	first_name: string;
	last_name: string;
	verified_email: boolean;
}

/** `rate` is a fraction: 0.2 is 20%. */
export interface ShopifyTaxLine {
	title: string;
	price: string;
	rate: number;
}

/** `price` is the price of one unit before discounts. */
export interface ShopifyLineItem {
	id: number;
	product_id: number;
	variant_id: number;
	sku: string;
	title: string;
	variant_title: string | null;
	name: string;
	vendor: string;
	quantity: number;
	current_quantity: number;
	price: string;
	total_discount: string;
	discount_allocations: Array<{ amount: string; discount_application_index: number }>;
	fulfillment_status: 'fulfilled' | null;
	requires_shipping: boolean;
	taxable: boolean;
	gift_card: boolean;
	tax_lines: ShopifyTaxLine[];
}

export interface ShopifyShippingLine {
	id: number;
	code: string;
	title: string;
	price: string;
	discounted_price: string;
	source: string;
	tax_lines: ShopifyTaxLine[];
}

export interface ShopifyRefund {
	id: number;
	admin_graphql_api_id: string;
	order_id: number;
	created_at: string;
	processed_at: string;
	note: string | null;
	restock: boolean;
	user_id: number | null;
	refund_line_items: ShopifyRefundLineItem[];
	transactions: ShopifyTransaction[];
	order_adjustments: ShopifyOrderAdjustment[];
}

/** `subtotal` is after discounts, and includes tax if prices do. */
export interface ShopifyRefundLineItem {
	id: number;
	line_item_id: number;
	quantity: number;
	restock_type: 'return' | 'cancel' | 'no_restock';
	location_id: number | null;
	subtotal: number;
	total_tax: number;
	line_item: ShopifyLineItem;
}

export interface ShopifyTransaction {
	id: number;
	order_id: number;
	parent_id: number;
	kind: 'refund';
	gateway: string;
	status: 'success';
	message: string | null;
	amount: string;
	currency: StorefrontCurrency;
	created_at: string;
	test: boolean;
}

/** A refund of something other than goods; `amount` is negative, and so is its tax, which is added. */
export interface ShopifyOrderAdjustment {
	id: number;
	order_id: number;
	refund_id: number;
	amount: string;
	tax_amount: string;
	kind: 'shipping_refund' | 'refund_discrepancy';
	reason: string;
}
