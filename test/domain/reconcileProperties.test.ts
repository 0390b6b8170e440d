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
/** As in most orders: pending and not locked. */
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
	return order.map((one, index) =>
		(decisions[index]?.writes ?? []).reduce((now, write) => afterWrite(now, write), one),
	);
}

/** The order after its first `sent` writes, in the sequence in which they are sent. */
function brokenOff(order: readonly Conversion[], decisions: readonly Decision[], sent: number) {
	let left = sent;
	return order.map((one, index) => {
		const writes = (decisions[index]?.writes ?? []).slice(0, left);
		left -= writes.length;
		return writes.reduce((now, write) => afterWrite(now, write), one);
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

/** Each conversion with its decision. */
function each(order: readonly Conversion[], decisions: readonly Decision[]) {
	expect(decisions).toHaveLength(order.length);
	return order.flatMap((conversion, index) => {
		const decision = decisions[index];
		return decision === undefined ? [] : [{ conversion, decision }];
	});
}

describe('Reconcile, for any order in any state', () => {
	test('writes nothing if it is repeated', () => {
		holds((order, reconcile, decisions) => {
			const again = decided(carriedOut(order, decisions), reconcile);
			expect(again.flatMap(({ writes }) => writes)).toEqual([]);
			for (const { outcome } of again) expect(['unchanged', 'needsAttention']).toContain(outcome);
		});
	});

	test('completes an interrupted run the next time, and writes nothing after that', () => {
		fc.assert(
			fc.property(orders, reconciles, fc.integer({ min: 0, max: 8 }), (order, reconcile, sent) => {
				const broken = brokenOff(order, decided(order, reconcile), sent);
				const ended = carriedOut(broken, decided(broken, reconcile));
				expect(decided(ended, reconcile).flatMap(({ writes }) => writes)).toEqual([]);
			}),
			{ numRuns: 1500 },
		);
	});

	test('writes nothing if it is repeated, also after runs with other amounts', () => {
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

	test('never raises an amount, and never lowers it below 0', () => {
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

	test('writes nothing to a conversion that is locked, refused, in another state, or has no valid amount', () => {
		holds((order, _, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				const { status, amountCents = -1 } = conversion;
				const isOpen = status === 'pending' || status === 'accepted';
				if (isLocked(conversion, NOW_MS) || !isOpen || amountCents < 0) {
					expect(decision.writes).toEqual([]);
				}
			}
		});
	});

	test('refuses an accepted conversion only if nothing was kept, and never lowers it', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				if (conversion.status !== 'accepted' || decision.writes.length === 0) continue;
				expect(decision.writes.map((write) => write.do)).toEqual(['refuse']);
				expect(amountCents).toBe(0);
			}
		});
	});

	test('accepts nothing if nothing was kept, and refuses nothing if something was kept', () => {
		holds((_, { kept: { amountCents } }, decisions) => {
			const done = decisions.flatMap(({ writes }) => writes.map((write) => write.do));
			if (amountCents === 0) expect(done).not.toContain('accept');
			if (amountCents > 0) expect(done).not.toContain('refuse');
		});
	});

	test('accepts nothing before the return period has ended', () => {
		holds((_, { isSettled }, decisions) => {
			if (isSettled) return;
			for (const { writes, outcome } of decisions) {
				expect(writes.map((write) => write.do)).not.toContain('accept');
				expect(outcome).not.toBe('accepted');
			}
		});
	});

	test('sends the reason with each refusal and each lower amount', () => {
		holds((_, { reason }, decisions) => {
			for (const write of decisions.flatMap(({ writes }) => writes)) {
				if (write.do !== 'accept') expect(write.reason).toBe(reason);
			}
		});
	});

	test('outputs the last write as the outcome, or says in the message why there is none', () => {
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

	test('outputs full sentences, and never the conversion ID if there is an order ID', () => {
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

	test('says when a conversion that needs attention will be locked, or that it is locked', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { conversion, decision } of each(order, decisions)) {
				const { status = 'unknown', amountCents: tracked = -1 } = conversion;
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

	test('outputs both amounts if more was kept than tracked', () => {
		holds((order, { kept: { amountCents } }, decisions) => {
			for (const { message = '', above } of decisions) {
				expect(above !== undefined).toBe(message.includes('more than the current'));
				if (above === undefined) continue;
				expect(above.keptCents).toBe(amountCents);
				expect(above.keptCents).toBeGreaterThan(above.currentCents);
				const sum = order.reduce((total, one) => total + (one.amountCents ?? 0), 0);
				expect([sum, ...order.map((one) => one.amountCents)]).toContain(above.currentCents);
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

	test('that is lowered in proportion adds up to the kept amount, to the cent', () => {
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

	test("is left for a person if only a part was kept and 'Several Conversions' is Ask a Person", () => {
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

	test('whose conversions are each compared with the whole amount gets the decisions of each one alone', () => {
		const nameless = ({ message = '', ...decision }: Decision) => ({
			...decision,
			message: message.replaceAll(/, rule Rule \d/g, ''),
		});
		holds((order, reconcile) => {
			const currencies = new Set(order.map(({ currency }) => currency));
			if (currencies.size > 1 && reconcile.kept.amountCents > 0) return;
			const eachWhole: Reconcile = { ...reconcile, severalConversions: 'eachWhole' };
			const alone = order.flatMap((one) => decided([one], reconcile));
			expect(decided(order, eachWhole).map(nameless)).toEqual(alone.map(nameless));
		});
	});

	test('gets the same decisions in any sequence of its conversions, except for a cent that two could get', () => {
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
