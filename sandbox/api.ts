import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi';
import { checked, schemasFor } from './calls';
import type { Conversion } from './conversion';
import { readInfo, readList, shaped } from './paging';
import { Refusal } from './refusal';
import { accept, refuse, update } from './rules';
import type { SandboxSettings } from './settings';
import type { ConversionStore } from './store';

/** What the five calls work on. */
export interface ApiContext {
	/** The store of the moment; a reset puts another in its place. */
	store(): ConversionStore;
	settings: SandboxSettings;
	/** Adds one made-up conversion. */
	arrive(): void;
}

/** Where the API's paths begin. */
export const API_PATH = '/advertiser/';

/** The five calls of the API (API page, doc), behind the auth strategy `bearer`. */
export function apiRoutes({ store, settings, arrive }: ApiContext): ServerRoute[] {
	const schemas = schemasFor(settings);
	const send = (h: ResponseToolkit, answer: object | Refusal) =>
		answer instanceof Refusal
			? h.response(answer.body).code(answer.statusCode)
			: h.response(answer);
	const written = (h: ResponseToolkit, result: Conversion | Refusal) => {
		if (result instanceof Refusal) return send(h, result);
		return send(
			h,
			settings.writeAnswer === 'status'
				? { statusCode: 200 }
				: { statusCode: 200, conversion: result },
		);
	};

	const routes: ServerRoute[] = [
		{
			method: 'GET',
			path: `${API_PATH}conversions.list`,
			handler: (request: Request, h: ResponseToolkit) => {
				const query = checked(schemas().list, 'query', request.query);
				if (query instanceof Refusal) return send(h, query);
				if (settings.growWhileRead) arrive();
				return send(h, shaped(readList(store(), query, settings), settings));
			},
		},
		{
			method: 'GET',
			path: `${API_PATH}conversions.info`,
			handler: (request: Request, h: ResponseToolkit) => {
				const query = checked(schemas().info, 'query', request.query);
				if (query instanceof Refusal) return send(h, query);
				const page = readInfo(store(), query, settings);
				if (page.total === 0 && settings.infoNotFound === '404') {
					return send(h, new Refusal(404, 'Conversion not found'));
				}
				return send(h, shaped(page, settings));
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.accept`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().accept, 'payload', request.payload);
				if (payload instanceof Refusal) return send(h, payload);
				return written(h, accept(store(), payload));
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.refuse`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().refuse, 'payload', request.payload);
				if (payload instanceof Refusal) return send(h, payload);
				return written(h, refuse(store(), payload, payload.reason));
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.update`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().update, 'payload', request.payload);
				if (payload instanceof Refusal) return send(h, payload);
				return written(h, update(store(), { id: payload.id }, payload.amount, payload.reason));
			},
		},
	];
	return routes.map((route) => ({ ...route, options: { auth: 'bearer' } }));
}
