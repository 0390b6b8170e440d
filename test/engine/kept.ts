import { REASON } from './reconciling';
import { about } from './writing';

/** Less was kept of it, and the return period has ended: lowered, then accepted. */
export function less(number: number) {
	return { ...about(number), kept: 60, settled: true, reason: REASON };
}

/** All was kept of it, and the return period has ended: accepted. */
export function all(number: number) {
	return { ...about(number), kept: 84.9, settled: true, reason: '' };
}

/** Nothing was kept of it: refused. */
export function nothing(number: number) {
	return { ...about(number), kept: 0, settled: true, reason: REASON };
}
