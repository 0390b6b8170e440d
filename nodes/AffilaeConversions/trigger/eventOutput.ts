import type { IDataObject } from 'n8n-workflow';
import { hasCents } from '../domain/currency';
import { centsToUnits } from '../domain/money';
import { toOutputCopy, type Presentation } from '../parameters/presentation';
import type { ConversionEvent } from './conversionEvent';

/**
 * A happening as an output item. The amount before counts what the amount beside it does: cents if that is
 * Affilae's own object.
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
	// First, for whoever reads it, and again, because Affilae's own object may have fields of these names.
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
