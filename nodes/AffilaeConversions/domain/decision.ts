import type { Conversion } from './conversion';
import { formatCents, type GivenAmount } from './money';
import { Refusal } from './refusal';

/** What an operator wants of one conversion. Reasons are trimmed and not empty. */
export type Wish =
	| { to: 'accept' }
	| { to: 'refuse'; reason: string }
	| { to: 'update'; amount: GivenAmount; reason: string };

/** One write to a conversion. */
export type Step =
	| { do: 'accept' }
	| { do: 'refuse'; reason: string }
	| { do: 'update'; amountCents: number; reason: string };

/** What follows from a wish for a conversion as it is. */
export interface Decision {
	/** What to send, in this order; nothing where the conversion is as wished. */
	steps: readonly Step[];
	/** What is worth telling the operator. */
	message?: string;
}

/** Whether a conversion that is already as wished counts as done (`succeed`) or not (`fail`). */
export type IfAlreadyProcessed = 'succeed' | 'fail';

/** What a wish comes to where the conversion is not known: Affilae itself then judges it. */
export function stepOf(wish: Wish): Step {
	if (wish.to === 'accept') return { do: 'accept' };
	if (wish.to === 'refuse') return { do: 'refuse', reason: wish.reason };
	return { do: 'update', amountCents: wish.amount.amountCents, reason: wish.reason };
}

/**
 * Decides what to send for a wish, so that the same wish made twice is sent once.
 * Affilae changes pending conversions alone, and only lowers amounts (API page: doc).
 *
 * @throws {Refusal} where the wish contradicts what the conversion already is
 */
export function decide(
	conversion: Conversion,
	wish: Wish,
	ifAlreadyProcessed: IfAlreadyProcessed,
): Decision {
	const alreadySo =
		wish.to === 'update' ? checkUpdate(conversion, wish.amount) : checkStatus(conversion, wish.to);
	if (alreadySo === undefined) return { steps: [stepOf(wish)] };
	if (ifAlreadyProcessed === 'succeed') return { steps: [], message: alreadySo };
	throw new Refusal(alreadySo, 'Set If Already Processed to Succeed if that should count as done.');
}

/** The conversion as it is once a step was carried out. */
export function afterStep(conversion: Conversion, step: Step): Conversion {
	if (step.do === 'update') {
		const { amountCents } = step;
		return { ...conversion, amountCents, row: { ...conversion.row, amount: amountCents } };
	}
	const status = STATUS_AFTER[step.do];
	return { ...conversion, status, row: { ...conversion.row, status } };
}

const STATUS_AFTER = { accept: 'accepted', refuse: 'refused' } as const;

function checkStatus(conversion: Conversion, to: 'accept' | 'refuse'): string | undefined {
	if (conversion.status === STATUS_AFTER[to]) {
		return `Conversion ${conversion.id} was already ${conversion.status}`;
	}
	mustBePending(conversion, to);
	return undefined;
}

function checkUpdate(conversion: Conversion, wanted: GivenAmount): string | undefined {
	const { id, amountCents, currency } = conversion;
	if (wanted.currency && currency && wanted.currency !== currency) {
		throw new Refusal(
			`The amount is in ${wanted.currency}, but conversion ${id} is in ${currency}`,
			`Give the amount in ${currency}.`,
		);
	}
	if (amountCents === wanted.amountCents) {
		return `The amount of conversion ${id} was already ${formatCents(amountCents, currency)}`;
	}
	mustBePending(conversion, 'update');
	if (amountCents !== undefined && wanted.amountCents > amountCents) {
		throw new Refusal(
			`${formatCents(wanted.amountCents, currency)} is above the ${formatCents(amountCents, currency)} of conversion ${id}`,
			'Affilae only lowers amounts: give a lower one, or accept the conversion as it is.',
		);
	}
	return undefined;
}

/** A status that Affilae left out is no ground to stop: Affilae itself judges the write. */
function mustBePending({ id, status }: Conversion, wanted: Wish['to']): void {
	if (status === undefined || status === 'pending') return;
	throw new Refusal(
		`Conversion ${id} is ${status}, so it is too late to ${wanted} it`,
		'Affilae changes pending conversions only. If the decision must change, ask Affilae’s support.',
	);
}
