import { N8nClient } from '../../playground/src/n8nClient';
import { type N8nProcess, startN8n } from '../../playground/src/n8nProcess';
import { OWNER } from '../../playground/src/startPlayground';

const ANY_PORT = 0;

/** A whole n8n in which nothing was put, signed in. */
export type BareN8n = N8nProcess & { client: N8nClient };

/** Starts n8n on a folder of its own. */
export async function startBareN8n(
	userFolder: string,
	settings: Readonly<Record<string, string>> = {},
): Promise<BareN8n> {
	const n8n = await startN8n(userFolder, ANY_PORT, undefined, { settings });
	const client = new N8nClient(n8n.url);
	await client.signIn(OWNER);
	return { ...n8n, client };
}

/** What n8n offers that has this word in the name of its type. */
export async function offeredBy({ client }: BareN8n, word: string): Promise<string[]> {
	const names = (await client.nodeTypes()).map(({ name }) => name);
	return [...new Set(names)].filter((name) => name.includes(word)).sort();
}
