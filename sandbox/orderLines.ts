import { DateTime } from 'luxon';
import { MARKETS, PRODUCTS, type StorefrontCurrency } from './catalog';
import { pick, randomInteger, type Random, shuffled } from './random';
import type { ShopifyLineItem } from './shopifyOrder';

/** `1999` as `"19.99"`. */
export function decimal(cents: number): string {
	const digits = String(Math.abs(cents)).padStart(3, '0');
	return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** A time as Shopify writes it: whole seconds, with the shop's offset. */
export function instant(atMs: number, zone: string): string {
	const text = DateTime.fromMillis(atMs - (atMs % 1000), { zone }).toISO({
		suppressMilliseconds: true,
	});
	if (text === null) throw new RangeError(`No instant: ${atMs} in ${zone}`);
	return text;
}

/** One line of an order under construction, with what was returned so far. In cents. */
export interface Line {
	item: ShopifyLineItem;
	quantity: number;
	/** After discounts; includes tax if prices do. */
	subtotalCents: number;
	taxCents: number;
	returned: number;
}

/** The tax on top of an amount, or included in it; `rate` is a fraction. */
export function taxCentsOf(cents: number, rate: number, taxesIncluded: boolean): number {
	return Math.round(taxesIncluded ? (cents * rate) / (1 + rate) : cents * rate);
}

export function makeLines(
	random: Random,
	currency: StorefrontCurrency,
	orderIndex: number,
	units: number,
	taxesIncluded: boolean,
): Line[] {
	const market = MARKETS[currency];
	const discountPercent = pick(random, [0, 0, 0, 10, 15]);
	const lines: Line[] = [];
	let madeUnits = 0;
	for (const product of shuffled(random, PRODUCTS)) {
		if (madeUnits >= units && (lines.length >= 4 || random() < 0.45)) break;
		const variant = pick(random, product.variants);
		const quantity = randomInteger(random, 1, product[currency] < 3000 ? 4 : 2);
		const grossCents = product[currency] * quantity;
		const discountCents = Math.round((grossCents * discountPercent) / 100);
		const subtotalCents = grossCents - discountCents;
		const rate = product.isFood === true ? market.foodTax : market.tax;
		const taxCents = taxCentsOf(subtotalCents, rate, taxesIncluded);
		const productIndex = PRODUCTS.indexOf(product);
		const variantIndex = product.variants.indexOf(variant);
		lines.push({
			quantity,
			subtotalCents,
			taxCents,
			returned: 0,
			item: {
				id: 15_400_000_000_000 + orderIndex * 10_000 + lines.length * 137,
				product_id: 8_100_000_000_000 + productIndex * 1000,
				variant_id: 45_200_000_000_000 + productIndex * 1000 + variantIndex,
				sku: `${product.sku}-${variantIndex + 1}`,
				title: product.title,
				variant_title: variant,
				name: `${product.title} - ${variant}`,
				vendor: 'Halden & Fig',
				quantity,
				current_quantity: quantity,
				price: decimal(product[currency]),
				total_discount: '0.00',
				discount_allocations:
					discountCents === 0
						? []
						: [{ amount: decimal(discountCents), discount_application_index: 0 }],
				fulfillment_status: null,
				requires_shipping: true,
				taxable: true,
				gift_card: false,
				tax_lines: [{ title: market.taxTitle, price: decimal(taxCents), rate }],
			},
		});
		madeUnits += quantity;
	}
	return lines;
}

/** Splits the units into `count` groups, none of them empty. */
export function heaps(random: Random, units: readonly Line[], count: number): Line[][] {
	const made: Line[][] = Array.from({ length: count }, () => []);
	units.forEach((unit, index) => {
		made[index < count ? index : randomInteger(random, 0, count - 1)]?.push(unit);
	});
	return made;
}

/** The amount of `returned` more units of a line, so that all units together add up to the line's amount. */
export function portion(totalCents: number, line: Line, returned: number): number {
	const upTo = (units: number) => Math.round((totalCents * units) / line.quantity);
	return upTo(line.returned + returned) - upTo(line.returned);
}
