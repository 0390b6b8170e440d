import type { Conversion } from './conversion';
import { Refusal } from './refusal';
import type { ConversionStore, StoredConversion } from './store';

/** Names a conversion in a write. */
export interface Target {
	id: string;
	/** The program it must belong to; accept and refuse name it, update does not (API page, doc). */
	program?: string;
}

/**
 * The conversion that may be written, or why not. Only `pending` may be changed and the program must
 * be the conversion's own (API page, doc); the wording of the refusals is a guess.
 */
function writable(store: ConversionStore, { id, program }: Target): StoredConversion | Refusal {
	const entry = store.get(id);
	if (entry === undefined || (program !== undefined && entry.conversion.program.id !== program)) {
		return new Refusal(
			404,
			program === undefined ? 'Conversion not found' : 'Conversion not found in this program',
		);
	}
	const { status } = entry.conversion;
	return status === 'pending' ? entry : new Refusal(400, `Conversion already ${status}`);
}

/** Accepts a pending conversion, or says why not. */
export function accept(store: ConversionStore, target: Target): Conversion | Refusal {
	const entry = writable(store, target);
	if (entry instanceof Refusal) return entry;
	store.accept(entry);
	return entry.conversion;
}

/** Refuses a pending conversion, or says why not. */
export function refuse(
	store: ConversionStore,
	target: Target,
	reason: string,
): Conversion | Refusal {
	const entry = writable(store, target);
	if (entry instanceof Refusal) return entry;
	store.refuse(entry, reason);
	return entry.conversion;
}

/**
 * Lowers a pending conversion's amount, or says why not. The new amount must be lower than the
 * initial one (API page, doc): an amount lowered before may be raised again, as long as it stays
 * below what was tracked.
 *
 * @param amountCents whole cents in the conversion's own currency
 */
export function update(
	store: ConversionStore,
	target: Target,
	amountCents: number,
	reason: string,
): Conversion | Refusal {
	const entry = writable(store, target);
	if (entry instanceof Refusal) return entry;
	if (amountCents >= entry.initialAmountCents) {
		return new Refusal(400, 'The new amount must be lower than the initial amount');
	}
	store.update(entry, amountCents, reason);
	return entry.conversion;
}
