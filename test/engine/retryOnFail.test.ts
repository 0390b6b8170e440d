import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import type { EngineOutcome, EngineRun } from './engine';
import { inProgram } from './locators';
import { sale, saleId, type SandboxShop } from './sandboxShop';
import type { Respond } from './server';
import { CALLS, refusal, SHOES } from './shop';
import { troubled } from './trouble';
import { about, BY_ID, BY_ORDER, MODES, writesTo, writeTests } from './writing';

const { affilae, openShop, run: runOnce } = writeTests();

const WRITES = [
	{ operation: 'accept', parameters: {}, outcome: 'accepted' },
	{ operation: 'refuse', parameters: { reason: 'Returned' }, outcome: 'refused' },
	{ operation: 'update', parameters: { reason: 'Returned', amount: 5 }, outcome: 'updated' },
	{
		operation: 'reconcile',
		parameters: { keptAmount: 84.9, settled: true },
		outcome: 'accepted',
	},
];
const NAMES = [
	{ by: 'order ID', named: BY_ORDER },
	{ by: 'conversion ID', named: { ...BY_ID, ...inProgram(SHOES.id) } },
];
const CASES = WRITES.flatMap((write) => NAMES.map((name) => ({ ...write, ...name })));
const SALES = [1, 2, 3].map((number) => sale(number));

async function run(
	operation: string,
	parameters: INodeParameters,
	items: EngineRun['items'],
	onError: (typeof MODES)[number],
): Promise<EngineOutcome> {
	const settings = { onError, retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
	return await runOnce(operation, parameters, items, settings);
}

function timesWritten(number: number): number {
	return writesTo(number, affilae.writes).length;
}

/** The shop, which rejects the first `times` writes to one conversion. */
async function rejectingWrites(number: number, times: number): Promise<SandboxShop> {
	const shop = await openShop(SALES);
	let left = times;
	affilae.respond = (request) => {
		const isMeant =
			request.method === 'POST' && JSON.stringify(request.body).includes(saleId(number));
		if (!isMeant || left === 0) return shop.respond(request);
		left -= 1;
		return refusal(400, 'The month is closed');
	};
	return shop;
}

describe.each(CASES)('$operation by $by with Retry On Fail', (tried) => {
	const { operation, parameters, named, outcome } = tried;
	const write = { ...parameters, ...named };

	test.each(MODES)(
		'repeats no write that was done before another item’s write was rejected (On Error: %s)',
		async (onError) => {
			await rejectingWrites(2, Infinity);
			await run(operation, write, [about(1), about(2), about(3)], onError);
			expect(timesWritten(1)).toBe(1);
			// Sent at the same time as the rejected write, or not at all.
			if (onError === 'stopWorkflow') expect(timesWritten(3)).toBeLessThanOrEqual(1);
			else expect(timesWritten(3)).toBe(1);
		},
	);

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'repeats no write if the first item fails (On Error: %s)',
		async (onError) => {
			await rejectingWrites(1, Infinity);
			const { success, failed } = await run(
				operation,
				write,
				[about(1), about(2), about(3)],
				onError,
			);
			expect([timesWritten(2), timesWritten(3)]).toEqual([1, 1]);
			// What was done in an earlier try is still reported as done.
			const done = [...success, ...failed].filter(({ json }) => json['error'] === undefined);
			expect(done.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem])).toEqual(
				[
					[saleId(2), outcome, { item: 1 }],
					[saleId(3), outcome, { item: 2 }],
				],
			);
		},
	);

	test('sends only the missing write in a later try', async () => {
		await rejectingWrites(2, 1);
		const { stopped, success } = await run(
			operation,
			write,
			[about(1), about(2), about(3)],
			'stopWorkflow',
		);
		expect(stopped).toBeUndefined();
		expect(
			success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]),
		).toEqual([
			[outcome, true, { item: 0 }],
			[outcome, true, { item: 1 }],
			[outcome, true, { item: 2 }],
		]);
		expect([1, 2, 3].map(timesWritten)).toEqual([1, 2, 1]);
	});

	test('does not fail an item that an earlier try has done, even if If Already Processed is Fail', async () => {
		await rejectingWrites(2, 1);
		const { stopped, success } = await run(
			operation,
			{ ...write, options: { ifAlreadyProcessed: 'fail' } },
			[about(1), about(2)],
			'stopWorkflow',
		);
		expect(stopped).toBeUndefined();
		expect(success.map(({ json }) => json['outcome'])).toEqual([outcome, outcome]);
		expect([1, 2].map(timesWritten)).toEqual([1, 2]);
	});
});

describe.each(NAMES)('reconcile by $by in two writes with Retry On Fail', ({ named }) => {
	const LESS = { ...named, reason: 'Returned', keptAmount: 60, settled: true };

	/** The shop, which rejects the first `times` requests to accept conversion 2. */
	async function acceptingLate(times: number): Promise<Respond> {
		const { respond } = await openShop(SALES);
		const reply = refusal(400, 'The month is closed');
		return troubled(respond, { path: CALLS.accept, about: saleId(2), times, reply });
	}

	function pathsTo(number: number): string[] {
		return writesTo(number, affilae.writes).map(({ path }) => path);
	}

	test.each(MODES)(
		'sends only the missing write if there is a later try (On Error: %s)',
		async (onError) => {
			affilae.respond = await acceptingLate(1);
			// Conversion 2 comes first, so that its failure makes n8n try again in every mode but one.
			const items = [about(2), about(1), about(3)];
			const { success, failed, stopped } = await run('reconcile', LESS, items, onError);
			expect(stopped).toBeUndefined();
			expect(pathsTo(1)).toEqual([CALLS.update, CALLS.accept]);
			expect(pathsTo(3)).toEqual([CALLS.update, CALLS.accept]);
			if (onError === 'continueErrorOutput') {
				// With an error branch there is no later try while any item succeeds.
				expect(pathsTo(2)).toEqual([CALLS.update, CALLS.accept]);
				expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
			} else {
				expect(pathsTo(2)).toEqual([CALLS.update, CALLS.accept, CALLS.accept]);
				expect(
					success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]),
				).toEqual([
					['accepted', true, { item: 0 }],
					['accepted', true, { item: 1 }],
					['accepted', true, { item: 2 }],
				]);
				expect(success.map(({ json }) => [json['status'], json['amount']])).toEqual(
					items.map(() => ['accepted', 60]),
				);
			}
		},
	);

	test('reports the rejection after the last try, and repeats only the rejected write', async () => {
		affilae.respond = await acceptingLate(Infinity);
		const { stopped } = await run('reconcile', LESS, [about(1), about(2)], 'stopWorkflow');
		expect(pathsTo(1)).toEqual([CALLS.update, CALLS.accept]);
		expect(pathsTo(2)).toEqual([CALLS.update, CALLS.accept, CALLS.accept, CALLS.accept]);
		expect(stopped?.message).toBe(
			'Order 1002: Affilae rejected the request: "The month is closed" [item 1]',
		);
	});
});

test('a later try of Retry On Fail reports what needs a person, even if an earlier try was done with the conversion', async () => {
	const shop = await openShop(SALES);
	const { store } = shop.sandbox;
	affilae.respond = troubled(shop.respond, {
		path: CALLS.accept,
		about: saleId(2),
		times: 1,
		reply: refusal(400, 'The month is closed'),
		before: () => {
			const entry = store.get(saleId(1));
			if (entry) store.decide(entry, 'refused', 'By hand');
		},
	});
	const parameters = { ...BY_ORDER, keptAmount: 84.9, settled: true };
	const options = { maxConcurrency: 1 };
	const items = [about(1), about(2)];
	const result = await run('reconcile', { ...parameters, options }, items, 'stopWorkflow');
	const told = ({ success }: EngineOutcome) =>
		success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]);
	expect(result.stopped).toBeUndefined();
	expect(told(result)).toEqual([
		['needsAttention', false, { item: 0 }],
		['accepted', true, { item: 1 }],
	]);
	expect([1, 2].map(timesWritten)).toEqual([1, 2]);
	expect(shop.held(1).status).toBe('refused');
});

describe.each(CASES)('$operation by $by whose answer is lost, and whose look-ups fail', (tried) => {
	const { operation, parameters, named, outcome } = tried;

	/** The shop: nothing about conversion 1 is answered for the first write and the look-up after it. */
	async function losing(isKept: boolean): Promise<SandboxShop> {
		const shop = await openShop(SALES);
		let lost = 0;
		affilae.respond = async (request) => {
			const isWrite = request.method === 'POST';
			const isAbout1 = JSON.stringify(request.body ?? {}).includes(saleId(1));
			const isLost = isWrite ? isAbout1 && lost === 0 : lost === 1;
			if (!isLost) return await shop.respond(request);
			lost += 1;
			if (isWrite && isKept) await shop.respond(request);
			return { status: 503 };
		};
		return shop;
	}

	test.each([
		{ what: 'is reported as done by a later try if it was carried out', isKept: true, times: 1 },
		{ what: 'is sent by a later try if it was not carried out', isKept: false, times: 2 },
	])('$what, even if If Already Processed is Fail', async ({ isKept, times }) => {
		const shop = await losing(isKept);
		const options = { retryForSeconds: 0, maxConcurrency: 1, ifAlreadyProcessed: 'fail' };
		const items = [about(2), about(1)];
		const write = { ...parameters, ...named, options };
		const { stopped, success } = await run(operation, write, items, 'stopWorkflow');
		expect(stopped).toBeUndefined();
		expect(success.map(({ json }) => [json['outcome'], json['changed']])).toEqual([
			[outcome, true],
			[outcome, true],
		]);
		expect([1, 2].map(timesWritten)).toEqual([times, 1]);
		expect(shop.held(1).amount).toBe(operation === 'update' ? 500 : 8490);
	});
});

test('a dry item about what an earlier try of Retry On Fail has done has changed nothing itself', async () => {
	await rejectingWrites(2, 1);
	const parameters = { ...BY_ORDER, dryRun: '={{ $json.isDry }}', options: { maxConcurrency: 1 } };
	const items = [
		{ ...about(1), isDry: false },
		{ ...about(1), isDry: true },
		{ ...about(2), isDry: false },
	];
	const { stopped, success } = await run('accept', parameters, items, 'stopWorkflow');
	expect(stopped).toBeUndefined();
	expect(success.map(({ json }) => [json['outcome'], json['changed'], json['dryRun']])).toEqual([
		['accepted', true, undefined],
		['accepted', false, true],
		['accepted', true, undefined],
	]);
	expect([1, 2].map(timesWritten)).toEqual([1, 2]);
});

test('without Retry On Fail a second run of the node leaves what is done unchanged', async () => {
	await openShop(SALES);
	const again = async () => await runOnce('accept', BY_ORDER, [about(1), about(2)]);
	await again();
	const { success } = await again();
	expect(success.map(({ json }) => json['outcome'])).toEqual(['unchanged', 'unchanged']);
	expect([1, 2].map(timesWritten)).toEqual([1, 1]);
});

test('Get with Retry On Fail outputs each item once', async () => {
	const { respond } = await openShop(SALES);
	const reply = refusal(400, 'Not now');
	affilae.respond = troubled(respond, { path: CALLS.list, about: '"1002"', times: 1, reply });
	const { success } = await run('info', BY_ORDER, [about(1), about(2)], 'stopWorkflow');
	expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
		[saleId(1), { item: 0 }],
		[saleId(2), { item: 1 }],
	]);
});

test.each(['info', 'accept', 'reconcile'])(
	'with an error branch, a first item that fails does not make n8n run %s again for the others',
	async (operation) => {
		await openShop([sale(2), sale(3)]);
		const { success, failed } = await run(
			operation,
			{ ...BY_ORDER, ...(operation === 'reconcile' ? { keptAmount: 84.9, settled: true } : {}) },
			[{ order: 'none' }, about(2), about(3)],
			'continueErrorOutput',
		);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 2 }]);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
		const listed = affilae.reads.filter(({ path }) => path === CALLS.list);
		expect(listed.map(({ query }) => query['externalId']).sort()).toEqual(['1002', '1003', 'none']);
	},
);
