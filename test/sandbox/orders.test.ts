/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { externalIdOf, type OrderGroup, orderCases } from '../../sandbox/orders';
import { programOf } from '../../sandbox/programs';
import { buildShop } from '../../sandbox/shop';
import type { ShopifyOrder } from '../../sandbox/shopifyOrder';
import { ConversionStore } from '../../sandbox/store';
import { NOW } from './opened';

const cases = orderCases();

/** A decimal text or a number with at most two decimals, in cents. */
function cents(money: string | number): number {
	const match = /^(-?)(\d+)\.(\d\d)$/.exec(typeof money === 'number' ? money.toFixed(2) : money);
	if (match === null) throw new Error(`Not money: ${money}`);
	return Number(`${match[1]}${match[2]}${match[3]}`);
}

/** The tax of the ordered goods, without delivery. */
function goodsTaxCents({ line_items }: ShopifyOrder): number {
	return sum(line_items.flatMap((line) => line.tax_lines.map(({ price }) => cents(price))));
}

function sum(amounts: number[]): number {
	return amounts.reduce((total, amount) => total + amount, 0);
}

describe('the orders of the invented shop', () => {
	it('are exactly the 66 of the example file', () => {
		const path = resolve(__dirname, '../../examples/shopify-returns/data/orders-from-shopify.json');
		const orders = cases.map(({ order }) => order);
		expect(readFileSync(path, 'utf8')).toBe(
			`${JSON.stringify([{ body: { orders } }], null, '\t')}\n`,
		);
		expect(orders).toHaveLength(66);
	});

	it('are in four groups and three currencies, some without a conversion, some with two', () => {
		const count = (group: OrderGroup) => cases.filter((one) => one.group === group).length;
		expect([count('untouched'), count('partlyRefunded')]).toEqual([20, 22]);
		expect([count('fullyRefunded'), count('cancelled')]).toEqual([13, 11]);
		expect(new Set(cases.map(({ order }) => order.currency))).toEqual(
			new Set(['EUR', 'GBP', 'USD']),
		);
		const tracked = (times: number) => cases.filter((one) => one.conversions.length === times);
		expect([tracked(0), tracked(1), tracked(2)].map((list) => list.length)).toEqual([10, 53, 3]);
		const severalRefunds = cases.filter(({ order }) => order.refunds.length > 1);
		expect(severalRefunds.length).toBeGreaterThanOrEqual(7);
	});

	it.each(cases.map((one) => [one.order.name, one] as const))('%s adds up', (_name, one) => {
		const { order } = one;
		const lineCents = (line: (typeof order.line_items)[number]) =>
			cents(line.price) * line.quantity -
			sum(line.discount_allocations.map(({ amount }) => cents(amount)));
		const backLines = order.refunds.flatMap((refund) => refund.refund_line_items);
		const backCents = sum(backLines.map(({ subtotal }) => cents(subtotal)));
		const backTaxCents = sum(backLines.map((line) => cents(line.total_tax)));
		const shippingCents = sum(order.shipping_lines.map(({ price }) => cents(price)));

		expect(cents(order.subtotal_price)).toBe(sum(order.line_items.map(lineCents)));
		const shippingTaxCents = sum(
			order.shipping_lines.flatMap((line) => line.tax_lines.map(({ price }) => cents(price))),
		);
		const taxCents = goodsTaxCents(order);
		const inPrices = (tax: number) => (order.taxes_included ? tax : 0);
		const onPrices = (tax: number) => (order.taxes_included ? 0 : tax);
		expect(cents(order.total_tax)).toBe(taxCents + shippingTaxCents);
		expect(sum(order.tax_lines.map(({ price }) => cents(price)))).toBe(cents(order.total_tax));
		expect(cents(order.subtotal_price) - inPrices(taxCents)).toBe(one.orderedCents);
		expect(cents(order.total_price)).toBe(
			cents(order.subtotal_price) + onPrices(taxCents) + shippingCents,
		);
		expect(cents(order.total_line_items_price) - cents(order.total_discounts)).toBe(
			cents(order.subtotal_price),
		);
		expect(cents(order.current_subtotal_price)).toBe(cents(order.subtotal_price) - backCents);
		const isPaidBack = order.financial_status === 'refunded' && order.cancelled_at === null;
		expect(
			isPaidBack ? 0 : cents(order.current_subtotal_price) - inPrices(taxCents - backTaxCents),
		).toBe(one.keptCents);
		const adjustments = order.refunds.flatMap(({ order_adjustments }) => order_adjustments);
		const isVoided = order.cancelled_at !== null && order.financial_status === 'voided';
		expect(cents(order.current_total_tax)).toBe(
			cents(order.total_tax) -
				backTaxCents +
				sum(adjustments.map(({ tax_amount }) => cents(tax_amount))) -
				(isVoided ? shippingTaxCents : 0),
		);

		for (const refund of order.refunds) {
			const adjustedCents = sum(
				refund.order_adjustments.map(
					({ amount, tax_amount }) => -cents(amount) - cents(tax_amount),
				),
			);
			const goodsCents = sum(
				refund.refund_line_items.map(
					(line) => cents(line.subtotal) + onPrices(cents(line.total_tax)),
				),
			);
			const paidCents = sum(refund.transactions.map(({ amount }) => cents(amount)));
			if (order.financial_status !== 'voided') {
				expect(paidCents).toBe(goodsCents + adjustedCents);
			} else {
				expect(refund.transactions).toEqual([]);
			}
			expect(Date.parse(refund.created_at)).toBeGreaterThan(Date.parse(order.created_at));
		}
		const paidBackCents = sum(
			order.refunds.flatMap(({ transactions }) => transactions.map(({ amount }) => cents(amount))),
		);
		if (order.financial_status !== 'voided') {
			expect(cents(order.current_total_price)).toBe(cents(order.total_price) - paidBackCents);
		}
		for (const line of order.line_items) {
			const returned = sum(
				backLines.filter((back) => back.line_item_id === line.id).map(({ quantity }) => quantity),
			);
			expect(line.current_quantity).toBe(line.quantity - returned);
		}
	});

	it.each(cases.map((one) => [one.order.name, one] as const))(
		'%s has the statuses that match what happened to it',
		(_name, { group, order, orderedCents, keptCents }) => {
			expect(orderedCents).toBeGreaterThan(0);
			expect(order.cancelled_at !== null).toBe(group === 'cancelled');
			expect(order.cancel_reason !== null).toBe(group === 'cancelled');
			switch (group) {
				case 'untouched':
					expect(['paid', 'pending', 'authorized', 'voided']).toContain(order.financial_status);
					expect(keptCents).toBe(orderedCents);
					break;
				case 'partlyRefunded':
					expect(order.financial_status).toBe('partially_refunded');
					expect(keptCents).toBeGreaterThan(0);
					break;
				case 'fullyRefunded':
					expect(['refunded', 'partially_refunded']).toContain(order.financial_status);
					expect(keptCents).toBe(0);
					break;
				case 'cancelled':
					expect(['refunded', 'voided']).toContain(order.financial_status);
					expect(keptCents).toBe(0);
					break;
			}
			expect(order.email.endsWith('@example.com')).toBe(true);
			expect(order.email).toMatch(/^[a-z.]+@/);
			expect(order.created_at).toMatch(/^2026-1[01]-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
		},
	);

	it('include tax in the prices of one half, some with two rates, and not in the other half', () => {
		const included = cases.filter(({ order }) => order.taxes_included);
		expect(included).toHaveLength(33);
		for (const group of ['untouched', 'partlyRefunded', 'fullyRefunded', 'cancelled'] as const) {
			expect(included.filter((one) => one.group === group).length).toBeGreaterThanOrEqual(3);
		}
		const partlyBack = included.filter(({ group }) => group === 'partlyRefunded');
		const ratesBack = partlyBack.flatMap(({ order }) =>
			order.refunds.flatMap(({ refund_line_items }) =>
				refund_line_items.flatMap(({ line_item }) => line_item.tax_lines.map(({ rate }) => rate)),
			),
		);
		expect(new Set(ratesBack)).toEqual(new Set([0.2, 0.055]));
		expect(included.some(({ order }) => cents(order.total_tax) > goodsTaxCents(order))).toBe(true);
	});

	it('include three unpaid ones, one test, and two refunded as one sum', () => {
		const untouched = cases.filter(({ group }) => group === 'untouched');
		expect(
			untouched
				.map(({ order }) => order.financial_status)
				.filter((one) => one !== 'paid')
				.sort(),
		).toEqual(['authorized', 'pending', 'voided']);
		expect(cases.filter(({ order }) => order.test)).toHaveLength(1);
		const bySum = cases.filter(({ order }) =>
			order.refunds.some(({ order_adjustments }) =>
				order_adjustments.some(({ kind }) => kind === 'refund_discrepancy'),
			),
		);
		expect(bySum.map(({ group }) => group).sort()).toEqual(['fullyRefunded', 'partlyRefunded']);
	});

	it('include refunds that leave the goods with the customer', () => {
		const goodsKept = cases.filter(
			({ order, orderedCents, keptCents }) =>
				order.refunds.length > 0 && keptCents === orderedCents,
		);
		expect(goodsKept).toHaveLength(2);
	});

	it('have the conversions of their case, for every seed', () => {
		for (const seed of [1, 2]) {
			const shop = buildShop({ seed, conversions: 400, now: NOW });
			const store = new ConversionStore(shop.conversions, () => NOW);
			for (const { order, conversions } of shop.orderCases) {
				const found = store.byExternalId(externalIdOf(order));
				expect(
					found.map(({ program, currency, amount, status, customerId }) => [
						program.id,
						currency,
						amount,
						status,
						customerId,
					]),
				).toEqual(
					conversions.map(({ currency, amountCents, status }) => [
						programOf(currency).id,
						currency,
						amountCents,
						status,
						String(order.customer.id),
					]),
				);
			}
		}
	});

	it('were tracked with the ordered goods, without tax and delivery', () => {
		for (const { order, conversions } of cases) {
			const [first] = conversions;
			if (first === undefined) continue;
			expect(first.currency).toBe(order.currency);
			expect(first.trackedCents).toBe(
				cents(order.subtotal_price) - (order.taxes_included ? goodsTaxCents(order) : 0),
			);
		}
	});

	it('are pending except for six: three decided rightly, three wrongly', () => {
		const decided = cases.flatMap(({ keptCents, orderedCents, conversions }) =>
			conversions
				.filter(({ status }) => status !== 'pending')
				.map(({ status, amountCents }) => {
					const isRight =
						status === 'refused' ? keptCents === 0 : keptCents > 0 && amountCents === keptCents;
					return { isRight, share: keptCents / orderedCents };
				}),
		);
		expect(decided).toHaveLength(6);
		expect(decided.filter(({ isRight }) => isRight)).toHaveLength(3);
	});
});
