import type { Conversion } from '../domain/conversion';
import { madeAt, type Happening, type Part, type Round, type Watched } from './cursor';

/** Where conversions are read, and how long there is time for it. */
export interface Lists {
	/** The conversions of a part of the list, some at a time, each once. */
	read(part: Part): AsyncIterable<readonly Conversion[]>;
	/** Whether it is time to break off the longest list: there is more to read after it. */
	isTimeToStop(): boolean;
	/** Whether it is time to hand over what was found. */
	isTimeToEnd(): boolean;
}

/** Conversions that are looked for one by one whatever the lists would cost. */
const FEW = 3;
/** How many are looked for at the same time. */
const AT_ONCE = 10;
/** Dates may be kept in whole seconds: so far on either side a single conversion is looked for. */
const AROUND_MS = 1000;

/**
 * Takes a round through the lists.
 *
 * @param isWanted which happenings to keep
 * @returns what happened, the oldest conversion first
 * @throws what reading throws; the round is then of no use
 */
export async function readRound(
	round: Round,
	lists: Lists,
	isWanted: (happening: Happening) => boolean,
): Promise<Happening[]> {
	const happened: Happening[] = [];
	const meet = (conversions: readonly Conversion[]) => {
		for (const conversion of conversions) {
			happened.push(...round.meet(conversion).filter(isWanted));
		}
	};
	for (const [index, part] of round.parts.entries()) {
		const isOver = () => (index === 0 ? lists.isTimeToStop() : lists.isTimeToEnd());
		const { isWhole, restMs } = await readPart(lists.read(part), isOver, meet);
		if (isWhole) round.end(part);
		else round.breakOff(part, restMs);
	}
	await lookForMissing(round, lists, meet);
	return inOrderOfCreation(happened);
}

/** Reads a part as far as there is time, and tells from which date on it was read. */
async function readPart(
	pages: AsyncIterable<readonly Conversion[]>,
	isOver: () => boolean,
	meet: (conversions: readonly Conversion[]) => void,
): Promise<{ isWhole: boolean; restMs?: number }> {
	let earliestMs = Infinity;
	let isNewestFirst = true;
	for await (const page of pages) {
		meet(page);
		for (const conversion of page) {
			const atMs = madeAt(conversion) ?? Infinity;
			if (atMs > earliestMs || atMs === Infinity) isNewestFirst = false;
			earliestMs = Math.min(earliestMs, atMs);
		}
		if (!isOver()) continue;
		const isKnown = isNewestFirst && earliestMs !== Infinity;
		return { isWhole: false, ...(isKnown ? { restMs: earliestMs } : {}) };
	}
	return { isWhole: true };
}

/**
 * Looks for what is no longer pending, to see what became of it: many among those decided of their
 * time, in no more pages than there are conversions to look for; the others one by one. What there is
 * no time for is looked for by the next poll.
 */
async function lookForMissing(
	round: Round,
	lists: Lists,
	meet: (conversions: readonly Conversion[]) => void,
): Promise<void> {
	const missing = round.missing();
	const left = () => [...missing].filter(([id]) => !round.hasMet(id));
	const isUndated = [...missing.values()].some(({ createdAtMs }) => createdAtMs === undefined);
	let areListsRead = missing.size > FEW || isUndated;
	if (areListsRead) {
		for (const status of ['accepted', 'refused'] as const) {
			let pages = isUndated ? Infinity : Math.ceil(missing.size / 2);
			for await (const page of lists.read({ status, ...periodOf(left()) })) {
				meet(page);
				pages -= 1;
				const isEnough = pages <= 0 || left().length === 0 || lists.isTimeToEnd();
				areListsRead &&= !isEnough;
				if (isEnough) break;
			}
			if (left().length === 0) return;
		}
	}
	for (let some = left(); some.length > 0 && !lists.isTimeToEnd(); some = some.slice(AT_ONCE)) {
		const now = some.slice(0, AT_ONCE);
		await Promise.all(
			now.map(async ([id, { createdAtMs }]) => {
				if (round.hasMet(id)) return;
				if (createdAtMs !== undefined) {
					const around = { fromMs: createdAtMs - AROUND_MS, toMs: createdAtMs + AROUND_MS };
					for await (const page of lists.read(around)) meet(page);
				} else if (!areListsRead) return;
				if (!round.hasMet(id)) round.forget(id);
			}),
		);
	}
}

/** The period in which conversions were made; open where that is not known of all. */
function periodOf(entries: ReadonlyArray<readonly [string, Watched]>): Part {
	let [fromMs, toMs] = [Infinity, -Infinity];
	for (const [, { createdAtMs }] of entries) {
		if (createdAtMs === undefined) return {};
		fromMs = Math.min(fromMs, createdAtMs);
		toMs = Math.max(toMs, createdAtMs);
	}
	return { fromMs: fromMs - AROUND_MS, toMs: toMs + AROUND_MS };
}

function inOrderOfCreation(happened: Happening[]): Happening[] {
	const atMs = ({ conversion }: Happening) => madeAt(conversion) ?? Infinity;
	return happened.sort((a, b) => atMs(a) - atMs(b) || 0);
}
