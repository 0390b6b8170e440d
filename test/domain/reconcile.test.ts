import { describe, expect, test } from '@jest/globals';
import type { Decision } from '../../nodes/AffilaeConversions/domain/outcome';
import { decideReconcile, type Reconcile } from '../../nodes/AffilaeConversions/domain/reconcile';
import type { Write } from '../../nodes/AffilaeConversions/domain/write';
import {
	aConversion,
	anOrder,
	conversionId,
	FUTURE,
	given,
	kept,
	LENIENT,
	NEVER_SAID,
	PAST,
	STRICT,
	type Parts,
} from './anOrder';
import { errorOf } from './thrown';

const ACCEPT: Write = { do: 'accept' };
const REFUSE: Write = { do: 'refuse', reason: 'Returned' };
const STAYS = 'It stays pending until the return period has ended';

function lower(amountCents: number): Write {
	return { do: 'update', amountCents, reason: 'Returned' };
}

function decision(outcome: Decision['outcome'], writes: Write[] = [], message?: string): Decision {
	return { outcome, writes, ...(message === undefined ? {} : { message }) };
}

function attention(message: string): Decision {
	return decision('needsAttention', [], message);
}

function isDoneAlready({ outcome, message = '' }: Decision): boolean {
	return outcome === 'unchanged' && message.includes('already');
}

/** What Affilae may say about a lock, and what the message says. */
const UNLOCKED = [
	{
		lock: { isLocked: false, lockedAt: FUTURE },
		until: 'It will be locked on 2026-11-20 09:00 UTC',
	},
	{ lock: { lockedAt: FUTURE }, until: 'It will be locked on 2026-11-20 09:00 UTC' },
	...[{}, { isLocked: false }].map((lock) => ({
		lock,
		until: 'It will be locked when the grace period of its commission rule ends',
	})),
];
const LOCKED = [
	{
		lock: { isLocked: true, lockedAt: PAST },
		since: 'It has been locked since 2026-10-31 09:00 UTC',
	},
	{ lock: { lockedAt: PAST }, since: 'It has been locked since 2026-10-31 09:00 UTC' },
	{ lock: { isLocked: true }, since: 'It is locked: its grace period is over' },
];

/** A row of the table: whether the return period has ended matters only if `settled` says so. */
interface Row {
	parts: Parts;
	kept: number;
	settled?: boolean;
	tolerance?: number;
	expected: Decision;
}

const PENDING = UNLOCKED.flatMap(({ lock }): Row[] => {
	const parts = { status: 'pending', ...lock };
	const part = (keptCents: number, text: string, more: Partial<Row> = {}): Row[] => [
		{
			parts,
			kept: keptCents,
			settled: false,
			...more,
			expected: decision(
				'updated',
				[lower(keptCents)],
				`The customer kept ${text} EUR of 84.90 EUR; it stays pending until the return period has ended`,
			),
		},
		{
			parts,
			kept: keptCents,
			settled: true,
			...more,
			expected: decision(
				'accepted',
				[lower(keptCents), ACCEPT],
				`The customer kept ${text} EUR of 84.90 EUR`,
			),
		},
	];
	const whole = (keptCents: number, more: Partial<Row> = {}): Row[] => [
		{
			parts,
			kept: keptCents,
			settled: false,
			...more,
			expected: decision('unchanged', [], STAYS),
		},
		{ parts, kept: keptCents, settled: true, ...more, expected: decision('accepted', [ACCEPT]) },
	];
	const above = (amountCents: number, keptCents: number, text: string): Row[] => {
		const said = { above: { keptCents, currentCents: amountCents } };
		const rowParts = { ...parts, amountCents };
		return [
			{
				parts: rowParts,
				kept: keptCents,
				settled: false,
				expected: { ...decision('unchanged', [], `${STAYS}. ${text}`), ...said },
			},
			{
				parts: rowParts,
				kept: keptCents,
				settled: true,
				expected: { ...decision('accepted', [ACCEPT], text), ...said },
			},
		];
	};
	return [
		{ parts, kept: 0, expected: decision('refused', [REFUSE]) },
		// However small it is: nothing kept is not all of it.
		{
			parts: { ...parts, amountCents: 3 },
			kept: 0,
			tolerance: 5,
			expected: decision('refused', [REFUSE]),
		},
		...part(8489, '84.89'),
		...part(6000, '60.00'),
		...part(1, '0.01'),
		...part(8484, '84.84', { tolerance: 5 }),
		...whole(8485, { tolerance: 5 }),
		...whole(8490, { tolerance: 5 }),
		...whole(8490),
		...whole(1, { tolerance: 10_000 }),
		...above(
			8490,
			8491,
			'The customer kept 84.91 EUR, more than the current 84.90 EUR in Affilae: does it include tax or shipping?',
		),
		...above(
			8490,
			16_979,
			'The customer kept 169.79 EUR, more than the current 84.90 EUR in Affilae: does it include tax or shipping?',
		),
		...above(
			8490,
			16_980,
			'The customer kept 169.80 EUR, more than the current 84.90 EUR in Affilae, at least twice as much: does it include tax or shipping?',
		),
		...above(
			0,
			500,
			'The customer kept 5.00 EUR, more than the current 0.00 EUR in Affilae, at least twice as much: does it include tax or shipping?',
		),
	];
});

const PENDING_LOCKED = LOCKED.flatMap(({ lock, since }): Row[] => [
	...[
		{ kept: 0, text: '0.00' },
		{ kept: 6000, text: '60.00' },
	].map(({ kept: keptCents, text }) => ({
		parts: lock,
		kept: keptCents,
		expected: attention(
			`Order 1042 is pending at 84.90 EUR, but the customer kept ${text} EUR. ${since}. Settle the difference with the affiliate.`,
		),
	})),
	{
		parts: lock,
		kept: 8490,
		expected: attention(
			`Order 1042 is pending, but it can no longer be changed. ${since}. Look at it in Affilae.`,
		),
	},
	{
		parts: lock,
		kept: 9000,
		expected: {
			...attention(
				`Order 1042 is pending, but it can no longer be changed. ${since}. Look at it in Affilae. The customer kept 90.00 EUR, more than the current 84.90 EUR in Affilae: does it include tax or shipping?`,
			),
			above: { keptCents: 9000, currentCents: 8490 },
		},
	},
]);

const ACCEPTED = [
	...UNLOCKED.flatMap(({ lock, until }): Row[] => [
		{
			parts: lock,
			kept: 0,
			expected: decision('refused', [REFUSE], 'It was accepted, but the customer kept nothing'),
		},
		...[
			{ kept: 8489, text: '84.89' },
			{ kept: 1, text: '0.01' },
		].map(({ kept: keptCents, text }) => ({
			parts: lock,
			kept: keptCents,
			expected: attention(
				`Order 1042 is accepted at 84.90 EUR, but the customer kept ${text} EUR. Affilae does not lower an accepted amount. ${until}; until then you can refuse it, or settle the difference with the affiliate.`,
			),
		})),
	]),
	...LOCKED.flatMap(({ lock, since }): Row[] =>
		[
			{ kept: 0, text: '0.00' },
			{ kept: 6000, text: '60.00' },
		].map(({ kept: keptCents, text }) => ({
			parts: lock,
			kept: keptCents,
			expected: attention(
				`Order 1042 is accepted at 84.90 EUR, but the customer kept ${text} EUR. ${since}. Settle the difference with the affiliate.`,
			),
		})),
	),
	...[...UNLOCKED, ...LOCKED].flatMap(({ lock }): Row[] => [
		{
			parts: lock,
			kept: 8490,
			expected: decision('unchanged', [], 'Order 1042 was already accepted'),
		},
		{
			parts: lock,
			kept: 8485,
			tolerance: 5,
			expected: decision('unchanged', [], 'Order 1042 was already accepted'),
		},
		{
			parts: lock,
			kept: 10_188,
			expected: {
				...decision(
					'unchanged',
					[],
					'Order 1042 was already accepted. The customer kept 101.88 EUR, more than the current 84.90 EUR in Affilae: does it include tax or shipping?',
				),
				above: { keptCents: 10_188, currentCents: 8490 },
			},
		},
	]),
].map((row): Row => ({ ...row, parts: { ...row.parts, status: 'accepted' } }));

const REFUSED = [
	...UNLOCKED.map(({ lock, until }) => ({
		lock,
		advice: `${until}; until then you can accept it in Affilae.`,
	})),
	...LOCKED.map(({ lock, since }) => ({
		lock,
		advice: `${since}. Settle it with the affiliate.`,
	})),
].flatMap(({ lock, advice }): Row[] => [
	...[8490, 0, undefined].map((amountCents) => ({
		parts: { ...lock, status: 'refused', amountCents },
		kept: 0,
		expected: decision('unchanged', [], 'Order 1042 was already refused'),
	})),
	...[
		{ kept: 1, text: '0.01' },
		{ kept: 8490, text: '84.90' },
		{ kept: 9900, text: '99.00' },
	].map(({ kept: keptCents, text }) => ({
		parts: { ...lock, status: 'refused' },
		kept: keptCents,
		expected: attention(
			`Order 1042 is refused in Affilae, but the customer kept ${text} EUR. Somebody refused it, and Reconcile never overturns that. ${advice}`,
		),
	})),
]);

const NOT_COMPARABLE: Row[] = [
	...[0, 6000, 8490, 9900].map((keptCents) => ({
		parts: { status: 'archived' },
		kept: keptCents,
		expected: attention(
			'Order 1042 is "archived", which is not pending, accepted or refused. Look at it in Affilae.',
		),
	})),
	...[8490, 0, undefined].flatMap((amountCents) =>
		[0, 6000, 8490, 9900].map((keptCents) => ({
			parts: { status: undefined, amountCents },
			kept: keptCents,
			expected: attention('Affilae does not say the status of order 1042. Look at it in Affilae.'),
		})),
	),
	...['pending', 'accepted'].flatMap((status): Row[] => [
		...[
			{ kept: 0, text: '0.00' },
			{ kept: 6000, text: '60.00' },
		].map(({ kept: keptCents, text }) => ({
			parts: { status, amountCents: undefined },
			kept: keptCents,
			expected: attention(
				`Affilae does not say the amount of order 1042, so it cannot be compared with the ${text} EUR that the customer kept. Look at it in Affilae.`,
			),
		})),
		{
			parts: { status, amountCents: 0 },
			kept: 0,
			expected: attention(
				'Order 1042 has an amount of 0.00 EUR, so a kept amount of 0.00 EUR does not tell whether it was returned. Look at the order, and accept or refuse the conversion yourself.',
			),
		},
		...[0, 6000].map((keptCents) => ({
			parts: { status, amountCents: -500 },
			kept: keptCents,
			expected: attention(
				'Order 1042 has an amount of -5.00 EUR, which is negative. Look at it in Affilae.',
			),
		})),
	]),
];

const TABLE = [...PENDING, ...PENDING_LOCKED, ...ACCEPTED, ...REFUSED, ...NOT_COMPARABLE];

describe('an order with one conversion', () => {
	const decided = ({ parts, kept: keptCents, settled, tolerance = 0 }: Row, strict = false) =>
		(settled === undefined ? [false, true] : [settled]).map((isSettled) =>
			decideReconcile(
				[aConversion(parts)],
				kept(keptCents, { isSettled, toleranceCents: tolerance }),
				strict ? STRICT : LENIENT,
			),
		);

	test.each(TABLE)(
		'$parts, $kept kept, settled: $settled, tolerance $tolerance: $expected.outcome',
		(row) => {
			for (const decisions of decided(row)) expect(decisions).toEqual([row.expected]);
		},
	);

	test.each(TABLE.filter(({ expected }) => !isDoneAlready(expected)))(
		"$parts, $kept kept, settled: $settled: the same if 'If Already Processed' is Fail",
		(row) => {
			expect(decided(row, true)).toEqual(decided(row));
		},
	);

	test.each(TABLE.filter(({ expected }) => isDoneAlready(expected)))(
		"$parts, $kept kept: fails if 'If Already Processed' is Fail",
		(row) => {
			expect(errorOf(() => decided(row, true))).toMatchObject({
				what: expect.stringMatching(/^Order 1042 was already (?:accepted|refused)$/),
				advice: "If that is fine, set 'If Already Processed' to Succeed.",
			});
		},
	);

	test('has messages in full sentences', () => {
		for (const { expected } of TABLE) {
			expect(expected.message ?? 'Nothing').not.toMatch(NEVER_SAID);
		}
	});

	test('that is a bonus is named by its conversion ID', () => {
		const bonus = aConversion({ externalId: undefined, status: 'refused' });
		expect(decideReconcile([bonus], kept(0), LENIENT)[0]?.message).toBe(
			`Conversion ${conversionId(1)} was already refused`,
		);
	});

	test("in a currency without cents is compared only if 'Amounts In' is Cents", () => {
		const yen = aConversion({ currency: 'JPY' });
		const inCents = (cents: number): Partial<Reconcile> => ({
			kept: given(cents, { amountsIn: 'cents' }),
		});
		expect(decideReconcile([yen], kept(0, inCents(6000)), LENIENT)).toEqual([
			decision(
				'accepted',
				[lower(6000), ACCEPT],
				'The customer kept 6000 cents (JPY) of 8490 cents (JPY)',
			),
		]);
		expect(decideReconcile([yen], kept(0, inCents(8490)), LENIENT)).toEqual([
			decision('accepted', [ACCEPT]),
		]);
		expect(() => decideReconcile([yen], kept(8490), LENIENT)).toThrow('JPY');
	});

	test('whose duplicate of the same rule is accepted already is left for a person if something was kept', () => {
		const rival = (status: string) => [aConversion({ id: conversionId(2), status })];
		const decidedBeside = (status: string, keptCents: number, parts: Parts = {}) =>
			decideReconcile([aConversion(parts)], kept(keptCents, { rivals: rival(status) }), LENIENT);
		for (const parts of [{}, { status: 'accepted' }, { status: 'refused' }]) {
			expect(decidedBeside('accepted', 8490, parts)).toEqual([
				attention(
					`Order 1042 has several conversions of one commission rule, and conversion ${conversionId(2)} of the same rule is already accepted. One of them may be a duplicate. Look at them in Affilae, and refuse the wrong one.`,
				),
			]);
		}
		expect(decidedBeside('accepted', 0)).toEqual([decision('refused', [REFUSE])]);
		for (const status of ['pending', 'refused']) {
			expect(decidedBeside(status, 8490)).toEqual([decision('accepted', [ACCEPT])]);
		}
	});

	test('without a currency is compared by its number alone', () => {
		const conversion = aConversion({ currency: undefined });
		expect(decideReconcile([conversion], kept(6000), LENIENT)).toEqual([
			decision('accepted', [lower(6000), ACCEPT], 'The customer kept 60.00 of 84.90'),
		]);
	});
});

describe('an order with one conversion per commission rule', () => {
	const CHOICES = ['ask', 'proportionally', 'eachWhole'] as const;
	const ONE_SUM = ['ask', 'proportionally'] as const;
	const A_PERSON = [[], [], []];

	interface Several {
		what: string;
		parts: Parts[];
		kept: number;
		settled?: boolean;
		tolerance?: number;
		choices: ReadonlyArray<Reconcile['severalConversions']>;
		writes: Write[][];
		outcomes: Array<Decision['outcome']>;
	}

	const WHOLE: Parts[] = [{ amountCents: 6000 }, { amountCents: 3000 }, { amountCents: 1000 }];
	const needs = (count: number) => Array<Decision['outcome']>(count).fill('needsAttention');

	test.each<Several>([
		{
			what: 'nothing kept',
			parts: WHOLE,
			kept: 0,
			choices: CHOICES,
			writes: [[REFUSE], [REFUSE], [REFUSE]],
			outcomes: ['refused', 'refused', 'refused'],
		},
		{
			what: 'nothing kept, in different states',
			parts: [
				{ status: 'accepted' },
				{ status: 'refused' },
				{ status: 'accepted', isLocked: true },
			],
			kept: 0,
			choices: CHOICES,
			writes: [[REFUSE], [], []],
			outcomes: ['refused', 'unchanged', 'needsAttention'],
		},
		{
			what: 'nothing kept, with amounts that cannot be added up',
			parts: [{ amountCents: undefined }, { amountCents: 0 }, {}],
			kept: 0,
			choices: CHOICES,
			writes: [[], [], [REFUSE]],
			outcomes: ['needsAttention', 'needsAttention', 'refused'],
		},
		...[10_000, 9995, 20_000].map((keptCents) => ({
			what: 'the sum kept, within the tolerance, or more',
			parts: WHOLE,
			kept: keptCents,
			tolerance: 5,
			choices: ONE_SUM,
			writes: [[ACCEPT], [ACCEPT], [ACCEPT]],
			outcomes: ['accepted', 'accepted', 'accepted'] as Array<Decision['outcome']>,
		})),
		{
			what: 'the sum kept, return period open',
			parts: WHOLE,
			kept: 10_000,
			settled: false,
			choices: ONE_SUM,
			writes: A_PERSON,
			outcomes: ['unchanged', 'unchanged', 'unchanged'],
		},
		{
			what: 'the sum kept, in different states',
			parts: [{ status: 'accepted', isLocked: true }, { status: 'refused' }, {}],
			kept: 25_470,
			choices: ONE_SUM,
			writes: [[], [], [ACCEPT]],
			outcomes: ['unchanged', 'needsAttention', 'accepted'],
		},
		{
			what: 'the sum kept, with an amount of 0',
			parts: [{ amountCents: 0 }, { amountCents: 5000 }, { amountCents: 0, status: 'refused' }],
			kept: 5000,
			choices: ONE_SUM,
			writes: [[ACCEPT], [ACCEPT], []],
			outcomes: ['accepted', 'accepted', 'needsAttention'],
		},
		{
			what: 'more than nothing kept of amounts of 0',
			parts: [{ amountCents: 0 }, { amountCents: 0 }],
			kept: 500,
			choices: CHOICES,
			writes: [[ACCEPT], [ACCEPT]],
			outcomes: ['accepted', 'accepted'],
		},
		...[9994, 5000, 1].map((keptCents) => ({
			what: 'a part kept',
			parts: WHOLE,
			kept: keptCents,
			tolerance: 5,
			choices: ['ask'] as const,
			writes: A_PERSON,
			outcomes: needs(3),
		})),
		{
			what: 'a part kept',
			parts: WHOLE,
			kept: 5000,
			choices: ['proportionally'],
			writes: [
				[lower(3000), ACCEPT],
				[lower(1500), ACCEPT],
				[lower(500), ACCEPT],
			],
			outcomes: ['accepted', 'accepted', 'accepted'],
		},
		{
			what: 'a part kept, return period open, to the cent',
			parts: WHOLE,
			kept: 3334,
			settled: false,
			choices: ['proportionally'],
			writes: [[lower(2001)], [lower(1000)], [lower(333)]],
			outcomes: ['updated', 'updated', 'updated'],
		},
		{
			what: 'a part kept, with less taken off each of them than the tolerance',
			parts: WHOLE,
			kept: 9994,
			tolerance: 5,
			settled: false,
			choices: ['proportionally'],
			writes: [[lower(5997)], [lower(2998)], [lower(999)]],
			outcomes: ['updated', 'updated', 'updated'],
		},
		{
			what: 'a part kept, with an amount of 0',
			parts: [{ amountCents: 0 }, { amountCents: 5000 }],
			kept: 3000,
			choices: ['proportionally'],
			writes: [[ACCEPT], [lower(3000), ACCEPT]],
			outcomes: ['accepted', 'accepted'],
		},
		{
			what: 'less than a cent for one of them: the next run would read its refusal as a person’s decision',
			parts: [{ amountCents: 1 }, { amountCents: 10_000 }],
			kept: 5000,
			settled: false,
			choices: ['proportionally'],
			writes: [[], []],
			outcomes: needs(2),
		},
		...[
			{ status: 'accepted' },
			{ status: 'accepted', isLocked: true },
			{ status: 'refused' },
			{ status: 'archived' },
			{ status: undefined },
			{ isLocked: true },
		].map((differing) => ({
			what: 'a part kept, and one cannot be lowered: dividing would lower the others again and again',
			parts: [{}, differing, {}],
			kept: 6000,
			choices: ONE_SUM,
			writes: A_PERSON,
			outcomes: needs(3),
		})),
		{
			what: 'each compared with the whole',
			parts: [{}, { amountCents: 6000 }, { amountCents: 1000 }],
			kept: 6000,
			choices: ['eachWhole'],
			writes: [[lower(6000), ACCEPT], [ACCEPT], [ACCEPT]],
			outcomes: ['accepted', 'accepted', 'accepted'],
		},
		{
			what: 'each compared with the whole, in different states',
			parts: [{ status: 'accepted' }, { status: 'refused' }, {}],
			kept: 6000,
			settled: false,
			choices: ['eachWhole'],
			writes: [[], [], [lower(6000)]],
			outcomes: ['needsAttention', 'needsAttention', 'updated'],
		},
		...[6000, 30_000].flatMap((keptCents) => [
			...[{ amountCents: undefined }, { amountCents: -1 }].map((differing) => ({
				what: `with amounts that cannot be added up (${JSON.stringify(differing)})`,
				parts: [{}, differing, {}],
				kept: keptCents,
				choices: ONE_SUM,
				writes: A_PERSON,
				outcomes: needs(3),
			})),
			...[{ currency: 'USD' }, { currency: undefined }].map((differing) => ({
				what: `in several currencies, which one number does not fit (${JSON.stringify(differing)})`,
				parts: [{}, differing, {}],
				kept: keptCents,
				choices: CHOICES,
				writes: A_PERSON,
				outcomes: needs(3),
			})),
		]),
		{
			what: 'nothing kept, in several currencies',
			parts: [{}, { currency: 'USD' }],
			kept: 0,
			choices: CHOICES,
			writes: [[REFUSE], [REFUSE]],
			outcomes: ['refused', 'refused'],
		},
		{
			what: 'the sum kept, with one whose status is unknown',
			parts: [{}, { status: undefined }],
			kept: 16_980,
			choices: ONE_SUM,
			writes: [[ACCEPT], []],
			outcomes: ['accepted', 'needsAttention'],
		},
	])('$what: $kept kept of $parts, settled: $settled, $choices', (row) => {
		const { settled = true, tolerance = 0, choices } = row;
		for (const severalConversions of choices) {
			const reconcile = kept(row.kept, {
				isSettled: settled,
				toleranceCents: tolerance,
				severalConversions,
			});
			const decisions = decideReconcile(anOrder(...row.parts), reconcile, LENIENT);
			expect(decisions.map(({ writes }) => writes)).toEqual(row.writes);
			expect(decisions.map(({ outcome }) => outcome)).toEqual(row.outcomes);
			for (const { message = 'Nothing' } of decisions) expect(message).not.toMatch(NEVER_SAID);
		}
	});

	test('names order, rules, amounts, statuses and the possible actions if a person must divide the amount', () => {
		const order = anOrder(
			{},
			{ ruleName: undefined },
			{ ruleName: undefined, ruleId: undefined, amountCents: 0 },
		);
		expect(decideReconcile(order, kept(6000), LENIENT)[0]?.message).toBe(
			"Order 1042 has 3 conversions (Rule 1: 84.90 EUR, pending; r2: 84.90 EUR, pending; unknown: 0.00 EUR, pending), and the customer kept 60.00 EUR of 169.80 EUR. Lower the right one with Update and 'Commission Rule', or choose in 'Several Conversions' how to divide the amount.",
		);
	});

	test('distinguishes rules of the same name by their IDs', () => {
		const order = anOrder({ ruleName: 'Sale' }, { ruleName: 'Sale' });
		expect(decideReconcile(order, kept(6000), LENIENT)[0]?.message).toContain(
			'(Sale (r1): 84.90 EUR, pending; Sale (r2): 84.90 EUR, pending)',
		);
	});

	test('says of each conversion that cannot be lowered when it will be locked, or since when it is locked', () => {
		const order = anOrder(
			{},
			{ status: 'accepted', lockedAt: FUTURE },
			{ status: 'refused', isLocked: true, lockedAt: PAST },
			{ isLocked: true },
			{ status: undefined },
		);
		for (const severalConversions of ['ask', 'proportionally'] as const) {
			const [decided] = decideReconcile(order, kept(6000, { severalConversions }), LENIENT);
			expect(decided?.message).toBe(
				'Order 1042 has 5 conversions (Rule 1: 84.90 EUR, pending; Rule 2: 84.90 EUR, accepted, will be locked on 2026-11-20 09:00 UTC; Rule 3: 84.90 EUR, refused, locked since 2026-10-31 09:00 UTC; Rule 4: 84.90 EUR, pending, locked; Rule 5: 84.90 EUR, unknown status), and the customer kept 60.00 EUR of 424.50 EUR. Not all of them can be lowered. Look at them in Affilae, or settle the difference with the affiliate.',
			);
		}
	});

	test('says of a refused conversion with an amount of 0 what was kept of the order', () => {
		const order = anOrder({ amountCents: 0, status: 'refused', lockedAt: FUTURE }, {});
		expect(decideReconcile(order, kept(8490), LENIENT)).toEqual([
			attention(
				'Order 1042, rule Rule 1 is refused in Affilae, but the customer kept 84.90 EUR. Somebody refused it, and Reconcile never overturns that. It will be locked on 2026-11-20 09:00 UTC; until then you can accept it in Affilae.',
			),
			decision('accepted', [ACCEPT]),
		]);
	});

	test('says which amounts cannot be added up', () => {
		const order = anOrder({}, { amountCents: undefined });
		expect(decideReconcile(order, kept(6000), LENIENT)[1]).toEqual(
			attention(
				'Order 1042 has 2 conversions (Rule 1: 84.90 EUR, pending; Rule 2: unknown amount, pending), and their amounts cannot be added up. Look at them in Affilae.',
			),
		);
	});

	test('says of each conversion that more was kept than the sum, with both amounts', () => {
		const order = anOrder({ amountCents: 5000 }, { amountCents: 3000, status: 'refused' });
		const above = { keptCents: 9600, currentCents: 8000 };
		const text =
			'The customer kept 96.00 EUR, more than the current 80.00 EUR in Affilae: does it include tax or shipping?';
		expect(decideReconcile(order, kept(9600), LENIENT)).toEqual([
			{ ...decision('accepted', [ACCEPT], text), above },
			{
				...attention(
					`Order 1042, rule Rule 2 is refused in Affilae, but the customer kept 30.00 EUR. Somebody refused it, and Reconcile never overturns that. It will be locked when the grace period of its commission rule ends; until then you can accept it in Affilae. ${text}`,
				),
				above,
			},
		]);
	});

	describe('with the shares of an earlier try of this execution', () => {
		const divided = { severalConversions: 'proportionally', shares: [3000, 1500, 500] } as const;
		const amountsAfter = (amounts: number[]) => {
			const order = anOrder(...amounts.map((amountCents) => ({ amountCents })));
			return decideReconcile(order, kept(5000, divided), LENIENT).map(
				({ writes }, index) =>
					writes.flatMap((write) => (write.do === 'update' ? write.amountCents : []))[0] ??
					amounts[index],
			);
		};

		test('carries on with them', () => {
			expect(amountsAfter([3000, 3000, 1000])).toEqual([3000, 1500, 500]);
		});

		test('divides anew if somebody has lowered a conversion below its share', () => {
			expect(amountsAfter([2000, 3000, 1000])).toEqual([1667, 2500, 833]);
		});
	});

	test('fails because of If Already Processed only for the conversions that the item names', () => {
		const order = anOrder({ status: 'accepted' }, {});
		const strictFor = (number: number) => ({
			...STRICT,
			comparedOnly: order.flatMap(({ id }) => (id === conversionId(number) ? [] : id)),
		});
		expect(decideReconcile(order, kept(16_980), strictFor(2))).toEqual([
			decision('unchanged', [], 'Order 1042, rule Rule 1 was already accepted'),
			decision('accepted', [ACCEPT]),
		]);
		expect(() => decideReconcile(order, kept(16_980), strictFor(1))).toThrow(
			'Order 1042, rule Rule 1 was already accepted',
		);
	});
});
