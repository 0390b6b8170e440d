import { beforeAll, expect, test } from '@jest/globals';
import { UNUSUAL } from '../../sandbox/unusual';
import type { SettingsChange } from '../../sandbox/settings';
import { credentialFor, openShop, runInShop } from './shopUnderTest';

/**
 * Affilae's responses are only partly known. So however a server pages, counts, dates and shapes its
 * responses, the same orders must have the same result.
 */
const KINDS: Record<string, SettingsChange> = {
	'a total of the page alone': { total: 'ofPage' },
	'no total': { total: false },
	'a total capped at 10': { total: 'capped', totalCap: 10 },
	'a total that lags': { total: 'lagging' },
	'pages of 3, silently': { pageCap: { max: 3, how: 'silent' } },
	'pages of 3, silently, and no total': { pageCap: { max: 3, how: 'silent' }, total: false },
	'pages of 7 without a total, by page number': {
		pageCap: { max: 7, how: 'silent' },
		total: false,
		paging: 'page',
	},
	'larger pages rejected': { pageCap: { max: 20, how: 'reject' } },
	'no pages at all': { paging: 'none', pageCap: { max: 25, how: 'silent' } },
	'a clamped offset': {
		paging: 'offsetClamped',
		total: false,
		pageCap: { max: 10, how: 'silent' },
	},
	'an offset without effect': { paging: 'offsetIgnored', pageCap: { max: 25, how: 'silent' } },
	'oldest first': { order: 'oldestFirst', pageCap: { max: 9, how: 'silent' } },
	'an unstable order': { order: 'unstable', pageCap: { max: 9, how: 'silent' } },
	'conversions alone': { shape: 'conversions' },
	'count and conversions': { shape: 'countAndConversions' },
	'data and count': { shape: 'dataAndCount' },
	'a bare array': { shape: 'array' },
	'Unix seconds': { dates: 'unixSeconds' },
	'dates without a zone': { dates: 'isoWithoutZone' },
	'states in capitals': { statusWords: 'upper' },
	'programs as bare IDs': { bareProgram: true },
	'404 if nothing matches': { listNotFound: '404', infoNotFound: '404' },
	'204 if nothing matches': { listNotFound: '204', infoNotFound: '204' },
	'a program required on the list': { programRequired: ['list'] },
	'a program required on info': { programRequired: ['info'] },
	'a program required on both': { programRequired: ['list', 'info'] },
	'a program not allowed on the list': { notAllowed: { list: ['program'] } },
	'a limit not allowed on the list': { notAllowed: { list: ['limit'] } },
	'order IDs without effect as a filter': { ignoredFilters: ['externalId'] },
	'programs without effect as a filter': { ignoredFilters: ['program'] },
	'info that gives the first match': { infoAnswer: 'first' },
	'info that gives one object': { infoAnswer: 'object' },
	'writes answered with the status': { writeAnswer: 'status' },
	'writes answered with a list': { writeAnswer: 'list' },
	'writes answered with nothing': { writeAnswer: 'empty' },
	'writes answered with 204': { writeAnswer: '204' },
	'writes answered with a text': { writeAnswer: 'text' },
	'writes answered with the conversion as it was': { writeAnswer: 'before' },
};

/** For about 75 orders: with any kind of server, an order costs only a few calls. */
const MOST_CALLS = 400;

/** The kept cents of each order: in turn nothing, a part and everything. */
function itemsOf(orders: readonly string[]) {
	return orders.map((order, index) => ({
		order,
		kept: [0, 1200, 1_000_000][index % 3] ?? 0,
		settled: index % 2 === 0,
	}));
}

async function reconcileAll(settings: SettingsChange, onlyKnownPrograms = true) {
	const sandbox = await openShop({
		conversions: 60,
		status: 'mixed',
		unusual: true,
		settings,
		seed: 3,
	});
	const programs = sandbox.shop.programs.map(({ id }) => id).join(', ');
	const orders = [
		...new Set([
			...Object.values(UNUSUAL).flatMap((order) => order ?? []),
			...sandbox.store.all().flatMap(({ externalId }) => externalId || []),
		]),
		'nobody-1',
		'nobody-2',
	];
	const items = itemsOf(orders);
	const { success, stopped } = await runInShop(sandbox, {
		operation: 'reconcile',
		items,
		parameters: {
			conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
			keptAmount: '={{ $json.kept }}',
			settled: '={{ $json.settled }}',
			reason: 'Order returned',
		},
		options: { ifNotFound: 'succeed', amountsIn: 'cents', severalConversions: 'proportionally' },
		credential: { ...credentialFor(sandbox), ...(onlyKnownPrograms ? { programs } : {}) },
		settings: { onError: 'continueRegularOutput' },
	});
	expect(stopped).toBeUndefined();
	return {
		told: success
			.map(({ json, pairedItem }) => {
				const { id, status, amount, outcome, changed, error } = json;
				const isFailed = error !== undefined;
				return JSON.stringify([pairedItem, id, status, amount, outcome, changed, isFailed]);
			})
			.sort(),
		state: sandbox.store
			.all()
			.map(({ id, status, amount, refuseReason }) => [id, status, amount, refuseReason]),
		mostCalls: sandbox.requests.total <= MOST_CALLS || sandbox.requests.total,
		writes: sandbox.store.writes.map(({ id, action }) => `${id} ${action}`).sort(),
	};
}

let usual: Awaited<ReturnType<typeof reconcileAll>>;

beforeAll(async () => {
	usual = await reconcileAll({});
});

test('the shop has orders for each outcome', () => {
	const outcomes = ['accepted', 'refused', 'updated', 'unchanged', 'notFound', 'needsAttention'];
	for (const outcome of outcomes) {
		expect(usual.told.some((told) => told.includes(`"${outcome}"`))).toBe(true);
	}
	expect(usual.writes.length).toBeGreaterThan(20);
});

test.each(Object.entries(KINDS))(
	'%s: the same orders have the same result',
	async (_, settings) => {
		expect(await reconcileAll(settings)).toEqual(usual);
	},
);

test('without known programs, the same orders have the same result if no program is required', async () => {
	expect(await reconcileAll({}, false)).toEqual(usual);
});
