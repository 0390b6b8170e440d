import type { NewConversion } from './arrivals';
import type { ConversionStore, Selection } from './store';

const SECOND_MS = 1000;

/**
 * Removes the list's first conversion and adds another at its end. If the list has a status filter, the
 * first conversion gets another status; otherwise it is deleted. If the list starts with the newest, the
 * added conversion is backdated.
 *
 * @param arrive adds a conversion
 */
export function swapOne(
	store: ConversionStore,
	selection: Selection,
	order: 'oldestFirst' | 'newestFirst',
	arrive: (wanted: NewConversion) => void,
): void {
	const other = order === 'newestFirst' ? 'oldestFirst' : 'newestFirst';
	const [first] = store.page(selection, order, 0, 1);
	const [last] = store.page(selection, other, 0, 1);
	if (first === undefined || last === undefined) return;
	const { status, program, externalId, customerId } = selection;
	if (status === undefined) store.remove(first);
	else store.decide(first, status === 'accepted' ? 'refused' : 'accepted', null);
	const createdAtMs = last.createdAtMs + (order === 'newestFirst' ? -SECOND_MS : SECOND_MS);
	arrive({
		createdAtMs,
		...(status === undefined ? {} : { status }),
		...(program === undefined ? {} : { program }),
		...(externalId === undefined ? {} : { externalId }),
		...(customerId === undefined ? {} : { customerId }),
	});
}
