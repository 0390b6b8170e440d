import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { INodeExecutionData } from 'n8n-workflow';
import { isWireObject, type WireObject } from '../../nodes/AffilaeConversions/domain/conversion';
import { REASON } from './reconciling';
import { sale, saleId } from './sandboxShop';
import { MARK, type Received } from './server';
import { CALLS, refusal, SHOES } from './shop';
import { troubled } from './trouble';
import { virtualTime } from './virtualTime';
import {
	about,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	CONTINUING,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run: runBare } = writeTests();

afterEach(() => {
	jest.restoreAllMocks();
});

const LOGGED = { includeCallLog: true };
const INFO = { operation: 'info', parameters: {}, writes: [] };
/** Each operation that writes, with its writes for one conversion, in order. */
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
const SALES = [1, 2, 3, 4, 5].map((number) => sale(number));

const run: typeof runBare = async (operation, parameters, items, settings) =>
	await runBare(operation, { options: LOGGED, ...parameters }, items, settings);

/** The calls listed with an item; undefined if it has no such list. */
function callsIn({ json }: INodeExecutionData): WireObject[] | undefined {
	const calls: unknown = json['calls'];
	return Array.isArray(calls) ? calls.filter(isWireObject) : undefined;
}

/** Each call without its times, in order. */
function namesIn(output: INodeExecutionData | undefined): string[] | undefined {
	return (
		output &&
		callsIn(output)?.map(({ method, path, status, attempts }) =>
			called(method, path, status, attempts),
		)
	);
}

/** The same for a failed item, whose message lists its calls as text. */
function namesInText({ json }: INodeExecutionData): string[] {
	const [, log = ''] = String(json['message']).split('\nCalls to Affilae:\n');
	const lines = log.split('\n').filter((line) => line !== '');
	return lines.map((line) => {
		const parts =
			/^\d{4}-\d\d-\d\dT[\d:.]+Z (?<method>[A-Z]+) (?<path>\S+): (?<status>\d+|no answer), \d+ ms(?:, (?<attempts>\d+) attempts)?$/.exec(
				line,
			)?.groups;
		const { method, path, status, attempts = '1' } = parts ?? {};
		return called(method, path, status === 'no answer' ? null : status, attempts);
	});
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

/** How often each call was sent according to the logs of all items. */
function attemptsByPath(outputs: readonly INodeExecutionData[]): Record<string, number> {
	const counts: Record<string, number> = {};
	const names = outputs.flatMap((output) => [
		...(namesIn(output) ?? []),
		...(output.json['error'] === undefined ? [] : namesInText(output)),
	]);
	for (const name of names) {
		const [, path = '', , attempts] = name.split(' ');
		counts[path] = (counts[path] ?? 0) + Number(attempts);
	}
	return counts;
}

function receivedByPath(requests: readonly Received[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { path } of requests) counts[path] = (counts[path] ?? 0) + 1;
	return counts;
}

describe.each([INFO, ...WRITES])(
	'the call log of $operation',
	({ operation, parameters, writes }) => {
		const byOrder = { ...parameters, ...BY_ORDER };

		test('lists the calls that were made for each item, in order, and no others', async () => {
			await openShop(SALES);
			const { success } = await run(operation, byOrder, [about(1), about(2)]);
			expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
			for (const output of success) {
				expect(namesIn(output)).toEqual([got(CALLS.list), ...writes.map((path) => posted(path))]);
			}
			expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
		});

		test('says when each call was sent and how long it took, without IDs, reason or token', async () => {
			await openShop(SALES);
			const since = Date.now();
			const { success } = await run(operation, byOrder, [about(1), about(2)]);
			const until = Date.now();
			const calls = success.flatMap((output) => callsIn(output) ?? []);
			expect(calls).toHaveLength(2 + 2 * writes.length);
			for (const call of calls) {
				const keys = ['at', 'method', 'path', 'status', 'milliseconds', 'attempts'];
				expect(Object.keys(call)).toEqual(keys);
				const { at, milliseconds } = call;
				expect(new Date(String(at)).toISOString()).toBe(at);
				expect(Date.parse(String(at))).toBeGreaterThanOrEqual(since);
				expect(milliseconds).toBeGreaterThanOrEqual(0);
				expect(Date.parse(String(at)) + Number(milliseconds)).toBeLessThanOrEqual(until);
			}
			const text = JSON.stringify(calls);
			for (const secret of [MARK, '1001', '1002', 'C-1', 'C-2', saleId(1), SHOES.id, REASON]) {
				expect(text).not.toContain(secret);
			}
		});

		test('counts the attempts of a read, and lists each attempt of a write separately', async () => {
			virtualTime();
			const [first = CALLS.list] = writes;
			const { respond } = await openShop(SALES);
			affilae.respond = troubled(
				respond,
				{ path: CALLS.list, about: '"1001"', times: 1, reply: { status: 503 } },
				{
					path: first,
					about: writes.length > 0 ? saleId(2) : '"1002"',
					times: 1,
					reply: { ...refusal(429, 'Slow down'), headers: { 'retry-after': '0' } },
				},
			);
			const { success } = await run(operation, byOrder, [about(1), about(2)]);
			const [, ...laterWrites] = writes;
			expect(namesIn(success[0])).toEqual([
				got(CALLS.list, 200, 2),
				...writes.map((path) => posted(path)),
			]);
			expect(namesIn(success[1])).toEqual(
				writes.length > 0
					? [
							got(CALLS.list),
							// Each attempt of a write is listed separately, because a read may come between two.
							posted(first, 429),
							posted(first),
							...laterWrites.map((path) => posted(path)),
						]
					: [got(CALLS.list, 200, 2)],
			);
			expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
		});

		test.each([{}, { includeCallLog: false }])(
			'is left out with the options %j',
			async (options) => {
				await openShop(SALES);
				const items = [about(1), { order: 'none' }, about(2)];
				const { success, failed } = await run(
					operation,
					{ ...byOrder, options },
					items,
					TO_ERROR_BRANCH,
				);
				expect(success).toHaveLength(2);
				for (const { json } of success) expect(json).not.toHaveProperty('calls');
				expect(failed).toHaveLength(1);
				expect(failed[0]?.json['message']).not.toContain('Calls to Affilae');
			},
		);

		test('is included for all items or for none, as the first item says', async () => {
			await openShop(SALES);
			const options = { includeCallLog: '={{ $json.log }}' };
			for (const log of [true, false]) {
				const items = [
					{ ...about(1), log },
					{ ...about(2), log: !log },
				];
				const { success } = await run(operation, { ...byOrder, options }, items, TO_ERROR_BRANCH);
				expect(success.map(({ json }) => 'calls' in json)).toEqual([log, log]);
			}
		});

		test('is text in the message of a failed item, which goes to the error branch', async () => {
			await openShop(SALES);
			const items = [about(1), { order: 'none', note: 'kept' }, about(2)];
			const { success, failed } = await run(operation, byOrder, items, TO_ERROR_BRANCH);
			expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
			expect(failed).toEqual([
				{
					json: {
						order: 'none',
						note: 'kept',
						error: expect.stringContaining('no conversion'),
						message: expect.stringMatching(/^Check that .*\nCalls to Affilae:\n/s),
					},
					pairedItem: { item: 1 },
				},
			]);
			// Get asks the second route before it reports that there is no conversion.
			expect(failed.map(namesInText)).toEqual([
				[got(CALLS.list), ...(operation === 'info' ? [got(CALLS.info)] : [])],
			]);
			expect(attemptsByPath([...success, ...failed])).toEqual(receivedByPath(affilae.requests));
		});

		test.each(CONTINUING)(
			'does not contain the token, even if Affilae repeats it in an error (On Error: %s)',
			async (onError) => {
				affilae.respond = () => refusal(401, `Unknown token ${MARK}`);
				const { success, failed } = await run(operation, byOrder, [about(1), about(2)], {
					onError,
				});
				const outputs = [...success, ...failed];
				expect(outputs).toHaveLength(2);
				expect(JSON.stringify(outputs)).toContain(`GET ${CALLS.list}: 401`);
				expect(JSON.stringify(outputs)).not.toContain(MARK);
			},
		);
	},
);

describe('calls made for several items', () => {
	test('are listed with the first item if orders are read together', async () => {
		await openShop(SALES);
		const options = { ...LOGGED, ordersSince: '2026-09-01' };
		const { success } = await run(
			'accept',
			{ ...BY_ORDER, options },
			SALES.map((_, index) => about(index + 1)),
		);
		const [first, ...others] = success;
		const reads = affilae.reads.map(() => got(CALLS.list));
		expect(reads.length).toBeGreaterThan(0);
		expect(namesIn(first)).toEqual([...reads, posted(CALLS.accept)]);
		expect(others).toHaveLength(4);
		for (const other of others) expect(namesIn(other)).toEqual([posted(CALLS.accept)]);
	});

	test('are listed with the first item if conversions are looked up by ID', async () => {
		await openShop(SALES);
		const { success } = await run('accept', BY_ID, [about(1), about(2)]);
		expect(success.map(namesIn)).toEqual([
			[got(CALLS.list), got(CALLS.list), posted(CALLS.accept)],
			[posted(CALLS.accept)],
		]);
	});

	test('are listed with the first item even if it fails', async () => {
		await openShop(SALES);
		const items = [{ id: 'f'.repeat(24) }, about(3)];
		const { success, failed } = await run('accept', BY_ID, items, TO_ERROR_BRANCH);
		expect(failed.map(namesInText)).toEqual([affilae.reads.map(() => got(CALLS.list))]);
		expect(success.map(namesIn)).toEqual([[posted(CALLS.accept)]]);
	});

	test('are listed with the first item of an order', async () => {
		await openShop(SALES);
		const { success } = await run('accept', BY_ORDER, [about(1), about(2), about(1)]);
		const both = [got(CALLS.list), posted(CALLS.accept)];
		expect(success.map(namesIn)).toEqual([both, both, []]);
	});

	test('are listed with the first conversion of a customer who has several', async () => {
		await openShop([sale(1), sale(2, { customerId: 'C-1' }), sale(3)]);
		const { success } = await run('info', BY_CUSTOMER, [about(1), about(3)]);
		expect(success.map(namesIn)).toEqual([[got(CALLS.list)], undefined, [got(CALLS.list)]]);
	});
});

test('the message of an item whose write is rejected lists the write and the read after it', async () => {
	const { respond } = await openShop(SALES);
	const reply = refusal(400, 'The month is closed');
	affilae.respond = troubled(respond, { path: CALLS.accept, about: saleId(2), reply });
	const { success, failed } = await run('accept', BY_ORDER, [about(1), about(2)], TO_ERROR_BRANCH);
	expect(failed.map(namesInText)).toEqual([
		[got(CALLS.list), posted(CALLS.accept, 400), got(CALLS.list)],
	]);
	expect(attemptsByPath([...success, ...failed])).toEqual(receivedByPath(affilae.requests));
});

test('a call without a response has no status', async () => {
	const { respond } = await openShop(SALES);
	affilae.respond = troubled(respond, {
		path: CALLS.list,
		about: '"1002"',
		reply: { isCut: true },
	});
	const options = { ...LOGGED, retryForSeconds: 0 };
	const items = [about(1), about(2)];
	const { failed } = await run('accept', { ...BY_ORDER, options }, items, TO_ERROR_BRANCH);
	expect(failed.map(namesInText)).toEqual([[got(CALLS.list, null)]]);
});

test('a dry run lists its calls too, which are all reads', async () => {
	await openShop(SALES);
	const { success } = await run('accept', { ...BY_ORDER, dryRun: true }, [about(1), about(2)]);
	expect(success.map(namesIn)).toEqual([[got(CALLS.list)], [got(CALLS.list)]]);
});

test('raw output contains the calls next to Affilae’s own fields', async () => {
	const shop = await openShop(SALES);
	const { success } = await run('info', { ...BY_ORDER, simplify: false }, [about(1), about(2)]);
	expect(success.map(({ json }) => json)).toEqual(
		[1, 2].map((number) => ({ ...shop.held(number), calls: [expect.any(Object)] })),
	);
});

test('a write with an unknown result, the read after it and the retry are all listed with their item', async () => {
	const { respond } = await openShop(SALES);
	const reply = { status: 503 };
	affilae.respond = troubled(respond, { path: CALLS.accept, about: saleId(1), times: 1, reply });
	const { success } = await run('accept', BY_ORDER, [about(1), about(2)]);
	expect(namesIn(success[0])).toEqual([
		got(CALLS.list),
		posted(CALLS.accept, 503),
		got(CALLS.list),
		posted(CALLS.accept),
	]);
	expect(attemptsByPath(success)).toEqual(receivedByPath(affilae.requests));
});

test.each(WRITES)(
	'the message of an item whose $operation is not allowed lists its calls',
	async ({ operation, parameters, writes: [path = ''] }) => {
		const { respond } = await openShop(SALES);
		const reply = refusal(403, 'Not allowed');
		affilae.respond = troubled(respond, { path, about: saleId(2), reply });
		const byOrder = { ...parameters, ...BY_ORDER };
		const { success, failed } = await run(
			operation,
			byOrder,
			[about(1), about(2)],
			TO_ERROR_BRANCH,
		);
		expect(failed.map(namesInText)).toEqual([[got(CALLS.list), posted(path, 403)]]);
		expect(attemptsByPath([...success, ...failed])).toEqual(receivedByPath(affilae.requests));
	},
);
