import type { Conversion } from './conversion';
import { isLocked, lockedSince, lockedUntil, unknownStatus } from './lifecycle';
import { formatCents } from './money';
import { alreadyAsWanted, needsAttention, type Circumstances, type Decision } from './outcome';
import { capitalize } from './reference';
import type { Write } from './write';

/** What one conversion is compared with. Amounts are integer cents. */
export interface Comparison {
	/** Its part of what was kept, or all of it. */
	keptCents: number;
	/** What was kept of the whole order. */
	keptOfOrderCents: number;
	toleranceCents: number;
	/** The conversion as a message names it. */
	name: string;
	isSettled: boolean;
	/** On one line, and not empty. */
	reason: string;
}

/** Decides for one conversion from what the customer kept, as in the table of `decideReconcile`. */
export function decideOne(
	conversion: Conversion,
	comparison: Comparison,
	circumstances: Circumstances,
): Decision {
	const { keptCents, keptOfOrderCents, toleranceCents, name, isSettled, reason } = comparison;
	const { status, amountCents, currency } = conversion;
	const keptText = formatCents(keptCents || keptOfOrderCents, currency);
	// 0.00 of 0.00 counts as kept in full, if something of the order was kept.
	const isNothing = keptCents === 0 && (keptOfOrderCents === 0 || amountCents !== 0);
	// It may be refused, and Reconcile never overturns that.
	if (status === undefined) {
		return needsAttention(`Affilae does not say the status of ${name}`, 'Look at it in Affilae.');
	}
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
export function withAbove(
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

function lockText(conversion: Conversion, { nowMs }: Circumstances): string {
	return isLocked(conversion, nowMs)
		? `${lockedSince(conversion)}. Settle it with the affiliate.`
		: `${lockedUntil(conversion)}; until then you can accept it in Affilae.`;
}

function decided(writes: Write[], outcome: Decision['outcome'], message?: string): Decision {
	return { writes, outcome, ...(message === undefined ? {} : { message }) };
}
