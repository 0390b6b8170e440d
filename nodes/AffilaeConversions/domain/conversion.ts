import { formatValue } from './userError';

/** The three states of a conversion (API page: life of a conversion, doc). */
export const STATUSES = ['pending', 'accepted', 'refused'] as const;
export type Status = (typeof STATUSES)[number];

/** An object from a response: its values are not checked. */
export type WireObject = Readonly<Record<string, unknown>>;

/**
 * The parts of a conversion that this node uses. What Affilae left out is absent here too; an absent
 * amount is never 0. `row` is Affilae's own object, unchanged.
 */
export interface Conversion {
	/** Affilae's internal ID (API page: 24 hexadecimal digits, run), in lower case. */
	id: string;
	/** The shop's order ID, as Affilae stores it. A bonus has none. */
	externalId?: string;
	customerId?: string;
	/** One of {@link STATUSES} in lower case; any other word unchanged. */
	status?: string;
	/** Integer cents. */
	amountCents?: number;
	/** ISO 4217 code in upper case. */
	currency?: string;
	/** Integer cents, over all affiliates (`commissionsTotal`). */
	commissionCents?: number;
	/** Names of the affiliates that get a commission, without duplicates. */
	affiliates?: readonly string[];
	/** The commission rule: one order can have one conversion per rule. */
	ruleId?: string;
	ruleName?: string;
	programId?: string;
	programName?: string;
	/** The account that the conversion belongs to. */
	advertiserId?: string;
	/** UTC ISO 8601. */
	createdAt?: string;
	/** Whether Affilae says that it can no longer be changed. */
	isLocked?: boolean;
	/** UTC ISO 8601; may lie in the future. */
	lockedAt?: string;
	row: WireObject;
}

/** A row that the node cannot use, with the fields that could be read. */
export interface UnreadableRow {
	/** Why, in a few words, with the conversion ID if possible. */
	unreadable: string;
	id?: string;
	externalId?: string;
	customerId?: string;
	status?: string;
	programId?: string;
	createdAt?: string;
}

/** Whether a row could be read. */
export function isReadable(row: Conversion | UnreadableRow): row is Conversion {
	return !('unreadable' in row);
}

/** Whether a value from a response is an object, not a list. */
export function isWireObject(value: unknown): value is WireObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one row of a response. */
export function parseConversion(row: unknown): Conversion | UnreadableRow {
	if (!isWireObject(row)) return { unreadable: 'a row is not an object' };
	const id = textOf(row['id']);
	if (id === undefined) return { unreadable: 'a row has no ID', ...identify(row) };
	const { amount, commissionsTotal, currency, program, rule, advertiser, isLocked } = row;
	const identity = withoutAbsent({ id: id.toLowerCase(), ...identify(row) });
	const unreadable = (what: string) => ({
		unreadable: `the ${what} of conversion ${id}`,
		...identity,
	});
	if (!isAbsent(amount) && !isCents(amount)) {
		return unreadable(`amount (${formatValue(amount)}, not whole cents)`);
	}
	if (isGarbled(currency) || typeof currency === 'number') {
		return unreadable(`currency (${formatValue(currency)})`);
	}
	if (isGarbled(idOf(program))) return unreadable(`program (${formatValue(idOf(program))})`);
	if (isGarbled(idOf(rule))) return unreadable(`commission rule (${formatValue(idOf(rule))})`);
	if (isGarbled(row['externalId']))
		return unreadable(`order ID (${formatValue(row['externalId'])})`);
	return withoutAbsent({
		...identity,
		amountCents: isCents(amount) ? amount : undefined,
		currency: textOf(currency)?.trim().toUpperCase(),
		commissionCents: isCents(commissionsTotal) ? commissionsTotal : undefined,
		affiliates: affiliatesOf(row['events']),
		ruleId: textOf(idOf(rule)),
		ruleName: isWireObject(rule) ? textOf(rule['name']) : undefined,
		programName: isWireObject(program) ? textOf(program['name']) : undefined,
		advertiserId: textOf(idOf(advertiser)),
		isLocked: readFlag(isLocked),
		lockedAt: isoOf(row['lockedAt']),
		row,
	});
}

/**
 * A point in time as Affilae writes it, as UTC ISO 8601. Without an offset it is UTC; a sister route
 * gives Unix seconds (API page: run). Undefined for anything else.
 */
export function isoOf(value: unknown): string | undefined {
	const ms = instantIn(value);
	return Number.isFinite(ms) && ms >= 0 && ms < YEAR_10000 ? new Date(ms).toISOString() : undefined;
}

/** When a conversion was created, in milliseconds since 1970, UTC; NaN if Affilae gives no date. */
export function instantOf({ createdAt = '' }: { createdAt?: string }): number {
	return Date.parse(createdAt);
}

const YEAR_10000 = Date.UTC(10_000, 0);
/** A number below this is in seconds, not milliseconds: as milliseconds it would be in 1973. */
const LARGEST_SECONDS = 100_000_000_000;

const DATE =
	/^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:Z|UTC|GMT|(?<sign>[+-])(?<hours>\d{2})(?::?(?<minutes>\d{2}))?)?)?$/i;

function instantIn(value: unknown): number {
	if (typeof value !== 'string' && typeof value !== 'number') return NaN;
	const text = String(value).trim();
	// Fewer than nine digits are before 1973: a 0, a year or a day without dashes, not a Unix time.
	if (/^\d{9,13}(?:\.\d+)?$/.test(text)) {
		const number = Number(text);
		return number < LARGEST_SECONDS ? number * 1000 : number;
	}
	const { day, time = '00:00', sign, hours = '00', minutes = '00' } = DATE.exec(text)?.groups ?? {};
	if (day === undefined) return NaN;
	return Date.parse(`${day}T${time}${sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`}`);
}

function identify(row: WireObject): Omit<UnreadableRow, 'unreadable' | 'id'> {
	return withoutAbsent({
		externalId: textOf(row['externalId']),
		customerId: textOf(row['customerId']),
		status: statusOf(row['status']),
		programId: textOf(idOf(row['program']))?.toLowerCase(),
		createdAt: isoOf(row['createdAt']),
	});
}

function statusOf(value: unknown): string | undefined {
	const text = isGarbled(value) ? formatValue(value) : textOf(value);
	const word = text?.trim().toLowerCase();
	return STATUSES.find((status) => status === word) ?? text;
}

/** The affiliates of the events that pay a commission; of all events if none gives an amount. */
function affiliatesOf(events: unknown): readonly string[] | undefined {
	if (!Array.isArray(events)) return undefined;
	const known = events.filter(isWireObject);
	const paysOut = known.filter(({ commission }) => isCents(commission) && commission > 0);
	const tellsPay = known.some(({ commission }) => isCents(commission));
	const names = (tellsPay ? paysOut : known).flatMap(({ affiliateProfile }) =>
		isWireObject(affiliateProfile) ? (textOf(affiliateProfile['name']) ?? []) : [],
	);
	return names.length > 0 ? [...new Set(names)] : undefined;
}

function idOf(value: unknown): unknown {
	return isWireObject(value) ? value['id'] : value;
}

function readFlag(value: unknown): boolean | undefined {
	if (value === true || value === 'true' || value === 1) return true;
	return value === false || value === 'false' || value === 0 ? false : undefined;
}

function isCents(value: unknown): value is number {
	return typeof value === 'number' && Number.isSafeInteger(value);
}

function isAbsent(value: unknown): value is null | undefined {
	return value === undefined || value === null;
}

/** Neither text nor absent: an invalid value must not count as absent. */
function isGarbled(value: unknown): boolean {
	return !isAbsent(value) && value !== '' && textOf(value) === undefined;
}

/** Text, also from a number, as IDs may be numbers. An empty text counts as absent. */
function textOf(value: unknown): string | undefined {
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

type WithoutAbsent<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** The object without its parts that are undefined. */
export function withoutAbsent<T extends object>(value: T): WithoutAbsent<T>;
export function withoutAbsent(value: object): object {
	const present: Record<string, unknown> = {};
	for (const [key, part] of Object.entries(value)) if (part !== undefined) present[key] = part;
	return present;
}
