import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, openClient, type Client } from '../api/client';
import { PAGE_SIZE } from '../api/constants';
import { listPage, type ListFilters } from '../api/conversions';
import type { Conversion } from '../domain/conversion';
import { formatCents } from '../domain/money';
import { readLocated } from '../parameters/values';

/** A person is waiting. */
const PICKER_CALLS = { ...DEFAULT_CALL_SETTINGS, timeoutMs: 15_000, retryForMs: 10_000 };

/** Pages that one look into a list may cost. */
const MOST_PAGES = 10;

/** Where a picker goes on. */
interface Continuation {
	/** Rows read so far. */
	offset: number;
	/** The id that the last page began with: a server that cannot page gives it again. */
	lastPage: string;
	/** What was already offered. */
	shown: string[];
}

/**
 * Fills the Program picker. Affilae has no documented call for programs, so they are taken from the
 * conversions: a program without any is not shown, and can be typed.
 */
export async function searchPrograms(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const client = await openClient(this, PICKER_CALLS);
	return await collect(client, {}, readToken(paginationToken), (conversion) => {
		const { programId, programName = programId } = conversion;
		if (programId === undefined || programName === undefined) return undefined;
		return matches([programName, programId], filter)
			? { name: programName, value: programId }
			: undefined;
	});
}

/** Fills the Conversion picker, within the chosen program if there is one. */
export async function searchConversions(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const client = await openClient(this, PICKER_CALLS);
	const start = readToken(paginationToken);
	const { value: programId } = readLocated(this.getCurrentNodeParameter('program'), 'Program');
	const describe = (conversion: Conversion) => {
		const isOfProgram = programId === '' || conversion.programId === programId;
		const { id, externalId = '', customerId = '' } = conversion;
		return isOfProgram && matches([id, externalId, customerId], filter)
			? { name: nameOf(conversion), value: id }
			: undefined;
	};
	if (filter && start.offset === 0) {
		// Affilae finds whole order and customer IDs at once, however old the conversion is.
		for (const exact of [{ externalId: filter }, { customerId: filter }]) {
			const rows = await listPage(client, exact, { limit: PAGE_SIZE, offset: 0 });
			const results = itemsOf(rows.conversions, [], describe);
			if (results.length > 0) return { results };
		}
	}
	return await collect(client, programId ? { programId } : {}, start, describe);
}

/** Reads on until something can be shown, the list ends, or it has cost enough for one look. */
async function collect(
	client: Client,
	filters: ListFilters,
	{ offset, lastPage, shown }: Continuation,
	describe: (conversion: Conversion) => INodeListSearchItems | undefined,
): Promise<INodeListSearchResult> {
	for (let pages = 1; ; pages += 1) {
		const { conversions, total } = await listPage(client, filters, { limit: PAGE_SIZE, offset });
		const [{ id: page } = { id: '' }] = conversions;
		if (conversions.length === 0 || page === lastPage) return { results: [] };
		const results = itemsOf(conversions, shown, describe);
		offset += conversions.length;
		lastPage = page;
		if (total === undefined ? conversions.length < PAGE_SIZE : offset >= total) return { results };
		if (results.length > 0 || pages === MOST_PAGES) {
			const all = [...shown, ...results.map(({ value }) => String(value))];
			return { results, paginationToken: writeToken({ offset, lastPage, shown: all }) };
		}
	}
}

function itemsOf(
	conversions: readonly Conversion[],
	shown: readonly string[],
	describe: (conversion: Conversion) => INodeListSearchItems | undefined,
): INodeListSearchItems[] {
	const items = new Map<unknown, INodeListSearchItems>();
	for (const conversion of conversions) {
		const item = describe(conversion);
		if (item && !shown.includes(String(item.value))) items.set(item.value, item);
	}
	return [...items.values()];
}

function nameOf({ id, externalId, amountCents, currency, status }: Conversion): string {
	return [
		externalId ? `Order ${externalId}` : id,
		...(amountCents === undefined ? [] : [formatCents(amountCents, currency)]),
		...(status ? [status] : []),
	].join(' · ');
}

function matches(texts: readonly string[], filter: string | undefined): boolean {
	const wanted = filter?.trim().toLowerCase() ?? '';
	return texts.some((text) => text.toLowerCase().includes(wanted));
}

function writeToken({ offset, lastPage, shown }: Continuation): string {
	return [offset, lastPage, ...shown].join(' ');
}

function readToken(token: string | undefined): Continuation {
	const [offset = '0', lastPage = '', ...shown] = token?.split(' ') ?? [];
	return { offset: Number.parseInt(offset, 10) || 0, lastPage, shown };
}
