/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { MARK, readReceived, type Received, urlOf } from '../engine/server';

/** What goes over the wire, byte for byte; the connection is closed after it. */
export type Wire =
	| { kind: 'bytes'; bytes: Uint8Array }
	/** The connection is reset, after so many of the bytes. */
	| { kind: 'reset'; bytes: Uint8Array }
	/** Bytes, and then one space after the other, without end. */
	| { kind: 'drip'; bytes: Uint8Array }
	/** Nothing ever comes. */
	| { kind: 'silence' };

/** Says what to answer; what is thrown here is a mistake of the test. */
export type Speak = (request: Received) => Wire | Promise<Wire>;

/** A server on loopback that puts any bytes on the wire, and keeps what reached it. */
export class HostileServer {
	readonly requests: Received[] = [];
	/** What went wrong in the test's own answers. */
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

	/** Ends at once: gives up on those that still wait for an answer. */
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

/** Opens a server that is closed after the test. Each is an account of its own to the node. */
export async function openHostileServer(speak: Speak): Promise<HostileServer> {
	const server = new HostileServer(speak);
	open.push(server);
	await server.start();
	return server;
}
