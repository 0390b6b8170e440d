import type { Subject } from '../api/callLog';
import { isWireObject, type WireObject } from '../domain/conversion';
import { Refusal, shown } from '../domain/refusal';
import type { Parameters } from './parameters';

/** A resource locator as an operator filled it in. */
export interface Located {
	mode: string;
	/** Trimmed; empty where nothing was given. */
	value: string;
}

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

	/** @throws {Refusal} unless the parameter is true or false */
	flag(name: string, displayName: string): boolean {
		return readFlag(this.value(name), displayName);
	}

	/** @throws {Refusal} unless the parameter is text or a number */
	text(name: string, displayName: string): string {
		return readText(this.value(name), displayName);
	}

	/** @throws {Refusal} unless the locator holds text or a number */
	located(name: string, displayName: string): Located {
		return readLocated(this.value(name), displayName);
	}
}

/**
 * Text that an expression may also give as a number, trimmed.
 *
 * @throws {Refusal} for anything else
 */
export function readText(value: unknown, displayName: string): string {
	if (value === undefined || value === null) return '';
	if (typeof value === 'string') return value.trim();
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	throw new Refusal(
		`${displayName} is ${shown(value)}, which is not text`,
		'Check the expression in this field.',
	);
}

/**
 * A locator in either form that n8n stores: an object with its mode, or its value alone.
 *
 * @throws {Refusal} where the value is neither text nor a number
 */
export function readLocated(value: unknown, displayName: string): Located {
	if (!isWireObject(value)) return { mode: '', value: readText(value, displayName) };
	const { mode } = value;
	return {
		mode: typeof mode === 'string' ? mode : '',
		value: readText(value['value'], displayName),
	};
}

/** @throws {Refusal} unless the value is true or false, or one of these two as text */
export function readFlag(value: unknown, displayName: string): boolean {
	if (typeof value === 'boolean') return value;
	if (value === 'true') return true;
	if (value === 'false') return false;
	throw new Refusal(`${displayName} is ${shown(value)}`, 'Give true or false.');
}
