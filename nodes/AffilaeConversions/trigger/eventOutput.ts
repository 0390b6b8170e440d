import type { IDataObject } from 'n8n-workflow';
import { hasCents } from '../domain/currency';
import { centsToUnits } from '../domain/money';
import { toOutputCopy, type Presentation } from '../parameters/presentation';
import type { ConversionEvent } from './conversionEvent';

/**
 * An event as an output item. The previous amount has the unit of the current one: cents in Affilae's own
 * object.
 */
export function eventOutput(
	{ event, conversion, previousStatus, previousAmountCents }: ConversionEvent,
	presentation: Presentation,
): IDataObject {
	const previousAmount = inUnitOf(previousAmountCents, conversion.currency, presentation);
	const told = {
		event,
		...(previousStatus === undefined ? {} : { previousStatus }),
		...(previousAmount === undefined ? {} : { previousAmount }),
	};
	// First, so that they are easy to see, and last, because Affilae's own object may have fields of these names.
	return { ...told, ...toOutputCopy(conversion, presentation), ...told };
}

function inUnitOf(
	cents: number | undefined,
	currency: string | undefined,
	{ amountsIn, simplify }: Presentation,
): number | undefined {
	if (cents === undefined || amountsIn === 'cents' || !simplify) return cents;
	return hasCents(currency) ? centsToUnits(cents) : undefined;
}
