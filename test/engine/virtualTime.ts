/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, jest } from '@jest/globals';
import { systemClock } from '../../nodes/AffilaeConversions/api/clock';

/** Time that passes only during a wait. Waits take no real time, however slow the machine is. */
export interface VirtualTime {
	/** Milliseconds since 1970, UTC. */
	now(): number;
	/** Waits like a timer: concurrent waits take as long as the longest of them. */
	sleep(ms: number): Promise<void>;
	/** Lets time pass as work does: concurrent work adds up. */
	work(ms: number): Promise<void>;
}

/** Replaces the node's clock with virtual time, until mocks are restored. */
export function virtualTime(): VirtualTime {
	let nowMs = Date.now();
	const beganAtMs = nowMs;
	const time: VirtualTime = {
		now: () => nowMs,
		sleep: async (ms) => {
			// Like a timer: whole milliseconds, at least one.
			const until = nowMs + Math.max(1, Math.ceil(ms));
			await setImmediate();
			nowMs = Math.max(nowMs, until);
		},
		work: async (ms) => {
			nowMs += ms;
			await Promise.resolve();
		},
	};
	jest.spyOn(Date, 'now').mockImplementation(time.now);
	jest.spyOn(systemClock, 'now').mockImplementation(() => nowMs - beganAtMs);
	jest.spyOn(systemClock, 'sleep').mockImplementation(time.sleep);
	return time;
}

/** Virtual time for all tests of a file; it begins anew for each, and mocks are restored after it. */
export function virtualTimeForTests(): VirtualTime {
	let time: VirtualTime;
	beforeEach(() => {
		time = virtualTime();
	});
	afterEach(() => {
		jest.restoreAllMocks();
	});
	return {
		now: () => time.now(),
		sleep: async (ms) => await time.sleep(ms),
		work: async (ms) => await time.work(ms),
	};
}
