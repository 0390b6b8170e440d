import { beforeAll, describe, expect, test } from '@jest/globals';
import { sleep, type INodeParameters } from 'n8n-workflow';
import type { EngineOutcome } from '../engine/engine';
import { MARK, type Received } from '../engine/server';
import { CALLS, conversion, idOf, type WireConversion } from '../engine/shop';
import { openHostileServer, type Speak, type Wire } from './hostileServer';
import { wrongsOf, type Judged } from './judge';
import { toItsEnd } from './time';
import { openWatch, type Watch } from './watch';

let watch: Watch;

beforeAll(async () => {
	watch = await openWatch();
});

const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;
const ITEMS = [1, 2, 3, 4, 5].map((number) => ({ order: String(1000 + number) }));
const NOT_BROTLI = 'content-encoding: br';
const BY_ORDER = { conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' } };

function wire(status: number, body: string, headers: readonly string[] = []): Wire {
	const content = new TextEncoder().encode(body);
	const head = [
		`HTTP/1.1 ${status} Whatever`,
		'content-type: application/json',
		`content-length: ${content.length}`,
		'connection: close',
		...headers,
	];
	const bytes = Buffer.concat([new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n`), content]);
	return { kind: 'bytes', bytes };
}

/** A response that never ends. */
function dripping(): Wire {
	const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{';
	return { kind: 'drip', bytes: new TextEncoder().encode(head) };
}

function rows(
	numbers: readonly number[],
	total?: number,
	more: Partial<WireConversion> = {},
): Wire {
	const data = numbers.map((number) => conversion(number, more));
	return wire(200, JSON.stringify({ statusCode: 200, conversions: { total, data } }));
}

function upTo(length: number, first: number): number[] {
	return Array.from({ length }, (_, at) => first + at);
}

/** One run against a server of its own. */
interface Asked {
	speak: Speak;
	operation: string;
	parameters?: INodeParameters;
	onError: Judged['onError'];
	items?: typeof ITEMS;
	cancelWhen?: Promise<unknown>;
}

interface Came extends EngineOutcome {
	requests: readonly Received[];
}

/** Runs the node to its end, and judges the result, unless the run was stopped before. */
async function run(asked: Asked): Promise<Came> {
	const { speak, operation, parameters, onError, items = ITEMS } = asked;
	const affilae = await openHostileServer(speak);
	const outcome = await toItsEnd(
		async (isLate) =>
			await watch.runNode({
				parameters: {
					operation,
					options: { retryForSeconds: 0, timeoutSeconds: 10 },
					...parameters,
				},
				items,
				credential: affilae.credential,
				settings: { onError },
				cancelWhen: asked.cancelWhen ? Promise.race([isLate, asked.cancelWhen]) : isLate,
			}),
	);
	const { requests, mistakes } = affilae;
	expect(mistakes).toEqual([]);
	if (asked.cancelWhen === undefined) {
		const wrongs = wrongsOf({
			operation,
			onError,
			given: items.map(({ order }) => ({ conversion: order })),
			outcome,
			requests,
			answers: [{ after: 0, rows: items.map((_, at) => conversion(at + 1)) }],
			statuses: new Map(),
			told: watch.told,
			secrets: [MARK],
			mayN8nSpeak: false,
		});
		expect(wrongs).toEqual([]);
	}
	return { ...outcome, requests };
}

/** The failures that a run reported. */
function failuresOf({ stopped, success, failed }: EngineOutcome): string[] {
	const items = [...success, ...failed].map(({ json }) => String(json['error']));
	return stopped ? [stopped.message] : items;
}

function failuresDue(onError: Judged['onError'], items: typeof ITEMS, text: RegExp): unknown[] {
	const failure = expect.stringMatching(text);
	return onError === 'stopWorkflow' ? [failure] : items.map(() => failure);
}

const NOT_WHOLE = /returned only \d+ conversions|kept changing while it was read/;

describe.each(ON_ERROR)('a list that has no end (On Error: %s)', (onError) => {
	const all = { operation: 'list', parameters: { returnAll: true }, onError };

	test('is read up to Limit', async () => {
		let number = 0;
		const { success } = await run({
			...all,
			parameters: { limit: 250 },
			speak: () => {
				number += 100;
				return rows(upTo(100, number), number + 1000);
			},
		});
		expect(success).toHaveLength(250 * ITEMS.length);
	});

	test('and repeats the same page is not read forever', async () => {
		const came = await run({ ...all, speak: () => rows(upTo(100, 1), 100_000) });
		expect(came.requests.length).toBeLessThan(50 * ITEMS.length);
		for (const failure of failuresOf(came)) expect(failure).toMatch(NOT_WHOLE);
	});

	test.each([undefined, 100_000])(
		'and alternates between two pages is not read forever (total %s)',
		async (total) => {
			let asked = 0;
			const came = await run({
				...all,
				items: ITEMS.slice(0, 1),
				speak: () => {
					asked += 1;
					return rows(upTo(100, asked % 2 === 0 ? 1 : 101), total);
				},
			});
			expect(came.requests.length).toBeLessThan(50 * 2);
			for (const failure of failuresOf(came)) expect(failure).toMatch(NOT_WHOLE);
		},
	);

	test('and has a total but only empty pages is not read forever', async () => {
		const { requests } = await run({ ...all, speak: () => rows([], 100_000) });
		expect(requests.length).toBeLessThan(50 * ITEMS.length);
	});

	test('is not read further once a person stops the execution', async () => {
		let number = 0;
		let enough = (): void => undefined;
		const isEnough = new Promise<void>((resolve) => {
			enough = resolve;
		});
		const { run: ended, requests } = await run({
			...all,
			cancelWhen: isEnough,
			speak: () => {
				number += 100;
				if (number === 2000) enough();
				return rows(upTo(100, number), number + 1000);
			},
		});
		expect(ended.status).toBe('canceled');
		await sleep(200);
		const left = requests.length;
		expect(left).toBeLessThan(80);
		await sleep(100);
		expect(requests).toHaveLength(left);
	});
});

/** Runs it in each of the three ways to go on, at the same time: calls that are never answered take their time. */
async function runInEach(asked: Omit<Asked, 'onError'>): Promise<Array<[Judged['onError'], Came]>> {
	watch.told.clear();
	return await Promise.all(
		ON_ERROR.map(
			async (onError): Promise<[Judged['onError'], Came]> => [
				onError,
				await run({ ...asked, onError }),
			],
		),
	);
}

describe('a server without a usable response', () => {
	const LATE = /Affilae did not respond within 1 s/;
	const BROKEN_OFF = /The connection to Affilae was interrupted|did not respond within 1 s/;
	const SHORT = { retryForSeconds: 0, timeoutSeconds: 1 };
	const accept = { operation: 'accept', parameters: { ...BY_ORDER, options: SHORT } };

	test.each([
		{ does: 'never responds', answer: { kind: 'silence' } as const, what: LATE },
		{ does: 'sends its response byte by byte forever', answer: dripping(), what: LATE },
		{
			does: 'declares its response as compressed, which it is not',
			answer: wire(200, '{}', [NOT_BROTLI]),
			what: BROKEN_OFF,
		},
	])('that $does costs an item at most its timeout', async ({ answer, what }) => {
		const items = ITEMS.slice(0, 2);
		for (const [onError, came] of await runInEach({ ...accept, items, speak: () => answer })) {
			expect(failuresOf(came)).toEqual(failuresDue(onError, items, what));
			expect(came.requests).toHaveLength(items.length);
		}
	});

	test('that sends its response to a write byte by byte: the conversion is looked up before the write is sent again', async () => {
		const items = ITEMS.slice(0, 2);
		const speak = (): Speak => {
			const accepted = new Set<string>();
			return ({ path, query, body }) => {
				if (path === CALLS.accept) {
					accepted.add(JSON.stringify(body));
					return dripping();
				}
				const number = Number(query['externalId']) - 1000;
				const isAccepted = [...accepted].some((text) => text.includes(idOf(number)));
				return rows([number], 1, { status: isAccepted ? 'accepted' : 'pending' });
			};
		};
		const parameters = { ...BY_ORDER, options: { timeoutSeconds: 1 } };
		const runs = ON_ERROR.map(
			async (onError) =>
				await run({ operation: 'accept', parameters, items, onError, speak: speak() }),
		);
		for (const { success, requests } of await Promise.all(runs)) {
			expect(success.map(({ json }) => [json['outcome'], json['changed']])).toEqual(
				items.map(() => ['accepted', true]),
			);
			expect(requests.filter(({ path }) => path === CALLS.accept)).toHaveLength(2);
		}
	});

	test('that sends its response byte by byte does not delay the end once a person stops the execution', async () => {
		const parameters = { ...BY_ORDER, options: { retryForSeconds: 0, timeoutSeconds: 3600 } };
		const asked = { operation: 'accept', parameters, speak: dripping, cancelWhen: sleep(200) };
		for (const [, { run: ended }] of await runInEach(asked)) {
			expect(ended.status).toBe('canceled');
		}
	});

	test.each(['info', 'accept', 'list'])(
		'that asks %s to wait for years does not delay the run',
		async (operation) => {
			const speak = () => wire(429, '{}', ['retry-after: 99999999']);
			const asked = { operation, parameters: { ...BY_ORDER, options: SHORT }, speak };
			for (const [onError, came] of await runInEach(asked)) {
				expect(failuresOf(came)).toEqual(
					failuresDue(onError, ITEMS, /asked to slow down|rate limit requires a wait of \d s/),
				);
				// None is sent again: the others leave after a pause that is shorter than queueing may be.
				expect(came.requests.length).toBeLessThanOrEqual(ITEMS.length);
			}
		},
	);

	test('that nests its response deeper than the stack is still read', async () => {
		const depth = 20_000;
		const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
		const row = JSON.stringify(conversion(1)).replace('{', `{"extra":${nested},`);
		const speak = () => wire(200, `{"conversions":{"total":1,"data":[${row}]}}`);
		for (const operation of ['list', 'info']) {
			const items = [{ order: '1001' }];
			for (const [, { success }] of await runInEach({
				operation,
				parameters: BY_ORDER,
				items,
				speak,
			})) {
				expect(success.map(({ json }) => json['id'])).toEqual([idOf(1)]);
			}
		}
	});
});
