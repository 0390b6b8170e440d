import type { NewConversion } from '../../sandbox/arrivals';
import { startSandbox, type Sandbox } from '../../sandbox/server';
import { BY_ITSELF, FINAL, LIGHTING, NOW, SALE } from '../engine/sandboxShop';
import { MARK, type Received } from '../engine/server';
import { BAGS, SHOES } from '../engine/shop';

/** Opens a sandbox that holds these conversions; its clock stands still, and it takes the tests' token. */
export async function openHonest(conversions: readonly NewConversion[]): Promise<Sandbox> {
	return await startSandbox({
		token: MARK,
		now: NOW,
		clock: () => 0,
		programs: [
			{ ...SHOES, rules: [SALE, LIGHTING, FINAL, BY_ITSELF, { name: 'Japan', currency: 'JPY' }] },
			{ ...BAGS, rules: [{ name: 'Bags' }] },
		],
		conversions,
	});
}

/** What the sandbox answers to a request that came by another way. */
export async function askHonest(
	sandbox: Sandbox,
	{ method, path, query, body }: Received,
): Promise<{ status: number; body: unknown }> {
	const url = new URL(path, sandbox.url);
	for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
	const answer = await fetch(url, {
		method,
		headers: {
			authorization: `Bearer ${MARK}`,
			'content-type': 'application/json',
			'accept-encoding': 'identity',
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const parsed: unknown = await answer.json();
	return { status: answer.status, body: parsed };
}
