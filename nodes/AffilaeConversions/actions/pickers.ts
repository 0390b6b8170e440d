import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { ApiError } from '../api/apiError';
import { INTERACTIVE_CALLS, openClient, type Client } from '../api/client';
import { readConversions } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { readUntil } from '../api/lists/readUntil';
import { isReadable, type Conversion } from '../domain/conversion';
import { readProgramId } from '../domain/ids';
import type { Filters } from '../domain/matches';
import { formatCents } from '../domain/money';
import { UserError } from '../domain/userError';
import { readLocated } from '../parameters/values';

/** How many entries a list shows at first; scrolling loads as many again. */
const ENTRIES_AT_ONCE = 50;
/** How many conversions to read at most for the first entries. */
const MOST_READ = 1000;

/**
 * Fills the list of Program with the programs of the newest conversions and the program IDs of the
 * credential. Affilae has no call for programs, so a program without conversions has no name here.
 */
export async function searchPrograms(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await withClient(this, async (client) => {
		const ofCredential = client.dialect.knownPrograms.flatMap(
			(programId) => programEntry({ programId }, filter) ?? [],
		);
		const isOffered = (one: INodeListSearchItems, others: readonly INodeListSearchItems[]) =>
			others.some(({ value }) => value === one.value);
		const entries = await entriesOf(client, {}, paginationToken, (row) =>
			programEntry(row, filter),
		);
		const { results } = entries;
		// The first page of the list offers the programs of the credential, with their names if known.
		return paginationToken === undefined
			? {
					...entries,
					results: [...results, ...ofCredential.filter((entry) => !isOffered(entry, results))],
				}
			: { ...entries, results: results.filter((entry) => !isOffered(entry, ofCredential)) };
	});
}

/** Fills the list of Conversion, within the chosen program if there is one. */
export async function searchConversions(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await withClient(this, async (client) => {
		const program = programChosen(this);
		const id = filter?.trim();
		if (id && paginationToken === undefined) {
			// Affilae finds whole order and customer IDs at once, however old the conversion is.
			for (const exact of [{ externalId: id }, { customerId: id }]) {
				const results = await exactEntries(client, { ...program, ...exact });
				if (results.length > 0) return { results };
			}
		}
		return await entriesOf(client, program, paginationToken, (row) => conversionEntry(row, filter));
	});
}

async function withClient<T>(
	functions: ILoadOptionsFunctions,
	use: (client: Client) => Promise<T>,
): Promise<T> {
	const client = await openClient(functions, INTERACTIVE_CALLS);
	try {
		return await use(client);
	} finally {
		client.close();
	}
}

/** The filter for the chosen program. An expression has no value in the editor. */
function programChosen(functions: ILoadOptionsFunctions): Filters {
	const { value } = readLocated(functions.getCurrentNodeParameter('program') ?? '', 'Program');
	if (typeof value === 'string' && value.startsWith('=')) {
		throw new UserError(
			"'Program' is an expression, which has no value in the editor",
			"Choose a program temporarily, or enter the ID in 'Conversion'.",
		);
	}
	const programId = readProgramId(value, 'Program');
	return programId === undefined ? {} : { programId };
}

/** The conversions of an order or a customer, which are few; at most as many as the first entries are read from. */
async function exactEntries(client: Client, filters: Filters): Promise<INodeListSearchItems[]> {
	const entries: INodeListSearchItems[] = [];
	const pages = readConversions(client, filters, { wanted: MOST_READ, most: MOST_READ });
	const end = await readUntil(pages, (rows) => {
		entries.push(...rows.flatMap((row) => conversionEntry(row) ?? []));
		return false;
	}).catch(async (thrown: unknown) => {
		// A text that is only a part of an ID may have a form that Affilae rejects.
		const isRejected = thrown instanceof ApiError && thrown.isRejection;
		return isRejected ? undefined : await Promise.reject(thrown);
	});
	const isWhole = end?.isWhole === true || entries.length === 0;
	return isWhole ? entries : [...entries, othersNotGiven(entries.length)];
}

/**
 * Reads from the newest conversion until there are enough new entries, or until it takes too long: then the
 * next request reads twice as far. Rows move, so no position in the list is stable: each request reads it
 * from the start and skips what was shown.
 *
 * @param token how many entries earlier requests have shown, and how many conversions the last one has read
 */
async function entriesOf(
	client: Client,
	filters: Filters,
	token: string | undefined,
	entryOf: (row: Rows[number]) => INodeListSearchItems | undefined,
): Promise<INodeListSearchResult> {
	const [shown = 0, readBefore = 0] = (token ?? '').split('/').map((part) => Number(part) || 0);
	const enough = shown + ENTRIES_AT_ONCE;
	const mostRead = Math.max(MOST_READ, 2 * readBefore);
	const entries = new Map<unknown, INodeListSearchItems>();
	// The first page usually has enough entries. Whoever scrolls further is searching.
	const wanted = token === undefined ? enough : mostRead;
	let read = 0;
	const end = await readUntil(readConversions(client, filters, { wanted }), (rows) => {
		read += rows.length;
		for (const row of rows) {
			const entry = entryOf(row);
			if (entry !== undefined && !entries.has(entry.value)) entries.set(entry.value, entry);
		}
		return entries.size >= enough || read >= mostRead;
	});
	const results = [...entries.values()].slice(shown);
	if (end === undefined) {
		const next = { paginationToken: `${Math.max(shown, entries.size)}/${read}` };
		// The editor does not scroll a list without entries.
		const isEmpty = token === undefined && results.length === 0;
		return { results: isEmpty ? [othersNotGiven(read)] : results, ...next };
	}
	if (!end.isWhole && entries.size === 0) throw notWhole(end.seen);
	return { results: end.isWhole ? results : [...results, othersNotGiven(end.seen)] };
}

/** The last entry of a list if Affilae has more that it does not return. It cannot be chosen. */
function othersNotGiven(seen: number): INodeListSearchItems {
	return {
		name: `Only ${seen} conversions were searched. For another one, enter its ID`,
		value: '',
	};
}

/** The error instead of an empty list that may not be empty. */
function notWhole(seen: number): UserError {
	return new UserError(
		`None of the ${seen} conversions that Affilae returned matches, and it has more that it does not return`,
		'Enter the ID instead of choosing from the list.',
	);
}

function programEntry(
	row: { programId?: string; programName?: string },
	filter?: string,
): INodeListSearchItems | undefined {
	const { programId, programName = programId } = row;
	if (programId === undefined || programName === undefined) return undefined;
	return contains([programName, programId], filter)
		? { name: programName, value: programId }
		: undefined;
}

function conversionEntry(row: Rows[number], filter?: string): INodeListSearchItems | undefined {
	if (!isReadable(row)) return undefined;
	const { id, externalId = '', customerId = '' } = row;
	return contains([id, externalId, customerId], filter)
		? { name: nameOf(row), value: id }
		: undefined;
}

function nameOf(conversion: Conversion): string {
	const { id, externalId, amountCents, currency, status, ruleName } = conversion;
	return [
		externalId === undefined ? id : `Order ${externalId.trim()}`,
		...(amountCents === undefined ? [] : [formatCents(amountCents, currency)]),
		...(status === undefined ? [] : [status]),
		...(ruleName === undefined ? [] : [ruleName]),
	].join(' · ');
}

function contains(texts: readonly string[], filter = ''): boolean {
	const wanted = filter.trim().toLowerCase();
	return texts.some((text) => text.toLowerCase().includes(wanted));
}
