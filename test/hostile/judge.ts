import { expect } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { EngineOutcome } from '../engine/engine';
import type { Received } from '../engine/server';
import { undecided, type Answer } from './decided';
import { isRow, isUnusable, type Given } from './given';

/** A finished run, with everything that is needed to check it. */
export interface Judged {
	operation: unknown;
	onError: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	/** One for each input item. */
	given: readonly Given[];
	outcome: EngineOutcome;
	requests: readonly Received[];
	/** The rows that Affilae returned, oldest answer first. */
	answers: readonly Answer[];
	/** The HTTP status that each write was answered with. */
	statuses: ReadonlyMap<Received, number>;
	/** What happened according to each `UserError` of the node, with the advice of each. */
	told: ReadonlyMap<string, ReadonlySet<string>>;
	/** Texts that must not appear anywhere. */
	secrets: readonly string[];
	/** Whether n8n's own errors are allowed, because an expression throws or returns an invalid value. */
	mayN8nSpeak: boolean;
}

const RAW =
	/TypeError|RangeError|ReferenceError|SyntaxError|URIError|Cannot (?:read|set|convert|destructure|access)|is not (?:a function|a constructor|iterable|defined|valid JSON)|undefined is not|null is not|\[object |Maximum call stack|Invalid (?:time value|array length|string length|count value)|Unexpected (?:token|end|non-whitespace)|Converting circular|Reduce of empty|\bundefined\b|NaN [A-Z]{3}\b|This item could not be processed/;
/** n8n's own messages about an expression that it cannot evaluate. */
const N8N_SAYS =
	/\bthis is a function\b|Referenced node|invalid syntax|ExpressionError|expression/i;
const WRITING = ['accept', 'refuse', 'update', 'reconcile'];
const CHECK_EXPRESSIONS = 'Check the expressions in the fields of this node.';
/** The part of the advice that says what was done before a run stopped. */
const PROGRESS =
	/ (?:Nothing was changed in Affilae\.|\d+ items? (?:was|were) done before that, (?:\d+ partly done, )?(?:\d+ may be done, )?\d+ not sent\. It is safe to run the workflow again: nothing is done twice\.)$/;
/** The allowed fields of a simplified item. Any other would be personal data or a bug. */
const SIMPLE = new Set([
	...['id', 'externalId', 'customerId', 'status', 'amount', 'currency', 'commission'],
	...['affiliate', 'rule', 'programId', 'createdAt', 'lockedAt'],
	...['outcome', 'changed', 'message', 'dryRun', 'calls'],
]);

/**
 * Checks the result of a run.
 *
 * @returns everything that is wrong; empty if the run is correct
 */
export function wrongsOf(judged: Judged): string[] {
	return [
		...wrongWords(judged),
		...wrongItems(judged),
		...secretsIn(judged),
		...pollution(),
		...postsOf(judged).flatMap((post) => {
			const why = undecided(judged, post);
			return why === undefined ? [] : [`a write that was not decided (${why}): ${clear(post)}`];
		}),
		...wrongWrites(judged),
		...sentAgainUnseen(judged),
	];
}

/** Fails with everything that is wrong with a run. */
export function mustBeRight(judged: Judged): void {
	expect(wrongsOf(judged)).toEqual([]);
}

function postsOf({ requests }: Judged): Received[] {
	return requests.filter(({ method }) => method === 'POST');
}

function clear(value: unknown): string {
	return (JSON.stringify(value) ?? String(value)).slice(0, 400);
}

/** The two parts of an error: what happened, and what to do. */
interface Told {
	what: string;
	advice: string;
}

/** The errors of a run, without what the node adds to them: the item, the calls and the progress. */
function failuresOf({ success, failed, stopped }: EngineOutcome): Told[] {
	const ofItems = [...success, ...failed].filter(isFailure).map(({ json }) => ({
		what: String(json['error']),
		advice: String(json['message']).replace(/\nCalls to Affilae:\n.*$/s, ''),
	}));
	const { message = '', description } = stopped ?? {};
	const ofRun = stopped
		? [{ what: message, advice: String(description ?? '').replace(PROGRESS, '') }]
		: [];
	return [...ofRun, ...ofItems].map(({ what, advice }) => ({
		what: what.replace(/ \[item \d+\]$/, ''),
		advice: advice.replace(/ \(HTTP \d+\)$/, ''),
	}));
}

function wrongWords({ outcome, told, mayN8nSpeak }: Judged): string[] {
	const notes = outcome.success.flatMap(({ json }) =>
		'outcome' in json && typeof json['message'] === 'string' ? [json['message']] : [],
	);
	const hints = (outcome.task?.hints ?? []).map(({ message }) => message);
	const raw = [...notes, ...hints].filter((text) => RAW.test(withoutQuotes(text)));
	const failures = failuresOf(outcome).filter(({ what, advice }) => {
		const said = [...told].filter(([own]) => own === what || what.endsWith(`: ${own}`));
		if (said.some(([, advices]) => advices.has(advice))) return RAW.test(withoutQuotes(what));
		const isN8n = mayN8nSpeak && said.length === 0 && advice === CHECK_EXPRESSIONS;
		return !(isN8n && (N8N_SAYS.test(what) || !RAW.test(what)));
	});
	return [...raw, ...failures.map(({ what, advice }) => `${what} / ${advice}`)].map(
		(text) => `words that no user error said: ${text.slice(0, 400)}`,
	);
}

/** The message without its quotations of the operator's input and of Affilae. */
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
			wrongs.push(`stopped although On Error is Continue: ${stopped.message}`);
		if (stopped.message.trim() === '') wrongs.push('stopped without a message');
		if (!stopped.description?.trim()) wrongs.push('stopped without advice');
		if (success.length + failed.length > 0) wrongs.push('stopped, and put items out');
		return wrongs;
	}
	const accounted = new Set<number>();
	for (const item of [...success, ...failed]) {
		const index = pairedWith(item);
		const one = index === undefined ? undefined : given[index];
		if (index === undefined || one === undefined) {
			wrongs.push(`paired with no input item: ${clear(item.pairedItem)}`);
			continue;
		}
		accounted.add(index);
		if (isFailure(item)) {
			if (!String(item.json['error']).endsWith(` [item ${index}]`)) {
				wrongs.push(`a failure of item ${index} says: ${clear(item.json['error']).slice(0, 200)}`);
			}
			continue;
		}
		if (one.givesNothing) {
			wrongs.push(`something came of item ${index}, of which a field is set to nothing`);
		}
		wrongs.push(...wrongOutput(item.json, one));
	}
	const failures = [...success, ...failed].filter(isFailure);
	// A row that cannot be read never prevents Get Many from returning the others.
	const isRowOfList = ({ json }: INodeExecutionData) =>
		operation === 'list' &&
		/^A conversion(?: of .+)? cannot be read: /s.test(String(json['error']));
	if (onError === 'stopWorkflow' && !failures.every(isRowOfList)) {
		wrongs.push('went on for all On Error says stop');
	}
	if (onError === 'continueErrorOutput' && success.some(isFailure)) {
		wrongs.push('a failure came out by the success branch');
	}
	if (failed.some((item) => !isFailure(item)))
		wrongs.push('a success came out by the error branch');
	const mayBeNone = operation === 'list' || operation === undefined;
	for (const [index, { givesNothing }] of given.entries()) {
		if (!accounted.has(index) && !(mayBeNone && !givesNothing)) {
			wrongs.push(`nothing came of item ${index}`);
		}
	}
	return wrongs;
}

/** A failed item has two keys; on the error branch, n8n adds those of the input item. */
function isFailure({ json }: INodeExecutionData): boolean {
	const { error, message } = json;
	return typeof error === 'string' && typeof message === 'string' && / \[item \d+\]$/.test(error);
}

function pairedWith({ pairedItem }: INodeExecutionData): number | undefined {
	if (typeof pairedItem === 'number') return pairedItem;
	return typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : undefined;
}

function wrongOutput(json: IDataObject, { simplify, dryRun }: Given): string[] {
	const isSimple = simplify === undefined || simplify === true || simplify === 'true';
	const odd = isSimple ? Object.keys(json).filter((key) => !SIMPLE.has(key)) : [];
	const amounts = isSimple ? [json['amount'], json['commission']] : [];
	const isNone = amounts.some((amount) => amount !== undefined && !Number.isFinite(amount));
	const isDry = dryRun === true || dryRun === 'true';
	return [
		...odd.map((key) => `a simplified item with ${key}`),
		...(isNone ? [`an amount that is none: ${clear(json)}`] : []),
		...(isDry && json['changed'] === true ? ['a dry run that says it changed something'] : []),
	];
}

function secretsIn({ outcome, secrets }: Judged): string[] {
	const found = textsOf(outcome).find((text) => secrets.some((secret) => text.includes(secret)));
	return found === undefined ? [] : [`the token is in: ${found.slice(0, 400)}`];
}

/** All texts of a run, at any depth. Not recursive, because some answers are deeper than the stack. */
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

/** Writes that must not have been sent, and items that report a write that was not sent. */
function wrongWrites(judged: Judged): string[] {
	const { outcome, operation, onError, given } = judged;
	const posts = postsOf(judged);
	const wrongs: string[] = [];
	if (!WRITING.includes(String(operation)) && posts.length > 0) {
		wrongs.push('an operation that reads has written');
	}
	const { stopped } = outcome;
	if (onError === 'stopWorkflow' && posts.length > 0) {
		if (given.some(isUnusable)) wrongs.push('wrote although an item cannot be used');
		if (stopped && !PROGRESS.test(String(stopped.description))) {
			wrongs.push(`wrote, and does not say how far it came: ${clear(stopped)}`);
		}
	}
	const written = new Set(posts.map(({ body }) => (isRow(body) ? body['id'] : undefined)));
	for (const { json } of outcome.success) {
		if (json['changed'] === true && !written.has(String(json['id']).toLowerCase())) {
			wrongs.push(`reports a write that was never sent: ${clear(json)}`);
		}
	}
	return wrongs;
}

/** Writes that were sent again without a look-up in between, although the first may have been carried out. */
function sentAgainUnseen({ requests, statuses }: Judged): string[] {
	const last = new Map<string, number>();
	return requests.flatMap((request, at) => {
		if (request.method !== 'POST') return [];
		const key = clear([request.path, request.body]);
		const before = last.get(key);
		last.set(key, at);
		const earlier = before === undefined ? undefined : requests[before];
		if (before === undefined || earlier === undefined || statuses.get(earlier) === 429) return [];
		const isSeen = requests.slice(before, at).some(({ method }) => method === 'GET');
		return isSeen ? [] : [`sent again without a look: ${key}`];
	});
}
