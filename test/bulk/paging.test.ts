import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import type { SandboxSettings, SettingsChange } from '../../sandbox/settings';
import type { Sandbox } from '../../sandbox/server';
import { NOW, openShop, runInShop, until } from './shopUnderTest';

const COUNT = 430;

const PAGINGS = ['offset', 'page', 'none'] as const;
const CAPS: Array<{ cap: string; pageCap: SandboxSettings['pageCap'] }> = [
	{ cap: 'no cap', pageCap: { max: 100_000, how: 'silent' } },
	{ cap: 'a silent cap of 30', pageCap: { max: 30, how: 'silent' } },
	{ cap: 'a cap of 30 that rejects more', pageCap: { max: 30, how: 'reject' } },
];
const TOTALS: Array<{ answer: string; settings: SettingsChange }> = [
	{ answer: 'a total', settings: { shape: 'statusCode', total: true } },
	{ answer: 'no total', settings: { shape: 'statusCode', total: false } },
];
const SHAPES: Array<{ answer: string; settings: SettingsChange }> = [
	{ answer: 'data and count', settings: { shape: 'dataAndCount', total: true } },
	{ answer: 'data alone', settings: { shape: 'dataAndCount', total: false } },
	{ answer: 'a bare array', settings: { shape: 'array' } },
];

const ROWS = PAGINGS.flatMap((paging) => [
	...TOTALS.flatMap(({ answer, settings }) => [
		...CAPS.map(({ cap, pageCap }) => ({
			how: `paging ${paging}, ${answer}, ${cap}, unknown keys refused`,
			settings: { ...settings, paging, pageCap, unknownKeys: 'reject' as const },
		})),
		...CAPS.slice(0, 2).map(({ cap, pageCap }) => ({
			how: `paging ${paging}, ${answer}, ${cap}, unknown keys ignored`,
			settings: { ...settings, paging, pageCap, unknownKeys: 'ignore' as const },
		})),
	]),
	...SHAPES.map(({ answer, settings }) => ({
		how: `paging ${paging}, ${answer}`,
		settings: { ...settings, paging },
	})),
]);

async function listAll(
	sandbox: Sandbox,
	filters: INodeParameters = {},
	cancelWhen?: Promise<unknown>,
) {
	return await runInShop(sandbox, {
		operation: 'list',
		items: [{}],
		parameters: { returnAll: true, filters },
		...(cancelWhen ? { cancelWhen } : {}),
	});
}

function sortedIds(conversions: ReadonlyArray<{ id: string }>): string[] {
	return conversions.map(({ id }) => id).sort();
}

function listedIds({ success }: Awaited<ReturnType<typeof listAll>>): string[] {
	return success.map(({ json }) => String(json['id'])).sort();
}

test.each(ROWS)('Return All returns each conversion once: $how', async ({ settings }) => {
	const sandbox = await openShop({ conversions: COUNT, settings });
	const listed = await listAll(sandbox);
	expect(listed.stopped).toBeUndefined();
	expect(listedIds(listed)).toEqual(sortedIds(sandbox.store.all()));
});

const CHANGING = PAGINGS.flatMap((paging) => [
	{ paging, total: true },
	{ paging, total: false },
]);

/** Far more calls than needed: a run that makes so many would never end. */
const MOST_REQUESTS = 50;

test.each(CHANGING)(
	'existing conversions are all read while new ones arrive, or the list fails (paging $paging, total $total)',
	async ({ paging, total }) => {
		const sandbox = await openShop({
			conversions: COUNT,
			settings: { paging, total, growWhileRead: true },
		});
		const before = sortedIds(sandbox.store.all());
		const listed = await listAll(
			sandbox,
			{},
			until(sandbox, () => sandbox.requests.total >= MOST_REQUESTS),
		);
		expect(sandbox.requests.total).toBeLessThan(MOST_REQUESTS);
		expect(sandbox.store.size).toBeGreaterThan(COUNT);
		const ids = listedIds(listed);
		const isThere = new Set(ids);
		expect(isThere.size).toBe(ids.length);
		if (paging === 'page') {
			// Pages by number do not overlap, so nothing proves that none was skipped: the list fails.
			expect(listed.stopped?.message).toContain('kept changing while it was read');
			return;
		}
		expect(listed.stopped).toBeUndefined();
		expect(before.filter((id) => !isThere.has(id))).toEqual([]);
	},
);

test.each(CHANGING)(
	'conversions that stay pending are all read while others are decided, or the list fails (paging $paging, total $total)',
	async ({ paging, total }) => {
		const sandbox = await openShop({ conversions: COUNT, settings: { paging, total } });
		// From the second page on, one of the newest leaves the list before each page is read.
		const newest = sandbox.store.select({ status: 'pending' }).reverse();
		const openEntry = sandbox.requests.open.bind(sandbox.requests);
		sandbox.requests.open = (...request) => {
			const [next] = sandbox.requests.total > 0 ? newest.splice(0, 1) : [];
			if (next) sandbox.store.accept(next);
			return openEntry(...request);
		};
		const listed = await listAll(
			sandbox,
			{ status: 'pending' },
			until(sandbox, () => sandbox.requests.total >= MOST_REQUESTS),
		);
		expect(sandbox.requests.total).toBeLessThan(MOST_REQUESTS);
		expect(sandbox.store.counts().accepted).toBeGreaterThan(3);
		const isListed = new Set(listedIds(listed));
		const missing = sandbox.store
			.select({ status: 'pending' })
			.map(({ conversion }) => conversion.id)
			.filter((id) => !isListed.has(id));
		const told = listed.stopped?.message ?? '';
		if (!told.includes('kept changing while it was read')) expect(missing).toEqual([]);
	},
);

test.each(PAGINGS)(
	'a period that excludes its end omits no conversion (paging %s)',
	async (paging) => {
		const sandbox = await openShop({
			conversions: COUNT,
			settings: { paging, endsIncluded: false },
		});
		const listed = await listAll(sandbox);
		expect(listed.stopped).toBeUndefined();
		expect(listedIds(listed)).toEqual(sortedIds(sandbox.store.all()));
	},
);

const FILTERED: Array<{ filter: 'status' | 'customerId' | 'externalId' | 'program' }> = [
	{ filter: 'status' },
	{ filter: 'customerId' },
	{ filter: 'externalId' },
	{ filter: 'program' },
];

describe.each(FILTERED)('the filter $filter', ({ filter }) => {
	test.each(PAGINGS)('applies even if Affilae ignores it (paging %s)', async (paging) => {
		const sandbox = await openShop({
			conversions: COUNT,
			status: 'mixed',
			settings: { paging, ignoredFilters: [filter] },
		});
		const [, , sample] = sandbox.store.all();
		if (sample === undefined) throw new Error('The shop is empty');
		const wanted = {
			status: { status: sample.status },
			customerId: { customerId: sample.customerId },
			externalId: { externalId: sample.externalId },
			program: { program: sample.program.id },
		}[filter];
		const listed = await listAll(
			sandbox,
			filter === 'program'
				? { program: { __rl: true, mode: 'id', value: sample.program.id } }
				: wanted,
		);
		expect(listed.stopped).toBeUndefined();
		expect(listedIds(listed)).toEqual(
			sandbox.store
				.select(wanted)
				.map(({ conversion }) => conversion.id)
				.sort(),
		);
	});
});

test.each(PAGINGS)('a period returns exactly its conversions (paging %s)', async (paging) => {
	const sandbox = await openShop({ conversions: COUNT, settings: { paging } });
	const fromMs = NOW - 50 * 86_400_000;
	const toMs = NOW - 10 * 86_400_000;
	const listed = await listAll(sandbox, {
		from: new Date(fromMs).toISOString(),
		to: new Date(toMs).toISOString(),
	});
	const wanted = sandbox.store.select({ fromMs, toMs }).map(({ conversion }) => conversion);
	expect(wanted.length).toBeGreaterThan(150);
	expect(listed.stopped).toBeUndefined();
	expect(listedIds(listed)).toEqual(sortedIds(wanted));
});

describe('if not all conversions can be read, the list fails with a message and returns none', () => {
	const MESSAGE =
		/^Affilae returned only \d+ conversions that match these filters, although it has more/;

	test.each([true, false])(
		'250 conversions of one instant and no paging (total %s)',
		async (total) => {
			const sandbox = await openShop({ conversions: 0, settings: { paging: 'none', total } });
			for (let added = 0; added < 250; added += 1) sandbox.addConversion({ createdAtMs: NOW });
			const { stopped, success } = await listAll(sandbox);
			expect(stopped?.message).toMatch(MESSAGE);
			expect(success).toEqual([]);
		},
	);

	test.each([true, false])('periods without effect and no paging (total %s)', async (total) => {
		const sandbox = await openShop({
			conversions: COUNT,
			settings: { paging: 'none', total, ignoredFilters: ['from', 'to'] },
		});
		const { stopped, success } = await listAll(sandbox);
		expect(stopped?.message).toMatch(MESSAGE);
		expect(success).toEqual([]);
	});
});

test('many conversions of one instant are all listed if paging works', async () => {
	const sandbox = await openShop({ conversions: 0 });
	for (let added = 0; added < 250; added += 1) sandbox.addConversion({ createdAtMs: NOW });
	expect(listedIds(await listAll(sandbox))).toEqual(sortedIds(sandbox.store.all()));
});
