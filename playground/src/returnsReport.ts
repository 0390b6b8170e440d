/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import Table from 'cli-table3';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import colours from 'picocolors';
import { z } from 'zod';
import { folderOf, MAIN_EXAMPLE } from './exampleWorkflows';
import type { Execution } from './n8nClient';

/** What became of an order in the example. */
export type Decision = 'accept' | 'refuse' | 'lower' | 'lower, accept' | 'nothing' | 'a person';

const orderSchema = z.object({
	order_number: z.number().int(),
	currency: z.string(),
	current_subtotal_price: z.string().regex(/^\d+\.\d\d$/),
	cancelled_at: z.string().nullable(),
});

/** An order of the example, as far as it decides about conversions. */
export interface Order {
	orderId: string;
	currency: string;
	/** What the customer kept, in cents of the order's currency. */
	keptCents: number;
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
	/** What the workflow did; absent when the order appears nowhere, or in several places. */
	decision: Decision | undefined;
	/** What the node said of it, where it said something. */
	message: string | undefined;
	before: readonly ConversionState[];
	after: readonly ConversionState[];
	/** What is not as the order asks, in words; absent when all is. */
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

/** The node of the example that decides. */
const NODE = 'Reconcile';

/**
 * Reads the orders of the example.
 *
 * @throws {ZodError} when the file holds anything else.
 */
export async function readOrders(): Promise<Order[]> {
	const file = path.join(folderOf(MAIN_EXAMPLE), 'data', 'orders-from-shopify.json');
	const content: unknown = JSON.parse(await readFile(file, 'utf8'));
	return z
		.array(orderSchema)
		.parse(content)
		.map((order) => ({
			orderId: String(order.order_number),
			currency: order.currency,
			keptCents:
				order.cancelled_at === null ? Number(order.current_subtotal_price.replace('.', '')) : 0,
		}));
}

/** What an order asks for, given its conversions: the decision, and how they must be afterwards. */
export function expectationFor(
	{ currency, keptCents }: Order,
	before: readonly ConversionState[],
): { decision: Decision; after: readonly ConversionState[] } {
	const [conversion, second] = before;
	if (conversion === undefined) return { decision: 'nothing', after: before };
	if (second !== undefined || conversion.currency !== currency) {
		return { decision: 'a person', after: before };
	}
	const { status, amountCents } = conversion;
	if (status !== 'pending') {
		const inLine =
			status === 'refused' ? keptCents === 0 : keptCents > 0 && amountCents <= keptCents;
		return { decision: inLine ? 'nothing' : 'a person', after: before };
	}
	if (keptCents === 0) {
		return { decision: 'refuse', after: [{ ...conversion, status: 'refused' }] };
	}
	return {
		decision: keptCents < amountCents ? 'lower, accept' : 'accept',
		after: [{ ...conversion, status: 'accepted', amountCents: Math.min(keptCents, amountCents) }],
	};
}

/** Compares what the workflow did, and what it left behind, with what the orders ask for. */
export function reportOn(
	orders: readonly Order[],
	execution: Execution,
	before: readonly ConversionState[],
	after: readonly ConversionState[],
): ReturnsReport {
	const decisions = decisionsIn(execution);
	const rows = orders.map((order): ReturnsRow => {
		const own = ({ externalId }: ConversionState): boolean => externalId === order.orderId;
		const expected = expectationFor(order, before.filter(own));
		const made = decisions.get(order.orderId) ?? [];
		const { decision, message } = (made.length === 1 ? made[0] : undefined) ?? {};
		const left = after.filter(own);
		return {
			order,
			decision,
			message,
			before: before.filter(own),
			after: left,
			mismatch:
				decision !== expected.decision
					? `"${expected.decision}" was due, the workflow chose ${made.map(({ decision: name }) => `"${name}"`).join(' and ') || 'nothing at all'}`
					: describe(left) !== describe(expected.after)
						? `${describe(expected.after)} was due`
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

/** The report as a table, one row an order, for a terminal. */
export function tableOf({ rows }: ReturnsReport): string {
	const table = new Table({
		head: ['order', '', 'kept', 'decision', 'conversion before', 'conversion after', ''].map(
			(title) => colours.bold(title),
		),
		colAligns: ['right', 'left', 'right', 'left', 'left', 'left', 'left'],
		style: { head: [], border: [], compact: true },
	});
	for (const { order, decision, before, after, mismatch } of rows) {
		table.push([
			order.orderId,
			order.currency,
			money(order.keptCents),
			decision ?? '?',
			describe(before, '\n'),
			describe(after, '\n'),
			mismatch === undefined ? colours.green('✓') : colours.red(`✗ ${mismatch}`),
		]);
	}
	return table.toString();
}

/** What the node put out for an order that it could handle. */
const handled = z.object({
	externalId: z.string(),
	outcome: z.enum(['accepted', 'refused', 'updated', 'unchanged', 'needsAttention']),
	message: z.string().optional(),
});
/** n8n adds to what failed the input that it failed for. */
const notHandled = z.object({ order_number: z.number(), error: z.string() });

/** What the node decided for an order, and what it said of it. */
interface Made {
	decision: Decision;
	message: string | undefined;
}

function decisionsIn(execution: Execution): Map<string, Made[]> {
	const decisions = new Map<string, Made[]>();
	const note = (orderId: string, made: Made) =>
		decisions.set(orderId, [...(decisions.get(orderId) ?? []), made]);
	for (const item of z.array(handled).parse(execution.items(NODE))) {
		note(item.externalId, { decision: decisionOf(item), message: item.message });
	}
	for (const { order_number, error } of z.array(notHandled).parse(execution.items(NODE, 1))) {
		note(String(order_number), { decision: 'a person', message: error });
	}
	return decisions;
}

function decisionOf({ outcome, message = '' }: z.infer<typeof handled>): Decision {
	if (outcome === 'accepted')
		return /^The customer kept .* of /.test(message) ? 'lower, accept' : 'accept';
	return DECISION_OF[outcome];
}

const DECISION_OF = {
	refused: 'refuse',
	updated: 'lower',
	unchanged: 'nothing',
	needsAttention: 'a person',
} as const;

function describe(conversions: readonly ConversionState[], between = ', '): string {
	return (
		conversions
			.map(({ status, amountCents, currency }) => `${status} ${money(amountCents)} ${currency}`)
			.join(between) || 'none'
	);
}

function money(cents: number): string {
	return (cents / 100).toFixed(2);
}
