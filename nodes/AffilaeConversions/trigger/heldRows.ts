import type { Conversion } from '../domain/conversion';

/** The rows of one round whose status is needed but not shown, until the list of one status contains them. */
export class HeldRows {
	private readonly byId = new Map<string, { row: Conversion; isExisting: boolean }>();

	get isEmpty(): boolean {
		return this.byId.size === 0;
	}

	/** Those that existed before, and only have to be recorded. */
	get existing(): Conversion[] {
		return [...this.byId.values()].flatMap(({ row, isExisting }) => (isExisting ? row : []));
	}

	/** Those that may have an event. */
	get eventful(): Conversion[] {
		return [...this.byId.values()].flatMap(({ row, isExisting }) => (isExisting ? [] : row));
	}

	add(row: Conversion, isExisting: boolean): void {
		this.byId.set(row.id, { row, isExisting });
	}

	delete(id: string): void {
		this.byId.delete(id);
	}
}
