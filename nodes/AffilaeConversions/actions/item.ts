import type { Subject } from '../api/callLog';
import { isWireObject, type WireObject } from '../domain/conversion';
import { readFlag, readLocated, type Located } from '../parameters/values';
import type { Parameters } from './expressions';

/** One input item, through which an operation reads its parameters. */
export class Item {
	/** What it is about, as far as that is known: the conversion as it names it, and the one found. */
	readonly subjects: Subject[] = [];

	constructor(
		private readonly parameters: Parameters,
		readonly index: number,
	) {}

	/** IANA name of the workflow's time zone. */
	get timezone(): string {
		return this.parameters.timezone;
	}

	/** A parameter as it is: an expression can return anything. */
	value(name: string): unknown {
		return this.parameters.valueFor(this.index, name);
	}

	/** A collection of optional fields, read at once: each read of an expression costs time. */
	collection(name: string): WireObject {
		const value = this.value(name);
		return isWireObject(value) ? value : {};
	}

	/** @throws {UserError} unless the parameter is true or false */
	flag(name: string, displayName: string): boolean {
		return readFlag(this.value(name), displayName);
	}

	/** @throws {UserError} unless the locator holds text or a number */
	located(name: string, displayName: string): Located {
		return readLocated(this.value(name), displayName);
	}
}
