import { beforeAll, describe, expect, test } from '@jest/globals';
import { sleep, type INodeParameters } from 'n8n-workflow';
import { MARK } from '../engine/server';
import { CALLS, conversion, idOf, type WireConversion } from '../engine/shop';
import { hostileServerForTests, type Wire } from './hostileServer';
import { wrongsOf, type Judged } from './judge';
import { withinTime } from './time';
import { openWatch, type Watch } from './watch';

const affilae = hostileServerForTests();
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

/** An answer that never comes to its end. */
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

async function run(
	operation: string,
	parameters: INodeParameters,
	onError: Judged['onError'],
	items: typeof ITEMS = ITEMS,
	cancelAfter?: () => Promise<void>,
) {
	watch.told.clear();
	affilae.requests.length = 0;
	const outcome = await withinTime(
		async (cancelWhen) =>
			await watch.runNode({
				parameters: {
					operation,
					options: { retryForSeconds: 0, timeoutSeconds: 10 },
					...parameters,
				},
				items,
				credential: { token: MARK, environment: 'custom', baseUrl: affilae.url },
				settings: { onError },
				cancelWhen: cancelAfter ? Promise.race([cancelWhen, cancelAfter()]) : cancelWhen,
			}),
	);
	expect(affilae.mistakes).toEqual([]);
	return outcome;
}

async function judged(
	operation: string,
	parameters: INodeParameters,
	onError: Judged['onError'],
	items: typeof ITEMS = ITEMS,
) {
	const outcome = await run(operation, parameters, onError, items);
	const given = items.map(({ order }) => ({ conversion: order, program: '' }));
	const wrongs = wrongsOf({
		operation,
		onError,
		given,
		outcome,
		requests: affilae.requests,
		shown: [],
		told: watch.told,
		secrets: [MARK],
		mayN8nSpeak: false,
	});
	expect(wrongs).toEqual([]);
	return outcome;
}

describe.each(ON_ERROR)('a list that has no end (On Error: %s)', (onError) => {
	test('is read as far as Limit says', async () => {
		let number = 0;
		affilae.speak = () => {
			number += 100;
			return rows(upTo(100, number), number + 1000);
		};
		const { success } = await judged('list', { limit: 250 }, onError);
		expect(success).toHaveLength(250 * ITEMS.length);
	});

	test('and gives the same page over and over is not read over and over', async () => {
		affilae.speak = () => rows(upTo(100, 1), 100_000);
		await judged('list', { returnAll: true }, onError);
		expect(affilae.requests.length).toBeLessThan(50 * ITEMS.length);
	});

	test.each([undefined, 100_000])(
		'and gives two pages in turn is left (total %s)',
		async (total) => {
			let asked = 0;
			affilae.speak = () => {
				asked += 1;
				return rows(upTo(100, asked % 2 === 0 ? 1 : 101), total);
			};
			await judged('list', { returnAll: true }, onError);
			expect(affilae.requests.length).toBeLessThan(50 * ITEMS.length);
		},
	);

	test('and gives empty pages of a total is left', async () => {
		affilae.speak = () => rows([], 100_000);
		await judged('list', { returnAll: true }, onError);
		expect(affilae.requests.length).toBeLessThan(50 * ITEMS.length);
	});

	test('is read no further once a person stops the execution', async () => {
		let number = 0;
		let enough = (): void => undefined;
		const isEnough = new Promise<void>((resolve) => {
			enough = resolve;
		});
		affilae.speak = () => {
			number += 100;
			if (number === 2000) enough();
			return rows(upTo(100, number), number + 1000);
		};
		await run('list', { returnAll: true }, onError, ITEMS, async () => await isEnough);
		await sleep(200);
		const left = affilae.requests.length;
		expect(left).toBeLessThan(40);
		await sleep(100);
		expect(affilae.requests).toHaveLength(left);
	});
});

describe.each(ON_ERROR)('a server that gives nothing to go on (On Error: %s)', (onError) => {
	test('and never answers costs an item its timeout', async () => {
		affilae.speak = () => ({ kind: 'silence' });
		const options = { retryForSeconds: 0, timeoutSeconds: 1 };
		await judged('accept', { ...BY_ORDER, options }, onError, ITEMS.slice(0, 1));
		expect(affilae.requests).toHaveLength(1);
	});

	test.each([
		{ what: 'drips its answer for ever', answer: dripping() },
		{ what: 'calls its answer compressed, which it is not', answer: wire(200, '{}', [NOT_BROTLI]) },
	])('and $what is waited for no longer than Timeout says', async ({ answer }) => {
		affilae.speak = () => answer;
		const options = { retryForSeconds: 0, timeoutSeconds: 1 };
		const startedAt = performance.now();
		await judged('accept', { ...BY_ORDER, options }, onError, ITEMS.slice(0, 2));
		expect(performance.now() - startedAt).toBeLessThan(8000);
		expect(affilae.requests).toHaveLength(2);
	});

	test('and drips its answer to a write: that is looked up before it is sent again', async () => {
		const accepted = new Set<string>();
		affilae.speak = ({ path, query, body }) => {
			if (path === CALLS.accept) {
				accepted.add(JSON.stringify(body));
				return dripping();
			}
			const number = Number(query['externalId']) - 1000;
			const isAccepted = [...accepted].some((text) => text.includes(idOf(number)));
			return rows([number], 1, { status: isAccepted ? 'accepted' : 'pending' });
		};
		const options = { timeoutSeconds: 1 };
		const items = ITEMS.slice(0, 2);
		const { success } = await run('accept', { ...BY_ORDER, options }, onError, items);
		expect(success.map(({ json }) => [json['outcome'], json['changed']])).toEqual(
			items.map(() => ['accepted', true]),
		);
		expect(affilae.requests.filter(({ path }) => path === CALLS.accept)).toHaveLength(2);
	});

	test('and drips its answer is not waited for once a person stops the execution', async () => {
		affilae.speak = () => dripping();
		const startedAt = performance.now();
		await run('accept', BY_ORDER, onError, ITEMS, async () => await sleep(200));
		expect(performance.now() - startedAt).toBeLessThan(3000);
	});

	test.each(['info', 'accept', 'list'])(
		'and asks %s to wait for years is not waited for',
		async (operation) => {
			affilae.speak = () => wire(429, '{}', ['retry-after: 99999999']);
			const { stopped, success, failed } = await judged(operation, BY_ORDER, onError);
			const texts = [stopped?.message, ...[...success, ...failed].map(({ json }) => json['error'])];
			expect(texts.join()).toContain('429');
		},
	);

	test('and nests its answer deeper than the stack is read all the same', async () => {
		const depth = 20_000;
		const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
		const row = JSON.stringify(conversion(1)).replace('{', `{"extra":${nested},`);
		affilae.speak = ({ path }) =>
			wire(200, `{"conversions":{"total":1,"data":[${path === CALLS.list ? row : ''}]}}`);
		const { success } = await judged('list', {}, onError);
		expect(success).toHaveLength(ITEMS.length);
	});
});
