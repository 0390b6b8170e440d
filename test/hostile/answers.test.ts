import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GenericValue, IDataObject, INodeParameters } from 'n8n-workflow';
import type { Sandbox } from '../../sandbox/server';
import { LIGHTING, LOCKED, sale, saleId, UNLOCKED } from '../engine/sandboxShop';
import { MARK, type Received } from '../engine/server';
import { BAGS, SHOES } from '../engine/shop';
import { keyOf, rowsIn, spread, statusOf, textOf, twisted, twists, type Twist } from './answers';
import type { Answer } from './decided';
import type { Given } from './given';
import { openHostileServer } from './hostileServer';
import { askHonest, openHonest } from './honest';
import { wrongsOf, type Judged } from './judge';
import { toItsEnd } from './time';
import { mustBeMany, seeded } from './values';
import { openWatch, type Watch } from './watch';

const RUNS = 160;

let watch: Watch;
let honest: Sandbox;
let cases = 0;
let writes = 0;

beforeAll(async () => {
	watch = await openWatch();
	honest = await openHonest([
		...Array.from({ length: 24 }, (_, at) => sale(at + 1)),
		sale(25, { externalId: '1001', program: BAGS.id }),
		sale(26, { status: 'accepted', ...UNLOCKED }),
		sale(27, { status: 'refused', ...UNLOCKED }),
		sale(28, { customerId: 'C-2' }),
		sale(29, { status: 'accepted', ...LOCKED }),
		// Split by rule, and twice with one rule.
		sale(30, { externalId: '1005', customerId: 'C-5', rule: LIGHTING.id, amount: 3333 }),
		sale(31, { externalId: '1006', customerId: 'C-6' }),
	]);
});
afterAll(async () => await honest.stop());

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
	dryRun: boolean;
	options: IDataObject;
	plan: Twist[][];
	/** Which requests get a changed response. */
	twistedOnes: 'GET' | 'POST' | 'all';
}

const item: fc.Arbitrary<Item> = fc.record({
	by: fc.constantFrom<Item['by']>('externalId', 'externalId', 'customerId', 'id'),
	number: fc.integer({ min: 1, max: 32 }),
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
		'continueRegularOutput',
		'continueErrorOutput',
	),
	items: fc.oneof(
		{ weight: 2, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }) },
		{ weight: 3, arbitrary: fc.array(item, { minLength: 4, maxLength: 36, size: 'max' }) },
	),
	isInProgram: fc.boolean(),
	simplify: fc.boolean(),
	dryRun: fc.constantFrom(false, false, false, true),
	options: fc.record<IDataObject>(
		{
			maxConcurrency: fc.constantFrom(1, 4, 50),
			retryForSeconds: fc.constantFrom(0, 0, 0, 0.05),
			timeoutSeconds: fc.constant(2),
			includeCallLog: fc.boolean(),
			ifNotFound: fc.constantFrom('succeed', 'fail'),
			ifAlreadyProcessed: fc.constantFrom('succeed', 'fail'),
			severalConversions: fc.constantFrom('ask', 'proportionally', 'eachWhole'),
			ordersSince: fc.constantFrom('', '', '2026-09-01'),
			rule: fc.constantFrom('', '', '', LIGHTING.name),
		},
		{ requiredKeys: ['maxConcurrency', 'retryForSeconds', 'timeoutSeconds'] },
	),
	plan: fc.array(twists, { minLength: 1, maxLength: 8, size: 'max' }),
	twistedOnes: fc.constantFrom<Run['twistedOnes']>('GET', 'POST', 'POST', 'all'),
});

const VALUES: Readonly<Record<Item['by'], (number: number) => string>> = {
	externalId: (number) => String(1000 + number),
	customerId: (number) => `C-${number}`,
	id: saleId,
};

function givenOf(asked: Run, { by, number, amount, isSettled }: Item): Given {
	return {
		conversion: { __rl: true, mode: by, value: VALUES[by](number) },
		program: asked.isInProgram ? SHOES.id : '',
		reason: 'Returned',
		amount,
		keptAmount: amount,
		settled: isSettled,
		simplify: asked.simplify,
		dryRun: asked.dryRun,
		options: asked.options,
	};
}

/** Each parameter that is not the same for all items is read from the item. */
function parametersOf({ operation, options, simplify, dryRun, isInProgram }: Run): INodeParameters {
	return {
		operation,
		simplify,
		dryRun,
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

describe('however the server responds', () => {
	test('each run ends, reports the result of each item in the node’s own words, and writes only what was decided', async () => {
		const { seed, numRuns } = seeded(RUNS);
		await fc.assert(
			fc.asyncProperty(run, async (asked) => {
				const given = asked.items.map((one) => givenOf(asked, one));
				honest.reset();
				const answers: Answer[] = [];
				const statuses = new Map<Received, number>();
				const transcript: string[] = [];
				const seen = new Map<string, number>();
				const affilae = await openHostileServer(async (request) => {
					const changes = choose(asked, seen, request);
					const wire = twisted(await askHonest(honest, request), changes);
					transcript.push(`${keyOf(request)} <- ${textOf(wire)}`);
					const status = statusOf(wire);
					if (status !== undefined) statuses.set(request, status);
					if (request.method === 'GET') {
						answers.push({ after: affilae.requests.length, rows: rowsIn(wire) });
					}
					return wire;
				});
				watch.told.clear();
				const outcome = await toItsEnd(
					async (cancelWhen) =>
						await watch.runNode({
							parameters: parametersOf(asked),
							items: given.map(dataOf),
							credential: affilae.credential,
							settings: { onError: asked.onError },
							cancelWhen,
						}),
				);
				await affilae.stop();
				const { requests } = affilae;
				cases += given.length;
				writes += requests.filter(({ method }) => method === 'POST').length;
				expect(affilae.mistakes).toEqual([]);
				const wrongs = wrongsOf({
					operation: asked.operation,
					onError: asked.onError,
					given,
					outcome,
					requests,
					answers,
					statuses,
					told: watch.told,
					secrets: [MARK],
					mayN8nSpeak: false,
				});
				const exchanges = wrongs.length > 0 ? transcript.slice(0, 20) : [];
				expect({ wrongs, exchanges }).toEqual({ wrongs: [], exchanges: [] });
			}),
			{ seed, numRuns },
		);
		mustBeMany('Hostile answers', { cases, writes }, { cases: 1600, writes: 180 });
	}, 300_000);
});
