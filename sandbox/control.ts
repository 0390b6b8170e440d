import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi';
import Joi from 'joi';
import { checked } from './calls';
import { STATUSES } from './conversion';
import type { FaultControl } from './faults';
import { PAGE } from './page';
import { PROGRAMS } from './programs';
import type { RateLimiter } from './rateLimit';
import { Refusal } from './refusal';
import type { RequestLog } from './requestLog';
import { changeSettings, type SandboxSettings } from './settings';
import { orderCases } from './orders';
import type { NewConversion } from './shop';
import { readState, type StateQuery } from './state';
import type { Conversion } from './conversion';
import type { ConversionStore } from './store';

/** What the page and the control routes work on. */
export interface ControlContext {
	store(): ConversionStore;
	settings: SandboxSettings;
	faults: FaultControl;
	limiter: RateLimiter;
	log: RequestLog;
	reset(): void;
	addConversion(wanted: NewConversion): Conversion;
}

const stateSchema = Joi.object<StateQuery>({
	search: Joi.string().allow(''),
	status: Joi.valid(...STATUSES),
	limit: Joi.number().integer().min(1).max(1000),
});

const conversionSchema = Joi.object<NewConversion>({
	externalId: Joi.string(),
	customerId: Joi.string(),
	program: Joi.valid(...PROGRAMS.map(({ id }) => id)),
	amount: Joi.number().integer().min(0),
	status: Joi.valid(...STATUSES),
	refuseReason: Joi.string(),
	createdAtMs: Joi.number().integer(),
});

/** Whoever asks must have come by a loopback name, so that no web site can get here by its own. */
function isLocal(request: Request): boolean {
	const isLoopback = (host: string) => ['127.0.0.1', 'localhost'].includes(host);
	const { origin } = request.headers;
	if (!isLoopback(request.info.hostname)) return false;
	return typeof origin !== 'string' || origin === `http://${request.info.host}`;
}

/** Runs the change and answers with what is so afterwards, or with 400 and the reason. */
function changed(h: ResponseToolkit, change: () => void, read: () => object) {
	try {
		change();
	} catch (error) {
		const { body } = new Refusal(400, error instanceof Error ? error.message : String(error));
		return h.response(body).code(400);
	}
	return h.response(read());
}

/**
 * The page at `/` and the routes under `/sandbox/`, which are the sandbox's own: Affilae has nothing
 * of the kind. They need no token, as the sandbox listens on loopback only.
 */
export function controlRoutes(context: ControlContext): ServerRoute[] {
	const { store, settings, faults, limiter, log } = context;
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
				if (query instanceof Refusal) return h.response(query.body).code(query.statusCode);
				return h.response(readState(store(), query)).header('cache-control', 'no-store');
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
				if (wanted instanceof Refusal) return h.response(wanted.body).code(wanted.statusCode);
				return h.response({ conversion: context.addConversion(wanted) }).code(201);
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
						: h.response(new Refusal(403, 'Only from this machine').body).code(403).takeover(),
			],
		},
	}));
}
