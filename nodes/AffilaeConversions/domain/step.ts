import type { Conversion } from './conversion';

/** One write to a conversion. */
export type Step =
	| { do: 'accept' }
	| { do: 'refuse'; reason: string }
	| { do: 'update'; amountCents: number; reason: string };

/** The status that a step leads to. */
export const STATUS_AFTER = { accept: 'accepted', refuse: 'refused' } as const;

/** The conversion as it is once a step was carried out. */
export function afterStep(conversion: Conversion, step: Step): Conversion {
	if (step.do === 'update') {
		const { amountCents } = step;
		return { ...conversion, amountCents, row: { ...conversion.row, amount: amountCents } };
	}
	const status = STATUS_AFTER[step.do];
	return { ...conversion, status, row: { ...conversion.row, status } };
}

/** As {@link afterStep}, where Affilae does not say what else the step has changed: the commission is not known. */
export function afterUnseenStep(conversion: Conversion, step: Step): Conversion {
	const after = afterStep(conversion, step);
	if (step.do !== 'update') return after;
	const row: Record<string, unknown> = { ...after.row };
	delete row['commissionsTotal'];
	delete row['commissionsTotalConverted'];
	const known: Conversion = { ...after, row };
	delete known.commissionCents;
	return known;
}

/** Whether a conversion is as a step would make it. */
export function isAfter(conversion: Conversion, step: Step): boolean {
	return step.do === 'update'
		? conversion.amountCents === step.amountCents
		: conversion.status === STATUS_AFTER[step.do];
}
