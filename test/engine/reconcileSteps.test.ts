import { describe, expect, test } from '@jest/globals';
import { TRIED_ONCE } from './engine';
import { all, less, nothing } from './kept';
import { RECONCILE } from './reconciling';
import { sale, saleId, type SandboxShop } from './sandboxShop';
import { type Reply } from './server';
import { refusal } from './shop';
import { troubled } from './trouble';
import {
	accepting,
	adviceOf,
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
import { virtualTimeForTests } from './virtualTime';

virtualTimeForTests();

const { affilae, openShop, run } = writeTests();

const SALES = [1, 2, 3].map((number) => sale(number));

const REPLIES: Array<{
	what: string;
	reply: Reply;
	error: string;
	advice: string;
	isUnknown?: true;
}> = [
	{
		what: 'rejected (400)',
		reply: refusal(400, 'The month is closed'),
		error: 'Affilae rejected the request: "The month is closed"',
		advice: 'Check the values that you entered. (HTTP 400)',
	},
	{
		what: 'always answered with 503',
		reply: { status: 503 },
		error: 'Affilae could not respond',
		advice: 'Run the workflow again later: nothing is done twice. (HTTP 503)',
	},
	{
		what: 'rejected because of the token (401)',
		reply: refusal(401, 'Expired'),
		error: 'Affilae does not accept the API token: "Expired"',
		advice:
			"Check 'API Token' and 'Environment' in the credential. Nothing more was sent. (HTTP 401)",
	},
];

describe.each(NAMES)('reconcile by $by, if the second of two writes', ({ name }) => {
	const ITEMS = [all(2), all(3), less(1)];
	const parameters = { ...RECONCILE, ...name, options: { ...TRIED_ONCE, maxConcurrency: 1 } };
	const title = 'Order 1001 was lowered to 60.00 EUR, but order 1001 was not accepted [item 2]';

	describe.each(REPLIES)('is $what', ({ reply, error, advice }) => {
		const [halfAdvice] = advice.split(' (HTTP');
		const status = `(HTTP${advice.split('(HTTP')[1]}`;

		test.each(MODES)(
			'the item says that the first is done, and the next run sends only the second (On Error: %s)',
			async (onError) => {
				const { respond } = await openShop(SALES);
				const { path } = accepting(1);
				affilae.respond = troubled(respond, { path, about: saleId(1), reply });
				const result = await run('reconcile', parameters, ITEMS, { onError });
				expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
				const described = `${error}. ${halfAdvice} The next run continues from there. ${status}`;
				if (onError === 'stopWorkflow') {
					expect(result.stopped).toEqual({
						message: title,
						description: `${described} 2 items were done before that, 1 partly done, 0 not sent. It is safe to run the workflow again: nothing is done twice.`,
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

	test('and all requests after it fail with 503, the item says that the result is unknown', async () => {
		const { respond } = await openShop(SALES);
		let isDown = false;
		affilae.respond = (request) => {
			const { path } = accepting(1);
			isDown ||= request.path === path && JSON.stringify(request.body).includes(saleId(1));
			return isDown ? { status: 503 } : respond(request);
		};
		const result = await run('reconcile', parameters, ITEMS);
		expect(result.stopped?.message).toBe(
			'Order 1001 was lowered to 60.00 EUR, and it is unknown whether order 1001 was accepted [item 2]',
		);
		expect(result.stopped?.description).toContain(
			'2 items were done before that, 1 may be done, 0 not sent.',
		);
	});
});

test.each(REPLIES)(
	'if the first of two writes is $what, the second is not sent and the item reports nothing as done',
	async ({ reply, error, advice }) => {
		const { respond } = await openShop(SALES);
		affilae.respond = troubled(respond, { path: lowering(1, 0).path, about: saleId(1), reply });
		const options = { ...TRIED_ONCE, maxConcurrency: 1 };
		const parameters = { ...RECONCILE, ...BY_ORDER, options };
		const result = await run('reconcile', parameters, [all(2), less(1)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([[`Order 1001: ${error} [item 1]`, { item: 1 }]]);
		expect(adviceOf(result)).toEqual([advice]);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000)]);
		expect(outcomesOf(result)).toEqual([['accepted', true, { item: 0 }]]);
	},
);

describe('a write whose result is unknown', () => {
	const LOST: Array<{ what: string; reply: Reply }> = [
		{ what: 'the connection was cut', reply: { isCut: true } },
		{ what: 'it was answered with 503', reply: { status: 503 } },
	];
	const ITEMS = [less(1), less(2), nothing(3)];
	const DONE = [
		['accepted', true, { item: 0 }],
		['accepted', true, { item: 1 }],
		['refused', true, { item: 2 }],
	];

	/** Loses the first write of item 0, the second of item 1, and the only one of item 2. */
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
		'because $what is looked up, and not sent again if it was carried out (by $by)',
		async ({ reply, by, name }) => {
			const shop = await lost(reply, true);
			const result = await run('reconcile', { ...RECONCILE, ...name }, ITEMS);
			expect(result.stopped).toBeUndefined();
			expect(outcomesOf(result)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
			expect(writesTo(2, affilae.writes)).toEqual([lowering(2, 6000), accepting(2)]);
			expect(writesTo(3, affilae.writes)).toEqual([refusing(3)]);
			// Each conversion is found, then read again; by ID, its order is read too.
			expect(affilae.reads).toHaveLength(by === 'id' ? 9 : 6);
			expect(stateOf(shop)).toEqual(AFTER);
		},
	);

	test.each(LOST)(
		'because $what is looked up, and sent once more if it was not carried out',
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
		'is reported as done by the node if it was carried out, also with the options %j',
		async (options) => {
			await lost({ status: 503 }, true);
			const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER, options }, ITEMS);
			expect(result.stopped).toBeUndefined();
			expect(outcomesOf(result)).toEqual(DONE);
			expect(affilae.writes).toHaveLength(5);
		},
	);
});
