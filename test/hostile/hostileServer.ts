/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import { readReceived, type Received, urlOf } from '../engine/server';

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
export type Speak = (request: Received) => Wire;

/** A server on loopback that puts any bytes on the wire, and keeps what reached it. */
export class HostileServer {
	readonly requests: Received[] = [];
	/** What went wrong in the test's own answers. */
	readonly mistakes: unknown[] = [];
	speak: Speak = () => ({ kind: 'silence' });
	private readonly server: Server;

	constructor() {
		this.server = createServer({ maxHeaderSize: 1 << 20 }, (message) => {
			void this.answer(message).catch((mistake: unknown) => {
				this.mistakes.push(mistake);
				message.socket.destroy();
			});
		});
	}

	/** Without a final slash. */
	get url(): string {
		return urlOf(this.server);
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	/** Forgets what came, and gives up on those that still wait for an answer. */
	forget(): void {
		this.requests.length = 0;
		this.mistakes.length = 0;
		this.server.closeAllConnections();
	}

	private async answer(message: IncomingMessage): Promise<void> {
		const received = await readReceived(message);
		this.requests.push(received);
		const wire = this.speak(received);
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

/** A server for all tests of a file. */
export function hostileServerForTests(): HostileServer {
	const server = new HostileServer();
	beforeAll(async () => await server.start());
	afterAll(async () => await server.stop());
	return server;
}
