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

/** Whether a conversion is as a step would make it. */
export function isAfter(conversion: Conversion, step: Step): boolean {
	return step.do === 'update'
		? conversion.amountCents === step.amountCents
		: conversion.status === STATUS_AFTER[step.do];
}
