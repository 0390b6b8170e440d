import { afterEach } from '@jest/globals';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';
import { runNode, type EngineOutcome, type EngineRun } from '../engine/engine';

export { itemAbout, NAMED } from './namedBy';

const open: Sandbox[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async (sandbox) => await sandbox.stop()));
});

/** When the shop is created: 1 December 2026, UTC. */
export const NOW = Date.UTC(2026, 11, 1);

/**
 * Opens a sandbox that is closed after the test. By default, its conversions are pending and none belongs
 * to the example orders.
 */
export async function openShop(options: SandboxOptions = {}): Promise<Sandbox> {
	const sandbox = await createSandbox({ now: NOW, orders: false, status: 'pending', ...options });
	open.push(sandbox);
	await sandbox.start();
	return sandbox;
}

/** The content of a credential for this sandbox. */
export function credentialFor({ token, url }: Sandbox): ICredentialDataDecryptedObject {
	return { token, environment: 'custom', baseUrl: url };
}

/** A conversion in the sandbox. */
export type ShopConversion = ReturnType<Sandbox['store']['all']>[number];

/** The conversions whose order ID no other conversion has, oldest first. */
export function withOwnOrder(sandbox: Sandbox): ShopConversion[] {
	return sandbox.store.all().filter(({ externalId }) => sandbox.store.count({ externalId }) === 1);
}

/** One run against a sandbox. */
export interface ShopRun extends Partial<Omit<EngineRun, 'items' | 'credential'>> {
	operation: string;
	items: EngineRun['items'];
	options?: INodeParameters;
	/** The credential; by default, the sandbox's address and its current token. */
	credential?: ICredentialDataDecryptedObject;
}

/** Runs the node against a sandbox, in n8n's own engine. */
export async function runInShop(
	sandbox: Sandbox,
	{ operation, parameters = {}, options = {}, ...run }: ShopRun,
): Promise<EngineOutcome> {
	return await runNode({
		credential: credentialFor(sandbox),
		...run,
		parameters: { operation, ...parameters, options },
	});
}

/** The number of reads and writes that the sandbox received. */
export function countCalls(sandbox: Sandbox): { reads: number; writes: number } {
	const methods = sandbox.requests.list().map(({ method }) => method);
	const reads = methods.filter((method) => method === 'GET').length;
	return { reads, writes: methods.length - reads };
}

/** The IDs of the conversions that were written to more than once. */
export function writtenTwice(sandbox: Sandbox): string[] {
	const seen = new Set<string>();
	return sandbox.store.writes.flatMap(({ id }) => {
		if (seen.has(id)) return [id];
		seen.add(id);
		return [];
	});
}

/** Resolves when a condition is true, or when the sandbox is closed. */
export async function until(sandbox: Sandbox, isSo: () => boolean): Promise<void> {
	while (open.includes(sandbox) && !isSo()) await sleep(2);
}

/** Resolves at the first request after which a condition is true. */
export async function atRequest(sandbox: Sandbox, isSo: () => boolean): Promise<void> {
	const { requests } = sandbox;
	const note = requests.open.bind(requests);
	await new Promise<void>((resolve) => {
		requests.open = (...request) => {
			const entry = note(...request);
			if (isSo()) resolve();
			return entry;
		};
	});
}

/** Resolves when all requests sent so far have arrived, because a later request arrives later. */
export async function requestsUnderWay({ url }: Sandbox): Promise<void> {
	for (let round = 0; round < 3; round += 1) await (await fetch(url)).text();
}
