import type { INodeParameters } from 'n8n-workflow';
import type { Sandbox, SandboxOptions } from '../../sandbox/server';
import { credentialFor, openShop, type ShopConversion } from '../bulk/shopUnderTest';
import type { VirtualTime } from '../engine/virtualTime';
import { PublishedTrigger, type Published } from './pollEngine';

export const ALL_EVENTS = ['created', 'statusChanged', 'amountChanged'];
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A shop with the machine's clock and pending conversions of the last 90 days. */
export async function openShopNow(options: SandboxOptions = {}): Promise<Sandbox> {
	return await openShop({ conversions: 0, now: Date.now(), ...options });
}

/** What opens shops as {@link openShopNow} does, in virtual time. */
export function shopsIn({ now, work }: VirtualTime): typeof openShopNow {
	return async (options) => await openShopNow({ clock: now, wait: work, ...options });
}

/** A trigger for a sandbox that was not started yet. */
export function triggerFor(
	sandbox: Sandbox,
	parameters: INodeParameters = {},
	more: Partial<Published> = {},
): PublishedTrigger {
	return new PublishedTrigger({ parameters, credential: credentialFor(sandbox), ...more });
}

/** A trigger for a sandbox, started. */
export async function startTrigger(
	sandbox: Sandbox,
	parameters: INodeParameters = {},
	more: Partial<Published> = {},
): Promise<PublishedTrigger> {
	const trigger = triggerFor(sandbox, parameters, more);
	await trigger.start();
	return trigger;
}

/** What was decided or lowered at Affilae itself, by whomever. */
export function atAffilae(sandbox: Sandbox, { id }: Pick<ShopConversion, 'id'>) {
	const entry = sandbox.store.get(id);
	if (entry === undefined) throw new Error(`The sandbox holds no conversion ${id}`);
	return {
		accept: () => sandbox.store.accept(entry),
		refuse: () => sandbox.store.refuse(entry, 'Order returned'),
		lower: (amountCents: number) => sandbox.store.update(entry, amountCents, 'Part returned'),
	};
}

/** How many calls Affilae received meanwhile. */
export async function callsDuring(sandbox: Sandbox, act: () => Promise<unknown>): Promise<number> {
	const before = sandbox.requests.total;
	await act();
	return sandbox.requests.total - before;
}

/** What a poll emits: each event with the conversion's ID. */
export function told(items: Array<Record<string, unknown>> | undefined): unknown[] {
	return (items ?? []).map(({ event, id }) => [event, id]);
}
