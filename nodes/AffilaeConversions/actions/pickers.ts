import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, openClient, type Client } from '../api/client';
import { readConversions } from '../api/conversions';
import type { Rows } from '../api/lists/page';
import { isReadable, type Conversion } from '../domain/conversion';
import { readProgramId } from '../domain/ids';
import { isSameId, type Filters } from '../domain/matches';
import { formatCents } from '../domain/money';
import { UserError } from '../domain/userError';
import { readLocated } from '../parameters/values';

/** A person is waiting. */
const PICKER_CALLS = { ...DEFAULT_CALL_SETTINGS, timeoutMs: 15_000, retryForMs: 10_000 };

/** Entries that one look into a list shows at first; each "load more" shows as many again. */
const ENTRIES_AT_ONCE = 50;
/** Conversions that one look may read on its way to these. */
const MOST_READ = 1000;

/**
 * Fills the Program picker: with the program IDs of the credential, and with the programs of the newest
 * conversions. Affilae has no call for programs, so one without conversions has no name here.
 */
export async function searchPrograms(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await withClient(this, async (client) => {
		const named = client.dialect.knownPrograms.map((programId) => ({ programId, id: programId }));
		const entries = await entriesOf(client, {}, paginationToken, (row) =>
			programEntry(row, filter),
		);
		const ofCredential = named.flatMap((row) => programEntry(row, filter) ?? []);
		const missing = ofCredential.filter(
			({ value }) => !entries.results.some((entry) => entry.value === value),
		);
		return paginationToken === undefined
			? { ...entries, results: [...entries.results, ...missing] }
			: entries;
	});
}

/** Fills the Conversion picker, within the chosen program if there is one. */
export async function searchConversions(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await withClient(this, async (client) => {
		const program = programChosen(this);
		if (filter && paginationToken === undefined) {
			// Affilae finds whole order and customer IDs at once, however old the conversion is.
			for (const exact of [{ externalId: filter }, { customerId: filter }]) {
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
	const client = await openClient(functions, PICKER_CALLS);
	try {
		return await use(client);
	} finally {
		client.close();
	}
}

/** The Program field as it is filled in; an expression has no value while a workflow is edited. */
function programChosen(functions: ILoadOptionsFunctions): Filters {
	const { value } = readLocated(functions.getCurrentNodeParameter('program') ?? '', 'Program');
	if (typeof value === 'string' && value.startsWith('=')) {
		throw new UserError(
			"'Program' is an expression, which has no value here",
			"Choose the program for the moment, or give 'Conversion' by its ID.",
		);
	}
	const programId = readProgramId(value, 'Program');
	return programId === undefined ? {} : { programId };
}

async function exactEntries(client: Client, filters: Filters): Promise<INodeListSearchItems[]> {
	const { value: rows } = await readConversions(client, filters).next();
	return Array.isArray(rows) ? rows.flatMap((row: Rows[number]) => conversionEntry(row) ?? []) : [];
}

/**
 * Reads on from the newest conversion until there are enough new entries. The list has no place to go
 * on from that a row could not have moved: so it is read again, and what was shown is passed over.
 *
 * @param shownBefore how many entries earlier looks have shown
 */
async function entriesOf(
	client: Client,
	filters: Filters,
	shownBefore: string | undefined,
	entryOf: (row: Rows[number]) => INodeListSearchItems | undefined,
): Promise<INodeListSearchResult> {
	const shown = Number.parseInt(shownBefore ?? '0', 10) || 0;
	const enough = shown + ENTRIES_AT_ONCE;
	const entries = new Map<unknown, INodeListSearchItems>();
	const pages = readConversions(client, filters, { wanted: enough });
	let read = 0;
	let isEnd = false;
	while (!isEnd && entries.size < enough && read < MOST_READ + shown * 2) {
		const { done, value } = await pages.next();
		isEnd = done === true;
		if (done === true) break;
		read += value.length;
		for (const row of value) {
			const entry = entryOf(row);
			if (entry !== undefined && !entries.has(entry.value)) entries.set(entry.value, entry);
		}
	}
	if (!isEnd) await pages.return({ isWhole: false, seen: 0 });
	const results = [...entries.values()].slice(shown);
	return isEnd || results.length === 0
		? { results }
		: { results, paginationToken: String(entries.size) };
}

function programEntry(
	row: { programId?: string; programName?: string } & object,
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
	return texts.some((text) => isSameId(text, filter) || text.toLowerCase().includes(wanted));
}
