/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { systemClock } from '../../nodes/AffilaeConversions/api/clock';

/** Time that passes only if somebody waits for it: however slow the machine, waits take no time. */
export interface VirtualTime {
	/** Milliseconds since 1970, UTC. */
	now(): number;
	/** As a timer: waits at the same time last as long as the longest. */
	sleep(ms: number): Promise<void>;
	/** As work: whatever is done takes so much longer. */
	work(ms: number): Promise<void>;
}

/** Puts virtual time in the place of the machine's for the node, until mocks are restored. */
export function virtualTime(): VirtualTime {
	let nowMs = Date.now();
	const beganAtMs = nowMs;
	const time: VirtualTime = {
		now: () => nowMs,
		sleep: async (ms) => {
			// As timers do: whole milliseconds, at least one.
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
