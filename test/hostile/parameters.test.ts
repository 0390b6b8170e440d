import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GenericValue, IDataObject, INodeParameters } from 'n8n-workflow';
import { rowOf } from '../../sandbox/row';
import type { Sandbox } from '../../sandbox/server';
import {
	LIGHTING,
	LOCKED,
	sale,
	saleId,
	UNLOCKED,
	type NewConversion,
} from '../engine/sandboxShop';
import { MARK, type Received } from '../engine/server';
import { BAGS, SHOES } from '../engine/shop';
import type { EngineOutcome } from '../engine/engine';
import { ordersOf, type Answer } from './decided';
import { namedBy, UNKNOWN, type Given, type Named } from './given';
import { openHonest } from './honest';
import { mustBeRight, type Judged } from './judge';
import { toItsEnd } from './time';
import { mustBeMany, NASTY_TEXTS, nastyJson, nastyNumber, nastyText, seeded } from './values';
import { openWatch, type Watch } from './watch';

const RUNS = 160;

let watch: Watch;
let affilae: Sandbox;
let cases = 0;
let writes = 0;

beforeAll(async () => {
	watch = await openWatch();
	affilae = await openHonest(conversions());
});
afterAll(async () => await affilae.stop());

function range(first: number, last: number): number[] {
	return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** A shop with some of each kind. */
function conversions(): NewConversion[] {
	const pending = [...range(1, 12), ...range(31, 70)].map((number) => sale(number));
	const nasty = NASTY_TEXTS.map((text) => text.trim())
		.filter((text) => text !== '' && text.length < 100)
		.map((externalId, at) => sale(100 + at, { externalId }));
	return [
		...pending,
		sale(13, { status: 'accepted', ...UNLOCKED }),
		sale(14, { status: 'accepted', amount: 500, ...LOCKED }),
		sale(15, { status: 'refused', ...UNLOCKED }),
		sale(16, { shownFields: { status: undefined } }),
		sale(17, { shownFields: { amount: undefined } }),
		sale(18, { externalId: '1001', program: BAGS.id }),
		sale(19, { shownFields: { program: undefined } }),
		sale(20, { amount: 0 }),
		sale(21, { customerId: 'C-2' }),
		sale(22, { shownFields: { status: 'under review' } }),
		sale(23, { shownFields: { amount: -5 } }),
		sale(24, { rule: 'Japan', shownFields: { amount: Number.MAX_SAFE_INTEGER } }),
		// Split by rule, and twice with one rule.
		sale(25, { externalId: '1005', rule: LIGHTING.id, amount: 3333 }),
		sale(26, { externalId: '1006' }),
		...nasty,
	];
}

type Field = Exclude<keyof Given, 'givesNothing'> | 'filters' | 'limit' | 'returnAll';
type Parts = Readonly<Record<string, fc.Arbitrary<GenericValue>>>;
type Values = Partial<Record<Field, GenericValue>>;

const order = fc.oneof(fc.integer({ min: 1, max: 26 }), fc.integer({ min: 31, max: 70 }));
const goodProgram = fc.constantFrom<GenericValue>(
	'',
	{ __rl: true, mode: 'id', value: SHOES.id },
	{ __rl: true, mode: 'list', value: BAGS.id },
	SHOES.id,
	SHOES.id.toUpperCase(),
	`${LIGHTING.id}-${SHOES.id}`,
);
const goodConversion: fc.Arbitrary<GenericValue> = fc.oneof(
	order.map((n) => ({ __rl: true, mode: 'externalId', value: String(1000 + n) })),
	order.map((n) => ({ __rl: true, mode: 'externalId', value: 1000 + n })),
	order.map((n) => ({ __rl: true, mode: 'id', value: saleId(n) })),
	order.map((n) => ({ __rl: true, mode: 'customerId', value: ` C-${n}\n` })),
	order.map((n) => String(1000 + n)),
	nastyText.map((value) => ({ __rl: true, mode: 'externalId', value })),
);
const goodAmount: fc.Arbitrary<GenericValue> = fc.constantFrom<GenericValue>(
	0,
	5,
	19.99,
	19.989999999999998,
	84.9,
	84.91,
	200,
	'19,99',
	'1.234,50 €',
	'84.90 EUR',
	'5 USD',
);
const GOOD_FILTERS: Parts = {
	status: fc.constantFrom('pending', 'accepted', 'refused', ''),
	from: fc.constantFrom('2026-09-01', '2026-10-01T10:00:00+02:00', ''),
	to: fc.constantFrom('2026-12-31', ''),
	customerId: fc.constantFrom('C-1', ''),
	externalId: fc.constantFrom<GenericValue>('1001', 1001, ''),
	program: fc.constantFrom<GenericValue>(SHOES.id, { __rl: true, mode: 'id', value: BAGS.id }),
};
const GOOD_OPTIONS: Parts = {
	amountsIn: fc.constantFrom('units', 'cents', ''),
	ifAlreadyProcessed: fc.constantFrom('succeed', 'fail'),
	ifNotFound: fc.constantFrom('succeed', 'succeed', 'fail'),
	includeCallLog: fc.boolean(),
	maxConcurrency: fc.constantFrom<GenericValue>(1, 3, '200'),
	retryForSeconds: fc.constantFrom<GenericValue>(0, 0.05, '0'),
	timeoutSeconds: fc.constantFrom<GenericValue>(1, 5, '5'),
	rule: fc.constantFrom('', '', LIGHTING.name, ` ${LIGHTING.id.toUpperCase()}`),
	severalConversions: fc.constantFrom('ask', 'proportionally', 'eachWhole', ''),
	keptTaxRate: fc.constantFrom<GenericValue>(0, 20, 5.5, '20 %', ''),
	tolerance: fc.constantFrom<GenericValue>(0, 1, '0,05', ''),
	ordersSince: fc.constantFrom('2026-09-01', ''),
};
/** The parts of a collection that a run gives: each item has them all, or an expression returns nothing. */
const someOptions = fc.subarray(Object.keys(GOOD_OPTIONS), { maxLength: 4 });
const someFilters = fc.subarray(Object.keys(GOOD_FILTERS), { maxLength: 3 });

function goodIn(parts: Parts, keys: readonly string[]): fc.Arbitrary<GenericValue> {
	const own = Object.entries(parts).filter(([key]) => keys.includes(key));
	return fc.record<IDataObject>(Object.fromEntries(own), { noNullPrototype: true });
}

const GOOD: { [F in Field]?: fc.Arbitrary<GenericValue> } = {
	conversion: goodConversion,
	program: goodProgram,
	reason: fc.constantFrom<GenericValue>('Returned', ' Returned ', 7, 'שלום 👍'),
	amount: goodAmount,
	keptAmount: goodAmount,
	settled: fc.constantFrom<GenericValue>(true, false, 'true', 'FAUX', 1),
	dryRun: fc.constantFrom<GenericValue>(true, false, false, 'false', 0, 'VRAI'),
	simplify: fc.constantFrom<GenericValue>(true, false, 'true'),
	returnAll: fc.constantFrom<GenericValue>(true, false),
	limit: fc.constantFrom<GenericValue>(1, 3, '50', 1000),
};

const oddMode = fc.oneof(
	fc.constantFrom<GenericValue>('externalId', 'customerId', 'id', 'list', 'url', ''),
	nastyJson,
	fc.constantFrom<GenericValue>(...Object.getOwnPropertyNames(Object.prototype)),
);
const oddLocator: fc.Arbitrary<GenericValue> = fc.oneof(
	fc.record<IDataObject>(
		{ __rl: fc.constantFrom<GenericValue>(true, false, 'true'), mode: oddMode, value: nastyJson },
		{ requiredKeys: ['value'] },
	),
	fc.record<IDataObject>({
		__rl: fc.constant(true),
		mode: oddMode,
		value: order.map((n) => String(1000 + n)),
	}),
	nastyJson,
);
function oddIn(keys: readonly string[]): fc.Arbitrary<GenericValue> {
	const collection = fc.dictionary(fc.constantFrom(...keys), fc.oneof(nastyJson, oddLocator), {
		maxKeys: 3,
		noNullPrototype: true,
	});
	return fc.oneof({ weight: 4, arbitrary: collection }, nastyJson);
}
const ODD: { [F in Field]?: fc.Arbitrary<GenericValue> } = {
	conversion: oddLocator,
	program: oddLocator,
	amount: fc.oneof(nastyNumber, nastyJson),
	keptAmount: fc.oneof(nastyNumber, nastyJson),
	filters: oddIn(['status', 'from', 'to', 'customerId', 'externalId', 'program', 'offset']),
	options: oddIn([
		'amountsIn',
		'rule',
		'severalConversions',
		'keptTaxRate',
		'tolerance',
		'ordersSince',
		'ifAlreadyProcessed',
		'ifNotFound',
		'includeCallLog',
		'maxConcurrency',
		'retryForSeconds',
		'timeoutSeconds',
		'__proto__x',
	]),
};

/** Expressions that throw, or that give what JSON cannot hold. */
const EXPRESSIONS = [
	'={{ (() => { throw new Error("from the expression") })() }}',
	'={{ null.x }}',
	'={{ $json.a.b.c }}',
	'={{ $("Nowhere").item.json.id }}',
	'={{ foo( }}',
	'={{ 1 / 0 }}',
	'={{ Number("x") }}',
	'={{ 10n }}',
	'={{ Symbol("x") }}',
	'={{ () => 1 }}',
	'={{ new Date("x") }}',
	'={{ new Map() }}',
	'={{ /x/ }}',
	'={{ $now }}',
	'={{ ({ toISO: () => { throw new Error("from toISO") } }) }}',
	'={{ ({ get value() { throw new Error("from a getter") } }) }}',
	'={{ [] }}',
	'={{ undefined }}',
	'={{ $json }}',
	'=',
	'={{',
	'={{ }}',
] as const;

/** Those of them that give nothing at all. */
const NOTHING: readonly string[] = ['={{ undefined }}', '={{ null.x }}', '={{ $json.a.b.c }}'];

/** How a value gets into a parameter. */
type Way = 'fixed' | 'field' | 'evaluated' | (typeof EXPRESSIONS)[number];

const WRITE_FIELDS = ['conversion', 'program', 'dryRun', 'simplify', 'options'] as const;
const FIELDS_OF: Readonly<Record<string, readonly Field[]>> = {
	list: ['returnAll', 'limit', 'filters', 'simplify', 'options'],
	info: ['conversion', 'program', 'simplify', 'options'],
	accept: WRITE_FIELDS,
	refuse: [...WRITE_FIELDS, 'reason'],
	update: [...WRITE_FIELDS, 'amount', 'reason'],
	reconcile: [...WRITE_FIELDS, 'keptAmount', 'settled', 'reason'],
};
/** The parts of a collection that an operation has, for those of them that not all have. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
	rule: ['info', 'accept', 'refuse', 'update', 'reconcile'],
	ordersSince: ['info', 'accept', 'refuse', 'update', 'reconcile'],
	includeCallLog: ['info', 'accept', 'refuse', 'update', 'reconcile'],
	ifAlreadyProcessed: ['accept', 'refuse', 'update', 'reconcile'],
	ifNotFound: ['accept', 'refuse', 'update', 'reconcile'],
	severalConversions: ['reconcile'],
	keptTaxRate: ['reconcile'],
	tolerance: ['reconcile'],
	offset: [],
	__proto__x: [],
};

interface Run {
	operation: GenericValue;
	onError: Judged['onError'];
	ways: Partial<Record<Field, Way>>;
	items: Values[];
	litter: IDataObject;
}

const way: fc.Arbitrary<Way> = fc.oneof(
	{ weight: 6, arbitrary: fc.constant<Way>('fixed') },
	{ weight: 20, arbitrary: fc.constant<Way>('field') },
	{ weight: 6, arbitrary: fc.constant<Way>('evaluated') },
	{ weight: 1, arbitrary: fc.constantFrom<Way>(...EXPRESSIONS) },
);

/** What a run is made of, before its items are. */
interface Kind {
	operation: GenericValue;
	/** How many of 40 values are odd. */
	oddness: number;
	options: readonly string[];
	filters: readonly string[];
}

/** One field of an item, as odd as the run is. */
function valueOf(field: Field, { oddness, options, filters }: Kind): fc.Arbitrary<GenericValue> {
	const collections: { [F in Field]?: fc.Arbitrary<GenericValue> } = {
		options: goodIn(GOOD_OPTIONS, options),
		filters: goodIn(GOOD_FILTERS, filters),
	};
	const good = collections[field] ?? GOOD[field] ?? nastyJson;
	const odd = ODD[field] ?? nastyJson;
	return fc.oneof({ weight: 40 - oddness, arbitrary: good }, { weight: oddness, arbitrary: odd });
}

function runOf(kind: Kind): fc.Arbitrary<Run> {
	const { operation } = kind;
	const fields = FIELDS_OF[String(operation)] ?? ['conversion', 'options'];
	const item = fc.record<Values>(
		Object.fromEntries(fields.map((field) => [field, valueOf(field, kind)])),
	);
	return fc.record<Run>({
		operation: fc.constant(operation),
		onError: fc.constantFrom(...ON_ERROR),
		ways: fc.record(Object.fromEntries(fields.map((field) => [field, way]))),
		items: fc.array(item, { minLength: 1, maxLength: 40, size: 'max' }),
		litter: fc.dictionary(nastyText, nastyJson, { maxKeys: 3, noNullPrototype: true }).map(asData),
	});
}

function asData(value: Record<string, GenericValue>): IDataObject {
	return { ...value };
}

const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

const run: fc.Arbitrary<Run> = fc
	.record<Kind>({
		operation: fc.oneof(
			{ weight: 30, arbitrary: fc.constantFrom<GenericValue>(...Object.keys(FIELDS_OF)) },
			{ weight: 1, arbitrary: nastyJson },
		),
		oddness: fc.constantFrom(0, 0, 1, 6, 30),
		options: someOptions,
		filters: someFilters,
	})
	.chain(runOf);

/** The parameters of the node, the items, and what each item then gives. */
function written({ operation, ways, items, litter }: Run): {
	parameters: INodeParameters;
	json: IDataObject[];
	given: Given[];
} {
	const stored: IDataObject = { operation };
	for (const [field, by] of entriesOf(ways)) {
		const keys = keysOf(field, items);
		if (by === 'fixed') stored[field] = fixed(field, items[0]?.[field]);
		else if (COLLECTIONS.includes(field))
			stored[field] = Object.fromEntries(keys.map((key) => [key, within(field, key, by)]));
		else if (by === 'field') stored[field] = `={{ $json.p_${field} }}`;
		else if (by === 'evaluated') stored[field] = `={{ $json["p_" + "${field}"] }}`;
		else stored[field] = by;
	}
	const json = items.map((values) => ({
		...litter,
		...Object.fromEntries(entriesOf(values).map(([field, value]) => [`p_${field}`, value])),
	}));
	const given = items.map((values): Given => {
		const results = entriesOf(ways).map(([field, by]) => {
			if (by === 'fixed') return { field, value: fixed(field, items[0]?.[field]), parts: [] };
			const valueOfPart = (value: unknown) => (isPlain(by) ? value : UNKNOWN);
			if (!COLLECTIONS.includes(field)) {
				const value = valueOfPart(values[field]);
				return { field, value, parts: [NOTHING.includes(by) ? undefined : value] };
			}
			const own = Object(values[field]);
			const keys = keysOf(field, items).filter((key) => hasPart(operation, key));
			const parts = keys.map((key): unknown =>
				NOTHING.includes(by) ? undefined : valueOfPart(own[key]),
			);
			const value = Object.fromEntries(keys.map((key, at) => [key, parts[at]]));
			return { field, value, parts };
		});
		// Whether Limit counts depends on Return All.
		const looked = results.filter(({ field }) => field !== 'limit');
		return {
			...Object.fromEntries(results.map(({ field, value }) => [field, value])),
			givesNothing: looked.some(({ parts }) =>
				parts.some((part) => part === undefined || part === null),
			),
		};
	});
	return { parameters: parametersOf(stored), json, given };
}

/** n8n takes no expression for the whole of one, but for each of its keys. */
const COLLECTIONS: readonly Field[] = ['options', 'filters'];

/** Whether an operation has a part of a collection: n8n itself drops what the description does not name. */
function hasPart(operation: GenericValue, key: string): boolean {
	const isOwn = [...PARTS, ...Object.keys(OPTIONS_OF)].includes(key);
	return isOwn && (OPTIONS_OF[key]?.includes(String(operation)) ?? true);
}

const PARTS = [
	...['status', 'from', 'to', 'customerId', 'externalId', 'program'],
	...['amountsIn', 'maxConcurrency', 'retryForSeconds', 'timeoutSeconds'],
];

function isPlain(by: Way): boolean {
	return by === 'field' || by === 'evaluated';
}

function keysOf(field: Field, items: readonly Values[]): string[] {
	const keys = items.flatMap((values) => {
		const value = values[field];
		return typeof value === 'object' && value !== null ? Object.keys(value) : [];
	});
	return [...new Set(keys)].filter((key) => /^\w+$/.test(key) && key !== '__proto__');
}

function within(field: Field, key: string, by: Way): string {
	if (!isPlain(by)) return by;
	return by === 'field'
		? `={{ $json.p_${field}.${key} }}`
		: `={{ $json["p_" + "${field}"]?.["${key}"] }}`;
}

/** n8n itself does not open a workflow in which a locator is null. */
function fixed(field: Field, value: GenericValue): GenericValue {
	return value === null && (field === 'conversion' || field === 'program') ? '' : value;
}

function entriesOf<T>(record: Partial<Record<Field, T>>): Array<[Field, T]> {
	const fields: Field[] = [
		'conversion',
		'program',
		'reason',
		'amount',
		'keptAmount',
		'settled',
		'dryRun',
		'simplify',
		'filters',
		'limit',
		'returnAll',
		'options',
	];
	return fields.flatMap((field): Array<[Field, T]> => {
		const value = record[field];
		return value === undefined ? [] : [[field, value]];
	});
}

function parametersOf(stored: IDataObject): INodeParameters {
	const parameters: INodeParameters = {};
	for (const [key, value] of Object.entries(stored)) {
		if (isParameter(value)) parameters[key] = value;
	}
	return parameters;
}

function isParameter(value: unknown): value is INodeParameters[string] {
	return value !== undefined;
}

/** What Affilae shows of the conversions that the items name, before anything was written. */
function answersFor(given: readonly Given[]): Answer[] {
	return given.flatMap((one) => {
		const named = namedBy(one);
		if (named === undefined) return [];
		const answer = answerFor(named);
		return [answer, ...ordersOf(named, [answer]).map(answerFor)];
	});
}

function answerFor({ by, value, programId }: Named): Answer {
	const program = programId === undefined ? {} : { program: programId };
	const selection = { ...(by === 'id' ? {} : { [by]: value }), ...program };
	const entries = affilae.store
		.select(selection)
		.filter(({ conversion }) => by !== 'id' || conversion.id === value);
	return { after: 0, rows: entries.map((entry) => copyOf(rowOf(entry, affilae.settings))) };
}

/** As it goes over the wire. */
function copyOf(row: unknown): unknown {
	return JSON.parse(JSON.stringify(row));
}

function received(): Received[] {
	return affilae.requests.list().map(({ method, path, query, payload }) => ({
		method,
		path,
		query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)])),
		...(method === 'POST' ? { body: payload } : {}),
	}));
}

/** Outputs that report a change and do not match the shop. */
function untrue({ success }: EngineOutcome): unknown[] {
	return success.flatMap(({ json }) => {
		if (json['changed'] !== true) return [];
		const { conversion, shownFields = {} } = affilae.store.get(String(json['id'])) ?? {};
		const isShown = 'status' in shownFields || json['status'] === conversion?.status;
		const isDone = json['outcome'] === 'updated' || json['outcome'] === conversion?.status;
		return isShown && isDone ? [] : [[json, conversion?.status]];
	});
}

describe('whatever the parameters and the items contain', () => {
	test('each run ends, reports the result of each item in the node’s own words, and writes only what was decided', async () => {
		const { seed, numRuns } = seeded(RUNS);
		await fc.assert(
			fc.asyncProperty(run, async (asked) => {
				const { parameters, json, given } = written(asked);
				affilae.reset();
				const answers = answersFor(given);
				watch.told.clear();
				const outcome = await toItsEnd(async (cancelWhen) => {
					return await watch.runNode({
						parameters,
						items: json,
						credential: { token: MARK, environment: 'custom', baseUrl: affilae.url },
						settings: { onError: asked.onError },
						cancelWhen,
					});
				}).catch((thrown: unknown) => {
					if (thrown instanceof Error && thrown.name === 'WorkflowHasIssuesError') return undefined;
					throw thrown;
				});
				const requests = received();
				if (outcome === undefined) {
					expect(requests).toEqual([]);
					return;
				}
				cases += given.length;
				writes += requests.filter(({ method }) => method === 'POST').length;
				if (outcome.stopped?.description?.endsWith('Nothing was changed in Affilae.')) {
					expect(affilae.store.writes).toEqual([]);
				}
				mustBeRight({
					operation: asked.operation,
					onError: asked.onError,
					given,
					outcome,
					requests,
					answers,
					statuses: new Map(),
					told: watch.told,
					secrets: [MARK],
					mayN8nSpeak: Object.values(asked.ways).some((by) => by.startsWith('=')),
				});
				expect(untrue(outcome)).toEqual([]);
			}),
			{ seed, numRuns },
		);
		mustBeMany('Hostile parameters', { cases, writes }, { cases: 2000, writes: 100 });
	}, 300_000);
});
