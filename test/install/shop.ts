/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import getPort from 'get-port';
import { createServer, request } from 'node:http';
import { type Sandbox, startSandbox } from '../../sandbox/server';

const LOOPBACK = '127.0.0.1';

/** A sandbox behind a relay that records which version of the package calls it. */
export interface Shop {
	readonly sandbox: Sandbox;
	/** The address of the relay. */
	readonly url: string;
	/** The User-Agent of each call, oldest first. */
	readonly callers: string[];
	stop(): Promise<void>;
}

/** Opens a shop with three pending conversions, for the orders 1001, 1002 and 1003. */
export async function openShop(): Promise<Shop> {
	const sandbox = await startSandbox({
		conversions: [
			{ externalId: '1001', amount: 8490 },
			{ externalId: '1002', amount: 5000 },
			{ externalId: '1003', amount: 3000 },
		],
	});
	const callers: string[] = [];
	const relay = createServer((incoming, answer) => {
		const { method, headers, url = '/' } = incoming;
		callers.push(headers['user-agent'] ?? 'nobody');
		const onward = request(new URL(url, sandbox.url), { method, headers }, (response) => {
			answer.writeHead(response.statusCode ?? 502, response.headers);
			response.pipe(answer);
		});
		onward.on('error', () => answer.destroy());
		incoming.pipe(onward);
	});
	const port = await getPort({ host: LOOPBACK });
	await new Promise<void>((resolve) => void relay.listen(port, LOOPBACK, resolve));
	return {
		sandbox,
		url: `http://${LOOPBACK}:${port}`,
		callers,
		stop: async () => {
			relay.closeAllConnections();
			await new Promise((resolve) => relay.close(resolve));
			await sandbox.stop();
		},
	};
}
