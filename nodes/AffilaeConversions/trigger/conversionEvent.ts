import type { Conversion } from '../domain/conversion';
import { statusOf } from '../domain/lifecycle';
import type { Known } from './cursor';

/** The events, as workflows store them. */
export const EVENTS = ['created', 'statusChanged', 'amountChanged'] as const;
export type EventName = (typeof EVENTS)[number];

/** Which events the operator chose. */
export interface Wanted {
	events: readonly EventName[];
	/** Whether the first poll returns the existing conversions as 'created' events. */
	includeExisting: boolean;
}

/** An event of a conversion since the previous poll. */
export interface ConversionEvent {
	event: EventName;
	/** As it is now. */
	conversion: Conversion;
	/** Absent if the trigger has not seen the conversion with another status. */
	previousStatus?: string;
	/** Integer cents. */
	previousAmountCents?: number;
}

/** The changes of a conversion since the cursor. The amount comes first: it can change only before the status does. */
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

/** The event of a conversion that is new: `statusChanged` only if `created` is not chosen. */
export function firstEventsOf(conversion: Conversion, { events }: Wanted): ConversionEvent[] {
	if (events.includes('created')) return [{ event: 'created', conversion }];
	return statusOf(conversion) === 'pending' ? [] : [{ event: 'statusChanged', conversion }];
}
