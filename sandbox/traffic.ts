/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import type { Request, Server } from '@hapi/hapi';
import { API_PATH } from './api';
import type { SandboxClock } from './clock';
import { deliverAfter, deliverBefore, statusOf } from './faultDelivery';
import { type Fault, type FaultControl, keepsWrite } from './faults';
import { seededRandom } from './random';
import { type RateLimiter, retryAfterHeader } from './rateLimit';
import { HttpError } from './httpError';
import type { RequestEntry, RequestLog } from './requestLog';
import type { SandboxSettings } from './settings';

/** What is applied to requests before the five calls. */
export interface TrafficContext {
	settings: SandboxSettings;
	limiter: RateLimiter;
	faults: FaultControl;
	log: RequestLog;
	seed: number;
	clock: SandboxClock;
	/** Resolves after a number of ms. */
	wait(ms: number): Promise<void>;
}

interface Exchange {
	entry: RequestEntry | null;
	fault: Fault | null;
}

/** Resolves after `ms`; does not keep the process alive after the sandbox stops. */
export function wait(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms).unref();
	});
}

/** Sets up rate limit, faults, latency and log for all requests of the API, and only for these. */
export function directTraffic(server: Server, context: TrafficContext): void {
	const { settings, limiter, faults, log, clock } = context;
	const random = seededRandom(context.seed + 3);
	const exchanges = new WeakMap<Request, Exchange>();

	server.ext('onRequest', (request, h) => {
		if (!request.path.startsWith(API_PATH)) return h.continue;
		const method = request.method.toUpperCase();
		const entry = log.open(method, request.path, { ...request.query }, clock.elapsed());
		exchanges.set(request, { entry, fault: null });
		const verdict = limiter.take();
		if (verdict.granted) return h.continue;
		const { body } = new HttpError(429, 'Rate limit exceeded, retry later');
		const response = h.response(body).code(429);
		const form = settings.rateLimit?.retryAfter ?? 'absent';
		const retryAfter = retryAfterHeader(form, verdict.waitMs, clock.outside());
		if (retryAfter !== null) response.header('retry-after', retryAfter);
		return response.takeover();
	});

	server.ext('onPreHandler', (request, h) => {
		const exchange = exchanges.get(request);
		if (exchange === undefined) return h.continue;
		const { entry } = exchange;
		if (entry !== null) log.read(entry, request.payload);
		exchange.fault = faults.pick(request.method.toUpperCase(), request.path);
		if (exchange.fault === null) return h.continue;
		if (entry !== null) entry.fault = exchange.fault.kind;
		return keepsWrite(exchange.fault) ? h.continue : deliverBefore(exchange.fault, request, h).next;
	});

	server.ext('onPreResponse', async (request, h) => {
		const exchange = exchanges.get(request);
		if (exchange === undefined) return h.continue;
		const { entry, fault } = exchange;
		const jitterMs = settings.latencyJitterMs === 0 ? 0 : random() * settings.latencyJitterMs;
		const lateMs =
			settings.latencyMs + jitterMs + (fault?.kind === 'slow' ? (fault.ms ?? 12_000) : 0);
		if (lateMs > 0) await context.wait(lateMs);
		const { status, next } =
			fault !== null && keepsWrite(fault)
				? deliverAfter(fault, request, h)
				: { status: statusOf(request), next: h.continue };
		if (entry !== null) log.close(entry, status, clock.elapsed());
		return next;
	});
}
