import { HttpError } from './httpError';
import type { SandboxSettings } from './settings';
import type { ConversionStore, StoredConversion } from './store';

/** Names a conversion in a write. */
export interface Target {
	id: string;
	/** The program that it must belong to; accept and refuse send it, update does not (API page, doc). */
	program?: string;
}

/**
 * The conversion if it may be changed, or else the error. It must not be locked, and must belong to the
 * program (API page, doc). The wording of errors is a guess.
 */
function unlocked(store: ConversionStore, { id, program }: Target): StoredConversion | HttpError {
	const entry = store.get(id);
	if (entry === undefined || (program !== undefined && entry.conversion.program.id !== program)) {
		return new HttpError(
			404,
			program === undefined ? 'Conversion not found' : 'Conversion not found in this program',
		);
	}
	return entry.conversion.isLocked ? new HttpError(400, 'Conversion is locked') : entry;
}

function already({ conversion }: StoredConversion): HttpError {
	return new HttpError(400, `Conversion already ${conversion.status}`);
}

/**
 * The conversion if it may be accepted, or else the error: it must be pending (API page, doc) or, unless
 * the settings say otherwise, refused and not locked (guess).
 */
export function acceptable(
	store: ConversionStore,
	target: Target,
	{ acceptRefused }: SandboxSettings,
): StoredConversion | HttpError {
	const entry = unlocked(store, target);
	if (entry instanceof HttpError) return entry;
	const { status } = entry.conversion;
	return status === 'pending' || (status === 'refused' && acceptRefused) ? entry : already(entry);
}

/** The conversion if it may be refused, or else the error: pending or accepted, not locked (API page, doc). */
export function refusable(store: ConversionStore, target: Target): StoredConversion | HttpError {
	const entry = unlocked(store, target);
	if (entry instanceof HttpError) return entry;
	return entry.conversion.status === 'refused' ? already(entry) : entry;
}

/**
 * The conversion if it may get this amount, or else the error: it must be pending, and the amount lower
 * than the initial one (API page, doc). A lowered amount may be raised again, up to below the initial
 * amount.
 *
 * @param amountCents whole cents in the conversion's own currency
 */
export function updatable(
	store: ConversionStore,
	target: Target,
	amountCents: number,
): StoredConversion | HttpError {
	const entry = unlocked(store, target);
	if (entry instanceof HttpError) return entry;
	if (entry.conversion.status !== 'pending') return already(entry);
	return amountCents < entry.initialAmountCents
		? entry
		: new HttpError(400, 'The new amount must be lower than the initial amount');
}
