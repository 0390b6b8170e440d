import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
	EVENTS,
	madeAt,
	type EventName,
	type Happening,
} from '../../nodes/AffilaeConversions/trigger/cursor';
import { live, steps, type Biography, type Change, type Outcome, type Step } from './history';

const ALL: EventName[] = [...EVENTS];
const skews = fc.integer({ min: -60_000, max: 60_000 });
const before = fc.array(
	fc
		.tuple(fc.nat(80 * 60), fc.integer({ min: 1, max: 100_000 }))
		.map(([lateMinutes, amountCents]): Change => ({ do: 'create', lateMinutes, amountCents })),
	{ maxLength: 12 },
);
const RUNS = { numRuns: 200 };

function of(emitted: readonly Happening[], id: string, event: EventName): Happening[] {
	return emitted.filter((one) => one.conversion.id === id && one.event === event);
}

async function holds(
	events: EventName[],
	check: (biography: Biography, outcome: Outcome, history: Step[]) => void,
): Promise<void> {
	await fc.assert(
		fc.asyncProperty(before, steps, skews, async (there, history, skewMs) => {
			const outcome = await live(there, history, events, skewMs);
			for (const { event } of outcome.emitted) expect(events).toContain(event);
			for (const biography of outcome.biographies) check(biography, outcome, history);
		}),
		RUNS,
	);
}

/** The amounts that were told as steps from one to the next. */
function stepsOf(changes: readonly Happening[]): Array<[number | undefined, number | undefined]> {
	return changes.map(({ previousAmountCents, conversion }) => [
		previousAmountCents,
		conversion.amountCents,
	]);
}

describe('whatever happens at Affilae, to the polls and to n8n', () => {
	test('each conversion that appears is told once as created, and none that was there', async () => {
		await holds(['created'], ({ id, wasThere }, { emitted }) => {
			expect(of(emitted, id, 'created')).toHaveLength(wasThere ? 0 : 1);
		});
	});

	test('with all events chosen, what was created and what became of it is told once', async () => {
		await holds(ALL, ({ id, wasThere, status, amounts }, { emitted }) => {
			const created = of(emitted, id, 'created');
			expect(created).toHaveLength(wasThere ? 0 : 1);
			const [{ conversion: first } = { conversion: undefined }] = created;
			const wasPending = (first?.status ?? 'pending') === 'pending';
			const decided = of(emitted, id, 'statusChanged');
			expect(decided.map((one) => [one.conversion.status, one.previousStatus])).toEqual(
				wasPending && status !== 'pending' ? [[status, 'pending']] : [],
			);
			// The amounts told form one unbroken line from the first to the last.
			const told = stepsOf(of(emitted, id, 'amountChanged'));
			const line = [first?.amountCents ?? amounts[0], ...told.map(([, to]) => to)];
			expect(told.map(([from]) => from)).toEqual(line.slice(0, -1));
			if (wasPending) expect(line.at(-1)).toBe(amounts.at(-1));
			expect(line.every((cents) => amounts.includes(cents ?? NaN))).toBe(true);
		});
	});

	test('each decision is told once, however short the conversion was pending', async () => {
		await holds(['statusChanged'], ({ id, wasThere, status }, { emitted }) => {
			const decided = of(emitted, id, 'statusChanged');
			expect(decided.map((one) => one.conversion.status)).toEqual(
				status === 'pending' ? [] : [status],
			);
			if (wasThere && status !== 'pending') expect(decided[0]?.previousStatus).toBe('pending');
		});
	});

	test('each change of an amount is told once, with what it was before', async () => {
		await holds(['amountChanged'], ({ id, wasThere, amounts }, { emitted }, history) => {
			const told = stepsOf(of(emitted, id, 'amountChanged'));
			// Amounts only fall, so steps that do not overlap never tell a change twice.
			const line = told.flat();
			expect(line.every((cents) => amounts.includes(cents ?? NaN))).toBe(true);
			expect([...line].sort((a = 0, b = 0) => b - a)).toEqual(line);
			for (const [from, to] of told) expect(from).toBeGreaterThan(to ?? Infinity);
			const isRemembered = wasThere || !history.some((step) => step.do === 'restart');
			if (isRemembered && told.length > 0) expect(line.at(-1)).toBe(amounts.at(-1));
			if (wasThere && amounts.length > 1) {
				expect([line[0], line.at(-1)]).toEqual([amounts[0], amounts.at(-1)]);
			}
			// What was told ends where the next begins.
			if (isRemembered) {
				expect(told.slice(1).map(([from]) => from)).toEqual(told.slice(0, -1).map(([, to]) => to));
			}
		});
	});

	test.each<{ events: EventName[] }>([{ events: ['created'] }, { events: ALL }])(
		'where no poll has time to read all there is, the next ones go on with the rest ($events)',
		async ({ events }) => {
			const create = (minutes: number): Step[] => [
				{ do: 'create', lateMinutes: 0, amountCents: 1000 },
				{ do: 'wait', minutes },
			];
			const backlog = Array.from({ length: 80 }, (_, index) => create(10 + (index % 7))).flat();
			const { biographies, emitted } = await live([], backlog, events, 0, {
				polls: 30,
				fate: 'runsOutOfTime',
				atPage: 6,
			});
			expect(emitted.map(({ event }) => event)).toEqual(Array(80).fill('created'));
			expect(new Set(emitted.map(({ conversion }) => conversion.id))).toEqual(
				new Set(biographies.map(({ id }) => id)),
			);
		},
	);
});

test.each([
	['2026-10-01T10:00:00.000Z', Date.UTC(2026, 9, 1, 10)],
	['+275760-09-13T00:00:00.000Z', undefined],
	['-271821-04-20T00:00:00.000Z', undefined],
	['not a date', undefined],
	[undefined, undefined],
])('a conversion made at %s counts as made then, unless that cannot be', (createdAt, atMs) => {
	expect(madeAt({ id: 'a1', row: {}, ...(createdAt ? { createdAt } : {}) })).toBe(atMs);
});
