import { z } from 'zod';
import { externalIdOf, type OrderCase, orderCases } from '../../sandbox/orders';
import type { Execution } from './n8nClient';

/** What became of an order in the example. */
export type Decision =
	| 'accept'
	| 'refuse'
	| 'lower'
	| 'lower, accept'
	| 'nothing'
	| 'left out'
	| 'a person';

/** An order of the example, as far as it decides about conversions. */
export interface Order {
	orderId: string;
	currency: string;
	/** What the customer kept, without tax and shipping, in cents of the order's currency. */
	keptCents: number;
	/** What is due whatever its conversions are: nobody paid, or Shopify does not say enough. */
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
	/** What was said of it, if anything was. */
	message: string | undefined;
	before: readonly ConversionState[];
	after: readonly ConversionState[];
	/** What is not as the order asks, in words; absent if all is. */
	mismatch: string | undefined;
}

/** The whole run. */
export interface ReturnsReport {
	rows: readonly ReturnsRow[];
	/** Conversions that belong to none of the orders and changed all the same. */
	strays: readonly string[];
	/** How many orders each decision was made for. */
	counts: ReadonlyMap<Decision, number>;
	agrees: boolean;
}

/** The rows for which the workflow decided this, and what it said of each. */
export function rowsWith({ rows }: ReturnsReport, wanted: Decision): readonly ReturnsRow[] {
	return rows.filter(({ decision }) => decision === wanted);
}

/** How often each decision was made: `66 orders: 14 × lower, accept · 10 × accept`. */
export function countsIn({ rows, counts }: ReturnsReport): string {
	const texts = [...counts].map(([decision, count]) => `${count} × ${decision}`);
	return `${rows.length} orders: ${texts.join(' · ')}`;
}

/** Whether the sandbox is as the orders ask, in a sentence, and what is not, each in a line. */
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

/** How the conversions of the sandbox were when the run began and when it ended. */
export interface Run {
	execution: Execution;
	before: readonly ConversionState[];
	after: readonly ConversionState[];
	/** Whether it was a dry run, after which nothing may have changed. */
	isDryRun: boolean;
}

/** A kept amount that is lower by no more than this is kept in full: the node's own default. */
const TOLERANCE_CENTS = 5;

/** The orders of the example, as the invented shop knows them: the workflow works them out by itself. */
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

/** What an order asks for, given its conversions: the decision, and how they must be afterwards. */
export function expectationFor(
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
	// Nothing of the example is locked: what is accepted can still be refused.
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

/** Compares what the workflow did, and what it left behind, with what the orders ask for. */
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
					? `"${expected.decision}" was due, the workflow chose ${made.map(({ decision: name }) => `"${name}"`).join(' and ') || 'nothing at all'}`
					: describe(left) !== describe(due)
						? `${describe(due)} was due`
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

/** What comes to the node "Done". */
const done = z.object({
	externalId: z.string(),
	outcome: z.enum(['accepted', 'refused', 'updated', 'unchanged', 'notFound']),
	message: z.string().optional(),
});
/** What comes to the node "Left out". */
const leftOut = z.object({ orderId: z.string(), leftOut: z.string() });
/** What "A person decides" puts out. */
const forPerson = z.object({ orderId: z.string(), why: z.string() });

/** What the workflow decided for an order, and what was said of it. */
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
