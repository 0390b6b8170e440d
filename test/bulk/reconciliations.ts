import { expect } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import type { EngineOutcome } from '../engine/engine';
import { itemAbout } from './namedBy';
import type { ShopConversion } from './shopUnderTest';

const REASON = 'Order returned';

/** What reconcile asks for, from what {@link Reconciliation} puts into an item. */
export const RECONCILED = {
	keptAmount: '={{ $json.kept }}',
	settled: '={{ $json.settled }}',
	reason: REASON,
};

/** A write that the sandbox is to keep. */
interface DueWrite {
	id: string;
	action: 'accept' | 'refuse' | 'update';
	amountCents?: number;
	reason?: string;
}

/** What was kept of a conversion, and what must come of it. */
export interface Reconciliation {
	item: ReturnType<typeof itemAbout> & { kept: number; settled: boolean };
	outcome: string;
	writes: DueWrite[];
	/** As the conversion is afterwards. */
	status: string;
	amount: number;
}

/** Makes of each conversion one reconciliation; those of ten in a row are all different. Cents. */
export function reconciliationsOf(conversions: readonly ShopConversion[]): Reconciliation[] {
	return conversions.map((conversion, place) => {
		const { id, status, amount } = conversion;
		const kept = [0, Math.floor(amount / 2), amount, amount + 500, amount - 1][place % 5] ?? 0;
		const settled = place % 10 >= 5;
		const item = { ...itemAbout(conversion), kept, settled };
		const accept: DueWrite = { id, action: 'accept' };
		const lower: DueWrite = { id, action: 'update', amountCents: kept, reason: REASON };
		if (status !== 'pending') {
			const agrees = status === 'refused' ? kept === 0 : kept >= amount;
			return { item, outcome: agrees ? 'unchanged' : 'needsAttention', writes: [], status, amount };
		}
		if (kept === 0) {
			const writes: DueWrite[] = [{ id, action: 'refuse', reason: REASON }];
			return { item, outcome: 'refused', writes, status: 'refused', amount };
		}
		const left = Math.min(kept, amount);
		const lowering = kept < amount ? [lower] : [];
		if (settled) {
			const writes = [...lowering, accept];
			return { item, outcome: 'accepted', writes, status: 'accepted', amount: left };
		}
		const outcome = kept < amount ? 'updated' : 'unchanged';
		return { item, outcome, writes: lowering, status, amount: left };
	});
}

/**
 * Checks that each item came to what was due, in input order, and each conversion to its state by
 * the writes that were due and no others.
 *
 * @param mayRepeat whether a lowering may have been sent once more: by its ID, a conversion is not
 * looked up where the fate of a write is unknown
 */
export function expectReconciled(
	sandbox: Sandbox,
	due: readonly Reconciliation[],
	{ success, failed, stopped }: EngineOutcome,
	mayRepeat: boolean,
): void {
	expect(stopped).toBeUndefined();
	expect(failed).toEqual([]);
	expect(
		success.map(({ json, pairedItem }) => [
			json['id'],
			json['outcome'],
			json['changed'],
			json['status'],
			json['amountInCents'],
			pairedItem,
		]),
	).toEqual(
		due.map(({ item: { id }, outcome, writes, status, amount }, item) => [
			id,
			outcome,
			writes.length > 0,
			status,
			amount,
			{ item },
		]),
	);
	expect(due.map(({ item: { id } }) => stateOf(sandbox, id, mayRepeat))).toEqual(
		due.map(({ item: { id }, status, amount, writes }) => ({ id, status, amount, writes })),
	);
}

function stateOf(sandbox: Sandbox, id: string, mayRepeat: boolean): unknown {
	const { conversion, writes = [] } = sandbox.store.get(id) ?? {};
	const counted = writes.filter(
		(write, index) =>
			!mayRepeat || write.action !== 'update' || writes[index - 1]?.action !== 'update',
	);
	return { id, status: conversion?.status, amount: conversion?.amount, writes: counted };
}
