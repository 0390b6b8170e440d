import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import type { EngineOutcome, EngineRun } from './engine';
import { inProgram } from './locators';
import { REASON, RECONCILE } from './reconciling';
import { LIGHTING, LOCKED, type NewConversion, sale, shown, UNLOCKED } from './sandboxShop';
import { inAnyOrder } from './server';
import { BAGS, SHOES } from './shop';
import {
	about,
	accepting,
	BY_ID,
	BY_ORDER,
	failuresOf,
	NAMES,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

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

function item(number: number, kept = 60, settled = true) {
	return { ...about(number), kept, settled, reason: REASON };
}

const ACCEPTED: NewConversion = { status: 'accepted', ...UNLOCKED };
const REFUSED: NewConversion = { status: 'refused', ...UNLOCKED };

/** Conversions in every state. */
const ALL_SORTS: NewConversion[] = [
	sale(1),
	sale(2),
	sale(3),
	sale(4),
	sale(5, ACCEPTED),
	sale(6, ACCEPTED),
	sale(7, REFUSED),
	sale(8, REFUSED),
	sale(9, { amount: 6000, initialAmount: 8490 }),
	sale(10, { ...ACCEPTED, ...LOCKED }),
	sale(11, { ...REFUSED, ...LOCKED }),
	sale(12),
	sale(13, { externalId: '1012', rule: LIGHTING.name }),
];
const ITEMS: EngineRun['items'] = [
	item(1),
	item(2, 60, false),
	item(3, 84.9),
	item(4, 0),
	item(5, 84.9),
	item(6, 0),
	item(7, 0),
	item(8),
	item(9),
	item(10),
	item(11),
	item(12, 50),
];

/** What is reported for each item, without the fields in which a dry run and a real one differ. */
function reported({ success, failed }: EngineOutcome): unknown[] {
	return [...success, ...failed].map(({ json, pairedItem }) => [
		pairedItem,
		json['id'],
		json['outcome'],
		json['message'],
		json['error'],
	]);
}

describe.each(CASES)('a dry run of $operation by $by', ({ operation, parameters, name }) => {
	const real = { ...parameters, ...name };
	const dry = { ...real, dryRun: true };

	test('predicts for each item what the real run then does, and sends no write', async () => {
		const shop = await openShop(ALL_SORTS);
		const predicted = await run(operation, dry, ITEMS, TO_ERROR_BRANCH);
		expect(affilae.writes).toEqual([]);
		expect(shop.sandbox.store.writes).toEqual([]);
		expect(affilae.reads.length).toBeGreaterThan(0);
		const reads = inAnyOrder(affilae.reads);

		affilae.forget();
		const done = await run(operation, real, ITEMS, TO_ERROR_BRANCH);
		expect(affilae.writes.length).toBeGreaterThan(0);
		expect(inAnyOrder(affilae.reads)).toEqual(reads);
		expect(reported(predicted)).toEqual(reported(done));
		expect(predicted.success.length).toBeGreaterThan(3);
		const changes = ({ success }: EngineOutcome) => success.filter(({ json }) => json['changed']);
		expect(changes(predicted)).toEqual([]);
		expect(changes(done).length).toBe(
			done.success.filter(({ json }) => isDone(json['outcome'])).length,
		);
	});

	test('returns each conversion in its current state, with changed: false and dryRun: true', async () => {
		const shop = await openShop(ALL_SORTS);
		const { success } = await run(operation, dry, ITEMS, TO_ERROR_BRANCH);
		for (const { json } of success) {
			const now = shop.sandbox.store.get(String(json['id']));
			if (now === undefined) throw new RangeError('There is no such conversion');
			expect(json).toMatchObject({ ...shown(now.conversion), changed: false, dryRun: true });
		}
	});

	test('treats two items about one conversion as a real run does, and says that one would change it', async () => {
		const items = [item(1), item(2), item(1)];
		await openShop([sale(1), sale(2)]);
		const predicted = await run(operation, dry, items);
		expect(affilae.writes).toEqual([]);
		const done = await run(operation, real, items);
		const about = 'Item 0 is about the same conversion and';
		expect(predicted.success.map(({ json }) => json['outcome'])).toEqual([
			done.success[0]?.json['outcome'],
			done.success[1]?.json['outcome'],
			'unchanged',
		]);
		expect(predicted.success[2]?.json['message']).toBe(`${about} would change it`);
		expect(done.success[2]?.json['message']).toBe(`${about} changed it`);
	});

	test('fails an item whose conversion is not found, on the error branch or by stopping the run', async () => {
		await openShop([sale(1)]);
		const items = [item(1), { ...item(2), order: 'none', id: 'f'.repeat(24) }];
		const predicted = await run(operation, dry, items, TO_ERROR_BRANCH);
		expect(failuresOf(predicted)).toEqual([
			[expect.stringMatching(/no conversion.*\[item 1\]$/), { item: 1 }],
		]);
		const stopping = await run(operation, dry, items);
		expect(stopping.stopped?.message).toMatch(/no conversion.*\[item 1\]$/s);
		expect(stopping.stopped?.description).toMatch(/Nothing was changed in Affilae\.$/);
		expect(affilae.writes).toEqual([]);
	});

	test('returns Affilae’s own object, unchanged, if Simplify is off', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		const { success } = await run(operation, { ...dry, simplify: false }, [item(1), item(2)]);
		expect(success.map(({ json }) => json)).toEqual(
			[1, 2].map((number) =>
				expect.objectContaining({ ...shop.held(number), changed: false, dryRun: true }),
			),
		);
	});
});

function isDone(outcome: unknown): boolean {
	return outcome === 'accepted' || outcome === 'refused' || outcome === 'updated';
}

describe('before it reads, a run rejects', () => {
	const BAD: Array<Operation & { what: string; bad: EngineRun['items'][number] }> = [
		{
			what: 'an empty reason',
			operation: 'refuse',
			parameters: { ...BY_ORDER, reason: '={{ $json.reason }}' },
			bad: { ...item(2), reason: ' ' },
		},
		{
			what: 'an amount with two possible meanings',
			operation: 'update',
			parameters: { ...BY_ORDER, reason: REASON, amount: '={{ $json.kept }}' },
			bad: { ...item(2), kept: '1,234' },
		},
		{
			what: 'a missing kept amount',
			operation: 'reconcile',
			parameters: { ...BY_ORDER, ...RECONCILE },
			bad: { order: '1002', settled: true, reason: REASON },
		},
		{
			what: 'a missing program',
			operation: 'accept',
			parameters: { ...BY_ID, ...inProgram('={{ $json.program }}') },
			bad: item(2),
		},
		{
			what: 'a missing order ID',
			operation: 'accept',
			parameters: BY_ORDER,
			bad: {},
		},
	];

	test.each(BAD)('$what, in a dry run too', async ({ operation, parameters, bad }) => {
		await openShop([sale(1), sale(2)]);
		const items = [{ ...item(1), program: SHOES.id }, bad];
		const dry = { ...parameters, dryRun: true };
		const stopping = await run(operation, dry, items);
		expect(stopping.stopped?.message).toMatch(/\[item 1\]$/);
		expect(stopping.stopped?.description).toMatch(/Nothing was changed in Affilae\.$/);
		expect(affilae.requests).toEqual([]);
		const predicted = await run(operation, dry, items, TO_ERROR_BRANCH);
		const done = await run(operation, parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(predicted)).toEqual([[expect.stringMatching(/\[item 1\]$/), { item: 1 }]]);
		expect(failuresOf(predicted)).toEqual(failuresOf(done));
		expect(predicted.success.map(({ json }) => json['dryRun'])).toEqual([true]);
	});

	test.each(['perhaps', '', 2, 'tru', [true], {}])("'Dry Run' set to %j", async (dryRun) => {
		await openShop([sale(1), sale(2)]);
		const { stopped } = await run('accept', { ...BY_ORDER, dryRun: '={{ $json.dry }}' }, [
			{ ...item(1), dry: true },
			{ ...item(2), dry: dryRun },
		]);
		expect(stopped?.message).toMatch(/^Order 1002: 'Dry Run' is .* \[item 1\]$/);
		expect(stopped?.description).toMatch(/^Use true or false\./);
		expect(affilae.requests).toEqual([]);
	});
});

test.each(['TRUE', 1, 'VRAI', 'yes', ' true '])(
	"'Dry Run' set to %j, as a spreadsheet may write it, means true",
	async (dry) => {
		await openShop([sale(1), sale(2)]);
		const { success } = await run('accept', { ...BY_ORDER, dryRun: '={{ $json.dry }}' }, [
			{ ...item(1), dry },
			{ ...item(2), dry: false },
		]);
		expect(success.map(({ json }) => [json['outcome'], json['changed'], json['dryRun']])).toEqual([
			['accepted', false, true],
			['accepted', true, undefined],
		]);
		expect(affilae.writes).toEqual([accepting(2)]);
	},
);

test('an order in two programs fails in a dry run too, with an error that names both', async () => {
	await openShop([sale(1), sale(11, { externalId: '1001', program: BAGS.id }), sale(3)]);
	const dry = await run(
		'accept',
		{ ...BY_ORDER, dryRun: true },
		[item(1), item(3)],
		TO_ERROR_BRANCH,
	);
	expect(failuresOf(dry)).toEqual([
		[expect.stringMatching(`${SHOES.name}.*${BAGS.name}`), { item: 0 }],
	]);
	expect(dry.success).toHaveLength(1);
});

test('a dry-run item and a real item about one conversion do not affect each other', async () => {
	await openShop([sale(1), sale(2)]);
	const parameters = { ...RECONCILE, ...BY_ORDER, dryRun: '={{ $json.dry }}' };
	const { success, stopped } = await run('reconcile', parameters, [
		{ ...item(1, 0), dry: true },
		{ ...item(1, 60, false), dry: false },
	]);
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => [json['outcome'], json['changed']])).toEqual([
		['refused', false],
		['updated', true],
	]);
});

test("an order without conversions is notFound in a dry run too if 'If Not Found' is Succeed", async () => {
	await openShop([sale(1)]);
	const parameters = {
		...RECONCILE,
		...BY_ORDER,
		dryRun: true,
		options: { ifNotFound: 'succeed' },
	};
	const { success } = await run('reconcile', parameters, [{ ...item(1), order: 'none' }, item(1)]);
	expect(success.map(({ json }) => [json['externalId'], json['outcome'], json['dryRun']])).toEqual([
		['none', 'notFound', true],
		['1001', 'accepted', true],
	]);
	expect(affilae.writes).toEqual([]);
	expect(affilae.reads).toHaveLength(2);
});
