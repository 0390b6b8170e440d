import type { Conversion } from '../domain/conversion';
import type { Known } from './cursor';

/** What can happen to a conversion, as workflows store it. */
export const EVENTS = ['created', 'statusChanged', 'amountChanged'] as const;
export type EventName = (typeof EVENTS)[number];

/** Something that happened to a conversion since the poll before. */
export interface ConversionEvent {
	event: EventName;
	/** As it is now. */
	conversion: Conversion;
	/** Absent if the trigger never met the conversion in another status. */
	previousStatus?: string;
	/** Integer cents. */
	previousAmountCents?: number;
}

/** What happened to a conversion since it was remembered; the amount first, which can change only before the decision. */
export function changesOf(before: Known, conversion: Conversion): ConversionEvent[] {
	const { status, amountCents } = conversion;
	const { status: previousStatus, amountCents: previousAmountCents } = before;
	const changes: ConversionEvent[] = [];
	const isAmountKnown = amountCents !== undefined && previousAmountCents !== undefined;
	if (isAmountKnown && amountCents !== previousAmountCents) {
		changes.push({ event: 'amountChanged', conversion, previousAmountCents });
	}
	const isStatusKnown = status !== undefined && previousStatus !== undefined;
	if (isStatusKnown && status !== previousStatus) {
		changes.push({ event: 'statusChanged', conversion, previousStatus });
	}
	return changes;
}
