import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { Conversion } from '../../sandbox/conversion';
import { pick, seededRandom, shuffled } from '../../sandbox/random';
import type { Sandbox } from '../../sandbox/server';
import type { SettingsChange } from '../../sandbox/settings';
import { UNUSUAL } from '../../sandbox/unusual';
import { credentialFor, openShop, runInShop, type ShopRun } from './shopUnderTest';

/** An input item: an order and what an operation wants to know of it. Amounts in cents. */
export interface PairItem extends IDataObject {
	order: string;
	amount: number;
	kept: number;
	settled: boolean;
	reason: string;
}

/** A shop in which time stands still: parts, wholes, duplicates, two programs, locks, JPY, a bonus, and more. */
export async function openPairShop(seed: number, settings: SettingsChange = {}): Promise<Sandbox> {
	const shop = { conversions: 36, status: 'mixed', unusual: true, clock: () => 0 } as const;
	return await openShop({ ...shop, seed, settings });
}

/** One item about each order of the shop, and about two that no affiliate brought. */
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

/** How orders with several conversions, and what is decided already, are treated: by turns. */
export function optionsFor(operation: string, seed: number): INodeParameters {
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

/** What the items of a run came to, each by its order, without the number of the item. */
export type Told = Record<string, IDataObject[]>;

/** A way to run items, as far as it differs: by order, without a program, all in one execution. */
export interface Way extends Pick<ShopRun, 'credential' | 'settings'> {
	parameters?: INodeParameters;
	options?: INodeParameters;
	/** Items of one execution; all where it is left out. */
	atOnce?: number;
}

/** Runs an operation for items, in as many executions as it takes, one after the other. */
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

/** What a shop has come to: each conversion, what was written to it, and each write that left. */
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

/** What may change of a conversion. */
export function stateOf({ id, status, amount, refuseReason, lockedAt }: Conversion) {
	return { id, status, amount, refuseReason, lockedAt };
}

/** The items whose orders have one conversion each. */
export function withOneConversion(sandbox: Sandbox, items: readonly PairItem[]): PairItem[] {
	return items.filter(({ order }) => sandbox.store.byExternalId(order).length === 1);
}

/** A credential that knows the programs of the shop. */
export function knowingPrograms(sandbox: Sandbox): Pick<Way, 'credential'> {
	const programs = sandbox.shop.programs.map(({ id }) => id).join(', ');
	return { credential: { ...credentialFor(sandbox), programs } };
}
