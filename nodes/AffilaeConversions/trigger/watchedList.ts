import type { Client } from '../api/client';
import { readConversions } from '../api/conversions';
import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Budget } from './budget';
import type { Part } from './cursor';
import { readUntil, type Lists } from './lists';

/** Reads the list of conversions that a trigger watches, for one poll. */
export class WatchedList implements Lists {
	constructor(
		private readonly client: Client,
		private readonly asked: Filters,
		private readonly budget: Budget,
	) {}

	read(part: Part, wanted = Infinity): ReturnType<Lists['read']> {
		const filters = { ...this.asked, ...inWire(part) };
		return readConversions(this.client, filters, wanted === Infinity ? {} : { wanted });
	}

	/** Reads the account's ID from one row; undefined if rows do not contain it. */
	async readAdvertiser(): Promise<string | undefined> {
		let advertiserId: string | undefined;
		await readUntil(this.read({}, 1), (rows) => {
			advertiserId = rows.filter(isReadable).find((row) => row.advertiserId)?.advertiserId;
			return rows.length > 0;
		});
		return advertiserId;
	}

	/** Whether the program of the filters has no conversions at all. */
	async isProgramEmpty(): Promise<boolean> {
		const { programId } = this.asked;
		const filters = programId === undefined ? {} : { programId };
		const batches = readConversions(this.client, filters, { wanted: 1 });
		return (await readUntil(batches, (rows) => rows.length > 0)) !== undefined;
	}

	/** Whether each known program was read separately. */
	isAskedByProgram(): boolean {
		return this.asked.programId === undefined && this.programs().length > 0;
	}

	isOneList(): boolean {
		return this.asked.programId !== undefined || this.programs().length < 2;
	}

	hasReceivedNotFound(): boolean {
		return this.client.hasReceivedNotFound;
	}

	isTimeToStop(): boolean {
		return Date.now() >= this.budget.stopReadingAt;
	}

	isTimeToEnd(): boolean {
		return Date.now() >= this.budget.endAt;
	}

	private programs(): readonly string[] {
		return this.client.dialect.askedPrograms('list');
	}
}

/** Adds a millisecond on either side: it is unknown whether a period includes its ends. */
function inWire({ status, fromMs, toMs }: Part): Filters {
	return {
		...(status ? { status } : {}),
		...(fromMs === undefined ? {} : { from: new Date(fromMs - 1).toISOString() }),
		...(toMs === undefined ? {} : { to: new Date(toMs + 1).toISOString() }),
	};
}
