/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

/** The rows of a list of a shop; `body` is a response that is not a list. */
export type ShopList = ReadonlyArray<Record<string, unknown>> | { body: string };

/** What the shop has. Changed by a test before a run. */
export interface ShopData {
	/** Of WooCommerce: orders, without their links, and the refunds of each by its ID. */
	orders: ShopList;
	refunds: Readonly<Record<string, ShopList>>;
	/** Of PrestaShop, by the name of the resource. */
	resources: Readonly<Record<'currencies' | 'order_slip' | 'orders', ShopList>>;
	/** Of Odoo: its invoices and credit notes. */
	moves: ReadonlyArray<Record<string, unknown>>;
}

/** A search in Odoo: the model, the domain, the fields. */
export type OdooSearch = readonly [model: unknown, domain: unknown, fields: unknown];

/** WooCommerce's REST API, PrestaShop's webservice and Odoo's JSON-RPC, as far as the examples use them. */
export interface ShopStandIn {
	url: string;
	/** The user and the password that each of them accepts. */
	user: { username: string; password: string };
	data: ShopData;
	/** The paths and queries of the requests with the right key, oldest first. */
	asked: string[];
	/** The searches in Odoo. */
	searches: OdooSearch[];
	stop(): Promise<void>;
}

const NODE_OF = {
	currencies: 'currencies',
	order_slip: 'order_slips',
	orders: 'orders',
} as const;

function isResource(name: string | undefined): name is keyof typeof NODE_OF {
	return name !== undefined && name in NODE_OF;
}

function isText(list: ShopList): list is { body: string } {
	return 'body' in list;
}

/** Starts an empty shop on loopback. */
export async function startShopStandIn(): Promise<ShopStandIn> {
	const user = { username: 'ck_key', password: 'cs_secret' };
	const expected = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
	const asked: string[] = [];
	const data: ShopData = {
		orders: [],
		refunds: {},
		resources: { currencies: [], order_slip: [], orders: [] },
		moves: [],
	};
	const searches: OdooSearch[] = [];
	const server: Server = createServer((request, response) => void answer(request, response));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const url = `http://127.0.0.1:${port}`;
	const shop: ShopStandIn = {
		url,
		user,
		data,
		asked,
		searches,
		stop: async () =>
			await new Promise<void>((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { pathname, searchParams } = new URL(request.url ?? '/', url);
		if (pathname === '/jsonrpc') {
			odoo(response, callOf(await json(request)));
			return;
		}
		if (request.headers.authorization !== expected) {
			send(response, { message: 'That key is not known' }, 401);
			return;
		}
		asked.push(request.url ?? '/');
		const [, first, second, , collection, id, what] = pathname.split('/');
		if (first === 'api' && isResource(second)) prestaShop(response, second, searchParams);
		else if (collection === 'orders' && id === undefined) wooOrders(response, searchParams);
		else if (what === 'refunds' && id !== undefined) wooRefunds(response, id);
		else send(response, { code: 'rest_no_route' }, 404);
	}

	function wooOrders(response: ServerResponse, query: URLSearchParams): void {
		const { orders } = shop.data;
		if (isText(orders)) {
			sendText(response, orders.body);
			return;
		}
		const size = Number(query.get('per_page') ?? 10);
		const page = Number(query.get('page') ?? 1);
		const links = ['<https://shop.example.com/wp-json/>; rel="https://api.w.org/"'];
		if (page * size < orders.length) {
			const next = new URLSearchParams(query);
			next.set('page', String(page + 1));
			links.push(`<${url}/wp-json/wc/v3/orders?${next.toString()}>; rel="next"`);
		}
		response.setHeader('Link', links.join(', '));
		const rows = orders.slice((page - 1) * size, page * size);
		send(
			response,
			rows.map((order) => ({
				...order,
				_links: { self: [{ href: `${url}/wp-json/wc/v3/orders/${String(order['id'])}` }] },
			})),
		);
	}

	function wooRefunds(response: ServerResponse, order: string): void {
		const refunds = shop.data.refunds[order] ?? [];
		if (isText(refunds)) {
			sendText(response, refunds.body);
			return;
		}
		send(
			response,
			refunds.map((refund) => ({
				...refund,
				_links: { up: [{ href: `${url}/wp-json/wc/v3/orders/${order}` }] },
			})),
		);
	}

	function prestaShop(
		response: ServerResponse,
		resource: keyof typeof NODE_OF,
		query: URLSearchParams,
	): void {
		const rows = shop.data.resources[resource];
		if (isText(rows)) {
			sendText(response, rows.body);
			return;
		}
		const [from = 0, count = rows.length] = (query.get('limit') ?? '').split(',').map(Number);
		const page = rows.slice(from, from + count);
		// If there is nothing, PrestaShop returns a list without a name.
		send(response, page.length === 0 ? [] : { [NODE_OF[resource]]: page });
	}

	function odoo(response: ServerResponse, { service, args }: OdooCall): void {
		const isLogin = service === 'common';
		const [, known, password] = args;
		if (password !== user.password || known !== (isLogin ? user.username : ODOO_USER_ID)) {
			const data = { message: 'Access Denied' };
			send(response, { jsonrpc: '2.0', error: { message: 'Odoo Server Error', data } });
			return;
		}
		const [model, , domain, fields] = args.slice(3);
		if (!isLogin) searches.push([model, domain, fields]);
		send(response, { jsonrpc: '2.0', result: isLogin ? ODOO_USER_ID : shop.data.moves });
	}

	return shop;
}

/** A call of Odoo's JSON-RPC: `login` with database, user and password, or a method with the user's ID in place of the name. */
type OdooCall = z.infer<typeof odooCall>['params'];

const odooCall = z.object({
	params: z.object({ service: z.string(), args: z.array(z.unknown()) }),
});
const ODOO_USER_ID = 2;

function callOf(body: unknown): OdooCall {
	return odooCall.parse(body).params;
}

function send(response: ServerResponse, body: unknown, status = 200): void {
	response.writeHead(status, { 'Content-Type': 'application/json' });
	response.end(JSON.stringify(body));
}

function sendText(response: ServerResponse, body: string): void {
	response.writeHead(200, { 'Content-Type': 'text/html' });
	response.end(body);
}
