import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { ApiError } from '../../nodes/AffilaeConversions/api/apiError';
import type { ListEnd } from '../../nodes/AffilaeConversions/api/lists/page';
import type { Conversion } from '../../nodes/AffilaeConversions/domain/conversion';
import type { Part } from '../../nodes/AffilaeConversions/trigger/cursor';
import type {
	EventName,
	ConversionEvent,
} from '../../nodes/AffilaeConversions/trigger/conversionEvent';
import type { Lists } from '../../nodes/AffilaeConversions/trigger/lists';
import { readRound } from '../../nodes/AffilaeConversions/trigger/readRound';
import { Round } from '../../nodes/AffilaeConversions/trigger/round';
import { keep, readStored } from '../../nodes/AffilaeConversions/trigger/storedCursor';

/** A conversion's status at Affilae; the fourth is one that Affilae does not document. */
type State = 'pending' | 'accepted' | 'refused' | 'disputed';

/** Something that happens at Affilae. */
export type Change =
	/** A conversion appears, with a date this far back. */
	| { do: 'create'; lateMinutes: number; amountCents: number; status: State }
	/** One of the pending conversions gets a lower amount: a share of what it had. */
	| { do: 'lower'; pick: number; share: number }
	/** One of the pending conversions is decided. */
	| { do: 'decide'; pick: number; to: State }
	/** One of the decided conversions is decided otherwise. */
	| { do: 'overturn'; pick: number; to: State };

/** Something that happens at Affilae or to the trigger. */
export type Step =
	| Change
	| { do: 'wait'; minutes: number }
	/**
	 * A poll; the changes in `meanwhile` happen one by one while the lists are read. No list contains the row of
	 * the number `absent`, although it exists and earlier lists did contain it.
	 */
	| { do: 'poll'; meanwhile: Change[]; fate: Fate; atPage: number; absent?: number | null }
	| { do: 'overlap'; meanwhile: Change[] }
	| { do: 'restart' };

/** How the passes of a poll end; a pass that `moves` misses rows without saying which. */
export type Fate = 'ends' | 'fails' | 'runsOutOfTime' | 'isLimited' | 'moves';

/** How rows look. */
export interface Look {
	/** Whether rows contain their creation date; otherwise only Affilae knows it. */
	isDated: boolean;
	/** Whether IDs contain the second of their creation. */
	hasTimedIds: boolean;
	/** Whether lists begin with the oldest row, so that their order does not show what was not read. */
	isOldestFirst?: boolean;
}

/** The states of one conversion since it appeared. */
export interface Biography {
	id: string;
	/** Whether the first poll read it. */
	wasThere: boolean;
	/** All amounts that it had, in cents, oldest first. */
	amounts: number[];
	/** All states that it had, oldest first. */
	states: string[];
	/** Whether it is recent enough to be read in any state. */
	isInReach: boolean;
}

/** The result of a history. */
export interface Outcome {
	biographies: Biography[];
	emitted: ConversionEvent[];
}

const MINUTE_MS = 60_000;
const HOUR = 60;
const DAY = 24 * HOUR;
/** How late a conversion may appear and still be found, in minutes; nothing older than 30 days is read. */
export const MOST_LATE = 28 * DAY;
/** Longer than the trigger waits between two polls that look far back. */
const LONG_ENOUGH_MINUTES = DAY + 1;
/** Rows per page: few, so that most passes take several pages. */
const PAGE = 3;
const START_MS = Date.UTC(2026, 9, 1);

const decisions = fc.constantFrom<State>('accepted', 'refused', 'disputed');
/** The status of a new conversion: mostly pending. */
export const states = fc.oneof(
	{ weight: 4, arbitrary: fc.constant<State>('pending') },
	{ weight: 1, arbitrary: decisions },
);

/** Random steps; conversions appear with dates up to 28 days back. */
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
				fate: fc.constantFrom<Fate>(
					'ends',
					'ends',
					'ends',
					'fails',
					'runsOutOfTime',
					'isLimited',
					'moves',
				),
				atPage: fc.nat(6),
				absent: fc.option(fc.nat(), { freq: 3 }),
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
			lateMinutes: fc.oneof(fc.constant(0), fc.nat(47 * HOUR), fc.nat(MOST_LATE)),
			amountCents: fc.integer({ min: 1, max: 100_000 }),
			status: states,
		}),
		fc.record({
			do: fc.constant('lower' as const),
			pick: fc.nat(),
			share: fc.double({ min: 0, max: 0.99, noNaN: true }),
		}),
		fc.record({
			do: fc.constant('decide' as const),
			pick: fc.nat(),
			to: decisions,
		}),
		fc.record({ do: fc.constant('overturn' as const), pick: fc.nat(), to: decisions }),
	);
}

/** A row of the list. Affilae knows its date even if the row does not contain it. */
interface Row extends Conversion {
	createdAtMs: number;
}

/** The lists of Affilae: newest first, a few rows per page. */
class World {
	readonly rows: Row[] = [];
	readonly biographies = new Map<string, Biography>();
	nowMs = START_MS;
	hasPolled = false;
	private readonly seen = new Set<string>();
	/** The row that no list contains at present, by its index. */
	absent: number | undefined;

	constructor(private readonly look: Look) {}

	/**
	 * Leaves a row out of the lists, but never the same one in two polls in a row, and none that no poll has seen:
	 * that one would only appear later, perhaps with a date further back than any poll looks.
	 */
	leaveOut(number: number | null): void {
		const index = number === null ? NaN : number % Math.max(this.rows.length, 1);
		const isSeen = this.seen.has(this.rows[index]?.id ?? '');
		this.absent = isSeen && index !== this.absent ? index : undefined;
	}

	carryOut(change: Change): void {
		if (change.do === 'create') return this.create(change);
		const isMeant = ({ status }: Row) => (status === 'pending') === (change.do !== 'overturn');
		const candidates = this.rows.filter(isMeant);
		const chosen = candidates[change.pick % Math.max(candidates.length, 1)];
		const biography = this.biographies.get(chosen?.id ?? '');
		if (!chosen || !biography) return;
		if (change.do !== 'lower') {
			if (chosen.status === change.to) return;
			chosen.status = change.to;
			biography.states.push(change.to);
			return;
		}
		const amountCents = Math.floor((chosen.amountCents ?? 0) * change.share);
		if (amountCents === chosen.amountCents) return;
		chosen.amountCents = amountCents;
		biography.amounts.push(amountCents);
	}

	/**
	 * Reads the pages of a part; before each page, one of the changes in `meanwhile` happens.
	 *
	 * @param isMissed whether a row is left out although it exists
	 */
	async *read(
		part: Part,
		meanwhile: Change[],
		isMissed: (index: number) => boolean,
	): AsyncGenerator<Conversion[], ListEnd> {
		const shown = new Set<string>();
		for (;;) {
			const next = meanwhile.shift();
			if (next) this.carryOut(next);
			await Promise.resolve();
			// As when real pages are read: a row that exists throughout is shown, whatever else changes.
			const page = this.rows
				.filter((row, index) => isIn(part, row) && !shown.has(row.id) && !isMissed(index))
				.filter((row) => row !== this.rows[this.absent ?? -1])
				.sort((a, b) => (b.createdAtMs - a.createdAtMs) * (this.look.isOldestFirst ? -1 : 1))
				.slice(0, PAGE);
			for (const { id } of page) {
				shown.add(id);
				this.seen.add(id);
			}
			yield page.map((row) => ({ ...row }));
			if (page.length < PAGE) break;
		}
		const isWhole = !this.rows.some((_, index) => isMissed(index));
		return { isWhole, seen: shown.size, ...(isWhole ? {} : { problem: 'moved' as const }) };
	}

	/** Notes which conversions are recent enough, at the end, to be read in any state. */
	measureReach(): void {
		// Without dates, only the clock determines how far back to read.
		const newestMs = this.look.isDated
			? Math.max(START_MS, ...this.rows.map(({ createdAtMs }) => createdAtMs))
			: this.nowMs;
		for (const { id, createdAtMs } of this.rows) {
			const biography = this.biographies.get(id);
			if (biography) biography.isInReach = createdAtMs > newestMs - 29 * DAY * MINUTE_MS;
		}
	}

	private create({ lateMinutes, amountCents, status }: Change & { do: 'create' }): void {
		const { isDated, hasTimedIds } = this.look;
		const second = hasTimedIds ? Math.floor(this.nowMs / 1000) : 0x64000000;
		const id = `${second.toString(16)}${this.rows.length.toString(16).padStart(16, '0')}`;
		const createdAtMs = this.nowMs - lateMinutes * MINUTE_MS;
		this.rows.push({
			id,
			status,
			amountCents,
			...(isDated ? { createdAt: new Date(createdAtMs).toISOString() } : {}),
			createdAtMs,
			row: {},
		});
		this.biographies.set(id, {
			id,
			wasThere: !this.hasPolled,
			amounts: [amountCents],
			states: [status],
			isInReach: true,
		});
	}
}

function isIn({ status, fromMs, toMs }: Part, row: Row): boolean {
	return (
		(status === undefined || row.status === status) &&
		row.createdAtMs >= (fromMs ?? -Infinity) &&
		row.createdAtMs <= (toMs ?? Infinity)
	);
}

/** A trigger as n8n runs it: its data is in memory, and saved when it emits and when it starts. */
class Poller {
	readonly emitted: ConversionEvent[] = [];
	private memory: IDataObject = {};
	private saved = '{}';
	private isStarting = true;

	constructor(
		private readonly world: World,
		private readonly events: EventName[],
		private readonly skewMs: number,
	) {}

	async poll(meanwhile: Change[], fate: Fate = 'ends', atPage = 0): Promise<void> {
		const wasStart = this.isStarting;
		this.isStarting = false;
		try {
			const happened = await this.round(meanwhile, fate, atPage);
			this.emitted.push(...happened);
			if (wasStart || happened.length > 0) this.save();
		} catch (thrown) {
			if (!(thrown instanceof ApiError)) return await Promise.reject(thrown);
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

	private async round(meanwhile: Change[], fate: Fate, atPage: number): Promise<ConversionEvent[]> {
		const { world, events, memory } = this;
		let pages = 0;
		const isLimited = () => fate === 'isLimited' && pages > atPage;
		const isOver = () => isLimited() || (fate === 'runsOutOfTime' && pages > atPage);
		const isMissed = (index: number) => fate === 'moves' && index % 7 === atPage;
		const lists: Lists = {
			async *read(part) {
				const batches = world.read(part, meanwhile, isMissed);
				for (;;) {
					const next = await batches.next();
					if (next.done === true) return next.value;
					pages += 1;
					if (fate === 'fails' && pages > atPage) throw unreachable();
					if (isLimited()) return { isWhole: false, seen: 0 };
					yield next.value;
				}
			},
			isOneList: () => true,
			hasNewNotFound: () => false,
			isRateLimited: isLimited,
			isTimeToStop: isOver,
			isTimeToEnd: () => isLimited() || (isOver() && pages > 2 * atPage),
		};
		const before = readStored(memory);
		const wanted = { events, includeExisting: false, isStatusFiltered: false };
		const round = new Round(before.cursor, wanted, world.nowMs + this.skewMs);
		const happened = await readRound(round, lists, () => true);
		return keep(memory, before, OWNER, round.close()) ? happened : [];
	}
}

const OWNER = { scope: 's', account: 'a' };

function unreachable(): ApiError {
	return new ApiError('Affilae could not respond', 'Try again.', {
		effect: 'none',
		retry: 'patiently',
	});
}

/** The polls that end a history. */
interface End {
	polls: number;
	fate: 'ends' | 'runsOutOfTime';
	atPage: number;
	waitMinutes: number;
}

const TO_THE_END: End = { polls: 4, fate: 'ends', atPage: 0, waitMinutes: LONG_ENOUGH_MINUTES };

/** A history: what exists at the first poll, and what happens after it. */
export interface History {
	before: Change[];
	steps: Step[];
	/** How far n8n's clock is ahead of Affilae's, in milliseconds. */
	skewMs: number;
	look: Look;
}

/** Plays a history, from the first poll until everything that can be found is found. */
export async function live(
	{ before, steps: history, skewMs, look }: History,
	events: EventName[],
	{ polls, fate, atPage, waitMinutes }: End = TO_THE_END,
): Promise<Outcome> {
	const world = new World(look);
	for (const change of before) world.carryOut(change);
	const poller = new Poller(world, events, skewMs);
	await poller.poll([]);
	world.hasPolled = true;
	for (const step of history) {
		if (step.do === 'wait') world.nowMs += step.minutes * MINUTE_MS;
		else if (step.do === 'poll') {
			world.leaveOut(step.absent ?? null);
			await poller.poll([...step.meanwhile], step.fate, step.atPage);
		} else if (step.do === 'restart') poller.restart();
		else if (step.do === 'overlap') {
			const meanwhile = [...step.meanwhile];
			world.leaveOut(null);
			await Promise.all([poller.poll(meanwhile), poller.poll(meanwhile)]);
		} else world.carryOut(step);
	}
	world.leaveOut(null);
	for (let poll = 0; poll < polls; poll += 1) {
		world.nowMs += waitMinutes * MINUTE_MS;
		await poller.poll([], fate, atPage);
	}
	world.measureReach();
	return { biographies: [...world.biographies.values()], emitted: poller.emitted };
}
