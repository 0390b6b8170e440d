import { describe, expect, test } from '@jest/globals';
import { keeping } from './kept';
import { inProgram } from './locators';
import { parts, REASON, RECONCILE } from './reconciling';
import {
	LIGHTING,
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
	adviceOf,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	failuresOf,
	lowering,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const PARTS = [1, 11, 12];

async function openParts(differing: NewConversion = {}): Promise<SandboxShop> {
	return await openShop(parts(differing));
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
			'has the same result by order ID and by conversion IDs ($kept kept, first conversion: $differing)',
			async ({ kept, differing }) => {
				const values = { kept, settled: true, reason: REASON };
				const shop = await openParts(differing);
				const parameters = reconcileWith(severalConversions);
				const byOrder = await run('reconcile', parameters, [
					{ ...about(1), ...values },
					{ ...about(2), ...values, kept: 84.9 },
				]);
				const afterByOrder = heldBy(shop);

				const again = await openParts(differing);
				const byId = await run('reconcile', { ...parameters, ...BY_ID }, [
					...PARTS.map((number) => ({ ...about(number), ...values })),
					{ ...about(2), ...values, kept: 84.9 },
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

describe('if items name only some conversions of an order by ID,', () => {
	const named = (...numbers: number[]) => [
		...numbers.map((number) => ({ ...about(number), kept: 50, settled: false, reason: REASON })),
		keeping(2, 84.9),
	];
	const parameters = {
		...RECONCILE,
		...BY_ID,
		options: { severalConversions: 'proportionally' },
	};

	test.each([[[11]], [[1, 11]]])(
		'the amount is not divided, and the message says what to do (conversions %j)',
		async (numbers) => {
			const shop = await openParts();
			const result = await run('reconcile', parameters, named(...numbers));
			expect(result.success).toHaveLength(numbers.length + 1);
			for (const { json } of result.success.slice(0, -1)) {
				expect(json).toMatchObject({ outcome: 'needsAttention', changed: false });
				expect(json['message']).toMatch(
					/Use the order ID, so that the node can divide the amount: the items name only some conversions of the order\.$/,
				);
			}
			expect(affilae.writes).toEqual([accepting(2)]);
			expect(shop.held(11).amount).toBe(3000);
		},
	);

	test('items of a dry run and real items do not count together', async () => {
		await openParts();
		const items = named(1, 11, 12).map((item, index) => ({ ...item, isDry: index === 0 }));
		const dryOne = { ...parameters, dryRun: '={{ $json.isDry }}' };
		const result = await run('reconcile', dryOne, items);
		expect(result.success.map(({ json }) => json['outcome'])).toEqual([
			...Array(3).fill('needsAttention'),
			'accepted',
		]);
		expect(affilae.writes).toEqual([accepting(2)]);
	});

	test('and nothing was kept, the named conversions are refused', async () => {
		await openParts();
		const items = named(11).map((item) => ({ ...item, kept: 0 }));
		await run('reconcile', parameters, items);
		expect(writesTo(11, affilae.writes)).toEqual([refusing(11)]);
		expect(affilae.writes).toHaveLength(2);
	});
});

describe.each(['accept', 'refuse'])('%s by customer ID', (operation) => {
	test('processes all conversions of the customer’s order, even those without the customer ID', async () => {
		const shop = await openShop([
			sale(1),
			sale(11, { externalId: '1001', rule: LIGHTING.name, customerId: null }),
			sale(2),
		]);
		const parameters = { ...BY_CUSTOMER, ...(operation === 'refuse' ? { reason: REASON } : {}) };
		const result = await run(operation, parameters, [about(1), about(2)]);
		expect(result.success).toHaveLength(3);
		const status = operation === 'accept' ? 'accepted' : 'refused';
		expect([1, 11, 2].map((number) => shop.held(number).status)).toEqual(Array(3).fill(status));
	});
});

describe('if two conversions of an order have the same commission rule,', () => {
	const twice = [sale(1), sale(11, { externalId: '1001' })];
	const other = sale(12, { externalId: '1001', rule: LIGHTING.name, amount: 1000 });
	const values = { kept: 60, settled: true, reason: REASON };
	const items = (...numbers: number[]) =>
		numbers.map((number) => ({ ...about(number), ...values }));

	test('an order ID fails its item, and a conversion ID compares its conversion with the whole kept amount', async () => {
		const shop = await openShop([...twice, sale(2)]);
		const parameters = { ...RECONCILE, ...BY_ORDER };
		const byOrder = await run('reconcile', parameters, items(1, 2), TO_ERROR_BRANCH);
		expect(failuresOf(byOrder)).toEqual([
			[expect.stringContaining('several conversions of the same commission rule'), { item: 0 }],
		]);
		await run('reconcile', { ...RECONCILE, ...BY_ID }, items(11, 2));
		expect(shop.held(1)).toMatchObject({ status: 'pending', amount: 8490 });
		expect(shop.held(11)).toMatchObject({ status: 'accepted', amount: 6000 });
	});

	test.each([
		{ options: {}, more: [] },
		{ options: { rule: 'Sale' }, more: [] },
		{ options: { rule: 'Sale' }, more: [other] },
	])(
		'items that name both by ID fail, because the kept amount belongs to only one of them (%j)',
		async ({ options, more }) => {
			await openShop([...twice, ...more, sale(2)]);
			const parameters = { ...RECONCILE, ...BY_ID, options };
			const result = await run('reconcile', parameters, items(1, 11, 2), TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual(
				[0, 1].map((item) => [
					`Several items name conversions of order 1001 with the same commission rule, but the kept amount belongs to only one of them [item ${item}]`,
					{ item },
				]),
			);
			expect(writesTo(1, affilae.writes)).toEqual([]);
			expect(writesTo(11, affilae.writes)).toEqual([]);
		},
	);

	test.each([1, 12])(
		'an item with a conversion ID fails too if a third one has another rule (conversion %i)',
		async (number) => {
			await openShop([...twice, other, sale(2)]);
			const parameters = { ...RECONCILE, ...BY_ID };
			const result = await run('reconcile', parameters, items(number, 2), TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[expect.stringContaining('several conversions of the same commission rule'), { item: 0 }],
			]);
			expect(writesTo(2, affilae.writes)).toHaveLength(2);
			expect(affilae.writes).toHaveLength(2);
		},
	);
});

test.each(['50 USD', '$50'])(
	'nothing is sent for an order if one of the items that divide it says %j, in another currency',
	async (kept) => {
		await openShop([...parts().slice(0, 2), sale(2)]);
		const options = { severalConversions: 'proportionally' };
		const items = [
			{ ...about(1), kept, settled: true, reason: REASON },
			{ ...about(11), kept: '50', settled: true, reason: REASON },
			keeping(2, 84.9),
		];
		const result = await run(
			'reconcile',
			{ ...RECONCILE, ...BY_ID, options },
			items,
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(result)).toEqual(
			[0, 1].map((item) => [
				expect.stringMatching(/^Several items ask for different things for order 1001, rule Sale/),
				{ item },
			]),
		);
		expect(affilae.writes).toEqual([accepting(2)]);
	},
);

test('the amount that one customer kept is not compared with a bonus: it has no order', async () => {
	await openShop([sale(1, { externalId: null }), sale(2)]);
	const parameters = { ...RECONCILE, ...BY_CUSTOMER };
	const result = await run(
		'reconcile',
		parameters,
		[keeping(1, 0), keeping(2, 0)],
		TO_ERROR_BRANCH,
	);
	expect(failuresOf(result)).toEqual([
		[
			`Customer C-1 has no order in Affilae, only conversion ${saleId(1)} without an order ID [item 0]`,
			{ item: 0 },
		],
	]);
	expect(affilae.writes).toEqual([refusing(2)]);
	const byId = await run('reconcile', { ...RECONCILE, ...BY_ID }, [keeping(1, 0), keeping(2, 0)]);
	expect(outcomesOf(byId)).toEqual([
		['refused', true, { item: 0 }],
		['unchanged', false, { item: 1 }],
	]);
});

describe('the outcome needsAttention', () => {
	const RETRYING = {
		onError: 'stopWorkflow',
		retryOnFail: true,
		maxTries: 3,
		waitBetweenTries: 1,
	} as const;

	test.each([
		{ several: 'ask', kept: 50, first: {} },
		{ several: 'ask', kept: 50, first: { status: 'accepted', ...UNLOCKED } as const },
		{ several: 'proportionally', kept: 50, first: { status: 'accepted', ...UNLOCKED } as const },
		{ several: 'proportionally', kept: 0.01, first: {} },
	])(
		'stays the same in each try of Retry On Fail ($several, $kept kept, first conversion: $first)',
		async ({ several, kept, first }) => {
			const shop = await openParts(first);
			affilae.respond = troubled(shop.respond, {
				path: accepting(2).path,
				about: saleId(2),
				reply: refusal(400, 'The month is closed'),
				times: 1,
			});
			const items = [{ ...about(1), kept, settled: true, reason: REASON }, keeping(2, 84.9)];
			const result = await run('reconcile', reconcileWith(several), items, RETRYING);
			expect(result.stopped).toBeUndefined();
			expect(result.success.map(({ json }) => json['outcome'])).toEqual([
				...Array(3).fill('needsAttention'),
				'accepted',
			]);
			expect(writesTo(11, affilae.writes)).toEqual([]);
		},
	);
});

test('a second try does not go on with an order that can no longer be divided', async () => {
	const shop = await openShop([...parts().slice(0, 2), sale(2)]);
	const { store } = shop.sandbox;
	affilae.respond = troubled(shop.respond, {
		path: lowering(1, 0).path,
		about: saleId(1),
		reply: refusal(400, 'It is accepted'),
		times: 1,
		before: () => {
			const entry = store.get(saleId(1));
			if (entry) store.decide(entry, 'accepted', null);
		},
	});
	const options = { severalConversions: 'proportionally', maxConcurrency: 1 };
	const items = [keeping(1, 45), keeping(2, 84.9)];
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER, options }, items, {
		onError: 'stopWorkflow',
		retryOnFail: true,
		maxTries: 2,
		waitBetweenTries: 1,
	});
	expect(result.success.map(({ json }) => json['outcome'])).toEqual([
		'needsAttention',
		'needsAttention',
		'accepted',
	]);
	expect(writesTo(11, affilae.writes)).toEqual([]);
	expect(shop.held(11)).toMatchObject({ status: 'pending', amount: 3000 });
});

test('a conversion that somebody refuses after the node has lowered it is not accepted', async () => {
	const shop = await openShop([sale(1), sale(2)]);
	const { store } = shop.sandbox;
	const isLowering = ({ path, body }: Received) =>
		path === lowering(1, 0).path && JSON.stringify(body).includes(saleId(1));
	affilae.respond = async (request) => {
		const reply = await shop.respond(request);
		const entry = store.get(saleId(1));
		if (!isLowering(request) || entry === undefined) return reply;
		store.decide(entry, 'refused', 'By hand');
		return { status: 200, body: { ...entry.conversion } };
	};
	const items = [keeping(1, 50), keeping(2, 84.9)];
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, items, TO_ERROR_BRANCH);
	expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
	expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 5000)]);
	expect(failuresOf(result)).toEqual([
		['Order 1001 was lowered to 50.00 EUR, but order 1001 was not accepted [item 0]', { item: 0 }],
	]);
	expect(adviceOf(result)).toEqual([
		expect.stringMatching(
			/^Order 1001 was changed by somebody else in the meantime: it is now refused at 50\.00 EUR/,
		),
	]);
});

test('items about an order and about one of its commission rules contradict each other, and fail', async () => {
	await openParts();
	const options = { severalConversions: 'proportionally', rule: '={{ $json.rule }}' };
	const values = { ...about(1), kept: 30, settled: false, reason: REASON };
	const items = [
		{ ...values, rule: '' },
		{ ...values, rule: 'Sale' },
	];
	const result = await run(
		'reconcile',
		{ ...RECONCILE, ...BY_ORDER, options },
		items,
		TO_ERROR_BRANCH,
	);
	expect(failuresOf(result)).toEqual(
		[0, 1].map((item) => [
			expect.stringContaining(
				'30.00 EUR kept of 3 conversions, return period open, divided in proportion (item 0) and 30.00 EUR kept, return period open',
			),
			{ item },
		]),
	);
	expect(affilae.writes).toEqual([]);
});

describe('an order whose amount is divided', () => {
	const ITEMS = [keeping(1, 50), keeping(2, 84.9)];
	const LOWERINGS = [lowering(1, 3000), lowering(11, 1500), lowering(12, 500)];
	const ofOrder = (writes: readonly Received[]) =>
		writes.filter(({ body }) => !JSON.stringify(body).includes(saleId(2)));

	test('has all its conversions lowered before any of them is accepted', async () => {
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

	/** The shop, which rejects one write to conversion 11, once. */
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

	const BY_IDS = [...PARTS.map((number) => ({ ...ITEMS[0], ...about(number) })), ITEMS[1] ?? {}];
	const WAYS = [
		{ by: 'order ID', name: BY_ORDER, items: ITEMS },
		{ by: 'conversion IDs', name: BY_ID, items: BY_IDS },
	];
	const INTERRUPTED = WAYS.flatMap((way) =>
		[lowering(11, 1500), accepting(11)].map(({ path }) => ({ ...way, path })),
	);

	test.each(INTERRUPTED)(
		'adds up to the kept amount after the next run if a write was rejected (by $by, $path)',
		async ({ name, items, path }) => {
			const shop = await rejecting(path);
			const parameters = { ...reconcileWith('proportionally'), ...name };
			const first = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
			// A share that is not lowered stops the order; by IDs, the other two are accepted without the second.
			const isLowering = path === lowering(11, 1500).path;
			expect(failuresOf(first)).toHaveLength(isLowering ? items.length - 1 : 1);
			const next = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
			expect(failuresOf(next)).toEqual([]);
			const held = PARTS.map((number) => shop.held(number));
			expect(held.map(({ status }) => status)).toEqual(Array(3).fill('accepted'));
			expect(held.reduce((sum, { amount }) => sum + amount, 0)).toBe(5000);
		},
	);

	test.each(INTERRUPTED)(
		'is not divided again by Retry On Fail, even if the reason contains the time (by $by, $path)',
		async ({ name, items, path }) => {
			const shop = await rejecting(path);
			const retrying = {
				onError: 'stopWorkflow',
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 1,
			} as const;
			const reason = '={{ "Returned " + $now.toMillis() }}';
			const parameters = { ...reconcileWith('proportionally'), ...name, reason };
			const result = await run('reconcile', parameters, items, retrying);
			expect(result.stopped).toBeUndefined();
			expect(heldBy(shop)).toEqual([
				['accepted', 3000],
				['accepted', 1500],
				['accepted', 500],
			]);
		},
	);

	test('reports what was done if a write is rejected', async () => {
		await rejecting(accepting(11).path);
		const parameters = { ...reconcileWith('proportionally'), ...inProgram(SHOES.id) };
		const result = await run('reconcile', parameters, ITEMS, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				'Order 1001, rule Sale was lowered to 30.00 EUR and accepted, order 1001, rule Lighting was lowered to 15.00 EUR, order 1001, rule New customers was lowered to 5.00 EUR and accepted, but order 1001, rule Lighting was not accepted [item 0]',
				{ item: 0 },
			],
		]);
	});
});
