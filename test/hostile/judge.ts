import { expect } from '@jest/globals';
import type { INodeExecutionData } from 'n8n-workflow';
import type { EngineOutcome } from '../engine/engine';
import type { Received } from '../engine/server';
import { CALLS } from '../engine/shop';

/** An object of which nothing is known. */
export type Row = Readonly<Record<string, unknown>>;

/** A value that a test does not know, because n8n computes it. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** What the parameters are for one item, as they were given; left out where they have their default. */
export interface Given {
	conversion?: unknown;
	program?: unknown;
	reason?: unknown;
	amount?: unknown;
	keptAmount?: unknown;
	settled?: unknown;
	options?: unknown;
}

/** A run that has ended, with all that is needed to judge it. */
export interface Judged {
	operation: unknown;
	onError: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	/** One for each input item. */
	given: readonly Given[];
	outcome: EngineOutcome;
	requests: readonly Received[];
	/** The rows that Affilae has shown, oldest first. */
	shown: readonly Row[];
	/** The messages of the refusals that the node made. */
	told: ReadonlySet<string>;
	/** Texts that must be nowhere. */
	secrets: readonly string[];
	/** Whether n8n may speak itself: an expression throws, or gives what n8n does not take. */
	mayN8nSpeak: boolean;
}

const RAW =
	/TypeError|RangeError|ReferenceError|SyntaxError|URIError|Cannot (?:read|set|convert|destructure|access)|is not (?:a function|a constructor|iterable|defined|valid JSON)|undefined is not|null is not|\[object |Maximum call stack|Invalid (?:time value|array length|string length|count value)|Unexpected (?:token|end|non-whitespace)|Converting circular|Reduce of empty|\bundefined\b|NaN [A-Z]{3}\b|This item could not be handled/;
/** What n8n itself says of an expression that it cannot evaluate. */
const N8N_SAYS =
	/\bthis is a function\b|Referenced node|invalid syntax|ExpressionError|expression/i;
const DECIDED = ['accepted', 'refused', 'updated'];

/**
 * Judges what a run has come to, whatever went into it.
 *
 * @returns what is wrong with it; nothing where all is well
 */
export function wrongsOf(judged: Judged): string[] {
	return [
		...wrongWords(judged),
		...wrongItems(judged),
		...secretsIn(judged),
		...pollution(),
		...judged.requests
			.filter(({ method }) => method === 'POST')
			.flatMap((post) => {
				const why = undecided(judged, post);
				return why === undefined ? [] : [`a write that was not decided (${why}): ${clear(post)}`];
			}),
		...wrongWrites(judged),
	];
}

/** Fails with all that is wrong with a run. */
export function mustBeRight(judged: Judged): void {
	expect(wrongsOf(judged)).toEqual([]);
}

function clear(value: unknown): string {
	return (JSON.stringify(value) ?? String(value)).slice(0, 400);
}

/** The messages of a run without what the node adds to each: the item, and how far the run had come. */
function messagesOf({ success, failed, stopped }: EngineOutcome): string[] {
	const ofItems = [...success, ...failed].flatMap(({ json }) => {
		const { error } = json;
		return 'error' in json ? [typeof error === 'string' ? error : clear(error)] : [];
	});
	return [...(stopped ? [stopped.message] : []), ...ofItems];
}

function baseOf(message: string): string {
	return message.replace(
		/ \[item \d+\](?: Nothing was changed at Affilae\.| \d+ items? (?:was|were) done before that, .* not sent\. Running the workflow again is safe: what is done is not done twice\.)?$/s,
		'',
	);
}

function wrongWords({ outcome, told, mayN8nSpeak }: Judged): string[] {
	const notes = outcome.success.flatMap(({ json }) =>
		typeof json['message'] === 'string' ? [json['message']] : [],
	);
	const hints = (outcome.task?.hints ?? []).map(({ message }) => message);
	const raw = [...notes, ...hints].filter((text) => RAW.test(text));
	const messages = messagesOf(outcome).filter((message) => {
		const base = baseOf(message);
		if (told.has(base)) return RAW.test(withoutQuotes(base));
		return !(mayN8nSpeak && (N8N_SAYS.test(base) || !RAW.test(base)));
	});
	return [...raw, ...messages].map((text) => `words that no refusal said: ${text.slice(0, 400)}`);
}

/** What stands in quotes is an operator's or Affilae's. */
function withoutQuotes(message: string): string {
	return message
		.replace(/"(?:[^"]|"(?=[^\s.,;:)\]]))*"/gsu, '""')
		.replace(/ is (?:undefined|NaN)\b/g, '');
}

function wrongItems(judged: Judged): string[] {
	const { outcome, given, onError, operation } = judged;
	const { success, failed, stopped } = outcome;
	const wrongs: string[] = [];
	if (stopped) {
		if (onError !== 'stopWorkflow')
			wrongs.push(`stopped for all On Error says: ${stopped.message}`);
		if (stopped.message.trim() === '') wrongs.push('stopped without a message');
		if (success.length + failed.length > 0) wrongs.push('stopped, and put items out');
		return wrongs;
	}
	const accounted = new Set<number>();
	for (const item of [...success, ...failed]) {
		const index = pairedWith(item);
		if (index === undefined || index < 0 || index >= given.length) {
			wrongs.push(`paired with no input item: ${clear(item.pairedItem)}`);
			continue;
		}
		accounted.add(index);
		const { error } = item.json;
		if (isFailure(item) && !String(error).endsWith(`[item ${index}]`)) {
			wrongs.push(`a failure of item ${index} says: ${clear(error).slice(0, 200)}`);
		}
		if (!isFailure(item)) wrongs.push(...wrongAmounts(item));
	}
	if (onError === 'stopWorkflow' && [...success, ...failed].some(isFailure)) {
		wrongs.push('went on for all On Error says stop');
	}
	if (onError === 'continueErrorOutput' && success.some(isFailure)) {
		wrongs.push('a failure came out by the success branch');
	}
	if (failed.some((item) => !isFailure(item)))
		wrongs.push('a success came out by the error branch');
	const mayBeNone = operation === 'list' || operation === undefined;
	for (const index of given.keys()) {
		if (!accounted.has(index) && !mayBeNone) wrongs.push(`nothing came of item ${index}`);
	}
	return wrongs;
}

function isFailure({ json }: INodeExecutionData): boolean {
	return typeof json['error'] === 'string' && / \[item \d+\]$/.test(json['error']);
}

function pairedWith({ pairedItem }: INodeExecutionData): number | undefined {
	if (typeof pairedItem === 'number') return pairedItem;
	return typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : undefined;
}

function wrongAmounts({ json }: INodeExecutionData): string[] {
	const { amountInCents } = json;
	const isWrong = amountInCents !== undefined && !Number.isSafeInteger(amountInCents);
	const isSimple = 'amountInCents' in json;
	const amounts = isSimple ? [json['amount'], json['commission']] : [];
	const isOdd = amounts.some((amount) => amount !== undefined && !Number.isFinite(amount));
	return isWrong || isOdd ? [`an amount that is none: ${clear(json)}`] : [];
}

function secretsIn({ outcome, secrets }: Judged): string[] {
	const found = textsOf(outcome).find((text) => secrets.some((secret) => text.includes(secret)));
	return found === undefined ? [] : [`the token is in: ${found.slice(0, 400)}`];
}

/** All texts of a run, however deep: no recursion, as some answers are deeper than the stack. */
function textsOf(value: unknown): string[] {
	const texts: string[] = [];
	const seen = new Set<unknown>();
	const open: unknown[] = [value];
	while (open.length > 0) {
		const next = open.pop();
		if (typeof next === 'string') texts.push(next);
		if ((typeof next !== 'object' && typeof next !== 'function') || next === null) continue;
		if (seen.has(next)) continue;
		seen.add(next);
		if (next instanceof Map) open.push(...next.keys(), ...next.values());
		if (next instanceof Set) open.push(...next);
		if (next instanceof Uint8Array) {
			texts.push(new TextDecoder().decode(next));
			continue;
		}
		for (const key of Reflect.ownKeys(next)) {
			const descriptor = Object.getOwnPropertyDescriptor(next, key);
			const part: unknown = descriptor?.get ? descriptor.get.call(next) : descriptor?.value;
			texts.push(String(key));
			open.push(part);
		}
	}
	return texts;
}

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, Error.prototype];
const UNTOUCHED = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length);

function pollution(): string[] {
	const isTouched = PROTOTYPES.some(
		(prototype, at) => Reflect.ownKeys(prototype).length !== UNTOUCHED[at],
	);
	return isTouched ? ['a prototype of JavaScript itself was changed'] : [];
}

function isRow(value: unknown): value is Row {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An ID as it stands in a row: text, or a number that JSON holds to the last digit. */
function idText(value: unknown): string | undefined {
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' && value !== '' ? value : undefined;
}

function isAbsent(value: unknown): boolean {
	return value === undefined || value === null || value === '';
}

interface Named {
	by: string;
	value: string;
	programId: string | undefined;
}

const BY: ReadonlyMap<unknown, string> = new Map([
	['', 'externalId'],
	['externalId', 'externalId'],
	['customerId', 'customerId'],
	['id', 'id'],
	['list', 'id'],
]);

function plainText(value: unknown): string | undefined {
	if (typeof value === 'string') return value.trim();
	if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
	return isAbsent(value) ? '' : undefined;
}

/** How an item names its conversion; undefined where it names none that may be written. */
function namedBy({ conversion, program }: Given): Named | undefined {
	const locator = isRow(conversion) ? conversion : { mode: '', value: conversion };
	const { mode = '' } = locator;
	const by = BY.get(typeof mode === 'string' ? mode : '');
	const value = plainText(locator['value']);
	// An expression that throws narrows nothing: n8n gives the node an empty field.
	const programId =
		program === UNKNOWN ? '' : plainText(isRow(program) ? program['value'] : program);
	if (by === undefined || !value || programId === undefined) return undefined;
	return { by, value, programId: programId || undefined };
}

function isDryRun({ options }: Given): boolean {
	return isRow(options) && (options['dryRun'] === true || options['dryRun'] === 'true');
}

/** The digits that count in an amount, whatever stands around them. */
function digitsOf(text: string): string {
	return text.replace(/\D/g, '').replace(/^0+|0+$/g, '');
}

/** Whether so many cents can be what was given. */
function means(given: unknown, cents: number, options: unknown): boolean {
	const isCents = isRow(options) && options['amountsIn'] === 'cents';
	if (typeof given === 'number') {
		return given >= 0 && Math.abs((isCents ? given : given * 100) - cents) < 0.02;
	}
	if (typeof given !== 'string' || /[-−]/.test(given)) return false;
	return digitsOf(given) === digitsOf(String(cents)) || /\d{10}/.test(given);
}

/** Why a write may not have left; undefined where an item asks for it and what was shown allows it. */
function undecided(
	{ operation, given, shown, requests }: Judged,
	post: Received,
): string | undefined {
	const { path, body, query } = post;
	if (!isRow(body)) return 'no body';
	if (Object.keys(query).length > 0) return 'a query';
	const { id, program, reason, amount, ...others } = body;
	if (Object.keys(others).length > 0) return 'fields that nobody knows';
	if (typeof id !== 'string' || id === '') return 'no ID';
	const does = Object.entries(CALLS).find(([, known]) => known === path)?.[0] ?? '';
	const allowed = operation === 'reconcile' ? ['accept', 'refuse', 'update'] : [operation];
	if (!allowed.includes(does) || !['accept', 'refuse', 'update'].includes(does))
		return 'no such operation';
	if (does !== 'update' && (typeof program !== 'string' || program === '')) return 'no program';
	if (does !== 'accept' && (typeof reason !== 'string' || reason.trim() === '')) return 'no reason';
	if (does === 'accept' && reason !== undefined) return 'a reason';
	if (does === 'update') {
		if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 0)
			return 'no amount';
		if (program !== undefined) return 'a program';
	} else if (amount !== undefined) return 'an amount';

	const isLowered = requests
		.slice(0, requests.indexOf(post))
		.some(
			(earlier) =>
				earlier.path === CALLS.update && isRow(earlier.body) && earlier.body['id'] === id,
		);
	const whys = given.map((one): string | undefined => {
		const named = namedBy(one);
		if (named === undefined) return 'no item names it';
		if (isDryRun(one)) return 'a dry run';
		const isAsked =
			operation === 'reconcile' ? isReconciled(one, does, amount) : isWished(one, does, amount);
		if (!isAsked) return 'the item asks for something else';
		if (does !== 'accept' && plainText(one.reason) !== reason) return 'another reason';
		if (named.by === 'id' && operation !== 'reconcile') {
			const isSame = named.value === id && (does === 'update' || named.programId === program);
			return isSame ? undefined : 'another ID';
		}
		const isReconcile = operation === 'reconcile';
		return shown.some((row) => allows(row, named, body, one, does, isReconcile, isLowered))
			? undefined
			: 'no row shows it';
	});
	return whys.includes(undefined) ? undefined : [...new Set(whys)].join(', ');
}

function isWished({ amount: given, options }: Given, does: string, amount: unknown): boolean {
	return does !== 'update' || (typeof amount === 'number' && means(given, amount, options));
}

function isReconciled(
	{ keptAmount, settled, options }: Given,
	does: string,
	amount: unknown,
): boolean {
	if (does === 'refuse') return means(keptAmount, 0, options);
	if (does === 'accept') return settled === true || settled === 'true';
	return typeof amount === 'number' && amount > 0 && means(keptAmount, amount, options);
}

/** Whether a row lets a write leave: pending, of the reference, of the program, and above the amount. */
function allows(
	row: Row,
	named: Named,
	{ id, program, amount }: Row,
	{ keptAmount, options }: Given,
	does: string,
	isReconcile: boolean,
	isLowered: boolean,
): boolean {
	if (idText(row['id']) !== id || idText(row[named.by]) !== named.value) return false;
	if (row['status'] !== 'pending' && !isAbsent(row['status'])) return false;
	const rowProgram = isRow(row['program']) ? row['program']['id'] : row['program'];
	if (!isAbsent(rowProgram) && idText(rowProgram) === undefined) return false;
	const programId = idText(rowProgram) ?? named.programId;
	if (named.programId !== undefined && programId !== named.programId) return false;
	if (does !== 'update' && programId !== program) return false;
	const { amount: has } = row;
	if (!isAbsent(has) && !Number.isSafeInteger(has)) return false;
	if (does === 'update') {
		return typeof amount === 'number' && (typeof has === 'number' ? amount < has : !isReconcile);
	}
	if (does === 'refuse' || !isReconcile || isLowered) return true;
	// An accept in reconcile follows a lowering, or the customer kept all of it.
	return (
		typeof has === 'number' && (typeof keptAmount !== 'number' || isAll(keptAmount, has, options))
	);
}

function isAll(kept: number, has: number, options: unknown): boolean {
	const isCents = isRow(options) && options['amountsIn'] === 'cents';
	return (isCents ? kept : kept * 100) > has - 0.02;
}

/** Writes of a run that says it wrote nothing, and items that say they wrote what never left. */
function wrongWrites({ outcome, requests, operation, onError, given }: Judged): string[] {
	const posts = requests.filter(({ method }) => method === 'POST');
	const wrongs: string[] = [];
	const isReading = !['accept', 'refuse', 'update', 'reconcile'].includes(String(operation));
	if (isReading && posts.length > 0) wrongs.push('an operation that reads has written');
	const { stopped } = outcome;
	if (onError === 'stopWorkflow' && posts.length > 0) {
		if (given.some(isSurelyUnusable)) wrongs.push('wrote although an item cannot be used');
		if (stopped && !/ done before that, /.test(stopped.message) && !mayHaveLeft(stopped.message)) {
			wrongs.push(`wrote, and said: ${stopped.message.slice(0, 200)}`);
		}
	}
	for (const { json } of outcome.success) {
		const says = DECIDED.includes(String(json['outcome'])) && json['dryRun'] !== true;
		if (says && json['changed'] === true && posts.length === 0)
			wrongs.push('tells of a write that never left');
	}
	return wrongs;
}

/** A write that was refused has left, and changed nothing. */
function mayHaveLeft(message: string): boolean {
	return message.endsWith('Nothing was changed at Affilae.');
}

function isSurelyUnusable(one: Given): boolean {
	const isKnown = Object.values(one).every((value) => value !== UNKNOWN);
	return isKnown && namedBy(one) === undefined;
}
