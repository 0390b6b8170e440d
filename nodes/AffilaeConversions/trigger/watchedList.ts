import type { Client } from '../api/client';
import { ApiError } from '../api/apiError';
import { readConversions } from '../api/conversions';
import type { ListEnd, Rows } from '../api/lists/page';
import { readUntil } from '../api/lists/readUntil';
import { isReadable } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import type { Budget } from './budget';
import type { Part } from './cursor';
import type { Lists } from './lists';

/** Reads the list of conversions that a trigger watches, for one poll. */
export class WatchedList implements Lists {
	private notFounds = 0;
	private hasRead = false;
	/** The 429 that has ended reading. */
	private metRateLimit: ApiError | undefined;

	constructor(
		private readonly client: Client,
		private readonly asked: Filters,
		private readonly budget: Budget,
	) {}

	/** @throws {ApiError} for a rate limit only if this poll has read nothing: otherwise, it keeps what it has read */
	read(part: Part, wanted = Infinity): ReturnType<Lists['read']> {
		return this.readMatching({ ...this.asked, ...filtersOf(part) }, wanted);
	}

	/** The rate limit that has ended reading, although something was read before. */
	get rateLimit(): ApiError | undefined {
		return this.metRateLimit;
	}

	/**
	 * Reads the account's ID from one row.
	 *
	 * @returns whether there is any row, and the ID if rows contain it
	 * @throws {ApiError} if the rate limit has ended reading before a row came
	 */
	async readAdvertiser(): Promise<{ hasRows: boolean; advertiserId: string | undefined }> {
		let advertiserId: string | undefined;
		const end = await readUntil(this.read({}, 1), (rows) => {
			advertiserId = rows.filter(isReadable).find((row) => row.advertiserId)?.advertiserId;
			return rows.length > 0;
		});
		const hasRows = end === undefined;
		if (!hasRows && this.metRateLimit) throw this.metRateLimit;
		return { hasRows, advertiserId };
	}

	/** Whether the program of the filters has no conversions at all. */
	async isProgramEmpty(): Promise<boolean> {
		const { programId } = this.asked;
		const filters = programId === undefined ? {} : { programId };
		const end = await readUntil(this.readMatching(filters, 1), (rows) => rows.length > 0);
		return end?.isWhole === true;
	}

	/** Whether each known program was read separately. */
	isAskedByProgram(): boolean {
		return this.asked.programId === undefined && this.programs().length > 0;
	}

	isOneList(): boolean {
		return this.asked.programId !== undefined || this.programs().length < 2;
	}

	/** Whether a 404 has come in this poll. */
	get hasNotFound(): boolean {
		return this.client.notFounds > 0;
	}

	hasNewNotFound(): boolean {
		const before = this.notFounds;
		this.notFounds = this.client.notFounds;
		return this.notFounds > before;
	}

	isRateLimited(): boolean {
		return this.metRateLimit !== undefined;
	}

	isTimeToStop(): boolean {
		return this.isRateLimited() || Date.now() >= this.budget.stopReadingAt;
	}

	isTimeToEnd(): boolean {
		return this.isRateLimited() || Date.now() >= this.budget.endAt;
	}

	private async *readMatching(
		filters: Filters,
		wanted: number,
	): AsyncGenerator<Rows, ListEnd, undefined> {
		let seen = 0;
		const batches = readConversions(this.client, filters, wanted === Infinity ? {} : { wanted });
		try {
			for (;;) {
				const next = await batches.next();
				if (next.done === true) return next.value;
				this.hasRead = true;
				seen += next.value.length;
				yield next.value;
			}
		} catch (thrown) {
			const isRateLimit = thrown instanceof ApiError && thrown.status === 429;
			if (!isRateLimit || !this.hasRead) return await Promise.reject(thrown);
			this.metRateLimit = thrown;
			return { isWhole: false, seen };
		} finally {
			// If the caller stops early, reading stops too.
			await batches.return({ isWhole: false, seen });
		}
	}

	private programs(): readonly string[] {
		return this.client.dialect.askedPrograms('list');
	}
}

function filtersOf({ status, fromMs, toMs }: Part): Filters {
	return {
		...(status ? { status } : {}),
		...(fromMs === undefined ? {} : { from: new Date(fromMs).toISOString() }),
		...(toMs === undefined ? {} : { to: new Date(toMs).toISOString() }),
	};
}
