import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GenericValue, IDataObject, INodeParameters } from 'n8n-workflow';
import { MARK, serverForTests, type Respond } from '../engine/server';
import { BAGS, conversion, idOf, SHOES, shop, type WireConversion } from '../engine/shop';
import { mustBeRight, UNKNOWN, type Given, type Judged, type Row } from './judge';
import { withinTime } from './time';
import { mustBeMany, NASTY_TEXTS, nastyJson, nastyNumber, nastyText, seeded } from './values';
import { openWatch, type Watch } from './watch';

const RUNS = 280;

const affilae = serverForTests();
let watch: Watch;
let cases = 0;
let writes = 0;

beforeAll(async () => {
	watch = await openWatch();
});

/** A shop with one of each kind; made anew for each run, as writes change it. */
function conversions(): WireConversion[] {
	const pending = Array.from({ length: 12 }, (_, at) => conversion(at + 1));
	const nasty = NASTY_TEXTS.map((text) => text.trim())
		.filter((text) => text !== '' && text.length < 100)
		.map((externalId, at) => conversion(100 + at, { externalId }));
	return [
		...pending,
		conversion(13, { status: 'accepted' }),
		conversion(14, { status: 'accepted', amount: 500 }),
		conversion(15, { status: 'refused' }),
		without(conversion(16), 'status'),
		without(conversion(17), 'amount'),
		conversion(18, { externalId: '1001', program: BAGS }),
		without(conversion(19), 'program'),
		conversion(20, { amount: 0 }),
		conversion(21, { customerId: 'C-2' }),
		conversion(22, { status: 'under review' }),
		conversion(23, { amount: -5 }),
		conversion(24, { amount: Number.MAX_SAFE_INTEGER, currency: 'JPY' }),
		...nasty,
	];
}

function without(row: WireConversion, key: 'status' | 'amount' | 'program'): WireConversion {
	const others = { ...row };
	delete others[key];
	return others;
}

type Field = keyof Given | 'simplify' | 'filters' | 'limit' | 'returnAll' | 'options' | 'operation';
type Values = Partial<Record<Field, GenericValue>>;

const order = fc.integer({ min: 1, max: 26 });
const goodProgram = fc.constantFrom<GenericValue>(
	undefined,
	{ __rl: true, mode: 'id', value: SHOES.id },
	{ __rl: true, mode: 'list', value: BAGS.id },
	SHOES.id,
);
const goodConversion: fc.Arbitrary<GenericValue> = fc.oneof(
	order.map((n) => ({ __rl: true, mode: 'externalId', value: String(1000 + n) })),
	order.map((n) => ({ __rl: true, mode: 'externalId', value: 1000 + n })),
	order.map((n) => ({ __rl: true, mode: 'id', value: idOf(n) })),
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
const goodFilters = fc.record<IDataObject>(
	{
		status: fc.constantFrom('pending', 'accepted', 'refused', ''),
		from: fc.constantFrom('2026-09-01', '2026-10-01T10:00:00+02:00', ''),
		to: fc.constantFrom('2026-12-31', ''),
		customerId: fc.constantFrom('C-1', ''),
		externalId: fc.constantFrom('1001', 1001, ''),
		program: fc.constantFrom<GenericValue>(SHOES.id, { __rl: true, mode: 'id', value: BAGS.id }),
	},
	{ requiredKeys: [] },
);
const goodOptions = fc.record<IDataObject>(
	{
		amountsIn: fc.constantFrom('units', 'cents', ''),
		dryRun: fc.constantFrom(true, false, 'true', 'false'),
		ifAlreadyProcessed: fc.constantFrom('succeed', 'fail'),
		ifNotFound: fc.constantFrom('succeed', 'fail'),
		includeCallLog: fc.boolean(),
		maxConcurrency: fc.constantFrom<GenericValue>(1, 3, '200', 1.5),
		retryForSeconds: fc.constantFrom<GenericValue>(0, 0.05, '0'),
		timeoutSeconds: fc.constantFrom<GenericValue>(1, 5, '5'),
	},
	{ requiredKeys: [] },
);
const GOOD: { [F in Field]?: fc.Arbitrary<GenericValue> } = {
	conversion: goodConversion,
	program: goodProgram,
	reason: fc.constantFrom<GenericValue>('Returned', ' Returned ', 7, 'שלום 👍'),
	amount: goodAmount,
	keptAmount: goodAmount,
	settled: fc.constantFrom<GenericValue>(true, false, 'true', 'false'),
	simplify: fc.constantFrom<GenericValue>(true, false, 'true'),
	returnAll: fc.constantFrom<GenericValue>(true, false),
	limit: fc.constantFrom<GenericValue>(1, 3, '50', 1000),
	filters: goodFilters,
	options: goodOptions,
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
		'dryRun',
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

/** By which way a value gets into a parameter. */
type Way = 'fixed' | 'field' | 'evaluated' | (typeof EXPRESSIONS)[number];

const FIELDS_OF: Readonly<Record<string, readonly Field[]>> = {
	list: ['returnAll', 'limit', 'filters', 'simplify', 'options'],
	info: ['conversion', 'program', 'simplify', 'options'],
	accept: ['conversion', 'program', 'simplify', 'options'],
	refuse: ['conversion', 'program', 'reason', 'simplify', 'options'],
	update: ['conversion', 'program', 'amount', 'reason', 'simplify', 'options'],
	reconcile: ['conversion', 'program', 'keptAmount', 'settled', 'reason', 'simplify', 'options'],
};

interface Run {
	operation: GenericValue;
	onError: Judged['onError'];
	ways: Partial<Record<Field, Way>>;
	items: Values[];
	litter: IDataObject;
}

const way: fc.Arbitrary<Way> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant<Way>('fixed') },
	{ weight: 10, arbitrary: fc.constant<Way>('field') },
	{ weight: 3, arbitrary: fc.constant<Way>('evaluated') },
	{ weight: 1, arbitrary: fc.constantFrom<Way>(...EXPRESSIONS) },
);

/** One field of an item, as odd as the run is. */
function valueOf(field: Field, oddness: number): fc.Arbitrary<GenericValue> {
	const good = GOOD[field] ?? nastyJson;
	const odd = ODD[field] ?? nastyJson;
	return fc.oneof({ weight: 40 - oddness, arbitrary: good }, { weight: oddness, arbitrary: odd });
}

function runOf(operation: GenericValue, oddness: number): fc.Arbitrary<Run> {
	const fields = FIELDS_OF[String(operation)] ?? ['conversion', 'options'];
	const item = fc.record<Values>(
		Object.fromEntries(fields.map((field) => [field, valueOf(field, oddness)])),
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
	.tuple(
		fc.oneof(
			{ weight: 30, arbitrary: fc.constantFrom<GenericValue>(...Object.keys(FIELDS_OF)) },
			{ weight: 1, arbitrary: nastyJson },
		),
		fc.constantFrom(0, 1, 6, 30),
	)
	.chain(([operation, oddness]) => runOf(operation, oddness));

/** The parameters of the node, the items, and what each item then gives. */
function written({ operation, ways, items, litter }: Run): {
	parameters: INodeParameters;
	json: IDataObject[];
	given: Given[];
} {
	const stored: IDataObject = { operation };
	for (const [field, by] of entriesOf(ways)) {
		const keys = COLLECTIONS.includes(field) ? keysOf(field, items) : undefined;
		if (by === 'fixed') stored[field] = fixed(field, items[0]?.[field]);
		else if (keys)
			stored[field] = Object.fromEntries(keys.map((key) => [key, within(field, key, by)]));
		else if (by === 'field') stored[field] = `={{ $json.p_${field} }}`;
		else if (by === 'evaluated') stored[field] = `={{ $json["p_" + "${field}"] }}`;
		else stored[field] = by;
	}
	const json = items.map((values) => ({
		...litter,
		...Object.fromEntries(entriesOf(values).map(([field, value]) => [`p_${field}`, value])),
	}));
	const given = items.map((values) =>
		Object.fromEntries(
			entriesOf(ways).map(([field, by]): [string, unknown] => {
				if (by === 'fixed') return [field, fixed(field, items[0]?.[field])];
				if (COLLECTIONS.includes(field) && !isPlain(by)) {
					return [field, Object.fromEntries(keysOf(field, items).map((key) => [key, UNKNOWN]))];
				}
				return [field, by === 'field' || by === 'evaluated' ? values[field] : UNKNOWN];
			}),
		),
	);
	return { parameters: parametersOf(stored), json, given };
}

/** n8n takes no expression for the whole of one, but for each of its keys. */
const COLLECTIONS: readonly Field[] = ['options', 'filters'];

function isPlain(by: Way): boolean {
	return by === 'fixed' || by === 'field' || by === 'evaluated';
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

/** Keeps the rows that a shop shows. */
function showing(respond: Respond, shown: Row[]): Respond {
	return async (request) => {
		const reply = await respond(request);
		const text = JSON.stringify(reply.body);
		if (request.method === 'GET' && text !== undefined) {
			const { conversions: rows }: { conversions?: { data: Row[] } } = JSON.parse(text);
			shown.push(...(rows?.data ?? []));
		}
		return reply;
	};
}

describe('whatever the parameters and the items hold', () => {
	test('each run ends, tells each item in words of its own what came of it, and writes what was decided alone', async () => {
		const { seed, numRuns } = seeded(RUNS);
		await fc.assert(
			fc.asyncProperty(run, async (asked) => {
				const { parameters, json, given } = written(asked);
				const rows = conversions();
				const before = JSON.stringify(rows);
				const shown: Row[] = [];
				affilae.forget();
				affilae.respond = showing(shop(rows), shown);
				watch.told.clear();
				const outcome = await withinTime(async (cancelWhen) => {
					return await watch.runNode({
						parameters,
						items: json,
						credential: affilae.credential,
						settings: { onError: asked.onError },
						cancelWhen,
					});
				}).catch((thrown: unknown) => {
					if (thrown instanceof Error && thrown.name === 'WorkflowHasIssuesError') return undefined;
					throw thrown;
				});
				if (outcome === undefined) {
					expect(affilae.requests).toEqual([]);
					return;
				}
				cases += given.length;
				writes += affilae.requests.filter(({ method }) => method === 'POST').length;
				if (outcome.stopped?.message.endsWith('Nothing was changed at Affilae.')) {
					expect(JSON.stringify(rows)).toBe(before);
				}
				mustBeRight({
					operation: asked.operation,
					onError: asked.onError,
					given,
					outcome,
					requests: affilae.requests,
					shown,
					told: watch.told,
					secrets: [MARK],
					mayN8nSpeak: Object.values(asked.ways).some((by) => by.startsWith('=')),
				});
			}),
			{ seed, numRuns },
		);
		mustBeMany('Hostile parameters', cases, writes, 4700);
	}, 300_000);
});
