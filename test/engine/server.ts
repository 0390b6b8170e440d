/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

/** A request as it reached the server. */
export interface Received {
	method: string;
	path: string;
	query: Record<string, string>;
	/** Parsed JSON; absent where nothing was sent. */
	body?: unknown;
}

/** The address of a server on loopback, without a final slash. */
export function urlOf(server: Server): string {
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server is stopped');
	return `http://127.0.0.1:${address.port}`;
}

/** Reads a request to its end. */
export async function readReceived(message: IncomingMessage): Promise<Received> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of message) {
		if (chunk instanceof Uint8Array) chunks.push(chunk);
	}
	const text = new TextDecoder().decode(Buffer.concat(chunks));
	const { pathname, searchParams } = new URL(message.url ?? '/', 'http://127.0.0.1');
	const body: unknown = text === '' ? undefined : JSON.parse(text);
	return {
		method: message.method ?? '',
		path: pathname,
		query: Object.fromEntries(searchParams),
		...(body === undefined ? {} : { body }),
	};
}

/** What the server answers. */
export interface Reply {
	/** Default 200. */
	status?: number;
	/** Text goes out as it is, anything else as JSON; absent for an empty answer. */
	body?: unknown;
	headers?: Record<string, string>;
	/** The connection is cut in the place of an answer. */
	isCut?: boolean;
}

export type Respond = (request: Received) => Reply | Promise<Reply>;

/** What the credential under test holds as its token; nothing else looks like it. */
export const MARK = 'tok-3f9c1e7a5b2d8046-mark';

/** A server on loopback that answers as a test says, and keeps what reached it. */
export class AffilaeServer {
	readonly requests: Received[] = [];
	/** The Authorization header of each request. */
	readonly authorizations: Array<string | undefined> = [];
	/** The User-Agent header of each request. */
	readonly userAgents: Array<string | undefined> = [];
	respond: Respond = () => ({ status: 404, body: 'No test said what to answer' });
	private readonly server: Server;
	private account = 0;

	constructor() {
		this.server = createServer((message, response) => {
			void this.answer(message).then(({ status = 200, body, headers, isCut }) => {
				if (isCut) {
					message.socket.destroy();
					return;
				}
				const isText = typeof body === 'string';
				response.writeHead(status, {
					...(body === undefined ? {} : { 'content-type': isText ? 'text/html' : JSON_TYPE }),
					...headers,
				});
				response.end(body === undefined || isText ? body : JSON.stringify(body));
			});
		});
	}

	/** Without a final slash. */
	get url(): string {
		return urlOf(this.server);
	}

	/** A credential for this server. */
	get credential(): ICredentialDataDecryptedObject {
		return { token: MARK, environment: 'custom', baseUrl: `${this.url}/account-${this.account}` };
	}

	/** From here on the credential is for another account: what was learned of a rate limit does not count. */
	openAccount(): void {
		this.account += 1;
	}

	/** What reached the server by POST, in the order of arrival. */
	get writes(): Received[] {
		return this.requests.filter(({ method }) => method === 'POST');
	}

	/** What reached the server by GET, in the order of arrival. */
	get reads(): Received[] {
		return this.requests.filter(({ method }) => method === 'GET');
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	forget(): void {
		this.requests.length = 0;
		this.authorizations.length = 0;
		this.userAgents.length = 0;
	}

	private async answer(message: IncomingMessage): Promise<Reply> {
		const received = await readReceived(message);
		received.path = received.path.replace(/^\/account-\d+/, '');
		this.requests.push(received);
		this.authorizations.push(message.headers.authorization);
		this.userAgents.push(message.headers['user-agent']);
		return await this.respond(received);
	}
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** A server for all tests of a file; what reached it is forgotten before each, which has its own account. */
export function serverForTests(): AffilaeServer {
	const server = new AffilaeServer();
	beforeAll(async () => await server.start());
	beforeEach(() => {
		server.forget();
		server.openAccount();
	});
	afterAll(async () => await server.stop());
	return server;
}

/** Requests in an order that does not depend on which of them came first. */
export function inAnyOrder(requests: readonly Received[]): Received[] {
	return [...requests].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}
