import type { Status } from '../domain/conversion';
import { hasCents, matchesCurrency } from '../domain/currency';
import type { Filters } from '../domain/matches';
import type { GivenAmount } from '../domain/money';
import { UserError } from '../domain/userError';
import type { EventName, ConversionEvent } from './conversionEvent';

/** Which conversions start the workflow. */
export interface TriggerFilters {
	programId?: string;
	customerId?: string;
	/** The current status. */
	status?: Status;
	/** The minimum of the current amount. */
	minimum?: GivenAmount;
}

/** The filters that Affilae applies: only those by fields that never change. */
export function filtersForAffilae({ programId, customerId }: TriggerFilters): Filters {
	return { ...(programId ? { programId } : {}), ...(customerId ? { customerId } : {}) };
}

/** Whether an event matches the filters that Affilae does not apply. */
export function isWanted(
	{ conversion }: ConversionEvent,
	{ status, minimum }: Pick<TriggerFilters, 'status' | 'minimum'>,
): boolean {
	if (status !== undefined && conversion.status !== status) return false;
	if (minimum === undefined) return true;
	const { amountCents, mark, amountsIn } = minimum;
	// Every amount is 0 or more, even an unknown one.
	if (amountCents === 0 && mark === undefined) return true;
	const { currency } = conversion;
	if (mark !== undefined && (currency === undefined || !matchesCurrency(mark, currency)))
		return false;
	if (amountsIn === 'units' && !hasCents(currency)) return false;
	return conversion.amountCents !== undefined && conversion.amountCents >= amountCents;
}

/**
 * Checks that no setting excludes another one. Otherwise, the trigger would return nothing for it, and the
 * operator would not see why.
 *
 * @throws {UserError} that names the event and the field
 */
export function mustBePossible(
	events: readonly EventName[],
	{ status }: Pick<TriggerFilters, 'status'>,
	includeExisting: boolean,
): void {
	if (events.includes('statusChanged') && status === 'pending') {
		throw new UserError(
			"The event 'Status Changed' can never pass the filter 'Status' = Pending: a conversion whose status changed is no longer pending",
			"Set 'Status' to Accepted or Refused, remove that filter, or remove 'Status Changed' from 'Events'.",
		);
	}
	if (includeExisting && !events.includes('created')) {
		throw new UserError(
			"'Include Existing' requires the event 'Created', which is not chosen",
			"Add 'Created' to 'Events', or turn 'Include Existing' off.",
		);
	}
}
