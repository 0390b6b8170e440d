import { FOR_ALL, type CallLog, type LoggedCall } from '../api/callLog';
import type { Item } from './item';

/**
 * The calls that were made for an item: those about the conversion that it names, or that was found
 * for it. Calls that served many items stand with the first.
 */
export function callsOf(log: CallLog, { subjects, index }: Item): LoggedCall[] {
	return log.take(index === 0 ? [...subjects, FOR_ALL] : subjects);
}
