import { mustBeComparable } from './comparable';
import type { Conversion } from './conversion';
import {
	describeState,
	isLocked,
	lockedSince,
	lockedUntil,
	statusOf,
	unknownStatus,
} from './lifecycle';
import { formatCents, type GivenAmount } from './money';
import { sharesOf } from './order';
import { alreadyAsWanted, needsAttention, type Circumstances, type Decision } from './outcome';
import {
	capitalize,
	describeAmount,
	describeConversion,
	describeOneOf,
	ruleAmong,
} from './reference';
import type { Write } from './write';

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
}

/** The amount that one conversion is compared with. */
interface Comparison {
	keptCents: number;
	toleranceCents: number;
	name: string;
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
 * | amount unknown or below 0, or 0.00 with 0.00 kept | any | a person |
 * | several rules | 0, or the sum or more | each as above |
 * | several rules, all pending | between | as `severalConversions` says; a person if a share is less than a cent |
 * | several rules, not all pending | between | a person, unless each is compared with the whole |
 *
 * An amount is never raised: a kept amount above the current one may include tax or shipping.
 *
 * @throws {UserError} for an amount in another currency, or one whose cents are not known
 */
export function decideReconcile(
	order: readonly Conversion[],
	reconcile: Reconcile,
	circumstances: Circumstances,
): Decision[] {
	const { kept, toleranceCents } = reconcile;
	for (const conversion of order) {
		mustBeComparable(kept, 'Order Amount After Returns', conversion);
	}
	const decideAll = (keptOf: (index: number) => number, tolerated = toleranceCents) =>
		order.map((conversion, index) => {
			const name = describeOneOf(conversion, order);
			const comparison = { keptCents: keptOf(index), toleranceCents: tolerated, name };
			return decideOne(conversion, comparison, reconcile, circumstances);
		});
	if (
		order.length === 1 ||
		kept.amountCents === 0 ||
		reconcile.severalConversions === 'eachWhole'
	) {
		return decideAll(() => kept.amountCents);
	}
	const amounts = order.map(({ amountCents }) => amountCents);
	const currencies = new Set(order.map(({ currency }) => currency));
	if (!amounts.every(canBeAdded) || currencies.size > 1) {
		return order.map(() => incomparable(order, circumstances));
	}
	const { shares: begun = [], severalConversions } = reconcile;
	// If one conversion cannot be lowered to its share, each run would lower the others again.
	const canReach = (shares: readonly number[]) =>
		order.every((one, index) => {
			const isPending = statusOf(one) === 'pending';
			if (one.amountCents === shares[index]) return isPending || one.status === 'accepted';
			return isPending && !isLocked(one, circumstances.nowMs) && shares[index] !== 0;
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
	const isFree = (one: Conversion) =>
		statusOf(one) === 'pending' && !isLocked(one, circumstances.nowMs);
	const canDivide = canReach(shares) && order.every(isFree);
	if (severalConversions === 'ask' || !canDivide || reconcile.isPartOnly === true) {
		const advice = canDivide ? howToDivide(severalConversions) : CANNOT_BE_DIVIDED;
		return order.map(() => askForDivision(order, kept.amountCents, sum, advice, circumstances));
	}
	return decideAll((index) => shares[index] ?? 0, 0);
}

function decideOne(
	conversion: Conversion,
	comparison: Comparison,
	{ kept, isSettled, reason }: Reconcile,
	circumstances: Circumstances,
): Decision {
	const { keptCents, toleranceCents, name } = comparison;
	const { amountCents, currency } = conversion;
	const status = statusOf(conversion);
	const keptText = formatCents(keptCents || kept.amountCents, currency);
	// 0.00 of 0.00 counts as kept in full, if something of the order was kept.
	const isNothing = keptCents === 0 && (kept.amountCents === 0 || amountCents !== 0);
	if (status === 'refused') {
		if (isNothing) return alreadyAsWanted(`${capitalize(name)} was already refused`, circumstances);
		return needsAttention(
			`${capitalize(name)} is refused in Affilae, but the customer kept ${keptText}`,
			`Somebody refused it, and Reconcile never overturns that. ${lockText(conversion, circumstances)}`,
		);
	}
	const problem = unknownStatus(conversion, name);
	if (problem !== undefined) return needsAttention(problem, 'Look at it in Affilae.');
	if (amountCents === undefined) {
		return needsAttention(
			`Affilae does not say the amount of ${name}, so it cannot be compared with the ${keptText} that the customer kept`,
			'Look at it in Affilae.',
		);
	}
	const amountText = formatCents(amountCents, currency);
	if (amountCents < 0) {
		return needsAttention(
			`${capitalize(name)} has an amount of ${amountText}, which is negative`,
			'Look at it in Affilae.',
		);
	}
	if (amountCents === 0 && isNothing) {
		return needsAttention(
			`${capitalize(name)} has an amount of ${amountText}, so a kept amount of ${keptText} does not tell whether it was returned`,
			'Look at the order, and accept or refuse the conversion yourself.',
		);
	}
	const isKept = !isNothing && keptCents >= amountCents - toleranceCents;
	const locked = isLocked(conversion, circumstances.nowMs);
	if (!isKept && locked) {
		return needsAttention(
			`${capitalize(name)} is ${status} at ${amountText}, but the customer kept ${keptText}`,
			`${lockedSince(conversion)}. Settle the difference with the affiliate.`,
		);
	}
	if (isNothing) {
		const message =
			status === 'accepted' ? 'It was accepted, but the customer kept nothing' : undefined;
		return decided([{ do: 'refuse', reason }], 'refused', message);
	}
	if (isKept) {
		const decision = keptInFull(conversion, name, isSettled, locked, circumstances);
		return keptCents > amountCents
			? withAbove(decision, [conversion], keptCents, amountCents)
			: decision;
	}
	if (status === 'accepted') {
		return needsAttention(
			`${capitalize(name)} is accepted at ${amountText}, but the customer kept ${keptText}`,
			`Affilae does not lower an accepted amount. ${lockedUntil(conversion)}; until then you can refuse it, or settle the difference with the affiliate.`,
		);
	}
	const lower: Write = { do: 'update', amountCents: keptCents, reason };
	const message = `The customer kept ${keptText} of ${amountText}`;
	return isSettled
		? decided([lower, { do: 'accept' }], 'accepted', message)
		: decided([lower], 'updated', `${message}; it stays pending until the return period has ended`);
}

function keptInFull(
	conversion: Conversion,
	name: string,
	isSettled: boolean,
	locked: boolean,
	circumstances: Circumstances,
): Decision {
	if (conversion.status === 'accepted')
		return alreadyAsWanted(`${capitalize(name)} was already accepted`, circumstances);
	if (locked) {
		return needsAttention(
			`${capitalize(name)} is pending, but it can no longer be changed`,
			`${lockedSince(conversion)}. Look at it in Affilae.`,
		);
	}
	return isSettled
		? decided([{ do: 'accept' }], 'accepted')
		: decided([], 'unchanged', 'It stays pending until the return period has ended');
}

/** Adds to the message that more was kept than the current amount. */
function withAbove(
	decision: Decision,
	order: readonly Conversion[],
	keptCents: number,
	currentCents: number,
): Decision {
	const currency = order[0]?.currency;
	const times = keptCents >= 2 * currentCents ? ', at least twice as much' : '';
	const above = `The customer kept ${formatCents(keptCents, currency)}, more than the current ${formatCents(currentCents, currency)} in Affilae${times}: does it include tax or shipping?`;
	const { message = '' } = decision;
	const told = message === '' || message.endsWith('.') ? message : `${message}.`;
	return { ...decision, message: `${told} ${above}`.trim(), above: { keptCents, currentCents } };
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

/** The order and its conversions, each with rule, amount, status and lock. */
function conversionsOf(order: readonly Conversion[], { nowMs }: Circumstances): string {
	const [first] = order;
	const name = first === undefined ? 'The order' : capitalize(describeConversion(first));
	const parts = order.map(
		(one) => `${ruleAmong(one, order)}: ${describeAmount(one)}, ${describeState(one, nowMs)}`,
	);
	return `${name} has ${order.length} conversions (${parts.join('; ')})`;
}

function lockText(conversion: Conversion, { nowMs }: Circumstances): string {
	return isLocked(conversion, nowMs)
		? `${lockedSince(conversion)}. Settle it with the affiliate.`
		: `${lockedUntil(conversion)}; until then you can accept it in Affilae.`;
}

function decided(writes: Write[], outcome: Decision['outcome'], message?: string): Decision {
	return { writes, outcome, ...(message === undefined ? {} : { message }) };
}

function canBeAdded(amount: number | undefined): amount is number {
	return amount !== undefined && amount >= 0;
}
