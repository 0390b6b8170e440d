import { sleep } from 'n8n-workflow';
import { tooLate } from './apiError';

/** Milliseconds: timers cannot be taken back, so one short timer serves all calls that are under way. */
const NAP_MS = 250;

/** A call that is waited for. */
interface Awaited {
	napsLeft: number;
	giveUp: () => void;
}

/**
 * Ends the waiting for calls that n8n does not end itself. Its own limit ends a silence; an answer that comes
 * drop by drop passes it, and in n8n 2.8 so does one that says it is compressed and is not.
 *
 * Time is counted in naps, not read from a clock: to an n8n that was busy with something else, answers may
 * have come that it has not looked at yet.
 */
export class TimeLimit {
	private readonly underWay = new Set<Awaited>();
	private readonly naps: number;
	private isCounting = false;

	/** @param limitMs how long a call may take, in milliseconds; n8n's own limit, where it holds, comes first */
	constructor(private readonly limitMs: number) {
		this.naps = Math.ceil(limitMs / NAP_MS) + 1;
	}

	/**
	 * Waits for a call.
	 *
	 * @throws {ApiError} where it takes too long; what becomes of it then nobody hears of
	 */
	async within<T>(call: Promise<T>): Promise<T> {
		return await new Promise((resolve, reject) => {
			const awaited = { napsLeft: this.naps, giveUp: () => reject(tooLate(this.limitMs)) };
			this.underWay.add(awaited);
			if (!this.isCounting) void this.countNaps();
			void call.finally(() => this.underWay.delete(awaited)).then(resolve, reject);
		});
	}

	private async countNaps(): Promise<void> {
		this.isCounting = true;
		for (; this.underWay.size > 0; await sleep(NAP_MS)) {
			for (const awaited of this.underWay) {
				if (awaited.napsLeft <= 0) {
					this.underWay.delete(awaited);
					awaited.giveUp();
				}
				awaited.napsLeft -= 1;
			}
		}
		this.isCounting = false;
	}
}
