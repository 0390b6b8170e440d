import { describe, expect, test } from '@jest/globals';
import { keeping } from './kept';
import { REASON, RECONCILE } from './reconciling';
import { FINAL, LOCKED, type NewConversion, sale, saleId, shown, UNLOCKED } from './sandboxShop';
import { inAnyOrder, type Received } from './server';
import { SHOES } from './shop';
import {
	about,
	accepting,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listingId,
	listingOrder,
	lowering,
	NAMES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writesTo,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

interface Row {
	what: string;
	/** How conversion 1 differs from a pending one of 84.90 EUR. */
	before?: NewConversion;
	kept: number;
	settled: boolean;
	sent?: Received[];
	outcome: string;
	message?: string;
}

const ACCEPTED: NewConversion = { status: 'accepted', ...UNLOCKED };
const REFUSED: NewConversion = { status: 'refused', ...UNLOCKED };

const LOWERED = 'The customer kept 60.00 EUR of 84.90 EUR';
const STAYS = 'It stays pending until the return period has ended';
const ABOVE =
	'The customer kept 99.00 EUR, more than the current 84.90 EUR in Affilae: does it include tax or shipping?';
const SINCE = 'It has been locked since 2026-11-09 09:00 UTC';
const UNTIL = 'It will be locked on 2026-12-20 09:00 UTC';

/** Conversion 1, pending at 84.90 EUR unless the row differs, and the expected result. */
const ROWS: Row[] = [
	...[false, true].map((settled) => ({
		what: 'pending, nothing kept',
		kept: 0,
		settled,
		sent: [refusing(1)],
		outcome: 'refused',
	})),
	{
		what: 'pending, less kept',
		kept: 60,
		settled: false,
		sent: [lowering(1, 6000)],
		outcome: 'updated',
		message: `${LOWERED}; it stays pending until the return period has ended`,
	},
	{
		what: 'pending, less kept',
		kept: 60,
		settled: true,
		sent: [lowering(1, 6000), accepting(1)],
		outcome: 'accepted',
		message: LOWERED,
	},
	...[84.9, 84.85].flatMap((kept) => [
		{
			what: 'pending, all kept within the tolerance',
			kept,
			settled: false,
			outcome: 'unchanged',
			message: STAYS,
		},
		{
			what: 'pending, all kept within the tolerance',
			kept,
			settled: true,
			sent: [accepting(1)],
			outcome: 'accepted',
		},
	]),
	{
		what: 'pending, one cent less kept than the tolerance allows',
		kept: 84.84,
		settled: false,
		sent: [lowering(1, 8484)],
		outcome: 'updated',
		message:
			'The customer kept 84.84 EUR of 84.90 EUR; it stays pending until the return period has ended',
	},
	{
		what: 'pending, more kept than tracked',
		kept: 99,
		settled: false,
		outcome: 'unchanged',
		message: `${STAYS}. ${ABOVE}`,
	},
	{
		what: 'pending, more kept than tracked',
		kept: 99,
		settled: true,
		sent: [accepting(1)],
		outcome: 'accepted',
		message: ABOVE,
	},
	{
		what: 'pending, far more kept than tracked',
		kept: 8490,
		settled: true,
		sent: [accepting(1)],
		outcome: 'accepted',
		message:
			'The customer kept 8490.00 EUR, more than the current 84.90 EUR in Affilae, at least twice as much: does it include tax or shipping?',
	},
	...[false, true].map((settled) => ({
		what: 'accepted, not locked, nothing kept',
		before: ACCEPTED,
		kept: 0,
		settled,
		sent: [refusing(1)],
		outcome: 'refused',
		message: 'It was accepted, but the customer kept nothing',
	})),
	...[false, true].map((settled) => ({
		what: 'accepted, not locked, less kept',
		before: ACCEPTED,
		kept: 60,
		settled,
		outcome: 'needsAttention',
		message: `Order 1001 is accepted at 84.90 EUR, but the customer kept 60.00 EUR. Affilae does not lower an accepted amount. ${UNTIL}; until then you can refuse it, or settle the difference with the affiliate.`,
	})),
	...[ACCEPTED, { ...ACCEPTED, ...LOCKED }].flatMap((before) =>
		[84.9, 84.86].map((kept) => ({
			what: 'accepted, all kept',
			before,
			kept,
			settled: true,
			outcome: 'unchanged',
			message: 'Order 1001 was already accepted',
		})),
	),
	{
		what: 'accepted, more kept than tracked',
		before: ACCEPTED,
		kept: 99,
		settled: true,
		outcome: 'unchanged',
		message: `Order 1001 was already accepted. ${ABOVE}`,
	},
	...[
		{ kept: 60, text: '60.00 EUR' },
		{ kept: 0, text: '0.00 EUR' },
	].map(({ kept, text }) => ({
		what: 'accepted, locked, not all kept',
		before: { ...ACCEPTED, ...LOCKED },
		kept,
		settled: true,
		outcome: 'needsAttention',
		message: `Order 1001 is accepted at 84.90 EUR, but the customer kept ${text}. ${SINCE}. Settle the difference with the affiliate.`,
	})),
	...[REFUSED, { ...REFUSED, ...LOCKED }].map((before) => ({
		what: 'refused, nothing kept',
		before,
		kept: 0,
		settled: true,
		outcome: 'unchanged',
		message: 'Order 1001 was already refused',
	})),
	...[60, 84.9].map((kept) => ({
		what: 'refused, not locked, something kept',
		before: REFUSED,
		kept,
		settled: true,
		outcome: 'needsAttention',
		message: `Order 1001 is refused in Affilae, but the customer kept ${kept.toFixed(2)} EUR. Somebody refused it, and Reconcile never overturns that. ${UNTIL}; until then you can accept it in Affilae.`,
	})),
	{
		what: 'refused, locked, something kept',
		before: { ...REFUSED, ...LOCKED },
		kept: 60,
		settled: false,
		outcome: 'needsAttention',
		message: `Order 1001 is refused in Affilae, but the customer kept 60.00 EUR. Somebody refused it, and Reconcile never overturns that. ${SINCE}. Settle it with the affiliate.`,
	},
	...[0, 60].map((kept) => ({
		what: 'with an amount that Affilae does not return',
		before: { shownFields: { amount: undefined } },
		kept,
		settled: true,
		outcome: 'needsAttention',
		message: `Affilae does not say the amount of order 1001, so it cannot be compared with the ${kept.toFixed(2)} EUR that the customer kept. Look at it in Affilae.`,
	})),
	{
		what: 'with an amount of 0.00, nothing kept',
		before: { amount: 0 },
		kept: 0,
		settled: true,
		outcome: 'needsAttention',
		message:
			'Order 1001 has an amount of 0.00 EUR, so a kept amount of 0.00 EUR does not tell whether it was returned. Look at the order, and accept or refuse the conversion yourself.',
	},
	{
		what: 'with an amount of 0.00, something kept',
		before: { amount: 0 },
		kept: 5,
		settled: true,
		sent: [accepting(1)],
		outcome: 'accepted',
		message:
			'The customer kept 5.00 EUR, more than the current 0.00 EUR in Affilae, at least twice as much: does it include tax or shipping?',
	},
	{
		what: 'with an unknown status',
		before: { shownFields: { status: 'archived' } },
		kept: 60,
		settled: true,
		outcome: 'needsAttention',
		message:
			'Order 1001 is "archived", which is not pending, accepted or refused. Look at it in Affilae.',
	},
	{
		what: 'under a rule without a grace period, less kept',
		before: { rule: FINAL.name },
		kept: 60,
		settled: true,
		sent: [lowering(1, 6000), accepting(1)],
		outcome: 'accepted',
		message: LOWERED,
	},
];

describe.each(ROWS)('$what ($kept kept, settled: $settled)', (row) => {
	const { before = {}, kept, settled, sent = [], outcome, message } = row;
	const items = [
		{ ...about(1), kept, settled, reason: REASON },
		{ ...about(2), kept: 84.9, settled: true, reason: '' },
	];

	test('has the result in the table and no other requests, also dry and by ID; a second run writes nothing', async () => {
		const shop = await openShop([sale(1, before), sale(2)]);
		const parameters = { ...RECONCILE, ...BY_ORDER };
		const unchanged = { ...shown(shop.held(1)), ...before.shownFields };

		const dry = await run('reconcile', { ...parameters, dryRun: true }, items);
		expect(inAnyOrder(affilae.requests)).toEqual([listingOrder(1), listingOrder(2)]);
		const expected = { outcome, ...(message === undefined ? {} : { message }) };
		expect(dry.success[0]?.json).toEqual({
			...withoutUnknown(unchanged),
			...expected,
			changed: false,
			dryRun: true,
		});

		affilae.forget();
		const real = await run('reconcile', parameters, items);
		expect(real.stopped).toBeUndefined();
		expect(inAnyOrder(affilae.reads)).toEqual([listingOrder(1), listingOrder(2)]);
		expect(writesTo(1, affilae.writes)).toEqual(sent);
		expect(writesTo(2, affilae.writes)).toEqual([accepting(2)]);
		expect(real.success).toEqual([
			{
				json: {
					...withoutUnknown({ ...shown(shop.held(1)), ...before.shownFields }),
					...expected,
					changed: sent.length > 0,
				},
				pairedItem: { item: 0 },
			},
			{
				json: { ...shown(shop.held(2)), outcome: 'accepted', changed: true },
				pairedItem: { item: 1 },
			},
		]);

		affilae.forget();
		const again = await run('reconcile', parameters, items);
		expect(affilae.writes).toEqual([]);
		expect(outcomesOf(again)).toEqual([
			[outcome === 'needsAttention' ? outcome : 'unchanged', false, { item: 0 }],
			['unchanged', false, { item: 1 }],
		]);

		affilae.forget();
		await openShop([sale(1, before), sale(2)]);
		const byId = await run('reconcile', { ...RECONCILE, ...BY_ID }, items);
		expect(inAnyOrder(affilae.reads)).toEqual(
			inAnyOrder([
				listingId(),
				listingId(),
				listingOrder(1, { program: SHOES.id }),
				listingOrder(2, { program: SHOES.id }),
			]),
		);
		expect(writesTo(1, affilae.writes)).toEqual(sent);
		expect(byId.success.map(({ json }) => json)).toEqual(real.success.map(({ json }) => json));
	});
});

/** A simplified conversion without the fields that Affilae did not return. */
function withoutUnknown(simplified: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(simplified).filter(([, value]) => value !== undefined));
}

test('all rows of the table in one run have the same result as one by one, also with Orders Since', async () => {
	const rows = ROWS.filter(({ before }) => before?.rule === undefined);
	const conversions = rows.map(({ before }, index) => sale(index + 1, before));
	const items = rows.map(({ kept, settled }, index) => ({
		...about(index + 1),
		kept: String(kept),
		settled,
		reason: REASON,
	}));
	const parameters = { ...RECONCILE, ...BY_ORDER };
	await openShop(conversions);
	const together = await run('reconcile', parameters, items);
	const sentTogether = inAnyOrder(affilae.writes);

	affilae.forget();
	await openShop(conversions);
	const oneByOne = [];
	for (const item of items) oneByOne.push(...(await run('reconcile', parameters, [item])).success);
	expect(together.success.map(({ json }) => json)).toEqual(oneByOne.map(({ json }) => json));
	expect(inAnyOrder(affilae.writes)).toEqual(sentTogether);
	expect(together.success.map(({ json }) => json['outcome'])).toEqual(
		rows.map(({ outcome }) => outcome),
	);

	affilae.forget();
	await openShop(conversions);
	const options = { ordersSince: '2026-09-01' };
	const inBulk = await run('reconcile', { ...parameters, options }, items);
	expect(inBulk.success.map(({ json }) => json)).toEqual(together.success.map(({ json }) => json));
	expect(inAnyOrder(affilae.writes)).toEqual(sentTogether);
	expect(affilae.reads.length).toBeLessThan(items.length / 5);
});

describe('items about one conversion', () => {
	const other = keeping(2, 84.9);
	const first = keeping(1, 60);
	const parameters = { ...RECONCILE, ...BY_ORDER };

	test('that ask for the same thing, in any notation, are one decision', async () => {
		await openShop([sale(1), sale(2)]);
		const result = await run('reconcile', parameters, [
			{ ...first, kept: '60,00 €' },
			other,
			{ ...first, order: 1001, settled: 'true', reason: 'Another reason' },
		]);
		expect(outcomesOf(result)).toEqual([
			['accepted', true, { item: 0 }],
			['accepted', true, { item: 1 }],
			['unchanged', false, { item: 2 }],
		]);
		expect(result.success[2]?.json['message']).toContain('Item 0');
		expect(writesTo(1, affilae.writes)).toEqual([lowering(1, 6000), accepting(1)]);
	});

	const kept60 = '60.00 EUR kept, return period ended';
	const DIFFERING = [
		{
			what: 'kept amounts',
			second: { ...first, kept: 50 },
			said: '50.00 EUR kept, return period ended',
		},
		{
			what: 'return periods',
			second: { ...first, settled: false },
			said: '60.00 EUR kept, return period open',
		},
		{
			what: 'tolerances',
			second: { ...first, tolerance: 1 },
			said: '60.00 EUR kept, return period ended, tolerance 100 cents',
		},
	];

	test.each(DIFFERING.flatMap((one) => NAMES.map((name) => ({ ...one, ...name }))))(
		'that differ in their $what (by $by) all fail and are not written; with Stop Workflow, nothing is written',
		async ({ second, said, name }) => {
			await openShop([sale(1), sale(2)]);
			const options = { tolerance: '={{ $json.tolerance ?? "" }}' };
			const byName = { ...RECONCILE, ...name, options };
			const items = [first, other, second];
			const stopping = await run('reconcile', byName, items);
			const expected = `Several items ask for different things for order 1001: ${kept60} (item 0) and ${said} (item 2)`;
			expect(stopping.stopped?.message).toBe(`${expected} [item 0]`);
			expect(affilae.writes).toEqual([]);

			const result = await run('reconcile', byName, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[`${expected} [item 0]`, { item: 0 }],
				[`${expected} [item 2]`, { item: 2 }],
			]);
			expect(outcomesOf(result)).toEqual([['accepted', true, { item: 1 }]]);
			expect(affilae.writes).toEqual([accepting(2)]);
		},
	);
});

test('nothing is written before everything is read and decided', async () => {
	const numbers = [1, 2, 3, 4, 5, 6];
	await openShop(numbers.map((number) => sale(number)));
	const items = numbers.map((number) => ({
		...about(number),
		kept: 60,
		settled: true,
		reason: REASON,
	}));
	await run('reconcile', { ...RECONCILE, ...BY_ORDER }, items);
	const methods = affilae.requests.map(({ method }) => method);
	expect(methods.lastIndexOf('GET')).toBeLessThan(methods.indexOf('POST'));
	expect(affilae.writes).toHaveLength(12);
	for (const number of numbers) {
		expect(writesTo(number, affilae.writes).map(({ body }) => body)).toEqual([
			expect.objectContaining({ id: saleId(number), amount: 6000 }),
			expect.objectContaining({ id: saleId(number) }),
		]);
	}
});
