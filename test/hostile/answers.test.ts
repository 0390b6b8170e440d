import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GenericValue, IDataObject, INodeParameters } from 'n8n-workflow';
import { MARK, type Received, type Reply } from '../engine/server';
import { BAGS, conversion, idOf, SHOES, shop, type WireConversion } from '../engine/shop';
import { keyOf, rowsIn, spread, textOf, twisted, twists, type Twist } from './answers';
import { hostileServerForTests } from './hostileServer';
import { wrongsOf, type Given, type Judged, type Row } from './judge';
import { withinTime } from './time';
import { mustBeMany, seeded } from './values';
import { openWatch, type Watch } from './watch';

const RUNS = 400;

const affilae = hostileServerForTests();
let watch: Watch;
let cases = 0;
let writes = 0;

beforeAll(async () => {
	watch = await openWatch();
});

function conversions(): WireConversion[] {
	return [
		...Array.from({ length: 24 }, (_, at) => conversion(at + 1)),
		conversion(25, { externalId: '1001', program: BAGS }),
		conversion(26, { status: 'accepted' }),
		conversion(27, { status: 'refused' }),
		conversion(28, { customerId: 'C-2', createdAt: '2026-10-02T10:00:00.000Z' }),
	];
}

interface Item {
	by: 'externalId' | 'customerId' | 'id';
	number: number;
	amount: number;
	isSettled: boolean;
}

interface Run {
	operation: 'list' | 'info' | 'accept' | 'refuse' | 'update' | 'reconcile';
	onError: Judged['onError'];
	items: Item[];
	isInProgram: boolean;
	simplify: boolean;
	options: IDataObject;
	plan: Twist[][];
	/** Which requests get a twisted answer. */
	twistedOnes: 'GET' | 'POST' | 'all';
}

const item: fc.Arbitrary<Item> = fc.record({
	by: fc.constantFrom<Item['by']>('externalId', 'externalId', 'customerId', 'id'),
	number: fc.integer({ min: 1, max: 29 }),
	amount: fc.constantFrom(0, 5, 60, 84.9, 90),
	isSettled: fc.boolean(),
});

const run: fc.Arbitrary<Run> = fc.record({
	operation: fc.constantFrom<Run['operation']>(
		'list',
		'info',
		'accept',
		'refuse',
		'update',
		'reconcile',
		'reconcile',
	),
	onError: fc.constantFrom<Judged['onError']>(
		'stopWorkflow',
		'continueRegularOutput',
		'continueErrorOutput',
	),
	items: fc.oneof(
		{ weight: 1, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }) },
		{ weight: 4, arbitrary: fc.array(item, { minLength: 4, maxLength: 36, size: 'max' }) },
	),
	isInProgram: fc.boolean(),
	simplify: fc.boolean(),
	options: fc.record<IDataObject>({
		maxConcurrency: fc.constantFrom(1, 4, 50),
		retryForSeconds: fc.constantFrom(0, 0, 0, 0.05),
		timeoutSeconds: fc.constant(2),
		includeCallLog: fc.boolean(),
		dryRun: fc.constantFrom(false, false, false, true),
		ifNotFound: fc.constantFrom('succeed', 'fail'),
		ifAlreadyProcessed: fc.constantFrom('succeed', 'fail'),
	}),
	plan: fc.array(twists, { minLength: 1, maxLength: 8, size: 'max' }),
	twistedOnes: fc.constantFrom<Run['twistedOnes']>('GET', 'POST', 'all', 'all'),
});

const VALUES: Readonly<Record<Item['by'], (number: number) => string>> = {
	externalId: (number) => String(1000 + number),
	customerId: (number) => `C-${number}`,
	id: idOf,
};

function givenOf(asked: Run, { by, number, amount, isSettled }: Item): Given {
	return {
		conversion: { __rl: true, mode: by, value: VALUES[by](number) },
		program: asked.isInProgram ? SHOES.id : '',
		reason: 'Returned',
		amount,
		keptAmount: amount,
		settled: isSettled,
		options: asked.options,
	};
}

/** Each parameter that is not the same for all items is read from the item. */
function parametersOf({ operation, options, simplify, isInProgram }: Run): INodeParameters {
	return {
		operation,
		simplify,
		conversion: '={{ $json.conversion }}',
		program: isInProgram ? SHOES.id : '',
		reason: 'Returned',
		amount: '={{ $json.amount }}',
		keptAmount: '={{ $json.keptAmount }}',
		settled: '={{ $json.settled }}',
		returnAll: true,
		options: Object.fromEntries(Object.entries(options).filter(isParameter)),
	};
}

function isParameter(entry: [string, GenericValue]): entry is [string, string | number | boolean] {
	return ['string', 'number', 'boolean'].includes(typeof entry[1]);
}

function dataOf(given: Given): IDataObject {
	return JSON.parse(JSON.stringify(given));
}

/** Nothing that was answered to a request is left to chance: runs are the same however they interleave. */
function choose({ plan, twistedOnes }: Run, seen: Map<string, number>, request: Received): Twist[] {
	if (twistedOnes !== 'all' && twistedOnes !== request.method) return [];
	const key = keyOf(request);
	const times = seen.get(key) ?? 0;
	seen.set(key, times + 1);
	return plan[(spread(key) + times) % plan.length] ?? [];
}

describe('whatever the server answers', () => {
	test('each run ends, tells each item in words of its own what came of it, and writes what was decided alone', async () => {
		const { seed, numRuns } = seeded(RUNS);
		await fc.assert(
			fc.asyncProperty(run, async (asked) => {
				const given = asked.items.map((one) => givenOf(asked, one));
				const honest = shop(conversions());
				const shown: Row[] = [];
				const transcript: string[] = [];
				const seen = new Map<string, number>();
				affilae.forget();
				affilae.speak = (request) => {
					const reply = honest(request);
					if (reply instanceof Promise) throw new Error('The shop answers at once');
					const wire = twisted(reply satisfies Reply, choose(asked, seen, request));
					transcript.push(`${keyOf(request)} <- ${textOf(wire)}`);
					if (request.method === 'GET') shown.push(...rowsIn(wire).filter(isRow));
					return wire;
				};
				watch.told.clear();
				const outcome = await withinTime(
					async (cancelWhen) =>
						await watch.runNode({
							parameters: parametersOf(asked),
							items: given.map(dataOf),
							credential: { token: MARK, environment: 'custom', baseUrl: affilae.url },
							settings: { onError: asked.onError },
							cancelWhen,
						}),
				);
				cases += given.length;
				writes += affilae.requests.filter(({ method }) => method === 'POST').length;
				expect(affilae.mistakes).toEqual([]);
				const wrongs = wrongsOf({
					operation: asked.operation,
					onError: asked.onError,
					given,
					outcome,
					requests: affilae.requests,
					shown,
					told: watch.told,
					secrets: [MARK],
					mayN8nSpeak: false,
				});
				const exchanges = wrongs.length > 0 ? transcript.slice(0, 20) : [];
				expect({ wrongs, exchanges }).toEqual({ wrongs: [], exchanges: [] });
			}),
			{ seed, numRuns },
		);
		mustBeMany('Hostile answers', cases, writes, 5400);
	}, 300_000);
});

function isRow(value: unknown): value is Row {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
