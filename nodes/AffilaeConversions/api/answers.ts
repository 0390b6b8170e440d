import {
	isReadable,
	isWireObject,
	parseConversion,
	type Conversion,
	type WireObject,
} from '../domain/conversion';
import { contradiction, reportedFailure, unreadable, type ApiError } from './apiError';
import { messageIn } from './callErrors';
import type { Answer } from './http';
import type { Page } from './lists/page';

/**
 * Reads all known forms of Affilae's lists (API page: Answers). A single conversion is a list of one; an
 * empty response with 204 is an empty list.
 *
 * @throws {ApiError} for any other response, also one that reports a failure: it must never look like an empty
 * list
 */
export function readPage({ status, body }: Answer): Page {
	if (body === undefined && status === 204) return { rows: [] };
	if (saysNo(body)) throw reportedFailure(status, messageIn(body));
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

/** A response with this status promises to carry out a write later: until then, nothing has changed. */
const QUEUED = 202;

/**
 * Reads the response to a write. Its form is unknown (API page), so every form is accepted. A text or an
 * empty response says no more than its status.
 *
 * @returns the conversion, if the response contains it; undefined if it only reports success; if it is unclear
 * whether the write was carried out, the error that says so
 * @throws {ApiError} if the response reports a failure
 */
export function readWritten(answer: Answer, id: string): Conversion | ApiError | undefined {
	const { status, body } = answer;
	if (body === undefined || body === null || body === true || typeof body === 'string') {
		return status === QUEUED ? contradiction(status) : undefined;
	}
	const isFailure = reportsFailure(body);
	const shown = isFailure || status === QUEUED ? undefined : conversionIn(body, id);
	if (shown !== undefined) return shown;
	if (isWireObject(body) && reportsSuccess(body) && status !== QUEUED) return undefined;
	const problem = contradiction(status, messageIn(body));
	if (isFailure) throw problem;
	return problem;
}

/** Fields by which a response reports success, and their values then. */
const SUCCESS_FIELDS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
	['statusCode', (value) => /^2\d\d$/.test(String(value))],
	['success', isYes],
	['ok', isYes],
	['error', isNothing],
	['errors', isNothing],
]);

/** Whether a response is empty, or contains only known fields that report success. */
function reportsSuccess(body: WireObject): boolean {
	const { message, ...told } = body;
	const isGood = Object.entries(told).every(
		([key, value]) => SUCCESS_FIELDS.get(key)?.(value) === true,
	);
	// A message alone may mean success or failure.
	return isGood && (message === undefined || Object.keys(told).length > 0);
}

function reportsFailure(body: unknown): boolean {
	if (!isWireObject(body)) return false;
	return [...SUCCESS_FIELDS].some(([key, isGood]) => body[key] !== undefined && !isGood(body[key]));
}

/** Whether a response denies success, in whatever other fields it has. */
function saysNo(body: unknown): boolean {
	if (!isWireObject(body)) return false;
	const { statusCode, success, ok, error, errors } = body;
	const isOther = /^[1345]\d\d$/.test(String(statusCode));
	return isOther || [success, ok].some(isNo) || ![error ?? '', errors ?? ''].every(isNothing);
}

function isNo(value: unknown): boolean {
	return value === false || /^(?:false|no|0)$/i.test(String(value));
}

function isYes(value: unknown): boolean {
	return (
		value === true ||
		value === 1 ||
		(typeof value === 'string' && /^(?:true|ok|yes|1)$/i.test(value))
	);
}

function isNothing(value: unknown): boolean {
	return (
		value === null ||
		value === false ||
		value === 0 ||
		(typeof value === 'string' && /^(?:|none|null|false)$/i.test(value)) ||
		(typeof value === 'object' && Object.values(value).every(isNothing))
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

/** Fields that only a conversion has. Jobs and errors have an ID and a status, too. */
const OWN_FIELDS = ['externalId', 'amount', 'program', 'createdAt'];

function isConversion(value: unknown): boolean {
	const isThing = isWireObject(value) && 'id' in value && 'status' in value;
	return isThing && OWN_FIELDS.some((field) => field in value);
}

function asCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The conversion in the response to a write, wherever it is. */
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
