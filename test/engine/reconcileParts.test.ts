import { describe, expect, test } from '@jest/globals';
import { inProgram } from './locators';
import { REASON, RECONCILE } from './reconciling';
import {
	LIGHTING,
	NEW_CUSTOMERS,
	type NewConversion,
	sale,
	saleId,
	type SandboxShop,
	UNLOCKED,
} from './sandboxShop';
import { type Received } from './server';
import { refusal, SHOES } from './shop';
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
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const PARTS = [1, 11, 12];

/** Order 1001 in three parts, 1, 11 and 12, of 60.00, 30.00 and 10.00 EUR; order 1002 as it always is. */
async function openParts(differing: NewConversion = {}): Promise<SandboxShop> {
	return await openShop([
		sale(1, { amount: 6000, ...differing }),
		sale(11, { externalId: '1001', rule: LIGHTING.name, amount: 3000 }),
		sale(12, { externalId: '1001', rule: NEW_CUSTOMERS.name, amount: 1000 }),
		sale(2),
	]);
}

function heldBy(shop: SandboxShop): unknown[] {
	return PARTS.map((number) => [shop.held(number).status, shop.held(number).amount]);
}

function reconcileWith(severalConversions: string) {
	return { ...RECONCILE, ...BY_ORDER, options: { severalConversions } };
}

describe.each(['ask', 'proportionally', 'eachWhole'])(
	'an order of several conversions (Several Conversions: %s)',
	(severalConversions) => {
		test.each([
			{ kept: 0, differing: {} },
			{ kept: 30, differing: {} },
			{ kept: 50, differing: {} },
			{ kept: 100, differing: {} },
			{ kept: 60, differing: { status: 'accepted', ...UNLOCKED } as const },
			{ kept: 100, differing: { status: 'refused', ...UNLOCKED } as const },
		])(
			'comes to the same by its order ID and by the IDs of its conversions ($kept kept, the first $differing)',
			async ({ kept, differing }) => {
				const told = { kept, settled: true, reason: REASON };
				const shop = await openParts(differing);
				const parameters = reconcileWith(severalConversions);
				const byOrder = await run('reconcile', parameters, [
					{ ...about(1), ...told },
					{ ...about(2), ...told, kept: 84.9 },
				]);
				const afterByOrder = heldBy(shop);

				const again = await openParts(differing);
				const byId = await run('reconcile', { ...parameters, ...BY_ID }, [
					...PARTS.map((number) => ({ ...about(number), ...told })),
					{ ...about(2), ...told, kept: 84.9 },
				]);
				expect(heldBy(again)).toEqual(afterByOrder);
				const withoutItems = ({ success }: typeof byId) => success.map(({ json }) => ({ ...json }));
				expect(withoutItems(byId)).toEqual(withoutItems(byOrder));
				expect(byId.success.map(({ pairedItem }) => pairedItem)).toEqual(
					[0, 1, 2, 3].map((item) => ({ item })),
				);
			},
		);
	},
);

test('a conversion named by its ID acts on itself alone', async () => {
	const shop = await openParts();
	const options = { severalConversions: 'proportionally' };
	const items = [11, 2].map((number) => ({
		...about(number),
		kept: number === 2 ? 84.9 : 50,
		settled: false,
		reason: REASON,
	}));
	const result = await run('reconcile', { ...RECONCILE, ...BY_ID, options }, items);
	expect(outcomesOf(result)).toEqual([
		['updated', true, { item: 0 }],
		['unchanged', false, { item: 1 }],
	]);
	expect(affilae.writes).toEqual([lowering(11, 1500)]);
	expect(shop.held(1).amount).toBe(6000);
});

test('of two conversions of one rule, the one that is named by its ID is compared with all that was kept', async () => {
	const shop = await openShop([sale(1), sale(11, { externalId: '1001' }), sale(2)]);
	const told = { kept: 60, settled: true, reason: REASON };
	const byOrder = await run(
		'reconcile',
		{ ...RECONCILE, ...BY_ORDER },
		[
			{ ...about(1), ...told },
			{ ...about(2), ...told },
		],
		TO_ERROR_BRANCH,
	);
	expect(failuresOf(byOrder)).toEqual([
		[expect.stringContaining('several conversions of one commission rule'), { item: 0 }],
	]);
	affilae.forget();
	await run('reconcile', { ...RECONCILE, ...BY_ID }, [
		{ ...about(11), ...told },
		{ ...about(2), ...told },
	]);
	expect(shop.held(1)).toMatchObject({ status: 'pending', amount: 8490 });
	expect(shop.held(11)).toMatchObject({ status: 'accepted', amount: 6000 });
});

describe('an order that is divided', () => {
	const ITEMS = [
		{ ...about(1), kept: 50, settled: true, reason: REASON },
		{ ...about(2), kept: 84.9, settled: true, reason: REASON },
	];
	const LOWERINGS = [lowering(1, 3000), lowering(11, 1500), lowering(12, 500)];
	const ofOrder = (writes: readonly Received[]) =>
		writes.filter(({ body }) => !JSON.stringify(body).includes(saleId(2)));

	test('is lowered in all its parts before any of them is accepted', async () => {
		const shop = await openParts();
		await run('reconcile', reconcileWith('proportionally'), ITEMS);
		expect(ofOrder(affilae.writes)).toEqual([
			...LOWERINGS,
			accepting(1),
			accepting(11),
			accepting(12),
		]);
		expect(heldBy(shop)).toEqual([
			['accepted', 3000],
			['accepted', 1500],
			['accepted', 500],
		]);
	});

	/** The shop, rejecting one write to part 11, once. */
	async function rejecting(path: string): Promise<SandboxShop> {
		const shop = await openParts();
		affilae.respond = troubled(shop.respond, {
			path,
			about: saleId(11),
			reply: refusal(400, 'The month is closed'),
			times: 1,
		});
		return shop;
	}

	test.each([lowering(11, 1500), accepting(11)])(
		'and broken off half way is worth what was kept after the next run ($path)',
		async ({ path }) => {
			const shop = await rejecting(path);
			const parameters = reconcileWith('proportionally');
			const first = await run('reconcile', parameters, ITEMS, TO_ERROR_BRANCH);
			expect(failuresOf(first)).toHaveLength(1);
			const next = await run('reconcile', parameters, ITEMS, TO_ERROR_BRANCH);
			expect(failuresOf(next)).toEqual([]);
			const held = PARTS.map((number) => shop.held(number));
			expect(held.map(({ status }) => status)).toEqual(Array(3).fill('accepted'));
			expect(held.reduce((sum, { amount }) => sum + amount, 0)).toBe(5000);
		},
	);

	test.each([lowering(11, 1500), accepting(11)])(
		'is not divided anew by Retry On Fail ($path)',
		async ({ path }) => {
			const shop = await rejecting(path);
			const retrying = {
				onError: 'stopWorkflow',
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 1,
			} as const;
			const parameters = reconcileWith('proportionally');
			const result = await run('reconcile', parameters, ITEMS, retrying);
			expect(result.stopped).toBeUndefined();
			expect(heldBy(shop)).toEqual([
				['accepted', 3000],
				['accepted', 1500],
				['accepted', 500],
			]);
		},
	);

	test('says how far it came', async () => {
		await rejecting(accepting(11).path);
		const parameters = { ...reconcileWith('proportionally'), ...inProgram(SHOES.id) };
		const result = await run('reconcile', parameters, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				'Order 1001, rule Sale was lowered to 30.00 EUR and accepted, order 1001, rule Lighting was lowered to 15.00 EUR, order 1001, rule New customers was lowered to 5.00 EUR, but order 1001, rule Lighting was not accepted [item 0]',
				{ item: 0 },
			],
		]);
	});
});
