import type { INodeParameters } from 'n8n-workflow';
import type { EngineOutcome } from './engine';
import type { Received } from './server';
import { CALLS, idOf, SHOES } from './shop';

/** The three ways to go on from an item that cannot be done. */
export const MODES = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** What reconcile asks for, each from a field of the item. */
export const RECONCILE: INodeParameters = {
	operation: 'reconcile',
	keptAmount: '={{ $json.kept }}',
	settled: '={{ $json.settled }}',
	reason: '={{ $json.reason }}',
};

/** Why something came back. */
export const REASON = 'Order returned';

/** The write that accepts a conversion of the program {@link SHOES}. */
export function accepting(number: number): Received {
	return post(CALLS.accept, { program: SHOES.id, id: idOf(number) });
}

/** The write that refuses a conversion of the program {@link SHOES}. */
export function refusing(number: number): Received {
	return post(CALLS.refuse, { program: SHOES.id, id: idOf(number), reason: REASON });
}

/** The write that lowers the amount of a conversion. */
export function lowering(number: number, amount: number): Received {
	return post(CALLS.update, { id: idOf(number), amount, reason: REASON });
}

/** The requests that wrote to a conversion, in the order of arrival. */
export function writesTo(number: number, writes: readonly Received[]): Received[] {
	return writes.filter(({ body }) => JSON.stringify(body).includes(idOf(number)));
}

/** What came out by the success branch, item by item. */
export function outcomesOf({ success }: EngineOutcome): unknown[] {
	return success.map(({ json, pairedItem }) => [json['outcome'], json['changed'], pairedItem]);
}

/** What each item that could not be done says, with the item that it is paired with. */
export function failuresOf({ success, failed }: EngineOutcome): unknown[] {
	return [...success, ...failed].flatMap(({ json, pairedItem }) =>
		json['error'] === undefined ? [] : [[json['error'], pairedItem]],
	);
}

function post(path: string, body: unknown): Received {
	return { method: 'POST', path, query: {}, body };
}
