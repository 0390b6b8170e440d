import type { Sandbox } from '../../../sandbox/server';
import type { KeptWrite } from '../../../sandbox/store';

/** The workflow's reason for a return, as the affiliate reads it. */
export const REASON = 'Order returned';

/** An order as a shop sends it; `kept` in currency units. */
interface Order {
	order: string;
	kept: string;
	settled: boolean;
}

/** The expected result for an order's conversion; amounts in cents. */
interface Due {
	id: string;
	outcome: string;
	status: string;
	amountCents: number;
	writes: KeptWrite[];
}

/** The orders of one execution, with the expected result of each. */
export interface Batch {
	orders: Order[];
	due: Due[];
}

/**
 * Distributes the sandbox's pending conversions over batches. In each, a fifth is accepted as it is,
 * lowered and accepted, refused, lowered, and left unchanged. Each batch has conversions from all parts of
 * the list.
 *
 * @throws {Error} if there are too few conversions that are the only one of their order
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

/** The current state of the conversions of these batches, in the form of the expected results. */
export function stateOf(sandbox: Sandbox, batches: readonly Batch[]): Array<Omit<Due, 'outcome'>> {
	return batches
		.flatMap(({ due }) => due)
		.map(({ id }) => {
			const entry = sandbox.store.get(id);
			if (entry === undefined) throw new Error(`The sandbox has no conversion ${id}`);
			const { conversion, writes } = entry;
			return {
				id,
				status: conversion.status,
				amountCents: conversion.amount,
				writes: [...writes],
			};
		});
}

/** The expected final state of the conversions of these batches. */
export function dueOf(batches: readonly Batch[]): Array<Omit<Due, 'outcome'>> {
	return batches
		.flatMap(({ due }) => due)
		.map(({ id, status, amountCents, writes }) => ({ id, status, amountCents, writes }));
}
