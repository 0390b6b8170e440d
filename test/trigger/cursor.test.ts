import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	EVENTS,
	type EventName,
	type ConversionEvent,
} from '../../nodes/AffilaeConversions/trigger/conversionEvent';
import {
	live,
	MOST_LATE,
	states,
	steps,
	type Biography,
	type History,
	type Outcome,
	type Step,
} from './history';

const ALL: EventName[] = [...EVENTS];
const histories: fc.Arbitrary<History> = fc.record({
	before: fc.array(
		fc.record({
			do: fc.constant('create' as const),
			lateMinutes: fc.oneof(fc.nat(80 * 60), fc.nat(2 * MOST_LATE)),
			amountCents: fc.integer({ min: 1, max: 100_000 }),
			status: states,
		}),
		{ maxLength: 12 },
	),
	steps,
	skewMs: fc.integer({ min: -60_000, max: 60_000 }),
	look: fc.record({
		isDated: fc.boolean(),
		hasTimedIds: fc.boolean(),
		isOldestFirst: fc.boolean(),
	}),
});
const RUNS = { numRuns: 300 };

function of(emitted: readonly ConversionEvent[], id: string, event: EventName): ConversionEvent[] {
	return emitted.filter((one) => one.conversion.id === id && one.event === event);
}

async function holds(
	events: EventName[],
	check: (biography: Biography, outcome: Outcome, history: Step[]) => void,
): Promise<void> {
	await fc.assert(
		fc.asyncProperty(histories, async (history) => {
			const outcome = await live(history, events);
			for (const { event } of outcome.emitted) expect(events).toContain(event);
			for (const biography of outcome.biographies) check(biography, outcome, history.steps);
		}),
		RUNS,
	);
}

/** Checks that the status changes form a chain from the first state, and to the last one if it is within reach. */
function expectOneLine(
	decided: readonly ConversionEvent[],
	first: string | undefined,
	{ states: had, isInReach }: Biography,
): void {
	const told = decided.map(({ conversion }) => conversion.status);
	const line = first === undefined ? told : [first, ...told];
	expect(decided.map(({ previousStatus }) => previousStatus)).toEqual(
		first === undefined
			? [undefined, ...told.slice(0, -1)].slice(0, told.length)
			: line.slice(0, -1),
	);
	// In the order in which they occurred, without those that no poll saw.
	let at = -1;
	for (const status of line) {
		at = had.indexOf(status ?? '', at + 1);
		expect(at).toBeGreaterThanOrEqual(0);
	}
	if (isInReach) expect(line.at(-1) ?? 'pending').toBe(had.at(-1));
	else if (first === 'pending' && had.length > 1) expect(told).not.toEqual([]);
}

/** The emitted changes of the amount: from and to. */
function stepsOf(
	changes: readonly ConversionEvent[],
): Array<[number | undefined, number | undefined]> {
	return changes.map(({ previousAmountCents, conversion }) => [
		previousAmountCents,
		conversion.amountCents,
	]);
}

describe('whatever happens to Affilae, the polls and n8n', () => {
	test('each new conversion is emitted once as created, and no existing one is', async () => {
		await holds(['created'], ({ id, wasThere }, { emitted }) => {
			expect(of(emitted, id, 'created')).toHaveLength(wasThere ? 0 : 1);
		});
	});

	test('with all events selected, each new conversion is emitted once as created, and no change twice', async () => {
		await holds(ALL, (biography, { emitted }) => {
			const { id, wasThere, amounts, states: had } = biography;
			const created = of(emitted, id, 'created');
			expect(created).toHaveLength(wasThere ? 0 : 1);
			const [{ conversion: first } = { conversion: undefined }] = created;
			const firstState = first?.status ?? had[0];
			// Old decided conversions of the first poll are not remembered.
			const decided = of(emitted, id, 'statusChanged');
			const isKnown = !wasThere || firstState === 'pending' || biography.isInReach;
			if (isKnown || decided.length > 0) expectOneLine(decided, firstState, biography);
			// The emitted amounts form an unbroken chain from the first to the last.
			const told = stepsOf(of(emitted, id, 'amountChanged'));
			const line = [first?.amountCents ?? amounts[0], ...told.map(([, to]) => to)];
			expect(told.map(([from]) => from)).toEqual(line.slice(0, -1));
			if (firstState === 'pending') expect(line.at(-1)).toBe(amounts.at(-1));
			expect(line.every((cents) => amounts.includes(cents ?? NaN))).toBe(true);
		});
	});

	test('each decision is emitted once, however briefly the conversion was pending', async () => {
		await holds(['statusChanged'], (biography, { emitted }) => {
			const { id, wasThere, states: had, isInReach } = biography;
			const decided = of(emitted, id, 'statusChanged');
			// The trigger may first see a new conversion after it was decided.
			const first = decided[0]?.previousStatus ?? (wasThere ? had[0] : undefined);
			if (wasThere && decided.length > 0) expect(decided[0]?.previousStatus).toBe(had[0]);
			const isKnown = !wasThere || first === 'pending' || isInReach;
			if (isKnown) expectOneLine(decided, first, biography);
		});
	});

	test('each change of an amount is emitted once, with the previous amount', async () => {
		await holds(['amountChanged'], ({ id, wasThere, amounts }, { emitted }, history) => {
			const told = stepsOf(of(emitted, id, 'amountChanged'));
			// Amounts only fall, so changes that do not overlap are never emitted twice.
			const line = told.flat();
			expect(line.every((cents) => amounts.includes(cents ?? NaN))).toBe(true);
			expect([...line].sort((a = 0, b = 0) => b - a)).toEqual(line);
			for (const [from, to] of told) expect(from).toBeGreaterThan(to ?? Infinity);
			const isRemembered = wasThere || !history.some((step) => step.do === 'restart');
			if (isRemembered && told.length > 0) expect(line.at(-1)).toBe(amounts.at(-1));
			if (wasThere && amounts.length > 1) {
				expect([line[0], line.at(-1)]).toEqual([amounts[0], amounts.at(-1)]);
			}
			// Each emitted change begins where the previous one ended.
			if (isRemembered) {
				expect(told.slice(1).map(([from]) => from)).toEqual(told.slice(0, -1).map(([, to]) => to));
			}
		});
	});

	test('each new conversion is emitted once, even if most polls run out of time', async () => {
		const slow = histories.map((history): History => {
			const steps = history.steps.map((step): Step => {
				if (step.do !== 'poll' || step.fate === 'ends') return step;
				return { ...step, fate: 'runsOutOfTime', atPage: step.atPage % 3 };
			});
			return { ...history, steps, look: { ...history.look, isDated: true } };
		});
		const creation = fc.record({
			do: fc.constant('create' as const),
			lateMinutes: fc.nat(MOST_LATE),
			amountCents: fc.constant(1000),
			status: states,
		});
		const crowds = fc.array(creation, { minLength: 10, maxLength: 30 });
		await fc.assert(
			fc.asyncProperty(slow, crowds, fc.nat(60), async (history, crowd, at) => {
				const steps = [...history.steps.slice(0, at), ...crowd, ...history.steps.slice(at)];
				for (const events of [ALL, ['created' as const]]) {
					const { biographies, emitted } = await live({ ...history, steps }, events);
					for (const { id, wasThere } of biographies) {
						expect(of(emitted, id, 'created')).toHaveLength(wasThere ? 0 : 1);
					}
				}
			}),
			{ numRuns: 100 },
		);
	});

	test.each<{ events: EventName[] }>([{ events: ['created'] }, { events: ALL }])(
		'if no poll has time to read everything, the next polls continue with the rest ($events)',
		async ({ events }) => {
			const create = (minutes: number): Step[] => [
				{ do: 'create', lateMinutes: 0, amountCents: 1000, status: 'pending' },
				{ do: 'wait', minutes },
			];
			const backlog = Array.from({ length: 80 }, (_, index) => create(10 + (index % 7))).flat();
			const look = { isDated: true, hasTimedIds: false };
			const { biographies, emitted } = await live(
				{ before: [], steps: backlog, skewMs: 0, look },
				events,
				{ polls: 30, fate: 'runsOutOfTime', atPage: 6, waitMinutes: 61 },
			);
			expect(emitted.map(({ event }) => event)).toEqual(Array(80).fill('created'));
			expect(new Set(emitted.map(({ conversion }) => conversion.id))).toEqual(
				new Set(biographies.map(({ id }) => id)),
			);
		},
	);
});
