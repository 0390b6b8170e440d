/** An object with unknown content. */
export type Row = Readonly<Record<string, unknown>>;

/** A value that n8n computes, so the test does not know it. These tests treat it as unusable. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** The parameters of one item, as they were given; absent if they have their default. */
export interface Given {
	conversion?: unknown;
	program?: unknown;
	reason?: unknown;
	amount?: unknown;
	keptAmount?: unknown;
	settled?: unknown;
	dryRun?: unknown;
	simplify?: unknown;
	options?: unknown;
	/** Whether a field is set to an expression that returns undefined or null for the item. */
	givesNothing?: boolean;
}

/** How an item names its conversions. */
export interface Named {
	by: string;
	value: string;
	programId: string | undefined;
	rule: string | undefined;
}

const BY: ReadonlyMap<unknown, string> = new Map([
	['', 'externalId'],
	['externalId', 'externalId'],
	['customerId', 'customerId'],
	['id', 'id'],
	['list', 'id'],
]);
const PROGRAM_ID = /^(?:[0-9a-f]{24}-)?([0-9a-f]{24})$/;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|(?!\s)\p{Cc}/gu;
const DEFAULT_REASON = 'The order was returned or canceled, in whole or in part';

export function isRow(value: unknown): value is Row {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isAbsent(value: unknown): boolean {
	return value === undefined || value === null || value === '';
}

/** Whether an item is invalid, whatever Affilae contains. */
export function isUnusable(one: Given): boolean {
	if (one.givesNothing) return true;
	return one.conversion !== UNKNOWN && one.program !== UNKNOWN && namedBy(one) === undefined;
}

/** How an item names its conversions; undefined if nothing may be written for it. */
export function namedBy({ conversion, program = '', options }: Given): Named | undefined {
	const { mode = '', value } = located(conversion);
	const by = BY.get(typeof mode === 'string' ? mode : '');
	const id = plainText(value);
	const given = program === UNKNOWN ? '' : located(program).value;
	const programId = given === '' ? '' : PROGRAM_ID.exec(joined(given))?.[1];
	const rule = plainText(optionOf(options, 'rule') ?? '');
	if (by === undefined || !id || programId === undefined || rule === undefined) return undefined;
	return {
		by,
		value: by === 'id' ? id.toLowerCase() : id,
		programId: programId || undefined,
		rule: rule || undefined,
	};
}

/** The value of an option; undefined if it is absent or unknown. */
export function optionOf(options: unknown, name: string): unknown {
	const value = isRow(options) && Object.hasOwn(options, name) ? options[name] : undefined;
	return value === UNKNOWN ? undefined : value;
}

/** The reason of an item, as it is sent to Affilae; undefined if there is no valid one. */
export function reasonOf({ reason = '' }: Given, operation: unknown): string | undefined {
	const isText = typeof reason === 'string' || typeof reason === 'number';
	const text = isText
		? String(reason).replace(INVISIBLE, '').replace(/\s+/gu, ' ').trim()
		: undefined;
	return text || (operation === 'reconcile' && text === '' ? DEFAULT_REASON : undefined);
}

/** Whether Dry Run is certainly off for an item. */
export function isForReal({ dryRun = false }: Given): boolean {
	return flagOf(dryRun) === false;
}

/** A boolean as programs and spreadsheets write it. */
export function flagOf(value: unknown): boolean | undefined {
	const word = ['boolean', 'number', 'string'].includes(typeof value)
		? String(value).replace(INVISIBLE, '').trim().toLowerCase()
		: '';
	if (['true', '1', 'yes', 'vrai', 'oui', 'wahr', 'verdadero', 'vero'].includes(word)) return true;
	if (['false', '0', 'no', 'faux', 'non', 'falsch', 'falso'].includes(word)) return false;
	return undefined;
}

/** The whole cents that an amount means; empty if it is invalid or ambiguous. */
export function centsOf(given: unknown, options: unknown): number[] {
	const scale = optionOf(options, 'amountsIn') === 'cents' ? 1 : 100;
	if (typeof given === 'number') return wholeCents(given * scale);
	if (typeof given !== 'string' || given.length > 80) return [];
	const text = given.replace(INVISIBLE, '').trim();
	if (/^[^\d]*\d+(?:[.,]\d+)?e-\d+/i.test(text)) return [0];
	const number = /\d[\d.,'’\s]*\d|[.,]?\d+/.exec(text)?.[0] ?? '';
	// A lone separator before three digits could divide thousands or decimals.
	if (number === '' || /^\d{1,3}[.,]\d{3}$/.test(number)) return [];
	const [, whole = '', decimals = ''] = /^(.*?)(?:[.,](\d{1,2}|\d{4,}))?$/s.exec(number) ?? [];
	const value = Number(`${whole.replace(/\D/g, '')}.${decimals || 0}`) * scale;
	return /[-−–(]/.test(text) ? wholeCents(-value) : wholeCents(value);
}

function wholeCents(value: number): number[] {
	const cents = Math.round(value);
	return cents >= 0 && Math.abs(cents - value) < 0.02 ? [Math.abs(cents)] : [];
}

/** The kept amount of an item in whole cents, net of the tax that it includes. */
export function keptCentsOf({ keptAmount, options }: Given): number[] {
	const rate = optionOf(options, 'keptTaxRate') || 0;
	const percent = Number(String(rate).replace(',', '.').replace('%', ''));
	return centsOf(keptAmount, options).map((cents) => Math.round((cents * 100) / (100 + percent)));
}

/** By how many cents a kept amount may be lower and still count as everything. */
export function toleranceOf({ options }: Given): number {
	const tolerance = optionOf(options, 'tolerance');
	return isAbsent(tolerance) ? 5 : (centsOf(tolerance, options)[0] ?? NaN);
}

function located(value: unknown): Row {
	return isRow(value) && ('mode' in value || 'value' in value) ? value : { mode: '', value };
}

/** Text, or a number that JSON represents exactly; undefined for anything else. */
function plainText(value: unknown): string | undefined {
	if (typeof value === 'string') return value.replace(INVISIBLE, '').trim();
	return Number.isSafeInteger(value) ? String(value) : undefined;
}

function joined(value: unknown): string {
	return typeof value === 'string'
		? value.replace(INVISIBLE, '').replace(/\s/gu, '').toLowerCase()
		: '';
}
