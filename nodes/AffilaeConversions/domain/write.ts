import type { Conversion } from './conversion';

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
 * @param shown what the response contains of it. The rest is as before, except the commission after an
 * update: if it is not shown, it is unknown.
 */
export function afterWrite(before: Conversion, write: Write, shown?: Conversion): Conversion {
	const known = write.do === 'update' ? withoutCommission(before) : before;
	const row = { ...known.row, ...shown?.row };
	if (write.do === 'update') {
		const { amountCents } = write;
		return { ...known, ...shown, amountCents, row: { ...row, amount: amountCents } };
	}
	const status = STATUS_AFTER[write.do];
	return { ...known, ...shown, status, row: { ...row, status } };
}

function withoutCommission(conversion: Conversion): Conversion {
	const row: Record<string, unknown> = { ...conversion.row };
	delete row['commissionsTotal'];
	delete row['commissionsTotalConverted'];
	const known = { ...conversion, row };
	delete known.commissionCents;
	return known;
}

/** Whether a conversion is as a write would make it. */
export function isAfter(conversion: Conversion, write: Write): boolean {
	return write.do === 'update'
		? conversion.amountCents === write.amountCents
		: conversion.status === STATUS_AFTER[write.do];
}

/** Whether a conversion shows that a write was not carried out: its amount or status is different. */
export function contradicts(conversion: Conversion, write: Write): boolean {
	const told = write.do === 'update' ? conversion.amountCents : conversion.status;
	return told !== undefined && !isAfter(conversion, write);
}
