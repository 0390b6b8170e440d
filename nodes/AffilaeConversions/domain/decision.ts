import type { Conversion } from './conversion';
import { formatCents, type GivenAmount } from './money';
import { UserError } from './userError';
import { STATUS_AFTER, type Step } from './step';

/** What an operator wants of one conversion. Reasons are trimmed and not empty. */
export type Wish =
	| { to: 'accept' }
	| { to: 'refuse'; reason: string }
	| { to: 'update'; amount: GivenAmount; reason: string }
	| {
			to: 'reconcile';
			/** What the customer kept of the order. */
			kept: GivenAmount;
			/** Whether the return window is over: what is kept now stays kept. */
			isSettled: boolean;
			/** Left out where none was given: it is asked for only where one must be sent. */
			reason?: string;
	  };

/** What a wish comes to. `needsAttention`: nothing can be sent, a person must act. */
export type Outcome = 'accepted' | 'refused' | 'updated' | 'unchanged' | 'needsAttention';

/** What follows from a wish for a conversion as it is. */
export interface Decision {
	/** What to send, in this order; nothing where the conversion is as wished, or a person must act. */
	steps: readonly Step[];
	/** What it has come to once the steps are done. */
	outcome: Outcome;
	/** What is worth telling the operator. */
	message?: string;
}

/** Whether a conversion that is already as wished counts as done (`succeed`) or not (`fail`). */
export type IfAlreadyProcessed = 'succeed' | 'fail';

/**
 * Decides what to send for a wish, so that the same wish made twice is sent once.
 * Affilae changes pending conversions alone, and only lowers amounts (API page: doc).
 *
 * @throws {UserError} where the wish contradicts what the conversion already is
 */
export function decide(
	conversion: Conversion,
	wish: Wish,
	ifAlreadyProcessed: IfAlreadyProcessed,
): Decision {
	if (wish.to === 'reconcile') return reconcile(conversion, wish, ifAlreadyProcessed);
	const alreadySo =
		wish.to === 'update' ? checkUpdate(conversion, wish.amount) : checkStatus(conversion, wish.to);
	return alreadySo === undefined ? asWished(wish) : nothingToDo(alreadySo, ifAlreadyProcessed);
}

/** What a wish comes to where the conversion is not known: Affilae itself then judges it. */
export function asWished(wish: Exclude<Wish, { to: 'reconcile' }>): Decision {
	if (wish.to === 'accept') return { steps: [{ do: 'accept' }], outcome: 'accepted' };
	const { reason } = wish;
	if (wish.to === 'refuse') return { steps: [{ do: 'refuse', reason }], outcome: 'refused' };
	const { amountCents } = wish.amount;
	return { steps: [{ do: 'update', amountCents, reason }], outcome: 'updated' };
}

/**
 * From how much of an order the customer kept to what Affilae is told:
 *
 * | conversion | kept | does |
 * | --- | --- | --- |
 * | pending | 0 | refuse, with the reason |
 * | pending | less than the amount | update to the kept amount, then accept if settled |
 * | pending | the amount or more | accept if settled, else nothing |
 * | accepted or refused, and agrees | any | nothing |
 * | accepted or refused, and disagrees | any | nothing can be sent: a person must act |
 *
 * Accepted agrees with the amount or more, refused with 0. An amount above the one that Affilae
 * tracked is never an upward change: it may hold tax or shipping that was not tracked.
 */
function reconcile(
	conversion: Conversion,
	{ kept, isSettled, reason }: Extract<Wish, { to: 'reconcile' }>,
	ifAlreadyProcessed: IfAlreadyProcessed,
): Decision {
	mustShareCurrency('The kept amount', kept, conversion);
	const { id, status = 'pending', amountCents, currency } = conversion;
	const keptCents = kept.amountCents;
	const keptText = formatCents(keptCents, currency);

	if (status === 'accepted' || status === 'refused') {
		if (status === 'refused' ? keptCents === 0 : keptCents >= (amountCents ?? Infinity)) {
			return nothingToDo(alreadyIs(conversion), ifAlreadyProcessed);
		}
		const asIs = [status, ...(status === 'accepted' ? amountOf(conversion) : [])].join(' at ');
		return needsAttention(
			`Conversion ${id} is already ${asIs}, but the customer kept ${keptText}`,
			'Affilae changes pending conversions only: ask its support for a correction, or settle the difference with the affiliate.',
		);
	}
	if (status !== 'pending') {
		return needsAttention(
			`Conversion ${id} is ${status}, which is none of pending, accepted and refused`,
			'Look at it in Affilae.',
		);
	}
	if (keptCents === 0) {
		const step = { do: 'refuse', reason: reasonTo('refuse', conversion, reason) } as const;
		return { steps: [step], outcome: 'refused' };
	}
	if (amountCents === undefined) {
		return needsAttention(
			`Affilae does not say the amount of conversion ${id}, so it cannot be compared with the ${keptText} that the customer kept`,
			'Look at it in Affilae.',
		);
	}
	if (keptCents < amountCents) {
		const why = reasonTo('lower', conversion, reason);
		const lower = { do: 'update', amountCents: keptCents, reason: why } as const;
		const message = `The customer kept ${keptText} of ${formatCents(amountCents, currency)}`;
		return isSettled
			? { steps: [lower, { do: 'accept' }], outcome: 'accepted', message }
			: { steps: [lower], outcome: 'updated', message };
	}
	const above =
		keptCents > amountCents
			? [`${keptText} is above the ${formatCents(amountCents, currency)} that Affilae tracked`]
			: [];
	return isSettled
		? { steps: [{ do: 'accept' }], outcome: 'accepted', ...messageOf(above) }
		: {
				steps: [],
				outcome: 'unchanged',
				...messageOf(['It stays pending until the return window is over', ...above]),
			};
}

function messageOf(parts: readonly string[]): { message?: string } {
	return parts.length > 0 ? { message: parts.join('; ') } : {};
}

function nothingToDo(alreadySo: string, ifAlreadyProcessed: IfAlreadyProcessed): Decision {
	if (ifAlreadyProcessed === 'succeed') {
		return { steps: [], outcome: 'unchanged', message: alreadySo };
	}
	throw new UserError(
		alreadySo,
		'Set If Already Processed to Succeed if that should count as done.',
	);
}

function needsAttention(what: string, advice: string): Decision {
	return { steps: [], outcome: 'needsAttention', message: `${what}. ${advice}` };
}

function reasonTo(does: string, { id }: Conversion, reason: string | undefined): string {
	if (reason !== undefined) return reason;
	throw new UserError(
		`There is no reason to ${does} conversion ${id}`,
		'Fill in Reason: Affilae asks for one.',
	);
}

function amountOf({ amountCents, currency }: Conversion): string[] {
	return amountCents === undefined ? [] : [formatCents(amountCents, currency)];
}

function alreadyIs({ id, status }: Conversion): string {
	return `Conversion ${id} was already ${status}`;
}

function checkStatus(conversion: Conversion, to: 'accept' | 'refuse'): string | undefined {
	if (conversion.status === STATUS_AFTER[to]) {
		return alreadyIs(conversion);
	}
	mustBePending(conversion, to);
	return undefined;
}

function checkUpdate(conversion: Conversion, wanted: GivenAmount): string | undefined {
	const { id, amountCents, currency } = conversion;
	mustShareCurrency('The amount', wanted, conversion);
	if (amountCents === wanted.amountCents) {
		return `The amount of conversion ${id} was already ${formatCents(amountCents, currency)}`;
	}
	mustBePending(conversion, 'update');
	if (amountCents !== undefined && wanted.amountCents > amountCents) {
		throw new UserError(
			`${formatCents(wanted.amountCents, currency)} is above the ${formatCents(amountCents, currency)} of conversion ${id}`,
			'Affilae only lowers amounts: give a lower one, or accept the conversion as it is.',
		);
	}
	return undefined;
}

function mustShareCurrency(what: string, given: GivenAmount, { id, currency }: Conversion): void {
	if (!given.currency || !currency || given.currency === currency) return;
	throw new UserError(
		`${what} is in ${given.currency}, but conversion ${id} is in ${currency}`,
		`Give the amount in ${currency}.`,
	);
}

/** A status that Affilae left out is no ground to stop: Affilae itself judges the write. */
function mustBePending({ id, status }: Conversion, wanted: Wish['to']): void {
	if (status === undefined || status === 'pending') return;
	throw new UserError(
		`Conversion ${id} is ${status}, so it is too late to ${wanted} it`,
		'Affilae changes pending conversions only. If the decision must change, ask Affilae’s support.',
	);
}
