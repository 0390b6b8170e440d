import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import { decide } from '../../nodes/AffilaeConversions/domain/decision';
import { isLocked } from '../../nodes/AffilaeConversions/domain/lifecycle';
import { sharesOf } from '../../nodes/AffilaeConversions/domain/order';
import type { Decision } from '../../nodes/AffilaeConversions/domain/outcome';
import type { Reconcile } from '../../nodes/AffilaeConversions/domain/reconcile';
import { afterWrite } from '../../nodes/AffilaeConversions/domain/write';
import { anOrder, FUTURE, kept, LENIENT, NEVER_SAID, NOW_MS, PAST, type Parts } from './anOrder';

const cents = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1_000_000 }));

const anyParts: fc.Arbitrary<Parts> = fc.record({
	status: fc.constantFrom(
		'pending',
		'pending',
		'pending',
		undefined,
		'accepted',
		'refused',
		'archived',
	),
	amountCents: fc.oneof(
		{ weight: 9, arbitrary: cents },
		{ weight: 1, arbitrary: fc.constantFrom(undefined, -100) },
	),
	currency: fc.constantFrom('EUR', 'EUR', 'EUR', undefined),
	isLocked: fc.constantFrom(undefined, false, false, true),
	lockedAt: fc.constantFrom(undefined, FUTURE, PAST),
	externalId: fc.constantFrom('1042', '1042', undefined),
});
/** As most orders are: all of it pending, and nothing of it locked. */
const openParts: fc.Arbitrary<Parts> = cents.map((amountCents) => ({ amountCents }));

const orders = fc
	.oneof(
		fc.array(anyParts, { minLength: 1, maxLength: 4 }),
		fc.array(openParts, { minLength: 1, maxLength: 4 }),
	)
	.map((all) => anOrder(...all));

const reconciles: fc.Arbitrary<Reconcile> = fc
	.record({
		keptCents: cents,
		isSettled: fc.boolean(),
		toleranceCents: fc.constantFrom(0, 5, 100),
		severalConversions: fc.constantFrom('ask', 'proportionally', 'eachWhole'),
		reason: fc.constantFrom('Returned', 'Order canceled'),
	})
	.map(({ keptCents, ...more }) => kept(keptCents, more));

function decided(order: readonly Conversion[], reconcile: Reconcile): Decision[] {
	return decide(order, reconcile, LENIENT);
}

function carriedOut(order: readonly Conversion[], decisions: readonly Decision[]): Conversion[] {
	return order.map((one, index) => (decisions[index]?.writes ?? []).reduce(afterWrite, one));
}

/** The first so many writes of an order, conversion by conversion as they are sent. */
function brokenOff(order: readonly Conversion[], decisions: readonly Decision[], sent: number) {
	let left = sent;
	return order.map((one, index) => {
		const writes = (decisions[index]?.writes ?? []).slice(0, left);
		left -= writes.length;
		return writes.reduce(afterWrite, one);
	});
}

function holds(
	check: (order: Conversion[], reconcile: Reconcile, decisions: Decision[]) => void,
): void {
	fc.assert(
		fc.property(orders, reconciles, (order, reconcile) =>
			check(order, reconcile, decided(order, reconcile)),
		),
		{ numRuns: 1500 },
	);
}

/** Each conversion with what was decided for it. */
function each(order: readonly Conversion[], decisions: readonly Decision[]) {
	expect(decisions).toHaveLength(order.length);
	return order.flatMap((conversion, index) => {
		const decision = decisions[index];
		return decision === undefined ? [] : [{ conversion, decision }];
	});
}

describe('whatever order is reconciled, and in whatever state it is', () => {
	test('what was reconciled and is reconciled again needs no write', () => {
		holds((order, reconcile, decisions) => {
			const again = decided(carriedOut(order, decisions), reconcile);
			expect(again.flatMap(({ writes }) => writes)).toEqual([]);
			for (const { outcome } of again) expect(['unchanged', 'needsAttention']).toContain(outcome);
		});
	});

	test('a run that breaks off anywhere is brought to an end by the next one, and the one after it writes nothing', () => {
		fc.assert(
			fc.property(orders, reconciles, fc.integer({ min: 0, max: 8 }), (order, reconcile, sent) => {
				const broken = brokenOff(order, decided(order, reconcile), sent);
				const ended = carriedOut(broken, decided(broken, reconcile));
				expect(decided(ended, reconcile).flatMap(({ writes }) => writes)).toEqual([]);
			}),
			{ numRuns: 1500 },
		);
	});

	test('reached by reconciling with other amounts before, it holds just the same', () => {
		const earlier = fc.array(reconciles, { maxLength: 3 });
		fc.assert(
			fc.property(orders, earlier, reconciles, (order, before, reconcile) => {
				const reached = before.reduce((now, one) => carriedOut(now, decided(now, one)), order);
				const ended = carriedOut(reached, decided(reached, reconcile));
				expect(decided(ended, reconcile).flatMap(({ writes }) => writes)).toEqual([]);
			}),
			{ numRuns: 1000 },
		);
	});

	test('an amount never goes up, and never below nothing', () => {
		holds((order, _, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				for (const write of decision.writes) {
					if (write.do !== 'update') continue;
					expect(write.amountCents).toBeLessThan(conversion.amountCents ?? 0);
					expect(write.amountCents).toBeGreaterThanOrEqual(0);
				}
			}
		});
	});

	test('nothing is sent for what is locked, refused, in another state or of an unknown amount', () => {
		holds((order, _, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				const { status = 'pending', amountCents = -1 } = conversion;
				const isOpen = status === 'pending' || status === 'accepted';
				if (isLocked(conversion, NOW_MS) || !isOpen || amountCents < 0) {
					expect(decision.writes).toEqual([]);
				}
			}
		});
	});

	test('what is accepted is refused if nothing was kept, and never lowered', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				if (conversion.status !== 'accepted' || decision.writes.length === 0) continue;
				expect(decision.writes.map((write) => write.do)).toEqual(['refuse']);
				expect(amountCents).toBe(0);
			}
		});
	});

	test('if nothing was kept nothing is accepted, and if something was kept nothing is refused', () => {
		holds((_, { kept: { amountCents } }, decisions) => {
			const done = decisions.flatMap(({ writes }) => writes.map((write) => write.do));
			if (amountCents === 0) expect(done).not.toContain('accept');
			if (amountCents > 0) expect(done).not.toContain('refuse');
		});
	});

	test('nothing is accepted before the return period has ended', () => {
		holds((_, { isSettled }, decisions) => {
			if (isSettled) return;
			for (const { writes, outcome } of decisions) {
				expect(writes.map((write) => write.do)).not.toContain('accept');
				expect(outcome).not.toBe('accepted');
			}
		});
	});

	test('what is refused or lowered carries the reason that was given', () => {
		holds((_, { reason }, decisions) => {
			for (const write of decisions.flatMap(({ writes }) => writes)) {
				if (write.do !== 'accept') expect(write.reason).toBe(reason);
			}
		});
	});

	test('the outcome tells the last write; if there is none, the message says why', () => {
		const outcomes = { accept: 'accepted', refuse: 'refused', update: 'updated' };
		holds((_, __, decisions) => {
			for (const { writes, outcome, message } of decisions) {
				const last = writes.at(-1);
				if (last) expect(outcome).toBe(outcomes[last.do]);
				else {
					expect(['unchanged', 'needsAttention']).toContain(outcome);
					expect(message).toEqual(expect.any(String));
				}
			}
		});
	});

	test('messages have no gap, and name an order before an ID', () => {
		holds((order, _, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				const { message = 'Nothing' } = decision;
				expect(message).not.toMatch(NEVER_SAID);
				if (order.every(({ externalId }) => externalId !== undefined)) {
					expect(message).not.toContain(conversion.id);
				}
			}
		});
	});

	test('messages of what cannot be changed any more say until when, or since when', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				const { status = 'pending', amountCents: tracked = -1 } = conversion;
				const isCompared = tracked >= 0 && !(tracked === 0 && amountCents === 0);
				const isKnown = ['pending', 'accepted', 'refused'].includes(status);
				if (decision.outcome !== 'needsAttention' || !isCompared || !isKnown) continue;
				if (status !== 'pending' || isLocked(conversion, NOW_MS)) {
					expect(decision.message).toMatch(
						isLocked(conversion, NOW_MS) ? /locked/ : /will be locked/,
					);
				}
			}
		});
	});

	test('more kept than tracked is told with its figures, and never sent', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { message = '', above } of decisions) {
				expect(above !== undefined).toBe(message.includes('that Affilae tracked'));
				if (above === undefined) continue;
				expect(above.keptCents).toBe(amountCents);
				expect(above.keptCents).toBeGreaterThan(above.trackedCents);
				const sum = order.reduce((total, one) => total + (one.amountCents ?? 0), 0);
				expect([sum, ...order.map((one) => one.amountCents)]).toContain(above.trackedCents);
			}
		});
	});
});

describe('an order of several conversions', () => {
	const several = fc.array(openParts, { minLength: 2, maxLength: 5 }).map((all) => anOrder(...all));
	const sumOf = (order: readonly Conversion[]) =>
		order.reduce(
			(total, { amountCents = 0, status }) => total + (status === 'refused' ? 0 : amountCents),
			0,
		);

	test('lowered in proportion is worth what was kept, to the cent', () => {
		fc.assert(
			fc.property(several, reconciles, (order, reconcile) => {
				const proportionally: Reconcile = { ...reconcile, severalConversions: 'proportionally' };
				const keptCents = reconcile.kept.amountCents;
				const sum = sumOf(order);
				const after = sumOf(carriedOut(order, decided(order, proportionally)));
				if (keptCents === 0) return;
				const isPart = keptCents < sum - reconcile.toleranceCents;
				const amounts = order.map(({ amountCents = 0 }) => amountCents);
				const isTooSmall = () =>
					sharesOf(amounts, keptCents).some((share, index) => share === 0 && amounts[index] !== 0);
				expect(after).toBe(isPart && !isTooSmall() ? keptCents : sum);
			}),
			{ numRuns: 1500 },
		);
	});

	test('asked about, is written to only if all or nothing of it was kept', () => {
		fc.assert(
			fc.property(several, reconciles, (order, reconcile) => {
				const decisions = decided(order, { ...reconcile, severalConversions: 'ask' });
				const keptCents = reconcile.kept.amountCents;
				const isPart = keptCents > 0 && keptCents < sumOf(order) - reconcile.toleranceCents;
				if (isPart)
					expect(decisions.map(({ outcome }) => outcome)).toEqual(
						order.map(() => 'needsAttention'),
					);
				expect(decisions.flatMap(({ writes }) => writes.map((write) => write.do))).not.toContain(
					'update',
				);
			}),
		);
	});

	test('each compared with the whole, is decided as each by itself', () => {
		const nameless = ({ message = '', ...decision }: Decision) => ({
			...decision,
			message: message.replaceAll(/, rule Rule \d/g, ''),
		});
		holds((order, reconcile) => {
			const eachWhole: Reconcile = { ...reconcile, severalConversions: 'eachWhole' };
			const alone = order.flatMap((one) => decided([one], reconcile));
			expect(decided(order, eachWhole).map(nameless)).toEqual(alone.map(nameless));
		});
	});

	test('is decided alike in whatever order its conversions come, but for a cent that two could take', () => {
		holds((order, reconcile, decisions) => {
			const turned = decided([...order].reverse(), reconcile).reverse();
			const isDivided = reconcile.severalConversions === 'proportionally' && order.length > 1;
			if (!isDivided) {
				expect(turned.map(({ writes, outcome }) => ({ writes, outcome }))).toEqual(
					decisions.map(({ writes, outcome }) => ({ writes, outcome })),
				);
				return;
			}
			const after = carriedOut(order, decisions);
			carriedOut(order, turned).forEach(({ amountCents = 0, status }, index) => {
				const { amountCents: other = 0, status: otherStatus } = after[index] ?? {};
				if (status === otherStatus) expect(Math.abs(amountCents - other)).toBeLessThanOrEqual(1);
			});
			expect(sumOf(carriedOut(order, turned))).toBe(sumOf(after));
		});
	});
});
