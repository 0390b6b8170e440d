import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { type Respond, serverForTests } from './server';
import { writesTo } from './reconciling';
import { CALLS, conversion, idOf, refusal, SHOES, shop } from './shop';
import { troubled } from './trouble';

const affilae = serverForTests();

const BY_ORDER: INodeParameters = {
	conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
};
const BY_ID: INodeParameters = {
	conversion: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
	program: { __rl: true, mode: 'id', value: SHOES.id },
};
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
	{ by: 'conversion ID', named: BY_ID },
];
const CASES = WRITES.flatMap((write) => NAMES.map((name) => ({ ...write, ...name })));
const MODES = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

async function run(
	operation: string,
	parameters: INodeParameters,
	items: EngineRun['items'],
	onError: (typeof MODES)[number],
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, ...parameters },
		items,
		credential: affilae.credential,
		settings: { onError, retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
	});
}

function item(number: number): EngineRun['items'][number] {
	return { order: String(1000 + number), id: idOf(number) };
}

function timesWritten(number: number): number {
	return affilae.writes.filter(({ body }) => JSON.stringify(body).includes(idOf(number))).length;
}

/** Answers as the shop does, but refuses writes to one conversion, as often as told. */
function refusingWrites(answer: Respond, number: number, times: number): Respond {
	let left = times;
	return (request) => {
		const isMeant =
			request.method === 'POST' && JSON.stringify(request.body).includes(idOf(number));
		if (!isMeant || left === 0) return answer(request);
		left -= 1;
		return refusal(400, 'The month is closed');
	};
}

describe.each(CASES)('$operation by $by with Retry On Fail', (tried) => {
	const { operation, parameters, named, outcome } = tried;
	const write = { ...parameters, ...named };

	test.each(MODES)(
		'repeats no write that was done before another item’s write was refused (On Error: %s)',
		async (onError) => {
			affilae.respond = refusingWrites(
				shop([conversion(1), conversion(2), conversion(3)]),
				2,
				Infinity,
			);
			await run(operation, write, [item(1), item(2), item(3)], onError);
			expect(timesWritten(1)).toBe(1);
			// Under way at the same time as the refused one, or not begun at all.
			if (onError === 'stopWorkflow') expect(timesWritten(3)).toBeLessThanOrEqual(1);
			else expect(timesWritten(3)).toBe(1);
		},
	);

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'repeats no write where the first item fails, which makes n8n run all of them again (On Error: %s)',
		async (onError) => {
			affilae.respond = refusingWrites(
				shop([conversion(1), conversion(2), conversion(3)]),
				1,
				Infinity,
			);
			const { success, failed } = await run(operation, write, [item(1), item(2), item(3)], onError);
			expect([timesWritten(2), timesWritten(3)]).toEqual([1, 1]);
			// What was done in an earlier try is still told as done.
			const done = [...success, ...failed].filter(({ json }) => json['error'] === undefined);
			expect(done.map(({ json, pairedItem }) => [json['id'], json['outcome'], pairedItem])).toEqual(
				[
					[idOf(2), outcome, { item: 1 }],
					[idOf(3), outcome, { item: 2 }],
				],
			);
		},
	);

	test('a later try does what the first could not, and only that', async () => {
		affilae.respond = refusingWrites(shop([conversion(1), conversion(2), conversion(3)]), 2, 1);
		const { stopped, success } = await run(
			operation,
			write,
			[item(1), item(2), item(3)],
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

	test('an item done in an earlier try does not fail for being done, where If Already Processed is Fail', async () => {
		affilae.respond = refusingWrites(shop([conversion(1), conversion(2)]), 2, 1);
		const { stopped, success } = await run(
			operation,
			{ ...write, options: { ifAlreadyProcessed: 'fail' } },
			[item(1), item(2)],
			'stopWorkflow',
		);
		expect(stopped).toBeUndefined();
		expect(success.map(({ json }) => json['outcome'])).toEqual([outcome, outcome]);
		expect([1, 2].map(timesWritten)).toEqual([1, 2]);
	});
});

describe.each(NAMES)('reconcile by $by in two calls, with Retry On Fail', ({ named }) => {
	const LESS = { ...named, reason: 'Returned', keptAmount: 60, settled: true };

	/** The shop, refusing so many times to accept conversion 2. */
	function acceptingLate(times: number): Respond {
		return troubled(shop([conversion(1), conversion(2), conversion(3)]), {
			path: CALLS.accept,
			about: idOf(2),
			times,
			reply: refusal(400, 'The month is closed'),
		});
	}

	function pathsTo(number: number): string[] {
		return writesTo(number, affilae.writes).map(({ path }) => path);
	}

	test.each(MODES)(
		'a later try makes the call that is missing, and what is done stays done once (On Error: %s)',
		async (onError) => {
			affilae.respond = acceptingLate(1);
			// First, so that n8n takes its failure for that of the whole run in every mode but one.
			const items = [item(2), item(1), item(3)];
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

	test('after the last try, an item is half done and says so, and no call of it is sent twice but the refused one', async () => {
		affilae.respond = acceptingLate(Infinity);
		const { stopped } = await run('reconcile', LESS, [item(1), item(2)], 'stopWorkflow');
		expect(pathsTo(1)).toEqual([CALLS.update, CALLS.accept]);
		expect(pathsTo(2)).toEqual([CALLS.update, CALLS.accept, CALLS.accept, CALLS.accept]);
		expect(stopped?.message).toMatch(/The month is closed.*\[item 1\]/s);
	});
});

test('without Retry On Fail a second run of the node leaves what is done unchanged', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const again = async () =>
		await runNode({
			parameters: { operation: 'accept', ...BY_ORDER },
			items: [item(1), item(2)],
			credential: affilae.credential,
		});
	await again();
	const { success } = await again();
	expect(success.map(({ json }) => json['outcome'])).toEqual(['unchanged', 'unchanged']);
	expect([1, 2].map(timesWritten)).toEqual([1, 1]);
});

test('reading again with Retry On Fail gives each item once', async () => {
	const answer = shop([conversion(1), conversion(2)]);
	let isFirst = true;
	affilae.respond = (request) => {
		if (!isFirst || request.path !== CALLS.info) return answer(request);
		isFirst = false;
		return refusal(400, 'Not now');
	};
	const { success } = await run('info', BY_ORDER, [item(1), item(2)], 'stopWorkflow');
	expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
		[idOf(1), { item: 0 }],
		[idOf(2), { item: 1 }],
	]);
});

test.each(['info', 'accept', 'reconcile'])(
	'with an error branch, a first item that fails does not make n8n run %s again for the others',
	async (operation) => {
		affilae.respond = shop([conversion(2), conversion(3)]);
		const { success, failed } = await run(
			operation,
			{ ...BY_ORDER, ...(operation === 'reconcile' ? { keptAmount: 84.9, settled: true } : {}) },
			[{ order: 'none' }, item(2), item(3)],
			'continueErrorOutput',
		);
		expect(success.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 2 }]);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
		expect(affilae.reads.map(({ query }) => query['externalId']).sort()).toEqual([
			'1002',
			'1003',
			'none',
		]);
	},
);
