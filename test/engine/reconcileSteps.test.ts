import { describe, expect, test } from '@jest/globals';
import { TRIED_ONCE } from './engine';
import { REASON, RECONCILE } from './reconciling';
import { sale, saleId, type SandboxShop } from './sandboxShop';
import { inAnyOrder, type Reply } from './server';
import { BAGS, refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	adviceOf,
	BY_ID,
	BY_ORDER,
	failuresOf,
	lowering,
	MODES,
	NAMES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

/** Less was kept of it, and the return period has ended: lowered, then accepted. */
function less(number: number) {
	return { ...about(number), kept: 60, settled: true, reason: REASON };
}

/** All was kept of it, and the return period has ended: accepted. */
function all(number: number) {
	return { ...about(number), kept: 84.9, settled: true, reason: '' };
}

/** Nothing was kept of it: refused. */
function nothing(number: number) {
	return { ...about(number), kept: 0, settled: true, reason: REASON };
}

const SALES = [1, 2, 3].map((number) => sale(number));

const REPLIES: Array<{
	what: string;
	reply: Reply;
	told: string;
	advice: string;
	isUnknown?: true;
}> = [
	{
		what: 'rejected (400)',
		reply: refusal(400, 'The month is closed'),
		told: 'Affilae rejected the request: "The month is closed"',
		advice: 'Check the values given for this item. (HTTP 400)',
	},
	{
		what: 'answered 503 for good',
		reply: { status: 503 },
		told: 'Affilae could not answer',
		advice: 'Run the workflow again later: what is done is not done twice. (HTTP 503)',
	},
	{
		what: 'rejected for the token (401)',
		reply: refusal(401, 'Expired'),
		told: 'Affilae does not accept the API token: "Expired"',
		advice:
			"Check 'API Token' and 'Environment' in the credential. Nothing more was sent. (HTTP 401)",
	},
];

describe.each(NAMES)('by $by, if the second of two calls', ({ name }) => {
	const ITEMS = [all(2), all(3), less(1)];
	const parameters = { ...RECONCILE, ...name, options: { ...TRIED_ONCE, maxConcurrency: 1 } };
	const title = 'Order 1001 was lowered to 60.00 EUR, but order 1001 was not accepted [item 2]';

	describe.each(REPLIES)('is $what', ({ reply, told, advice }) => {
		const [halfAdvice] = advice.split(' (HTTP');
		const status = `(HTTP${advice.split('(HTTP')[1]}`;

		test.each(MODES)(
			'the item says that the first is done, and running it again makes the missing call only (On Error: %s)',
			async (onError) => {
				const { respond } = await openShop(SALES);
				const { path } = accepting(1);
				affilae.respond = troubled(respond, { path, about: saleId(1), reply });
				const result = await run('reconcile', parameters, ITEMS, { onError });
				expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
				const described = `${told}. ${halfAdvice} Running the workflow again goes on from there. ${status}`;
				if (onError === 'stopWorkflow') {
					expect(result.stopped).toEqual({
						message: title,
						description: `${described} 2 items were done before that, 1 half done, 0 not sent. Running the workflow again is safe: what is done is not done twice.`,
					});
				} else {
					expect(failuresOf(result)).toEqual([[title, { item: 2 }]]);
					expect(adviceOf(result)).toEqual([described]);
					expect(result.success.slice(0, 2).map(({ json }) => json['outcome'])).toEqual([
						'accepted',
						'accepted',
					]);
				}

				affilae.respond = respond;
				affilae.forget();
				const again = await run('reconcile', parameters, ITEMS, { onError });
				expect(affilae.writes).toEqual([accepting(1)]);
				expect(outcomesOf(again)).toEqual([
					['unchanged', false, { item: 0 }],
					['unchanged', false, { item: 1 }],
					['accepted', true, { item: 2 }],
				]);
				expect(again.success[2]?.json).toMatchObject({ status: 'accepted', amount: 60 });
			},
		);
	});

	test('is never answered, and neither is the look after it, the item says that nobody knows', async () => {
		const { respond } = await openShop(SALES);
		let isDown = false;
		affilae.respond = (request) => {
			const { path } = accepting(1);
			isDown ||= request.path === path && JSON.stringify(request.body).includes(saleId(1));
			return isDown ? { status: 503 } : respond(request);
		};
		const result = await run('reconcile', parameters, ITEMS);
		expect(result.stopped?.message).toBe(
			'Order 1001 was lowered to 60.00 EUR, and nobody knows whether order 1001 was accepted [item 2]',
		);
		expect(result.stopped?.description).toContain(
			'2 items were done before that, 1 may be done, 0 not sent.',
		);
	});
});

test.each(REPLIES)(
	'if the first of two calls is $what, the second is not sent and nothing is said to be done',
	async ({ reply, told, advice }) => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path: lowering(1, 0).path, about: saleId(1), reply });
		const options = { ...TRIED_ONCE, maxConcurrency: 1 };
		const parameters = { ...RECONCILE, ...BY_ORDER, options };
		const result = await run('reconcile', parameters, [all(2), less(1)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([[`Order 1001: ${told} [item 1]`, { item: 1 }]]);
		expect(adviceOf(result)).toEqual([advice]);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000)]);
		expect(outcomesOf(result)).toEqual([['accepted', true, { item: 0 }]]);
	},
);

describe('a call of which nobody knows what became', () => {
	const LOST: Array<{ what: string; reply: Reply }> = [
		{ what: 'the connection was cut', reply: { isCut: true } },
		{ what: 'it was answered 503', reply: { status: 503 } },
	];
	const ITEMS = [less(1), less(2), nothing(3)];
	const DONE = [
		['accepted', true, { item: 0 }],
		['accepted', true, { item: 1 }],
		['refused', true, { item: 2 }],
	];

	/** The first call of item 0, the second of item 1, and the only one of item 2. */
	async function lost(reply: Reply, isKept: boolean): Promise<SandboxShop> {
		const shop = await openShop(SALES);
		affilae.respond = troubled(
			shop.respond,
			{ path: lowering(1, 0).path, about: saleId(1), reply, isKept, times: 1 },
			{ path: accepting(2).path, about: saleId(2), reply, isKept, times: 1 },
			{ path: refusing(3).path, about: saleId(3), reply, isKept, times: 1 },
		);
		return shop;
	}

	function stateOf(shop: SandboxShop): unknown[] {
		return [1, 2, 3].map((number) => [shop.held(number).status, shop.held(number).amount]);
	}

	const AFTER = [
		['accepted', 6000],
		['accepted', 6000],
		['refused', 8490],
	];

	test.each(LOST.flatMap((one) => NAMES.map((name) => ({ ...one, ...name }))))(
		'because $what, though it was carried out, is looked up and not sent again (by $by)',
		async ({ reply, name }) => {
			const shop = await lost(reply, true);
			const result = await run('reconcile', { ...RECONCILE, ...name }, ITEMS);
			expect(result.stopped).toBeUndefined();
			expect(outcomesOf(result)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
			expect(writesTo(2, affilae.writes)).toEqual([lowering(2, 6000), accepting(2)]);
			expect(writesTo(3, affilae.writes)).toEqual([refusing(3)]);
			expect(affilae.reads).toHaveLength(6);
			expect(stateOf(shop)).toEqual(AFTER);
		},
	);

	test.each(LOST)(
		'because $what, and was not carried out, is looked up and sent once more',
		async ({ reply }) => {
			const shop = await lost(reply, false);
			const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, ITEMS);
			expect(result.stopped).toBeUndefined();
			expect(outcomesOf(result)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([
				lowering(1, 6000),
				lowering(1, 6000),
				accepting(1),
			]);
			expect(writesTo(2, affilae.writes)).toEqual([lowering(2, 6000), accepting(2), accepting(2)]);
			expect(writesTo(3, affilae.writes)).toEqual([refusing(3), refusing(3)]);
			expect(stateOf(shop)).toEqual(AFTER);
		},
	);

	test.each([TRIED_ONCE, { ifAlreadyProcessed: 'fail' }])(
		'that was carried out counts as ours with the options %j',
		async (options) => {
			await lost({ status: 503 }, true);
			const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER, options }, ITEMS);
			expect(result.stopped).toBeUndefined();
			expect(outcomesOf(result)).toEqual(DONE);
			expect(affilae.writes).toHaveLength(5);
		},
	);
});

describe('what somebody else does between the reading and the writing', () => {
	interface Case {
		what: string;
		item: ReturnType<typeof less>;
		/** Before which call it happens. */
		path: string;
		meanwhile: 'accepted' | 'refused' | 'lowered';
		/** What comes out, and whether it was changed; or what the failed item says. */
		comes: [outcome: string, changed: boolean, message?: string] | RegExp;
		after: { status?: string; amount?: number };
	}
	const [LOWER, ACCEPT, REFUSE] = [lowering(1, 0).path, accepting(1).path, refusing(1).path];
	const CHANGED = 'Order 1001 was changed by somebody else meanwhile: it is';

	const CASES: Case[] = [
		{
			what: 'accepted in full, and to be lowered, fails and says so',
			item: less(1),
			path: LOWER,
			meanwhile: 'accepted',
			comes: new RegExp(`^${CHANGED} accepted at 84.90 EUR now \\[item 0\\]$`),
			after: { status: 'accepted' },
		},
		{
			what: 'refused, and to be lowered, fails and says so',
			item: less(1),
			path: LOWER,
			meanwhile: 'refused',
			comes: new RegExp(`^${CHANGED} refused at 84.90 EUR now \\[item 0\\]$`),
			after: { status: 'refused' },
		},
		{
			what: 'lowered to the kept amount, if that was all to be done, is unchanged',
			item: { ...less(1), settled: false },
			path: LOWER,
			meanwhile: 'lowered',
			comes: ['unchanged', false, 'Order 1001 was already updated by somebody else'],
			after: { amount: 6000 },
		},
		{
			what: 'lowered to the kept amount and to be accepted, is accepted',
			item: less(1),
			path: LOWER,
			meanwhile: 'lowered',
			comes: ['accepted', true, 'The customer kept 60.00 EUR of 84.90 EUR'],
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'accepted, and to be accepted, is unchanged',
			item: all(1),
			path: ACCEPT,
			meanwhile: 'accepted',
			comes: ['unchanged', false, 'Order 1001 was already accepted by somebody else'],
			after: { status: 'accepted' },
		},
		{
			what: 'refused, and to be accepted, fails and says so',
			item: all(1),
			path: ACCEPT,
			meanwhile: 'refused',
			comes: new RegExp(`^${CHANGED} refused at 84.90 EUR now \\[item 0\\]$`),
			after: { status: 'refused' },
		},
		{
			what: 'accepted, and to be refused, fails and says so',
			item: nothing(1),
			path: REFUSE,
			meanwhile: 'accepted',
			comes: new RegExp(`^${CHANGED} accepted at 84.90 EUR now \\[item 0\\]$`),
			after: { status: 'accepted' },
		},
		{
			what: 'refused, and to be refused, is unchanged',
			item: nothing(1),
			path: REFUSE,
			meanwhile: 'refused',
			comes: ['unchanged', false, 'Order 1001 was already refused by somebody else'],
			after: { status: 'refused' },
		},
		{
			what: 'accepted, once it had been lowered by us, is accepted',
			item: less(1),
			path: ACCEPT,
			meanwhile: 'accepted',
			comes: ['accepted', true, 'The customer kept 60.00 EUR of 84.90 EUR'],
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'refused, once it had been lowered by us, is half done and says so',
			item: less(1),
			path: ACCEPT,
			meanwhile: 'refused',
			comes: /^Order 1001 was lowered to 60\.00 EUR, but order 1001 was not accepted \[item 0\]$/,
			after: { amount: 6000, status: 'refused' },
		},
	];

	/** Changes conversion 1 just before the call, which is then rejected. */
	async function meddling({ path, meanwhile }: Case): Promise<SandboxShop> {
		const shop = await openShop(SALES);
		const { store } = shop.sandbox;
		affilae.respond = troubled(shop.respond, {
			path,
			about: saleId(1),
			times: 1,
			reply: refusal(400, 'Conversion cannot be changed'),
			before: () => {
				const entry = store.get(saleId(1));
				if (entry === undefined) throw new RangeError('There is no such conversion');
				if (meanwhile === 'lowered') store.update(entry, 6000, 'By somebody else');
				else store.decide(entry, meanwhile, 'By somebody else');
			},
		});
		return shop;
	}

	describe.each(NAMES)('to a conversion named by $by:', ({ name }) => {
		test.each(CASES)('$what', async (tried) => {
			const { item, comes, after } = tried;
			const shop = await meddling(tried);
			const parameters = { ...RECONCILE, ...name };
			const result = await run('reconcile', parameters, [item, all(2)], TO_ERROR_BRANCH);
			const { amount, status } = shop.held(1);
			expect({ amount, status }).toEqual({ amount: 8490, status: 'pending', ...after });
			expect(shop.held(2).status).toBe('accepted');
			if (comes instanceof RegExp) {
				expect(failuresOf(result)).toEqual([[expect.stringMatching(comes), { item: 0 }]]);
				expect(adviceOf(result)).toEqual([
					expect.stringContaining(
						'Run the workflow again: it decides on the conversion as it is now.',
					),
				]);
			} else {
				const { json } = result.success[0] ?? { json: {} };
				expect([json['outcome'], json['changed'], json['message']]).toEqual(comes);
				expect([json['status'], json['amount']]).toEqual([status, amount / 100]);
			}
			expect(result.success.at(-1)?.json['outcome']).toBe('accepted');
		});
	});

	test.each(CASES.filter(({ comes }) => !(comes instanceof RegExp)))(
		'with If Already Processed at Fail: $what, or fails if all was done by others',
		async (tried) => {
			await meddling(tried);
			const options = { ifAlreadyProcessed: 'fail' };
			const parameters = { ...RECONCILE, ...BY_ORDER, options };
			const result = await run('reconcile', parameters, [tried.item, all(2)], TO_ERROR_BRANCH);
			const [outcome, changed, message] = tried.comes instanceof RegExp ? [] : tried.comes;
			if (changed) {
				expect(outcomesOf(result)[0]).toEqual([outcome, true, { item: 0 }]);
			} else {
				expect(failuresOf(result)).toEqual([[`${message} [item 0]`, { item: 0 }]]);
			}
		},
	);
});

test('an order that a second program has meanwhile got is not written to again after a rejection', async () => {
	const { sandbox, respond } = await openShop(SALES);
	const twin = sale(4, { externalId: '1001', program: BAGS.id });
	affilae.respond = troubled(respond, {
		path: accepting(1).path,
		about: saleId(1),
		times: 1,
		reply: refusal(400, 'Not now'),
		before: () => void sandbox.addConversion(twin),
	});
	const parameters = { ...RECONCILE, ...BY_ORDER };
	const result = await run('reconcile', parameters, [all(1), all(2)], TO_ERROR_BRANCH);
	expect(failuresOf(result)).toEqual([
		['Order 1001: Affilae rejected the request: "Not now" [item 0]', { item: 0 }],
	]);
	expect(inAnyOrder(affilae.writes)).toEqual([accepting(1), accepting(2)]);
	const again = await run(
		'reconcile',
		{ ...RECONCILE, ...BY_ORDER },
		[all(1), all(2)],
		TO_ERROR_BRANCH,
	);
	expect(failuresOf(again)).toEqual([
		[expect.stringMatching(`several programs.*${saleId(1)}.*${saleId(4)}`), { item: 0 }],
	]);
});

test('a conversion that is gone after a write that was never answered is told as unknown, not as done', async () => {
	const { sandbox, respond } = await openShop(SALES);
	affilae.respond = troubled(respond, {
		path: accepting(1).path,
		about: saleId(1),
		reply: { status: 503 },
		before: () => {
			const entry = sandbox.store.get(saleId(1));
			if (entry) sandbox.store.remove(entry);
		},
	});
	const parameters = { ...RECONCILE, ...BY_ID, options: TRIED_ONCE };
	const result = await run('reconcile', parameters, [all(2), all(1)]);
	expect(result.stopped?.message).toMatch(
		/^(Order|Conversion) \w+: Affilae could not answer \[item 1\]$/,
	);
	expect(result.stopped?.description).toContain('1 item was done before that, 1 may be done');
});
