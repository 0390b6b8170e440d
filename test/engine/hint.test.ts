import { describe, expect, test } from '@jest/globals';
import type { NodeExecutionHint } from 'n8n-workflow';
import type { EngineOutcome } from './engine';
import { REASON, RECONCILE } from './reconciling';
import { LIGHTING, LOCKED, sale, UNLOCKED } from './sandboxShop';
import { refusal } from './shop';
import { troubled } from './trouble';
import { about, accepting, ALL_WRITES, BY_ID, BY_ORDER, CONTINUING, writeTests } from './writing';

const { affilae, openShop, run } = writeTests();

/** The hints that n8n stores with the node's run, which the editor shows. */
function hintsOf({ task }: EngineOutcome): NodeExecutionHint[] | undefined {
	return task?.hints;
}

function hint(type: 'info' | 'warning', message: string): NodeExecutionHint[] {
	return [{ type, message, location: 'outputPane' }];
}

function calls(): string {
	const { length } = affilae.requests;
	return `${length} ${length === 1 ? 'call' : 'calls'} to Affilae.`;
}

function kept(number: number, amount: number | string, settled = true) {
	return { ...about(number), kept: amount, settled, reason: REASON };
}

function noneOf(orders: number): string {
	return `None of the ${orders} orders has a conversion: is this the order ID that your shop’s tracking sends to Affilae?`;
}

const PARAMETERS = { ...RECONCILE, ...BY_ORDER };
const SALES = [1, 2, 3, 4, 5, 6].map((number) => sale(number));

test('the hint counts the outcomes of the run and its calls to Affilae', async () => {
	await openShop(SALES);
	const result = await run('reconcile', PARAMETERS, [
		kept(1, 84.9),
		kept(2, 60),
		kept(3, 0),
		kept(4, 60, false),
		kept(5, 84.9, false),
	]);
	expect(result.success).toHaveLength(5);
	expect(hintsOf(result)).toEqual(
		hint('info', `2 accepted, 1 refused, 1 updated, 1 unchanged. ${calls()}`),
	);
});

test('the hint counts conversions, not orders, and how many were not found', async () => {
	await openShop([sale(1), sale(2), sale(11, { externalId: '1001', rule: LIGHTING.name })]);
	const parameters = { ...BY_ORDER, options: { ifNotFound: 'succeed' } };
	const result = await run('accept', parameters, [about(1), about(2), { order: 'none' }]);
	expect(hintsOf(result)).toEqual(hint('info', `3 accepted, 1 not found. ${calls()}`));
});

test.each([
	{ items: [kept(1, 0), kept(2, 84.9)], words: '1 accepted, 1 needs attention' },
	{ items: [kept(1, 0), kept(3, 60)], words: '2 need attention' },
])('the hint is a warning if a conversion needs attention: $words', async ({ items, words }) => {
	await openShop([
		sale(1, { status: 'accepted', ...LOCKED }),
		sale(2),
		sale(3, { status: 'refused', ...UNLOCKED }),
	]);
	const result = await run('reconcile', PARAMETERS, items);
	expect(hintsOf(result)).toEqual(hint('warning', `${words}. ${calls()}`));
});

test.each(CONTINUING)('the hint is a warning if items fail (On Error: %s)', async (onError) => {
	await openShop([sale(1)]);
	const one = await run('accept', BY_ORDER, [{ order: 'none' }, about(1)], { onError });
	expect(hintsOf(one)).toEqual(hint('warning', `1 accepted, 1 item failed. ${calls()}`));

	affilae.forget();
	const none = await run('accept', BY_ORDER, [{ order: 'a' }, { order: 'b' }], { onError });
	expect(hintsOf(none)).toEqual(
		hint('warning', `0 conversions, 2 items failed. ${noneOf(2)} ${calls()}`),
	);
});

test('the hint of a dry run says that nothing was sent, and what would be done', async () => {
	await openShop(SALES);
	const parameters = { ...PARAMETERS, dryRun: true };
	const result = await run('reconcile', parameters, [kept(1, 60), kept(2, 0)]);
	expect(hintsOf(result)).toEqual(
		hint(
			'info',
			'Dry run, nothing was sent. It would be: 1 accepted, 1 refused. 2 calls to Affilae.',
		),
	);
});

test('the hint of a dry run is a warning if a conversion would need attention', async () => {
	await openShop([sale(1, { status: 'accepted', ...UNLOCKED }), sale(2)]);
	const parameters = { ...PARAMETERS, dryRun: true };
	const result = await run('reconcile', parameters, [kept(1, 60), kept(2, 0)]);
	expect(hintsOf(result)).toEqual(
		hint(
			'warning',
			'Dry run, nothing was sent. It would be: 1 refused, 1 needs attention. 2 calls to Affilae.',
		),
	);
});

test('if only some items are dry runs, the hint says for how many nothing was sent', async () => {
	await openShop(SALES);
	const parameters = { ...PARAMETERS, dryRun: '={{ $json.order === "1001" }}' };
	const result = await run('reconcile', parameters, [kept(1, 84.9), kept(2, 84.9), kept(3, 84.9)]);
	expect(affilae.writes).toHaveLength(2);
	expect(hintsOf(result)).toEqual(
		hint('info', `3 accepted. 1 of these was a dry run, for which nothing was sent. ${calls()}`),
	);
});

test('the hint of Get Many says how many conversions it returned, with a thousands separator', async () => {
	await openShop(Array.from({ length: 1234 }, (_, index) => sale(index)));
	const many = await run('list', { returnAll: true }, [{}]);
	expect(many.success).toHaveLength(1234);
	expect(hintsOf(many)).toEqual(hint('info', `1,234 conversions. ${calls()}`));

	affilae.forget();
	const one = await run('list', { limit: 1 }, [{}]);
	expect(hintsOf(one)).toEqual(hint('info', '1 conversion. 1 call to Affilae.'));
});

test('the hint of each run counts only the calls of that run', async () => {
	await openShop(SALES);
	for (const words of ['2 accepted. 4 calls', '2 unchanged. 2 calls']) {
		const result = await run('accept', BY_ORDER, [about(1), about(2)]);
		expect(hintsOf(result)).toEqual(hint('info', `${words} to Affilae.`));
	}
});

test('a run without items, or one that stops at an item, has no hint', async () => {
	await openShop(SALES);
	const empty = await run('accept', BY_ORDER, []);
	expect(hintsOf(empty) ?? []).toEqual([]);
	const ended = await run('accept', BY_ORDER, [about(1), { order: 'x' }]);
	expect(ended.stopped?.message).toContain('order x');
	expect(hintsOf(ended) ?? []).toEqual([]);
});

test('the hint says how long the run waited for the rate limit', async () => {
	const { respond } = await openShop(SALES);
	const reply = { ...refusal(429, 'Slow down'), headers: { 'retry-after': '1' } };
	affilae.respond = troubled(respond, { path: accepting(1).path, reply, times: 1 });
	const result = await run('accept', BY_ORDER, [about(1), about(2)]);
	expect(result.success).toHaveLength(2);
	const [{ message, type } = { message: '', type: undefined }] = hintsOf(result) ?? [];
	expect(type).toBe('info');
	const told =
		/^2 accepted\. (?<calls>\d+) calls to Affilae, waited (?<seconds>\d+) s for its rate limit\.$/;
	const parts = told.exec(message)?.groups;
	expect(Number(parts?.['calls'])).toBe(affilae.requests.length);
	// However slow the machine is: Affilae asked for one second.
	expect(Number(parts?.['seconds'])).toBeGreaterThanOrEqual(1);
});

describe('the hint', () => {
	test.each(ALL_WRITES)(
		'warns if $operation finds no conversion for any of the orders',
		async ({ operation, parameters }) => {
			await openShop(SALES);
			const options = { ifNotFound: 'succeed' };
			const items = [{ order: '#1' }, { order: '#2' }, { order: '#3' }];
			const result = await run(operation, { ...parameters, ...BY_ORDER, options }, items);
			expect(hintsOf(result)).toEqual(
				hint('warning', `3 not found. ${noneOf(3)} 3 calls to Affilae.`),
			);
			affilae.forget();
			const one = await run(operation, { ...parameters, ...BY_ORDER, options }, [
				...items,
				about(1),
			]);
			expect(hintsOf(one)?.[0]?.message).not.toContain('None of');
		},
	);

	const NO_ORDERS = [{ order: '#1' }, { order: '#2' }, { order: '#3' }];

	test.each([...ALL_WRITES, { operation: 'info', parameters: {} }])(
		'warns if $operation finds no conversion for any of the orders and the items fail',
		async ({ operation, parameters }) => {
			await openShop(SALES);
			for (const onError of CONTINUING) {
				affilae.forget();
				const items = NO_ORDERS;
				const none = await run(operation, { ...parameters, ...BY_ORDER }, items, { onError });
				expect(hintsOf(none)).toEqual(
					hint('warning', `0 conversions, 3 items failed. ${noneOf(3)} ${calls()}`),
				);
			}
			const more = [...NO_ORDERS, about(1)];
			const one = await run(operation, { ...parameters, ...BY_ORDER }, more, {
				onError: 'continueRegularOutput',
			});
			expect(hintsOf(one)?.[0]?.message).toContain('3 items failed');
			expect(hintsOf(one)?.[0]?.message).not.toContain('None of');
		},
	);

	test('counts orders without a conversion together, whether their items fail or succeed', async () => {
		await openShop(SALES);
		const options = { ifNotFound: '={{ $json.missing }}' };
		const result = await run(
			'accept',
			{ ...BY_ORDER, options },
			[
				{ order: '#1', missing: 'fail' },
				{ order: '#2', missing: 'succeed' },
				{ order: '', missing: 'succeed' },
			],
			{ onError: 'continueRegularOutput' },
		);
		expect(hintsOf(result)).toEqual(
			hint('warning', `1 not found, 2 items failed. ${noneOf(2)} ${calls()}`),
		);
	});

	test.each([
		{
			what: 'only one order has none',
			parameters: BY_ORDER,
			items: [{ order: '#1' }, { order: '' }],
		},
		{
			what: 'conversion IDs are wrong',
			parameters: BY_ID,
			items: [about(7), about(8)],
		},
	])('does not ask about the order ID if $what', async ({ parameters, items }) => {
		await openShop(SALES);
		const result = await run('accept', parameters, items, { onError: 'continueRegularOutput' });
		expect(hintsOf(result)).toEqual(hint('warning', `0 conversions, 2 items failed. ${calls()}`));
	});

	const RATES = [
		{ rate: 20, kept: [101.88, 101.88, 101.88] },
		{ rate: 10, kept: [93.39, 93.39, 93.39] },
		{ rate: 5.5, kept: [89.57, 89.57, 89.57] },
		{ rate: 19, kept: [101.03, 101.03, 101.03] },
		{ rate: 21, kept: [102.73, 102.73, 102.73] },
	];

	test.each(RATES)(
		'warns if several kept amounts are $rate % above the tracked ones',
		async ({ rate, kept: amounts }) => {
			await openShop(SALES);
			const items = [...amounts.map((amount, index) => kept(index + 1, amount)), kept(4, 84.9)];
			const result = await run('reconcile', PARAMETERS, items);
			expect(hintsOf(result)).toEqual(
				hint(
					'warning',
					`4 accepted. 3 kept amounts are ${rate}% above the amounts in Affilae: do they include tax? Set 'Tax in Order Amount (%)', or give net amounts. ${calls()}`,
				),
			);
		},
	);

	test('warns if several kept amounts look like cents that were taken for currency units', async () => {
		await openShop(SALES);
		const result = await run('reconcile', PARAMETERS, [
			kept(1, 8490),
			kept(2, 8490),
			kept(3, 8490),
		]);
		expect(hintsOf(result)).toEqual(
			hint(
				'warning',
				`3 accepted. 3 kept amounts are 100 times the amounts in Affilae: are they in cents? Set 'Amounts In'. ${calls()}`,
			),
		);
	});

	test.each([
		{
			what: 'only two of them differ alike',
			items: [kept(1, 101.88), kept(2, 101.88), kept(3, 84.9)],
		},
		{
			what: 'they differ by different ratios',
			items: [kept(1, 101.88), kept(2, 93.39), kept(3, 87), kept(4, 140)],
		},
		{ what: 'they equal the tracked ones', items: [kept(1, 84.9), kept(2, 84.9), kept(3, 84.9)] },
	])('does not warn about kept amounts if $what', async ({ items }) => {
		await openShop(SALES);
		const result = await run('reconcile', PARAMETERS, items);
		expect(hintsOf(result)).toEqual(hint('info', `${items.length} accepted. ${calls()}`));
	});

	test('warns about a pattern in a dry run too, before anything is sent', async () => {
		await openShop(SALES);
		const parameters = { ...PARAMETERS, dryRun: true };
		const items = [1, 2, 3].map((number) => kept(number, 101.88));
		const result = await run('reconcile', parameters, items);
		expect(hintsOf(result)?.[0]?.message).toContain('3 kept amounts are 20% above');
		expect(affilae.writes).toEqual([]);
	});
});
