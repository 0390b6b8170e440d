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
	/** Whether only conversions with one status are wanted. */
	isStatusFiltered: boolean;
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

/**
 * The wanted events of a conversion.
 *
 * @param before what the cursor stores about it
 * @param isNew whether it did not exist at the previous poll
 */
export function eventsOf(
	conversion: Conversion,
	before: Known | undefined,
	isNew: boolean,
	wanted: Wanted,
): ConversionEvent[] {
	const happened = before ? changesOf(before, conversion) : [];
	if (isNew) happened.push(...firstEventsOf(conversion, wanted));
	return happened.filter(({ event }) => wanted.events.includes(event));
}

/** The changes of a conversion since the cursor. The amount comes first: it can change only before the status does. */
function changesOf(before: Known, conversion: Conversion): ConversionEvent[] {
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
function firstEventsOf(conversion: Conversion, { events }: Wanted): ConversionEvent[] {
	if (events.includes('created')) return [{ event: 'created', conversion }];
	return statusOf(conversion) === 'pending' ? [] : [{ event: 'statusChanged', conversion }];
}
