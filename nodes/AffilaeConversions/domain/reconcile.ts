import { mustBeComparable } from './comparable';
import type { Conversion } from './conversion';
import { describeState, isLocked } from './lifecycle';
import { formatCents, type GivenAmount } from './money';
import { sharesOf } from './order';
import { needsAttention, type Circumstances, type Decision } from './outcome';
import { decideOne, withAbove } from './reconcileOne';
import {
	capitalize,
	describeAmount,
	describeConversion,
	describeOneOf,
	ruleAmong,
} from './reference';

/** Shops send unrounded parts, so a cent more or less is normal (API page: What an order is, run). */
export const DEFAULT_TOLERANCE_CENTS = 5;

/** What the customer kept of an order, to be compared with its conversions. */
export interface Reconcile {
	to: 'reconcile';
	/** Net of tax, as Affilae tracks it. */
	kept: GivenAmount;
	/** Whether the return period has ended: what is kept now stays kept. */
	isSettled: boolean;
	/** Integer cents: a kept amount lower by no more than this counts as kept in full. */
	toleranceCents: number;
	/** What to do if an order has several conversions and a part of it was kept. */
	severalConversions: 'ask' | 'proportionally' | 'eachWhole';
	/** On one line, and not empty. */
	reason: string;
	/** The shares in integer cents, if an earlier try of this execution began to divide the kept amount. */
	shares?: readonly number[];
	/** Whether the items of this run name only some conversions of the order, by their IDs. */
	isPartOnly?: boolean;
	/** Other conversions of the order and its only commission rule: only one of them can be the right one. */
	rivals?: readonly Conversion[];
}

/**
 * Decides from what the customer kept:
 *
 * | conversions | kept | does |
 * | --- | --- | --- |
 * | pending | 0 | refuse |
 * | pending | less than the amount by more than the tolerance | lower, then accept if settled |
 * | pending | the amount, or more | accept if settled, else nothing |
 * | accepted, not locked | 0 | refuse |
 * | accepted, not locked | less | a person: an accepted amount cannot be lowered |
 * | accepted | the amount, or more | nothing |
 * | accepted, locked | less, or 0 | a person: settle it with the affiliate |
 * | refused | 0 | nothing |
 * | refused | more | a person: never overturned |
 * | status unknown | any | a person: it may be refused |
 * | amount unknown or below 0, or 0.00 with 0.00 kept | any | a person |
 * | another one of the same rule is accepted | more than 0 | a person: the order would be paid twice |
 * | several rules | 0, or the sum or more | each as above |
 * | several rules, all pending | between | as `severalConversions` says; a person if a share is less than a cent |
 * | several rules, not all pending | between | a person, unless each is compared with the whole |
 * | several rules, in several currencies | more than 0 | a person |
 *
 * An amount is never raised: a kept amount above the current one may include tax or shipping.
 *
 * @throws {UserError} for an amount in another currency, or in a currency that is not known to be the right one,
 * or whose cents are not known
 */
export function decideReconcile(
	order: readonly Conversion[],
	reconcile: Reconcile,
	circumstances: Circumstances,
): Decision[] {
	const { kept, toleranceCents, isSettled, reason, rivals = [] } = reconcile;
	for (const conversion of order) {
		mustBeComparable(kept, 'Order Amount After Returns', conversion);
	}
	const acceptedRival = rivals.find(({ status }) => status === 'accepted');
	if (acceptedRival !== undefined && kept.amountCents > 0) {
		return order.map((conversion) => paidAlready(conversion, acceptedRival));
	}
	const decideAll = (keptOf: (index: number) => number, tolerated = toleranceCents) =>
		order.map((conversion, index) => {
			const comparison = {
				keptCents: keptOf(index),
				keptOfOrderCents: kept.amountCents,
				toleranceCents: tolerated,
				name: describeOneOf(conversion, order),
				isSettled,
				reason,
			};
			return decideOne(conversion, comparison, circumstancesOf(conversion, circumstances));
		});
	if (order.length === 1 || kept.amountCents === 0) return decideAll(() => kept.amountCents);
	const { shares: begun = [], severalConversions } = reconcile;
	if (new Set(order.map(({ currency }) => currency)).size > 1) {
		return order.map(() => incomparable(order, circumstances));
	}
	if (severalConversions === 'eachWhole') return decideAll(() => kept.amountCents);
	const amounts = order.map(({ amountCents }) => amountCents);
	if (!amounts.every(canBeAdded)) return order.map(() => incomparable(order, circumstances));
	const isFree = (one: Conversion) =>
		one.status === 'pending' && !isLocked(one, circumstances.nowMs);
	// If one conversion cannot be lowered to its share, each run would lower the others again.
	const canReach = (shares: readonly number[]) =>
		order.every((one, index) => {
			const [amount = 0, share = 0] = [amounts[index], shares[index]];
			if (amount === share) return one.status === 'pending' || one.status === 'accepted';
			return isFree(one) && share !== 0 && share < amount;
		});
	const isBegun = begun.reduce((total, share) => total + share, 0) === kept.amountCents;
	if (severalConversions === 'proportionally' && isBegun && canReach(begun)) {
		return decideAll((index) => begun[index] ?? 0, 0);
	}
	const sum = amounts.reduce((total, amount) => total + amount, 0);
	if (kept.amountCents >= sum - toleranceCents) {
		const decisions = decideAll((index) => amounts[index] ?? 0);
		return kept.amountCents > sum
			? decisions.map((decision) => withAbove(decision, order, kept.amountCents, sum))
			: decisions;
	}
	const shares = sharesOf(amounts, kept.amountCents);
	// Whether a share is already reached may depend on who gets the last cent, so each must be free to change.
	const canDivide = canReach(shares) && order.every(isFree);
	if (severalConversions === 'ask' || !canDivide || reconcile.isPartOnly === true) {
		const advice = canDivide ? howToDivide(severalConversions) : CANNOT_BE_DIVIDED;
		return order.map(() => askForDivision(order, kept.amountCents, sum, advice, circumstances));
	}
	return decideAll((index) => shares[index] ?? 0, 0);
}

/** If Already Processed is about the conversions that the item names, not about the others of the order. */
function circumstancesOf({ id }: Conversion, circumstances: Circumstances): Circumstances {
	return circumstances.comparedOnly?.includes(id) === true
		? { ...circumstances, ifAlreadyProcessed: 'succeed' }
		: circumstances;
}

const CANNOT_BE_DIVIDED =
	'Not all of them can be lowered. Look at them in Affilae, or settle the difference with the affiliate.';

function howToDivide(severalConversions: Reconcile['severalConversions']): string {
	return severalConversions === 'ask'
		? "Lower the right one with Update and 'Commission Rule', or choose in 'Several Conversions' how to divide the amount."
		: 'Use the order ID, so that the node can divide the amount: the items name only some conversions of the order.';
}

function askForDivision(
	order: readonly Conversion[],
	keptCents: number,
	sum: number,
	advice: string,
	circumstances: Circumstances,
): Decision {
	const currency = order[0]?.currency;
	return needsAttention(
		`${conversionsOf(order, circumstances)}, and the customer kept ${formatCents(keptCents, currency)} of ${formatCents(sum, currency)}`,
		advice,
	);
}

function incomparable(order: readonly Conversion[], circumstances: Circumstances): Decision {
	return needsAttention(
		`${conversionsOf(order, circumstances)}, and their amounts cannot be added up`,
		'Look at them in Affilae.',
	);
}

function paidAlready(conversion: Conversion, { id }: Conversion): Decision {
	return needsAttention(
		`${capitalize(describeConversion(conversion))} has several conversions of one commission rule, and conversion ${id} of the same rule is already accepted`,
		'One of them may be a duplicate. Look at them in Affilae, and refuse the wrong one.',
	);
}

/** The order and its conversions, each with rule, amount, status and lock. */
function conversionsOf(order: readonly Conversion[], { nowMs }: Circumstances): string {
	const [first] = order;
	const name = first === undefined ? 'The order' : capitalize(describeConversion(first));
	const parts = order.map(
		(one) => `${ruleAmong(one, order)}: ${describeAmount(one)}, ${describeState(one, nowMs)}`,
	);
	return `${name} has ${order.length} conversions (${parts.join('; ')})`;
}

function canBeAdded(amount: number | undefined): amount is number {
	return amount !== undefined && amount >= 0;
}
