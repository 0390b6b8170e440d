import {
	isReadable,
	isWireObject,
	parseConversion,
	type Conversion,
	type WireObject,
} from '../domain/conversion';
import { contradiction, unreadable } from './apiError';
import { messageIn } from './callErrors';
import type { Answer } from './http';
import type { Page } from './lists/page';

/**
 * Reads each shape that Affilae's lists are known to come in (API page: Answers). A single object that
 * is a conversion is a list of one; an empty answer with 204 is an empty list.
 *
 * @throws {ApiError} for any other answer: it must never look like an empty list
 */
export function readPage({ status, body }: Answer): Page {
	if (body === undefined && status === 204) return { rows: [] };
	const { data, total } = rowsIn(body);
	if (!Array.isArray(data)) {
		throw unreadable(
			status,
			body === undefined ? 'it is empty' : 'it contains no list of conversions',
		);
	}
	const rows = data.map((row: unknown) => parseConversion(row));
	return total === undefined ? { rows } : { rows, total };
}

/**
 * Reads the answer to a write (API page: unknown, so every form must do). A text or an empty answer says
 * no more than its status does.
 *
 * @returns the conversion, if the answer shows it
 * @throws {ApiError} if the answer says that nothing was done, or says something else than that it was
 */
export function readWritten({ status, body }: Answer, id: string): Conversion | undefined {
	if (body === undefined || body === null || body === true || typeof body === 'string') {
		return undefined;
	}
	const shown = conversionIn(body, id);
	if (shown !== undefined && !reportsFailure(body)) return shown;
	if (isWireObject(body) && reportsSuccess(body)) return undefined;
	throw contradiction(status, isWireObject(body) ? messageIn(body) : undefined);
}

/** Fields by which an answer says that it went well, and what they hold then. */
const SUCCESS_FIELDS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
	['statusCode', (value) => typeof value === 'number' && value < 300],
	['success', isYes],
	['ok', isYes],
	['error', isNothing],
	['errors', isNothing],
]);

/** An answer that says nothing but that it went well, in fields that are known, or has nothing in it. */
function reportsSuccess(body: WireObject): boolean {
	const { message, ...told } = body;
	const isGood = Object.entries(told).every(
		([key, value]) => SUCCESS_FIELDS.get(key)?.(value) === true,
	);
	// A message alone may say yes or no.
	return isGood && (message === undefined || Object.keys(told).length > 0);
}

function reportsFailure(body: unknown): boolean {
	if (!isWireObject(body)) return false;
	return [...SUCCESS_FIELDS].some(([key, isGood]) => body[key] !== undefined && !isGood(body[key]));
}

function isYes(value: unknown): boolean {
	return (
		value === true || value === 1 || (typeof value === 'string' && /^(?:true|ok|yes)$/i.test(value))
	);
}

function isNothing(value: unknown): boolean {
	return (
		value === null ||
		value === false ||
		value === '' ||
		(Array.isArray(value) && value.length === 0)
	);
}

function rowsIn(body: unknown): { data?: unknown; total?: number | undefined } {
	if (Array.isArray(body)) return { data: body };
	if (!isWireObject(body)) return {};
	const { conversions, conversion, data } = body;
	const total = asCount(body['total']) ?? asCount(body['count']);
	for (const place of [conversions, data]) {
		if (Array.isArray(place)) return { data: place, total };
		if (isWireObject(place) && Array.isArray(place['data'])) {
			const within = asCount(place['total']) ?? asCount(place['count']);
			return { data: place['data'], total: within ?? total };
		}
	}
	const single = [conversion, conversions, data, body].find(isConversion);
	return single === undefined ? {} : { data: [single] };
}

function isConversion(value: unknown): boolean {
	return isWireObject(value) && 'id' in value && 'status' in value;
}

function asCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The conversion in the answer to a write, in whatever place it stands. */
function conversionIn(body: unknown, id: string): Conversion | undefined {
	const { data } = rowsIn(body);
	const places: unknown[] = [
		...(isWireObject(body) ? [body['conversion'], body['data'], body] : []),
		...(Array.isArray(data) ? data : []),
	];
	for (const place of places) {
		const parsed = parseConversion(place);
		if (isReadable(parsed) && parsed.id === id.toLowerCase()) return parsed;
	}
	return undefined;
}
