import type { Sandbox } from '../../../sandbox/server';
import type { KeptWrite } from '../../../sandbox/store';

/** What the affiliate is told of a return, in the workflow. */
export const REASON = 'Order returned';

/** An order as a shop sends it; `kept` in currency units. */
interface Order {
	order: string;
	kept: string;
	settled: boolean;
}

/** What must come of an order's conversion; amounts in cents. */
interface Due {
	id: string;
	outcome: string;
	status: string;
	amountCents: number;
	writes: KeptWrite[];
}

/** The orders of one execution, with what must come of each. */
export interface Batch {
	orders: Order[];
	due: Due[];
}

/**
 * Spreads the sandbox's pending conversions over batches. One in five of each is to be accepted as it
 * is, lowered and accepted, refused, lowered, and left alone; the batches lie all over the list.
 *
 * @throws {Error} when there are too few conversions whose order has no other
 */
export function batchesOf(sandbox: Sandbox, batches: number, size: number): Batch[] {
	const { store } = sandbox;
	const own = store
		.select({ status: 'pending' })
		.map(({ conversion }) => conversion)
		.filter(({ externalId }) => store.count({ externalId }) === 1)
		.slice(0, batches * size);
	if (own.length < batches * size) throw new Error(`There are ${own.length} conversions only`);
	return Array.from({ length: batches }, (_, batch) => {
		const mine = own.filter((_conversion, place) => place % batches === batch);
		const decided = mine.map(({ id, externalId, amount }, place) =>
			decide(place % 5, id, externalId, amount),
		);
		return { orders: decided.map(({ order }) => order), due: decided.map(({ due }) => due) };
	});
}

function decide(
	kind: number,
	id: string,
	externalId: string,
	amount: number,
): { order: Order; due: Due } {
	const half = Math.floor(amount / 2);
	const accept: KeptWrite = { id, action: 'accept' };
	const refuse: KeptWrite = { id, action: 'refuse', reason: REASON };
	const lower: KeptWrite = { id, action: 'update', amountCents: half, reason: REASON };
	const [kept, settled, outcome, status, writes] = (
		[
			[amount, true, 'accepted', 'accepted', [accept]],
			[half, true, 'accepted', 'accepted', [lower, accept]],
			[0, false, 'refused', 'refused', [refuse]],
			[half, false, 'updated', 'pending', [lower]],
		] as const
	)[kind] ?? [amount, false, 'unchanged', 'pending', []];
	return {
		order: { order: externalId, kept: (kept / 100).toFixed(2), settled },
		due: { id, outcome, status, amountCents: kept === 0 ? amount : kept, writes: [...writes] },
	};
}

/** How the conversions of these batches are now, in the words of what must come of them. */
export function stateOf(sandbox: Sandbox, batches: readonly Batch[]): Array<Omit<Due, 'outcome'>> {
	return batches
		.flatMap(({ due }) => due)
		.map(({ id }) => {
			const entry = sandbox.store.get(id);
			if (entry === undefined) throw new Error(`The sandbox holds no conversion ${id}`);
			const { conversion, writes } = entry;
			return {
				id,
				status: conversion.status,
				amountCents: conversion.amount,
				writes: [...writes],
			};
		});
}

/** How the conversions of these batches must be in the end. */
export function dueOf(batches: readonly Batch[]): Array<Omit<Due, 'outcome'>> {
	return batches
		.flatMap(({ due }) => due)
		.map(({ id, status, amountCents, writes }) => ({ id, status, amountCents, writes }));
}
