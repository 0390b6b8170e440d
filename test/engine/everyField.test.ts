import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { createSandbox, type Sandbox } from '../../sandbox/server';
import { fieldsOf, neededBy, OPERATIONS } from './describedFields';
import { type EngineRun, runNode } from './engine';

/** The examples in the node's own description; the shop under test contains them. */
const EXAMPLES = {
	program: '5f2d1c0b9a8e7f6d5c4b3a29',
	id: '64d0f1c2b3a49586778899aa',
	order: '1042',
	customer: 'C-2087',
	rule: 'New customers',
};
/** The order of the items that must fail: no request may be about it. */
const OTHER_ORDER = '1043';
const ITEM = { order: EXAMPLES.order };
const NOW = Date.UTC(2026, 11, 1);

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await createSandbox({
		clock: () => NOW,
		programs: [
			{ id: EXAMPLES.program, rules: [{ name: EXAMPLES.rule }, { name: 'Others' }] },
			{ name: 'Elsewhere' },
		],
		conversions: [
			{
				id: EXAMPLES.id,
				externalId: EXAMPLES.order,
				customerId: EXAMPLES.customer,
				program: EXAMPLES.program,
				amount: 8490,
				createdAtMs: Date.UTC(2026, 9, 20),
			},
			...(['accepted', 'refused', 'pending'] as const).map((status, index) => ({
				externalId: index === 2 ? OTHER_ORDER : `200${index}`,
				program: EXAMPLES.program,
				rule: 'Others',
				amount: 6000,
				status,
				createdAtMs: Date.UTC(2026, 9, 10 + index),
			})),
		],
	});
	await sandbox.start();
});
beforeEach(() => sandbox.reset());
afterAll(async () => await sandbox.stop());

/** The output of each item, by its index, and the requests to Affilae, sorted. */
interface RunResult {
	items: unknown[][];
	requests: string[];
}

async function run(parameters: INodeParameters, items: EngineRun['items']): Promise<RunResult> {
	sandbox.reset();
	const { success, stopped } = await runNode({
		parameters,
		items,
		credential: { token: sandbox.token, environment: 'custom', baseUrl: sandbox.url },
		settings: { onError: 'continueRegularOutput' },
	});
	expect(stopped).toBeUndefined();
	return {
		items: items.map((_, index) =>
			success.flatMap(({ json, pairedItem }) =>
				typeof pairedItem === 'object' && 'item' in pairedItem && pairedItem.item === index
					? [withoutTimes(json)]
					: [],
			),
		),
		requests: sandbox.requests
			.list()
			.map(({ method, path, query, payload }) => JSON.stringify([method, path, query, payload]))
			.sort(),
	};
}

/** The output of an item without the times of its calls, which differ between runs. */
function withoutTimes({ calls, ...json }: EngineRun['items'][number]): unknown {
	if (!Array.isArray(calls)) return json;
	return {
		...json,
		calls: calls.map((call) => ({ ...Object(call), at: null, milliseconds: null })),
	};
}

/** A field of the item, as a simple path and as an expression that only n8n can evaluate. */
const PLAIN = '={{ $json.given }}';
const EVALUATED = '={{ [$json.within.given][0] }}';

/** An item in which both expressions return a value. */
function giving(
	order: string,
	given: string | number | boolean | null,
): EngineRun['items'][number] {
	return { order, given, within: { given } };
}

/** The required parameters; the order comes from the item, and the amounts are also valid in cents. */
function baseOf(operation: string): INodeParameters {
	const base = {
		conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
		amount: '60',
		keptAmount: '60',
	};
	const needed = neededBy(operation);
	return {
		...needed,
		...Object.fromEntries(Object.entries(base).filter(([name]) => name in needed)),
	};
}

describe.each(OPERATIONS)('%s', (operation) => {
	const base = baseOf(operation);

	test('has fields, and runs with only the required ones filled in', async () => {
		expect(fieldsOf(operation).length).toBeGreaterThan(5);
		const { items, requests } = await run(base, [ITEM]);
		expect(items.flat()).toContainEqual(expect.objectContaining({ id: EXAMPLES.id }));
		expect(requests.length).toBeGreaterThan(0);
	});

	describe.each(fieldsOf(operation))('$path', (field) => {
		const { displayName, example, fillIn, needsValue } = field;
		const named = new RegExp(`'${escaped(displayName)}(: [^']+)?'`);
		const failed = [{ error: expect.stringMatching(named), message: expect.stringMatching(/\.$/) }];

		test('works the same fixed or as an expression; if the expression returns nothing, only that item fails', async () => {
			const fixed = await run(fillIn(base, example), [ITEM]);
			expect(fixed.items.flat()).not.toContainEqual(
				expect.objectContaining({ error: expect.anything() }),
			);
			for (const expression of [PLAIN, EVALUATED]) {
				const mixed = await run(fillIn(base, expression), [
					giving(EXAMPLES.order, example),
					{ order: OTHER_ORDER },
					giving(OTHER_ORDER, null),
				]);
				expect(mixed).toEqual({
					items: [fixed.items[0], failed, failed],
					requests: fixed.requests,
				});
			}
		});

		test(needsValue ? 'must not be empty' : 'counts as not set if empty', async () => {
			const open = needsValue ? { items: [failed], requests: [] } : await run(base, [ITEM]);
			const items = [giving(EXAMPLES.order, '')];
			expect(await run(fillIn(base, PLAIN), items)).toEqual(open);
		});
	});
});

function escaped(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
