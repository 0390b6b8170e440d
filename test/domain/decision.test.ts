import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	asWished,
	decide,
	type Decision,
	type IfAlreadyProcessed,
	type Wish,
} from '../../nodes/AffilaeConversions/domain/decision';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { afterStep, isAfter, type Step } from '../../nodes/AffilaeConversions/domain/step';

function conversionThatIs(status?: string, amountCents?: number, currency?: string): Conversion {
	return {
		id: 'a1',
		...(status === undefined ? {} : { status }),
		...(amountCents === undefined ? {} : { amountCents }),
		...(currency === undefined ? {} : { currency }),
		row: { id: 'a1', status, amount: amountCents, other: 'kept' },
	};
}

type PlainWish = Parameters<typeof asWished>[0];

const ACCEPT: PlainWish = { to: 'accept' };
const REFUSE: PlainWish = { to: 'refuse', reason: 'Returned' };

function lowerTo(amountCents: number, currency?: string): PlainWish {
	return {
		to: 'update',
		reason: 'Part returned',
		amount: currency === undefined ? { amountCents } : { amountCents, currency },
	};
}

/** What is decided: the steps, `already` where nothing is to be done, or the message of a refusal. */
function decided(
	conversion: Conversion,
	wish: Wish,
	ifAlreadyProcessed: IfAlreadyProcessed = 'succeed',
): readonly Step[] | string {
	let thrown: unknown;
	try {
		const { steps, message } = decide(conversion, wish, ifAlreadyProcessed);
		return steps.length === 0 ? `already: ${message}` : steps;
	} catch (error) {
		thrown = error;
	}
	expect(thrown).toBeInstanceOf(UserError);
	return thrown instanceof UserError ? `refused: ${thrown.message}` : '';
}

describe('accept and refuse', () => {
	test.each([
		{ status: 'pending', wish: ACCEPT, step: { do: 'accept' } },
		{ status: 'pending', wish: REFUSE, step: { do: 'refuse', reason: 'Returned' } },
		{ status: undefined, wish: ACCEPT, step: { do: 'accept' } },
		{ status: undefined, wish: REFUSE, step: { do: 'refuse', reason: 'Returned' } },
	])('a conversion with status $status, wished $wish.to: it is sent', ({ status, wish, step }) => {
		for (const ifAlreadyProcessed of ['succeed', 'fail'] as const) {
			expect(decided(conversionThatIs(status), wish, ifAlreadyProcessed)).toEqual([step]);
		}
	});

	test.each([
		{ status: 'accepted', wish: ACCEPT },
		{ status: 'refused', wish: REFUSE },
	])('a conversion that is $status, wished $wish.to, is so already', ({ status, wish }) => {
		const conversion = conversionThatIs(status);
		expect(decided(conversion, wish)).toBe(`already: Conversion a1 was already ${status}`);
		expect(decided(conversion, wish, 'fail')).toMatch(
			new RegExp(`^refused: Conversion a1 was already ${status}`),
		);
	});

	test.each([
		{ status: 'refused', wish: ACCEPT },
		{ status: 'accepted', wish: REFUSE },
		{ status: 'archived', wish: ACCEPT },
		{ status: 'archived', wish: REFUSE },
		{ status: 'archived', wish: lowerTo(1) },
		{ status: 'accepted', wish: lowerTo(1) },
		{ status: 'refused', wish: lowerTo(1) },
	])('a conversion that is $status is not sent the wish to $wish.to', ({ status, wish }) => {
		for (const ifAlreadyProcessed of ['succeed', 'fail'] as const) {
			expect(decided(conversionThatIs(status, 8490), wish, ifAlreadyProcessed)).toMatch(
				new RegExp(`^refused: Conversion a1 is ${status}, so it is too late to ${wish.to} it`),
			);
		}
	});
});

describe('update', () => {
	test.each([
		{ present: 8490, wanted: 8489 },
		{ present: 8490, wanted: 1 },
		{ present: 8490, wanted: 0 },
		{ present: undefined, wanted: 5000 },
	])('from $present to $wanted cents is sent', ({ present, wanted }) => {
		expect(decided(conversionThatIs('pending', present), lowerTo(wanted))).toEqual([
			{ do: 'update', amountCents: wanted, reason: 'Part returned' },
		]);
	});

	test.each(['pending', 'accepted', 'refused', undefined])(
		'to the amount that a conversion with status %s has is done already',
		(status) => {
			const conversion = conversionThatIs(status, 8490, 'EUR');
			expect(decided(conversion, lowerTo(8490))).toBe(
				'already: The amount of conversion a1 was already 84.90 EUR',
			);
			expect(decided(conversion, lowerTo(8490), 'fail')).toMatch(/^refused: .*already 84\.90 EUR/);
		},
	);

	test.each([
		{ present: 8490, wanted: 8491 },
		{ present: 0, wanted: 1 },
	])('from $present up to $wanted cents is refused', ({ present, wanted }) => {
		expect(decided(conversionThatIs('pending', present, 'EUR'), lowerTo(wanted))).toMatch(
			/^refused: .* EUR is above the .* EUR of conversion a1/,
		);
	});

	test.each([
		{ has: 'EUR', given: 'GBP', goes: false },
		{ has: 'EUR', given: 'EUR', goes: true },
		{ has: 'EUR', given: undefined, goes: true },
		{ has: undefined, given: 'GBP', goes: true },
	])('given in $given, for a conversion in $has: sent is $goes', ({ has, given, goes }) => {
		const result = decided(conversionThatIs('pending', 8490, has), lowerTo(100, given));
		expect(Array.isArray(result)).toBe(goes);
		if (!goes) expect(result).toMatch(/in GBP, but conversion a1 is in EUR/);
	});

	test('in another currency is refused even where the number is the same', () => {
		expect(decided(conversionThatIs('pending', 8490, 'EUR'), lowerTo(8490, 'GBP'))).toMatch(
			/^refused: The amount is in GBP/,
		);
	});
});

describe('reconcile', () => {
	type Reconcile = Extract<Wish, { to: 'reconcile' }>;

	const REASON = 'Order returned';
	const REFUSED: Step = { do: 'refuse', reason: REASON };
	const ACCEPTED: Step = { do: 'accept' };
	const STAYS = 'It stays pending until the return window is over';
	const ASK =
		'Affilae changes pending conversions only: ask its support for a correction, or settle the difference with the affiliate.';

	function loweredTo(amountCents: number): Step {
		return { do: 'update', amountCents, reason: REASON };
	}

	function loweredFrom(before: string, after: string): string {
		return `The customer kept ${after} EUR of ${before} EUR`;
	}

	/** A wish to reconcile; with a reason, unless it is left out by `null`. */
	function keeping(
		amountCents: number,
		isSettled: boolean,
		{ reason = REASON, currency }: { reason?: string | null; currency?: string | undefined } = {},
	): Reconcile {
		return {
			to: 'reconcile',
			kept: currency === undefined ? { amountCents } : { amountCents, currency },
			isSettled,
			...(reason === null ? {} : { reason }),
		};
	}

	/** A row of the table: whether the return window is over matters only where `settled` says so. */
	interface Row {
		status: string | undefined;
		amount: number | undefined;
		kept: number;
		settled?: boolean;
		steps?: Step[];
		outcome: Decision['outcome'];
		message?: string;
	}

	const TOLD = {
		accepted: { outcome: 'unchanged', message: 'Conversion a1 was already accepted' },
		refused: { outcome: 'unchanged', message: 'Conversion a1 was already refused' },
	} as const;

	function mustBeSeen(what: string, advice = ASK): Pick<Row, 'outcome' | 'message'> {
		return { outcome: 'needsAttention', message: `${what}. ${advice}` };
	}

	const OPEN = (['pending', undefined] as const).flatMap((status): Row[] => [
		// Nothing kept: refused, in the return window and after it.
		{ status, amount: 8490, kept: 0, steps: [REFUSED], outcome: 'refused' },
		{ status, amount: 0, kept: 0, steps: [REFUSED], outcome: 'refused' },
		{ status, amount: undefined, kept: 0, steps: [REFUSED], outcome: 'refused' },
		// Less than the amount: lowered, and accepted once the return window is over.
		...[
			{ kept: 8489, text: '84.89' },
			{ kept: 6000, text: '60.00' },
			{ kept: 1, text: '0.01' },
		].flatMap(({ kept, text }): Row[] => [
			{
				status,
				amount: 8490,
				kept,
				settled: false,
				steps: [loweredTo(kept)],
				outcome: 'updated',
				message: loweredFrom('84.90', text),
			},
			{
				status,
				amount: 8490,
				kept,
				settled: true,
				steps: [loweredTo(kept), ACCEPTED],
				outcome: 'accepted',
				message: loweredFrom('84.90', text),
			},
		]),
		// The amount: accepted, but not before the return window is over.
		{ status, amount: 8490, kept: 8490, settled: false, outcome: 'unchanged', message: STAYS },
		{ status, amount: 8490, kept: 8490, settled: true, steps: [ACCEPTED], outcome: 'accepted' },
		// Above the amount: the same, and never an upward change.
		...[
			{ amount: 8490, kept: 8491, above: '84.91 EUR is above the 84.90 EUR that Affilae tracked' },
			{ amount: 0, kept: 500, above: '5.00 EUR is above the 0.00 EUR that Affilae tracked' },
		].flatMap(({ amount, kept, above }): Row[] => [
			{
				status,
				amount,
				kept,
				settled: false,
				outcome: 'unchanged',
				message: `${STAYS}; ${above}`,
			},
			{
				status,
				amount,
				kept,
				settled: true,
				steps: [ACCEPTED],
				outcome: 'accepted',
				message: above,
			},
		]),
		// An amount that is not known is compared with nothing.
		{
			status,
			amount: undefined,
			kept: 6000,
			...mustBeSeen(
				'Affilae does not say the amount of conversion a1, so it cannot be compared with the 60.00 EUR that the customer kept',
				'Look at it in Affilae.',
			),
		},
	]);

	const AGREEING: Row[] = [
		{ status: 'accepted', amount: 8490, kept: 8490, ...TOLD.accepted },
		{ status: 'accepted', amount: 8490, kept: 9900, ...TOLD.accepted },
		{ status: 'refused', amount: 8490, kept: 0, ...TOLD.refused },
		{ status: 'refused', amount: undefined, kept: 0, ...TOLD.refused },
	];

	const DISAGREEING: Row[] = [
		{
			status: 'accepted',
			amount: 8490,
			kept: 6000,
			...mustBeSeen(
				'Conversion a1 is already accepted at 84.90 EUR, but the customer kept 60.00 EUR',
			),
		},
		{
			status: 'accepted',
			amount: 8490,
			kept: 0,
			...mustBeSeen(
				'Conversion a1 is already accepted at 84.90 EUR, but the customer kept 0.00 EUR',
			),
		},
		{
			status: 'accepted',
			amount: undefined,
			kept: 6000,
			...mustBeSeen('Conversion a1 is already accepted, but the customer kept 60.00 EUR'),
		},
		...[1, 8490, 9900].map((kept) => ({
			status: 'refused',
			amount: 8490,
			kept,
			...mustBeSeen(
				`Conversion a1 is already refused, but the customer kept ${(kept / 100).toFixed(2)} EUR`,
			),
		})),
		...[0, 6000, 8490, 9900].map((kept) => ({
			status: 'archived',
			amount: 8490,
			kept,
			...mustBeSeen(
				'Conversion a1 is archived, which is none of pending, accepted and refused',
				'Look at it in Affilae.',
			),
		})),
	];

	function decisionOf({ steps = [], outcome, message }: Row): Decision {
		return { steps, outcome, ...(message === undefined ? {} : { message }) };
	}

	function wishesOf({ kept, settled }: Row, more?: Parameters<typeof keeping>[2]): Reconcile[] {
		const windows = settled === undefined ? [false, true] : [settled];
		return windows.map((isSettled) => keeping(kept, isSettled, more));
	}

	test.each([...OPEN, ...DISAGREEING])(
		'$status at $amount cents, $kept kept, return window over: $settled, comes to $outcome, whatever is said of what is done already',
		(row) => {
			for (const wish of wishesOf(row)) {
				for (const ifAlreadyProcessed of ['succeed', 'fail'] as const) {
					const conversion = conversionThatIs(row.status, row.amount, 'EUR');
					expect(decide(conversion, wish, ifAlreadyProcessed)).toEqual(decisionOf(row));
				}
			}
		},
	);

	test.each(AGREEING)(
		'$status at $amount cents, $kept kept, is so already: unchanged, or refused where that is asked for',
		(row) => {
			const conversion = conversionThatIs(row.status, row.amount, 'EUR');
			for (const wish of wishesOf(row)) {
				expect(decide(conversion, wish, 'succeed')).toEqual(decisionOf(row));
				expect(decided(conversion, wish, 'fail')).toBe(
					`refused: ${row.message}. Set If Already Processed to Succeed if that should count as done.`,
				);
			}
		},
	);

	test.each([...OPEN, ...AGREEING, ...DISAGREEING])(
		'$status at $amount cents, $kept kept, return window over: $settled, asks for a reason only where one is sent',
		(row) => {
			const { status, amount, steps = [] } = row;
			const conversion = conversionThatIs(status, amount, 'EUR');
			const [first] = steps;
			for (const wish of wishesOf(row, { reason: null })) {
				if (first === undefined || first.do === 'accept') {
					expect(decide(conversion, wish, 'succeed')).toEqual(decisionOf(row));
				} else {
					const does = first.do === 'refuse' ? 'refuse' : 'lower';
					expect(decided(conversion, wish)).toBe(
						`refused: There is no reason to ${does} conversion a1. Fill in Reason: Affilae asks for one.`,
					);
				}
			}
		},
	);

	test.each([...OPEN, ...AGREEING, ...DISAGREEING])(
		'$status at $amount cents, $kept kept in another currency, is refused; in the same it is not',
		(row) => {
			const conversion = conversionThatIs(row.status, row.amount, 'EUR');
			for (const wish of wishesOf(row, { currency: 'GBP' })) {
				expect(decided(conversion, wish)).toBe(
					'refused: The kept amount is in GBP, but conversion a1 is in EUR. Give the amount in EUR.',
				);
			}
			for (const wish of wishesOf(row, { currency: 'EUR' })) {
				expect(decide(conversion, wish, 'succeed')).toEqual(decisionOf(row));
			}
		},
	);

	test('where Affilae names no currency, the one given is not held against it', () => {
		const conversion = conversionThatIs('pending', 8490);
		expect(decide(conversion, keeping(6000, true, { currency: 'GBP' }), 'succeed')).toEqual({
			steps: [loweredTo(6000), ACCEPTED],
			outcome: 'accepted',
			message: 'The customer kept 60.00 of 84.90',
		});
	});

	describe('whatever comes', () => {
		const cents = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1_000_000 }));
		const anyConversion = fc
			.record({
				status: fc.constantFrom('pending', 'pending', undefined, 'accepted', 'refused', 'archived'),
				amount: fc.option(cents, { nil: undefined }),
			})
			.map(({ status, amount }) => conversionThatIs(status, amount, 'EUR'));
		const anyWish = fc
			.record({
				kept: cents,
				isSettled: fc.boolean(),
				reason: fc.stringMatching(/^\S(.*\S)?$/),
				currency: fc.constantFrom('EUR', undefined),
			})
			.map(({ kept, isSettled, ...more }) => keeping(kept, isSettled, more));

		function holds(check: (conversion: Conversion, wish: Reconcile, decision: Decision) => void) {
			fc.assert(
				fc.property(anyConversion, anyWish, (conversion, wish) =>
					check(conversion, wish, decide(conversion, wish, 'succeed')),
				),
				{ numRuns: 2000 },
			);
		}

		test('what was reconciled and is reconciled again needs no step, and no one’s attention for it', () => {
			holds((conversion, wish, { steps, outcome }) => {
				const again = decide(steps.reduce(afterStep, conversion), wish, 'succeed');
				expect(again.steps).toEqual([]);
				expect(again.outcome).toBe(outcome === 'needsAttention' ? outcome : 'unchanged');
			});
		});

		test('a step that was carried out is not taken again, wherever the run broke off', () => {
			holds((conversion, wish, { steps }) => {
				steps.forEach((_, index) => {
					const broken = steps.slice(0, index).reduce(afterStep, conversion);
					expect(decide(broken, wish, 'succeed').steps).toEqual(steps.slice(index));
				});
			});
		});

		test('an amount never goes up, and goes down to what was kept', () => {
			holds(({ amountCents = -1 }, { kept }, { steps }) => {
				for (const step of steps) {
					if (step.do !== 'update') continue;
					expect(step.amountCents).toBe(kept.amountCents);
					expect(step.amountCents).toBeLessThan(amountCents);
				}
			});
		});

		test('nothing is sent for a conversion that is not pending', () => {
			holds(({ status = 'pending' }, _, { steps }) => {
				if (status !== 'pending') expect(steps).toEqual([]);
			});
		});

		test('nothing kept is never accepted, and something kept is never refused', () => {
			holds((_, { kept }, { steps }) => {
				const not = kept.amountCents === 0 ? 'accept' : 'refuse';
				expect(steps.map((step) => step.do)).not.toContain(not);
			});
		});

		test('nothing is accepted before the return window is over', () => {
			holds((_, { isSettled }, { steps, outcome }) => {
				if (isSettled) return;
				expect(steps.map((step) => step.do)).not.toContain('accept');
				expect(outcome).not.toBe('accepted');
			});
		});

		test('what is refused or lowered carries the reason that was given', () => {
			holds((_, { reason }, { steps }) => {
				for (const step of steps) {
					if (step.do !== 'accept') expect(step.reason).toBe(reason);
				}
			});
		});

		test('the outcome tells the last step, and where there is none that nothing was done', () => {
			const outcomes = { accept: 'accepted', refuse: 'refused', update: 'updated' };
			holds((_, __, { steps, outcome, message }) => {
				const [last] = steps.slice(-1);
				if (last) expect(outcome).toBe(outcomes[last.do]);
				else {
					expect(['unchanged', 'needsAttention']).toContain(outcome);
					expect(message).toEqual(expect.any(String));
				}
			});
		});
	});
});

describe('a wish for a conversion that is not known', () => {
	test.each([
		{ wish: ACCEPT, step: { do: 'accept' } },
		{ wish: REFUSE, step: { do: 'refuse', reason: 'Returned' } },
		{
			wish: lowerTo(100, 'EUR'),
			step: { do: 'update', amountCents: 100, reason: 'Part returned' },
		},
	])('to $wish.to is sent as it is', ({ wish, step }) => {
		expect(asWished(wish).steps).toEqual([step]);
	});
});

describe('a conversion after a step', () => {
	const before = conversionThatIs('pending', 8490, 'EUR');

	test.each<{ step: Step; changed: Partial<Conversion>; row: object }>([
		{ step: { do: 'accept' }, changed: { status: 'accepted' }, row: { status: 'accepted' } },
		{
			step: { do: 'refuse', reason: 'Returned' },
			changed: { status: 'refused' },
			row: { status: 'refused' },
		},
		{
			step: { do: 'update', amountCents: 100, reason: 'r' },
			changed: { amountCents: 100 },
			row: { amount: 100 },
		},
	])('$step is as the step made it, and otherwise as before', ({ step, changed, row }) => {
		const untouched = structuredClone(before);
		expect(afterStep(before, step)).toEqual({
			...before,
			...changed,
			row: { ...before.row, ...row },
		});
		expect(before).toEqual(untouched);
	});

	test.each([ACCEPT, REFUSE, lowerTo(100)])(
		'is as wished: to $to again is done already',
		(wish) => {
			const after = asWished(wish).steps.reduce(afterStep, before);
			expect(decided(after, wish)).toMatch(/^already: /);
			expect(asWished(wish).steps.map((step) => isAfter(after, step))).toEqual([true]);
			expect(asWished(wish).steps.map((step) => isAfter(before, step))).toEqual([false]);
		},
	);
});
