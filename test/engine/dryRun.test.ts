import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { inProgram, named } from './locators';
import { accepting, failuresOf, REASON, RECONCILE } from './reconciling';
import { inAnyOrder, serverForTests } from './server';
import { BAGS, CALLS, conversion, idOf, SHOES, shop, type WireConversion } from './shop';

const affilae = serverForTests();

const NAMES = [
	{ by: 'order', name: named('externalId', '={{ $json.order }}') },
	{ by: 'id', name: { ...named('id', '={{ $json.id }}'), ...inProgram(SHOES.id) } },
];
const [{ name: BY_ORDER } = { name: {} }, { name: BY_ID } = { name: {} }] = NAMES;
const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

interface Operation {
	operation: string;
	parameters: INodeParameters;
}

const OPERATIONS: Operation[] = [
	{ operation: 'accept', parameters: {} },
	{ operation: 'refuse', parameters: { reason: REASON } },
	{ operation: 'update', parameters: { reason: REASON, amount: '={{ $json.kept }}' } },
	{ operation: 'reconcile', parameters: RECONCILE },
];
const CASES = OPERATIONS.flatMap((one) => NAMES.map((name) => ({ ...one, ...name })));

async function run(
	operation: string,
	parameters: INodeParameters,
	options: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = TO_ERROR_BRANCH,
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, ...parameters, options },
		items,
		credential: affilae.credential,
		settings,
	});
}

function item(number: number, kept = 60, settled = true): EngineRun['items'][number] {
	return { order: String(1000 + number), id: idOf(number), kept, settled, reason: REASON };
}

/** Each way that a conversion can be, and what was kept of it. */
function allSorts(): { rows: WireConversion[]; items: EngineRun['items'] } {
	const rows: WireConversion[] = [
		conversion(1),
		conversion(2),
		conversion(3),
		conversion(4),
		conversion(5, { status: 'accepted' }),
		conversion(6, { status: 'accepted' }),
		conversion(7, { status: 'refused' }),
		conversion(8, { status: 'refused' }),
		conversion(9, { amount: 6000 }),
	];
	const items = [
		item(1),
		item(2, 60, false),
		item(3, 84.9),
		item(4, 0),
		item(5, 84.9),
		item(6),
		item(7, 0),
		item(8),
		item(9),
	];
	return { rows, items };
}

/** What is told of each item, but for what only a dry run or only a real one can say. */
function told({ success, failed }: EngineOutcome): unknown[] {
	return [...success, ...failed].map(({ json, pairedItem }) => [
		pairedItem,
		json['outcome'],
		json['message'],
		json['error'],
	]);
}

describe.each(CASES)('a dry run of $operation by $by', ({ operation, parameters, name }) => {
	const named = { ...parameters, ...name };

	test('foretells for each item what the real run then does, and sends nothing', async () => {
		const { rows, items } = allSorts();
		affilae.respond = shop(rows);
		const dry = await run(operation, named, { dryRun: true }, items);
		expect(affilae.writes).toEqual([]);
		expect(affilae.reads.length).toBeGreaterThan(0);
		expect(rows).toEqual(allSorts().rows);
		const dryReads = [...affilae.reads];

		affilae.forget();
		const real = await run(operation, named, {}, items);
		expect(affilae.writes.length).toBeGreaterThan(0);
		expect(told(dry)).toEqual(told(real));
		expect(dry.success.length).toBeGreaterThan(3);
		// By ID, a real run of three of the four reads only where Affilae refuses.
		if (name === BY_ORDER || operation === 'reconcile') {
			expect(inAnyOrder(affilae.reads)).toEqual(inAnyOrder(dryReads));
		}
	});

	test('puts out each conversion as it is now, and says that nothing was changed', async () => {
		const { rows, items } = allSorts();
		affilae.respond = shop(rows);
		const { success } = await run(operation, named, { dryRun: true }, items);
		for (const { json } of success) {
			const now = rows.find(({ id }) => id === json['id']);
			expect(json).toMatchObject({
				status: now?.status,
				amountInCents: now?.amount,
				amount: (now?.amount ?? NaN) / 100,
				changed: false,
				dryRun: true,
			});
		}
	});

	test('takes items about one conversion as a real run does', async () => {
		const items = [item(1), item(2), item(1)];
		affilae.respond = shop([conversion(1), conversion(2)]);
		const dry = await run(operation, named, { dryRun: true }, items);
		expect(affilae.writes).toEqual([]);
		affilae.respond = shop([conversion(1), conversion(2)]);
		const real = await run(operation, named, {}, items);
		expect(told(dry)).toEqual(told(real));
		expect(dry.success.map(({ json }) => json['outcome'])).toEqual([
			real.success[0]?.json['outcome'],
			real.success[1]?.json['outcome'],
			'unchanged',
		]);
	});

	test('refuses what cannot be found as a real run does, also where On Error is at stop', async () => {
		affilae.respond = shop([conversion(1)]);
		const items = [item(1), { ...item(2), order: 'none', id: 'f'.repeat(24) }];
		const dry = await run(operation, named, { dryRun: true }, items);
		expect(failuresOf(dry)).toEqual([
			[expect.stringMatching(/no conversion.*\[item 1\]$/), { item: 1 }],
		]);
		const stopping = await run(operation, named, { dryRun: true }, items, {});
		expect(stopping.stopped?.message).toMatch(/no conversion.*\[item 1\] Nothing was changed/s);
		expect(affilae.writes).toEqual([]);
	});

	test('with raw output gives Affilae’s own object as it is', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const parametersOfBoth = { ...named, simplify: false };
		const { success } = await run(operation, parametersOfBoth, { dryRun: true }, [
			item(1),
			item(2),
		]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) =>
				expect.objectContaining({ ...conversion(number), changed: false, dryRun: true }),
			),
		);
	});
});

describe('what a real run refuses before it reads, a dry run refuses too', () => {
	const BAD: Array<Operation & { what: string; bad: EngineRun['items'][number] }> = [
		{
			what: 'an empty reason',
			operation: 'refuse',
			parameters: { ...BY_ORDER, reason: '={{ $json.reason }}' },
			bad: { ...item(2), reason: ' ' },
		},
		{
			what: 'an amount that could be two',
			operation: 'update',
			parameters: { ...BY_ORDER, reason: REASON, amount: '={{ $json.kept }}' },
			bad: { ...item(2), kept: '1,234' },
		},
		{
			what: 'no kept amount',
			operation: 'reconcile',
			parameters: { ...BY_ORDER, ...RECONCILE },
			bad: { order: '1002', settled: true },
		},
		{
			what: 'no program for a conversion ID',
			operation: 'accept',
			parameters: { ...BY_ID, ...inProgram('={{ $json.program }}') },
			bad: item(2),
		},
		{
			what: 'a conversion that is not named',
			operation: 'accept',
			parameters: BY_ORDER,
			bad: {},
		},
	];

	test.each(BAD)('$what', async ({ operation, parameters, bad }) => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const items = [{ ...item(1), program: SHOES.id }, bad];
		const stopping = await run(operation, parameters, { dryRun: true }, items, {});
		expect(stopping.stopped?.message).toMatch(/\[item 1\] Nothing was changed at Affilae\.$/);
		expect(affilae.requests).toEqual([]);
		const dry = await run(operation, parameters, { dryRun: true }, items);
		const real = await run(operation, parameters, {}, items);
		expect(failuresOf(dry)).toEqual([[expect.stringMatching(/\[item 1\]$/), { item: 1 }]]);
		expect(failuresOf(dry)).toEqual(failuresOf(real));
		expect(dry.success.map(({ json }) => json['dryRun'])).toEqual([true]);
	});

	test.each(['yes', '', 1])(
		'a Dry Run that is %j is taken for neither yes nor no',
		async (dryRun) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const options = { dryRun: '={{ $json.dry }}' };
			const items = [
				{ ...item(1), dry: true },
				{ ...item(2), dry: dryRun },
			];
			const { stopped } = await run('accept', BY_ORDER, options, items, {});
			expect(stopped?.message).toMatch(/Dry Run is .*\. Give true or false\. \[item 1\]/);
			expect(affilae.requests).toEqual([]);
		},
	);
});

test('an order in two programs fails in a dry run as well, and both are named', async () => {
	affilae.respond = shop([
		conversion(1, { externalId: '42' }),
		conversion(2, { externalId: '42', program: BAGS }),
		conversion(3),
	]);
	const dry = await run('accept', BY_ORDER, { dryRun: true }, [{ order: '42' }, item(3)]);
	expect(failuresOf(dry)).toEqual([[expect.stringMatching(`${idOf(1)}.*${idOf(2)}`), { item: 0 }]]);
	expect(dry.success).toHaveLength(1);
});

test('where each item says whether it is a dry run, only the others are written to', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const { success } = await run('accept', BY_ORDER, { dryRun: '={{ $json.dry }}' }, [
		{ ...item(1), dry: true },
		{ ...item(2), dry: false },
	]);
	expect(success.map(({ json }) => [json['outcome'], json['changed'], json['dryRun']])).toEqual([
		['accepted', false, true],
		['accepted', true, undefined],
	]);
	expect(affilae.writes).toEqual([accepting(2)]);
});

test('an order that has no conversion is unchanged in a dry run too, where that is asked for', async () => {
	affilae.respond = shop([conversion(1)]);
	const options = { dryRun: true, ifNotFound: 'succeed' };
	const { success } = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, options, [
		{ ...item(1), order: 'none' },
		item(1),
	]);
	expect(success.map(({ json }) => [json['externalId'], json['outcome'], json['dryRun']])).toEqual([
		['none', 'unchanged', true],
		['1001', 'accepted', true],
	]);
	expect(affilae.requests.map(({ path }) => path)).toEqual([CALLS.info, CALLS.info]);
});
