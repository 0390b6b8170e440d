import type { Conversion } from './conversion';
import { statusOf } from './lifecycle';

/** One write to a conversion. Amounts are integer cents; reasons are on one line and not empty. */
export type Write =
	| { do: 'accept' }
	| { do: 'refuse'; reason: string }
	| { do: 'update'; amountCents: number; reason: string };

/** The status that a write leads to. */
export const STATUS_AFTER = { accept: 'accepted', refuse: 'refused' } as const;

/**
 * The conversion as it is after a write.
 *
 * @param shown what the response contains of it. The rest is as before, except what the write changes too: the
 * commission of an update, the lock date of a decision. If that is not shown, it is unknown.
 */
export function afterWrite(before: Conversion, write: Write, shown?: Conversion): Conversion {
	const known = withoutOutdated(before, write);
	const row = { ...known.row, ...shown?.row };
	if (write.do === 'update') {
		const { amountCents } = write;
		return { ...known, ...shown, amountCents, row: { ...row, amount: amountCents } };
	}
	const status = STATUS_AFTER[write.do];
	return { ...known, ...shown, status, row: { ...row, status } };
}

function withoutOutdated(conversion: Conversion, write: Write): Conversion {
	const row: Record<string, unknown> = { ...conversion.row };
	const known = { ...conversion, row };
	const isUpdate = write.do === 'update';
	delete known[isUpdate ? 'commissionCents' : 'lockedAt'];
	for (const key of isUpdate ? ['commissionsTotal', 'commissionsTotalConverted'] : ['lockedAt']) {
		delete row[key];
	}
	return known;
}

/** Whether a conversion is as a write would make it. */
export function isAfter(conversion: Conversion, write: Write): boolean {
	return write.do === 'update'
		? conversion.amountCents === write.amountCents
		: conversion.status === STATUS_AFTER[write.do];
}

/**
 * What a response to a write shows of it: the change, nothing of it, or a contradiction. Amount and status
 * must both be as they were, except for the change.
 */
export function whatShows(
	shown: Conversion,
	before: Conversion,
	write: Write,
): 'change' | 'nothing' | 'contradiction' {
	const isUpdate = write.do === 'update';
	const wantedStatus = isUpdate ? statusOf(before) : STATUS_AFTER[write.do];
	const wantedCents = isUpdate ? write.amountCents : before.amountCents;
	const { status = wantedStatus, amountCents = wantedCents } = shown;
	if (status !== wantedStatus || amountCents !== wantedCents) return 'contradiction';
	return isAfter(shown, write) ? 'change' : 'nothing';
}
