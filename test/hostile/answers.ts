import fc from 'fast-check';
import type { GenericValue, IDataObject } from 'n8n-workflow';
import { MARK, type Received, type Reply } from '../engine/server';
import { saleId } from '../engine/sandboxShop';
import type { Wire } from './hostileServer';
import { nastyJson, nastyNumber, nastyText } from './values';

/** The greatest nesting depth of an answer. */
const DEEPEST = 6000;

/** A change to an honest answer; it depends on the answer only. */
export type Twist = (answer: Twisted) => void;

/** An answer that is being changed. */
export interface Twisted {
	status: number;
	headers: Array<[string, string]>;
	/** The body as JSON, unless `text` or `bytes` replaces it. */
	json: GenericValue;
	/** The body as text, in place of `json`. */
	text?: string | undefined;
	bytes?: Uint8Array | undefined;
	/** The connection is reset after this share of the bytes. */
	resetAfter?: number | undefined;
}

/** The fields of a row. Those that matter for writes appear several times, so they are changed more often. */
const ROW_FIELDS = [
	...['status', 'status', 'status', 'amount', 'amount', 'program', 'program', 'program'],
	...['id', 'id', 'externalId', 'externalId', 'customerId', 'createdAt'],
	...['currency', 'commissionsTotal', 'refuseReason', 'events', 'extra'],
	...['rule', 'rule', 'isLocked', 'isLocked', 'lockedAt'],
];
/** The rows of an answer; empty if it has no list. */
function rowsOf({ json }: Twisted): IDataObject[] {
	const list = isObject(json) ? json['conversions'] : undefined;
	const data = isObject(list) ? list['data'] : undefined;
	return Array.isArray(data) ? data.filter(isObject) : [];
}

function listOf({ json }: Twisted): IDataObject | undefined {
	const list = isObject(json) ? json['conversions'] : undefined;
	return isObject(list) ? list : undefined;
}

function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON that is nested too deep for recursive code. */
function deep(depth: number, inner: string): string {
	return `${'{"a":['.repeat(depth)}${inner}${']}'.repeat(depth)}`;
}

const fieldValue: fc.Arbitrary<GenericValue> = fc.oneof(
	nastyJson,
	fc.constantFrom<GenericValue>('pending', 'accepted', 'refused', 'Pending', ' pending'),
	fc.integer({ min: 1, max: 30 }).map(saleId),
	fc.integer({ min: 1001, max: 1030 }).map(String),
	fc.constantFrom<GenericValue>(
		true,
		['pending'],
		{ value: 'accepted' },
		8490,
		'8490',
		84.9,
		-8490,
		{ id: 'p' },
		{ id: {} },
		{ id: 5, name: [] },
		'2026-10-01',
		'+275760-09-13T00:00:00.000Z',
		'-271821-04-20T00:00:00.000Z',
		'not a date',
		1_760_000_000,
		'1760000000',
		'2026-11-01T10:00:00',
		'refused',
	),
);

/** A field of a row, and its new value. */
const change: fc.Arbitrary<[string, GenericValue]> = fc.tuple(
	fc.constantFrom(...ROW_FIELDS),
	fieldValue,
);

const twistRow: fc.Arbitrary<Twist> = fc
	.tuple(fc.nat(5), change, fc.nat(6))
	.map(([at, [field, odd], isLeftOut]) => (answer) => {
		const value = isLeftOut === 0 ? undefined : odd;
		const row = rowsOf(answer)[at];
		if (row === undefined) return;
		if (value === undefined) delete row[field];
		else row[field] = value;
	});

const twistEveryRow: fc.Arbitrary<Twist> = fc
	.tuple(change, fc.nat(6))
	.map(([[field, odd], isLeftOut]) => (answer) => {
		const value = isLeftOut === 0 ? undefined : odd;
		for (const row of rowsOf(answer)) row[field] = value;
	});

const twistRows: fc.Arbitrary<Twist> = fc.oneof(
	fc.tuple(fc.nat(5), change).map(
		([at, [field, value]]): Twist =>
			(answer) => {
				const rows = rowsOf(answer);
				const list = listOf(answer);
				const row = rows[at];
				if (list && row) list['data'] = [...rows, { ...row, [field]: value }];
			},
	),
	fc.tuple(nastyJson, fc.boolean()).map(
		([odd, first]): Twist =>
			(answer) => {
				const list = listOf(answer);
				if (list) list['data'] = first ? [odd, ...rowsOf(answer)] : [...rowsOf(answer), odd];
			},
	),
	fc.integer({ min: 1, max: 40 }).map(
		(number): Twist =>
			(answer) => {
				const list = listOf(answer);
				const rows = rowsOf(answer);
				const other = { ...rows[0], id: saleId(number), externalId: String(1000 + number) };
				if (list) list['data'] = [other, ...rows];
			},
	),
	fc.constant<Twist>((answer) => {
		const list = listOf(answer);
		if (list) list['data'] = rowsOf(answer).reverse();
	}),
);

const twistTotal: fc.Arbitrary<Twist> = fc
	.option(fc.oneof(nastyNumber, nastyJson, fc.integer({ min: -1, max: 60 })), { nil: undefined })
	.map((total) => (answer) => {
		const list = listOf(answer);
		if (list === undefined) return;
		if (total === undefined) delete list['total'];
		else list['total'] = total;
	});

const twistShape: fc.Arbitrary<Twist> = fc
	.tuple(fc.nat(6), nastyJson)
	.map(([shape, odd]) => (answer) => {
		const rows = rowsOf(answer);
		const shapes: GenericValue[] = [
			rows,
			{ data: rows, count: rows.length + 1 },
			{ data: rows, count: odd },
			{ conversions: rows, count: odd },
			{ conversions: { data: odd, total: rows.length } },
			{ conversions: odd, data: rows },
			{ conversions: { data: Object.fromEntries(rows.entries()) } },
		];
		answer.json = shapes[shape] ?? odd;
	});

const twistJson: fc.Arbitrary<Twist> = nastyJson.map((json) => (answer) => {
	answer.json = json;
});

const status: fc.Arbitrary<number> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.constantFrom(
			200,
			201,
			202,
			204,
			206,
			300,
			301,
			302,
			304,
			307,
			400,
			402,
			404,
			405,
			408,
			409,
			410,
			413,
			418,
			422,
			423,
			429,
			431,
			451,
			499,
			500,
			501,
			502,
			503,
			504,
			520,
			529,
			599,
		),
	},
	fc.integer({ min: 200, max: 599 }).filter((code) => code !== 401 && code !== 403),
	{ weight: 1, arbitrary: fc.constantFrom(401, 403, 600, 999, 0, 1000) },
);

const twistStatus: fc.Arbitrary<Twist> = fc
	.tuple(
		status,
		fc.option(
			fc.record<IDataObject>(
				{
					statusCode: fc.oneof(status, nastyJson),
					error: nastyJson,
					message: fc.oneof(
						nastyJson,
						fc.constant<GenericValue>(`Unknown token Bearer ${MARK}`),
						fc.constant<GenericValue>([`Bearer ${MARK}`]),
					),
					validation: fc.oneof(
						nastyJson,
						fc.record<IDataObject>({
							source: nastyJson,
							keys: fc.oneof(
								nastyJson,
								fc.subarray<GenericValue>(
									['limit', 'offset', 'page', 'program', 'externalId', MARK, 5, null, {}],
									{ minLength: 1 },
								),
							),
						}),
					),
				},
				{ requiredKeys: [] },
			),
			{ nil: undefined },
		),
	)
	.map(([code, body]) => (answer) => {
		answer.status = code;
		if (body !== undefined) answer.json = body;
	});

const twistInside: fc.Arbitrary<Twist> = fc.oneof(nastyNumber, status, nastyJson).map(
	(code): Twist =>
		(answer) => {
			if (isObject(answer.json)) answer.json['statusCode'] = code;
		},
);

const HEADERS: ReadonlyArray<readonly [string, string]> = [
	['retry-after', '0'],
	['retry-after', '-1'],
	['retry-after', '1e9'],
	['retry-after', '99999999999'],
	['retry-after', 'soon'],
	['retry-after', 'Wed, 21 Oct 2015 07:28:00 GMT'],
	['retry-after', 'Fri, 31 Dec 9999 23:59:59 GMT'],
	['retry-after', ''],
	['retry-after', '0.0000001'],
	['date', 'never'],
	['date', 'Fri, 31 Dec 9999 23:59:59 GMT'],
	['location', ''],
	['location', '::'],
	['location', 'javascript:alert(1)'],
	['location', '//elsewhere.example/x'],
	['location', `https://elsewhere.example/?token=${MARK}`],
	['location', `https://user:${MARK}@elsewhere.example/`],
	['content-type', 'text/html'],
	['content-type', 'application/json; charset=utf-16'],
	['content-type', 'application/octet-stream'],
	['content-type', 'image/png'],
	['content-type', ';;;;'],
	['content-type', ''],
	['content-encoding', 'gzip'],
	['content-encoding', 'br'],
	['content-encoding', 'rubbish'],
	['transfer-encoding', 'rubbish'],
	['set-cookie', `token=${MARK}; Path=/`],
	['www-authenticate', `Bearer realm="${MARK}"`],
	['x-long', 'x'.repeat(9000)],
	['__proto__', 'polluted'],
	['constructor', 'polluted'],
	['link', '<https://elsewhere.example/?page=2>; rel="next"'],
];

const twistHeaders: fc.Arbitrary<Twist> = fc
	.array(fc.constantFrom(...HEADERS), { minLength: 1, maxLength: 3 })
	.map((headers) => (answer) => {
		answer.headers.push(...headers.map(([name, value]): [string, string] => [name, value]));
	});

const twistText: fc.Arbitrary<Twist> = fc.oneof(
	fc
		.constantFrom(
			'',
			' ',
			'null',
			'undefined',
			'NaN',
			'"text"',
			'0',
			'[]',
			'{}',
			'<html><body>502 Bad Gateway</body></html>',
			`<html>${MARK}</html>`,
			`Bearer ${MARK}`,
			'\ufeff{}',
			')]}\',\n{"conversions":{"data":[]}}',
			'{"conversions":{"data":[]}}{"conversions":{"data":[]}}',
			'{"conversions":{"data":[],"data":[{}]}}',
			'{"__proto__":{"polluted":true},"conversions":{"__proto__":{"data":[]}}}',
			`{"conversions":{"data":[${'{},'.repeat(500)}{}]}}`,
			'{"conversions":{"data":[1e400],"total":1e400}}',
		)
		.map(
			(text): Twist =>
				(answer) => {
					answer.text = text;
				},
		),
	nastyText.map(
		(text): Twist =>
			(answer) => {
				answer.text = text;
			},
	),
	fc.double({ min: 0, max: 1, noNaN: true }).map(
		(share): Twist =>
			(answer) => {
				const text = JSON.stringify(answer.json);
				answer.text = text.slice(0, Math.floor(share * text.length));
			},
	),
	fc.constant<Twist>((answer) => {
		answer.text = `\ufeff${JSON.stringify(answer.json)}`;
	}),
	fc.integer({ min: 1, max: DEEPEST }).map(
		(depth): Twist =>
			(answer) => {
				answer.text = deep(depth, '1');
			},
	),
	fc.tuple(fc.integer({ min: 1, max: DEEPEST }), fc.constantFrom('events', 'extra', 'amount')).map(
		([depth, field]): Twist =>
			(answer) => {
				const [row] = rowsOf(answer);
				if (row === undefined) return;
				row[field] = 'the deep one';
				answer.text = JSON.stringify(answer.json).replace('"the deep one"', deep(depth, '1'));
				row[field] = undefined;
			},
	),
);

const twistBytes: fc.Arbitrary<Twist> = fc.oneof(
	fc.uint8Array({ maxLength: 60 }).map(
		(bytes): Twist =>
			(answer) => {
				answer.bytes = bytes;
			},
	),
	fc.double({ min: 0, max: 1, noNaN: true }).map(
		(share): Twist =>
			(answer) => {
				answer.resetAfter = share;
			},
	),
);

const twist: fc.Arbitrary<Twist> = fc.oneof(
	{ weight: 10, arbitrary: twistRow },
	{ weight: 6, arbitrary: twistEveryRow },
	{ weight: 4, arbitrary: twistRows },
	{ weight: 3, arbitrary: twistTotal },
	{ weight: 3, arbitrary: twistShape },
	{ weight: 2, arbitrary: twistJson },
	{ weight: 5, arbitrary: twistStatus },
	{ weight: 2, arbitrary: twistInside },
	{ weight: 3, arbitrary: twistHeaders },
	{ weight: 4, arbitrary: twistText },
	{ weight: 2, arbitrary: twistBytes },
);

/** A few changes to one answer; often none, so that runs get as far as their writes. */
export const twists: fc.Arbitrary<Twist[]> = fc.oneof(
	{ weight: 5, arbitrary: fc.constant<Twist[]>([]) },
	{ weight: 3, arbitrary: fc.array(twist, { minLength: 1, maxLength: 2 }) },
	{ weight: 1, arbitrary: fc.array(twist, { minLength: 1, maxLength: 4 }) },
);

/** The bytes of an answer after some changes. */
export function twisted({ status: code = 200, body }: Reply, changes: readonly Twist[]): Wire {
	const json: GenericValue = JSON.parse(JSON.stringify(body ?? null));
	const answer: Twisted = { status: code, headers: [], json };
	for (const change of changes) change(answer);
	return wireOf(answer);
}

function wireOf(answer: Twisted): Wire {
	const text = answer.text ?? JSON.stringify(answer.json) ?? '';
	const content = answer.bytes ?? new TextEncoder().encode(text);
	const names = new Set(answer.headers.map(([name]) => name));
	const headers = [
		...(names.has('content-type') ? [] : [['content-type', 'application/json; charset=utf-8']]),
		['content-length', String(content.length)],
		['connection', 'close'],
		...answer.headers,
	].map(([name, value]) => `${name}: ${value}\r\n`);
	const head = `HTTP/1.1 ${answer.status} Whatever\r\n${headers.join('')}\r\n`;
	const bytes = Buffer.concat([new TextEncoder().encode(head), content]);
	if (answer.resetAfter === undefined) return { kind: 'bytes', bytes };
	return { kind: 'reset', bytes: bytes.subarray(0, Math.floor(answer.resetAfter * bytes.length)) };
}

/** The rows in the bytes of an answer, wherever a list or a conversion may be. */
export function rowsIn(wire: Wire): unknown[] {
	if (wire.kind !== 'bytes') return [];
	const text = new TextDecoder().decode(wire.bytes);
	const body = text.slice(text.indexOf('\r\n\r\n') + 4);
	if (!/^HTTP\/1\.1 2/.test(text)) return [];
	let json: unknown;
	try {
		json = JSON.parse(body.replace(/^\ufeff/, ''));
	} catch {
		return [];
	}
	const places: unknown[] = [json];
	if (isObject(json)) {
		const { conversions, conversion, data } = json;
		places.push(conversions, conversion, data);
		if (isObject(conversions)) places.push(conversions['data']);
	}
	return places.flatMap((place): unknown[] => {
		if (Array.isArray(place)) return place;
		return isObject(place) && 'id' in place ? [place] : [];
	});
}

/** The HTTP status in the bytes of an answer; undefined if it has none. */
export function statusOf(wire: Wire): number | undefined {
	if (wire.kind !== 'bytes') return undefined;
	const head = new TextDecoder().decode(wire.bytes.subarray(0, 20));
	return Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? NaN);
}

/** The beginning of an answer, to show in a failure. */
export function textOf(wire: Wire): string {
	if (wire.kind === 'silence') return wire.kind;
	return `${wire.kind} ${new TextDecoder().decode(wire.bytes).slice(0, 600)}`;
}

/** A text that is the same for equal requests. */
export function keyOf({ method, path, query, body }: Received): string {
	return JSON.stringify([method, path, query, body]);
}

/** A hash of a text, evenly distributed. */
export function spread(text: string): number {
	let hash = 2166136261;
	for (const character of text) {
		hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
	}
	return hash;
}
