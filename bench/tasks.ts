import type { Conversion } from './sandboxProcess';

/** The kind of work of a job. */
export type Work = 'accept' | 'lower' | 'reconcile' | 'list';

/** An order or a conversion to work on. Each way uses the fields that it needs. */
export interface WorkItem {
	/** `''` if the order has no conversion; so is `program`. */
	id: string;
	program: string;
	order: string;
	/** What the customer kept, in cents. */
	cents: number;
	/** The same in currency units. */
	amount: number;
}

/** The input of every way, and the expected state of the shop afterwards. */
export interface Task {
	work: Work;
	items: WorkItem[];
	/** The expected final conversions, by ID; `amount` in cents. */
	expected: ReadonlyMap<string, Pick<Conversion, 'status' | 'amount'>>;
	/** All orders were made since then, in UTC. */
	since: string | undefined;
	/** How many rows a list must return. */
	rows: number;
}

/** One in this many reconciled orders has a conversion. */
const ONE_IN = 10;

/**
 * Chooses the conversions or orders to work on.
 *
 * @param count how many conversions are accepted or listed, or how many orders lowered or reconciled
 * @param conversions all of the shop, pending, newest first; unused for a list
 * @throws {Error} if the shop has too few
 */
export function taskFor(work: Work, count: number, conversions: readonly Conversion[]): Task {
	const empty: Task = { work, items: [], expected: new Map(), since: undefined, rows: 0 };
	switch (work) {
		case 'list':
			return { ...empty, items: [itemOf('')], rows: count };
		case 'accept': {
			const chosen = spread(conversions, count);
			return {
				...empty,
				items: chosen.map((conversion) => itemOf(conversion.externalId, conversion)),
				expected: new Map(chosen.map(({ id, amount }) => [id, { status: 'accepted', amount }])),
			};
		}
		case 'lower': {
			const lowered = spread(alone(conversions, conversions), count).map((conversion) => ({
				...conversion,
				amount: conversion.amount - 100,
			}));
			return {
				...empty,
				items: lowered.map((conversion) => itemOf(conversion.externalId, conversion)),
				expected: new Map(lowered.map(({ id, amount, status }) => [id, { status, amount }])),
			};
		}
		case 'reconcile': {
			// The period has as many conversions as there are orders; most belong to other orders.
			const period = conversions.slice(0, count);
			const chosen = spread(alone(period, conversions), count / ONE_IN);
			const known = chosen.map((conversion) => itemOf(conversion.externalId, conversion));
			const unknown = Array.from({ length: count - known.length }, (_, index) =>
				itemOf(String(900_000_000 + index)),
			);
			const between = ONE_IN - 1;
			return {
				...empty,
				items: known.flatMap((item, place) => [
					item,
					...unknown.slice(place * between, (place + 1) * between),
				]),
				expected: new Map(chosen.map(({ id, amount }) => [id, { status: 'accepted', amount }])),
				since: period.at(-1)?.createdAt,
			};
		}
	}
}

function itemOf(order: string, conversion?: Conversion): WorkItem {
	const cents = conversion?.amount ?? 5000;
	const { id = '', program = { id: '' } } = conversion ?? {};
	return { id, program: program.id, order, cents, amount: cents / 100 };
}

/** The conversions that are the only one of their order. */
function alone(some: readonly Conversion[], all: readonly Conversion[]): Conversion[] {
	const times = new Map<string, number>();
	for (const { externalId } of all) times.set(externalId, (times.get(externalId) ?? 0) + 1);
	return some.filter(({ externalId }) => times.get(externalId) === 1);
}

/** `count` conversions, evenly spread over the list. */
function spread(all: readonly Conversion[], count: number): Conversion[] {
	const step = Math.floor(all.length / count);
	if (step < 1) throw new Error(`The shop has only ${all.length} conversions to choose from`);
	return all.filter((_, place) => place % step === 0).slice(0, count);
}
