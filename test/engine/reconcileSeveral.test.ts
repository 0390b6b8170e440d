import { describe, expect, test } from '@jest/globals';
import { keeping } from './kept';
import { parts, REASON, RECONCILE } from './reconciling';
import { LIGHTING, LOCKED, type NewConversion, sale, UNLOCKED } from './sandboxShop';
import { inAnyOrder, type Received } from './server';
import { refusal } from './shop';
import { troubled } from './trouble';
import {
	about,
	accepting,
	adviceOf,
	BY_ORDER,
	failuresOf,
	listingOrder,
	lowering,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const ACCEPTED: NewConversion = { status: 'accepted', ...UNLOCKED };
const REFUSED: NewConversion = { status: 'refused', ...UNLOCKED };
const CHOICES = ['ask', 'proportionally', 'eachWhole'] as const;

/** Order 1001 with two conversions, 1 and 11, each with the whole amount of 84.90 EUR; and order 1002. */
function wholes(...differing: NewConversion[]): NewConversion[] {
	return [
		sale(1, { ...differing[0] }),
		sale(11, { externalId: '1001', rule: LIGHTING.name, ...differing[1] }),
		sale(2),
	];
}

interface Row {
	what: string;
	conversions: NewConversion[];
	kept: number;
	settled?: boolean;
	/** For which values of `severalConversions`. */
	choices: ReadonlyArray<(typeof CHOICES)[number]>;
	/** What is sent to each of the order's conversions, in their order. */
	sent: Received[][];
	outcomes: string[];
	message?: RegExp;
}

const ASKED =
	/^Order 1001 has 3 conversions \(Sale: 60\.00 EUR, pending; Lighting: 30\.00 EUR, pending; New customers: 10\.00 EUR, pending\), and the customer kept 50\.00 EUR of 100\.00 EUR\. Lower the right one with Update and 'Commission Rule', or choose in 'Several Conversions' how to divide the amount\.$/;

const ROWS: Row[] = [
	{
		what: 'nothing kept',
		conversions: parts(),
		kept: 0,
		choices: CHOICES,
		sent: [[refusing(1)], [refusing(11)], [refusing(12)]],
		outcomes: ['refused', 'refused', 'refused'],
	},
	{
		what: 'nothing kept, one accepted, one refused',
		conversions: parts(ACCEPTED, REFUSED),
		kept: 0,
		choices: CHOICES,
		sent: [[refusing(1)], [], [refusing(12)]],
		outcomes: ['refused', 'unchanged', 'refused'],
	},
	{
		what: 'nothing kept, one accepted and locked',
		conversions: parts({ ...ACCEPTED, ...LOCKED }),
		kept: 0,
		choices: CHOICES,
		sent: [[], [refusing(11)], [refusing(12)]],
		outcomes: ['needsAttention', 'refused', 'refused'],
	},
	...[100, 99.95, 120].flatMap((kept) => [
		{
			what: 'the sum kept within the tolerance, or more',
			conversions: parts(),
			kept,
			choices: ['ask', 'proportionally'] as const,
			sent: [[accepting(1)], [accepting(11)], [accepting(12)]],
			outcomes: ['accepted', 'accepted', 'accepted'],
			...(kept > 100
				? {
						message:
							/^The customer kept 120\.00 EUR, more than the current 100\.00 EUR in Affilae: does it include tax or shipping\?$/,
					}
				: {}),
		},
		{
			what: 'the sum kept within the tolerance, or more, return period open',
			conversions: parts(),
			kept,
			settled: false,
			choices: ['ask', 'proportionally'] as const,
			sent: [[], [], []],
			outcomes: ['unchanged', 'unchanged', 'unchanged'],
		},
	]),
	{
		what: 'the sum kept, one accepted and locked, one refused',
		conversions: parts({ ...ACCEPTED, ...LOCKED }, REFUSED),
		kept: 100,
		choices: ['ask', 'proportionally'],
		sent: [[], [], [accepting(12)]],
		outcomes: ['unchanged', 'needsAttention', 'accepted'],
	},
	...[true, false].map((settled) => ({
		what: 'a part kept',
		conversions: parts(),
		kept: 50,
		settled,
		choices: ['ask'] as const,
		sent: [[], [], []],
		outcomes: ['needsAttention', 'needsAttention', 'needsAttention'],
		message: ASKED,
	})),
	{
		what: 'a part kept',
		conversions: parts(),
		kept: 50,
		choices: ['proportionally'],
		sent: [
			[lowering(1, 3000), accepting(1)],
			[lowering(11, 1500), accepting(11)],
			[lowering(12, 500), accepting(12)],
		],
		outcomes: ['accepted', 'accepted', 'accepted'],
	},
	{
		what: 'a part kept that cannot be divided evenly: the cents add up',
		conversions: parts(),
		kept: 33.33,
		settled: false,
		choices: ['proportionally'],
		sent: [[lowering(1, 2000)], [lowering(11, 1000)], [lowering(12, 333)]],
		outcomes: ['updated', 'updated', 'updated'],
	},
	{
		what: 'one cent kept, too little for a share of each',
		conversions: parts(),
		kept: 0.01,
		settled: false,
		choices: ['proportionally'],
		sent: [[], [], []],
		outcomes: ['needsAttention', 'needsAttention', 'needsAttention'],
	},
	{
		what: 'a part kept that makes equal shares: the extra cent goes to the older conversion',
		conversions: wholes(),
		kept: 100.01,
		settled: false,
		choices: ['proportionally'],
		sent: [[lowering(1, 5001)], [lowering(11, 5000)]],
		outcomes: ['updated', 'updated'],
	},
	...[ACCEPTED, { ...ACCEPTED, ...LOCKED }, REFUSED].map((differing) => ({
		what: 'a part kept, and one conversion cannot be lowered',
		conversions: parts({}, differing),
		kept: 50,
		choices: ['ask', 'proportionally'] as const,
		sent: [[], [], []],
		outcomes: ['needsAttention', 'needsAttention', 'needsAttention'],
		message:
			/and the customer kept 50\.00 EUR of 100\.00 EUR\. Not all of them can be lowered. Look at them in Affilae, or settle the difference with the affiliate\.$/,
	})),
	{
		what: 'a part kept, already divided and in part accepted',
		conversions: parts(
			{ ...ACCEPTED, amount: 3000 },
			{ ...ACCEPTED, amount: 1500 },
			{ amount: 500 },
		),
		kept: 50,
		choices: ['ask', 'proportionally'],
		sent: [[], [], [accepting(12)]],
		outcomes: ['unchanged', 'unchanged', 'accepted'],
	},
	{
		what: 'the whole amount kept, once per rule',
		conversions: wholes(),
		kept: 84.9,
		choices: ['eachWhole'],
		sent: [[accepting(1)], [accepting(11)]],
		outcomes: ['accepted', 'accepted'],
	},
	{
		what: 'a part of the whole amount kept',
		conversions: wholes(),
		kept: 60,
		choices: ['eachWhole'],
		sent: [
			[lowering(1, 6000), accepting(1)],
			[lowering(11, 6000), accepting(11)],
		],
		outcomes: ['accepted', 'accepted'],
		message: /^The customer kept 60\.00 EUR of 84\.90 EUR$/,
	},
	{
		what: 'a part of the whole amount kept, one accepted, return period open',
		conversions: wholes(ACCEPTED),
		kept: 60,
		settled: false,
		choices: ['eachWhole'],
		sent: [[], [lowering(11, 6000)]],
		outcomes: ['needsAttention', 'updated'],
	},
	{
		what: 'a part kept, compared with each: only one is above it',
		conversions: parts(),
		kept: 50,
		choices: ['eachWhole'],
		sent: [[lowering(1, 5000), accepting(1)], [accepting(11)], [accepting(12)]],
		outcomes: ['accepted', 'accepted', 'accepted'],
	},
	{
		what: 'one amount unknown',
		conversions: parts({ shownFields: { amount: undefined } }),
		kept: 50,
		choices: ['ask', 'proportionally'],
		sent: [[], [], []],
		outcomes: ['needsAttention', 'needsAttention', 'needsAttention'],
		message:
			/^Order 1001 has 3 conversions \(Sale: unknown amount, pending; .*\), and their amounts cannot be added up\. Look at them in Affilae\.$/,
	},
	{
		what: 'in two currencies',
		conversions: parts({ shownFields: { currency: 'USD' } }),
		kept: 50,
		choices: ['ask', 'proportionally'],
		sent: [[], [], []],
		outcomes: ['needsAttention', 'needsAttention', 'needsAttention'],
		message: /their amounts cannot be added up/,
	},
];

const TABLE = ROWS.flatMap(({ choices, settled = true, ...row }) =>
	choices.map((choice) => ({ ...row, settled, choice })),
);

describe.each(TABLE)(
	'$what ($kept kept, settled: $settled, Several Conversions: $choice)',
	(row) => {
		const { conversions, kept, settled, choice, sent, outcomes, message } = row;
		const numbers = conversions.length === 3 ? [1, 11] : [1, 11, 12];
		const items = [
			{ ...about(1), kept, settled, reason: REASON },
			{ ...about(2), kept: 84.9, settled: true, reason: '' },
		];
		const parameters = { ...RECONCILE, ...BY_ORDER, options: { severalConversions: choice } };

		test('has the outcomes in the table and no other requests; a dry run has the same outcomes', async () => {
			const shop = await openShop(conversions);
			const dry = await run('reconcile', { ...parameters, dryRun: true }, items);
			expect(inAnyOrder(affilae.requests)).toEqual([listingOrder(1), listingOrder(2)]);

			affilae.forget();
			const real = await run('reconcile', parameters, items);
			expect(inAnyOrder(affilae.reads)).toEqual([listingOrder(1), listingOrder(2)]);
			expect(numbers.map((number) => writesTo(number, affilae.writes))).toEqual(sent);
			expect(writesTo(2, affilae.writes)).toEqual([accepting(2)]);
			expect(
				real.success.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem]),
			).toEqual([
				...outcomes.map((outcome, index) => [
					shop.held(numbers[index] ?? 0).id,
					outcome,
					{ item: 0 },
				]),
				[shop.held(2).id, 'accepted', { item: 1 }],
			]);
			const messagesOf = ({ success }: typeof real) =>
				success.map(({ json }) => [json['outcome'], json['message']]);
			expect(messagesOf(dry)).toEqual(messagesOf(real));
			for (const [, text] of message ? messagesOf(real).slice(0, -1) : [])
				expect(text).toMatch(message ?? '');
			expect(dry.success.every(({ json }) => json['changed'] === false && json['dryRun'])).toBe(
				true,
			);

			const isDivided =
				choice === 'proportionally' &&
				sent.flat().some(({ body }) => JSON.stringify(body).includes('amount'));
			const held = numbers.map((number) => shop.held(number));
			const sum = held
				.filter(({ status }) => status !== 'refused')
				.reduce((total, { amount }) => total + amount, 0);
			if (isDivided) expect(sum).toBe(Math.round(kept * 100));
		});
	},
);

test('the order in which Affilae lists the conversions does not change their shares', async () => {
	const options = { severalConversions: 'proportionally' };
	const parameters = { ...RECONCILE, ...BY_ORDER, options };
	const item = { kept: 100.01, settled: false, reason: REASON };
	for (const order of ['newestFirst', 'oldestFirst', 'unstable'] as const) {
		const shop = await openShop(
			[...wholes(), sale(13, { externalId: '1002', rule: LIGHTING.name })],
			{
				order,
			},
		);
		await run('reconcile', parameters, [
			{ ...about(1), ...item },
			{ ...about(2), ...item },
		]);
		expect([1, 11, 2, 13].map((number) => shop.held(number).amount)).toEqual([
			5001, 5000, 5001, 5000,
		]);
	}
});

test('a divided order is unchanged in the next run, and accepted when the return period has ended', async () => {
	await openShop(parts());
	const options = { severalConversions: 'proportionally' };
	const parameters = { ...RECONCILE, ...BY_ORDER, options };
	const items = [
		{ ...about(1), kept: 33.34, settled: false, reason: REASON },
		{ ...about(2), kept: 20, settled: false, reason: REASON },
	];
	await run('reconcile', parameters, items);
	expect(affilae.writes).toHaveLength(4);
	affilae.forget();
	const again = await run('reconcile', parameters, items);
	expect(affilae.writes).toEqual([]);
	expect(again.success.map(({ json }) => json['outcome'])).toEqual(Array(4).fill('unchanged'));

	const settled = items.map((item) => ({ ...item, settled: true }));
	const accepted = await run('reconcile', parameters, settled);
	expect(accepted.success.map(({ json }) => json['outcome'])).toEqual(Array(4).fill('accepted'));
});

test('if Affilae rejects lowering one conversion of an order, the item fails and says what was done', async () => {
	const { respond } = await openShop(parts());
	const options = { severalConversions: 'proportionally', maxConcurrency: 1 };
	const reply = refusal(400, 'The month is closed');
	affilae.respond = troubled(respond, {
		path: lowering(11, 1).path,
		about: '"amount":1500',
		reply,
	});
	const items = [keeping(1, 50), keeping(2, 84.9)];
	const parameters = { ...RECONCILE, ...BY_ORDER, options };
	const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
	expect(failuresOf(result)).toEqual([
		[
			'Order 1001, rule Sale was lowered to 30.00 EUR, but order 1001, rule Lighting was not lowered [item 0]',
			{ item: 0 },
		],
	]);
	expect(adviceOf(result)).toEqual([
		'Affilae rejected the request: "The month is closed". Check the values that you entered. The next run continues from there. (HTTP 400)',
	]);
	expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
	expect(inAnyOrder(affilae.writes)).toEqual(
		inAnyOrder([lowering(1, 3000), lowering(11, 1500), accepting(2)]),
	);
});

test.each(['', undefined])(
	'an empty Several Conversions (%j) leaves the order for a person',
	async (choice) => {
		await openShop(parts());
		const options = choice === undefined ? {} : { severalConversions: choice };
		const items = [keeping(1, 50), keeping(2, 84.9)];
		const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER, options }, items);
		expect(result.success.map(({ json }) => json['outcome'])).toEqual([
			...Array(3).fill('needsAttention'),
			'accepted',
		]);
		expect(affilae.writes).toEqual([accepting(2)]);
	},
);
