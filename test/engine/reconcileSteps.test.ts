import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode, TRIED_ONCE } from './engine';
import { DETAILS_ON_ERROR_BRANCH } from './errorBranch';
import { named } from './locators';
import {
	accepting,
	failuresOf,
	lowering,
	MODES,
	outcomesOf,
	REASON,
	RECONCILE,
	refusing,
	writesTo,
} from './reconciling';
import { type Reply, serverForTests } from './server';
import { BAGS, CALLS, conversion, idOf, refusal, shop, type WireConversion } from './shop';
import { troubled } from './trouble';

const affilae = serverForTests();

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_ID = named('id', '={{ $json.id }}');

async function reconcile(
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { ...RECONCILE, ...parameters },
		items,
		credential: affilae.credential,
		settings,
	});
}

/** Less was kept of it, and the return window is over: lowered, then accepted. */
function less(number: number) {
	return { ...itemAbout(number), kept: 60, settled: true, reason: REASON };
}

/** All was kept of it, and the return window is over: accepted. */
function all(number: number) {
	return { ...itemAbout(number), kept: 84.9, settled: true };
}

/** Nothing was kept of it: refused. */
function nothing(number: number) {
	return { ...itemAbout(number), kept: 0, settled: true, reason: REASON };
}

function itemAbout(number: number) {
	return { order: String(1000 + number), id: idOf(number) };
}

const NAMES = [
	{ by: 'order', name: BY_ORDER },
	{ by: 'id', name: BY_ID },
];

const REPLIES: Array<{ what: string; reply: Reply; httpCode: string; told: string }> = [
	{
		what: 'refused (400)',
		reply: refusal(400, 'The month is closed'),
		httpCode: '400',
		told: 'Affilae refused the request (400): "The month is closed". Check the values given for this item.',
	},
	{
		what: 'answered 503 for good',
		reply: { status: 503 },
		httpCode: '503',
		told: 'Affilae could not answer (503). Run the workflow again later: what is done is not done twice.',
	},
	{
		what: 'refused for the token (401)',
		reply: refusal(401, 'Expired'),
		httpCode: '401',
		told: 'Affilae does not accept the token (401): "Expired". Check the token and the environment in the credential. Nothing more was sent.',
	},
];

describe.each(NAMES)('by $by, where the second of two calls', ({ name }) => {
	describe.each(REPLIES)('is $what', ({ reply, httpCode, told }) => {
		const ITEMS = [less(1), all(2), all(3)];
		const ONE_AT_A_TIME = { ...TRIED_ONCE, maxConcurrency: 1 };
		// Where nobody knows what became of the second call, its own words say so.
		const isUnknown = httpCode === '503';
		const half = isUnknown
			? 'was lowered, and nobody knows whether it was accepted.'
			: 'was lowered, but not accepted.';
		const count = isUnknown ? '1 may be done' : '1 half done';

		test.each(MODES)(
			'the item says that the first is done, and running it again makes the missing call only (On Error: %s)',
			async (onError) => {
				const answer = shop([conversion(1), conversion(2), conversion(3)]);
				affilae.respond = troubled(answer, { path: CALLS.accept, about: idOf(1), reply });
				const parameters = { ...name, options: ONE_AT_A_TIME };
				const { success, failed, stopped } = await reconcile(parameters, ITEMS, { onError });
				expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
				const [failure] = onError === 'continueErrorOutput' ? failed : success;
				const message = stopped?.message ?? String(failure?.json['error']);
				expect(message).toMatch(new RegExp(`^Conversion ${idOf(1)} ${half}`));
				expect(message).toContain(
					`${told} Running the workflow again goes on from there. [item 0]`,
				);
				if (onError === 'stopWorkflow') {
					expect(message).toContain(
						` 2 items were done before that, ${count}, 0 not sent. Running the workflow again is safe`,
					);
				} else {
					expect(failure?.pairedItem).toEqual({ item: 0 });
					expect(
						failure?.json[onError === 'continueErrorOutput' ? DETAILS_ON_ERROR_BRANCH : 'details'],
					).toEqual({
						description: expect.stringContaining(told),
						httpCode,
					});
					expect(success.slice(-2).map(({ json }) => json['outcome'])).toEqual([
						'accepted',
						'accepted',
					]);
				}

				affilae.respond = answer;
				affilae.forget();
				const again = await reconcile(parameters, ITEMS, { onError });
				expect(affilae.writes).toEqual([accepting(1)]);
				expect(outcomesOf(again)).toEqual([
					['accepted', true, { item: 0 }],
					['unchanged', false, { item: 1 }],
					['unchanged', false, { item: 2 }],
				]);
				expect(again.success[0]?.json).toMatchObject({ status: 'accepted', amount: 60 });
			},
		);
	});
});

test.each(REPLIES)(
	'where the first of two calls is $what, the second is not sent and nothing is said to be done',
	async ({ reply, told }) => {
		affilae.respond = troubled(shop([conversion(1), conversion(2)]), {
			path: CALLS.update,
			about: idOf(1),
			reply,
		});
		const outcome = await reconcile(
			{ ...BY_ORDER, options: { ...TRIED_ONCE, maxConcurrency: 1 } },
			[all(2), less(1)],
			{ onError: 'continueErrorOutput' },
		);
		expect(failuresOf(outcome)).toEqual([[`${told} [item 1]`, { item: 1 }]]);
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000)]);
		expect(outcomesOf(outcome)).toEqual([['accepted', true, { item: 0 }]]);
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
	function troubles(reply: Reply, isKept: boolean) {
		return [
			{ path: CALLS.update, about: idOf(1), reply, isKept, times: 1 },
			{ path: CALLS.accept, about: idOf(2), reply, isKept, times: 1 },
			{ path: CALLS.refuse, about: idOf(3), reply, isKept, times: 1 },
		];
	}

	function lost(reply: Reply, isKept: boolean): WireConversion[] {
		const rows = [conversion(1), conversion(2), conversion(3)];
		affilae.respond = troubled(shop(rows), ...troubles(reply, isKept));
		return rows;
	}

	const AFTER = [
		conversion(1, { status: 'accepted', amount: 6000 }),
		conversion(2, { status: 'accepted', amount: 6000 }),
		conversion(3, { status: 'refused' }),
	];

	test.each(LOST)(
		'because $what, though it was carried out, is looked up by its order and not sent again',
		async ({ reply }) => {
			const rows = lost(reply, true);
			const outcome = await reconcile(BY_ORDER, ITEMS);
			expect(outcome.stopped).toBeUndefined();
			expect(outcomesOf(outcome)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
			expect(writesTo(2, affilae.writes)).toEqual([lowering(2, 6000), accepting(2)]);
			expect(writesTo(3, affilae.writes)).toEqual([refusing(3)]);
			expect(affilae.reads.map(({ query }) => query['externalId']).sort()).toEqual([
				'1001',
				'1001',
				'1002',
				'1002',
				'1003',
				'1003',
			]);
			expect(rows).toEqual(AFTER);
		},
	);

	test.each(LOST)(
		'because $what, and was not carried out, is looked up and sent once more',
		async ({ reply }) => {
			const rows = lost(reply, false);
			const outcome = await reconcile(BY_ORDER, ITEMS);
			expect(outcome.stopped).toBeUndefined();
			expect(outcomesOf(outcome)).toEqual(DONE);
			expect(writesTo(1, affilae.writes)).toEqual([
				lowering(1, 6000),
				lowering(1, 6000),
				accepting(1),
			]);
			expect(writesTo(2, affilae.writes)).toEqual([lowering(2, 6000), accepting(2), accepting(2)]);
			expect(writesTo(3, affilae.writes)).toEqual([refusing(3), refusing(3)]);
			expect(rows).toEqual(AFTER);
		},
	);

	test.each(LOST)(
		'because $what, for a conversion named by its ID, counts as done by us where it was carried out',
		async ({ reply }) => {
			const rows = lost(reply, true);
			const outcome = await reconcile(BY_ID, ITEMS);
			expect(outcome.stopped).toBeUndefined();
			expect(outcomesOf(outcome)).toEqual(DONE);
			expect(rows).toEqual(AFTER);
		},
	);

	test('is no failure where it was carried out and must not be tried again', async () => {
		lost({ status: 503 }, true);
		const outcome = await reconcile({ ...BY_ORDER, options: TRIED_ONCE }, ITEMS);
		expect(outcome.stopped).toBeUndefined();
		expect(outcomesOf(outcome)).toEqual(DONE);
		expect(affilae.writes).toHaveLength(5);
	});

	test('counts as ours where If Already Processed is at fail', async () => {
		lost({ status: 503 }, true);
		const options = { ifAlreadyProcessed: 'fail' };
		const outcome = await reconcile({ ...BY_ORDER, options }, ITEMS);
		expect(outcome.stopped).toBeUndefined();
		expect(outcomesOf(outcome)).toEqual(DONE);
	});
});

describe('what somebody else does between the reading and the writing', () => {
	interface Case {
		what: string;
		item: ReturnType<typeof less> | ReturnType<typeof all>;
		/** Before which call it happens. */
		path: string;
		meanwhile: Partial<WireConversion>;
		outcome: string;
		changed: boolean;
		/** The amount and status at the end. */
		after: Partial<WireConversion>;
		message?: RegExp;
	}

	const CASES: Case[] = [
		{
			what: 'accepted in full, where it was to be lowered, needs attention',
			item: less(1),
			path: CALLS.update,
			meanwhile: { status: 'accepted' },
			outcome: 'needsAttention',
			changed: false,
			after: { status: 'accepted' },
			message: /already accepted at 84\.90 EUR, but the customer kept 60\.00 EUR/,
		},
		{
			what: 'refused, where it was to be lowered, needs attention',
			item: less(1),
			path: CALLS.update,
			meanwhile: { status: 'refused' },
			outcome: 'needsAttention',
			changed: false,
			after: { status: 'refused' },
			message: /already refused, but the customer kept 60\.00 EUR/,
		},
		{
			what: 'lowered to the kept amount, where that was all to be done, is unchanged',
			item: { ...less(1), settled: false },
			path: CALLS.update,
			meanwhile: { amount: 6000 },
			outcome: 'unchanged',
			changed: false,
			after: { amount: 6000 },
		},
		{
			what: 'lowered to the kept amount and to be accepted, is accepted',
			item: less(1),
			path: CALLS.update,
			meanwhile: { amount: 6000 },
			outcome: 'accepted',
			changed: true,
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'accepted, where it was to be accepted, is unchanged',
			item: all(1),
			path: CALLS.accept,
			meanwhile: { status: 'accepted' },
			outcome: 'unchanged',
			changed: false,
			after: { status: 'accepted' },
			message: /was already accepted/,
		},
		{
			what: 'refused, where it was to be accepted, needs attention',
			item: all(1),
			path: CALLS.accept,
			meanwhile: { status: 'refused' },
			outcome: 'needsAttention',
			changed: false,
			after: { status: 'refused' },
			message: /already refused, but the customer kept 84\.90 EUR/,
		},
		{
			what: 'accepted, where it was to be refused, needs attention',
			item: nothing(1),
			path: CALLS.refuse,
			meanwhile: { status: 'accepted' },
			outcome: 'needsAttention',
			changed: false,
			after: { status: 'accepted' },
			message: /already accepted at 84\.90 EUR, but the customer kept 0\.00 EUR/,
		},
		{
			what: 'refused, where it was to be refused, is unchanged',
			item: nothing(1),
			path: CALLS.refuse,
			meanwhile: { status: 'refused' },
			outcome: 'unchanged',
			changed: false,
			after: { status: 'refused' },
			message: /was already refused/,
		},
		{
			what: 'accepted, once it had been lowered by us, is accepted',
			item: less(1),
			path: CALLS.accept,
			meanwhile: { status: 'accepted' },
			outcome: 'accepted',
			changed: true,
			after: { amount: 6000, status: 'accepted' },
		},
		{
			what: 'refused, once it had been lowered by us, needs attention',
			item: less(1),
			path: CALLS.accept,
			meanwhile: { status: 'refused' },
			outcome: 'needsAttention',
			changed: true,
			after: { amount: 6000, status: 'refused' },
			message: /already refused, but the customer kept 60\.00 EUR/,
		},
	];

	/** Changes conversion 1 just before the call, which is then refused. */
	function meddling({ path, meanwhile }: Case): WireConversion[] {
		const rows: WireConversion[] = [conversion(1), conversion(2)];
		const [meant] = rows;
		affilae.respond = troubled(shop(rows), {
			path,
			about: idOf(1),
			times: 1,
			reply: refusal(400, 'Conversion cannot be changed'),
			before: () => void Object.assign(meant ?? {}, meanwhile),
		});
		return rows;
	}

	describe.each(NAMES)('to a conversion named by $by:', ({ name }) => {
		test.each(CASES)('$what', async (tried) => {
			const { item, outcome, changed, after, message } = tried;
			const rows = meddling(tried);
			const came = await reconcile(name, [item, all(2)]);
			expect(came.stopped).toBeUndefined();
			expect(outcomesOf(came)).toEqual([
				[outcome, changed, { item: 0 }],
				['accepted', true, { item: 1 }],
			]);
			expect(rows).toEqual([conversion(1, after), conversion(2, { status: 'accepted' })]);
			const json = came.success[0]?.json;
			const due = conversion(1, after);
			expect([json?.['status'], json?.['amountInCents']]).toEqual([due.status, due.amount]);
			if (message) expect(json?.['message']).toMatch(message);
		});

		test('done already by others, it fails where If Already Processed is at fail', async () => {
			const tried = CASES.find(({ what }) =>
				what.startsWith('accepted, where it was to be accepted'),
			);
			if (tried === undefined) throw new Error('There is no such case');
			meddling(tried);
			const came = await reconcile(
				{ ...name, options: { ifAlreadyProcessed: 'fail' } },
				[tried.item, all(2)],
				{ onError: 'continueErrorOutput' },
			);
			expect(failuresOf(came)).toEqual([
				[expect.stringMatching(/was already accepted.*\[item 0\]$/), { item: 0 }],
			]);
			expect(outcomesOf(came)).toEqual([['accepted', true, { item: 1 }]]);
		});

		test('lowered by us and accepted by others, it is accepted where If Already Processed is at fail', async () => {
			const tried = CASES.find(({ what }) => what.startsWith('accepted, once it had been lowered'));
			if (tried === undefined) throw new Error('There is no such case');
			meddling(tried);
			const came = await reconcile({ ...name, options: { ifAlreadyProcessed: 'fail' } }, [
				tried.item,
				all(2),
			]);
			expect(came.success.map(({ json }) => [json['outcome'], json['message']])).toEqual([
				['accepted', expect.stringMatching(/^The customer kept 60\.00 EUR of 84\.90 EUR$/)],
				['accepted', undefined],
			]);
		});
	});
});

test('an order that a second program has meanwhile got is not written to again after a refusal, and both are named', async () => {
	const rows = [conversion(1), conversion(2)];
	affilae.respond = troubled(shop(rows), {
		path: CALLS.accept,
		about: idOf(1),
		times: 1,
		reply: refusal(400, 'Not now'),
		before: () => void rows.push(conversion(3, { externalId: '1001', program: BAGS })),
	});
	const came = await reconcile(BY_ORDER, [all(1), all(2)], { onError: 'continueErrorOutput' });
	expect(failuresOf(came)).toEqual([
		[expect.stringMatching(`${idOf(1)}.*${idOf(3)}`), { item: 0 }],
	]);
	expect(writesTo(1, affilae.writes)).toEqual([accepting(1)]);
});
