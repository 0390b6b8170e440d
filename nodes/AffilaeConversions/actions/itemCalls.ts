import type { CallLog, CallSubject, LoggedCall } from '../api/callLog';
import type { Item } from './item';

const SUBJECTS: readonly CallSubject[] = ['id', 'externalId', 'customerId'];

/**
 * The calls that were made for an item: those about the conversion that it names, or that came out
 * for it. Calls that served many items stand with the first.
 *
 * @param output the first object put out for the item, where it got through
 */
export function callsOf(log: CallLog, item: Item, output: object = {}): LoggedCall[] {
	const values = new Map(Object.entries(output));
	const { by, value: named } = item.names ?? {};
	const about = SUBJECTS.flatMap((subject) => {
		const value: unknown = subject === by ? named : values.get(subject);
		return value === undefined ? [] : log.takeFor(subject, String(value));
	});
	return item.index === 0 ? [...log.takeForAll(), ...about] : about;
}
