import { isReadable, type Conversion } from '../domain/conversion';
import { matching, type Filters } from '../domain/matches';
import {
	capitalize,
	describeReference,
	notFound,
	referenceKey,
	type Reference,
	type ShopIdKind,
} from '../domain/reference';
import { UserError } from '../domain/userError';
import { ApiError } from './apiError';
import type { Reader } from './client';
import { PATHS } from './constants';
import { readConversions, readInfo } from './conversions';
import { ProgramMissing } from './dialect';
import type { ListEnd, Rows } from './lists/page';
import { readUntil } from './lists/readUntil';
import { IdSearch } from './idSearch';
import { readOrdersSince, type OrdersRead } from './ordersSince';

/** HTTP statuses that mean that the route does not support the request. */
const ROUTE_IS_NO_USE = new Set([400, 403, 404, 405, 422, 501]);

/** A reference by an ID of the shop. */
type Asked = Reference & { by: ShopIdKind };

/**
 * Finds the conversions that items name. A look-up by order or customer reads `conversions.list` to its end,
 * because that route is documented to return many (API page). If Affilae does not support the request, the
 * look-up uses `conversions.info` instead.
 */
export class Lookup {
	private readonly found = new Map<string, Promise<Rows>>();
	private readonly idSearch: IdSearch;
	private readonly ordersRead = new Map<string, OrdersRead>();
	/** From when on those orders were read, in UTC ISO 8601. */
	private ordersFrom = '';

	/** @param asksInfoToo whether to also request `conversions.info` if the list contains no match */
	constructor(
		private readonly client: Reader,
		private readonly asksInfoToo: boolean = false,
	) {
		this.idSearch = new IdSearch(client);
	}

	/** Announces what will be looked up, so that reading the list once can serve many look-ups. */
	async expect(expected: readonly Reference[]): Promise<void> {
		for (const { by, value, programId } of expected) {
			if (by === 'id') this.idSearch.expect(value, programId);
		}
		const orders = expected.filter(({ by }) => by === 'externalId');
		const [from] = orders.map(({ since = '' }) => since).sort();
		if (!from) return;
		this.ordersFrom = from;
		for (const programId of new Set(orders.map((order) => order.programId))) {
			const count = orders.filter((order) => order.programId === programId).length;
			const filters = { from, ...(programId === undefined ? {} : { programId }) };
			try {
				const read = await readOrdersSince(this.client, filters, count);
				if (read !== undefined) this.ordersRead.set(programId ?? '', read);
			} catch (thrown) {
				// Each order is then looked up alone, and fails only if that fails too.
				if (!(thrown instanceof UserError)) return await Promise.reject(thrown);
			}
		}
	}

	/**
	 * Finds all conversions that a reference names. What it requests, it requests once per execution.
	 *
	 * @throws {NotFound} if there is none
	 * @throws {UserError} if one of them cannot be read, or the list was not read completely
	 */
	async find(reference: Reference): Promise<Conversion[]> {
		const { since } = reference;
		const all = await this.rowsOf(reference);
		const rows = since === undefined ? all : matching(all, { from: since });
		const readable = rows.filter(isReadable);
		if (readable.length < rows.length) throw cannotRead(reference, rows);
		if (readable.length > 0) return unique(readable);
		throw notFound(reference, this.client.dialect.askedPrograms('list'));
	}

	/** All rows of what a reference names, even if they cannot be read. Requests them once per execution. */
	async rowsOf({ by, ...reference }: Reference): Promise<Rows> {
		if (by === 'id') return await this.idSearch.find(reference.value, reference.programId);
		return await this.readOf({ ...reference, by });
	}

	private async readOf(asked: Asked): Promise<Rows> {
		const { by, programId, since = '' } = asked;
		const isCovered = by === 'externalId' && since !== '' && since >= this.ordersFrom;
		const ordersRead = isCovered ? this.ordersRead.get(programId ?? '') : undefined;
		const key = `${ordersRead ? since : ''} ${referenceKey(asked)}`;
		const reading = this.found.get(key) ?? this.readAlone(asked, ordersRead);
		this.found.set(key, reading);
		return await reading;
	}

	private async readAlone(asked: Asked, ordersRead?: OrdersRead): Promise<Rows> {
		const rows = await (ordersRead ? ordersRead(asked.value) : this.readBoth(asked));
		if (rows.length > 0 || !this.asksInfoToo) return rows;
		const read = async () => await this.readInfoToo(asked);
		return await this.client.dialect.firstAlone('secondLookup', read);
	}

	/** Requests `conversions.info` after the list had no match. Returns no rows if that is not supported. */
	private async readInfoToo({ by, value, programId }: Asked): Promise<Rows> {
		const { dialect } = this.client;
		if (!dialect.isUsable('info')) return [];
		try {
			return await readInfo(this.client, by, value.trim(), programId);
		} catch (thrown) {
			if (!isNoAnswer(thrown)) return await Promise.reject(thrown);
			if (!isAboutItem(thrown, by) && !this.client.hasAnswered(PATHS.info)) {
				dialect.noteUnusable('info');
			}
			return [];
		}
	}

	/** Reads the list or `conversions.info` with the ID as given and, if no row matches, trimmed. */
	private async readBoth(asked: Asked): Promise<Rows> {
		const rows = await this.readOne(asked);
		const value = asked.value.trim();
		return rows.length > 0 || value === asked.value
			? rows
			: await this.readOne({ ...asked, value });
	}

	private async readOne(asked: Asked): Promise<Rows> {
		const read = async () => await this.readListOrInfo(asked);
		return await this.client.dialect.firstAlone('lookup', read);
	}

	private async readListOrInfo({ by, value, programId }: Asked): Promise<Rows> {
		const { dialect } = this.client;
		if (!dialect.isUsable('list')) return await readInfo(this.client, by, value, programId);
		const filters = { [by]: value, ...(programId === undefined ? {} : { programId }) };
		try {
			return await readWhole(this.client, filters, `of ${describeReference({ by, value })}`);
		} catch (thrown) {
			if (!this.canUseInfoInstead(thrown, by)) return await Promise.reject(thrown);
			const rows = await readInfo(this.client, by, value, programId).catch(async () => {
				// The first error is more useful: the second call was only a fallback.
				return await Promise.reject(thrown);
			});
			if (!isAboutItem(thrown, by)) dialect.noteUnusable('list');
			return rows;
		}
	}

	/**
	 * Whether to use `conversions.info` after the list failed. Not if the list has succeeded before: then one
	 * failed request says nothing about the others. And not before a write if the list requires a program,
	 * because `conversions.info` may return the conversions of only one of several programs.
	 */
	private canUseInfoInstead(thrown: unknown, by: ShopIdKind): boolean {
		if (!isNoAnswer(thrown)) return false;
		if (isAboutProgram(thrown)) return this.asksInfoToo;
		return isAboutItem(thrown, by) || !this.client.hasAnswered(PATHS.list);
	}
}

/**
 * Looks up one conversion again, because a write may have changed it.
 *
 * @returns undefined if Affilae no longer lists it
 */
export async function lookAgain(
	client: Reader,
	{ id, externalId, programId }: Conversion,
): Promise<Conversion | undefined> {
	const named: Reference =
		externalId === undefined ? { by: 'id', value: id } : { by: 'externalId', value: externalId };
	const program = programId === undefined ? {} : { programId };
	const rows = await new Lookup(client).rowsOf({ ...named, ...program });
	return rows.filter(isReadable).find((row) => row.id === id);
}

/** Whether Affilae does not support such a request, or requires a program that is not known. */
function isNoAnswer(thrown: unknown): boolean {
	if (!(thrown instanceof ApiError)) return thrown instanceof ProgramMissing;
	return ROUTE_IS_NO_USE.has(thrown.status ?? 0) && !thrown.endsRun;
}

function isAboutProgram(thrown: unknown): boolean {
	return thrown instanceof ApiError ? thrown.isAboutProgram : thrown instanceof ProgramMissing;
}

/** Whether Affilae rejected what one item says: its ID or its program. Other items may be answered. */
function isAboutItem(thrown: unknown, by: ShopIdKind): boolean {
	if (isAboutProgram(thrown)) return true;
	// Joi's words for a key that a route does not have: then it answers no item.
	if (!(thrown instanceof ApiError) || /is not allowed(?! to)/.test(thrown.affilaeSays ?? '')) {
		return false;
	}
	return thrown.keys.includes(by);
}

/** Reads a short list to its end. @throws {UserError} if it is not whole */
async function readWhole(client: Reader, filters: Filters, which: string): Promise<Rows> {
	const rows: Array<Rows[number]> = [];
	const end = await readUntil(readConversions(client, filters), (batch) => {
		rows.push(...batch);
		return false;
	});
	if (end?.isWhole === false) throw listNotWhole(end, which, USE_IDS);
	return rows;
}

const USE_IDS = "Fill in 'Program', or use the conversion IDs, so that fewer conversions are read.";

/**
 * The error for a list that could not be read completely.
 *
 * @param which the conversions that were read, such as `of order 1042`
 * @param advice how to read fewer at once
 */
export function listNotWhole({ problem, seen }: ListEnd, which: string, advice: string): UserError {
	if (problem === 'unreachable') {
		return new UserError(
			`Affilae returned only ${seen} conversions ${which}, although it has more`,
			advice,
		);
	}
	return new UserError(
		`The list of conversions ${which} kept changing while it was read: ${seen} were read, others may be missing`,
		`Run the workflow again. If it happens again: ${advice}`,
	);
}

function cannotRead(reference: Reference, rows: Rows): UserError {
	const reasons = rows.flatMap((row) => (isReadable(row) ? [] : [row.unreadable]));
	const name = describeReference(reference);
	const which = reference.by === 'id' ? capitalize(name) : `A conversion of ${name}`;
	return new UserError(
		`${which} cannot be read: ${reasons.join('; ')}`,
		'Look at it in Affilae, and decide there. Please report this to the maintainers of this node.',
	);
}

/**
 * Returns each conversion once, oldest first. A response may contain a conversion twice, and in any order;
 * decisions must not depend on that.
 */
function unique(conversions: readonly Conversion[]): Conversion[] {
	const byId = new Map(conversions.map((conversion) => [conversion.id, conversion]));
	const ageOf = ({ createdAt = '', id }: Conversion) => `${createdAt} ${id}`;
	return [...byId.values()].sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
}
