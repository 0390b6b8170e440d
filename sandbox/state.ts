import type { ConversionStatus, Currency } from './conversion';
import type { ConversionStore, StoredConversion } from './store';

/** One row of the sandbox's page. */
export interface StateRow {
	id: string;
	/** `''` where there is none, as in `customerId`. */
	externalId: string;
	customerId: string;
	program: string;
	rule: string;
	currency: Currency;
	/** Cents. */
	amountCents: number;
	/** Cents; differs from `amountCents` once the amount was lowered. */
	initialAmountCents: number;
	status: ConversionStatus;
	/** Why it was refused or, while pending, lowered. */
	reason: string | null;
	/** When it is or was locked: UTC, ISO 8601; null while pending. */
	lockedAt: string | null;
	isLocked: boolean;
	/** UTC, ISO 8601. */
	createdAt: string;
	/** UTC, ISO 8601; null while nothing was changed since the start. */
	changedAt: string | null;
}

/** What the sandbox's page shows. */
export interface SandboxState {
	/** The same as before: nothing has changed. */
	revision: number;
	/** The moment that it is in the sandbox: UTC, ISO 8601, to the minute. */
	now: string;
	total: number;
	counts: Record<ConversionStatus, number>;
	/** Writes kept since the start. */
	writes: number;
	/** What was changed last comes first, then the newest. */
	rows: StateRow[];
}

export interface StateQuery {
	/** Part of an order id, customer id, conversion id, program name, rule name or reason. */
	search?: string;
	status?: ConversionStatus;
	/** Most rows; default 200. */
	limit?: number;
}

function reasonOf({ conversion, writes }: StoredConversion): string | null {
	return (
		conversion.refuseReason ?? [...writes].reverse().find(({ reason }) => reason)?.reason ?? null
	);
}

function rowOf(entry: StoredConversion): StateRow {
	const { conversion, initialAmountCents, changedAtMs } = entry;
	return {
		id: conversion.id,
		externalId: conversion.externalId,
		customerId: conversion.customerId,
		program: conversion.program.name,
		rule: conversion.rule.name,
		currency: conversion.currency,
		amountCents: conversion.amount,
		initialAmountCents,
		status: conversion.status,
		reason: reasonOf(entry),
		lockedAt: conversion.lockedAt,
		isLocked: conversion.isLocked,
		createdAt: conversion.createdAt,
		changedAt: changedAtMs === null ? null : new Date(changedAtMs).toISOString(),
	};
}

/**
 * The state of the moment, as far as it is asked for.
 *
 * @param nowMs the moment that it is in the sandbox: milliseconds since 1970, UTC
 */
export function readState(store: ConversionStore, query: StateQuery, nowMs: number): SandboxState {
	const limit = query.limit ?? 200;
	const wanted = query.search?.trim().toLowerCase() ?? '';
	const matches = (entry: StoredConversion) => {
		const { conversion } = entry;
		if (query.status !== undefined && conversion.status !== query.status) return false;
		if (wanted === '') return true;
		return [
			conversion.externalId,
			conversion.customerId,
			conversion.id,
			conversion.program.name,
			conversion.rule.name,
			reasonOf(entry) ?? '',
		].some((text) => text.toLowerCase().includes(wanted));
	};

	const rows = store.latestChanges(Infinity).filter(matches).slice(0, limit);
	const shown = new Set(rows);
	for (let offset = 0; rows.length < limit && offset < store.size; offset += 1000) {
		for (const entry of store.page({}, 'newestFirst', offset, 1000)) {
			if (rows.length < limit && !shown.has(entry) && matches(entry)) rows.push(entry);
		}
	}
	return {
		revision: store.revision,
		now: new Date(nowMs - (nowMs % 60_000)).toISOString(),
		total: store.size,
		counts: store.counts(),
		writes: store.writes.length,
		rows: rows.map(rowOf),
	};
}
