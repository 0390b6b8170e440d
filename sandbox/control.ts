import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi';
import Joi from 'joi';
import { errorAnswer } from './answers';
import type { NewConversion } from './arrivals';
import { checked } from './calls';
import { type Conversion, STATUSES } from './conversion';
import type { SandboxClock } from './clock';
import type { FaultControl } from './faults';
import { PAGE } from './page';
import type { RateLimiter } from './rateLimit';
import { HttpError } from './httpError';
import type { RequestLog } from './requestLog';
import { changeSettings, type SandboxSettings } from './settings';
import { orderCases } from './orders';
import { readState, type StateQuery } from './state';
import type { ConversionStore } from './store';

/** What the page and the control routes use. */
export interface ControlContext {
	store(): ConversionStore;
	settings: SandboxSettings;
	faults: FaultControl;
	limiter: RateLimiter;
	log: RequestLog;
	clock: SandboxClock;
	reset(): void;
	addConversion(wanted: NewConversion): Conversion;
}

const stateSchema = Joi.object<StateQuery>({
	search: Joi.string().allow(''),
	status: Joi.valid(...STATUSES),
	limit: Joi.number().integer().min(1).max(1000),
});

const id = Joi.string().hex().length(24);
const moment = Joi.number().integer();
const conversionSchema = Joi.object<NewConversion>({
	id,
	externalId: Joi.string().allow(null),
	customerId: Joi.string().allow(null),
	program: id,
	rule: Joi.string(),
	amount: Joi.number().integer().min(0),
	initialAmount: Joi.number().integer().min(0),
	status: Joi.valid(...STATUSES),
	refuseReason: Joi.string(),
	createdAtMs: moment,
	addedAtMs: moment,
	decidedAtMs: moment,
	lockedAtMs: moment,
	affiliate: Joi.string(),
	shownFields: Joi.object().unknown(),
});

const clockSchema = Joi.object<{ days?: number; ms?: number }>({
	days: Joi.number().min(0),
	ms: Joi.number().min(0),
}).xor('days', 'ms');

const DAY_MS = 86_400_000;

/** Only requests to a loopback host name are allowed, so that no website can send one under its own name. */
function isLocal(request: Request): boolean {
	const isLoopback = (host: string) => ['127.0.0.1', 'localhost'].includes(host);
	const { origin } = request.headers;
	if (!isLoopback(request.info.hostname)) return false;
	return typeof origin !== 'string' || origin === `http://${request.info.host}`;
}

function invalid(error: unknown): HttpError {
	return new HttpError(400, error instanceof Error ? error.message : String(error));
}

/** Makes the change and responds with the new state, or with 400 and the reason. */
function changed(h: ResponseToolkit, change: () => void, read: () => object) {
	try {
		change();
	} catch (error) {
		return errorAnswer(h, invalid(error));
	}
	return h.response(read());
}

/**
 * The page at `/` and the routes under `/sandbox/`. Affilae has no such routes. They need no token,
 * because the sandbox listens on loopback only.
 */
export function controlRoutes(context: ControlContext): ServerRoute[] {
	const { store, settings, faults, limiter, log, clock } = context;
	const readClock = () => ({ now: new Date(clock.now()).toISOString() });
	const routes: ServerRoute[] = [
		{
			method: 'GET',
			path: '/',
			handler: (_request: Request, h: ResponseToolkit) =>
				h
					.response(PAGE)
					.type('text/html')
					.header('cache-control', 'no-store')
					.header(
						'content-security-policy',
						"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
					),
		},
		{
			method: 'GET',
			path: '/sandbox/state',
			handler: (request: Request, h: ResponseToolkit) => {
				const query = checked(stateSchema, 'query', request.query);
				if (query instanceof HttpError) return errorAnswer(h, query);
				return h
					.response(readState(store(), query, clock.now()))
					.header('cache-control', 'no-store');
			},
		},
		{
			method: 'GET',
			path: '/sandbox/orders',
			handler: () => ({ orders: orderCases().map(({ order }) => order) }),
		},
		{
			method: 'GET',
			path: '/sandbox/requests',
			handler: () => ({
				total: log.total,
				granted: limiter.granted,
				limited: limiter.limited,
				requests: log.list(),
			}),
		},
		{
			method: 'GET',
			path: '/sandbox/settings',
			handler: () => settings,
		},
		{
			method: 'PUT',
			path: '/sandbox/settings',
			handler: (request: Request, h: ResponseToolkit) =>
				changed(
					h,
					() => changeSettings(settings, request.payload),
					() => settings,
				),
		},
		{
			method: 'GET',
			path: '/sandbox/faults',
			handler: () => ({ faults: faults.list(), played: faults.played }),
		},
		{
			method: 'PUT',
			path: '/sandbox/faults',
			handler: (request: Request, h: ResponseToolkit) =>
				changed(
					h,
					() => faults.set(request.payload),
					() => ({ faults: faults.list(), played: faults.played }),
				),
		},
		{
			method: 'GET',
			path: '/sandbox/clock',
			handler: readClock,
		},
		{
			method: 'POST',
			path: '/sandbox/clock',
			handler: (request: Request, h: ResponseToolkit) => {
				const move = checked(clockSchema, 'payload', request.payload ?? {});
				if (move instanceof HttpError) return errorAnswer(h, move);
				clock.advance((move.days ?? 0) * DAY_MS + (move.ms ?? 0));
				return readClock();
			},
		},
		{
			method: 'POST',
			path: '/sandbox/reset',
			handler: () => {
				context.reset();
				return { total: store().size, counts: store().counts() };
			},
		},
		{
			method: 'POST',
			path: '/sandbox/conversions',
			handler: (request: Request, h: ResponseToolkit) => {
				const wanted = checked(conversionSchema, 'payload', request.payload ?? {});
				if (wanted instanceof HttpError) return errorAnswer(h, wanted);
				try {
					return h.response({ conversion: context.addConversion(wanted) }).code(201);
				} catch (error) {
					return errorAnswer(h, invalid(error));
				}
			},
		},
	];
	return routes.map((route) => ({
		...route,
		options: {
			pre: [
				(request: Request, h: ResponseToolkit) =>
					isLocal(request)
						? h.continue
						: errorAnswer(h, new HttpError(403, 'Only from this machine')).takeover(),
			],
		},
	}));
}
