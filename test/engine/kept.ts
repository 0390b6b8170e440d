import { REASON } from './reconciling';
import { about } from './writing';

/** So much was kept of it, in currency units, and the return period has ended. */
export function keeping(number: number, kept: number) {
	return { ...about(number), kept, settled: true, reason: REASON };
}

/** Less was kept of it, and the return period has ended: lowered, then accepted. */
export function less(number: number) {
	return keeping(number, 60);
}

/** All was kept of it, and the return period has ended: accepted. */
export function all(number: number) {
	return { ...about(number), kept: 84.9, settled: true, reason: '' };
}

/** Nothing was kept of it: refused. */
export function nothing(number: number) {
	return keeping(number, 0);
}
