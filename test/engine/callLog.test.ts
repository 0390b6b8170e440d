import { describe, expect, test } from '@jest/globals';
import { sleep, type INodeExecutionData, type INodeParameters } from 'n8n-workflow';
import { isWireObject, type WireObject } from '../../nodes/AffilaeConversions/domain/conversion';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { DETAILS_ON_ERROR_BRANCH } from './errorBranch';
import { inProgram, named } from './locators';
import { MODES, REASON } from './reconciling';
import { MARK, type Received, serverForTests } from './server';
import { CALLS, conversion, idOf, refusal, SHOES, shop } from './shop';
import { troubled } from './trouble';

const affilae = serverForTests();

const BY_ORDER = named('externalId', '={{ $json.order }}');
const BY_ID = { ...named('id', '={{ $json.id }}'), ...inProgram(SHOES.id) };
const LOGGED = { includeCallLog: true };
const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

const INFO = { operation: 'info', parameters: {}, writes: [] };
/** Each write with the calls that it makes for a conversion, one after the other. */
const WRITES = [
	{ operation: 'accept', parameters: {}, writes: [CALLS.accept] },
	{ operation: 'refuse', parameters: { reason: REASON }, writes: [CALLS.refuse] },
	{ operation: 'update', parameters: { reason: REASON, amount: 60 }, writes: [CALLS.update] },
	{
		operation: 'reconcile',
		parameters: { reason: REASON, keptAmount: 60, settled: true },
		writes: [CALLS.update, CALLS.accept],
	},
];

async function run(
	operation: string,
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, options: LOGGED, ...parameters },
		items,
		credential: affilae.credential,
		settings,
	});
}

function item(number: number): EngineRun['items'][number] {
	return { order: String(1000 + number), id: idOf(number), customer: `C-${number}` };
}

/** The calls that stand with an item; undefined where it has no such list. */
function callsIn(output: INodeExecutionData | undefined): WireObject[] | undefined {
	const { json = {} } = output ?? {};
	const holder = [json['details'], json[DETAILS_ON_ERROR_BRANCH]].find(isWireObject) ?? json;
	const calls: unknown = holder['calls'];
	return Array.isArray(calls) ? calls.filter(isWireObject) : undefined;
}

/** What there is to say of each call but its times, in their order. */
function namesIn(output: INodeExecutionData | undefined): string[] | undefined {
	return callsIn(output)?.map(({ method, path, status, attempts }) =>
		called(method, path, status, attempts),
	);
}

function called(method: unknown, path: unknown, status: unknown, attempts: unknown): string {
	return [method, path, status, attempts].map(String).join(' ');
}

function got(path: string, status: number | null = 200, attempts = 1): string {
	return called('GET', path, status, attempts);
}

function posted(path: string, status = 200, attempts = 1): string {
	return called('POST', path, status, attempts);
}

/** How often each path was called, by the logs of all items. */
function attemptsByPath(outputs: readonly INodeExecutionData[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { path, attempts } of outputs.flatMap((output) => callsIn(output) ?? [])) {
		counts[String(path)] = (counts[String(path)] ?? 0) + Number(attempts);
	}
	return counts;
}

function receivedByPath(requests: readonly Received[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { path } of requests) counts[path] = (counts[path] ?? 0) + 1;
	return counts;
}

describe.each([INFO, ...WRITES])('$operation', ({ operation, parameters, writes }) => {
	test('tells of each item the calls that were made for it, in their order, and no others', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [item(1), item(2)]);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		for (const output of success) {
			expect(namesIn(output)).toEqual([got(CALLS.info), ...writes.map((path) => posted(path))]);
		}
		expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
	});

	test('tells when each call left, how long it took, and nothing of whom it was about', async () => {
		const answer = shop([conversion(1), conversion(2)]);
		affilae.respond = async (request) => {
			await sleep(30);
			return answer(request);
		};
		const since = Date.now();
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [item(1), item(2)]);
		const until = Date.now();
		const calls = success.flatMap((output) => callsIn(output) ?? []);
		expect(calls).toHaveLength(2 + 2 * writes.length);
		for (const call of calls) {
			expect(Object.keys(call)).toEqual([
				'at',
				'method',
				'path',
				'status',
				'milliseconds',
				'attempts',
			]);
			const { at, milliseconds } = call;
			expect(new Date(String(at)).toISOString()).toBe(at);
			expect(Date.parse(String(at))).toBeGreaterThanOrEqual(since);
			expect(milliseconds).toBeGreaterThanOrEqual(29);
			expect(Date.parse(String(at)) + Number(milliseconds)).toBeLessThanOrEqual(until);
		}
		const text = JSON.stringify(calls);
		for (const secret of [MARK, '1001', '1002', 'C-1', 'C-2', idOf(1), SHOES.id, REASON]) {
			expect(text).not.toContain(secret);
		}
	});

	test('counts how often a call was sent until it was answered well', async () => {
		const [first = CALLS.info] = writes;
		affilae.respond = troubled(
			shop([conversion(1), conversion(2)]),
			{ path: CALLS.info, about: '"1001"', times: 1, reply: { status: 503 } },
			{
				path: first,
				about: writes.length > 0 ? idOf(2) : '"1002"',
				times: 1,
				reply: refusal(429, 'Slow down'),
			},
		);
		const { success } = await run(operation, { ...parameters, ...BY_ORDER }, [item(1), item(2)]);
		const [, ...laterWrites] = writes;
		expect(namesIn(success[0])).toEqual([
			got(CALLS.info, 200, 2),
			...writes.map((path) => posted(path)),
		]);
		expect(namesIn(success[1])).toEqual(
			writes.length > 0
				? [got(CALLS.info), posted(first, 200, 2), ...laterWrites.map((path) => posted(path))]
				: [got(CALLS.info, 200, 2)],
		);
		expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
	});

	test.each([{}, { includeCallLog: false }])(
		'tells of no call with the options %j',
		async (options) => {
			affilae.respond = shop([conversion(1), conversion(2)]);
			const { success, failed } = await run(
				operation,
				{ ...parameters, ...BY_ORDER, options },
				[item(1), { order: 'none' }, item(2)],
				TO_ERROR_BRANCH,
			);
			expect(success).toHaveLength(2);
			for (const { json } of success) expect(json).not.toHaveProperty('calls');
			expect(failed.map(({ json }) => json[DETAILS_ON_ERROR_BRANCH])).toEqual([
				{ description: expect.any(String) },
			]);
		},
	);

	test('an item that fails has its calls among the details and leaves by the error branch', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const outcome = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[item(1), { order: 'none', note: 'kept' }, item(2)],
			TO_ERROR_BRANCH,
		);
		expect(outcome.success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(outcome.failed).toEqual([
			{
				json: {
					order: 'none',
					note: 'kept',
					error: expect.stringContaining('no conversion'),
					[DETAILS_ON_ERROR_BRANCH]: {
						description: expect.any(String),
						calls: [expect.any(Object)],
					},
				},
				pairedItem: { item: 1 },
			},
		]);
		expect(namesIn(outcome.failed[0])).toEqual([got(CALLS.info)]);
		expect(attemptsByPath([...outcome.success, ...outcome.failed])).toEqual(
			receivedByPath(affilae.requests),
		);
	});

	test('the token is in no log, whatever Affilae answers', async () => {
		affilae.respond = () => refusal(401, `Unknown token ${MARK}`);
		for (const onError of MODES.slice(1)) {
			const { success, failed } = await run(
				operation,
				{ ...parameters, ...BY_ORDER },
				[item(1), item(2)],
				{ onError },
			);
			const outputs = [...success, ...failed];
			expect(outputs.flatMap((output) => namesIn(output) ?? [])).toEqual([got(CALLS.info, 401)]);
			expect(JSON.stringify(outputs)).not.toContain(MARK);
		}
	});
});

describe('calls that served many items', () => {
	const NUMBERS = [1, 2, 3, 4, 5];

	test('stand with the first item, where many orders are read in pages', async () => {
		affilae.respond = shop(NUMBERS.map((number) => conversion(number)));
		const { success } = await run('accept', BY_ORDER, NUMBERS.map(item));
		const [first, ...others] = success;
		const reads = affilae.reads.map(() => got(CALLS.list));
		expect(reads.length).toBeGreaterThan(0);
		expect(namesIn(first)).toEqual([...reads, posted(CALLS.accept)]);
		for (const other of others) expect(namesIn(other)).toEqual([posted(CALLS.accept)]);
	});

	test('stand with the first item, where conversions are looked for by ID', async () => {
		affilae.respond = shop(Array.from({ length: 130 }, (_, index) => conversion(index)));
		const { success } = await run('info', BY_ID, [item(3), item(120)]);
		expect(success.map(namesIn)).toEqual([[got(CALLS.list), got(CALLS.list)], []]);
	});

	test('stand with the first item also where that fails', async () => {
		affilae.respond = shop([conversion(3)]);
		const { success, failed } = await run(
			'info',
			BY_ID,
			[{ id: 'f'.repeat(24) }, item(3)],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(namesIn)).toEqual([[got(CALLS.list)]]);
		expect(success.map(namesIn)).toEqual([[]]);
	});

	test('for one order stand with its first item', async () => {
		affilae.respond = shop([conversion(1), conversion(2)]);
		const { success } = await run('accept', BY_ORDER, [item(1), item(2), item(1)]);
		const both = [got(CALLS.info), posted(CALLS.accept)];
		expect(success.map(namesIn)).toEqual([both, both, []]);
	});

	test('for a customer with several conversions stand with the first of these', async () => {
		affilae.respond = shop([
			conversion(1, { customerId: 'C-1' }),
			conversion(2, { customerId: 'C-1' }),
			conversion(3),
		]);
		const byCustomer = named('customerId', '={{ $json.customer }}');
		const { success } = await run('info', byCustomer, [item(1), item(3)]);
		expect(success.map(namesIn)).toEqual([[got(CALLS.info)], undefined, [got(CALLS.info)]]);
	});
});

test('a write that was refused by ID has its call, and what was read after it, among the details', async () => {
	affilae.respond = troubled(shop([conversion(1), conversion(2)]), {
		path: CALLS.accept,
		about: idOf(2),
		reply: refusal(400, 'The month is closed'),
	});
	const { failed } = await run('accept', BY_ID, [item(1), item(2)], TO_ERROR_BRANCH);
	expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
	expect(namesIn(failed[0])).toEqual([posted(CALLS.accept, 400)]);
});

test('a call that was never answered has no status', async () => {
	affilae.respond = troubled(shop([conversion(1), conversion(2)]), {
		path: CALLS.info,
		about: '"1002"',
		reply: { isCut: true },
	});
	const { failed } = await run(
		'info',
		{ ...BY_ORDER, options: { ...LOGGED, retryForSeconds: 0 } },
		[item(1), item(2)],
		TO_ERROR_BRANCH,
	);
	expect(failed.map(namesIn)).toEqual([[got(CALLS.info, null)]]);
});

test('a dry run has its calls too, all of which read', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const options = { ...LOGGED, dryRun: true };
	const { success } = await run('accept', { ...BY_ORDER, options }, [item(1), item(2)]);
	expect(success.map(namesIn)).toEqual([[got(CALLS.info)], [got(CALLS.info)]]);
});

test('raw output has its calls beside Affilae’s own fields', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const { success } = await run('info', { ...BY_ORDER, simplify: false }, [item(1), item(2)]);
	expect(success.map(({ json }) => json)).toEqual([
		{ ...conversion(1), calls: [expect.any(Object)] },
		{ ...conversion(2), calls: [expect.any(Object)] },
	]);
});

test('a write whose fate was unknown, the look-up after it and the next try all stand with their item', async () => {
	affilae.respond = troubled(shop([conversion(1), conversion(2)]), {
		path: CALLS.accept,
		about: idOf(1),
		times: 1,
		reply: { status: 503 },
	});
	const { success } = await run('accept', BY_ORDER, [item(1), item(2)]);
	expect(namesIn(success[0])).toEqual([
		got(CALLS.info),
		posted(CALLS.accept, 503),
		got(CALLS.info),
		posted(CALLS.accept),
	]);
	expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
});

test.each(WRITES)(
	'a $operation by order that Affilae refuses has its refused call among the details',
	async ({ operation, parameters, writes }) => {
		const [path = ''] = writes;
		affilae.respond = troubled(shop([conversion(1), conversion(2)]), {
			path,
			about: idOf(2),
			reply: refusal(403, 'Not allowed'),
		});
		const { success, failed } = await run(
			operation,
			{ ...parameters, ...BY_ORDER },
			[item(1), item(2)],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(namesIn)).toEqual([[got(CALLS.info), posted(path, 403)]]);
		expect(attemptsByPath([...success, ...failed])).toEqual(receivedByPath(affilae.requests));
	},
);
