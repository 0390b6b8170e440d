import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi';
import { errorAnswer, infoAnswer, listAnswer, writeAnswer } from './answers';
import type { NewConversion } from './arrivals';
import { checked, schemasFor } from './calls';
import { HttpError } from './httpError';
import { acceptable, refusable, updatable } from './lifecycle';
import { orderOf, type PageReading, readInfo, readList, selectionOf } from './paging';
import type { Random } from './random';
import { rowOf } from './row';
import type { SandboxSettings } from './settings';
import type { ConversionStore, StoredConversion } from './store';
import type { Totals } from './totals';
import { swapOne } from './whileRead';

/** What the five calls use. */
export interface ApiContext {
	/** The current store; a reset replaces it. */
	store(): ConversionStore;
	settings: SandboxSettings;
	totals: Totals;
	/** Random order for `unstable` lists. */
	random: Random;
	/** Adds one conversion with random values for missing fields. */
	arrive(wanted?: NewConversion): void;
}

/** The prefix of the API's paths. */
export const API_PATH = '/advertiser/';

/** The five calls of the API (API page, doc), behind the auth strategy `bearer`. */
export function apiRoutes({ store, settings, totals, random, arrive }: ApiContext): ServerRoute[] {
	const schemas = schemasFor(settings);
	const reading = (): PageReading => ({ store: store(), settings, totals, random });

	/** Carries out a write that is allowed, and responds. */
	const written = (
		h: ResponseToolkit,
		entry: StoredConversion | HttpError,
		write: (entry: StoredConversion) => void,
	) => {
		if (entry instanceof HttpError) return errorAnswer(h, entry);
		const before = rowOf(entry, settings);
		if (settings.writeAnswer !== 'notDone') write(entry);
		return writeAnswer(h, before, rowOf(entry, settings), settings);
	};

	const routes: ServerRoute[] = [
		{
			method: 'GET',
			path: `${API_PATH}conversions.list`,
			handler: (request: Request, h: ResponseToolkit) => {
				const query = checked(schemas().list, 'query', request.query);
				if (query instanceof HttpError) return errorAnswer(h, query);
				if (settings.growWhileRead) arrive();
				if (settings.swapWhileRead) {
					swapOne(store(), selectionOf(query, settings), orderOf(query, settings), arrive);
				}
				return listAnswer(h, readList(reading(), query), settings);
			},
		},
		{
			method: 'GET',
			path: `${API_PATH}conversions.info`,
			handler: (request: Request, h: ResponseToolkit) => {
				const query = checked(schemas().info, 'query', request.query);
				if (query instanceof HttpError) return errorAnswer(h, query);
				return infoAnswer(h, readInfo(reading(), query), settings);
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.accept`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().accept, 'payload', request.payload);
				if (payload instanceof HttpError) return errorAnswer(h, payload);
				return written(h, acceptable(store(), payload, settings), (entry) => {
					store().accept(entry);
				});
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.refuse`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().refuse, 'payload', request.payload);
				if (payload instanceof HttpError) return errorAnswer(h, payload);
				return written(h, refusable(store(), payload), (entry) => {
					store().refuse(entry, payload.reason);
				});
			},
		},
		{
			method: 'POST',
			path: `${API_PATH}conversions.update`,
			handler: (request: Request, h: ResponseToolkit) => {
				const payload = checked(schemas().update, 'payload', request.payload);
				if (payload instanceof HttpError) return errorAnswer(h, payload);
				const { id, amount, reason } = payload;
				return written(h, updatable(store(), { id }, amount), (entry) => {
					store().update(entry, amount, reason);
				});
			},
		},
	];
	return routes.map((route) => ({ ...route, options: { auth: 'bearer' } }));
}
