import type { ConversionStatus, Currency } from './conversion';
import type { ConversionStore, StoredConversion } from './store';

/** One row of the sandbox's page. */
export interface StateRow {
	id: string;
	/** `''` if there is none, as in `customerId`. */
	externalId: string;
	customerId: string;
	program: string;
	rule: string;
	currency: Currency;
	/** Cents. */
	amountCents: number;
	/** Cents; differs from `amountCents` if the amount was lowered. */
	initialAmountCents: number;
	status: ConversionStatus;
	/** Why it was refused or, while pending, lowered. */
	reason: string | null;
	/** When the grace period ends or ended: UTC, ISO 8601; null while pending. */
	lockedAt: string | null;
	isLocked: boolean;
	/** UTC, ISO 8601. */
	createdAt: string;
	/** UTC, ISO 8601; null if it was not changed since the start. */
	changedAt: string | null;
}

/** What the sandbox's page shows. */
export interface SandboxState {
	/** Stays the same as long as nothing changes. */
	revision: number;
	/** The current time in the sandbox: UTC, ISO 8601, to the minute. */
	now: string;
	total: number;
	counts: Record<ConversionStatus, number>;
	/** Writes carried out since the start. */
	writes: number;
	/** Latest change first, then newest first. */
	rows: StateRow[];
}

export interface StateQuery {
	/** Part of an order ID, customer ID, conversion ID, program name, rule name or reason. */
	search?: string;
	status?: ConversionStatus;
	/** Maximum number of rows; default 200. */
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
 * The current state, filtered by the query.
 *
 * @param nowMs the current time in the sandbox: milliseconds since 1970, UTC
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
