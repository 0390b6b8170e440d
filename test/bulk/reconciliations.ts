import { expect } from '@jest/globals';
import type { Sandbox } from '../../sandbox/server';
import type { EngineOutcome } from '../engine/engine';
import { itemAbout } from './namedBy';
import type { ShopConversion } from './shopUnderTest';

const REASON = 'Order returned';

/** The parameters of Reconcile, from the items of {@link Reconciliation}. */
export const RECONCILED = {
	keptAmount: '={{ $json.kept }}',
	settled: '={{ $json.settled }}',
	reason: REASON,
};

/** A write that the sandbox must have carried out. */
interface DueWrite {
	id: string;
	action: 'accept' | 'refuse' | 'update';
	amountCents?: number;
	reason?: string;
}

/** What was kept of a conversion, and the expected result. */
export interface Reconciliation {
	item: ReturnType<typeof itemAbout> & { kept: number; settled: boolean };
	outcome: string;
	writes: DueWrite[];
	/** The expected status and amount of the conversion. */
	status: string;
	amount: number;
}

/** One reconciliation for each conversion, with ten different cases in turn. Amounts are in cents. */
export function reconciliationsOf(conversions: readonly ShopConversion[]): Reconciliation[] {
	return conversions.map((conversion, place) => {
		const { id, status, amount, isLocked } = conversion;
		// The last one is within the tolerance of five cents.
		const kept = [0, Math.floor(amount / 2), amount, amount + 500, amount - 1][place % 5] ?? 0;
		const settled = place % 10 >= 5;
		const item = { ...itemAbout(conversion), kept, settled };
		const isKept = kept > 0 && kept >= amount - 5;
		const accept: DueWrite = { id, action: 'accept' };
		const lower: DueWrite = { id, action: 'update', amountCents: kept, reason: REASON };
		const refuse: DueWrite = { id, action: 'refuse', reason: REASON };
		if (status === 'pending' || (status === 'accepted' && !isLocked)) {
			if (kept === 0) {
				return { item, outcome: 'refused', writes: [refuse], status: 'refused', amount };
			}
		}
		if (status !== 'pending') {
			const agrees = status === 'refused' ? kept === 0 : isKept;
			return { item, outcome: agrees ? 'unchanged' : 'needsAttention', writes: [], status, amount };
		}
		const left = isKept ? amount : kept;
		const lowering = isKept ? [] : [lower];
		if (settled) {
			const writes = [...lowering, accept];
			return { item, outcome: 'accepted', writes, status: 'accepted', amount: left };
		}
		const outcome = isKept ? 'unchanged' : 'updated';
		return { item, outcome, writes: lowering, status, amount: left };
	});
}

/**
 * Checks the output of each item, in input order, and that each conversion has the expected state and
 * exactly the expected writes.
 * The run must have had 'Amounts In' set to Cents.
 */
export function expectReconciled(
	sandbox: Sandbox,
	due: readonly Reconciliation[],
	{ success, failed, stopped }: EngineOutcome,
): void {
	expect(stopped).toBeUndefined();
	expect(failed).toEqual([]);
	expect(
		success.map(({ json, pairedItem }) => [
			json['id'],
			json['outcome'],
			json['changed'],
			json['status'],
			json['amount'],
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
	expect(due.map(({ item: { id } }) => stateOf(sandbox, id))).toEqual(
		due.map(({ item: { id }, status, amount, writes }) => ({ id, status, amount, writes })),
	);
}

function stateOf(sandbox: Sandbox, id: string): unknown {
	const { conversion, writes = [] } = sandbox.store.get(id) ?? {};
	return { id, status: conversion?.status, amount: conversion?.amount, writes };
}
