import type { Subject } from '../api/callLog';
import { isWireObject, type WireObject } from '../domain/conversion';
import { UserError } from '../domain/userError';
import { displayNameOf } from '../parameters/displayNames';
import { readFlag, readLocated, type Located } from '../parameters/values';
import type { NodeParameters } from './expressions';

/** One input item, through which an operation reads its parameters. */
export class Item {
	/** What the item is about, as far as is known: its reference, and the conversions found. */
	readonly subjects: Subject[] = [];
	/** How messages name the item, such as `order 1042`; undefined until that is known. */
	label: string | undefined;
	private readonly collections = new Map<string, WireObject>();

	constructor(
		private readonly parameters: NodeParameters,
		readonly index: number,
	) {}

	/** IANA name of the workflow's time zone. */
	get timezone(): string {
		return this.parameters.timezone;
	}

	/**
	 * Returns a parameter, unchecked: an expression can return anything.
	 *
	 * @throws {UserError} if it is set to an expression that returns nothing
	 */
	value(name: string): unknown {
		return this.parameters.valueFor(this.index, name);
	}

	/**
	 * Returns a collection of optional fields. n8n evaluates its expressions only once, because that takes time.
	 *
	 * @throws {UserError} if it is not a collection, or a field is set to an expression that returns nothing
	 */
	collection(name: string): WireObject {
		const known = this.collections.get(name);
		if (known !== undefined) return known;
		const value = this.value(name);
		const fields = value === '' ? {} : value;
		if (isWireObject(fields)) {
			this.collections.set(name, fields);
			return fields;
		}
		throw new UserError(
			`'${displayNameOf(name)}' is not a collection of fields`,
			'Remove it, then add its fields again.',
		);
	}

	/** @throws {UserError} unless the parameter is true or false */
	flag(name: string): boolean {
		return readFlag(this.value(name), displayNameOf(name));
	}

	/** @throws {UserError} unless the locator can be read */
	located(name: string): Located {
		return readLocated(this.value(name), displayNameOf(name));
	}
}
