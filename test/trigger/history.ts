import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import {
	Round,
	type EventName,
	type Happening,
	type Part,
} from '../../nodes/AffilaeConversions/trigger/cursor';
import { readRound, type Lists } from '../../nodes/AffilaeConversions/trigger/readRound';
import { keep, readStored } from '../../nodes/AffilaeConversions/trigger/storedCursor';

/** Something that happens at Affilae. */
export type Change =
	/** A conversion appears; it bears a date that lies so far back. */
	| { do: 'create'; lateMinutes: number; amountCents: number }
	/** One of the pending conversions gets a lower amount: a share of what it had. */
	| { do: 'lower'; pick: number; share: number }
	/** One of the pending conversions is decided. */
	| { do: 'decide'; pick: number; to: 'accepted' | 'refused' };

/** Something that happens at Affilae or to the trigger. */
export type Step =
	| Change
	| { do: 'wait'; minutes: number }
	/** A poll; `meanwhile` happens one by one as the lists are read. */
	| { do: 'poll'; meanwhile: Change[]; fate: 'ends' | 'fails' | 'runsOutOfTime'; atPage: number }
	| { do: 'overlap'; meanwhile: Change[] }
	| { do: 'restart' };

/** What one conversion was, from when it appeared on. */
export interface Biography {
	id: string;
	/** Whether the first poll met it. */
	wasThere: boolean;
	/** All amounts that it had, in cents, oldest first. */
	amounts: number[];
	status: string;
}

/** What a history came to. */
export interface Outcome {
	biographies: Biography[];
	emitted: Happening[];
}

const MINUTE_MS = 60_000;
/** Longer than a poll waits between two far looks back. */
const LONG_ENOUGH_MINUTES = 61;
/** Rows of a page: few, so that most readings take several. */
const PAGE = 3;
const START_MS = Date.UTC(2026, 9, 1);

/** Steps as random as they come; conversions appear with dates up to 47 hours back. */
export const steps = fc.array(
	fc.oneof(
		{ weight: 5, arbitrary: changes() },
		{
			weight: 2,
			arbitrary: fc.record({
				do: fc.constant('wait' as const),
				minutes: fc.oneof({ weight: 4, arbitrary: fc.nat(90) }, fc.nat(6 * 24 * 60)),
			}),
		},
		{
			weight: 5,
			arbitrary: fc.record({
				do: fc.constant('poll' as const),
				meanwhile: fc.array(changes(), { maxLength: 4 }),
				fate: fc.constantFrom('ends' as const, 'ends', 'fails', 'runsOutOfTime'),
				atPage: fc.nat(6),
			}),
		},
		{
			weight: 1,
			arbitrary: fc.record({
				do: fc.constant('overlap' as const),
				meanwhile: fc.array(changes(), { maxLength: 6 }),
			}),
		},
		{ weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
	),
	{ maxLength: 60 },
);

function changes(): fc.Arbitrary<Change> {
	return fc.oneof(
		fc.record({
			do: fc.constant('create' as const),
			lateMinutes: fc.oneof(fc.constant(0), fc.nat(47 * 60)),
			amountCents: fc.integer({ min: 1, max: 100_000 }),
		}),
		fc.record({
			do: fc.constant('lower' as const),
			pick: fc.nat(),
			share: fc.double({ min: 0, max: 0.99, noNaN: true }),
		}),
		fc.record({
			do: fc.constant('decide' as const),
			pick: fc.nat(),
			to: fc.constantFrom('accepted' as const, 'refused'),
		}),
	);
}

/** Affilae, as far as lists show it: newest first, some rows at a time. */
class World {
	readonly rows: Array<Conversion & { createdAtMs: number }> = [];
	readonly biographies = new Map<string, Biography>();
	nowMs = START_MS;
	hasPolled = false;

	carryOut(change: Change): void {
		if (change.do === 'create') return this.create(change.lateMinutes, change.amountCents);
		const pending = this.rows.filter(({ status }) => status === 'pending');
		const chosen = pending[change.pick % Math.max(pending.length, 1)];
		const biography = this.biographies.get(chosen?.id ?? '');
		if (!chosen || !biography) return;
		if (change.do === 'decide') {
			chosen.status = change.to;
			biography.status = change.to;
			return;
		}
		const amountCents = Math.floor((chosen.amountCents ?? 0) * change.share);
		if (amountCents === chosen.amountCents) return;
		chosen.amountCents = amountCents;
		biography.amounts.push(amountCents);
	}

	/** Pages of a part; before each, one of `meanwhile` happens. */
	async *read(part: Part, meanwhile: Change[]): AsyncGenerator<Conversion[]> {
		const shown = new Set<string>();
		for (;;) {
			const next = meanwhile.shift();
			if (next) this.carryOut(next);
			await Promise.resolve();
			// Like the reading of pages: what is there throughout is shown, whatever comes and goes.
			const page = this.rows
				.filter((row) => isIn(part, row) && !shown.has(row.id))
				.sort((a, b) => b.createdAtMs - a.createdAtMs)
				.slice(0, PAGE)
				.map((row) => ({ ...row }));
			for (const { id } of page) shown.add(id);
			yield page;
			if (page.length < PAGE) return;
		}
	}

	private create(lateMinutes: number, amountCents: number): void {
		const id = `64${this.rows.length.toString(16).padStart(22, '0')}`;
		const createdAtMs = this.nowMs - lateMinutes * MINUTE_MS;
		const status = 'pending';
		this.rows.push({
			id,
			status,
			amountCents,
			createdAt: new Date(createdAtMs).toISOString(),
			createdAtMs,
			row: {},
		});
		this.biographies.set(id, {
			id,
			wasThere: !this.hasPolled,
			amounts: [amountCents],
			status,
		});
	}
}

function isIn({ status, fromMs, toMs }: Part, row: Conversion & { createdAtMs: number }): boolean {
	return (
		(status === undefined || row.status === status) &&
		row.createdAtMs >= (fromMs ?? -Infinity) &&
		row.createdAtMs <= (toMs ?? Infinity)
	);
}

/** A trigger as n8n keeps it: in memory, and saved when it emits and when it starts. */
class Poller {
	readonly emitted: Happening[] = [];
	private memory: IDataObject = {};
	private saved = '{}';
	private isStarting = true;

	constructor(
		private readonly world: World,
		private readonly events: EventName[],
		private readonly skewMs: number,
	) {}

	async poll(
		meanwhile: Change[],
		fate: 'ends' | 'fails' | 'runsOutOfTime' = 'ends',
		atPage = 0,
	): Promise<void> {
		const wasStart = this.isStarting;
		this.isStarting = false;
		try {
			const happened = await this.round(meanwhile, fate, atPage);
			this.emitted.push(...happened);
			if (wasStart || happened.length > 0) this.save();
		} catch (thrown) {
			if (!(thrown instanceof Unreachable)) return await Promise.reject(thrown);
			if (wasStart) this.save();
		}
	}

	restart(): void {
		const restored: IDataObject = JSON.parse(this.saved);
		this.memory = restored;
		this.isStarting = true;
	}

	private save(): void {
		this.saved = JSON.stringify(this.memory);
	}

	private async round(meanwhile: Change[], fate: string, atPage: number): Promise<Happening[]> {
		const { world, events, memory } = this;
		let pages = 0;
		const isOver = () => fate === 'runsOutOfTime' && pages > atPage;
		const lists: Lists = {
			async *read(part) {
				for await (const page of world.read(part, meanwhile)) {
					pages += 1;
					if (fate === 'fails' && pages > atPage) throw new Unreachable();
					yield page;
				}
			},
			isTimeToStop: isOver,
			isTimeToEnd: () => isOver() && pages > 2 * atPage,
		};
		const before = readStored(memory);
		const wanted = { events, includeExisting: false, scope: 's' };
		const round = new Round(before.cursor, wanted, world.nowMs + this.skewMs);
		const happened = await readRound(round, lists, () => true);
		return keep(memory, before, round.close()) ? happened : [];
	}
}

class Unreachable extends Error {}

/** The polls that end a history. */
interface End {
	polls: number;
	fate: 'ends' | 'runsOutOfTime';
	atPage: number;
}

/** Lets a history happen, from a first poll to the end of all that is to be found. */
export async function live(
	before: Change[],
	history: Step[],
	events: EventName[],
	skewMs: number,
	{ polls, fate, atPage }: End = { polls: 4, fate: 'ends', atPage: 0 },
): Promise<Outcome> {
	const world = new World();
	for (const change of before) world.carryOut(change);
	const poller = new Poller(world, events, skewMs);
	await poller.poll([]);
	world.hasPolled = true;
	for (const step of history) {
		if (step.do === 'wait') world.nowMs += step.minutes * MINUTE_MS;
		else if (step.do === 'poll') await poller.poll([...step.meanwhile], step.fate, step.atPage);
		else if (step.do === 'restart') poller.restart();
		else if (step.do === 'overlap') {
			const meanwhile = [...step.meanwhile];
			await Promise.all([poller.poll(meanwhile), poller.poll(meanwhile)]);
		} else world.carryOut(step);
	}
	for (let poll = 0; poll < polls; poll += 1) {
		world.nowMs += LONG_ENOUGH_MINUTES * MINUTE_MS;
		await poller.poll([], fate, atPage);
	}
	return { biographies: [...world.biographies.values()], emitted: poller.emitted };
}
