import { describe, expect, test } from '@jest/globals';
import { all, keeping, less } from './kept';
import { parts, RECONCILE } from './reconciling';
import { sale, saleId, type SandboxShop } from './sandboxShop';
import type { Received, Respond } from './server';
import { troubled } from './trouble';
import {
	about,
	accepting,
	adviceOf,
	BY_ORDER,
	failuresOf,
	lowering,
	NAMES,
	outcomesOf,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';
import { virtualTimeForTests } from './virtualTime';

virtualTimeForTests();

const { affilae, openShop, run } = writeTests();

const SALES = [1, 2].map((number) => sale(number));
const LOWER = lowering(1, 0).path;

/** Somebody else changes the amount of conversion 1 just before its acceptance is carried out. */
function changedBeforeAccepted({ sandbox, respond }: SandboxShop, amount: number): Respond {
	const isAccepting = ({ path, body }: Received) =>
		path === accepting(1).path && JSON.stringify(body).includes(saleId(1));
	return async (request) => {
		const entry = sandbox.store.get(saleId(1));
		if (isAccepting(request) && entry) sandbox.store.update(entry, amount, 'By somebody else');
		return await respond(request);
	};
}

describe.each(NAMES)('Reconcile by $by', ({ by, name }) => {
	const parameters = { ...RECONCILE, ...name };
	const readsOf = (items: number) => (by === 'id' ? 2 * items : items);

	test.each(['status', 'empty', '204'] as const)(
		'looks once whether an amount is lowered before it accepts it, if the answer does not show that (%s)',
		async (writeAnswer) => {
			const shop = await openShop(SALES, { writeAnswer });
			const result = await run('reconcile', parameters, [less(1), all(2)]);
			expect(outcomesOf(result)).toEqual([
				['accepted', true, { item: 0 }],
				['accepted', true, { item: 1 }],
			]);
			expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
			expect(affilae.reads).toHaveLength(readsOf(2) + 1);
			expect(shop.held(1)).toMatchObject({ status: 'accepted', amount: 6000 });
		},
	);

	test.each(['conversion', 'status'] as const)(
		'does not look if the amount is shown (%s), or nothing is accepted after it',
		async (writeAnswer) => {
			await openShop(SALES, { writeAnswer });
			const settled = writeAnswer === 'conversion';
			const items = [{ ...less(1), settled }, all(2)];
			const result = await run('reconcile', parameters, items);
			expect(outcomesOf(result).length).toBe(2);
			expect(affilae.reads).toHaveLength(readsOf(2));
		},
	);

	test('looks again for a lowered amount if the list lags behind, and sends nothing twice', async () => {
		const shop = await openShop(SALES, { writeAnswer: 'status' });
		let stale = 2;
		affilae.respond = async (request) => {
			const isLook = request.method === 'GET' && affilae.writes.length > 0 && stale-- > 0;
			const reply = await shop.respond(request);
			return isLook
				? { ...reply, body: JSON.parse(JSON.stringify(reply.body).replace(/\b6000\b/g, '8490')) }
				: reply;
		};
		const result = await run('reconcile', parameters, [less(1), all(2)]);
		expect(outcomesOf(result)).toEqual([
			['accepted', true, { item: 0 }],
			['accepted', true, { item: 1 }],
		]);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
		expect(affilae.reads).toHaveLength(readsOf(2) + 3);
	});

	test('accepts nothing if an answer says that the amount was lowered, but it was not', async () => {
		const shop = await openShop(SALES);
		const reply = { status: 200, body: { statusCode: 200 } };
		affilae.respond = troubled(shop.respond, { path: LOWER, about: saleId(1), reply });
		const result = await run('reconcile', parameters, [less(1), all(2)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['Order 1001: Affilae responded, but did not make the change [item 0]', { item: 0 }],
		]);
		expect(adviceOf(result)).toEqual(['Look at the conversion in Affilae. (HTTP 200)']);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000)]);
		expect(shop.held(1)).toMatchObject({ status: 'pending', amount: 8490 });
		expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
	});

	test('accepts nothing if it cannot be seen whether the amount was lowered', async () => {
		const shop = await openShop(SALES);
		let isDown = false;
		affilae.respond = (request) => {
			const isAbout1 = JSON.stringify([request.query, request.body]).match(
				new RegExp(`${saleId(1)}|"1001"`),
			);
			if (isDown && isAbout1) return { status: 404, body: { message: 'No route' } };
			if (!isAbout1 || request.path !== LOWER) return shop.respond(request);
			isDown = true;
			return { status: 200, body: { statusCode: 200 } };
		};
		const result = await run('reconcile', parameters, [less(1), all(2)], TO_ERROR_BRANCH);
		expect(failuresOf(result)).toHaveLength(1);
		expect(adviceOf(result)).toEqual([
			expect.stringContaining('It is unknown whether the change was made.'),
		]);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000)]);
		expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
	});

	test.each([
		{ what: 'shown in the answer', isLost: false },
		{ what: 'seen after the answer was lost', isLost: true },
	])('fails an item that was accepted at another amount, $what', async ({ isLost }) => {
		for (const { item, amount, told, next } of [
			{
				item: less(1),
				amount: 8490,
				told: 'Order 1001 was lowered to 60.00 EUR, but order 1001 is now accepted at 84.90 EUR',
				next: 'needsAttention',
			},
			{
				item: all(1),
				amount: 4000,
				told: 'Order 1001 was changed by somebody else in the meantime: it is now accepted at 40.00 EUR',
				next: 'unchanged',
			},
		]) {
			const shop = await openShop(SALES);
			const changed = changedBeforeAccepted(shop, amount);
			const { path } = accepting(1);
			affilae.respond = troubled(changed, {
				path,
				about: isLost ? saleId(1) : 'nothing',
				reply: { status: 503 },
				isKept: true,
			});
			const result = await run('reconcile', parameters, [item, all(2)], TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([[`${told} [item 0]`, { item: 0 }]]);
			expect(adviceOf(result)).toEqual([expect.stringContaining('Run the workflow again.')]);
			expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
			expect(shop.held(1)).toMatchObject({ status: 'accepted', amount });

			const again = await run('reconcile', parameters, [item, all(2)], TO_ERROR_BRANCH);
			expect(again.success[0]?.json).toMatchObject({ outcome: next, amount: amount / 100 });
		}
	});
});

test('a conversion is accepted although the response still shows the amount from before it was lowered', async () => {
	const shop = await openShop(SALES);
	affilae.respond = async (request) => {
		const reply = await shop.respond(request);
		if (request.path !== accepting(1).path) return reply;
		const { id } = shop.held(JSON.stringify(request.body).includes(saleId(1)) ? 1 : 2);
		return { body: { conversion: { id, status: 'accepted', amount: 8490 } } };
	};
	const items = [less(1), all(2)];
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, items, TO_ERROR_BRANCH);
	expect(result.success.map(({ json }) => [json['outcome'], json['amount']])).toEqual([
		['accepted', 60],
		['accepted', 84.9],
	]);
});

test('Accept accepts any amount: it was decided without one', async () => {
	const shop = await openShop(SALES);
	affilae.respond = changedBeforeAccepted(shop, 4000);
	const result = await run('accept', BY_ORDER, [about(1), about(2)]);
	expect(result.success.map(({ json }) => [json['outcome'], json['amount']])).toEqual([
		['accepted', 40],
		['accepted', 84.9],
	]);
});

test('an order whose amount is divided is not accepted if one of its amounts was not lowered', async () => {
	const shop = await openShop(parts());
	const reply = { status: 200, body: { statusCode: 200 } };
	affilae.respond = troubled(shop.respond, { path: LOWER, about: saleId(11), reply });
	const options = { severalConversions: 'proportionally' };
	const items = [keeping(1, 50), keeping(2, 84.9)];
	const parameters = { ...RECONCILE, ...BY_ORDER, options };
	const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
	expect(failuresOf(result)).toEqual([
		[
			'Order 1001, rule Sale was lowered to 30.00 EUR, but order 1001, rule Lighting was not lowered [item 0]',
			{ item: 0 },
		],
	]);
	expect([1, 11, 12].map((number) => shop.held(number).status)).toEqual(Array(3).fill('pending'));
	expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
});
