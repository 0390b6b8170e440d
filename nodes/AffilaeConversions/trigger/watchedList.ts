import type { Client } from '../api/client';
import { readConversions } from '../api/conversions';
import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Budget } from './budget';
import type { Part } from './cursor';
import { readUntil, type Lists } from './lists';

/** The list of conversions that a trigger watches, as one poll reads it. */
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

	/** The account's ID, asked for with as little as possible; undefined if its rows do not say. */
	async readAdvertiser(): Promise<string | undefined> {
		let advertiserId: string | undefined;
		await readUntil(this.read({}, 1), (rows) => {
			advertiserId = rows.filter(isReadable).find((row) => row.advertiserId)?.advertiserId;
			return rows.length > 0;
		});
		return advertiserId;
	}

	/** Whether there is no conversion at all in the program that is asked for. */
	async isProgramEmpty(): Promise<boolean> {
		const { programId } = this.asked;
		const filters = programId === undefined ? {} : { programId };
		const batches = readConversions(this.client, filters, { wanted: 1 });
		return (await readUntil(batches, (rows) => rows.length > 0)) !== undefined;
	}

	/** Whether Affilae was asked for each known program, and not for all at once. */
	isAskedByProgram(): boolean {
		return this.asked.programId === undefined && this.programs().length > 0;
	}

	isOneList(): boolean {
		return this.asked.programId !== undefined || this.programs().length < 2;
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

/** Whether the ends of a period belong to it is not known: a millisecond more on either side. */
function inWire({ status, fromMs, toMs }: Part): Filters {
	return {
		...(status ? { status } : {}),
		...(fromMs === undefined ? {} : { from: new Date(fromMs - 1).toISOString() }),
		...(toMs === undefined ? {} : { to: new Date(toMs + 1).toISOString() }),
	};
}
