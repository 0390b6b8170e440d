import { centsToUnits, type AmountsIn } from './money';
import { shown } from './userError';

/** The three states of a conversion (API page: `status`, doc). Only a pending one can be changed. */
export const STATUSES = ['pending', 'accepted', 'refused'] as const;
export type Status = (typeof STATUSES)[number];

/** An object as it came from the wire: its values are not checked. */
export type WireObject = Readonly<Record<string, unknown>>;

/**
 * What this node relies on in a conversion. A part that Affilae left out is absent here too;
 * absent money is never 0. `row` is Affilae's own object, untouched.
 */
export interface Conversion {
	/** Affilae's internal id, 24 hexadecimal characters (API page: seen). */
	id: string;
	/** The shop's order id. */
	externalId?: string;
	customerId?: string;
	/** One of {@link STATUSES} as far as is known; other words are kept as they came. */
	status?: string;
	/** Integer cents. */
	amountCents?: number;
	/** ISO 4217 code. */
	currency?: string;
	/** Integer cents, over all partnerships (`commissionsTotal`). */
	commissionCents?: number;
	programId?: string;
	programName?: string;
	/** UTC ISO 8601, as Affilae wrote it. */
	createdAt?: string;
	row: WireObject;
}

/** A conversion as an item of simplified output: no IP address, no user agent. */
export interface SimplifiedConversion {
	id: string;
	externalId?: string;
	customerId?: string;
	status?: string;
	/** In cents or currency units, as Amounts In says. */
	amount?: number;
	/** Always integer cents. */
	amountInCents?: number;
	currency?: string;
	/** In cents or currency units, as Amounts In says. */
	commission?: number;
	programId?: string;
	createdAt?: string;
}

/** Whether a value from the wire is an object that can be looked into. */
export function isWireObject(value: unknown): value is WireObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads one row of an answer.
 *
 * @returns the conversion, or in a few words why the row cannot be one
 */
export function parseConversion(row: unknown): Conversion | { unreadable: string } {
	if (!isWireObject(row)) return { unreadable: 'a row is not an object' };
	const id = text(row['id']);
	if (id === undefined) return { unreadable: 'a row has no id' };
	const { amount, commissionsTotal, program, status } = row;
	const programId = isWireObject(program) ? program['id'] : program;
	if (!isAbsent(amount) && !isCents(amount)) {
		return { unreadable: `the amount of conversion ${id} is not whole cents` };
	}
	if (isGarbled(programId)) return { unreadable: `the program of conversion ${id} is not an ID` };
	return withoutAbsent({
		id,
		externalId: text(row['externalId']),
		customerId: text(row['customerId']),
		status: isGarbled(status) ? shown(status) : text(status),
		amountCents: isCents(amount) ? amount : undefined,
		currency: text(row['currency']),
		commissionCents: isCents(commissionsTotal) ? commissionsTotal : undefined,
		programId: text(programId),
		programName: isWireObject(program) ? text(program['name']) : undefined,
		createdAt: text(row['createdAt']),
		row,
	});
}

/**
 * When a conversion was made, in milliseconds since 1970, UTC; NaN where Affilae does not say, or says
 * what cannot be: before 1970, or in a year of five digits.
 */
export function instantOf({ createdAt = '' }: Pick<Conversion, 'createdAt'>): number {
	const instant = Date.parse(createdAt);
	return instant >= 0 && instant < YEAR_10000 ? instant : NaN;
}

const YEAR_10000 = Date.UTC(10_000, 0);

/** The few fields an operator works with. What is absent in the conversion is absent here. */
export function simplify(conversion: Conversion, amountsIn: AmountsIn): SimplifiedConversion {
	const { id, externalId, customerId, status, amountCents, currency, programId, createdAt } =
		conversion;
	return withoutAbsent({
		id,
		externalId,
		customerId,
		status,
		amount: inUnit(amountCents, amountsIn),
		amountInCents: amountCents,
		currency,
		commission: inUnit(conversion.commissionCents, amountsIn),
		programId,
		createdAt,
	});
}

function inUnit(cents: number | undefined, amountsIn: AmountsIn): number | undefined {
	if (cents === undefined) return undefined;
	return amountsIn === 'units' ? centsToUnits(cents) : cents;
}

function isCents(value: unknown): value is number {
	return typeof value === 'number' && Number.isSafeInteger(value);
}

function isAbsent(value: unknown): value is null | undefined {
	return value === undefined || value === null;
}

/** Neither text nor left out: what is garbled must not pass for what is absent. */
function isGarbled(value: unknown): boolean {
	return !isAbsent(value) && value !== '' && text(value) === undefined;
}

/** Ids may come as numbers, unless they are too long for one; an empty text names nothing. */
function text(value: unknown): string | undefined {
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' && value !== '' ? value : undefined;
}

type WithoutAbsent<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(value: T): WithoutAbsent<T>;
function withoutAbsent(value: object): object {
	return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
}
