import { describe, expect, test } from '@jest/globals';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	asWished,
	decide,
	type IfAlreadyProcessed,
	type Wish,
} from '../../nodes/AffilaeConversions/domain/decision';
import { Refusal } from '../../nodes/AffilaeConversions/domain/refusal';
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
	expect(thrown).toBeInstanceOf(Refusal);
	return thrown instanceof Refusal ? `refused: ${thrown.message}` : '';
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
