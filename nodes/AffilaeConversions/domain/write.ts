import type { Conversion } from './conversion';

/** One write to a conversion. Amounts are integer cents; reasons are on one line and not empty. */
export type Write =
	| { do: 'accept' }
	| { do: 'refuse'; reason: string }
	| { do: 'update'; amountCents: number; reason: string };

/** The status that a write leads to. */
export const STATUS_AFTER = { accept: 'accepted', refuse: 'refused' } as const;

/** The conversion as it is after a write. */
export function afterWrite(conversion: Conversion, write: Write): Conversion {
	if (write.do === 'update') {
		const { amountCents } = write;
		return { ...conversion, amountCents, row: { ...conversion.row, amount: amountCents } };
	}
	const status = STATUS_AFTER[write.do];
	return { ...conversion, status, row: { ...conversion.row, status } };
}

/** As {@link afterWrite}, if Affilae does not show the result: the commission is then unknown. */
export function afterUnseenWrite(conversion: Conversion, write: Write): Conversion {
	const after = afterWrite(conversion, write);
	if (write.do !== 'update') return after;
	const row: Record<string, unknown> = { ...after.row };
	delete row['commissionsTotal'];
	delete row['commissionsTotalConverted'];
	const known: Conversion = { ...after, row };
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
