import type { Conversion } from '../domain/conversion';
import { fits, nothingFits, referenceKey, type Reference } from '../domain/match';
import { UserError } from '../domain/userError';
import type { Client } from './client';
import { info, type Rows } from './conversions';
import { Cancelled } from './apiError';
import { findInPages } from './orders';
import { readPages } from './pages';

/** References that are asked for one by one whatever the list costs. */
const FEW = 3;

/** Finds the conversions that references ask for; each reference is asked for once an execution. */
export class Lookup {
	private readonly found = new Map<string, Promise<Conversion[]>>();
	private scan: Scan | undefined;
	private readonly scannedFor = new Set<string>();
	private moment = 0;

	constructor(private readonly client: Client) {}

	/**
	 * Tells which references are to come, so that many orders are found in few calls where the list
	 * has fewer pages than there are orders. What is not found there is asked for one by one.
	 */
	async expect(references: readonly Reference[]): Promise<void> {
		this.expectIds(references);
		const orders = references.filter(({ by }) => by === 'externalId');
		const ids = new Set(orders.map(({ value }) => value));
		if (ids.size <= FEW) return;
		try {
			const found = await findInPages(this.client, ids);
			for (const reference of orders) {
				const fitting = fittingOf(found.get(reference.value) ?? [], reference);
				if (fitting.length > 0) this.found.set(referenceKey(reference), Promise.resolve(fitting));
			}
		} catch (thrown) {
			// Asking one by one remains, and tells each item what is the matter.
			if (thrown instanceof Cancelled || !(thrown instanceof UserError)) {
				return await Promise.reject(thrown);
			}
		}
	}

	/** Tells which conversion IDs are to come, so that one reading of the list serves all of them. */
	expectIds(references: readonly Reference[]): void {
		for (const { by, value } of references) if (by === 'id') this.scannedFor.add(value);
	}

	/**
	 * All conversions that fit a reference, each checked against it. Never empty.
	 *
	 * @throws {UserError} where none fits
	 */
	async find(reference: Reference): Promise<Conversion[]> {
		const key = referenceKey(reference);
		const finding = this.found.get(key) ?? this.findAgain(reference);
		this.found.set(key, finding);
		return await finding;
	}

	/** A moment to compare what was read with: see {@link findAgain}. */
	now(): number {
		this.moment += 1;
		return this.moment;
	}

	/**
	 * Asks Affilae even where the answer was already known: a write may have changed it since.
	 *
	 * @param since a moment; what was read before it does not count
	 */
	async findAgain(reference: Reference, since = 0): Promise<Conversion[]> {
		const conversions = await this.ask(reference, since);
		if (conversions.length === 0) throw nothingFits(reference);
		return conversions;
	}

	private async ask(reference: Reference, since: number): Promise<Conversion[]> {
		const { by, value } = reference;
		if (by === 'id') {
			const conversion = await this.findInScan(value, since);
			return conversion && fits(conversion, reference) ? [conversion] : [];
		}
		const rows = await info(this.client, { ...reference, by });
		const conversions = isWhole(rows) ? rows.conversions : await this.listAll(by, value);
		return fittingOf(conversions, reference);
	}

	private async findInScan(id: string, since: number): Promise<Conversion | undefined> {
		// A reading under way may have passed an ID that nobody told it of.
		const isUsable = this.scannedFor.has(id) && (this.scan?.begunAt ?? 0) >= since;
		if (!isUsable) this.scan = undefined;
		this.scannedFor.add(id);
		const scan = (this.scan ??= new Scan(this.client, this.scannedFor, this.now()));
		return await scan.find(id).catch((thrown: unknown) => {
			if (this.scan === scan) this.scan = undefined;
			throw thrown;
		});
	}

	private async listAll(by: 'externalId' | 'customerId', value: string): Promise<Conversion[]> {
		const conversions: Conversion[] = [];
		for await (const page of readPages(this.client, { [by]: value })) conversions.push(...page);
		return conversions;
	}
}

/**
 * One reading of the whole list, shared by all who look for a conversion by its ID and gone on with
 * only as far as they need: Affilae has no call for that (API page: Endpoints).
 */
class Scan {
	private readonly pages: AsyncGenerator<Conversion[], void, undefined>;
	private readonly kept = new Map<string, Conversion>();
	private turn: Promise<unknown> = Promise.resolve();
	private brokenOffBy: { reason: unknown } | undefined;

	/**
	 * @param wanted the IDs that may be asked for; others are not kept
	 * @param begunAt the moment from which on its rows are read
	 */
	constructor(
		client: Client,
		private readonly wanted: ReadonlySet<string>,
		readonly begunAt: number,
	) {
		this.pages = readPages(client, {});
	}

	async find(id: string): Promise<Conversion | undefined> {
		const finding = this.turn.then(async () => await this.readUntil(id));
		this.turn = finding.catch(() => undefined);
		return await finding;
	}

	private async readUntil(id: string): Promise<Conversion | undefined> {
		while (!this.kept.has(id)) {
			// A reading that broke off has no more pages, which must not pass for its end.
			if (this.brokenOffBy) return await Promise.reject(this.brokenOffBy.reason);
			const { done, value } = await this.pages.next().catch(async (reason: unknown) => {
				this.brokenOffBy = { reason };
				return await Promise.reject(reason);
			});
			if (done) return undefined;
			for (const conversion of value) {
				if (this.wanted.has(conversion.id)) this.kept.set(conversion.id, conversion);
			}
		}
		return this.kept.get(id);
	}
}

/** Each conversion that fits, once: an answer may hold one twice. */
function fittingOf(conversions: readonly Conversion[], reference: Reference): Conversion[] {
	const fitting = conversions.filter((conversion) => fits(conversion, reference));
	return [...new Map(fitting.map((conversion) => [conversion.id, conversion])).values()];
}

function isWhole({ conversions, total }: Rows): boolean {
	return total === undefined || conversions.length >= total;
}
