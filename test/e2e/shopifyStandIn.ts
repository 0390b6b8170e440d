/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The list of orders of Shopify's Admin REST API. */
export interface ShopifyStandIn {
	url: string;
	/** The only token that it accepts. */
	accessToken: string;
	/** The orders of the shop. Changed by a test before a run. */
	orders: ReadonlyArray<Record<string, unknown>>;
	/** If set, the response in place of the orders. */
	body: string | undefined;
	/** The paths and queries of the requests with the right token, oldest first. */
	asked: string[];
	stop(): Promise<void>;
}

const PATH = /^\/admin\/api\/20\d\d-\d\d\/orders\.json$/;
const DEFAULT_LIMIT = 50;

/** Starts an empty shop on loopback. */
export async function startShopifyStandIn(): Promise<ShopifyStandIn> {
	const server = createServer(answer);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const shop: ShopifyStandIn = {
		url: `http://127.0.0.1:${port}`,
		accessToken: 'shpat_stand_in',
		orders: [],
		body: undefined,
		asked: [],
		stop: async () =>
			await new Promise<void>((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};

	function answer(request: IncomingMessage, response: ServerResponse): void {
		if (request.headers['x-shopify-access-token'] !== shop.accessToken) {
			send(response, 401, { errors: '[API] Invalid API key or access token' });
			return;
		}
		shop.asked.push(request.url ?? '/');
		const { pathname, searchParams } = new URL(request.url ?? '/', shop.url);
		if (!PATH.test(pathname)) send(response, 404, { errors: 'Not Found' });
		else if (shop.body !== undefined) sendText(response, shop.body);
		else sendPage(response, pathname, searchParams);
	}

	function sendPage(response: ServerResponse, pathname: string, query: URLSearchParams): void {
		const info = query.get('page_info');
		const others = [...query.keys()].filter(
			(key) => !['limit', 'page_info', 'fields'].includes(key),
		);
		if (info !== null && others.length > 0) {
			send(response, 400, { errors: { [others[0] ?? '']: 'cannot be passed with page_info' } });
			return;
		}
		const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
		const page = Number(info ?? 0);
		const link = (to: number, rel: string): string =>
			`<${shop.url}${pathname}?limit=${limit}&page_info=${to}>; rel="${rel}"`;
		const links = [
			...(page > 0 ? [link(page - 1, 'previous')] : []),
			...((page + 1) * limit < shop.orders.length ? [link(page + 1, 'next')] : []),
		];
		if (links.length > 0) response.setHeader('Link', links.join(', '));
		send(response, 200, { orders: shop.orders.slice(page * limit, (page + 1) * limit) });
	}

	return shop;
}

function send(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'Content-Type': 'application/json' });
	response.end(JSON.stringify(body));
}

function sendText(response: ServerResponse, body: string): void {
	response.writeHead(200, { 'Content-Type': 'text/html' });
	response.end(body);
}
