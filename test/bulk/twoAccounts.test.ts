/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { Sandbox } from '../../sandbox/server';
import { urlOf } from '../engine/server';
import { itemAbout, NAMED, openShop, runInShop, withOwnOrder } from './shopUnderTest';

const open: Server[] = [];

afterEach(async () => {
	for (const server of open.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

/** One address for two accounts, which only the token tells apart. */
async function openOneAddress(accounts: readonly Sandbox[]): Promise<string> {
	const server = createServer((message, response) => {
		const { authorization } = message.headers;
		const account = accounts.find(({ token }) => authorization === `Bearer ${token}`);
		const chunks: Uint8Array[] = [];
		message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
		message.on('end', () => {
			const { method = 'GET', url = '/' } = message;
			void fetch(new URL(url, account?.url), {
				method,
				headers: { authorization: authorization ?? '', 'content-type': 'application/json' },
				...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
			}).then(async (answer) => {
				const retryAfter = answer.headers.get('retry-after');
				response.writeHead(answer.status, {
					'content-type': 'application/json',
					...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
				});
				response.end(await answer.text());
			});
		});
	});
	open.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return urlOf(server);
}

/** Two shops with the same order numbers, at one address or at two. */
async function openTwo(
	isOneAddress: boolean,
): Promise<Array<[Sandbox, ICredentialDataDecryptedObject]>> {
	const accounts = [
		await openShop({ conversions: 80, seed: 1, token: 'first-token' }),
		await openShop({ conversions: 80, seed: 2, token: 'second-token' }),
	];
	const address = isOneAddress ? await openOneAddress(accounts) : undefined;
	return accounts.map((sandbox) => [
		sandbox,
		{ token: sandbox.token, environment: 'custom', baseUrl: address ?? sandbox.url },
	]);
}

describe.each([
	{ where: 'at one address', isOneAddress: true },
	{ where: 'at two addresses', isOneAddress: false },
])('two accounts in one process $where', ({ isOneAddress }) => {
	test('work on the same order numbers at the same time, each on its own conversions', async () => {
		const two = await openTwo(isOneAddress);
		const orders = two.map(([sandbox]) => withOwnOrder(sandbox).map((one) => one.externalId));
		const shared = (orders[0] ?? []).filter((order) => orders[1]?.includes(order));
		expect(shared.length).toBeGreaterThan(40);
		const runs = two.map(async ([sandbox, credential], index) => {
			const conversions = shared.flatMap((order) => sandbox.store.byExternalId(order));
			const outcome = await runInShop(sandbox, {
				operation: index === 0 ? 'accept' : 'refuse',
				items: conversions.map(itemAbout),
				parameters: { ...NAMED.order, reason: 'Order returned' },
				credential,
			});
			return { sandbox, conversions, outcome };
		});
		const [first, second] = await Promise.all(runs);
		if (first === undefined || second === undefined) throw new Error('Two shops were opened');
		for (const [run, outcome] of [
			[first, 'accepted'],
			[second, 'refused'],
		] as const) {
			const ids = run.conversions.map(({ id }) => id);
			expect(run.outcome.stopped).toBeUndefined();
			expect(run.outcome.success.map(({ json }) => [json['id'], json['outcome']])).toEqual(
				ids.map((id) => [id, outcome]),
			);
			expect(run.sandbox.store.writes.map(({ id }) => id).sort()).toEqual([...ids].sort());
			expect(run.sandbox.requests.list().every(({ status }) => status === 200)).toBe(true);
		}
	});

	test('do not wait for each other’s rate limits', async () => {
		const two = await openTwo(isOneAddress);
		const [limited] = two[0] ?? [];
		limited?.faults.set([{ kind: '429', retryAfter: 3000, rate: 1 }]);
		const runs = two.map(async ([sandbox, credential]) => {
			return await runInShop(sandbox, {
				operation: 'accept',
				items: withOwnOrder(sandbox).slice(0, 20).map(itemAbout),
				parameters: NAMED.order,
				options: { retryForSeconds: 10 },
				credential,
				settings: { onError: 'continueRegularOutput' },
			});
		});
		const [first, second] = await Promise.all(runs);
		for (const { json } of first?.success ?? []) {
			expect(json['error']).toMatch(/rate limit requires a wait of|asked to slow down/);
		}
		expect(second?.success.map(({ json }) => json['outcome'])).toEqual(
			Array.from({ length: 20 }, () => 'accepted'),
		);
		expect(second?.task?.hints?.[0]?.message).not.toContain('waiting');
	});

	test('do not share what they learned about the requests that Affilae requires', async () => {
		const two = await openTwo(isOneAddress);
		const [strict] = two[0] ?? [];
		strict?.change({ programRequired: ['list', 'info'] });
		const runs = two.map(async ([sandbox, credential], index) => {
			const programs = sandbox.shop.programs.map(({ id }) => id).join(', ');
			return await runInShop(sandbox, {
				operation: 'accept',
				items: withOwnOrder(sandbox).slice(0, 20).map(itemAbout),
				parameters: NAMED.order,
				credential: { ...credential, ...(index === 0 ? { programs } : {}) },
			});
		});
		for (const { success } of await Promise.all(runs)) {
			expect(success.map(({ json }) => json['outcome'])).toEqual(
				Array.from({ length: 20 }, () => 'accepted'),
			);
		}
		const [, lenient] = two.map(([sandbox]) => sandbox.requests.list());
		const asked = lenient?.filter(({ method }) => method === 'GET').map(({ query }) => query);
		expect(asked?.every((query) => !('program' in query))).toBe(true);
	});
});
