/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { setTimeout as wait } from 'node:timers/promises';
import { N8nClient } from '../../playground/src/n8nClient';
import { type N8nProcess, startN8n } from '../../playground/src/n8nProcess';
import { OWNER } from '../../playground/src/startPlayground';

const ANY_PORT = 0;
const LOOK_MS = 250;
const OFFERED_WITHIN_MS = 60_000;

/** A full n8n without the package or any data, signed in. */
export type BareN8n = N8nProcess & { client: N8nClient };

/** Starts n8n with its own user folder. */
export async function startBareN8n(
	userFolder: string,
	settings: Readonly<Record<string, string>> = {},
): Promise<BareN8n> {
	const n8n = await startN8n(userFolder, ANY_PORT, undefined, { settings });
	const client = new N8nClient(n8n.url);
	await client.signIn(OWNER);
	return { ...n8n, client };
}

/**
 * The node types of n8n with this word in their names.
 *
 * @param wanted the expected types to wait for, because n8n reports an installation or removal a little early
 */
export async function offered(
	{ client }: BareN8n,
	word: string,
	wanted: readonly string[],
): Promise<string[]> {
	const deadline = Date.now() + OFFERED_WITHIN_MS;
	for (;;) {
		const names = (await client.nodeTypes()).map(({ name }) => name);
		const found = [...new Set(names)].filter((name) => name.includes(word)).sort();
		if (found.join() === wanted.join() || Date.now() > deadline) return found;
		await wait(LOOK_MS);
	}
}
