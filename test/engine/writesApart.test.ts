import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { TRIED_ONCE, type EngineOutcome, type EngineRun } from './engine';
import { parts, REASON, RECONCILE } from './reconciling';
import { saleId, type SandboxShop } from './sandboxShop';
import type { Reply } from './server';
import { refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	BY_ID,
	BY_ORDER,
	failuresOf,
	lowering,
	outcomesOf,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const PARTS = [1, 11, 12];
const CLOSED = refusal(400, 'The month is closed');
const WHOLE = { kept: 100, settled: true, reason: REASON };

/** The shop, which answers all writes of one path to one conversion of order 1001 in this way. */
async function openParts(number: number, path: string, reply: Reply = CLOSED) {
	const shop = await openShop(parts());
	affilae.respond = troubled(shop.respond, { path, about: saleId(number), reply });
	return shop;
}

function statusesOf(shop: SandboxShop): unknown[] {
	return PARTS.map((number) => shop.held(number).status);
}

const WAYS = [
	{ operation: 'accept', parameters: {} },
	{ operation: 'reconcile', parameters: RECONCILE },
];

describe.each(WAYS)('if Affilae rejects the write to one conversion, $operation', (way) => {
	const { operation, parameters } = way;
	const item = (number: number) => ({ ...about(number), ...WHOLE });
	const other = { ...about(2), ...WHOLE, kept: 84.9 };

	test.each(PARTS)(
		'writes to the others of the order: by order, by IDs and one by one (conversion %i)',
		async (number) => {
			const ways: Array<{ name: INodeParameters; runs: Array<EngineRun['items']> }> = [
				{ name: BY_ORDER, runs: [[item(1), other]] },
				{ name: BY_ID, runs: [[...PARTS.map(item), other]] },
				{ name: BY_ID, runs: [...PARTS.map((one) => [item(one)]), [other]] },
			];
			for (const { name, runs } of ways) {
				const shop = await openParts(number, accepting(1).path);
				for (const items of runs) {
					await run(operation, { ...parameters, ...name }, items, TO_ERROR_BRANCH);
				}
				expect(statusesOf(shop)).toEqual(
					PARTS.map((one) => (one === number ? 'pending' : 'accepted')),
				);
				expect(shop.held(2).status).toBe('accepted');
				expect(affilae.writes).toHaveLength(4);
				affilae.forget();
			}
		},
	);

	test('says the same of each conversion by its ID, one by one and together', async () => {
		const byId = { ...parameters, ...BY_ID };
		await openParts(1, accepting(1).path);
		const together = await run(operation, byId, [...PARTS.map(item), other], TO_ERROR_BRANCH);
		await openParts(1, accepting(1).path);
		const alone: EngineOutcome[] = [];
		for (const one of [...PARTS.map(item), other]) {
			alone.push(await run(operation, byId, [one], TO_ERROR_BRANCH));
		}
		const json = (outcomes: typeof alone) =>
			outcomes.flatMap(({ failed, success }) =>
				[...failed, ...success].map((told) =>
					JSON.stringify(told.json).replace(/ \[item \d+\]/, ''),
				),
			);
		expect(json([together])).toEqual(json(alone));
		expect(failuresOf(together)).toEqual([
			[
				expect.stringMatching(/Affilae rejected the request: "The month is closed" \[item 0\]$/),
				{ item: 0 },
			],
		]);
	});

	test('fails only the items that ask for it', async () => {
		const which = { conversion: '={{ $json.which }}' };
		const byOrder = { ...item(1), which: { __rl: true, mode: 'externalId', value: '1001' } };
		const byId = (number: number) => ({
			...item(number),
			which: { __rl: true, mode: 'id', value: saleId(number) },
		});
		const shop = await openParts(11, accepting(1).path);
		const items = [byOrder, byId(1), byId(11)];
		const result = await run(operation, { ...parameters, ...which }, items, TO_ERROR_BRANCH);
		expect(statusesOf(shop)).toEqual(['accepted', 'pending', 'accepted']);
		expect(failuresOf(result)).toEqual([
			[
				'Order 1001, rule Sale was accepted, order 1001, rule New customers was accepted, but order 1001, rule Lighting was not accepted [item 0]',
				{ item: 0 },
			],
			[expect.stringContaining('Affilae rejected the request: "The month is closed"'), { item: 2 }],
		]);
		expect(outcomesOf(result)).toEqual([['unchanged', false, { item: 1 }]]);
		expect(writesTo(11, affilae.writes)).toHaveLength(1);
	});

	test('reports all rejections of an order', async () => {
		const { respond } = await openShop(parts());
		const { path } = accepting(1);
		affilae.respond = troubled(
			respond,
			{ path, about: saleId(1), reply: CLOSED },
			{ path, about: saleId(12), reply: CLOSED },
		);
		const byOrder = { ...parameters, ...BY_ORDER };
		const result = await run(operation, byOrder, [item(1), other], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				'Order 1001, rule Lighting was accepted, but order 1001, rule Sale was not accepted and order 1001, rule New customers was not accepted [item 0]',
				{ item: 0 },
			],
		]);
	});
});

test('if an amount is compared with each conversion, one that cannot be lowered does not stop the others', async () => {
	const shop = await openParts(1, lowering(1, 0).path);
	const options = { severalConversions: 'eachWhole' };
	const items = [
		{ ...about(1), ...WHOLE, kept: 20 },
		{ ...about(2), ...WHOLE, kept: 84.9 },
	];
	const parameters = { ...RECONCILE, ...BY_ORDER, options };
	const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
	expect(statusesOf(shop)).toEqual(['pending', 'accepted', 'accepted']);
	expect(failuresOf(result)).toEqual([
		[
			'Order 1001, rule Lighting was lowered to 20.00 EUR and accepted, order 1001, rule New customers was accepted, but order 1001, rule Sale was not lowered [item 0]',
			{ item: 0 },
		],
	]);
});

test('nothing more is sent for an order after a write whose result is unknown', async () => {
	const shop = await openShop(parts());
	let isDown = false;
	affilae.respond = (request) => {
		const isAboutOrder = JSON.stringify([request.query, request.body]).match(
			new RegExp(`${saleId(11)}|"1001"`),
		);
		isDown ||= isAboutOrder !== null && request.method === 'POST';
		return isDown && isAboutOrder ? { status: 503 } : shop.respond(request);
	};
	const parameters = { ...BY_ORDER, options: TRIED_ONCE };
	const result = await run('accept', parameters, [about(1), about(2)], TO_ERROR_BRANCH);
	expect(failuresOf(result)).toEqual([
		[
			'Order 1001, rule Sale was accepted, and it is unknown whether order 1001, rule Lighting was accepted [item 0]',
			{ item: 0 },
		],
	]);
	expect(writesTo(12, affilae.writes)).toEqual([]);
	expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
});

describe('if two items ask for the same and If Already Processed is Fail,', () => {
	const options = { ifAlreadyProcessed: '={{ $json.already ?? "fail" }}' };
	const told = (name: string, at: number) => [
		`Item 0 asks for the same change to ${name} [item ${at}]`,
		{ item: at },
	];

	test.each([false, true])(
		'the second fails, as it does one by one (Dry Run: %s)',
		async (dryRun) => {
			await openShop(parts());
			const parameters = { ...BY_ORDER, dryRun, options };
			const items = [about(2), about(2), { ...about(2), already: 'succeed' }];
			const together = await run('accept', parameters, items, TO_ERROR_BRANCH);
			expect(failuresOf(together)).toEqual([told('order 1002', 1)]);
			expect(outcomesOf(together)).toEqual([
				['accepted', !dryRun, { item: 0 }],
				['unchanged', false, { item: 2 }],
			]);
			expect(affilae.writes).toEqual(dryRun ? [] : [accepting(2)]);
			if (dryRun) return;

			await openShop(parts());
			await run('accept', parameters, [about(2)], TO_ERROR_BRANCH);
			const second = await run('accept', parameters, [about(2)], TO_ERROR_BRANCH);
			expect(failuresOf(second)).toHaveLength(1);
		},
	);

	test('nothing is sent for the second, even if it is about more conversions', async () => {
		await openShop(parts());
		const conversion = '={{ $json.which }}';
		const items = [
			{ which: { __rl: true, mode: 'id', value: saleId(1) } },
			{ which: { __rl: true, mode: 'externalId', value: '1001' } },
		];
		const result = await run('accept', { conversion, options }, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([told('order 1001, rule Sale', 1)]);
		expect(affilae.writes).toEqual([accepting(1)]);
	});

	test('a run that stops at an error sends nothing', async () => {
		await openShop(parts());
		const result = await run('accept', { ...BY_ORDER, options }, [about(2), about(2)]);
		expect(result.stopped).toEqual({
			message: 'Item 0 asks for the same change to order 1002 [item 1]',
			description:
				"Keep one item for each order, or set 'If Already Processed' to Succeed. Nothing was changed in Affilae.",
		});
		expect(affilae.writes).toEqual([]);
	});
});
