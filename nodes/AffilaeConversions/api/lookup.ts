import type { Conversion } from '../domain/conversion';
import { fits, nothingFits, referenceKey, type Reference } from '../domain/match';
import type { Client } from './client';
import { info, type Rows } from './conversions';
import { readPages } from './pages';

/** Finds the conversions that references ask for; each reference is asked for once an execution. */
export class Lookup {
	private readonly found = new Map<string, Promise<Conversion[]>>();

	constructor(private readonly client: Client) {}

	/**
	 * All conversions that fit a reference, each checked against it. Never empty.
	 *
	 * @throws {Refusal} where none fits
	 */
	async find(reference: Reference): Promise<Conversion[]> {
		const key = referenceKey(reference);
		const finding = this.found.get(key) ?? this.findAgain(reference);
		this.found.set(key, finding);
		return await finding;
	}

	/** Asks Affilae even where the answer was already known: a write may have changed it since. */
	async findAgain(reference: Reference): Promise<Conversion[]> {
		const conversions = await this.ask(reference);
		if (conversions.length === 0) throw nothingFits(reference);
		return conversions;
	}

	private async ask(reference: Reference): Promise<Conversion[]> {
		const { by } = reference;
		if (by === 'id') return await this.searchPages(reference);
		const rows = await info(this.client, { ...reference, by });
		const conversions = isWhole(rows) ? rows.conversions : await this.listAll({ ...reference, by });
		return conversions.filter((conversion) => fits(conversion, reference));
	}

	/** Affilae has no call that reads one conversion by its internal id (API page: Endpoints). */
	private async searchPages(reference: Reference): Promise<Conversion[]> {
		const { programId } = reference;
		for await (const page of readPages(this.client, programId ? { programId } : {})) {
			const conversion = page.find((candidate) => fits(candidate, reference));
			if (conversion) return [conversion];
		}
		return [];
	}

	private async listAll({ by, value }: Reference & { by: 'externalId' | 'customerId' }) {
		const conversions: Conversion[] = [];
		for await (const page of readPages(this.client, { [by]: value })) conversions.push(...page);
		return conversions;
	}
}

function isWhole({ conversions, total }: Rows): boolean {
	return total === undefined || conversions.length >= total;
}
