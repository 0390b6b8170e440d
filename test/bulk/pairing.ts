import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { Conversion } from '../../sandbox/conversion';
import { pick, seededRandom, shuffled } from '../../sandbox/random';
import type { Sandbox } from '../../sandbox/server';
import type { SettingsChange } from '../../sandbox/settings';
import { UNUSUAL } from '../../sandbox/unusual';
import { credentialFor, openShop, runInShop, type ShopRun } from './shopUnderTest';

/** An input item: an order, and the values for every operation. Amounts are in cents. */
export interface PairItem extends IDataObject {
	order: string;
	amount: number;
	kept: number;
	settled: boolean;
	reason: string;
}

/** A shop with a stopped clock and all kinds of orders: duplicates, two programs, locks, JPY, a bonus, and more. */
export async function openPairShop(seed: number, settings: SettingsChange = {}): Promise<Sandbox> {
	const shop = { conversions: 36, status: 'mixed', unusual: true, clock: () => 0 } as const;
	return await openShop({ ...shop, seed, settings });
}

/** One item for each order of the shop, and for two orders without a conversion. */
export function itemsOf(sandbox: Sandbox, seed: number): PairItem[] {
	const random = seededRandom(seed + 99);
	const orders = new Set([
		...Object.values(UNUSUAL).flatMap((order) => order ?? []),
		...sandbox.store.all().flatMap(({ externalId }) => externalId || []),
		'nobody-1',
		'nobody-2',
	]);
	return shuffled(random, [...orders]).map((order) => {
		const amounts = sandbox.store.byExternalId(order).map(({ amount }) => amount);
		const sum = amounts.reduce((total, amount) => total + amount, 0);
		const third = Math.floor(sum / 3);
		const least = Math.min(...amounts, 5000);
		return {
			order,
			amount: pick(random, [Math.floor(least / 2), Math.max(least - 1, 0), least]),
			kept: pick(random, [0, third, third, sum - 3, sum, Math.round(sum * 1.2)].map(positive)),
			settled: random() < 0.7,
			reason: pick(random, ['Order returned', 'Returned in part']),
		};
	});
}

function positive(amount: number): number {
	return Math.max(amount, 0);
}

/** Options that vary with the seed. */
function optionsFor(operation: string, seed: number): INodeParameters {
	const writing = {
		ifNotFound: pickBy(seed, ['succeed', 'fail']),
		ifAlreadyProcessed: pickBy(seed, ['succeed', 'succeed', 'fail']),
	};
	const severalConversions = pickBy(seed, ['proportionally', 'eachWhole', 'ask']);
	return {
		amountsIn: 'cents',
		...(operation === 'info' ? {} : writing),
		...(operation === 'reconcile' ? { severalConversions } : {}),
	};
}

function pickBy(seed: number, choices: readonly string[]): string {
	return choices[seed % choices.length] ?? '';
}

const BY_ORDER = { conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' } };

/** The output of a run by order, without the numbers of the items. */
export type Told = Record<string, IDataObject[]>;

/** How items are run. By default: by order ID, without a program, all in one execution. */
export interface Way extends Pick<ShopRun, 'credential' | 'settings'> {
	parameters?: INodeParameters;
	options?: INodeParameters;
	/** The number of items of one execution; all by default. */
	atOnce?: number;
}

/** Runs an operation for items, in one or several consecutive executions. */
export async function tellOf(
	sandbox: Sandbox,
	operation: string,
	items: readonly PairItem[],
	seed: number,
	{ parameters = {}, options = {}, atOnce = items.length, ...way }: Way = {},
): Promise<Told> {
	const told: Told = {};
	for (let start = 0; start < items.length; start += atOnce) {
		const part = items.slice(start, start + atOnce);
		const { success, stopped } = await runInShop(sandbox, {
			operation,
			items: part,
			parameters: {
				...BY_ORDER,
				...(operation === 'accept' || operation === 'info'
					? {}
					: { reason: '={{ $json.reason }}' }),
				...(operation === 'update' ? { amount: '={{ $json.amount }}' } : {}),
				...(operation === 'reconcile'
					? { keptAmount: '={{ $json.kept }}', settled: '={{ $json.settled }}' }
					: {}),
				...parameters,
			},
			options: { ...optionsFor(operation, seed), ...options },
			settings: { onError: 'continueRegularOutput' },
			...way,
		});
		if (stopped) throw new Error(stopped.message);
		for (const { json, pairedItem } of success) {
			const index = typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : NaN;
			const { order = 'no item' } = part[index] ?? {};
			told[order] = [...(told[order] ?? []), withoutIndex(json)];
		}
	}
	return told;
}

function withoutIndex(json: IDataObject): IDataObject {
	const { error } = json;
	return typeof error === 'string' ? { ...json, error: error.replace(/ \[item \d+\]$/, '') } : json;
}

/** The final state of a shop: each conversion with its writes, and each write that was sent. */
export function endOf({ store, requests }: Sandbox) {
	return {
		conversions: store.all().map((conversion) => ({
			...stateOf(conversion),
			writes: store.get(conversion.id)?.writes,
		})),
		sent: requests
			.list()
			.flatMap(({ method, path, payload }) =>
				method === 'POST' ? [JSON.stringify([path, payload])] : [],
			)
			.sort(),
	};
}

/** The fields of a conversion that can change. */
export function stateOf({ id, status, amount, refuseReason, lockedAt }: Conversion) {
	return { id, status, amount, refuseReason, lockedAt };
}

/** The items whose orders have one conversion each. */
export function withOneConversion(sandbox: Sandbox, items: readonly PairItem[]): PairItem[] {
	return items.filter(({ order }) => sandbox.store.byExternalId(order).length === 1);
}

/** A credential with the program IDs of the shop. */
export function knowingPrograms(sandbox: Sandbox): Pick<Way, 'credential'> {
	const programs = sandbox.shop.programs.map(({ id }) => id).join(', ');
	return { credential: { ...credentialFor(sandbox), programs } };
}
