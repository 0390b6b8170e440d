import { describe, expect, test } from '@jest/globals';
import { TRIED_ONCE } from './engine';
import { all, less, nothing } from './kept';
import { RECONCILE } from './reconciling';
import { sale, saleId, type SandboxShop } from './sandboxShop';
import { inAnyOrder } from './server';
import { BAGS, refusal } from './shop';
import { troubled } from './trouble';
import {
	accepting,
	adviceOf,
	BY_ID,
	BY_ORDER,
	failuresOf,
	lowering,
	NAMES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const SALES = [1, 2, 3].map((number) => sale(number));

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
	const CHANGED = 'Order 1001 was changed by somebody else in the meantime: it is now';

	const CASES: Case[] = [
		{
			what: 'accepted in full, and to be lowered, fails and says so',
			item: less(1),
			path: LOWER,
			meanwhile: 'accepted',
			comes: new RegExp(`^${CHANGED} accepted at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'accepted' },
		},
		{
			what: 'refused, and to be lowered, fails and says so',
			item: less(1),
			path: LOWER,
			meanwhile: 'refused',
			comes: new RegExp(`^${CHANGED} refused at 84.90 EUR \\[item 0\\]$`),
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
			comes: new RegExp(`^${CHANGED} refused at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'refused' },
		},
		{
			what: 'accepted, and to be refused, fails and says so',
			item: nothing(1),
			path: REFUSE,
			meanwhile: 'accepted',
			comes: new RegExp(`^${CHANGED} accepted at 84.90 EUR \\[item 0\\]$`),
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
			what: 'refused, once it had been lowered by us, is partly done and says so',
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
						'Run the workflow again. It then uses the conversion as it is now.',
					),
				]);
			} else {
				const [json] = result.success.map((item) => item.json);
				expect([json?.['outcome'], json?.['changed'], json?.['message']]).toEqual(comes);
				expect([json?.['status'], json?.['amount']]).toEqual([status, amount / 100]);
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
		/^(Order|Conversion) \w+: Affilae could not respond \[item 1\]$/,
	);
	expect(result.stopped?.description).toContain('1 item was done before that, 1 may be done');
});
