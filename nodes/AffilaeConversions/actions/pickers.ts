import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { DEFAULT_CALL_SETTINGS, openClient, type Client } from '../api/client';
import { PAGE_SIZE } from '../api/constants';
import { listPage, type ListFilters, type Rows } from '../api/conversions';
import type { Conversion } from '../domain/conversion';
import { formatCents } from '../domain/money';
import { readLocated } from './item';

/** A person is waiting. */
const PICKER_CALLS = { ...DEFAULT_CALL_SETTINGS, timeoutMs: 15_000, retryForMs: 10_000 };

/** Pages that one look into a list may cost. */
const MOST_PAGES = 10;

/** Where a picker goes on: rows read so far, and the programs already shown. */
interface Continuation {
	offset: number;
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
	const { offset, shown } = readToken(paginationToken);
	return await collect(await openClient(this, PICKER_CALLS), {}, offset, shown, (conversion) => {
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
	const { offset, shown } = readToken(paginationToken);
	const { value: programId } = readLocated(this.getCurrentNodeParameter('program'), 'Program');
	const describe = (conversion: Conversion) => {
		const isOfProgram = programId === '' || conversion.programId === programId;
		const { id, externalId = '', customerId = '' } = conversion;
		return isOfProgram && matches([id, externalId, customerId], filter)
			? { name: nameOf(conversion), value: id }
			: undefined;
	};
	if (filter && offset === 0) {
		// Affilae finds whole order and customer IDs at once, however old the conversion is.
		for (const exact of [{ externalId: filter }, { customerId: filter }]) {
			const rows = await listPage(client, exact, { limit: PAGE_SIZE, offset: 0 });
			const results = itemsOf(rows, [], describe);
			if (results.length > 0) return { results };
		}
	}
	return await collect(client, programId ? { programId } : {}, offset, shown, describe);
}

/** Reads on until something can be shown, the list ends, or it has cost enough for one look. */
async function collect(
	client: Client,
	filters: ListFilters,
	start: number,
	shown: readonly string[],
	describe: (conversion: Conversion) => INodeListSearchItems | undefined,
): Promise<INodeListSearchResult> {
	let offset = start;
	for (let pages = 1; ; pages += 1) {
		const rows = await listPage(client, filters, { limit: PAGE_SIZE, offset });
		if (offset > 0 && client.allowed('offset', offset).length === 0) return { results: [] };
		const results = itemsOf(rows, shown, describe);
		offset += rows.conversions.length;
		const isEnd =
			rows.total === undefined
				? rows.conversions.length < PAGE_SIZE
				: rows.conversions.length === 0 || offset >= rows.total;
		if (isEnd) return { results };
		if (results.length > 0 || pages === MOST_PAGES) {
			const all = [...shown, ...results.map(({ value }) => String(value))];
			return { results, paginationToken: writeToken({ offset, shown: all }) };
		}
	}
}

function itemsOf(
	{ conversions }: Rows,
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

function writeToken({ offset, shown }: Continuation): string {
	return [offset, ...shown].join(' ');
}

function readToken(token: string | undefined): Continuation {
	const [offset = '0', ...shown] = token?.split(' ') ?? [];
	return { offset: Number.parseInt(offset, 10) || 0, shown };
}
