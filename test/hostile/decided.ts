import type { Received } from '../engine/server';
import { CALLS } from '../engine/shop';
import {
	centsOf,
	flagOf,
	isAbsent,
	isForReal,
	isRow,
	keptCentsOf,
	namedBy,
	optionOf,
	reasonOf,
	toleranceOf,
	type Given,
	type Named,
	type Row,
} from './given';

/** The rows of one answer. */
export interface Answer {
	/** The number of requests received by then. */
	after: number;
	rows: readonly unknown[];
}

/** The input of a run, its requests, and the rows that were returned to it. */
interface Shown {
	operation: unknown;
	given: readonly Given[];
	requests: readonly Received[];
	answers: readonly Answer[];
}

/** One write, as it was sent. */
interface Post {
	does: 'accept' | 'refuse' | 'update';
	id: string;
	program: unknown;
	reason: unknown;
	amount: number;
	/** Whether an earlier request lowered the amount of the conversion. */
	isLowered: boolean;
}

/** Why a write should not have been sent; undefined if an item asks for it and the returned rows allow it. */
export function undecided(
	{ operation, given, answers, requests }: Shown,
	request: Received,
): string | undefined {
	const at = requests.indexOf(request);
	const post = postOf(request, requests.slice(0, at));
	if (typeof post === 'string') return post;
	const allowed = operation === 'reconcile' ? ['accept', 'refuse', 'update'] : [operation];
	if (!allowed.includes(post.does)) return 'no such operation';
	const before = answers.filter(({ after }) => after <= at);
	const whys = given.map((one): string | undefined => {
		if (one.givesNothing) return 'a field of the item is set to nothing';
		const named = namedBy(one);
		if (named === undefined) return 'no item names it';
		if (!isForReal(one)) return 'a dry run';
		if (post.does !== 'accept' && reasonOf(one, operation) !== post.reason) return 'another reason';
		const isReconcile = operation === 'reconcile';
		const isAllowed = [named, ...ordersOf(named, before)].some((name) =>
			before.some(({ rows }) =>
				allows(rows.filter(isRow), post, { named: name, one, isReconcile }),
			),
		);
		return isAllowed ? undefined : 'no answer allows it';
	});
	return whys.includes(undefined) ? undefined : [...new Set(whys)].join(', ');
}

/** The orders that a customer ID or a conversion ID refers to. */
export function ordersOf(named: Named, answers: readonly Answer[]): Named[] {
	if (named.by === 'externalId') return [];
	return answers.flatMap(({ rows }) => {
		const all = rows.filter(isRow);
		return all.flatMap((row): Named[] => {
			const value = textOf(row['externalId'])?.trim();
			if (value === undefined || !isAsked(row, all, named)) return [];
			const programId = textOf(partOf(row, 'program'))?.toLowerCase() ?? named.programId;
			return [{ ...named, by: 'externalId', value, programId }];
		});
	});
}

/** The write of a request, if each of its fields is as Affilae documents it; otherwise what is wrong. */
function postOf({ path, body, query }: Received, earlier: readonly Received[]): Post | string {
	if (!isRow(body)) return 'no body';
	if (Object.keys(query).length > 0) return 'a query';
	const { id, program, reason, amount, ...others } = body;
	if (Object.keys(others).length > 0) return 'fields that nobody knows';
	if (typeof id !== 'string' || id === '') return 'no ID';
	const does = (['accept', 'refuse', 'update'] as const).find((one) => CALLS[one] === path);
	if (does === undefined) return 'no such call';
	if (does === 'update' ? program !== undefined : typeof program !== 'string' || program === '') {
		return 'a program too many, or none';
	}
	if (does === 'accept' ? reason !== undefined : !isReason(reason)) return 'no fit reason';
	if (does === 'update' ? !isCents(amount) || amount < 0 : amount !== undefined) {
		return 'no fit amount';
	}
	const isLowered = earlier.some(
		(one) => one.path === CALLS.update && isRow(one.body) && one.body['id'] === id,
	);
	return { does, id, program, reason, amount: isCents(amount) ? amount : NaN, isLowered };
}

function isReason(reason: unknown): boolean {
	return typeof reason === 'string' && /^\S(?:.*\S)?$/u.test(reason) && reason.length <= 1024;
}

function isCents(value: unknown): value is number {
	return Number.isSafeInteger(value);
}

interface Wish {
	named: Named;
	one: Given;
	isReconcile: boolean;
}

/** Whether the rows of one answer allow a write: they are one order, with a conversion that may be written to. */
function allows(all: readonly Row[], post: Post, { named, one, isReconcile }: Wish): boolean {
	const fitting = [...uniqueOf(all.filter((row) => isAsked(row, all, named))).values()];
	const order = named.rule === undefined ? fitting : fitting.filter((row) => isOfRule(row, named));
	const row = order.find((candidate) => idOf(candidate) === post.id);
	if (row === undefined || !fitting.every(isReadable) || !isOneOrder(order)) return false;
	const programId = textOf(partOf(row, 'program'))?.toLowerCase() ?? named.programId;
	if (named.programId !== undefined && programId !== named.programId) return false;
	if (post.does !== 'update' && programId !== post.program) return false;
	if (isLocked(row)) return false;
	if (isReconcile) return isReconciled(row, order, post, one);
	const { amount } = row;
	switch (post.does) {
		case 'accept':
			return hasStatus(row, 'pending', 'refused');
		case 'refuse':
			return hasStatus(row, 'pending', 'accepted');
		case 'update':
			return (
				order.length === 1 &&
				hasStatus(row, 'pending') &&
				amount !== post.amount &&
				centsOf(one.amount, one.options).includes(post.amount)
			);
	}
}

/** Whether the kept amount requires a write to one of an order's conversions. */
function isReconciled(row: Row, order: readonly Row[], post: Post, one: Given): boolean {
	const { does, amount, isLowered } = post;
	const amounts = order.map((part) => part['amount']).filter(isCents);
	const { amount: has } = row;
	if (!isCents(has) || amounts.length < order.length || isAbsent(row['status'])) return false;
	if (does === 'refuse' ? !hasStatus(row, 'pending', 'accepted') : !hasStatus(row, 'pending')) {
		return false;
	}
	if (does === 'accept' && flagOf(one.settled ?? false) !== true) return false;
	const sum = amounts.reduce((total, part) => total + part, 0);
	const how = optionOf(one.options, 'severalConversions');
	return keptCentsOf(one).some((kept) => {
		const isAlone = order.length === 1 || kept === 0 || how === 'eachWhole';
		const isAll = !isAlone && kept >= sum - toleranceOf(one);
		if (!isAlone && !isAll && how !== 'proportionally') return false;
		const tolerance = isAlone ? toleranceOf(one) : 0;
		const share = isAlone ? kept : isAll ? has : (kept * has) / sum;
		const rounded = isAlone ? [share] : [Math.floor(share), Math.ceil(share)];
		return rounded.some((due) => {
			if (does === 'refuse') return isAlone && due === 0 && has !== 0;
			if (does === 'update') return due > 0 && due === amount && due < has - tolerance;
			return isLowered || (due > 0 && due >= has - tolerance);
		});
	});
}

/** Whether a row matches. Affilae is assumed to have filtered by a field that no row of the answer contains. */
function isAsked(row: Row, all: readonly Row[], { by, value, programId }: Named): boolean {
	const isOfProgram =
		programId === undefined ||
		!all.some((one) => textOf(partOf(one, 'program')) !== undefined) ||
		textOf(partOf(row, 'program'))?.toLowerCase() === programId;
	if (by === 'id') return isOfProgram && idOf(row) === value;
	const isCarried = all.some((one) => textOf(one[by]) !== undefined);
	return isOfProgram && (!isCarried || textOf(row[by])?.trim() === value);
}

/** Each conversion once. If an answer contains it twice, the last row counts. */
function uniqueOf(rows: readonly Row[]): Map<unknown, Row> {
	return new Map(rows.map((row) => [idOf(row) ?? row, row]));
}

/** Whether conversions are one order in one program, one per commission rule. */
function isOneOrder(rows: readonly Row[]): boolean {
	if (rows.length < 2) return true;
	const orders = new Set(rows.map((row) => textOf(row['externalId'])?.trim()));
	const programs = new Set(rows.map((row) => textOf(partOf(row, 'program'))?.toLowerCase()));
	const rules = rows.map((row) => textOf(partOf(row, 'rule')) ?? ruleNameOf(row));
	return (
		orders.size === 1 &&
		!orders.has(undefined) &&
		programs.size === 1 &&
		!rules.includes(undefined) &&
		new Set(rules).size === rules.length
	);
}

function isOfRule(row: Row, { rule = '' }: Named): boolean {
	return [textOf(partOf(row, 'rule')), ruleNameOf(row)].some(
		(text) => text?.trim().toLowerCase() === rule.toLowerCase(),
	);
}

/** Whether all values of a row that matter for a decision are valid. */
function isReadable(row: Row): boolean {
	const { amount, currency, externalId } = row;
	const texts = [currency, externalId, partOf(row, 'program'), partOf(row, 'rule')];
	return (
		idOf(row) !== undefined &&
		(amount === undefined || amount === null || isCents(amount)) &&
		texts.every((text) => isAbsent(text) || textOf(text) !== undefined)
	);
}

function isLocked({ isLocked: told, lockedAt }: Row): boolean {
	if (told === false || told === 'false' || told === 0) return false;
	if (told === true || told === 'true' || told === 1) return true;
	const isDate = typeof lockedAt === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(lockedAt);
	return isDate && Date.parse(lockedAt) <= Date.now();
}

/** Whether a row has one of these statuses; a missing status matches all. */
function hasStatus({ status }: Row, ...fit: string[]): boolean {
	return (
		isAbsent(status) || (typeof status === 'string' && fit.includes(status.trim().toLowerCase()))
	);
}

function idOf(row: Row): string | undefined {
	return textOf(row['id'])?.toLowerCase();
}

/** The ID of a part that is an object with an ID, or only the ID. */
function partOf(row: Row, name: string): unknown {
	const part = row[name];
	return isRow(part) ? part['id'] : part;
}

function ruleNameOf({ rule }: Row): string | undefined {
	return isRow(rule) ? textOf(rule['name']) : undefined;
}

/** An ID in a row: text, or a number that JSON represents exactly. */
function textOf(value: unknown): string | undefined {
	if (Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
