import { sleep } from 'n8n-workflow';

/** The clock of the rate limiter and the retries, in ms; handed in, so that tests run in virtual time. */
export interface Clock {
	now(): number;
	sleep(ms: number): Promise<void>;
}
export const systemClock: Clock = { now: () => performance.now(), sleep };

/** Sleeps cannot be canceled, so long ones are made of these. */
export const LONGEST_SLEEP_MS = 1000;

/** Waits some ms, or until a promise settles: it is thrown at once if that is rejected. */
export async function pause(clock: Clock, ms: number, ended: Promise<never>): Promise<void> {
	const until = clock.now() + ms;
	for (let rest = ms; rest > 0; rest = until - clock.now()) {
		await Promise.race([clock.sleep(Math.min(rest, LONGEST_SLEEP_MS)), ended]);
	}
}
