import type { ResponseToolkit } from '@hapi/hapi';
import { HttpError } from './httpError';
import type { Page } from './paging';
import { rowOf } from './row';
import type { SandboxSettings } from './settings';

/** The response to a call that is not carried out. */
export function errorAnswer(h: ResponseToolkit, { body, statusCode }: HttpError) {
	return h.response(body).code(statusCode);
}

/** Rows in the shape of the settings (API page, run). */
function shaped(rows: unknown[], total: number | undefined, { shape }: SandboxSettings): object {
	const count = total === undefined ? {} : { count: total };
	switch (shape) {
		case 'statusCode':
			return {
				statusCode: 200,
				conversions: { ...(total === undefined ? {} : { total }), data: rows },
			};
		case 'conversions':
			return { conversions: { data: rows } };
		case 'countAndConversions':
			return { statusCode: 200, ...count, conversions: { data: rows } };
		case 'dataAndCount':
			return { data: rows, ...count };
		case 'array':
			return rows;
	}
}

/** The response of a GET route if nothing matches, unless it is an empty list. */
function nothingFound(h: ResponseToolkit, how: SandboxSettings['listNotFound']) {
	switch (how) {
		case 'empty':
			return null;
		case '404':
			return errorAnswer(h, new HttpError(404, 'Conversion not found'));
		case '204':
			return h.response().code(204);
	}
}

/** The response of `conversions.list`. */
export function listAnswer(h: ResponseToolkit, page: Page, settings: SandboxSettings) {
	const nothing = page.matches === 0 ? nothingFound(h, settings.listNotFound) : null;
	const rows = page.entries.map((entry) => rowOf(entry, settings));
	return nothing ?? h.response(shaped(rows, page.total, settings));
}

/** The response of `conversions.info`. */
export function infoAnswer(h: ResponseToolkit, page: Page, settings: SandboxSettings) {
	const [first] = page.entries;
	if (first === undefined) {
		const nothing = nothingFound(h, settings.infoNotFound);
		return nothing ?? h.response(shaped([], page.total, settings));
	}
	const row = rowOf(first, settings);
	switch (settings.infoAnswer) {
		case 'all': {
			const rows = page.entries.map((entry) => rowOf(entry, settings));
			return h.response(shaped(rows, page.total, settings));
		}
		case 'first':
			return h.response(shaped([row], page.total === undefined ? undefined : 1, settings));
		case 'object':
			return h.response({ statusCode: 200, conversion: row });
		case 'bareObject':
			return h.response(row);
	}
}

/** The response of the three writes; `before` and `after` are the conversion's row. */
export function writeAnswer(
	h: ResponseToolkit,
	before: object,
	after: object,
	settings: SandboxSettings,
) {
	switch (settings.writeAnswer) {
		case 'conversion':
			return h.response({ statusCode: 200, conversion: after });
		case 'before':
			return h.response({ statusCode: 200, conversion: before });
		case 'list':
			return h.response(shaped([after], 1, settings));
		case 'status':
			return h.response({ statusCode: 200 });
		case 'empty':
			return h.response('').code(200);
		case '204':
			return h.response().code(204);
		case 'text':
			return h.response('OK').type('text/plain');
		case 'notDone':
			return h.response({ statusCode: 200, success: false });
	}
}
