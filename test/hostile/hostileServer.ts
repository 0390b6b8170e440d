/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { MARK, readReceived, type Received, urlOf } from '../engine/server';

/** The exact bytes of a response; the connection is closed afterwards. */
export type Wire =
	| { kind: 'bytes'; bytes: Uint8Array }
	/** The connection is reset after these bytes. */
	| { kind: 'reset'; bytes: Uint8Array }
	/** These bytes, and then spaces without end. */
	| { kind: 'drip'; bytes: Uint8Array }
	/** There is never a response. */
	| { kind: 'silence' };

/** Returns the response to a request; an exception is a mistake in the test. */
export type Speak = (request: Received) => Wire | Promise<Wire>;

/** A server on loopback that can answer with any bytes, and records the requests. */
export class HostileServer {
	readonly requests: Received[] = [];
	/** Exceptions in the test's own responses. */
	readonly mistakes: unknown[] = [];
	private readonly server: Server;

	constructor(private readonly speak: Speak) {
		this.server = createServer({ maxHeaderSize: 1 << 20 }, (message) => {
			void this.answer(message).catch((mistake: unknown) => {
				this.mistakes.push(mistake);
				message.socket.destroy();
			});
		});
	}

	/** A credential for this server. */
	get credential(): ICredentialDataDecryptedObject {
		return { token: MARK, environment: 'custom', baseUrl: urlOf(this.server) };
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
	}

	/** Stops at once, and closes connections that still wait for a response. */
	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	private async answer(message: IncomingMessage): Promise<void> {
		const received = await readReceived(message);
		this.requests.push(received);
		const wire = await this.speak(received);
		const { socket } = message;
		if (wire.kind === 'silence') return;
		if (wire.kind === 'bytes') socket.end(wire.bytes);
		else if (wire.kind === 'drip') drip(socket, wire.bytes);
		else socket.write(wire.bytes, () => socket.resetAndDestroy());
	}
}

function drip(socket: Socket, bytes: Uint8Array): void {
	socket.write(bytes);
	const dripping = setInterval(() => socket.write(' '), 50);
	socket.once('close', () => clearInterval(dripping));
}

const open: HostileServer[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async (server) => await server.stop()));
});

/** Opens a server that is closed after the test. The node treats each as a separate account. */
export async function openHostileServer(speak: Speak): Promise<HostileServer> {
	const server = new HostileServer(speak);
	open.push(server);
	await server.start();
	return server;
}
