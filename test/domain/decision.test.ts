import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, type Instruction } from '../../nodes/AffilaeConversions/domain/decision';
import type { Decision } from '../../nodes/AffilaeConversions/domain/outcome';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { afterWrite, type Write } from '../../nodes/AffilaeConversions/domain/write';
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

const ACCEPT: Instruction = { to: 'accept' };
const REFUSE: Instruction = { to: 'refuse', reason: 'Returned' };

const SENT = {
	accept: { writes: [{ do: 'accept' }], outcome: 'accepted' },
	refuse: { writes: [{ do: 'refuse', reason: 'Returned' }], outcome: 'refused' },
} as const;

function lowerTo(amountCents: number, mark?: string): Instruction {
	const amount = given(amountCents, mark === undefined ? {} : { mark });
	return { to: 'update', reason: 'Part returned', amount };
}

function lowered(amountCents: number): Decision {
	const write: Write = { do: 'update', amountCents, reason: 'Part returned' };
	return { writes: [write], outcome: 'updated' };
}

function unchanged(message: string): Decision {
	return { writes: [], outcome: 'unchanged', message };
}

const UNLOCKED: Parts[] = [
	{},
	{ isLocked: false },
	{ lockedAt: FUTURE },
	{ isLocked: false, lockedAt: PAST },
];
const LOCKED: Array<Parts & { told: string }> = [
	{ isLocked: true, lockedAt: PAST, told: 'It has been locked since 2026-10-31 09:00 UTC. ' },
	{ isLocked: true, told: 'It is locked: its grace period is over. ' },
	{ lockedAt: PAST, told: 'It has been locked since 2026-10-31 09:00 UTC. ' },
];

describe('accept and refuse', () => {
	test.each([
		{ status: 'pending', instruction: ACCEPT, sent: SENT.accept },
		{ status: 'pending', instruction: REFUSE, sent: SENT.refuse },
		{ status: undefined, instruction: ACCEPT, sent: SENT.accept },
		{ status: undefined, instruction: REFUSE, sent: SENT.refuse },
		{ status: 'accepted', instruction: REFUSE, sent: SENT.refuse },
		{ status: 'refused', instruction: ACCEPT, sent: SENT.accept },
	])('$status, not locked: $instruction.to is sent', ({ status, instruction, sent }) => {
		for (const lock of UNLOCKED) {
			for (const circumstances of [LENIENT, STRICT]) {
				expect(decide([aConversion({ ...lock, status })], instruction, circumstances)).toEqual([
					sent,
				]);
			}
		}
	});

	test.each([
		{ status: 'accepted', instruction: ACCEPT },
		{ status: 'refused', instruction: REFUSE },
	])('$status, locked or not: $instruction.to is already done', ({ status, instruction }) => {
		for (const lock of [...UNLOCKED, ...LOCKED]) {
			const conversion = aConversion({ status, ...lock });
			const what = `Order 1042 was already ${status}`;
			expect(decide([conversion], instruction, LENIENT)).toEqual([unchanged(what)]);
			expect(errorOf(() => decide([conversion], instruction, STRICT))).toMatchObject({
				what,
				advice: "If that is fine, set 'If Already Processed' to Succeed.",
			});
		}
	});

	test.each([
		{ status: 'pending', instruction: ACCEPT, wanted: 'accepted' },
		{ status: 'pending', instruction: REFUSE, wanted: 'refused' },
		{ status: 'accepted', instruction: REFUSE, wanted: 'refused' },
		{ status: 'refused', instruction: ACCEPT, wanted: 'accepted' },
		{ status: 'pending', instruction: lowerTo(1), wanted: 'lowered' },
		{ status: 'accepted', instruction: lowerTo(1), wanted: 'lowered' },
		{ status: 'refused', instruction: lowerTo(1), wanted: 'lowered' },
	])(
		'$status, locked: $instruction.to is not sent, and the message says since when it is locked',
		(row) => {
			for (const { told, ...lock } of LOCKED) {
				const conversion = aConversion({ status: row.status, ...lock });
				const error = errorOf(() => decide([conversion], row.instruction, LENIENT));
				expect(error.what).toBe(
					`Order 1042 was not ${row.wanted}: it is ${row.status} and can no longer be changed`,
				);
				expect(error.advice).toBe(`${told}If the decision is wrong, settle it with the affiliate.`);
			}
		},
	);

	test.each([ACCEPT, REFUSE, lowerTo(1)])(
		'another status than the three: $to fails with the advice to decide in Affilae',
		(instruction) => {
			expect(
				errorOf(() => decide([aConversion({ status: 'archived' })], instruction, LENIENT)),
			).toMatchObject({
				what: 'Order 1042 is "archived", which is not pending, accepted or refused',
				advice: 'Look at it in Affilae, and decide there.',
			});
		},
	);

	test('name a conversion without an order ID by its conversion ID', () => {
		const bonus = aConversion({ externalId: undefined, status: 'accepted' });
		expect(decide([bonus], ACCEPT, LENIENT)).toEqual([
			unchanged(`Conversion ${conversionId(1)} was already accepted`),
		]);
	});

	test('act on all conversions of an order, each according to its status', () => {
		const order = anOrder({}, { status: 'accepted' }, { status: 'refused' });
		expect(decide(order, ACCEPT, LENIENT)).toEqual([
			SENT.accept,
			unchanged('Order 1042, rule Rule 2 was already accepted'),
			SENT.accept,
		]);
		expect(decide(order, REFUSE, LENIENT)).toEqual([
			SENT.refuse,
			SENT.refuse,
			unchanged('Order 1042, rule Rule 3 was already refused'),
		]);
	});

	test('send nothing for an order if one of its conversions is locked, and name that one', () => {
		const order = anOrder({}, { status: 'accepted', isLocked: true });
		expect(errorOf(() => decide(order, REFUSE, LENIENT)).what).toBe(
			'Order 1042, rule Rule 2 was not refused: it is accepted and can no longer be changed',
		);
	});
});

describe('update', () => {
	test.each([
		{ present: 8490, wanted: 8489 },
		{ present: 8490, wanted: 1 },
		{ present: 8490, wanted: 0 },
		{ present: undefined, wanted: 5000 },
	])('from $present to $wanted cents is sent', ({ present, wanted }) => {
		for (const lock of UNLOCKED) {
			for (const status of ['pending', undefined]) {
				const conversion = aConversion({ status, amountCents: present, ...lock });
				expect(decide([conversion], lowerTo(wanted), STRICT)).toEqual([lowered(wanted)]);
			}
		}
	});

	test.each([
		{ present: 5000, wanted: 8490 },
		{ present: 0, wanted: 1 },
	])(
		'from $present up to $wanted cents is sent, because only Affilae knows the initial amount',
		(row) => {
			const conversion = aConversion({ amountCents: row.present });
			expect(decide([conversion], lowerTo(row.wanted), LENIENT)).toMatchObject([
				lowered(row.wanted),
			]);
		},
	);

	test.each(['pending', 'accepted', 'refused', 'archived', undefined])(
		'to the same amount is already done, with the status %s, locked or not',
		(status) => {
			for (const lock of [...UNLOCKED, ...LOCKED]) {
				const conversion = aConversion({ status, ...lock });
				const what = 'The amount of order 1042 was already 84.90 EUR';
				expect(decide([conversion], lowerTo(8490), LENIENT)).toEqual([unchanged(what)]);
				expect(errorOf(() => decide([conversion], lowerTo(8490), STRICT)).what).toBe(what);
			}
		},
	);

	test.each([
		{
			status: 'accepted',
			lock: { lockedAt: FUTURE },
			advice:
				'It will be locked on 2026-11-20 09:00 UTC. Until then you can still refuse it. If the amount must change, settle it with the affiliate.',
		},
		{
			status: 'accepted',
			lock: {},
			advice:
				'It will be locked when the grace period of its commission rule ends. Until then you can still refuse it. If the amount must change, settle it with the affiliate.',
		},
		{
			status: 'refused',
			lock: { lockedAt: FUTURE },
			advice:
				'It will be locked on 2026-11-20 09:00 UTC. If the amount must change, settle it with the affiliate.',
		},
	])(
		'of a conversion that is $status is not sent, and the message says when it will be locked',
		(row) => {
			const conversion = aConversion({ status: row.status, ...row.lock });
			expect(errorOf(() => decide([conversion], lowerTo(1), LENIENT))).toMatchObject({
				what: `Order 1042 is ${row.status}, but Affilae changes the amount of pending conversions only`,
				advice: row.advice,
			});
		},
	);

	test('of an order with several conversions asks for one rule, and names each with its amount', () => {
		const order = anOrder({}, { amountCents: undefined }, { amountCents: 0 });
		expect(errorOf(() => decide(order, lowerTo(1), LENIENT))).toMatchObject({
			what: 'Order 1042 has 3 conversions, one per commission rule (order 1042, rule Rule 1: 84.90 EUR; order 1042, rule Rule 2: unknown amount; order 1042, rule Rule 3: 0.00 EUR)',
			advice: "Choose one with the option 'Commission Rule', or use Reconcile.",
		});
	});
});

describe('an amount', () => {
	const INSTRUCTIONS = [
		{
			field: 'Amount',
			of: (amount = given(100)): Instruction => ({ to: 'update', reason: 'r', amount }),
		},
		{
			field: 'Order Amount After Returns',
			of: (amount = given(100)): Instruction => kept(0, { kept: amount }),
		},
	];

	test.each([
		{ has: 'EUR', mark: 'EUR', fits: true },
		{ has: 'EUR', mark: '€', fits: true },
		{ has: 'EUR', mark: undefined, fits: true },
		{ has: 'USD', mark: '$', fits: true },
		{ has: 'CAD', mark: '$', fits: true },
		{ has: undefined, mark: undefined, fits: true },
		{ has: 'EUR', mark: 'USD', fits: false },
		{ has: 'EUR', mark: '$', fits: false },
		{ has: 'GBP', mark: '€', fits: false },
	])('written with $mark is accepted for a conversion in $has: $fits', ({ has, mark, fits }) => {
		for (const { field, of } of INSTRUCTIONS) {
			const instruction = of(given(100, mark === undefined ? {} : { mark }));
			const decided = () => decide([aConversion({ currency: has })], instruction, LENIENT);
			if (fits) {
				expect(decided()[0]?.writes[0]).toMatchObject({ do: 'update', amountCents: 100 });
				continue;
			}
			expect(errorOf(decided)).toMatchObject({
				what: `'${field}' is in ${mark}, but order 1042 is in ${has}`,
				advice: `Enter the amount in ${has}.`,
			});
		}
	});

	test.each(['USD', '€'])(
		'written with %s is rejected for a conversion whose currency Affilae does not say',
		(mark) => {
			for (const { field, of } of INSTRUCTIONS) {
				const decided = () =>
					decide([aConversion({ currency: undefined })], of(given(100, { mark })), LENIENT);
				expect(errorOf(decided)).toMatchObject({
					what: `'${field}' is in ${mark}, but Affilae does not say the currency of order 1042`,
					advice: 'Enter the amount without a currency.',
				});
			}
		},
	);

	test.each([
		['JPY', 'has no cents'],
		['KWD', 'has no cents'],
		['QQQ', 'is not a known currency'],
	])('in currency units is rejected for a conversion in %s, which %s', (currency, reason) => {
		for (const { of } of INSTRUCTIONS) {
			for (const amount of [given(8490), given(0)]) {
				const error = errorOf(() => decide([aConversion({ currency })], of(amount), LENIENT));
				expect(error.what).toBe(
					`Order 1042 is in ${currency}, which ${reason}: the unit of its amounts in Affilae is unknown`,
				);
				expect(error.advice).toBe(
					"Set 'Amounts In' to Cents, and enter the whole number that Affilae shows for it.",
				);
			}
		}
	});

	test.each(['JPY', 'KWD', 'QQQ'])(
		'in cents is sent unchanged for a conversion in %s',
		(currency) => {
			for (const { of } of INSTRUCTIONS) {
				const amount = given(100, { amountsIn: 'cents', mark: currency });
				const [decision] = decide([aConversion({ currency })], of(amount), LENIENT);
				expect(decision?.writes[0]).toMatchObject({ do: 'update', amountCents: 100 });
				expect(decision?.message ?? '').not.toMatch(/84\.90|1\.00/);
			}
		},
	);

	test('in another currency is rejected even if the number is the same', () => {
		expect(() => decide([aConversion()], lowerTo(8490, 'GBP'), LENIENT)).toThrow(
			"'Amount' is in GBP, but order 1042 is in EUR",
		);
	});
});

describe('any instruction for any conversions', () => {
	const parts: fc.Arbitrary<Parts> = fc.record({
		status: fc.constantFrom('pending', 'accepted', 'refused', 'archived', undefined),
		amountCents: fc.constantFrom(0, 1, 6000, 8490, undefined),
		currency: fc.constantFrom('EUR', undefined),
		isLocked: fc.constantFrom(true, false, undefined),
		lockedAt: fc.constantFrom(PAST, FUTURE, undefined),
		externalId: fc.constantFrom('1042', undefined),
		ruleName: fc.constantFrom('Sale', 'New', undefined),
	});
	const orders = fc.array(parts, { minLength: 1, maxLength: 3 }).map((all) => anOrder(...all));
	const instructions = fc.constantFrom(ACCEPT, REFUSE, lowerTo(0), lowerTo(6000), lowerTo(9000));

	test('sends nothing twice, and has messages in full sentences and errors that name the order', () => {
		fc.assert(
			fc.property(orders, instructions, (order, instruction) => {
				let decisions: Decision[];
				try {
					decisions = decide(order, instruction, LENIENT);
				} catch (thrown) {
					const error = thrown instanceof UserError ? thrown : new UserError('', '');
					expect(error.message).toMatch(/\w\.$/);
					expect(error.message).not.toMatch(NEVER_SAID);
					expect(error.what).toMatch(/order 1042|conversion 64d0/i);
					return;
				}
				expect(decisions).toHaveLength(order.length);
				const after = order.map((one, index) =>
					(decisions[index]?.writes ?? []).reduce((now, write) => afterWrite(now, write), one),
				);
				const again = decide(after, instruction, LENIENT);
				expect(again.flatMap(({ writes }) => writes)).toEqual([]);
				expect(again.map(({ outcome }) => outcome)).toEqual(order.map(() => 'unchanged'));
				for (const { message } of [...decisions, ...again]) {
					if (message !== undefined) expect(message).not.toMatch(NEVER_SAID);
				}
			}),
			{ numRuns: 1000 },
		);
	});

	test('leads to the same decision for a single conversion as for its order', () => {
		fc.assert(
			fc.property(orders, fc.constantFrom(ACCEPT, REFUSE), (order, instruction) => {
				const decided = (conversions: typeof order) => {
					try {
						return decide(conversions, instruction, LENIENT).map(({ writes, outcome }) => ({
							writes,
							outcome,
						}));
					} catch {
						return 'a person decides';
					}
				};
				const alone = order.map((one) => decided([one]));
				const together = decided(order);
				expect(together).toEqual(
					alone.includes('a person decides') ? 'a person decides' : alone.flat(),
				);
			}),
		);
	});
});
