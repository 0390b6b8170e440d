import { isWireObject, parseConversion, type Conversion, type Status } from '../domain/conversion';
import type { Reference } from '../domain/match';
import type { Client } from './client';
import { PATHS } from './constants';
import { ApiError, unreadable } from './apiError';
import type { Answer } from './http';

/** What `conversions.list` can be asked for. All but `programId` are documented (API page: doc). */
export interface ListFilters {
	status?: Status;
	/** UTC ISO 8601. */
	from?: string;
	/** UTC ISO 8601. */
	to?: string;
	customerId?: string;
	externalId?: string;
	/** Sent as `program`, which is a guess: rows are checked, and the key is left out once refused. */
	programId?: string;
}

/** Where in a list to read. None of these keys is documented: each is left out once refused. */
export interface PagePosition {
	/** Rows to give at the most. */
	limit?: number | undefined;
	/** Rows to pass over. */
	offset?: number | undefined;
	/** Counted from 1. */
	page?: number | undefined;
}

/** Some rows of an answer, and how many there are in all where the answer says so. */
export interface Rows {
	conversions: Conversion[];
	total?: number;
}

/** The write calls: what is sent is what {@link PATHS} documents (API page: Endpoints, doc). */
export type Write =
	| { do: 'accept'; id: string; programId: string }
	| { do: 'refuse'; id: string; programId: string; reason: string }
	| { do: 'update'; id: string; amountCents: number; reason: string };

type Query = Record<string, string | number>;

/** Reads one page of conversions. */
export async function listPage(
	client: Client,
	{ programId, ...documented }: ListFilters,
	{ limit, offset, page }: PagePosition,
): Promise<Rows> {
	return await read(
		client,
		PATHS.list,
		{ ...documented },
		{
			...(programId ? { program: programId } : {}),
			...(limit ? { limit } : {}),
			...(offset ? { offset } : {}),
			...(page && page > 1 ? { page } : {}),
		},
	);
}

/**
 * Asks for the conversions of an order or a customer. The rows are not checked against the reference.
 *
 * @returns no conversions where Affilae knows none
 */
export async function info(
	client: Client,
	{ by, value, programId }: Reference & { by: 'externalId' | 'customerId' },
): Promise<Rows> {
	try {
		return await read(client, PATHS.info, { [by]: value }, programId ? { program: programId } : {});
	} catch (thrown) {
		if (isNotFound(thrown)) return { conversions: [] };
		return await Promise.reject(thrown);
	}
}

/**
 * Carries out one write.
 *
 * @param isAgain whether this write was sent before
 * @returns the conversion as Affilae answers it; what the answer holds is not known (API page), so often nothing
 */
export async function write(
	client: Client,
	order: Write,
	isAgain: boolean,
): Promise<Conversion | undefined> {
	const call = { method: 'POST', path: PATHS[order.do], body: bodyOf(order) } as const;
	const answer = await client.send(call, isAgain);
	const refusedInside = statusInside(answer.body);
	if (refusedInside !== undefined && refusedInside >= 400) {
		throw unreadable(answer.status, `it speaks of status ${refusedInside}`);
	}
	return conversionIn(answer.body, order.id);
}

function bodyOf(order: Write): Query {
	if (order.do === 'accept') return { program: order.programId, id: order.id };
	if (order.do === 'refuse') {
		return { program: order.programId, id: order.id, reason: order.reason };
	}
	return { id: order.id, amount: order.amountCents, reason: order.reason };
}

/** Sends a query; undocumented keys that Affilae refuses are left out from then on. */
async function read(
	client: Client,
	path: string,
	documented: Query,
	undocumented: Query,
): Promise<Rows> {
	const optional = Object.entries(undocumented).flatMap(([key, value]) =>
		client.allowed(key, value),
	);
	try {
		const query = { ...documented, ...Object.fromEntries(optional) };
		return readRows(await client.send({ method: 'GET', path, query }));
	} catch (thrown) {
		const refused = optional.filter(([key]) => isRefusalOf(thrown, key));
		if (refused.length === 0) return await Promise.reject(thrown);
		for (const [key, value] of refused) client.refuse(key, value);
		return await read(client, path, documented, undocumented);
	}
}

function isRefusalOf(thrown: unknown, key: string): boolean {
	return thrown instanceof ApiError && thrown.status === 400 && thrown.keys.includes(key);
}

/** A look-up that finds nothing may be told by 404; one without a message of Affilae's is a wrong address. */
function isNotFound(thrown: unknown): boolean {
	return thrown instanceof ApiError && thrown.status === 404 && thrown.affilaeSays !== undefined;
}

/**
 * Reads each shape that Affilae's lists are known to come in (API page: Responses).
 *
 * @throws {ApiError} for any other answer: it must never look like an empty list
 */
function readRows({ status, body }: Answer): Rows {
	const { data, total } = rowsIn(body);
	if (!Array.isArray(data)) {
		throw unreadable(
			status,
			body === undefined ? 'it is empty' : 'it holds no list of conversions',
		);
	}
	const conversions = data.map((row: unknown) => {
		const parsed = parseConversion(row);
		if ('unreadable' in parsed) throw unreadable(status, parsed.unreadable);
		return parsed;
	});
	return total === undefined ? { conversions } : { conversions, total };
}

function rowsIn(body: unknown): { data?: unknown; total?: number | undefined } {
	if (Array.isArray(body)) return { data: body };
	if (!isWireObject(body)) return {};
	const { conversions, data, count } = body;
	if (isWireObject(conversions)) {
		return { data: conversions['data'], total: asCount(conversions['total']) };
	}
	const rows = conversions ?? data;
	const total = asCount(count);
	// A count no higher than the rows at hand may be the count of this page.
	const isOverall = total !== undefined && Array.isArray(rows) && total > rows.length;
	return isOverall ? { data: rows, total } : { data: rows };
}

function asCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The conversion in the answer to a write, wherever it stands. */
function conversionIn(body: unknown, id: string): Conversion | undefined {
	if (!isWireObject(body)) return undefined;
	const { data } = rowsIn(body);
	const places: unknown[] = [
		body['conversion'],
		body['data'],
		body,
		...(Array.isArray(data) ? data : []),
	];
	for (const place of places) {
		const parsed = parseConversion(place);
		if (!('unreadable' in parsed) && parsed.id === id) return parsed;
	}
	return undefined;
}

function statusInside(body: unknown): number | undefined {
	const status = isWireObject(body) ? body['statusCode'] : undefined;
	return typeof status === 'number' ? status : undefined;
}
