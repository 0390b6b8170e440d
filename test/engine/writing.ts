import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { named } from './locators';
import { REASON } from './reconciling';
import { saleId, type SandboxShop, shopWith, SOLD_AT } from './sandboxShop';
import { type AffilaeServer, type Received, serverForTests } from './server';
import { CALLS, SHOES } from './shop';

/** What the tests of a file run writing operations with. */
export interface WriteTests {
	affilae: AffilaeServer;
	/** Opens a sandbox's shop that answers from here on. */
	openShop(...args: Parameters<typeof shopWith>): Promise<SandboxShop>;
	run(
		operation: string,
		parameters: INodeParameters,
		items: EngineRun['items'],
		settings?: EngineRun['settings'],
	): Promise<EngineOutcome>;
}

/** A server for all tests of a file, and what runs the node against it. */
export function writeTests(): WriteTests {
	const affilae = serverForTests();
	return {
		affilae,
		openShop: async (...args) => {
			const shop = await shopWith(...args);
			affilae.respond = shop.respond;
			return shop;
		},
		run: async (operation, parameters, items, settings = {}) =>
			await runNode({
				parameters: { operation, ...parameters },
				items,
				credential: affilae.credential,
				settings,
			}),
	};
}

/** The three ways to go on from an item that cannot be done. */
export const MODES = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;
/** The two that let the other items go on. */
export const CONTINUING = ['continueRegularOutput', 'continueErrorOutput'] as const;

export const TO_ERROR_BRANCH = { onError: 'continueErrorOutput' } as const;

export const BY_ORDER = named('externalId', '={{ $json.order }}');
export const BY_CUSTOMER = named('customerId', '={{ $json.customer }}');
export const BY_ID = named('id', '={{ $json.id }}');
/** The ways to name a conversion that come to the same. */
export const NAMES = [
	{ by: 'order', name: BY_ORDER },
	{ by: 'id', name: BY_ID },
];

/** An input item about conversion `number`, by all of its names. */
export function about(number: number) {
	return { order: String(1000 + number), customer: `C-${number}`, id: saleId(number) };
}

/** The write that accepts a conversion. */
export function accepting(number: number, program = SHOES.id): Received {
	return post(CALLS.accept, { program, id: saleId(number) });
}

/** The write that refuses a conversion. */
export function refusing(number: number, program = SHOES.id): Received {
	return post(CALLS.refuse, { program, id: saleId(number), reason: REASON });
}

/** The write that lowers the amount of a conversion. */
export function lowering(number: number, amount: number): Received {
	return post(CALLS.update, { id: saleId(number), amount, reason: REASON });
}

/** The question for the conversions that fit some filters. */
export function listing(filters: Record<string, string>): Received {
	return { method: 'GET', path: CALLS.list, query: { ...filters, limit: '100' } };
}

/** The question for the conversions of an order. */
export function listingOrder(number: number, more: Record<string, string> = {}): Received {
	return listing({ externalId: String(1000 + number), ...more });
}

/** The question by which conversions of a test are found by their ID: a minute on either side of it, and a ms. */
export function listingId(more: Record<string, string> = {}): Received {
	const [from, to] = [SOLD_AT - 60_001, SOLD_AT + 60_001].map((at) => new Date(at).toISOString());
	return listing({ from: from ?? '', to: to ?? '', ...more });
}

/** The requests that wrote to a conversion, in the order of arrival. */
export function writesTo(number: number, writes: readonly Received[]): Received[] {
	return writes.filter(({ body }) => JSON.stringify(body).includes(saleId(number)));
}

/** What came out of each conversion, in the order of the items: outcome, whether it changed, its item. */
export function outcomesOf({ success }: EngineOutcome): unknown[] {
	return success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]);
}

/** What each item that could not be done says, with the item that it is paired with. */
export function failuresOf({ success, failed }: EngineOutcome): unknown[] {
	return [...success, ...failed].flatMap(({ json, pairedItem }) =>
		json['error'] === undefined ? [] : [[json['error'], pairedItem]],
	);
}

/** The advice that stands with each item that could not be done. */
export function adviceOf({ success, failed }: EngineOutcome): unknown[] {
	return [...success, ...failed].flatMap(({ json }) =>
		json['error'] === undefined ? [] : [json['message']],
	);
}

/** One of the operations that decide what is written to a conversion. */
export interface Write {
	operation: string;
	parameters: INodeParameters;
	/** What is sent for conversion `number`, which is pending at 84.90 EUR. */
	sent(number: number, program?: string): Received;
	outcome: 'accepted' | 'refused' | 'updated';
}

/** The three operations that do one thing to a conversion. */
export const WRITES: readonly Write[] = [
	{ operation: 'accept', parameters: {}, sent: accepting, outcome: 'accepted' },
	{ operation: 'refuse', parameters: { reason: REASON }, sent: refusing, outcome: 'refused' },
	{
		operation: 'update',
		parameters: { reason: REASON, amount: 19.99 },
		sent: (number) => lowering(number, 1999),
		outcome: 'updated',
	},
];

/** The four operations that write; reconcile such that it refuses. */
export const ALL_WRITES: readonly Write[] = [
	...WRITES,
	{
		operation: 'reconcile',
		parameters: { reason: REASON, keptAmount: 0, settled: true },
		sent: refusing,
		outcome: 'refused',
	},
];

function post(path: string, body: unknown): Received {
	return { method: 'POST', path, query: {}, body };
}
