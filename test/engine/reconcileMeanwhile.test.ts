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

describe('a conversion that somebody else changes after the node has read it', () => {
	interface Case {
		what: string;
		result: string;
		item: ReturnType<typeof less>;
		/** The write before which it happens. */
		path: string;
		meanwhile: 'accepted' | 'refused' | 'lowered';
		/** The outcome, 'changed' and the message; or the error of the failed item. */
		expected: [outcome: string, changed: boolean, message?: string] | RegExp;
		after: { status?: string; amount?: number };
	}
	const [LOWER, ACCEPT, REFUSE] = [lowering(1, 0).path, accepting(1).path, refusing(1).path];
	const CHANGED = 'Order 1001 was changed by somebody else in the meantime: it is now';

	const CASES: Case[] = [
		{
			what: 'it is accepted before it is lowered',
			result: 'the item fails',
			item: less(1),
			path: LOWER,
			meanwhile: 'accepted',
			expected: new RegExp(`^${CHANGED} accepted at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'accepted' },
		},
		{
			what: 'it is refused before it is lowered',
			result: 'the item fails',
			item: less(1),
			path: LOWER,
			meanwhile: 'refused',
			expected: new RegExp(`^${CHANGED} refused at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'refused' },
		},
		{
			what: 'it is lowered to the kept amount and nothing is left to do',
			result: 'it is unchanged',
			item: { ...less(1), settled: false },
			path: LOWER,
			meanwhile: 'lowered',
			expected: ['unchanged', false, 'Order 1001 was already updated by somebody else'],
			after: { amount: 6000 },
		},
		{
			what: 'it is lowered to the kept amount and still has to be accepted',
			result: 'it is accepted',
			item: less(1),
			path: LOWER,
			meanwhile: 'lowered',
			expected: ['accepted', true, 'The customer kept 60.00 EUR of 84.90 EUR'],
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'it is accepted before the node accepts it',
			result: 'it is unchanged',
			item: all(1),
			path: ACCEPT,
			meanwhile: 'accepted',
			expected: ['unchanged', false, 'Order 1001 was already accepted by somebody else'],
			after: { status: 'accepted' },
		},
		{
			what: 'it is refused before the node accepts it',
			result: 'the item fails',
			item: all(1),
			path: ACCEPT,
			meanwhile: 'refused',
			expected: new RegExp(`^${CHANGED} refused at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'refused' },
		},
		{
			what: 'it is accepted before the node refuses it',
			result: 'the item fails',
			item: nothing(1),
			path: REFUSE,
			meanwhile: 'accepted',
			expected: new RegExp(`^${CHANGED} accepted at 84.90 EUR \\[item 0\\]$`),
			after: { status: 'accepted' },
		},
		{
			what: 'it is refused before the node refuses it',
			result: 'it is unchanged',
			item: nothing(1),
			path: REFUSE,
			meanwhile: 'refused',
			expected: ['unchanged', false, 'Order 1001 was already refused by somebody else'],
			after: { status: 'refused' },
		},
		{
			what: 'it is accepted after the node has lowered it',
			result: 'the item succeeds',
			item: less(1),
			path: ACCEPT,
			meanwhile: 'accepted',
			expected: ['accepted', true, 'The customer kept 60.00 EUR of 84.90 EUR'],
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'it is refused after the node has lowered it',
			result: 'the item fails as partly done',
			item: less(1),
			path: ACCEPT,
			meanwhile: 'refused',
			expected:
				/^Order 1001 was lowered to 60\.00 EUR, but order 1001 was not accepted \[item 0\]$/,
			after: { amount: 6000, status: 'refused' },
		},
	];

	/** Changes conversion 1 just before the write, which Affilae then rejects. */
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

	describe.each(NAMES)('(by $by)', ({ name }) => {
		test.each(CASES)('if $what, $result', async (tried) => {
			const { item, expected, after } = tried;
			const shop = await meddling(tried);
			const parameters = { ...RECONCILE, ...name };
			const result = await run('reconcile', parameters, [item, all(2)], TO_ERROR_BRANCH);
			const { amount, status } = shop.held(1);
			expect({ amount, status }).toEqual({ amount: 8490, status: 'pending', ...after });
			expect(shop.held(2).status).toBe('accepted');
			if (expected instanceof RegExp) {
				expect(failuresOf(result)).toEqual([[expect.stringMatching(expected), { item: 0 }]]);
				expect(adviceOf(result)).toEqual([
					expect.stringContaining(
						'Run the workflow again. It then uses the conversion as it is now.',
					),
				]);
			} else {
				const [json] = result.success.map((item) => item.json);
				expect([json?.['outcome'], json?.['changed'], json?.['message']]).toEqual(expected);
				expect([json?.['status'], json?.['amount']]).toEqual([status, amount / 100]);
			}
			expect(result.success.at(-1)?.json['outcome']).toBe('accepted');
		});
	});

	test.each(CASES.filter(({ expected }) => !(expected instanceof RegExp)))(
		'fails its item with If Already Processed: Fail only if nothing is left to do ($what)',
		async (tried) => {
			await meddling(tried);
			const options = { ifAlreadyProcessed: 'fail' };
			const parameters = { ...RECONCILE, ...BY_ORDER, options };
			const result = await run('reconcile', parameters, [tried.item, all(2)], TO_ERROR_BRANCH);
			const [outcome, changed, message] = tried.expected instanceof RegExp ? [] : tried.expected;
			if (changed) {
				expect(outcomesOf(result)[0]).toEqual([outcome, true, { item: 0 }]);
			} else {
				expect(failuresOf(result)).toEqual([[`${message} [item 0]`, { item: 0 }]]);
			}
		},
	);
});

test('a rejected write is not repeated if the order now exists in a second program too', async () => {
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

test('a write that failed with 503 is reported as possibly done if its conversion is gone', async () => {
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
