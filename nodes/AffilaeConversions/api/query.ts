import { readPage } from './answers';
import { ApiError } from './apiError';
import type { Reader } from './client';
import { PATHS, type ReadRoute } from './constants';
import type { Page } from './lists/page';

type Query = Record<string, string | number>;

/**
 * Sends a query. If Affilae rejects undocumented keys, leaves them out from then on.
 *
 * @returns no rows if Affilae says that there are none
 * @throws {ApiError} if it was not answered
 */
export async function readQuery(
	client: Reader,
	route: ReadRoute,
	documented: Query,
	undocumented: Query,
): Promise<Page> {
	try {
		return await client.dialect.firstAlone(
			route,
			async () => await readAsLearned(client, route, documented, undocumented),
		);
	} catch (thrown) {
		return await Promise.reject(naming(undocumented['program'], client, thrown));
	}
}

/** The error; if it may be due to a program of the credential, which nobody chose in the node, it names it. */
function naming(program: Query[string] | undefined, { dialect }: Reader, thrown: unknown): unknown {
	const isDue = thrown instanceof ApiError && (thrown.isAboutProgram || thrown.status === 403);
	if (!isDue || !dialect.knownPrograms.some((known) => known === program)) return thrown;
	const advice = `${thrown.advice} The request was for program ${program}: check 'Program IDs' in the credential.`;
	return thrown.with({ advice });
}

async function readAsLearned(
	client: Reader,
	route: ReadRoute,
	documented: Query,
	undocumented: Query,
): Promise<Page> {
	const { dialect } = client;
	const namesProgram = undocumented['program'] !== undefined;
	const rejection = namesProgram ? undefined : dialect.rejectionWithoutProgram(route);
	if (rejection !== undefined) throw rejection;
	const optional = dialect.allowedKeys(route, undocumented);
	const query = { ...documented, ...Object.fromEntries(optional) };
	const call = { method: 'GET', path: PATHS[route], query } as const;
	try {
		return readPage(await client.read(call));
	} catch (thrown) {
		if (!(thrown instanceof ApiError)) return await Promise.reject(thrown);
		if (thrown.isNotFound) return { rows: [], total: 0 };
		const rejected = optional.filter(([key]) => thrown.rejects(key));
		if (thrown.isAboutProgram && !namesProgram) dialect.noteProgramWanted(route, thrown);
		if (rejected.length === 0) return await Promise.reject(thrown);
		const others = rejected.filter(([key]) => key !== 'program');
		dialect.noteRejected(route, others);
		if (others.length < rejected.length) {
			return await readWithoutProgram(client, route, documented, undocumented, thrown);
		}
		return await readAsLearned(client, route, documented, undocumented);
	}
}

/**
 * Finds out whether Affilae rejected the key `program` or only its value. The operator set the value, so only
 * a key that Affilae does not allow may be left out.
 *
 * @throws {ApiError} `rejection` if the value was wrong: without it, Affilae misses a program
 */
async function readWithoutProgram(
	client: Reader,
	route: ReadRoute,
	documented: Query,
	{ program = '', ...undocumented }: Query,
	rejection: ApiError,
): Promise<Page> {
	try {
		const page = await readAsLearned(client, route, documented, undocumented);
		// Not before: the requests of other items may name a program that Affilae knows.
		client.dialect.noteRejected(route, [['program', program]]);
		return page;
	} catch (thrown) {
		const isAboutTheSame = thrown instanceof ApiError && thrown.isAboutProgram;
		return await Promise.reject(isAboutTheSame ? rejection : thrown);
	}
}
