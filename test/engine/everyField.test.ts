import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { createSandbox, type Sandbox } from '../../sandbox/server';
import { fieldsOf, neededBy, OPERATIONS } from './describedFields';
import { type EngineRun, runNode } from './engine';

/** The examples in the node's own description: the shop under test has what they name. */
const EXAMPLES = {
	program: '5f2d1c0b9a8e7f6d5c4b3a29',
	id: '64d0f1c2b3a49586778899aa',
	order: '1042',
	customer: 'C-2087',
	rule: 'New customers',
};
/** The order of the items that must come to nothing: whatever is asked about it should not have been. */
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

/** What came of each item, by its index, and what was asked of Affilae meanwhile, in no order. */
interface Came {
	items: unknown[][];
	requests: string[];
}

async function run(parameters: INodeParameters, items: EngineRun['items']): Promise<Came> {
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

/** The calls of an item take place when they do. */
function withoutTimes({ calls, ...json }: EngineRun['items'][number]): unknown {
	if (!Array.isArray(calls)) return json;
	return {
		...json,
		calls: calls.map((call) => ({ ...Object(call), at: null, milliseconds: null })),
	};
}

/** A field of the item, and the same as only n8n can evaluate it. */
const PLAIN = '={{ $json.given }}';
const EVALUATED = '={{ [$json.within.given][0] }}';

/** An item that gives a value to either expression. */
function giving(
	order: string,
	given: string | number | boolean | null,
): EngineRun['items'][number] {
	return { order, given, within: { given } };
}

/** What the operation needs, each item with an order of its own, and amounts that can be cents as well. */
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

	test('has fields to look at, and runs as it is', async () => {
		expect(fieldsOf(operation).length).toBeGreaterThan(5);
		const { items, requests } = await run(base, [ITEM]);
		expect(items.flat()).toContainEqual(expect.objectContaining({ id: EXAMPLES.id }));
		expect(requests.length).toBeGreaterThan(0);
	});

	describe.each(fieldsOf(operation))('$path', (field) => {
		const { displayName, example, fillIn, needsValue } = field;
		const named = new RegExp(`'${escaped(displayName)}(: [^']+)?'`);
		const failed = [{ error: expect.stringMatching(named), message: expect.stringMatching(/\.$/) }];

		test('means the same fixed and by an expression; where that gives nothing, the item fails alone', async () => {
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

		test(`${needsValue ? 'must hold something' : 'is left open by an empty text'}`, async () => {
			const open = needsValue ? { items: [failed], requests: [] } : await run(base, [ITEM]);
			const items = [giving(EXAMPLES.order, '')];
			expect(await run(fillIn(base, PLAIN), items)).toEqual(open);
		});
	});
});

function escaped(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
