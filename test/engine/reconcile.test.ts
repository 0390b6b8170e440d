import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { inProgram, named } from './locators';
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
import { inAnyOrder, type Received, serverForTests } from './server';
import { BAGS, CALLS, conversion, idOf, refusal, SHOES, shop, type WireConversion } from './shop';
import { troubled } from './trouble';

const affilae = serverForTests();

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_CUSTOMER = named('customerId', '={{ $json.customer }}');
const BY_ID = named('id', '={{ $json.id }}');
const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

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

function infoOn(externalId: string): Received {
	return { method: 'GET', path: CALLS.info, query: { externalId } };
}

/** A conversion whose amount Affilae does not say. */
function withoutAmount(number: number): WireConversion {
	const row: WireConversion = conversion(number);
	delete row.amount;
	return row;
}

interface Row {
	what: string;
	before?: WireConversion;
	kept: number;
	settled: boolean;
	sent?: Received[];
	outcome: string;
	message?: string;
	after?: { status?: string; amount?: number };
}

const ASK =
	'Affilae changes pending conversions only: ask its support for a correction, or settle the difference with the affiliate.';
const LOWERED = 'The customer kept 60.00 EUR of 84.90 EUR';
const STAYS = 'It stays pending until the return window is over';
const ABOVE = '99.00 EUR is above the 84.90 EUR that Affilae tracked';
const ACCEPTED = conversion(1, { status: 'accepted' });
const REFUSED = conversion(1, { status: 'refused' });

/** Conversion 1, pending at 84.90 EUR unless told otherwise, and what becomes of it. */
const ROWS: Row[] = [
	...[false, true].map((settled) => ({
		what: 'nothing kept',
		kept: 0,
		settled,
		sent: [refusing(1)],
		outcome: 'refused',
		after: { status: 'refused' },
	})),
	{
		what: 'less kept, return window open',
		kept: 60,
		settled: false,
		sent: [lowering(1, 6000)],
		outcome: 'updated',
		message: LOWERED,
		after: { amount: 6000 },
	},
	{
		what: 'less kept, return window over',
		kept: 60,
		settled: true,
		sent: [lowering(1, 6000), accepting(1)],
		outcome: 'accepted',
		message: LOWERED,
		after: { status: 'accepted', amount: 6000 },
	},
	{
		what: 'all kept, return window open',
		kept: 84.9,
		settled: false,
		outcome: 'unchanged',
		message: STAYS,
	},
	{
		what: 'all kept, return window over',
		kept: 84.9,
		settled: true,
		sent: [accepting(1)],
		outcome: 'accepted',
		after: { status: 'accepted' },
	},
	{
		what: 'more kept than tracked, return window open',
		kept: 99,
		settled: false,
		outcome: 'unchanged',
		message: `${STAYS}; ${ABOVE}`,
	},
	{
		what: 'more kept than tracked, return window over',
		kept: 99,
		settled: true,
		sent: [accepting(1)],
		outcome: 'accepted',
		message: ABOVE,
		after: { status: 'accepted' },
	},
	...[84.9, 99].map((kept) => ({
		what: 'accepted before, and rightly',
		before: ACCEPTED,
		kept,
		settled: true,
		outcome: 'unchanged',
		message: `Conversion ${idOf(1)} was already accepted`,
	})),
	{
		what: 'refused before, and rightly',
		before: REFUSED,
		kept: 0,
		settled: true,
		outcome: 'unchanged',
		message: `Conversion ${idOf(1)} was already refused`,
	},
	...[
		{ kept: 60, text: '60.00 EUR' },
		{ kept: 0, text: '0.00 EUR' },
	].map(({ kept, text }) => ({
		what: 'accepted before, but not all was kept',
		before: ACCEPTED,
		kept,
		settled: true,
		outcome: 'needsAttention',
		message: `Conversion ${idOf(1)} is already accepted at 84.90 EUR, but the customer kept ${text}. ${ASK}`,
	})),
	{
		what: 'refused before, but something was kept',
		before: REFUSED,
		kept: 60,
		settled: false,
		outcome: 'needsAttention',
		message: `Conversion ${idOf(1)} is already refused, but the customer kept 60.00 EUR. ${ASK}`,
	},
	{
		what: 'in a status that nobody knows',
		before: conversion(1, { status: 'archived' }),
		kept: 60,
		settled: true,
		outcome: 'needsAttention',
		message: `Conversion ${idOf(1)} is archived, which is none of pending, accepted and refused. Look at it in Affilae.`,
	},
	{
		what: 'of an amount that Affilae does not say',
		before: withoutAmount(1),
		kept: 60,
		settled: true,
		outcome: 'needsAttention',
		message: `Affilae does not say the amount of conversion ${idOf(1)}, so it cannot be compared with the 60.00 EUR that the customer kept. Look at it in Affilae.`,
	},
	{
		what: 'of an amount that Affilae does not say, nothing kept',
		before: withoutAmount(1),
		kept: 0,
		settled: true,
		sent: [refusing(1)],
		outcome: 'refused',
		after: { status: 'refused' },
	},
];

describe.each(ROWS)('$what ($kept kept, settled: $settled)', (row) => {
	const { before = conversion(1), kept, settled, sent = [], outcome, message, after = {} } = row;
	const items = [
		{ order: '1001', id: idOf(1), kept, settled, reason: REASON },
		{ order: '1002', id: idOf(2), kept: 84.9, settled: true },
	];

	test.each(['conversion', 'statusOnly'] as const)(
		'comes to what the table says, with these calls and no others (a write answers: %s)',
		async (answer) => {
			affilae.respond = shop([{ ...before }, conversion(2)], answer);
			const { success, stopped } = await reconcile(BY_ORDER, items);
			expect(stopped).toBeUndefined();
			expect(inAnyOrder(affilae.reads)).toEqual([infoOn('1001'), infoOn('1002')]);
			expect(writesTo(1, affilae.writes)).toEqual(sent);
			expect(writesTo(2, affilae.writes)).toEqual([accepting(2)]);
			const { status, amount: cents } = { ...before, ...after };
			// Of a lower amount it is another, which nobody said.
			const isUnknown = sent.some(({ path }) => path === CALLS.update) && answer === 'statusOnly';
			expect(success).toEqual([
				{
					json: {
						id: idOf(1),
						externalId: '1001',
						customerId: 'C-1',
						status,
						...(cents === undefined ? {} : { amount: cents / 100, amountInCents: cents }),
						currency: 'EUR',
						...(isUnknown ? {} : { commission: 8.49 }),
						programId: SHOES.id,
						createdAt: '2026-10-01T10:00:00.000Z',
						outcome,
						changed: sent.length > 0,
						...(message === undefined ? {} : { message }),
					},
					pairedItem: { item: 0 },
				},
				{
					json: expect.objectContaining({ id: idOf(2), outcome: 'accepted', changed: true }),
					pairedItem: { item: 1 },
				},
			]);
		},
	);

	test('run again, nothing is written, and nothing else is said', async () => {
		const rows = [{ ...before }, conversion(2)];
		affilae.respond = shop(rows);
		await reconcile(BY_ORDER, items);
		affilae.forget();
		const again = await reconcile(BY_ORDER, items);
		expect(affilae.writes).toEqual([]);
		expect(outcomesOf(again)).toEqual([
			[outcome === 'needsAttention' ? outcome : 'unchanged', false, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
		expect(rows).toEqual([{ ...before, ...after }, conversion(2, { status: 'accepted' })]);
	});
});

describe('which conversion is meant', () => {
	const LESS = { kept: 60, settled: true, reason: REASON };
	const ALL = { kept: 84.9, settled: true };

	test('a customer’s only conversion is found by the customer; of several, all are named and none is written to', async () => {
		affilae.respond = shop([
			conversion(1, { customerId: 'A' }),
			conversion(2, { customerId: 'A' }),
			conversion(3, { customerId: 'B' }),
		]);
		const items = [
			{ customer: 'A', ...LESS },
			{ customer: 'B', ...LESS },
		];
		const outcome = await reconcile(BY_CUSTOMER, items, TO_ERROR_BRANCH);
		expect(outcomesOf(outcome)).toEqual([['accepted', true, { item: 1 }]]);
		expect(failuresOf(outcome)).toEqual([
			[expect.stringMatching(`${idOf(1)}.*${idOf(2)}.*\\[item 0\\]$`), { item: 0 }],
		]);
		expect(affilae.writes).toEqual([lowering(3, 6000), accepting(3)]);
	});

	test('an order with a conversion in two programs is written to in neither, and both are named', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: '42' }),
			conversion(2, { externalId: '42', program: BAGS }),
			conversion(3),
		]);
		const items = [
			{ order: '42', ...LESS },
			{ order: '1003', ...LESS },
		];
		const outcome = await reconcile(BY_ORDER, items, TO_ERROR_BRANCH);
		expect(outcomesOf(outcome)).toEqual([['accepted', true, { item: 1 }]]);
		const [failure] = failuresOf(outcome);
		for (const part of [idOf(1), SHOES.name, idOf(2), BAGS.name, '[item 0]']) {
			expect(failure).toEqual([expect.stringContaining(part), { item: 0 }]);
		}
		expect(affilae.writes).toEqual([lowering(3, 6000), accepting(3)]);
	});

	test('the program chosen decides between two conversions of an order', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: '42' }),
			conversion(2, { externalId: '42', program: BAGS }),
		]);
		const outcome = await reconcile({ ...BY_ORDER, ...inProgram('={{ $json.program }}') }, [
			{ order: '42', program: SHOES.id, ...LESS },
			{ order: '42', program: BAGS.id, kept: 84.9, settled: false },
		]);
		expect(outcomesOf(outcome)).toEqual([
			['accepted', true, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
		expect(affilae.writes).toEqual([lowering(1, 6000), accepting(1)]);
	});

	test.each(['id', 'list'])(
		'named in mode "%s", it is looked for page by page and tells its own program',
		async (mode) => {
			const all = Array.from({ length: 230 }, (_, index) => conversion(index));
			affilae.respond = shop(all);
			const outcome = await reconcile(named(mode, '={{ $json.id }}'), [
				{ id: idOf(150), ...LESS },
				{ id: idOf(3), ...ALL },
			]);
			expect(outcomesOf(outcome)).toEqual([
				['accepted', true, { item: 0 }],
				['accepted', true, { item: 1 }],
			]);
			expect(affilae.reads.map(({ path, query }) => [path, query])).toEqual([
				[CALLS.list, { limit: '100' }],
				[CALLS.list, { limit: '100', offset: '100' }],
			]);
			expect(writesTo(150, affilae.writes)).toEqual([lowering(150, 6000), accepting(150)]);
			expect(writesTo(3, affilae.writes)).toEqual([accepting(3)]);
		},
	);

	test('an ID that is in another program than the one chosen is not written to', async () => {
		affilae.respond = shop([conversion(1, { program: BAGS }), conversion(2)]);
		const outcome = await reconcile(
			{ ...BY_ID, ...inProgram(SHOES.id) },
			[
				{ id: idOf(1), ...LESS },
				{ id: idOf(2), ...LESS },
			],
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(outcome)).toEqual([
			[expect.stringMatching(`no conversion.*${idOf(1)}.*\\[item 0\\]$`), { item: 0 }],
		]);
		expect(affilae.writes).toEqual([lowering(2, 6000), accepting(2)]);
	});

	test('nothing is written before everything is read and decided, and many orders are read in pages', async () => {
		const all = Array.from({ length: 120 }, (_, index) => conversion(index));
		affilae.respond = shop(all);
		const items = [7, 20, 33, 46, 59, 72].map((number) => ({
			order: String(1000 + number),
			...LESS,
		}));
		const { success } = await reconcile(BY_ORDER, items);
		expect(success.map(({ json }) => json['externalId'])).toEqual(items.map(({ order }) => order));
		const methods = affilae.requests.map(({ method }) => method);
		expect(methods.lastIndexOf('GET')).toBeLessThan(methods.indexOf('POST'));
		expect(new Set(affilae.reads.map(({ path }) => path))).toEqual(new Set([CALLS.list]));
		expect(affilae.writes).toHaveLength(12);
	});
});

describe('items about one conversion', () => {
	const other = { order: '1002', kept: 84.9, settled: true };

	test('that say the same, in whatever notation, are one decision', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const outcome = await reconcile(BY_ORDER, [
			{ order: '1001', kept: '60,00 €', settled: true, reason: REASON },
			other,
			{ order: 1001, kept: 60, settled: 'true', reason: 'Another reason' },
		]);
		expect(outcomesOf(outcome)).toEqual([
			['accepted', true, { item: 0 }],
			['accepted', true, { item: 1 }],
			['unchanged', false, { item: 2 }],
		]);
		expect(outcome.success[2]?.json['message']).toContain('item 0');
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
	});

	const DIFFERING = [
		{
			what: 'kept amounts',
			second: { order: '1001', kept: 50, settled: true, reason: REASON },
			told: /60\.00 EUR kept, return window over \(item 0\) and 50\.00 EUR kept, return window over \(item 2\)/,
		},
		{
			what: 'return windows',
			second: { order: '1001', kept: 60, settled: false, reason: REASON },
			told: /60\.00 EUR kept, return window over \(item 0\) and 60\.00 EUR kept, return window open \(item 2\)/,
		},
	];
	const first = { order: '1001', kept: 60, settled: true, reason: REASON };

	test.each(DIFFERING)(
		'that differ in their $what all fail, nothing is sent for them, and others are done',
		async ({ second, told }) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const outcome = await reconcile(BY_ORDER, [first, other, second], TO_ERROR_BRANCH);
			expect(failuresOf(outcome)).toEqual([
				[expect.stringMatching(told), { item: 0 }],
				[expect.stringMatching(told), { item: 2 }],
			]);
			expect(outcomesOf(outcome)).toEqual([['accepted', true, { item: 1 }]]);
			expect(affilae.writes).toEqual([accepting(2)]);
		},
	);

	test.each(DIFFERING)(
		'that differ in their $what end the run where On Error is at stop, before anything is sent',
		async ({ second, told }) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const { stopped } = await reconcile(BY_ORDER, [first, other, second]);
			expect(stopped?.message).toMatch(told);
			expect(stopped?.message).toContain('Nothing was changed');
			expect(affilae.writes).toEqual([]);
		},
	);
});

describe('the kept amount', () => {
	test.each([
		{ kept: '60,00', cents: 6000 },
		{ kept: '60,5', cents: 6050 },
		{ kept: '60.00 EUR', cents: 6000 },
		{ kept: 'EUR 60', cents: 6000 },
		{ kept: '60,00 €', cents: 6000 },
		{ kept: '1 234,56 €', cents: 123_456 },
		{ kept: '1,234.56', cents: 123_456 },
		{ kept: 59.99999999999999, cents: 6000 },
	])('$kept reaches Affilae as $cents cents', async ({ kept, cents }) => {
		const amount = 999_999;
		affilae.respond = shop([conversion(1, { amount }), conversion(2, { amount })]);
		const { success } = await reconcile(BY_ORDER, [
			{ order: '1001', kept, settled: false, reason: REASON },
			{ order: '1002', kept: 5, settled: false, reason: REASON },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([lowering(1, cents), lowering(2, 500)]));
		expect(success.map(({ json }) => [json['amount'], json['amountInCents']])).toEqual([
			[cents / 100, cents],
			[5, 500],
		]);
	});

	test('written as the very amount of the conversion, with its currency, is no reason to lower it', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const outcome = await reconcile(BY_ORDER, [
			{ order: '1001', kept: '84.90 EUR', settled: true },
			{ order: '1002', kept: '84,90', settled: false },
		]);
		expect(outcomesOf(outcome)).toEqual([
			['accepted', true, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);
		expect(affilae.writes).toEqual([accepting(1)]);
	});

	test('with Amounts In at cents, cents go in and come out', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await reconcile({ ...BY_ORDER, options: { amountsIn: 'cents' } }, [
			{ order: '1001', kept: 6000, settled: false, reason: REASON },
			{ order: '1002', kept: '8490', settled: true },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([lowering(1, 6000), accepting(2)]));
		expect(success.map(({ json }) => [json['amount'], json['amountInCents']])).toEqual([
			[6000, 6000],
			[8490, 8490],
		]);
	});
});

describe('what an item says wrongly', () => {
	const GOOD = { order: '1001', kept: 60, settled: true, reason: REASON };

	const UNREADABLE = [
		{ what: 'no kept amount', item: { settled: true }, told: /There is no kept amount/ },
		{
			what: 'an empty kept amount',
			item: { kept: '', settled: true },
			told: /There is no kept amount/,
		},
		{ what: 'null kept', item: { kept: null, settled: true }, told: /There is no kept amount/ },
		{ what: 'spaces kept', item: { kept: '   ', settled: true }, told: /There is no amount/ },
		{ what: 'NaN kept', item: { kept: NaN, settled: true }, told: /The amount is NaN/ },
		{ what: 'a negative amount kept', item: { kept: -5, settled: true }, told: /negative/ },
		{ what: 'a negative text kept', item: { kept: '-5,00 €', settled: true }, told: /negative/ },
		{
			what: 'two amounts in one',
			item: { kept: '1,234', settled: true },
			told: /1\.234 or as 1234/,
		},
		{ what: 'half a cent kept', item: { kept: 12.345, settled: true }, told: /fraction of a cent/ },
		{ what: 'words kept', item: { kept: 'all', settled: true }, told: /"all" is not an amount/ },
		{ what: 'true kept', item: { kept: true, settled: true }, told: /The amount is true/ },
		{ what: 'a list kept', item: { kept: [60], settled: true }, told: /The amount is a list/ },
		{ what: 'no word on the return window', item: { kept: 60 }, told: /Return Window Is Over is/ },
		{
			what: 'a return window that is "yes"',
			item: { kept: 60, settled: 'yes' },
			told: /Return Window Is Over is "yes"/,
		},
		{
			what: 'a return window that is 1',
			item: { kept: 60, settled: 1 },
			told: /Return Window Is Over is 1/,
		},
		{
			what: 'a reason of spaces',
			item: { kept: 84.9, settled: true, reason: '   ' },
			told: /There is no reason/,
		},
		{
			what: 'an object as reason',
			item: { kept: 84.9, settled: true, reason: { text: 'Returned' } },
			told: /Reason is an object/,
		},
	];
	const CONTRADICTORY = [
		{
			what: 'an amount in another currency',
			item: { kept: '60 GBP', settled: true, reason: REASON },
			told: /The kept amount is in GBP, but conversion .* is in EUR/,
		},
		{
			what: 'no reason to refuse',
			item: { kept: 0, settled: false },
			told: /There is no reason to refuse conversion/,
		},
		{
			what: 'no reason to lower',
			item: { kept: 60, settled: true },
			told: /There is no reason to lower conversion/,
		},
	];
	const BAD = [
		...UNREADABLE.map((bad) => ({ ...bad, isRead: false })),
		...CONTRADICTORY.map((bad) => ({ ...bad, isRead: true })),
	];

	test.each(BAD)(
		'$what ends the run where On Error is at stop: nothing is sent for the good item either',
		async ({ item, told, isRead }) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const { stopped, success } = await reconcile(BY_ORDER, [GOOD, { order: '1002', ...item }]);
			expect(stopped?.message).toMatch(told);
			expect(stopped?.message).toMatch(/\[item 1\] Nothing was changed at Affilae\.$/);
			expect(success).toEqual([]);
			expect(isRead ? affilae.writes : affilae.requests).toEqual([]);
		},
	);

	test.each(BAD)(
		'$what fails its own item where On Error is Continue, and the good one is done',
		async ({ item, told, isRead }) => {
			for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
				affilae.respond = shop([conversion(1), conversion(2)]);
				affilae.forget();
				const items = [{ order: '1002', ...item }, GOOD];
				const { success, failed, stopped } = await reconcile(BY_ORDER, items, { onError });
				expect(stopped).toBeUndefined();
				const [failure, ...good] =
					onError === 'continueErrorOutput' ? [...failed, ...success] : success;
				expect(failure?.pairedItem).toEqual({ item: 0 });
				expect(failure?.json['error']).toMatch(told);
				expect(failure?.json['error']).toMatch(/\[item 0\]$/);
				expect(good).toEqual([
					{ json: expect.objectContaining({ outcome: 'accepted' }), pairedItem: { item: 1 } },
				]);
				expect(affilae.writes).toEqual([lowering(1, 6000), accepting(1)]);
				expect(affilae.reads.map(({ query }) => query['externalId']).sort()).toEqual(
					isRead ? ['1001', '1002'] : ['1001'],
				);
			}
		},
	);

	test('a reason is sent without the spaces around it, and none is sent where it is not needed', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		await reconcile(BY_ORDER, [
			{ order: '1001', kept: 0, settled: false, reason: `  ${REASON}\n` },
			{ order: '1002', kept: 84.9, settled: true, reason: REASON },
		]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([refusing(1), accepting(2)]));
	});
});

describe('an order that has no conversion', () => {
	const ITEMS = [
		{ order: 'none', kept: 0, settled: true, note: 'first' },
		{ order: '1001', kept: 84.9, settled: true },
	];
	const TOLD = /^Affilae has no conversion with the order ID "none"/;

	test('is unchanged where If Not Found is at succeed, in all three On Error modes', async () => {
		for (const onError of MODES) {
			affilae.respond = shop([conversion(1)]);
			affilae.forget();
			const { success, failed, stopped } = await reconcile(
				{ ...BY_ORDER, options: { ifNotFound: 'succeed' } },
				ITEMS,
				{ onError },
			);
			expect([stopped, failed]).toEqual([undefined, []]);
			expect(success).toEqual([
				{
					json: {
						externalId: 'none',
						outcome: 'unchanged',
						changed: false,
						message: expect.stringMatching(TOLD),
					},
					pairedItem: { item: 0 },
				},
				{ json: expect.objectContaining({ outcome: 'accepted' }), pairedItem: { item: 1 } },
			]);
			expect(affilae.writes).toEqual([accepting(1)]);
		}
	});

	test.each([{}, { ifNotFound: 'fail' }, { ifNotFound: '' }])(
		'fails with the options %j, and nothing is written where On Error is at stop',
		async (options) => {
			affilae.respond = shop([conversion(1)]);
			const failing = await reconcile({ ...BY_ORDER, options }, ITEMS, TO_ERROR_BRANCH);
			expect(failing.failed).toEqual([
				{
					json: expect.objectContaining({ note: 'first', error: expect.stringMatching(TOLD) }),
					pairedItem: { item: 0 },
				},
			]);
			affilae.respond = shop([conversion(1)]);
			affilae.forget();
			const { stopped } = await reconcile({ ...BY_ORDER, options }, ITEMS);
			expect(stopped?.message).toMatch(TOLD);
			expect(affilae.writes).toEqual([]);
		},
	);

	test('is unchanged by customer and by conversion ID as well, named as it was given', async () => {
		affilae.respond = shop([conversion(1)]);
		const options = { ifNotFound: 'succeed' };
		const byCustomer = await reconcile({ ...BY_CUSTOMER, options }, [
			{ customer: 'nobody', kept: 0, settled: true },
			{ customer: 'C-1', kept: 84.9, settled: false },
		]);
		const byId = await reconcile({ ...BY_ID, options }, [
			{ id: 'f'.repeat(24), kept: 0, settled: true },
			{ id: idOf(1), kept: 84.9, settled: false },
		]);
		expect(byCustomer.success[0]?.json).toMatchObject({
			customerId: 'nobody',
			outcome: 'unchanged',
		});
		expect(byId.success[0]?.json).toMatchObject({ id: 'f'.repeat(24), outcome: 'unchanged' });
		expect(affilae.writes).toEqual([]);
	});

	test('is not what an answer stands for that cannot be read', async () => {
		affilae.respond = () => ({ status: 404, body: '<html>Not here</html>' });
		const outcome = await reconcile(
			{ ...BY_ORDER, options: { ifNotFound: 'succeed', retryForSeconds: 0 } },
			ITEMS,
			TO_ERROR_BRANCH,
		);
		expect(outcome.success).toEqual([]);
		expect(failuresOf(outcome)).toHaveLength(2);
	});

	test('does not stand for an order with several conversions', async () => {
		affilae.respond = shop([
			conversion(1, { externalId: 'none' }),
			conversion(2, { externalId: 'none', program: BAGS }),
		]);
		const outcome = await reconcile(
			{ ...BY_ORDER, options: { ifNotFound: 'succeed' } },
			ITEMS,
			TO_ERROR_BRANCH,
		);
		expect(failuresOf(outcome)).toEqual([
			[expect.stringContaining('2 conversions have the order ID "none"'), { item: 0 }],
		]);
	});
});

test.each([{ status: 503 }, refusal(400, 'Not now'), refusal(401, 'Bad token')])(
	'a list that cannot be read ($status) is not taken for conversions that there are not',
	async (reply) => {
		const answer = shop([conversion(1), conversion(2), conversion(3)]);
		affilae.respond = troubled(answer, { path: CALLS.list, reply });
		const { success, failed } = await reconcile(
			{ ...BY_ID, options: { ifNotFound: 'succeed', retryForSeconds: 0 } },
			[1, 2, 3].map((number) => ({ id: idOf(number), kept: 84.9, settled: true })),
			TO_ERROR_BRANCH,
		);
		expect(success).toEqual([]);
		expect(failed.map(({ json }) => json['error'])).toEqual(
			Array(3).fill(expect.stringContaining(`(${reply.status})`)),
		);
	},
);
