import { withoutAbsent } from '../domain/conversion';
import { Matcher, matching, type Filters } from '../domain/matches';
import type { Period } from '../domain/period';
import type { ShopIdKind } from '../domain/reference';
import { ApiError } from './apiError';
import type { Reader } from './client';
import { PAGE_SIZE } from './constants';
import type { ListEnd, Page, Position, Rows } from './lists/page';
import { readList } from './lists/pages';
import { readQuery } from './query';

/** How much of a list to read at once. */
export interface ReadOptions {
	/** How many rows to request per page; 100 if not given. */
	pageSize?: number;
	/** The most rows that the caller needs. Pages beyond them are not read ahead. */
	wanted?: number;
	/**
	 * The most rows worth reading. Reading stops, and is not whole, as soon as the total of a list or the rows
	 * read are more. The total may be wrong.
	 */
	most?: number;
}

/**
 * Reads the conversions that match the filters, to the end of Affilae's list. If Affilae ignores a filter,
 * this function applies it, row by row. If Affilae requires a program and none is given, it reads the list
 * of each program of the credential.
 *
 * @returns how reading ended, for example whether the list is whole
 * @throws {ApiError} if a page could not be read
 * @throws {UserError} if Affilae requires a program and none is known
 */
export async function* readConversions(
	client: Reader,
	filters: Filters,
	options: ReadOptions = {},
): AsyncGenerator<Rows, ListEnd, undefined> {
	const { dialect } = client;
	const isAsked = dialect.programsToAsk('list', filters.programId).includes(undefined);
	try {
		return yield* readPrograms(client, filters, options);
	} catch (thrown) {
		const isMissing = isAsked && thrown instanceof ApiError && thrown.isAboutProgram;
		if (!isMissing) return await Promise.reject(thrown);
		return yield* readPrograms(client, filters, options);
	}
}

async function* readPrograms(
	client: Reader,
	filters: Filters,
	{ most = Infinity, ...options }: ReadOptions,
): AsyncGenerator<Rows, ListEnd, undefined> {
	let end: ListEnd = { isWhole: true, seen: 0 };
	for (const programId of client.dialect.programsToAsk('list', filters.programId)) {
		const next = yield* readProgram(client, withProgram(filters, programId), {
			...options,
			most: most - end.seen,
		});
		const problem = end.problem ?? next.problem;
		end = {
			isWhole: end.isWhole && next.isWhole,
			seen: end.seen + next.seen,
			...(problem === undefined ? {} : { problem }),
		};
		if (!end.isWhole && most !== Infinity) return end;
	}
	return end;
}

async function* readProgram(
	client: Reader,
	filters: Filters,
	{ most = Infinity, wanted = most, ...options }: ReadOptions,
): AsyncGenerator<Rows, ListEnd, undefined> {
	const { dialect } = client;
	const matcher = new Matcher<Rows[number]>(filters);
	const period = periodWith(filters);
	const asked = { ...filters, ...period };
	let total = 0;
	const pages = readList({
		readPage: async (position) => {
			const page = await listPage(client, asked, position);
			total = Math.max(total, page.total ?? 0);
			return page;
		},
		dialect,
		period,
		wanted,
		...options,
	});
	let read = 0;
	let isFiltered = true;
	try {
		for (;;) {
			const next = await pages.next();
			if (next.done === true) {
				yield ofProgram(matcher.rest(), filters.programId, isFiltered);
				return next.value;
			}
			read += next.value.length;
			isFiltered &&=
				dialect.allows('list', 'program') && isOfProgram(next.value, filters.programId);
			const matches = matcher.take(next.value);
			if (matcher.restCount >= Math.max(wanted, PAGE_SIZE)) matches.push(...matcher.rest());
			yield ofProgram(matches, filters.programId, isFiltered);
			if (Math.max(total, read) > most) return { isWhole: false, seen: read };
		}
	} finally {
		// If the caller stops early, reading stops too.
		await pages.return({ isWhole: false, seen: read });
	}
}

/**
 * Adds the program to rows that name none, because the request named that program.
 *
 * @param isFiltered whether Affilae applies that filter. If not, such a row may belong to any program, so it
 * cannot be read as one of this program
 */
function ofProgram(rows: Rows, programId: string | undefined, isFiltered: boolean): Rows {
	if (programId === undefined) return rows;
	return rows.map((row) => {
		if (row.programId !== undefined) return row;
		return isFiltered ? { ...row, programId } : withoutProgram(row);
	});
}

function isOfProgram(rows: Rows, programId: string | undefined): boolean {
	return rows.every((row) => row.programId === undefined || row.programId === programId);
}

function withoutProgram({
	id,
	externalId,
	customerId,
	status,
	createdAt,
}: Rows[number]): Rows[number] {
	return withoutAbsent({
		...{ id, externalId, customerId, status, createdAt },
		unreadable: `Affilae does not say which program conversion ${id ?? 'without an ID'} belongs to, and does not list one program only`,
	});
}

/**
 * The period to request: a millisecond longer on either side, because it is unknown whether Affilae includes
 * the ends of a period. Rows outside of the wanted period are left out.
 */
function periodWith({ from, to }: Filters): Period {
	const moved = (moment: string, ms: number) => new Date(Date.parse(moment) + ms).toISOString();
	return {
		...(from === undefined ? {} : { from: moved(from, -1) }),
		...(to === undefined ? {} : { to: moved(to, 1) }),
	};
}

function withProgram(filters: Filters, programId: string | undefined): Filters {
	return programId === undefined ? filters : { ...filters, programId };
}

/** Reads one page of the list, unfiltered. */
async function listPage(
	client: Reader,
	{ programId, ...documented }: Filters,
	{ limit, offset, page, from, to }: Position,
): Promise<Page> {
	const period = { ...(from ? { from } : {}), ...(to ? { to } : {}) };
	return await readQuery(
		client,
		'list',
		{ ...documented, ...period },
		{
			...(programId ? { program: programId } : {}),
			limit,
			...(offset ? { offset } : {}),
			...(page ? { page } : {}),
		},
	);
}

/**
 * Reads the conversions of an order or a customer from `conversions.info`, which may return only the first
 * one (API page: Answers). Rows that do not match are left out.
 *
 * @returns no rows if Affilae knows none
 */
export async function readInfo(
	client: Reader,
	by: ShopIdKind,
	value: string,
	given: string | undefined,
): Promise<Rows> {
	const { dialect } = client;
	const programs = dialect.programsToAsk('info', given);
	const ask = async (programId: string | undefined) => {
		const query = programId ? { program: programId } : {};
		const { rows } = await readQuery(client, 'info', { [by]: value }, query);
		const filters = withProgram({ [by]: value }, programId);
		const isFiltered = dialect.allows('info', 'program') && isOfProgram(rows, programId);
		return ofProgram(matching(rows, filters), programId, isFiltered);
	};
	try {
		return (await awaitAll(programs.map(ask))).flat();
	} catch (thrown) {
		const isMissing = thrown instanceof ApiError && thrown.isAboutProgram;
		if (!isMissing || !programs.includes(undefined)) return await Promise.reject(thrown);
		return await readInfo(client, by, value, given);
	}
}

/**
 * Waits for several calls and returns their results, in their order.
 *
 * @throws what the first failed one threw, but only after all have ended, so that no call outlives the run
 */
export async function awaitAll<T>(calls: ReadonlyArray<Promise<T>>): Promise<T[]> {
	await Promise.allSettled(calls);
	return await Promise.all(calls);
}
