import { z } from 'zod';
import { externalIdOf, type OrderCase, orderCases } from '../../sandbox/orders';
import type { Execution } from './n8nClient';

/** What the example decided for an order. */
export type Decision =
	| 'accept'
	| 'refuse'
	| 'lower'
	| 'lower, accept'
	| 'nothing'
	| 'left out'
	| 'a person';

/** An order of the example, with what matters for its conversions. */
export interface Order {
	orderId: string;
	currency: string;
	/** What the customer kept, without tax and shipping, in cents of the order's currency. */
	keptCents: number;
	/** The right decision whatever its conversions are: nobody paid, or Shopify does not say enough. */
	due: 'left out' | 'a person' | undefined;
}

/** A conversion at one moment. */
export interface ConversionState {
	id: string;
	externalId: string;
	currency: string;
	status: 'pending' | 'accepted' | 'refused';
	amountCents: number;
}

/** One order: what the workflow did, and what its conversions were before and after. */
export interface ReturnsRow {
	order: Order;
	/** What the workflow did; absent if the order appears nowhere, or in several places. */
	decision: Decision | undefined;
	/** The workflow's message about it, if there is one. */
	message: string | undefined;
	before: readonly ConversionState[];
	after: readonly ConversionState[];
	/** What does not match the order, in words; absent if everything does. */
	mismatch: string | undefined;
}

/** The whole run. */
export interface ReturnsReport {
	rows: readonly ReturnsRow[];
	/** Order IDs of conversions that changed although they belong to none of the orders. */
	strays: readonly string[];
	/** How many orders each decision was made for. */
	counts: ReadonlyMap<Decision, number>;
	agrees: boolean;
}

/** The rows with this decision. */
export function rowsWith({ rows }: ReturnsReport, wanted: Decision): readonly ReturnsRow[] {
	return rows.filter(({ decision }) => decision === wanted);
}

/** How often each decision was made: `66 orders: 14 × lower, accept · 10 × accept`. */
export function countsIn({ rows, counts }: ReturnsReport): string {
	const texts = [...counts].map(([decision, count]) => `${count} × ${decision}`);
	return `${rows.length} orders: ${texts.join(' · ')}`;
}

/** Whether the sandbox matches the orders, in a sentence, after a line for each difference. */
export function verdictOn({ rows, strays, agrees }: ReturnsReport): string[] {
	if (agrees) return ['Every row matches the sandbox, and nothing else changed there.'];
	return [
		...rows.flatMap(({ order, mismatch }) =>
			mismatch === undefined ? [] : [`Order ${order.orderId}: ${mismatch}`],
		),
		...strays.map((id) => `Order ${id} is not one of these orders, but its conversion changed`),
		'The sandbox does not match the orders. See the lines above.',
	];
}

/** A run, with the sandbox's conversions before and after it. */
export interface Run {
	execution: Execution;
	before: readonly ConversionState[];
	after: readonly ConversionState[];
	/** Whether it was a dry run, after which nothing may have changed. */
	isDryRun: boolean;
}

/** A kept amount that is lower by no more than this counts as kept in full: the node's own default. */
const TOLERANCE_CENTS = 5;

/** The orders of the example with the invented shop's own figures, which the workflow must calculate itself. */
export function readOrders(): Order[] {
	return orderCases().map((one) => ({
		orderId: externalIdOf(one.order),
		currency: one.order.currency,
		keptCents: one.keptCents,
		due: dueFor(one),
	}));
}

function dueFor({ order, group }: OrderCase): Order['due'] {
	const { financial_status: state } = order;
	if (order.test) return 'left out';
	if (group === 'cancelled') return undefined;
	if (state === 'pending' || state === 'authorized' || state === 'voided') return 'left out';
	const isPaidBackBySum = order.refunds.some(({ order_adjustments }) =>
		order_adjustments.some(({ kind }) => kind === 'refund_discrepancy'),
	);
	return isPaidBackBySum && state !== 'refunded' ? 'a person' : undefined;
}

/** The right decision for an order with these conversions, and how they must be afterwards. */
function expectationFor(
	{ currency, keptCents, due }: Order,
	before: readonly ConversionState[],
): { decision: Decision; after: readonly ConversionState[] } {
	if (due !== undefined) return { decision: due, after: before };
	const [conversion, second] = before;
	if (conversion === undefined) return { decision: 'nothing', after: before };
	if (second !== undefined || conversion.currency !== currency) {
		return { decision: 'a person', after: before };
	}
	const { status, amountCents } = conversion;
	if (status === 'refused') {
		return { decision: keptCents === 0 ? 'nothing' : 'a person', after: before };
	}
	// No conversion of the example is locked: accepted ones can still be refused.
	if (keptCents === 0) {
		return { decision: 'refuse', after: [{ ...conversion, status: 'refused' }] };
	}
	const isKept = keptCents >= amountCents - TOLERANCE_CENTS;
	if (status === 'accepted') return { decision: isKept ? 'nothing' : 'a person', after: before };
	return {
		decision: isKept ? 'accept' : 'lower, accept',
		after: [{ ...conversion, status: 'accepted', amountCents: isKept ? amountCents : keptCents }],
	};
}

/** Compares the workflow's decisions, and the conversions afterwards, with what is right for the orders. */
export function reportOn(
	orders: readonly Order[],
	{ execution, before, after, isDryRun }: Run,
): ReturnsReport {
	const decisions = decisionsIn(execution);
	const rows = orders.map((order): ReturnsRow => {
		const own = ({ externalId }: ConversionState): boolean => externalId === order.orderId;
		const expected = expectationFor(order, before.filter(own));
		const made = decisions.get(order.orderId) ?? [];
		const { decision, message } = (made.length === 1 ? made[0] : undefined) ?? {};
		const left = after.filter(own);
		const due = isDryRun ? before.filter(own) : expected.after;
		return {
			order,
			decision,
			message,
			before: before.filter(own),
			after: left,
			mismatch:
				decision !== expected.decision
					? `"${expected.decision}" was expected, but the workflow chose ${made.map(({ decision: name }) => `"${name}"`).join(' and ') || 'nothing'}`
					: describe(left) !== describe(due)
						? `${describe(due)} was expected`
						: undefined,
		};
	});
	const orderIds = new Set(orders.map(({ orderId }) => orderId));
	const earlier = new Map(before.map((conversion) => [conversion.id, describe([conversion])]));
	const strays = after
		.filter(({ externalId }) => !orderIds.has(externalId))
		.filter((conversion) => earlier.get(conversion.id) !== describe([conversion]))
		.map(({ externalId }) => externalId);
	const counts = new Map<Decision, number>();
	for (const { decision } of rows) {
		if (decision !== undefined) counts.set(decision, (counts.get(decision) ?? 0) + 1);
	}
	return {
		rows,
		strays,
		counts,
		agrees: strays.length === 0 && rows.every(({ mismatch }) => mismatch === undefined),
	};
}

/** The items of the node "Done". */
const done = z.object({
	externalId: z.string(),
	outcome: z.enum(['accepted', 'refused', 'updated', 'unchanged', 'notFound']),
	message: z.string().optional(),
});
/** The items of the node "Left out". */
const leftOut = z.object({ orderId: z.string(), leftOut: z.string() });
/** The items of the node "A person decides". */
const forPerson = z.object({ orderId: z.string(), why: z.string() });

/** The workflow's decision for an order, and its message. */
interface Made {
	decision: Decision;
	message: string | undefined;
}

function decisionsIn(execution: Execution): Map<string, Made[]> {
	const decisions = new Map<string, Made[]>();
	const note = (orderId: string, made: Made) =>
		decisions.set(orderId, [...(decisions.get(orderId) ?? []), made]);
	for (const item of z.array(done).parse(execution.items('Done'))) {
		note(item.externalId, { decision: decisionOf(item), message: item.message });
	}
	for (const item of z.array(leftOut).parse(execution.items('Left out'))) {
		note(item.orderId, { decision: 'left out', message: item.leftOut });
	}
	for (const { orderId, why } of z.array(forPerson).parse(execution.items('A person decides'))) {
		note(orderId, { decision: 'a person', message: why });
	}
	return decisions;
}

function decisionOf({ outcome, message = '' }: z.infer<typeof done>): Decision {
	if (outcome === 'accepted')
		return /^The customer kept .* of /.test(message) ? 'lower, accept' : 'accept';
	return DECISION_OF[outcome];
}

const DECISION_OF = {
	refused: 'refuse',
	updated: 'lower',
	unchanged: 'nothing',
	notFound: 'nothing',
} as const;

/** Conversions in words: `pending 301.65 GBP`. */
export function describe(conversions: readonly ConversionState[], between = ', '): string {
	return (
		conversions
			.map(({ status, amountCents, currency }) => `${status} ${money(amountCents)} ${currency}`)
			.join(between) || 'none'
	);
}

/** An amount in currency units: `301.65`. */
export function money(cents: number): string {
	return (cents / 100).toFixed(2);
}
