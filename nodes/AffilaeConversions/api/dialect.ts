import { UserError } from '../domain/userError';
import type { ApiError } from './apiError';
import type { ReadRoute } from './constants';
import type { ListDialect } from './lists/page';

type Query = Readonly<Record<string, string | number>>;

/** Page sizes to try after a larger one was rejected. */
const LOWER_LIMITS = [50, 25, 10] as const;

/** Affilae requires a program, and neither the item nor the credential has one. */
export class ProgramMissing extends UserError {
	override readonly name = 'ProgramMissing';

	constructor() {
		super(
			'Affilae requires a program, but none is set',
			"Fill in 'Program', or 'Program IDs' in the credential. To find a program ID, open Configuration > Tracking in Affilae: it is the part of the tracking key after the dash.",
		);
	}
}

/**
 * What one execution has learned about which requests Affilae understands. The node tries what the API page
 * calls a guess, and remembers here how Affilae responds.
 */
export class Dialect implements ListDialect {
	paging: ListDialect['paging'] = 'offset';
	isPagingProven = false;
	fullPage: number | undefined;

	private readonly first = new Map<ReadRoute | 'lookup' | 'secondLookup', Promise<void>>();
	private readonly rejectedKeys = new Set<string>();
	private readonly programWanted = new Map<ReadRoute, ApiError>();
	private readonly unusable = new Set<ReadRoute>();
	private largestLimit = Infinity;

	/**
	 * @param knownPrograms the program IDs of the credential. A program that only some items or rows name is
	 * not among them: the other items would then be searched in some of their programs only.
	 */
	constructor(readonly knownPrograms: readonly string[]) {}

	/** Whether the list allows an undocumented key, as far as is known. */
	listAllows(key: 'limit' | 'offset' | 'page'): boolean {
		return this.allows('list', key);
	}

	/** Whether a route allows an undocumented key, as far as is known. */
	allows(route: ReadRoute, key: string): boolean {
		return !this.rejectedKeys.has(`${route} ${key}`);
	}

	/** The undocumented keys of a query that may be sent, with a `limit` that Affilae allows. */
	allowedKeys(route: ReadRoute, query: Query): Array<[string, string | number]> {
		return Object.entries(query)
			.filter(([key]) => this.allows(route, key))
			.map(([key, value]) => [
				key,
				key === 'limit' ? Math.min(Number(value), this.largestLimit) : value,
			]);
	}

	/** Notes that Affilae rejected undocumented keys, or a limit for being too high. */
	noteRejected(route: ReadRoute, rejected: ReadonlyArray<[string, string | number]>): void {
		for (const [key, value] of rejected) {
			const lower =
				key === 'limit' ? LOWER_LIMITS.find((limit) => limit < Number(value)) : undefined;
			if (lower === undefined) this.rejectedKeys.add(`${route} ${key}`);
			else this.largestLimit = lower;
		}
	}

	/**
	 * Runs the first request of a kind alone. Later requests wait for it and use what the dialect has learned,
	 * so that they do not repeat its rejected attempts.
	 *
	 * @throws what `ask` throws
	 */
	async firstAlone<T>(
		kind: ReadRoute | 'lookup' | 'secondLookup',
		ask: () => Promise<T>,
	): Promise<T> {
		const first = this.first.get(kind);
		if (first !== undefined) {
			await first;
			return await ask();
		}
		const asking = ask();
		this.first.set(
			kind,
			asking.then(
				() => undefined,
				() => undefined,
			),
		);
		return await asking;
	}

	/** Notes that Affilae rejected a request because it named no program. */
	noteProgramWanted(route: ReadRoute, rejection: ApiError): void {
		this.programWanted.set(route, rejection);
	}

	/** The rejection of a request without a program; undefined if there was none. */
	rejectionWithoutProgram(route: ReadRoute): ApiError | undefined {
		return this.programWanted.get(route);
	}

	/**
	 * The programs to send requests for, one request each.
	 *
	 * @param given the program that the operator named
	 * @returns program IDs; `undefined` stands for a request without a program
	 * @throws {ProgramMissing} if Affilae requires a program and the credential has none
	 */
	programsToAsk(route: ReadRoute, given: string | undefined): ReadonlyArray<string | undefined> {
		if (given !== undefined) return [given];
		if (!this.programWanted.has(route)) return [undefined];
		if (this.knownPrograms.length > 0) return this.knownPrograms;
		throw new ProgramMissing();
	}

	/** The programs that requests were sent for, one request each; none if requests named no program. */
	askedPrograms(route: ReadRoute): readonly string[] {
		return this.programWanted.has(route) ? this.knownPrograms : [];
	}

	/** Notes that a route cannot be used for look-ups. From then on, look-ups do not request it. */
	noteUnusable(route: ReadRoute): void {
		this.unusable.add(route);
	}

	isUsable(route: ReadRoute): boolean {
		return !this.unusable.has(route);
	}
}
